/* Adding and revoking peers. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "conf/expiry.h"
#include "conf/server_edit.h"
#include "conf/typed.h"
#include "host/route.h"
#include "tunnel/state.h"
#include "tunnel/templates.h"

/* ---- networks behind the peer ---- */

static int fail_overlap(const struct wgctl_server *server, const struct wgctl_prefix *network,
                        const struct wgctl_prefix *used, struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE], other[WGCTL_PREFIX_TEXT_SIZE], label[WGCTL_LABEL_SIZE];
    const struct wgctl_peer *holder = NULL;
    for (size_t i = 0; i < server->peer_count && !holder; i++)
        for (size_t k = 0; k < server->peers[i].allowed_ips.count; k++)
            if (wgctl_prefix_equal(&server->peers[i].allowed_ips.items[k], used))
                holder = &server->peers[i];
    wgctl_fail(err, WGCTL_EXISTS, "the network %s overlaps %s, which is in use %s%s%s",
               wgctl_prefix_format(network, text), wgctl_prefix_format(used, other),
               holder ? "by peer '" : "in ",
               holder ? wgctl_peer_label(server, holder, label, sizeof label) : server->file,
               holder ? "'" : "");
    return wgctl_hint(err, "--lan names networks behind the device that nobody else has");
}

/* Adds networks behind the peer. They must not belong to another peer or to the tunnel. */
static int add_lan(const struct wgctl_server *server, const char *lan, struct wgctl_prefixes *ret,
                   struct wgctl_error *err)
{
    WGCTL_PREFIXES networks = {0}, used = {0};
    int rc = wgctl_typed_networks(wgctl_slice_of(lan), &networks, err);
    for (size_t i = 0; rc == WGCTL_OK && i < server->addresses.count; i++)
        rc = wgctl_prefixes_add(&used, &server->addresses.items[i], err);
    if (rc == WGCTL_OK)
        rc = wgctl_addresses_used(server, &used, err);
    for (size_t i = 0; rc == WGCTL_OK && i < networks.count; i++) {
        struct wgctl_prefix network = wgctl_prefix_mask(networks.items[i]);
        for (size_t k = 0; k < used.count; k++)
            if (wgctl_prefix_overlaps(&network, &used.items[k]))
                return fail_overlap(server, &network, &used.items[k], err);
        rc = wgctl_prefixes_add(ret, &network, err);
        if (rc == WGCTL_OK)
            rc = wgctl_prefixes_add(&used, &network, err);
    }
    return rc;
}

/* ---- what the client gets ---- */

static int choose_allowed_ips(const struct wgctl_server *server, struct wgctl_slice requested,
                              struct wgctl_settings *settings, struct wgctl_error *err)
{
    WGCTL_PREFIXES subnets = {0}, lan = {0};
    const struct wgctl_networks networks = {&subnets, &lan};
    int rc = wgctl_addresses_subnets(server, &subnets, err);
    if (rc == WGCTL_OK && wgctl_typed_needs_lan(requested))
        rc = wgctl_route_lan(&lan, err);
    return rc < 0 ? rc : wgctl_typed_allowed_ips(requested, &networks, settings, err);
}

/* Takes the default settings for clients, overridden by the request. */
static int choose_settings(const struct wgctl_tunnel *tunnel,
                           const struct wgctl_peer_request *request, struct wgctl_settings *ret,
                           struct wgctl_error *err)
{
    const struct wgctl_networks networks = {&tunnel->server.addresses, NULL};
    int rc = wgctl_settings_copy(&tunnel->settings, ret, err);
    if (rc == WGCTL_OK && request->dns)
        rc = wgctl_typed_dns(wgctl_slice_of(request->dns), &networks, ret, err);
    if (rc == WGCTL_OK && request->allowed_ips)
        rc = choose_allowed_ips(&tunnel->server, wgctl_slice_of(request->allowed_ips), ret, err);
    if (rc == WGCTL_OK && request->mtu)
        rc = wgctl_settings_mtu(wgctl_slice_of(request->mtu), ret, err);
    if (rc == WGCTL_OK && request->keepalive)
        rc = wgctl_settings_keepalive(wgctl_slice_of(request->keepalive), ret, err);
    return rc;
}

/* ---- keys ---- */

static int choose_keys(const struct wgctl_tunnel *tunnel, const struct wgctl_peer_request *request,
                       struct wgctl_new_peer *peer, struct wgctl_client *client,
                       struct wgctl_error *err)
{
    int rc;
    if (request->public_key) {
        rc = wgctl_key_parse(wgctl_slice_trim(wgctl_slice_of(request->public_key)),
                             &peer->public_key, err);
        if (rc == WGCTL_OK && wgctl_key_is_zero(&peer->public_key))
            rc = wgctl_fail(err, WGCTL_INVALID, "the public key is all zero");
        if (rc < 0)
            return wgctl_hint(err, "on the device, 'wg pubkey' or the app's tunnel page shows it");
    } else {
        wgctl_key_generate_private(&client->private_key);
        client->has_private_key = true;
        rc = wgctl_key_public(&client->private_key, &peer->public_key, err);
        if (rc < 0)
            return rc;
    }

    const struct wgctl_peer *other = wgctl_server_by_key(&tunnel->server, &peer->public_key);
    char label[WGCTL_LABEL_SIZE];
    if (other) {
        wgctl_fail(err, WGCTL_EXISTS, "peer '%s' has that public key already",
                   wgctl_peer_label(&tunnel->server, other, label, sizeof label));
        return wgctl_hint(err, "each device needs a key of its own");
    }
    if (wgctl_key_equal(&peer->public_key, &tunnel->server.public_key)) {
        wgctl_fail(err, WGCTL_INVALID, "that is the server's own public key");
        return wgctl_hint(err, "use the device's public key, which it shows with its private key");
    }
    if (!request->no_preshared_key)
        wgctl_key_generate_preshared(&peer->preshared_key);
    client->preshared_key = peer->preshared_key;
    client->server_key = tunnel->server.public_key;
    return WGCTL_OK;
}

/* ---- adding ---- */

static int check_request(const struct wgctl_tunnel *tunnel,
                         const struct wgctl_peer_request *request, struct wgctl_error *err)
{
    enum { LONGEST_NOTE = 200 };
    int rc = wgctl_new_peer_name_check(wgctl_slice_of(request->name), err);
    if (rc < 0)
        return rc;
    if (wgctl_server_has_name(&tunnel->server, wgctl_slice_of(request->name))) {
        wgctl_fail(err, WGCTL_EXISTS, "peer '%s' already exists", request->name);
        return wgctl_hint(err, "'sudo wgctl qr %s' shows its code again; or choose another name",
                          request->name);
    }
    const struct wgctl_peer *commented =
        wgctl_server_commented(&tunnel->server, wgctl_slice_of(request->name));
    if (commented) {
        wgctl_fail(err, WGCTL_EXISTS, "peer '%s' already exists: it is commented out at %s:%u",
                   request->name, tunnel->conf_name, commented->first_line + 1);
        return wgctl_hint(err, "remove the '#' from its lines to let it in again, or remove the "
                               "lines; or choose another name");
    }
    if (request->note && (strlen(request->note) > LONGEST_NOTE ||
                          !wgctl_slice_is_plain(wgctl_slice_of(request->note)) ||
                          wgctl_secret_may_be_in(wgctl_slice_of(request->note)))) {
        wgctl_fail(err, WGCTL_INVALID, "that note cannot be stored");
        return wgctl_hint(err,
                          "a note is one line of at most %d bytes of UTF-8, without control or "
                          "invisible characters, and without a key",
                          LONGEST_NOTE);
    }
    char quoted[WGCTL_QUOTE_SIZE];
    const char *const lists[] = {request->addresses, request->allowed_ips, request->dns,
                                 request->lan};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!lists[i] || !wgctl_slice_has_control(wgctl_slice_of(lists[i])))
            continue;
        wgctl_fail(err, WGCTL_INVALID, "%s has a control byte in it",
                   wgctl_quote(wgctl_slice_of(lists[i]), quoted));
        return wgctl_hint(err, "write lists with commas between, on one line");
    }
    if (!tunnel->server.has_private_key) {
        wgctl_fail(err, WGCTL_INVALID, "%s has no PrivateKey, so it is not the file of a server",
                   tunnel->conf_name);
        return wgctl_hint(err, "'sudo wgctl init' creates a server; or add its key to [Interface]");
    }
    if (tunnel->settings.endpoint.port)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_INVALID, "this server's public address is not known");
    return wgctl_hint(err, "sudo wgctl edit-server --endpoint vpn.example.org");
}

/* A device file without a peer is left over from a peer that was removed by hand. Its key is of no
 * use any more, so it may be replaced, unless it belongs to another server. */
static int check_leftover(const struct wgctl_tunnel *tunnel, const char *peer,
                          struct wgctl_text *ret, bool *ret_exists, struct wgctl_error *err)
{
    char path[WGCTL_DEVICES_PATH_SIZE];
    int rc = wgctl_devices_read(tunnel, peer, WGCTL_SECRET, ret, ret_exists, err);
    if (rc < 0 || !*ret_exists ||
        wgctl_client_is_of(wgctl_text_slice_of(ret), &tunnel->server.public_key))
        return rc;
    wgctl_fail(err, WGCTL_EXISTS, "%s/%s already exists, and is for another server",
               tunnel->folder_path, wgctl_devices_path(tunnel, peer, path));
    return wgctl_hint(err, "move it away, or choose another name");
}

/* If the new file is not stored, an old one of that name must not remain. */
static int leave_unstored(struct wgctl_tunnel *tunnel, const char *name, bool leftover_exists,
                          const struct wgctl_text *leftover, struct wgctl_text *text,
                          struct wgctl_error *err)
{
    wgctl_text_clear(&tunnel->unstored);
    tunnel->unstored = *text;
    *text = (struct wgctl_text){0};
    wgctl_slice_string(wgctl_slice_of(name), tunnel->unstored_name, sizeof tunnel->unstored_name);
    return leftover_exists ? wgctl_devices_remove(tunnel, name, leftover, err) : WGCTL_OK;
}

static int add_client_file(struct wgctl_tunnel *tunnel, const struct wgctl_peer_request *request,
                           const struct wgctl_client *client, struct wgctl_error *err)
{
    WGCTL_TEXT leftover = {0}, template = {0}, text = {0};
    bool exists;
    int rc = check_leftover(tunnel, request->name, &leftover, &exists, err);
    if (rc == WGCTL_OK)
        rc = wgctl_template_read(wgctl_tunnel_folder(tunnel), "client.conf", &template, err);
    if (rc == WGCTL_OK)
        rc = wgctl_client_render(client, wgctl_text_slice_of(&template), &text, err);
    if (rc < 0)
        return rc;
    return request->no_store
               ? leave_unstored(tunnel, request->name, exists, &leftover, &text, err)
               : wgctl_devices_put(tunnel, request->name, exists, &leftover, &text, err);
}

struct new_peer {
    struct wgctl_new_peer peer;
    struct wgctl_client client;
    struct wgctl_settings settings;
    char added[16], expires[32];
};

static int build(const struct wgctl_tunnel *tunnel, const struct wgctl_peer_request *request,
                 struct new_peer *new, struct wgctl_error *err)
{
    time_t now = time(NULL);
    struct tm utc;
    new->added[strftime(new->added, sizeof new->added, "%Y-%m-%d", gmtime_r(&now, &utc))] = '\0';
    new->peer.name = wgctl_slice_of(request->name);
    new->peer.added = wgctl_slice_of(new->added);
    new->peer.note = wgctl_slice_trim(wgctl_slice_of(request->note ? request->note : ""));
    int rc = WGCTL_OK;
    if (request->expires)
        rc = wgctl_expiry_parse(request->expires, now, new->expires, err);
    new->peer.expires = wgctl_slice_of(new->expires);

    if (rc == WGCTL_OK)
        rc = choose_settings(tunnel, request, &new->settings, err);
    if (rc == WGCTL_OK)
        rc = wgctl_addresses_choose(&tunnel->server, request, &new->client.addresses, err);
    for (size_t i = 0; rc == WGCTL_OK && i < new->client.addresses.count; i++)
        rc = wgctl_prefixes_add(&new->peer.allowed_ips, &new->client.addresses.items[i], err);
    if (rc == WGCTL_OK && request->lan)
        rc = add_lan(&tunnel->server, request->lan, &new->peer.allowed_ips, err);
    if (rc == WGCTL_OK)
        rc = choose_keys(tunnel, request, &new->peer, &new->client, err);

    new->client.dns = new->settings.dns;
    new->client.mtu = new->settings.mtu;
    new->client.allowed_ips = wgctl_settings_allowed(&new->settings);
    new->client.endpoint = new->settings.endpoint;
    new->client.keepalive = new->settings.keepalive;
    return rc;
}

int wgctl_tunnel_add_peer(struct wgctl_tunnel *tunnel, const struct wgctl_peer_request *request,
                          struct wgctl_error *err)
{
    struct new_peer new = {0};
    int rc = check_request(tunnel, request, err);
    if (rc == WGCTL_OK)
        rc = build(tunnel, request, &new, err);
    if (rc == WGCTL_OK)
        rc = add_client_file(tunnel, request, &new.client, err);
    if (rc == WGCTL_OK)
        rc = wgctl_server_append(&tunnel->server, &new.peer, err);
    if (rc == WGCTL_OK)
        tunnel->conf_changed = true;
    wgctl_prefixes_clear(&new.peer.allowed_ips);
    wgctl_client_clear(&new.client);
    wgctl_settings_clear(&new.settings);
    explicit_bzero(&new, sizeof new);
    return rc;
}

/* ---- revoking ---- */

/* Only a valid name is the name of a file. */
static int revoke_client_file(struct wgctl_tunnel *tunnel, struct wgctl_slice peer_name,
                              struct wgctl_error *err)
{
    WGCTL_TEXT content = {0};
    char name[WGCTL_NAME_SIZE];
    char path[WGCTL_DEVICES_PATH_SIZE];
    struct wgctl_error ignored;
    bool exists;
    if (wgctl_peer_name_check(peer_name, &ignored) < 0)
        return WGCTL_OK;
    wgctl_slice_string(peer_name, name, sizeof name);
    wgctl_devices_path(tunnel, name, path);
    if (strcmp(tunnel->unstored_name, name) == 0)
        tunnel->unstored_name[0] = '\0';
    int rc = wgctl_devices_read(tunnel, name, WGCTL_PUBLIC, &content, &exists, err);
    if (rc < 0 || (!exists && !wgctl_transaction_find(&tunnel->files, path)))
        return rc;
    return wgctl_devices_remove(tunnel, name, &content, err);
}

int wgctl_tunnel_revoke(struct wgctl_tunnel *tunnel, const char *name, struct wgctl_error *err)
{
    const struct wgctl_peer *peer;
    int rc = wgctl_server_find(&tunnel->server, name, &peer, err);
    if (rc == WGCTL_OK)
        rc = revoke_client_file(tunnel, wgctl_peer_text(&tunnel->server, peer, WGCTL_PEER_NAME),
                                err);
    if (rc < 0)
        return rc;
    wgctl_server_remove(&tunnel->server, peer);
    tunnel->conf_changed = true;
    return WGCTL_OK;
}
