#include "adopt/databases.h"

#include <stdio.h>
#include <string.h>

#include "adopt/database.h"

static struct wgctl_other_peer *add(struct wgctl_database *reader,
                                    struct wgctl_other_server *server)
{
    struct wgctl_other_peer *peer = wgctl_other_server_add(server, reader->err);
    if (peer)
        peer->has_client = true;
    return peer;
}

/* Each writes 1420 if nobody has chosen one. */
static uint16_t chosen_mtu(struct wgctl_sqlite_rows *row, int column)
{
    enum { USUAL_MTU = 1420 };
    uint16_t mtu = wgctl_sqlite_number(row, column);
    return mtu == USUAL_MTU ? 0 : mtu;
}

/* The private key and the preshared key, whose column each program calls differently. */
static int take_secrets(const struct wgctl_database *reader, struct wgctl_sqlite_rows *row,
                        int private_key, int preshared_key, const char *preshared_name,
                        struct wgctl_other_peer *peer)
{
    int rc = wgctl_database_key(reader, "private_key", wgctl_sqlite_text(row, private_key),
                                &peer->private_key);
    return rc < 0 ? rc
                  : wgctl_database_key(reader, preshared_name,
                                       wgctl_sqlite_text(row, preshared_key), &peer->preshared_key);
}

/* ---- wg-easy ---- */

/* The server has the first address of the network. */
static int read_wg_easy_network(const struct wgctl_database *reader, const char *column,
                                const char *text, struct wgctl_prefixes *list)
{
    uint32_t before = list->count;
    int rc = wgctl_database_addresses(reader, column, text, list);
    if (rc < 0 || list->count == before)
        return rc;
    struct wgctl_prefix *address = &list->items[before];
    *address = wgctl_prefix_mask(*address);
    address->bytes[wgctl_family_size(address->family) - 1] |= 1;
    return WGCTL_OK;
}

static int take_wg_easy_server(struct wgctl_database *reader, struct wgctl_sqlite_rows *row,
                               void *user)
{
    enum { NAME, PORT, PRIVATE_KEY, IPV4, IPV6 };
    struct wgctl_other_server *ret = user;
    wgctl_other_copy(wgctl_sqlite_text(row, NAME), ret->interface, sizeof ret->interface);
    ret->listen_port = wgctl_sqlite_number(row, PORT);
    int rc = wgctl_database_needed_key(reader, "private_key", wgctl_sqlite_text(row, PRIVATE_KEY),
                                       &ret->private_key);
    if (rc == WGCTL_OK)
        rc = read_wg_easy_network(reader, "ipv4_cidr", wgctl_sqlite_text(row, IPV4),
                                  &ret->addresses);
    return rc < 0 ? rc
                  : read_wg_easy_network(reader, "ipv6_cidr", wgctl_sqlite_text(row, IPV6),
                                         &ret->addresses);
}

static int take_wg_easy_defaults(struct wgctl_database *reader, struct wgctl_sqlite_rows *row,
                                 void *user)
{
    enum { HOST, PORT, DNS, ALLOWED_IPS, MTU, KEEPALIVE };
    WGCTL_TEXT dns = {0};
    struct wgctl_other_server *ret = user;
    wgctl_database_endpoint(wgctl_sqlite_text(row, HOST), wgctl_sqlite_number(row, PORT), ret);
    ret->keepalive = wgctl_sqlite_number(row, KEEPALIVE);
    ret->mtu = chosen_mtu(row, MTU);
    int rc = wgctl_database_strings(wgctl_sqlite_text(row, DNS), &dns, reader->err);
    if (rc == WGCTL_OK && dns.size > 0 && dns.size < sizeof ret->dns)
        memcpy(ret->dns, dns.data, dns.size + 1);
    return rc < 0 ? rc
                  : wgctl_database_list(reader, wgctl_sqlite_text(row, ALLOWED_IPS),
                                        &ret->allowed_ips);
}

static int read_wg_easy_addresses(const struct wgctl_database *reader,
                                  struct wgctl_sqlite_rows *row, int ipv4, int ipv6, int more,
                                  struct wgctl_prefixes *list)
{
    WGCTL_TEXT behind = {0};
    int rc = wgctl_database_own_address(reader, "ipv4_address", wgctl_sqlite_text(row, ipv4), list);
    if (rc == WGCTL_OK)
        rc = wgctl_database_own_address(reader, "ipv6_address", wgctl_sqlite_text(row, ipv6), list);
    if (rc == WGCTL_OK)
        rc = wgctl_database_strings(wgctl_sqlite_text(row, more), &behind, reader->err);
    return rc < 0 || !behind.size
               ? rc
               : wgctl_database_addresses(reader, "server_allowed_ips", behind.data, list);
}

static int take_wg_easy_client(struct wgctl_database *reader, struct wgctl_sqlite_rows *row,
                               void *user)
{
    enum {
        NAME,
        PUBLIC,
        PRIVATE,
        PRESHARED,
        IPV4,
        IPV6,
        BEHIND,
        ENABLED,
        EXPIRES,
        CREATED,
        DNS,
        ALLOWED_IPS,
        MTU,
        KEEPALIVE
    };
    struct wgctl_other_peer *peer = add(reader, user);
    if (!peer)
        return WGCTL_SYSTEM;
    peer->enabled = wgctl_sqlite_number(row, ENABLED);
    peer->mtu = wgctl_sqlite_number(row, MTU);
    peer->keepalive = wgctl_sqlite_number(row, KEEPALIVE);
    wgctl_database_time(wgctl_sqlite_text(row, EXPIRES), peer->expires);
    wgctl_database_day(wgctl_sqlite_text(row, CREATED), peer->added);
    int rc = wgctl_database_needed_key(reader, "public_key", wgctl_sqlite_text(row, PUBLIC),
                                       &peer->public_key);
    if (rc == WGCTL_OK)
        rc = take_secrets(reader, row, PRIVATE, PRESHARED, "pre_shared_key", peer);
    if (rc == WGCTL_OK)
        rc = read_wg_easy_addresses(reader, row, IPV4, IPV6, BEHIND, &peer->allowed_ips);
    if (rc == WGCTL_OK)
        rc = wgctl_database_text(reader, wgctl_sqlite_text(row, NAME), &peer->name);
    if (rc == WGCTL_OK)
        rc = wgctl_database_list(reader, wgctl_sqlite_text(row, DNS), &peer->dns);
    return rc < 0 ? rc
                  : wgctl_database_list(reader, wgctl_sqlite_text(row, ALLOWED_IPS), &peer->routes);
}

static int read_wg_easy(struct wgctl_database *reader, struct wgctl_other_server *ret)
{
    ret->source = "wg-easy";
    int rc = wgctl_database_each(
        reader, "interfaces_table",
        "SELECT name, port, private_key, ipv4_cidr, ipv6_cidr FROM interfaces_table "
        "WHERE name = ?1 OR ?1 = '' LIMIT 1",
        reader->interface, take_wg_easy_server, ret);
    if (rc == 0)
        return wgctl_database_fail_interface(reader);
    if (rc > 0)
        rc = wgctl_database_each(
            reader, "user_configs_table",
            "SELECT host, port, default_dns, default_allowed_ips, default_mtu, "
            "default_persistent_keepalive FROM user_configs_table WHERE id = ?1",
            ret->interface, take_wg_easy_defaults, ret);
    if (rc >= 0)
        rc = wgctl_database_each(
            reader, "clients_table",
            "SELECT name, public_key, private_key, pre_shared_key, ipv4_address, "
            "ipv6_address, server_allowed_ips, enabled, expires_at, created_at, dns, "
            "allowed_ips, mtu, persistent_keepalive FROM clients_table "
            "WHERE interface_id = ?1 ORDER BY id",
            ret->interface, take_wg_easy_client, ret);
    return rc;
}

/* ---- wg-portal ---- */

static int take_address(struct wgctl_database *reader, struct wgctl_sqlite_rows *row, void *user)
{
    return wgctl_database_addresses(reader, "cidr_cidr", wgctl_sqlite_text(row, 0), user);
}

static int take_own_address(struct wgctl_database *reader, struct wgctl_sqlite_rows *row,
                            void *user)
{
    return wgctl_database_own_address(reader, "cidr_cidr", wgctl_sqlite_text(row, 0), user);
}

static int take_wg_portal_server(struct wgctl_database *reader, struct wgctl_sqlite_rows *row,
                                 void *user)
{
    enum { NAME, PORT, PRIVATE_KEY, ENDPOINT, DNS, ALLOWED_IPS, MTU, KEEPALIVE };
    struct wgctl_other_server *ret = user;
    wgctl_other_copy(wgctl_sqlite_text(row, NAME), ret->interface, sizeof ret->interface);
    wgctl_other_copy(wgctl_sqlite_text(row, DNS), ret->dns, sizeof ret->dns);
    ret->listen_port = wgctl_sqlite_number(row, PORT);
    ret->mtu = chosen_mtu(row, MTU);
    ret->keepalive = wgctl_sqlite_number(row, KEEPALIVE);
    wgctl_database_endpoint(wgctl_sqlite_text(row, ENDPOINT), 0, ret);
    int rc = wgctl_database_needed_key(reader, "private_key", wgctl_sqlite_text(row, PRIVATE_KEY),
                                       &ret->private_key);
    return rc < 0 ? rc
                  : wgctl_database_copy(reader, wgctl_sqlite_text(row, ALLOWED_IPS),
                                        &ret->allowed_ips);
}

static int take_wg_portal_peer(struct wgctl_database *reader, struct wgctl_sqlite_rows *row,
                               void *user)
{
    enum {
        PUBLIC,
        NAME,
        PRIVATE,
        PRESHARED,
        BEHIND,
        DISABLED,
        EXPIRES,
        CREATED,
        NOTES,
        DNS,
        ALLOWED_IPS,
        MTU,
        KEEPALIVE
    };
    struct wgctl_other_peer *peer = add(reader, user);
    if (!peer)
        return WGCTL_SYSTEM;
    peer->enabled = !wgctl_sqlite_text(row, DISABLED)[0];
    peer->mtu = wgctl_sqlite_number(row, MTU);
    peer->keepalive = wgctl_sqlite_number(row, KEEPALIVE);
    wgctl_database_time(wgctl_sqlite_text(row, EXPIRES), peer->expires);
    wgctl_database_day(wgctl_sqlite_text(row, CREATED), peer->added);
    int rc = wgctl_database_needed_key(reader, "identifier", wgctl_sqlite_text(row, PUBLIC),
                                       &peer->public_key);
    if (rc == WGCTL_OK)
        rc = take_secrets(reader, row, PRIVATE, PRESHARED, "preshared_key", peer);
    if (rc == WGCTL_OK)
        rc = wgctl_database_each(reader, "peer_addresses",
                                 "SELECT cidr_cidr FROM peer_addresses WHERE peer_identifier = ?1",
                                 wgctl_sqlite_text(row, PUBLIC), take_own_address,
                                 &peer->allowed_ips);
    if (rc >= 0)
        rc = wgctl_database_addresses(reader, "extra_allowed_ips_str",
                                      wgctl_sqlite_text(row, BEHIND), &peer->allowed_ips);
    if (rc == WGCTL_OK)
        rc = wgctl_database_text(reader, wgctl_sqlite_text(row, NAME), &peer->name);
    if (rc == WGCTL_OK)
        rc = wgctl_database_copy(reader, wgctl_sqlite_text(row, NOTES), &peer->note);
    if (rc == WGCTL_OK)
        rc = wgctl_database_text(reader, wgctl_sqlite_text(row, DNS), &peer->dns);
    return rc < 0 ? rc
                  : wgctl_database_copy(reader, wgctl_sqlite_text(row, ALLOWED_IPS), &peer->routes);
}

static int read_wg_portal(struct wgctl_database *reader, struct wgctl_other_server *ret)
{
    ret->source = "wg-portal";
    int rc = wgctl_database_each(reader, "interfaces",
                                 "SELECT identifier, listen_port, private_key, peer_def_endpoint, "
                                 "peer_def_dns_str, peer_def_allowed_ips_str, peer_def_mtu, "
                                 "peer_def_persistent_keepalive FROM interfaces "
                                 "WHERE (identifier = ?1 OR ?1 = '') AND type = 'server' LIMIT 1",
                                 reader->interface, take_wg_portal_server, ret);
    if (rc == 0)
        return wgctl_database_fail_interface(reader);
    if (rc > 0)
        rc = wgctl_database_each(
            reader, "interface_addresses",
            "SELECT cidr_cidr FROM interface_addresses WHERE interface_identifier = ?1",
            ret->interface, take_address, &ret->addresses);
    if (rc >= 0)
        rc = wgctl_database_each(
            reader, "peers",
            "SELECT identifier, display_name, private_key, preshared_key, "
            "extra_allowed_ips_str, disabled, expires_at, created_at, notes, "
            "iface_dns_str_v, allowed_ips_str_v, iface_mtu_v, persistent_keep_alive_v "
            "FROM peers WHERE interface_identifier = ?1",
            ret->interface, take_wg_portal_peer, ret);
    return rc;
}

/* ---- WGDashboard ---- */

/* A table has the interface's name, and another one the peers that are disabled. */
struct dashboard {
    struct wgctl_other_server *server;
    bool enabled;
};

static int take_dashboard_peer(struct wgctl_database *reader, struct wgctl_sqlite_rows *row,
                               void *user)
{
    enum { PUBLIC, NAME, PRIVATE, PRESHARED, ADDRESSES, DNS, ALLOWED_IPS, MTU, KEEPALIVE, HOST };
    const struct dashboard *dashboard = user;
    const char *addresses = wgctl_sqlite_text(row, ADDRESSES);
    struct wgctl_other_peer *peer = add(reader, dashboard->server);
    if (!peer)
        return WGCTL_SYSTEM;
    peer->enabled = dashboard->enabled;
    peer->mtu = wgctl_sqlite_number(row, MTU);
    peer->keepalive = wgctl_sqlite_number(row, KEEPALIVE);
    if (!dashboard->server->endpoint[0])
        wgctl_database_endpoint(wgctl_sqlite_text(row, HOST), 0, dashboard->server);
    int rc =
        wgctl_database_needed_key(reader, "id", wgctl_sqlite_text(row, PUBLIC), &peer->public_key);
    if (rc == WGCTL_OK)
        rc = take_secrets(reader, row, PRIVATE, PRESHARED, "preshared_key", peer);
    if (rc == WGCTL_OK && strcmp(addresses, "N/A") != 0)
        rc = wgctl_database_addresses(reader, "allowed_ip", addresses, &peer->allowed_ips);
    if (rc == WGCTL_OK)
        rc = wgctl_database_text(reader, wgctl_sqlite_text(row, NAME), &peer->name);
    if (rc == WGCTL_OK)
        rc = wgctl_database_text(reader, wgctl_sqlite_text(row, DNS), &peer->dns);
    return rc < 0 ? rc
                  : wgctl_database_copy(reader, wgctl_sqlite_text(row, ALLOWED_IPS), &peer->routes);
}

static int read_dashboard_table(struct wgctl_database *reader, const char *table,
                                struct dashboard *dashboard)
{
    char sql[256];
    /* It is an interface's name, and cannot have a quote in it. */
    snprintf(sql, sizeof sql,
             "SELECT id, name, private_key, preshared_key, allowed_ip, DNS, endpoint_allowed_ip, "
             "mtu, keepalive, remote_endpoint FROM \"%s\"",
             table);
    return wgctl_database_each(reader, table, sql, NULL, take_dashboard_peer, dashboard);
}

static int read_dashboard(struct wgctl_database *reader, const char *interface,
                          const char *disabled, struct wgctl_other_server *ret)
{
    struct dashboard dashboard = {.server = ret, .enabled = true};
    ret->source = "wgdashboard";
    snprintf(ret->interface, sizeof ret->interface, "%s", interface);
    int rc = read_dashboard_table(reader, interface, &dashboard);
    dashboard.enabled = false;
    return rc < 0 ? rc : read_dashboard_table(reader, disabled, &dashboard);
}

/* ---- which of them it is ---- */

static int read_any(struct wgctl_database *reader, struct wgctl_other_server *ret)
{
    char disabled[WGCTL_NAME_SIZE + sizeof "_restrict_access"];
    const char *interface = reader->interface[0] ? reader->interface : "wg0";
    bool is_wg_easy, is_wg_portal = false, is_dashboard = false;
    snprintf(disabled, sizeof disabled, "%.15s_restrict_access", interface);
    int rc = wgctl_sqlite_has_table(reader->sqlite, "clients_table", &is_wg_easy, reader->err);
    if (rc == WGCTL_OK)
        rc = wgctl_sqlite_has_table(reader->sqlite, "peer_addresses", &is_wg_portal, reader->err);
    if (rc == WGCTL_OK)
        rc = wgctl_sqlite_has_table(reader->sqlite, disabled, &is_dashboard, reader->err);
    if (rc < 0)
        return rc;
    if (is_wg_easy)
        return read_wg_easy(reader, ret);
    if (is_wg_portal)
        return read_wg_portal(reader, ret);
    if (is_dashboard)
        return read_dashboard(reader, interface, disabled, ret);
    wgctl_fail(reader->err, WGCTL_INVALID, "%s is not a database of wg-easy, wg-portal or %s",
               reader->file, "WGDashboard");
    return wgctl_hint(reader->err, "of WGDashboard's interfaces, -i selects one");
}

int wgctl_other_server_parse_sqlite(const char *file, struct wgctl_text *image,
                                    const char *interface, struct wgctl_other_server *ret,
                                    struct wgctl_error *err)
{
    WGCTL_OTHER_SERVER server = {0};
    WGCTL_SQLITE *database = NULL;
    struct wgctl_database reader = {
        .file = file, .interface = interface ? interface : "", .err = err};
    int rc = wgctl_sqlite_open(file, image, &database, err);
    reader.sqlite = database;
    if (rc == WGCTL_OK)
        rc = read_any(&reader, &server);
    if (rc >= 0)
        rc = wgctl_other_server_sort(&server, err);
    if (rc < 0)
        return rc;
    *ret = server;
    server = (struct wgctl_other_server){0};
    return WGCTL_OK;
}
