/* SaveConfig: updates the file from what is running, as wg-quick(8) does, but line by line, so that
 * the owner's own lines are kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/document_edit.h"
#include "conf/server_check.h"
#include "conf/server_edit.h"
#include "conf/server_read.h"
#include "host/dns.h"
#include "host/link.h"
#include "run/private.h"

/* The place for a value: the lines [first, *end) of a document. */
struct range {
    struct wgctl_document *document;
    size_t first;
    size_t *end;
    const char *section;
};

static int put(const struct range *range, const char *key, struct wgctl_text *value,
               struct wgctl_error *err)
{
    int rc = wgctl_text_check(value, err);
    if (rc == WGCTL_OK)
        rc = wgctl_document_put(range->document, range->first, range->end, range->section, key,
                                wgctl_text_slice_of(value), err);
    wgctl_text_clear(value);
    return rc;
}

static int put_key(const struct range *range, const char *name, const struct wgctl_key *key,
                   struct wgctl_error *err)
{
    WGCTL_TEXT value = {0};
    char text[WGCTL_KEY_TEXT_SIZE];
    if (!wgctl_key_is_zero(key))
        wgctl_text_string(&value, wgctl_key_format(key, text));
    explicit_bzero(text, sizeof text);
    return put(range, name, &value, err);
}

static int put_number(const struct range *range, const char *name, const char *format,
                      unsigned number, struct wgctl_error *err)
{
    WGCTL_TEXT value = {0};
    char text[32];
    snprintf(text, sizeof text, strcmp(format, "hex") == 0 ? "0x%x" : "%u", number);
    if (number)
        wgctl_text_string(&value, text);
    return put(range, name, &value, err);
}

/* Compares two lists, ignoring the order. */
static int equal_lists(const struct wgctl_prefixes *a, const struct wgctl_prefixes *b, bool *ret,
                       struct wgctl_error *err)
{
    WGCTL_PREFIXES left = {0}, right = {0};
    int rc = wgctl_prefixes_add_all(&left, a, err);
    if (rc == WGCTL_OK)
        rc = wgctl_prefixes_add_all(&right, b, err);
    wgctl_prefixes_sort(&left);
    wgctl_prefixes_sort(&right);
    *ret = left.count == right.count;
    for (size_t i = 0; *ret && i < left.count; i++)
        *ret = wgctl_prefix_equal(&left.items[i], &right.items[i]);
    return rc;
}

static int put_list(const struct range *range, const char *name, const struct wgctl_prefixes *was,
                    const struct wgctl_prefixes *is, struct wgctl_error *err)
{
    WGCTL_TEXT value = {0};
    bool equal;
    int rc = equal_lists(was, is, &equal, err);
    if (rc < 0 || equal)
        return rc;
    if (is->count > 0)
        wgctl_prefixes_format(is, &value);
    return put(range, name, &value, err);
}

/* ---- peers ---- */

static int save_endpoint(const struct range *range, const struct wgctl_server *server,
                         const struct wgctl_peer *peer, const struct wgctl_device_peer *runs,
                         struct wgctl_error *err)
{
    WGCTL_TEXT value = {0};
    char is[WGCTL_ENDPOINT_TEXT_SIZE], was[WGCTL_ENDPOINT_TEXT_SIZE] = "";
    struct wgctl_endpoint endpoint;
    union wgctl_sockaddr address;
    wgctl_sockaddr_format(&runs->endpoint, is);
    /* Hostnames are not looked up, but replaced by the address, as in wg-quick. */
    if (wgctl_peer_endpoint(server, peer, &endpoint) &&
        wgctl_endpoint_is_address(&endpoint, NULL) &&
        wgctl_endpoint_resolve(&endpoint, &address, err) == WGCTL_OK)
        wgctl_sockaddr_format(&address, was);
    if (peer->texts[WGCTL_PEER_ENDPOINT] ? strcmp(is, was) == 0 : !is[0])
        return WGCTL_OK;
    wgctl_text_string(&value, is);
    return put(range, "Endpoint", &value, err);
}

static int save_peer(struct wgctl_server *server, const struct wgctl_peer *peer,
                     const struct wgctl_device_peer *runs, struct wgctl_error *err)
{
    WGCTL_PREFIXES was = {0};
    size_t end = peer->end_line;
    const struct range range = {&server->document, peer->first_line, &end, "Peer"};
    int rc = wgctl_prefixes_add_all(&was, &peer->allowed_ips, err);
    wgctl_prefixes_mask(&was);
    if (rc == WGCTL_OK && wgctl_key_compare(&peer->preshared_key, &runs->preshared_key) != 0)
        rc = put_key(&range, "PresharedKey", &runs->preshared_key, err);
    if (rc == WGCTL_OK)
        rc = put_list(&range, "AllowedIPs", &was, &runs->allowed_ips, err);
    if (rc == WGCTL_OK)
        rc = save_endpoint(&range, server, peer, runs, err);
    if (rc == WGCTL_OK && peer->keepalive != runs->keepalive)
        rc = put_number(&range, "PersistentKeepalive", "decimal", runs->keepalive, err);
    return rc;
}

static int append_peer(struct wgctl_server *server, const struct wgctl_device_peer *runs,
                       struct wgctl_error *err)
{
    /* The list is borrowed, the keys are copied. */
    const struct wgctl_new_peer peer = {.public_key = runs->public_key,
                                        .preshared_key = runs->preshared_key,
                                        .allowed_ips = runs->allowed_ips};
    int rc = wgctl_server_append(server, &peer, err);
    if (rc < 0)
        return rc;
    /* Settings that a new peer of wgctl does not have. */
    const struct wgctl_peer *added = &server->peers[server->peer_count - 1];
    size_t end = added->end_line;
    const struct range range = {&server->document, added->first_line, &end, "Peer"};
    rc = save_endpoint(&range, server, added, runs, err);
    return rc < 0 || runs->keepalive == 0
               ? rc
               : put_number(&range, "PersistentKeepalive", "decimal", runs->keepalive, err);
}

/* Goes from the last peer to the first, so that edits do not move those still to come. */
static int save_peers(struct wgctl_server *server, const struct wgctl_device *device,
                      struct wgctl_error *err)
{
    bool *known = calloc(device->peer_count + 1, sizeof *known);
    int rc = known ? WGCTL_OK : wgctl_fail_memory(err);
    for (size_t i = server->peer_count; rc == WGCTL_OK && i-- > 0;) {
        const struct wgctl_peer *peer = &server->peers[i];
        if (!peer->enabled)
            continue;
        const struct wgctl_device_peer *runs = wgctl_device_find(device, &peer->public_key);
        if (!runs || known[runs - device->peers])
            wgctl_server_remove(server, peer);
        else {
            known[runs - device->peers] = true;
            rc = save_peer(server, peer, runs, err);
        }
    }
    for (size_t i = 0; rc == WGCTL_OK && i < device->peer_count; i++)
        if (!known[i])
            rc = append_peer(server, &device->peers[i], err);
    free(known);
    return rc;
}

/* ---- the interface ---- */

int wgctl_save_document(struct wgctl_server *server, const struct wgctl_device *device,
                        const struct wgctl_saved *host, struct wgctl_error *err)
{
    int rc = save_peers(server, device, err);
    struct wgctl_document *document = &server->document;
    size_t end = document->count;
    const struct range range = {document, 0, &end, "Interface"};
    WGCTL_TEXT dns = {0};
    if (rc == WGCTL_OK && device->has_private_key &&
        (!server->has_private_key ||
         wgctl_key_compare(&server->private_key, &device->private_key) != 0))
        rc = put_key(&range, "PrivateKey", &device->private_key, err);
    if (rc == WGCTL_OK && server->listen_port != device->listen_port)
        rc = put_number(&range, "ListenPort", "decimal", device->listen_port, err);
    if (rc == WGCTL_OK && server->fwmark != device->fwmark)
        rc = put_number(&range, "FwMark", "hex", device->fwmark, err);
    if (rc == WGCTL_OK)
        rc = put_list(&range, "Address", &server->addresses, &host->addresses, err);
    if (rc == WGCTL_OK && server->mtu && host->mtu && server->mtu != host->mtu)
        rc = put_number(&range, "MTU", "decimal", host->mtu, err);
    if (rc == WGCTL_OK && host->dns.size > 0) {
        wgctl_text_slice(&dns, host->dns);
        rc = put(&range, "DNS", &dns, err);
    }
    return rc;
}

/* ---- what is running ---- */

/* Returns whether an address is a link-local one that the kernel has generated. */
static bool is_made_up(const struct wgctl_server *server, const struct wgctl_prefix *address)
{
    if (address->family != AF_INET6 || address->bytes[0] != 0xfe ||
        (address->bytes[1] & 0xc0) != 0x80)
        return false;
    for (size_t i = 0; i < server->addresses.count; i++)
        if (wgctl_prefix_equal(&server->addresses.items[i], address))
            return false;
    return true;
}

static int find_addresses(const struct wgctl_run *run, struct wgctl_prefixes *ret,
                          struct wgctl_error *err)
{
    WGCTL_PREFIXES all = {0};
    int rc = wgctl_link_addresses(run->request.interface, AF_INET, &all, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_addresses(run->request.interface, AF_INET6, &all, err);
    for (size_t i = 0; rc == WGCTL_OK && i < all.count; i++)
        if (!is_made_up(run->request.server, &all.items[i]))
            rc = wgctl_prefixes_add(ret, &all.items[i], err);
    return rc;
}

/* Finds the servers registered with resolvconf, plus the file's search domains. Leaves `ret` empty
 * if the servers equal those in the file. */
static int find_dns(const struct wgctl_run *run, struct wgctl_text *ret, struct wgctl_error *err)
{
    WGCTL_DNS dns = {0};
    WGCTL_TEXT current = {0}, servers = {0};
    int rc = wgctl_dns_parse(wgctl_text_slice_of(&run->request.server->dns), &dns, err);
    if (rc < 0 || dns.server_count == 0)
        return rc;
    wgctl_dns_current(run->request.interface, &current);
    wgctl_dns_servers(wgctl_text_slice_of(&current), &servers);
    for (size_t i = 0; i < dns.server_count; i++)
        wgctl_text_format(ret, "%s%s", i ? ", " : "", dns.servers[i]);
    bool same = wgctl_slice_equal(wgctl_text_slice_of(ret), wgctl_text_slice_of(&servers));
    wgctl_text_clear(ret);
    if (same || servers.size == 0)
        return wgctl_text_check(&servers, err);
    wgctl_text_slice(ret, wgctl_text_slice_of(&servers));
    for (size_t i = 0; i < dns.domain_count; i++)
        wgctl_text_format(ret, ", %s", dns.domains[i]);
    return wgctl_text_check(ret, err);
}

/* Parses the new text, and fails if it does not describe the running device. */
static int check_saved(const struct wgctl_run *run, struct wgctl_slice text,
                       struct wgctl_error *err)
{
    WGCTL_SERVER server = {0};
    WGCTL_DEVICE desired = {0};
    WGCTL_PLAN left = {0};
    struct wgctl_text source = {0};
    const char *file = run->request.server->file;
    wgctl_text_slice(&source, text);
    int rc = wgctl_server_parse(file, &source, &server, err);
    if (rc == WGCTL_OK)
        rc = wgctl_server_check(&server, err);
    if (rc == WGCTL_OK)
        rc = wgctl_device_desired(&server, WGCTL_LOOKUP_CHANGED, NULL, NULL, &desired, err);
    if (rc == WGCTL_OK)
        rc = wgctl_plan_make(NULL, &desired, &run->running.device, &left, err);
    if (rc == WGCTL_OK && left.count > 0)
        rc = wgctl_fail(err, WGCTL_SYSTEM, "the running configuration cannot be saved in %s", file);
    return rc;
}

static int render_saved(const struct wgctl_run *run, struct wgctl_slice original,
                        struct wgctl_text *ret, struct wgctl_error *err)
{
    WGCTL_SERVER server = {0};
    WGCTL_TEXT dns = {0};
    struct wgctl_text source = {0};
    struct wgctl_saved host = {0};
    wgctl_text_slice(&source, original);
    int rc = wgctl_server_parse(run->request.server->file, &source, &server, err);
    if (rc == WGCTL_OK)
        rc = find_addresses(run, &host.addresses, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_mtu(run->request.interface, &host.mtu, err);
    if (rc == WGCTL_OK)
        rc = find_dns(run, &dns, err);
    host.dns = wgctl_text_slice_of(&dns);
    if (rc == WGCTL_OK)
        rc = wgctl_save_document(&server, &run->running.device, &host, err);
    wgctl_prefixes_clear(&host.addresses);
    if (rc < 0)
        return rc;
    wgctl_document_render(&server.document, ret);
    return wgctl_text_check(ret, err);
}

int wgctl_save(const struct wgctl_run *run, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    const struct wgctl_server *server = run->request.server;
    struct wgctl_slice original = wgctl_document_original(&server->document);
    int rc = render_saved(run, original, &text, err);
    struct wgctl_slice saved = wgctl_text_slice_of(&text);
    if (rc == WGCTL_OK && wgctl_slice_equal(saved, original))
        return WGCTL_OK;
    if (rc == WGCTL_OK)
        rc = check_saved(run, saved, err);
    if (rc == WGCTL_OK)
        rc = run->request.saver.save(run->request.saver.context, saved, err);
    if (rc == WGCTL_OK)
        return rc;
    wgctl_context(err, "%s cannot be saved (SaveConfig), so that %s stays up", server->file,
                  run->request.interface);
    return wgctl_hint(err, "to take it down without saving, remove SaveConfig from %s",
                      server->file);
}
