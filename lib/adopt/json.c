#include "adopt/json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The place in the file, for messages. */
struct reader {
    const char *file;
    const char *where; /* "the server", or a client's place in the file */
    struct wgctl_error *err;
};

static int fail_value(const struct reader *reader, const char *key, const char *what)
{
    wgctl_fail(reader->err, WGCTL_INVALID, "%s: %s: %s %s", reader->file, reader->where, key, what);
    return wgctl_hint(reader->err, "fix the file, or remove that entry from a copy of it");
}

/* "" if it is missing or null. */
static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static int read_key(const struct reader *reader, const json_t *object, const char *key,
                    bool required, struct wgctl_key *ret)
{
    const char *text = text_at(object, key);
    if (!text[0] && !required)
        return WGCTL_OK;
    return wgctl_key_parse(wgctl_slice_of(text), ret, reader->err) < 0
               ? fail_value(reader, key, "is not a key")
               : WGCTL_OK;
}

/* Reads an address, with the length given if that is not negative. */
static int read_address(const struct reader *reader, const json_t *object, const char *key,
                        int length, struct wgctl_prefixes *list)
{
    struct wgctl_prefix prefix;
    const char *text = text_at(object, key);
    if (!text[0])
        return WGCTL_OK;
    if (wgctl_prefix_parse(wgctl_slice_of(text), &prefix, reader->err) < 0)
        return fail_value(reader, key, "is not an address");
    if (length >= 0)
        prefix.length = (uint8_t)length;
    return wgctl_prefixes_add(list, &prefix, reader->err);
}

/* 0 if it is missing. */
static int read_number(const struct reader *reader, const json_t *object, const char *key,
                       uint16_t *ret)
{
    json_int_t number = json_integer_value(json_object_get(object, key));
    if (number < 0 || number > UINT16_MAX)
        return fail_value(reader, key, "is not a number from 0 to 65535");
    *ret = (uint16_t)number;
    return WGCTL_OK;
}

/* The line goes into wg0.conf as it is: a newline would start another setting, and a '#' ends the
 * line for some versions of wg-quick. */
static int read_hook(const struct reader *reader, const json_t *object, const char *key, char **ret)
{
    struct wgctl_slice text = wgctl_slice_trim(wgctl_slice_of(text_at(object, key)));
    if (text.size == 0)
        return WGCTL_OK;
    if (wgctl_slice_has_control(text) || memchr(text.data, '#', text.size))
        return fail_value(reader, key, "has a line break, a control character or a '#' in it");
    *ret = wgctl_slice_dup(text);
    return *ret ? WGCTL_OK : wgctl_fail_memory(reader->err);
}

static int copy_text(const struct reader *reader, const char *text, char **ret)
{
    *ret = wgctl_slice_dup(wgctl_slice_of(text));
    return *ret ? WGCTL_OK : wgctl_fail_memory(reader->err);
}

/* The day of "2026-11-22T10:04:46+01:00". */
static void read_day(const json_t *object, const char *key, char day[16])
{
    const char *text = text_at(object, key);
    enum { DAY = 10 };
    if (strspn(text, "0123456789-") == DAY && text[DAY] == 'T' && text[4] == '-' && text[7] == '-')
        snprintf(day, 16, "%.10s", text);
}

/* ---- wg-easy ---- */

static int read_wg_easy_client(const struct reader *reader, const json_t *client,
                               struct wgctl_other_server *server)
{
    struct wgctl_other_peer *peer = wgctl_other_server_add(server, reader->err);
    if (!peer)
        return WGCTL_SYSTEM;
    peer->enabled = !json_is_false(json_object_get(client, "enabled"));
    read_day(client, "createdAt", peer->added);
    int rc = read_key(reader, client, "publicKey", true, &peer->public_key);
    if (rc == WGCTL_OK)
        rc = read_key(reader, client, "privateKey", false, &peer->private_key);
    if (rc == WGCTL_OK)
        rc = read_key(reader, client, "preSharedKey", false, &peer->preshared_key);
    if (rc == WGCTL_OK)
        rc = read_address(reader, client, "address", -1, &peer->allowed_ips);
    if (rc == WGCTL_OK)
        rc = copy_text(reader, text_at(client, "name"), &peer->name);
    return rc;
}

static int read_wg_easy(struct reader *reader, json_t *root, struct wgctl_other_server *ret)
{
    enum { LENGTH = 24 }; /* the only one it supports */
    const json_t *server = json_object_get(root, "server");
    const char *id;
    json_t *client;
    ret->source = "wg-easy";
    int rc = read_key(reader, server, "privateKey", true, &ret->private_key);
    if (rc == WGCTL_OK)
        rc = read_address(reader, server, "address", LENGTH, &ret->addresses);
    json_object_foreach(json_object_get(root, "clients"), id, client)
    {
        char where[64];
        if (rc < 0)
            break;
        snprintf(where, sizeof where,
                 wgctl_secret_may_be_in(wgctl_slice_of(id)) ? "a client" : "client %s", id);
        reader->where = where;
        rc = read_wg_easy_client(reader, client, ret);
        reader->where = "the server";
    }
    return rc;
}

/* ---- dsnet ---- */

static int read_networks(const struct reader *reader, const json_t *object,
                         struct wgctl_prefixes *list)
{
    size_t i;
    const json_t *value;
    json_array_foreach(json_object_get(object, "Networks"), i, value)
    {
        struct wgctl_prefix prefix;
        const char *text = json_string_value(value);
        if (!text || wgctl_prefix_parse(wgctl_slice_of(text), &prefix, reader->err) < 0)
            return fail_value(reader, "Networks", "has an entry that is not a network");
        int rc = wgctl_prefixes_add(list, &prefix, reader->err);
        if (rc < 0)
            return rc;
    }
    return WGCTL_OK;
}

static int read_dsnet_peer(const struct reader *reader, const json_t *object,
                           struct wgctl_other_server *server)
{
    struct wgctl_other_peer *peer = wgctl_other_server_add(server, reader->err);
    if (!peer)
        return WGCTL_SYSTEM;
    const char *note = text_at(object, "Description");
    peer->enabled = true;
    read_day(object, "Added", peer->added);
    int rc = read_key(reader, object, "PublicKey", true, &peer->public_key);
    if (rc == WGCTL_OK)
        rc = read_key(reader, object, "PresharedKey", false, &peer->preshared_key);
    if (rc == WGCTL_OK)
        rc = read_address(reader, object, "IP", -1, &peer->allowed_ips);
    if (rc == WGCTL_OK)
        rc = read_address(reader, object, "IP6", -1, &peer->allowed_ips);
    if (rc == WGCTL_OK)
        rc = read_networks(reader, object, &peer->allowed_ips);
    if (rc == WGCTL_OK)
        rc = copy_text(reader, text_at(object, "Hostname"), &peer->name);
    if (rc == WGCTL_OK && note[0])
        rc = copy_text(reader, note, &peer->note);
    return rc;
}

/* Reads the server's address in a network, with the network's length, and adds the network to what
 * clients reach. */
static int read_dsnet_network(const struct reader *reader, const json_t *root, const char *network,
                              const char *address, struct wgctl_prefixes *reached,
                              struct wgctl_other_server *ret)
{
    struct wgctl_prefix prefix;
    const char *text = text_at(root, network);
    if (!text[0] || !text_at(root, address)[0])
        return WGCTL_OK;
    if (wgctl_prefix_parse(wgctl_slice_of(text), &prefix, reader->err) < 0)
        return fail_value(reader, network, "is not a network");
    int rc = wgctl_prefixes_add(reached, &prefix, reader->err);
    return rc < 0 ? rc : read_address(reader, root, address, prefix.length, &ret->addresses);
}

static int read_dsnet_server(const struct reader *reader, json_t *root,
                             struct wgctl_other_server *ret)
{
    static const char *const endpoints[] = {"ExternalHostname", "ExternalIP", "ExternalIP6"};
    WGCTL_PREFIXES reached = {0};
    WGCTL_TEXT allowed_ips = {0};
    int rc = read_number(reader, root, "ListenPort", &ret->listen_port);
    if (rc == WGCTL_OK)
        rc = read_number(reader, root, "MTU", &ret->mtu);
    if (rc == WGCTL_OK)
        rc = read_number(reader, root, "PersistentKeepalive", &ret->keepalive);
    wgctl_other_copy(text_at(root, "InterfaceName"), ret->interface, sizeof ret->interface);
    wgctl_other_copy(text_at(root, "DNS"), ret->dns, sizeof ret->dns);
    for (size_t i = 0; i < 3 && !ret->endpoint[0]; i++)
        wgctl_other_copy(text_at(root, endpoints[i]), ret->endpoint, sizeof ret->endpoint);

    if (rc == WGCTL_OK)
        rc = read_key(reader, root, "PrivateKey", true, &ret->private_key);
    if (rc == WGCTL_OK)
        rc = read_dsnet_network(reader, root, "Network", "IP", &reached, ret);
    if (rc == WGCTL_OK)
        rc = read_dsnet_network(reader, root, "Network6", "IP6", &reached, ret);
    if (rc == WGCTL_OK)
        rc = read_networks(reader, root, &reached);
    if (rc == WGCTL_OK)
        rc = read_hook(reader, root, "PostUp", &ret->post_up);
    if (rc == WGCTL_OK)
        rc = read_hook(reader, root, "PostDown", &ret->post_down);
    if (rc < 0 || reached.count == 0)
        return rc;
    wgctl_prefixes_format(&reached, &allowed_ips);
    rc = wgctl_text_check(&allowed_ips, reader->err);
    return rc < 0 ? rc : copy_text(reader, allowed_ips.data, &ret->allowed_ips);
}

static int read_dsnet(struct reader *reader, json_t *root, struct wgctl_other_server *ret)
{
    ret->source = "dsnet";
    int rc = read_dsnet_server(reader, root, ret);
    size_t i;
    json_t *peer;
    json_array_foreach(json_object_get(root, "Peers"), i, peer)
    {
        char where[32];
        if (rc < 0)
            break;
        snprintf(where, sizeof where, "peer %zu", i + 1);
        reader->where = where;
        rc = read_dsnet_peer(reader, peer, ret);
        reader->where = "the server";
    }
    return rc;
}

/* ---- wireguard-ui ---- */

static void put_list(const json_t *array, struct wgctl_text *ret)
{
    size_t i;
    const json_t *value;
    json_array_foreach(array, i, value)
    {
        const char *string = json_string_value(value);
        if (string)
            wgctl_text_format(ret, "%s%s", ret->size ? ", " : "", string);
    }
}

/* Its numbers are strings. 0 if it is anything else. */
static uint16_t number_at(const json_t *object, const char *key)
{
    uint64_t number = 0;
    return wgctl_slice_number(wgctl_slice_of(text_at(object, key)), UINT16_MAX, &number)
               ? (uint16_t)number
               : 0;
}

static int read_list(const struct reader *reader, const json_t *object, const char *key,
                     struct wgctl_prefixes *list)
{
    WGCTL_TEXT text = {0};
    put_list(json_object_get(object, key), &text);
    int rc = wgctl_text_check(&text, reader->err);
    if (rc == WGCTL_OK && text.size > 0)
        rc = wgctl_prefixes_parse(list, wgctl_text_slice_of(&text), reader->err);
    return rc == WGCTL_INVALID ? fail_value(reader, key, "is not a list of addresses") : rc;
}

static int read_ui_client(const struct reader *reader, const json_t *root,
                          struct wgctl_other_server *server)
{
    WGCTL_TEXT routes = {0};
    struct wgctl_other_peer *peer = wgctl_other_server_add(server, reader->err);
    if (!peer)
        return WGCTL_SYSTEM;
    const char *note = text_at(root, "additional_notes");
    peer->enabled = !json_is_false(json_object_get(root, "enabled"));
    peer->has_client = true;
    peer->mtu = server->mtu;
    peer->keepalive = server->keepalive;
    read_day(root, "created_at", peer->added);
    put_list(json_object_get(root, "allowed_ips"), &routes);
    int rc = wgctl_text_check(&routes, reader->err);
    if (rc == WGCTL_OK)
        rc = read_key(reader, root, "public_key", true, &peer->public_key);
    if (rc == WGCTL_OK)
        rc = read_key(reader, root, "private_key", false, &peer->private_key);
    if (rc == WGCTL_OK)
        rc = read_key(reader, root, "preshared_key", false, &peer->preshared_key);
    if (rc == WGCTL_OK)
        rc = read_list(reader, root, "allocated_ips", &peer->allowed_ips);
    if (rc == WGCTL_OK)
        rc = read_list(reader, root, "extra_allowed_ips", &peer->allowed_ips);
    if (rc == WGCTL_OK)
        rc = copy_text(reader, text_at(root, "name"), &peer->name);
    if (rc == WGCTL_OK && note[0])
        rc = copy_text(reader, note, &peer->note);
    if (rc == WGCTL_OK && routes.size > 0)
        rc = copy_text(reader, routes.data, &peer->routes);
    if (rc == WGCTL_OK && !json_is_true(json_object_get(root, "use_server_dns")))
        rc = copy_text(reader, "", &peer->dns);
    return rc;
}

static int read_ui_settings(const struct reader *reader, const json_t *root,
                            struct wgctl_other_server *ret)
{
    WGCTL_TEXT dns = {0};
    put_list(json_object_get(root, "dns_servers"), &dns);
    ret->mtu = number_at(root, "mtu");
    ret->keepalive = number_at(root, "persistent_keepalive");
    wgctl_other_copy(text_at(root, "endpoint_address"), ret->endpoint, sizeof ret->endpoint);
    wgctl_other_copy(dns.size ? dns.data : "", ret->dns, sizeof ret->dns);
    return wgctl_text_check(&dns, reader->err);
}

static int read_ui_interface(const struct reader *reader, const json_t *root,
                             struct wgctl_other_server *ret)
{
    ret->listen_port = number_at(root, "listen_port");
    int rc = read_list(reader, root, "addresses", &ret->addresses);
    if (rc == WGCTL_OK)
        rc = read_hook(reader, root, "post_up", &ret->post_up);
    return rc < 0 ? rc : read_hook(reader, root, "post_down", &ret->post_down);
}

static int read_wireguard_ui(const struct reader *reader, const json_t *root,
                             struct wgctl_other_server *server)
{
    if (json_object_get(root, "allocated_ips"))
        return read_ui_client(reader, root, server);
    if (json_object_get(root, "listen_port"))
        return read_ui_interface(reader, root, server);
    if (json_object_get(root, "endpoint_address"))
        return read_ui_settings(reader, root, server);
    if (!json_object_get(root, "private_key"))
        return WGCTL_OK;
    server->source = "wireguard-ui";
    return read_key(reader, root, "private_key", true, &server->private_key);
}

/* When memory runs out, jansson may drop a character of a string and go on. */
static bool parser_failed;

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    parser_failed |= !memory;
    return memory;
}

static json_t *load(struct wgctl_slice text)
{
    json_error_t where;
    json_set_alloc_funcs(allocate, wgctl_free_wiped);
    parser_failed = false;
    return json_loadb(text.data ? text.data : "", text.size, 0, &where);
}

int wgctl_other_server_add_json(const char *file, struct wgctl_slice text,
                                struct wgctl_other_server *server, struct wgctl_error *err)
{
    const struct reader reader = {.file = file, .where = "wireguard-ui", .err = err};
    json_t *root = load(text);
    int rc = parser_failed ? wgctl_fail_memory(err) : read_wireguard_ui(&reader, root, server);
    json_decref(root);
    return rc;
}

int wgctl_other_server_parse_json(const char *file, struct wgctl_slice text,
                                  struct wgctl_other_server *ret, struct wgctl_error *err)
{
    WGCTL_OTHER_SERVER server = {0};
    struct reader reader = {.file = file, .where = "the server", .err = err};
    int rc;
    json_t *root = load(text);
    if (parser_failed) {
        rc = wgctl_fail_memory(err);
    } else if (json_is_object(json_object_get(root, "server"))) {
        rc = read_wg_easy(&reader, root, &server);
    } else if (json_is_array(json_object_get(root, "Peers"))) {
        rc = read_dsnet(&reader, root, &server);
    } else {
        wgctl_fail(err, WGCTL_INVALID, "%s is %s", file,
                   root ? "neither wg-easy's nor dsnet's file" : "not JSON");
        rc = wgctl_hint(err, "wg-easy up to version 14 keeps a wg0.json, dsnet a dsnetconfig.json");
    }
    json_decref(root);
    /* Without one, wgctl would choose another subnet than the peers'. */
    if (rc == WGCTL_OK && server.addresses.count == 0)
        rc = fail_value(&reader, "its address", "is missing");
    if (rc == WGCTL_OK)
        rc = wgctl_other_server_sort(&server, err);
    if (rc < 0)
        return rc;
    *ret = server;
    server = (struct wgctl_other_server){0};
    return WGCTL_OK;
}
