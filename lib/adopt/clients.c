/* The clients' files that come to INTERFACE.peers. */
#include "adopt/names.h"
#include "adopt/private.h"
#include "conf/client.h"
#include "tunnel/templates.h"

static int refuse(struct wgctl_adopt *adopt, struct wgctl_adopt_peer *peer, const char *why,
                  struct wgctl_error *err)
{
    peer->refused = wgctl_adopt_keep(adopt, wgctl_slice_of(why));
    return peer->refused ? WGCTL_OK : wgctl_fail_memory(err);
}

/* Looks at the file that is kept for that name: the peer's own, or one that is in its way. */
static int look_at_kept(struct wgctl_adopt *adopt, size_t index, bool *ret_there,
                        struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = adopt->tunnel;
    struct wgctl_adopt_peer *peer = &adopt->peers[index];
    WGCTL_TEXT text = {0};
    int rc = wgctl_devices_read(tunnel, peer->name, WGCTL_SECRET, &text, ret_there, err);
    if (rc < 0 || !*ret_there)
        return rc;
    WGCTL_CLIENT_FACTS facts =
        wgctl_client_facts_read(wgctl_text_slice_of(&text), &tunnel->server.public_key);
    if (facts.has_key &&
        wgctl_key_compare(&facts.public_key, &tunnel->server.peers[index].public_key) != 0)
        return refuse(adopt, peer, "another peer's file has that name here", err);
    peer->file = NULL;
    peer->refused = NULL;
    return WGCTL_OK;
}

/* With an endpoint that was given, the files name that one. */
static int copy_client(struct wgctl_adopt *adopt, const struct wgctl_candidate *candidate,
                       struct wgctl_text *ret, struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = adopt->tunnel;
    struct wgctl_text copy = {0};
    bool changed;
    wgctl_text_slice(&copy, wgctl_text_slice_of(&candidate->text));
    int rc = wgctl_text_check(&copy, err);
    if (rc < 0 || !adopt->endpoint_is_given) {
        *ret = copy;
        return rc;
    }
    return wgctl_client_set_endpoint(&copy, &tunnel->server.public_key, &tunnel->settings.endpoint,
                                     ret, &changed, err);
}

/* Whether it names an address of the device itself; others are of networks behind it. */
static bool is_own(const struct wgctl_prefix *prefix)
{
    return prefix->length == 8 * wgctl_family_size(prefix->family) ||
           wgctl_prefix_has_host_bits(prefix);
}

static bool has_own_address(const struct wgctl_peer *peer)
{
    for (size_t i = 0; i < peer->allowed_ips.count; i++)
        if (is_own(&peer->allowed_ips.items[i]))
            return true;
    return false;
}

static int own_addresses(const struct wgctl_peer *peer, struct wgctl_prefixes *ret,
                         struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; i < peer->allowed_ips.count && rc == WGCTL_OK; i++) {
        struct wgctl_prefix address = wgctl_prefix_host(peer->allowed_ips.items[i]);
        if (is_own(&peer->allowed_ips.items[i]))
            rc = wgctl_prefixes_add(ret, &address, err);
    }
    return rc;
}

/* A value that wgctl would refuse counts as no value. */
static int unless_invalid(int rc)
{
    return rc == WGCTL_INVALID ? WGCTL_OK : rc;
}

/* What a client has in its configuration: what new ones get, except for what is its own. */
static int client_settings(const struct wgctl_adopt *adopt, const struct wgctl_other_peer *known,
                           struct wgctl_settings *ret, struct wgctl_error *err)
{
    int rc = wgctl_settings_copy(&adopt->tunnel->settings, ret, err);
    if (rc < 0 || !known || !known->has_client)
        return rc;
    ret->mtu = known->mtu;
    ret->keepalive = known->keepalive;
    if (known->dns)
        rc = unless_invalid(wgctl_settings_dns(wgctl_slice_of(known->dns), ret, err));
    if (rc == WGCTL_OK && known->routes)
        rc = unless_invalid(wgctl_settings_allowed_ips(wgctl_slice_of(known->routes), ret, err));
    return rc;
}

/* The client's configuration as its program would show it. */
static int render_client(struct wgctl_adopt *adopt, const struct wgctl_peer *peer,
                         const struct wgctl_key *private_key, struct wgctl_text *ret,
                         struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = adopt->tunnel;
    WGCTL_SETTINGS settings = {0};
    int rc = client_settings(adopt, wgctl_other_server_by_key(&adopt->other, &peer->public_key),
                             &settings, err);
    WGCTL_CLIENT client = {
        .has_private_key = true,
        .private_key = *private_key,
        .dns = settings.dns,
        .mtu = settings.mtu,
        .server_key = tunnel->server.public_key,
        .preshared_key = peer->preshared_key,
        .allowed_ips = wgctl_settings_allowed(&settings),
        .endpoint = settings.endpoint,
        .keepalive = settings.keepalive,
    };
    WGCTL_TEXT template = {0};
    if (rc == WGCTL_OK)
        rc = own_addresses(peer, &client.addresses, err);
    if (rc == WGCTL_OK)
        rc = wgctl_template_read(wgctl_tunnel_folder(tunnel), "client.conf", &template, err);
    return rc < 0 ? rc : wgctl_client_render(&client, wgctl_text_slice_of(&template), ret, err);
}

/* Where a program keeps the client's private key, if it does. */
static const char *find_private_key(const struct wgctl_adopt *adopt, const struct wgctl_peer *peer,
                                    struct wgctl_key *ret)
{
    const struct wgctl_other_peer *known =
        wgctl_other_server_by_key(&adopt->other, &peer->public_key);
    struct wgctl_key public_key;
    struct wgctl_error ignored;
    if (known && wgctl_key_public(&known->private_key, &public_key, &ignored) == WGCTL_OK &&
        wgctl_key_compare(&public_key, &peer->public_key) == 0) {
        *ret = known->private_key;
        return adopt->other_path;
    }
    return wgctl_adopt_find_private_key(&adopt->tunnel->server.document, peer, ret)
               ? adopt->conf_path
               : NULL;
}

/* A peer of which no file was found may have one here already. */
static int look_for_missing(struct wgctl_adopt *adopt, size_t index, struct wgctl_error *err)
{
    struct wgctl_adopt_info *info = &adopt->info;
    bool there = false;
    int rc = adopt->peers[index].name[0] ? look_at_kept(adopt, index, &there, err) : WGCTL_OK;
    if (rc < 0 || there)
        return rc;
    if (info->without_file++ == 0)
        info->first_without_file = &adopt->peers[index];
    return WGCTL_OK;
}

static int take_client(struct wgctl_adopt *adopt, size_t index, struct wgctl_error *err)
{
    struct wgctl_adopt_peer *peer = &adopt->peers[index];
    const struct wgctl_peer *server_peer = &adopt->tunnel->server.peers[index];
    const struct wgctl_candidate *own = adopt->own[index];
    WGCTL_KEY private_key;
    bool there;
    if (!own)
        peer->file = find_private_key(adopt, server_peer, &private_key);
    if (peer->refused)
        return WGCTL_OK;
    if (!peer->file)
        return look_for_missing(adopt, index, err);
    if (!peer->name[0])
        return refuse(adopt, peer, "the peer has no name", err);
    int rc = look_at_kept(adopt, index, &there, err);
    if (rc < 0 || there)
        return rc;
    if (!own && !adopt->tunnel->settings.endpoint.port)
        return refuse(adopt, peer, "the endpoint is not known: give --endpoint", err);
    if (!own && !has_own_address(server_peer))
        return refuse(adopt, peer, "its address in the tunnel is not known", err);

    WGCTL_TEXT text = {0}, none = {0};
    rc = own ? copy_client(adopt, own, &text, err)
             : render_client(adopt, server_peer, &private_key, &text, err);
    peer->file_taken = rc == WGCTL_OK;
    return rc < 0 ? rc : wgctl_devices_put(adopt->tunnel, peer->name, false, &none, &text, err);
}

int wgctl_adopt_take_clients(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; i < adopt->server.peer_count && rc == WGCTL_OK; i++)
        rc = take_client(adopt, i, err);
    return rc;
}
