/* Choosing what a new server is like. Pure. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/typed.h"
#include "provision/private.h"
#include "tunnel/tunnel.h"

/* ---- the interface ---- */

int wgctl_provision_check_name(const char *interface, struct wgctl_error *err)
{
    int rc = wgctl_interface_name_check(wgctl_slice_of(interface), err);
    if (rc < 0)
        return rc;
    /* iptables reads '+' as "any name that starts like this"; nft accepts neither character. */
    if (!strpbrk(interface, "+="))
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_INVALID, "'%s' would confuse the firewall: it has a '+' or '='",
               interface);
    return wgctl_hint(err, "choose letters, digits, _ - and dots, as in wg0");
}

static int check_is_new(const struct wgctl_provision_request *request,
                        const struct wgctl_facts *facts, struct wgctl_error *err)
{
    const char *interface = request->interface;
    if (facts->conf_exists && facts->interrupted) {
        wgctl_fail(err, WGCTL_EXISTS, "another command is writing %s/%s.conf, or was interrupted",
                   request->folder, interface);
        return wgctl_hint(err, "'sudo wgctl -i %s up' completes it and brings %s up", interface,
                          interface);
    }
    if (facts->conf_exists) {
        wgctl_fail(err, WGCTL_EXISTS, "%s/%s.conf already exists, and was not changed",
                   request->folder, interface);
        return wgctl_hint(err,
                          "'sudo wgctl add-peer NAME' adds a device, 'sudo wgctl up' brings it up; "
                          "'sudo wgctl -i wg1 init' creates a second tunnel");
    }
    if (request->no_apply || facts->backend == WGCTL_NO_DEVICE)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_EXISTS, "an interface %s already exists, and is %s", interface,
               facts->backend == WGCTL_NOT_WIREGUARD ? "not a WireGuard interface" : "in use");
    return wgctl_hint(err,
                      "choose another name for the tunnel with -i, as in: sudo wgctl -i wg1 init");
}

/* ---- port, MTU, endpoint ---- */

static int read_port(const char *text, uint16_t *ret, struct wgctl_error *err)
{
    uint64_t port;
    if (!wgctl_slice_number(wgctl_slice_of(text), UINT16_MAX, &port) || port == 0) {
        char quoted[WGCTL_QUOTE_SIZE];
        wgctl_fail(err, WGCTL_INVALID, "%s is not a valid port",
                   wgctl_quote(wgctl_slice_of(text), quoted));
        return wgctl_hint(err, "it is a number from 1 to 65535");
    }
    *ret = (uint16_t)port;
    return WGCTL_OK;
}

/* Without a request, the first free port from WireGuard's usual one on. */
static int choose_port(const struct wgctl_provision_request *request,
                       const struct wgctl_facts *facts, struct wgctl_provision *ret,
                       struct wgctl_error *err)
{
    enum { WIREGUARD_PORT = 51820, MOST_TRIES = 100 };
    ret->listen_port = WIREGUARD_PORT;
    if (request->listen_port) {
        int rc = read_port(request->listen_port, &ret->listen_port, err);
        if (rc < 0 || !ret->applies || !wgctl_udp_ports_have(&facts->ports, ret->listen_port))
            return rc;
        wgctl_fail(err, WGCTL_BUSY, "another program uses UDP port %u", (unsigned)ret->listen_port);
        return wgctl_hint(err, "'ss -ulpn' shows which; or choose another --listen-port");
    }
    for (int tries = 0; ret->applies && tries < MOST_TRIES; tries++) {
        if (!wgctl_udp_ports_have(&facts->ports, ret->listen_port))
            break;
        ret->listen_port++;
    }
    return WGCTL_OK;
}

static int choose_mtu(const struct wgctl_provision_request *request,
                      const struct wgctl_facts *facts, struct wgctl_provision *ret,
                      struct wgctl_error *err)
{
    /* WireGuard adds 60 bytes over IPv4 and 80 over IPv6; IPv6 requires 1280 of every link
     * (RFC 8200, section 5). */
    enum { OVERHEAD = 80, ETHERNET = 1500, SMALLEST = 1280 };
    uint32_t way = ETHERNET;
    if (facts->way4.found)
        way = facts->way4.mtu;
    if (facts->way6.found && facts->way6.mtu < way)
        way = facts->way6.mtu;
    uint32_t mtu = way - OVERHEAD;
    if (way < SMALLEST + OVERHEAD)
        mtu = SMALLEST;
    if (mtu > UINT16_MAX || strcmp(facts->way4.interface, "lo") == 0)
        mtu = ETHERNET - OVERHEAD;
    ret->settings.mtu = (uint16_t)mtu;
    int rc = WGCTL_OK;
    if (request->mtu && strcmp(request->mtu, "auto") != 0)
        rc = wgctl_settings_mtu(wgctl_slice_of(request->mtu), &ret->settings, err);
    ret->mtu = ret->settings.mtu;
    return rc;
}

static int take_endpoint(const struct wgctl_provision_request *request,
                         const struct wgctl_facts *facts, struct wgctl_provision *ret,
                         struct wgctl_error *err)
{
    const struct wgctl_networks networks = {&ret->addresses, &facts->lan};
    struct wgctl_endpoint *endpoint = &ret->settings.endpoint;
    ret->endpoint_source = WGCTL_ENDPOINT_GIVEN;
    int rc = wgctl_typed_endpoint(wgctl_slice_of(request->endpoint), ret->listen_port, &networks,
                                  endpoint, err);
    if (rc < 0)
        return wgctl_context(err, "--endpoint");
    rc = wgctl_typed_check_port(endpoint, &facts->addresses, ret->listen_port, err);
    return rc < 0 ? wgctl_hint(err, "add --listen-port %u, or leave ':%u' out",
                               (unsigned)endpoint->port, (unsigned)endpoint->port)
                  : rc;
}

static int choose_endpoint(const struct wgctl_provision_request *request,
                           const struct wgctl_facts *facts, struct wgctl_provision *ret,
                           struct wgctl_error *err)
{
    struct wgctl_settings *settings = &ret->settings;
    if (!request->endpoint && request->private_key)
        return WGCTL_OK;
    if (request->endpoint)
        return take_endpoint(request, facts, ret, err);
    const struct wgctl_prefix *own = &facts->way4.source;
    if (!own->family)
        own = &facts->way6.source;
    if (!own->family) {
        wgctl_fail(err, WGCTL_INVALID,
                   "this host has no connection to the internet, so its public "
                   "address is not known");
        return wgctl_hint(err, "set it: sudo wgctl init --endpoint vpn.example.org");
    }
    char text[WGCTL_PREFIX_TEXT_SIZE];
    snprintf(settings->endpoint.host, sizeof settings->endpoint.host, "%s",
             wgctl_address_format(own, text));
    settings->endpoint.port = ret->listen_port;
    ret->endpoint_source =
        wgctl_address_is_private(own) ? WGCTL_ENDPOINT_LAN : WGCTL_ENDPOINT_PUBLIC;
    return WGCTL_OK;
}

/* ---- firewall and clients ---- */

/* The hooks need these programs at every start. Refusing is better than a tunnel that does not
 * come up. */
static int check_programs(const struct wgctl_facts *facts, const struct wgctl_provision *chosen,
                          struct wgctl_error *err)
{
    enum wgctl_firewall firewall = chosen->settings.firewall;
    const char *missing = wgctl_firewall_missing(firewall, &facts->firewall, chosen->ipv6);
    if (!missing || !chosen->applies)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_NOT_FOUND, "the program '%s' is not installed", missing);
    return wgctl_hint(err, "sudo apt install %s; or choose another --firewall",
                      wgctl_firewall_kind(firewall)->package);
}

static int choose_firewall(const struct wgctl_provision_request *request,
                           const struct wgctl_facts *facts, struct wgctl_provision *ret,
                           struct wgctl_error *err)
{
    struct wgctl_settings *settings = &ret->settings;
    int rc = WGCTL_OK;
    if (request->firewall)
        rc = wgctl_settings_firewall(wgctl_slice_of(request->firewall), settings, err);
    if (rc == WGCTL_OK && request->egress)
        rc = wgctl_settings_egress(wgctl_slice_of(request->egress), settings, err);
    if (rc < 0)
        return rc;
    bool is_auto = settings->firewall == WGCTL_FIREWALL_AUTO;
    if (is_auto)
        settings->firewall = wgctl_firewall_best(&facts->firewall);
    if (is_auto && settings->firewall == WGCTL_FIREWALL_NONE) {
        wgctl_fail(err, WGCTL_NOT_FOUND,
                   "neither nft nor iptables is installed, so the tunnel would lead nowhere");
        return wgctl_hint(err,
                          "sudo apt install nftables; or --firewall none, for the server alone");
    }
    if (settings->firewall != WGCTL_FIREWALL_NONE)
        snprintf(ret->dropping_table, sizeof ret->dropping_table, "%s",
                 facts->firewall.dropping_table);
    return check_programs(facts, ret, err);
}

static int choose_clients(const struct wgctl_provision_request *request,
                          const struct wgctl_facts *facts, struct wgctl_provision *ret,
                          struct wgctl_error *err)
{
    const struct wgctl_networks networks = {&ret->addresses, &facts->lan};
    int rc = WGCTL_OK;
    if (request->dns)
        rc = wgctl_typed_dns(wgctl_slice_of(request->dns), &networks, &ret->settings, err);
    if (rc < 0 || !request->allowed_ips)
        return rc;
    return wgctl_typed_allowed_ips(wgctl_slice_of(request->allowed_ips), &networks, &ret->settings,
                                   err);
}

/* ---- all of it ---- */

static int format_texts(const struct wgctl_facts *facts, struct wgctl_provision *ret,
                        struct wgctl_error *err)
{
    const struct wgctl_way_out *way = facts->way4.found ? &facts->way4 : &facts->way6;
    const struct wgctl_prefix *own = &facts->way4.source;
    if (own->family && wgctl_address_is_private(own))
        wgctl_address_format(own, ret->own_address);
    if (way->found)
        snprintf(ret->way_out, sizeof ret->way_out, "%s", way->interface);
    if (ret->settings.endpoint.port)
        wgctl_endpoint_format(&ret->settings.endpoint, &ret->endpoint_text);
    wgctl_prefixes_format(&ret->addresses, &ret->addresses_text);
    wgctl_text_format(&ret->conf_path, "%s/%s", ret->folder, ret->conf_name);
    wgctl_text_format(&ret->ini_path, "%s/%s", ret->folder, ret->ini_name);
    int rc = wgctl_text_check(&ret->endpoint_text, err);
    if (rc == WGCTL_OK)
        rc = wgctl_text_check(&ret->addresses_text, err);
    if (rc == WGCTL_OK)
        rc = wgctl_text_check(&ret->conf_path, err);
    return rc < 0 ? rc : wgctl_text_check(&ret->ini_path, err);
}

int wgctl_provision_decide(const struct wgctl_provision_request *request,
                           const struct wgctl_facts *facts, struct wgctl_provision *ret,
                           struct wgctl_error *err)
{
    snprintf(ret->folder, sizeof ret->folder, "%s", request->folder);
    snprintf(ret->interface, sizeof ret->interface, "%s", request->interface);
    snprintf(ret->conf_name, sizeof ret->conf_name, "%s.conf", request->interface);
    snprintf(ret->ini_name, sizeof ret->ini_name, "%s.ini", request->interface);
    ret->settings = wgctl_settings_default;
    ret->forwarding = facts->forwarding;
    ret->applies = !request->no_apply;
    ret->forwards = ret->applies || request->private_key;
    /* The unit only knows the default folder. */
    ret->boots = ret->applies && !request->no_boot && facts->has_systemd &&
                 strcmp(request->folder, WGCTL_FOLDER) == 0;

    int rc = check_is_new(request, facts, err);
    if (rc == WGCTL_OK)
        rc = wgctl_provision_addresses(request, facts, ret, err);
    if (rc == WGCTL_OK)
        rc = choose_port(request, facts, ret, err);
    if (rc == WGCTL_OK)
        rc = choose_mtu(request, facts, ret, err);
    if (rc == WGCTL_OK)
        rc = choose_endpoint(request, facts, ret, err);
    if (rc == WGCTL_OK)
        rc = choose_firewall(request, facts, ret, err);
    if (rc == WGCTL_OK)
        rc = choose_clients(request, facts, ret, err);
    return rc < 0 ? rc : format_texts(facts, ret, err);
}
