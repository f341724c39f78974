/* The device that the file wants, and what of the file a device would take without a word
 * and not do. */
#include "tunnel_state.h"

/* What the wanted device is made of. */
struct wish {
    const struct wgctl_server *server, *applied;
    const struct wgctl_device *running;
};

/* A name is only looked up where the file's has changed: what the system's
 * resolver says from day to day is not the owner's wish. */
static bool is_known_name(const struct wish *wish, const struct wgctl_peer *peer,
                          const struct wgctl_endpoint *endpoint)
{
    if (!wish->applied || wgctl_endpoint_is_address(endpoint, NULL))
        return false;
    if (wish->running && !wgctl_device_find(wish->running, &peer->public_key))
        return false;
    const struct wgctl_peer *before = wgctl_server_by_key(wish->applied, &peer->public_key);
    return before && wgctl_slice_equal(wgctl_peer_text(wish->applied, before, WGCTL_PEER_ENDPOINT),
                                       wgctl_peer_text(wish->server, peer, WGCTL_PEER_ENDPOINT));
}

static int set_endpoint(const struct wish *wish, const struct wgctl_peer *peer,
                        struct wgctl_device_peer *ret, struct wgctl_error *err)
{
    struct wgctl_endpoint endpoint;
    if (!wgctl_peer_endpoint(wish->server, peer, &endpoint) || is_known_name(wish, peer, &endpoint))
        return WGCTL_OK;
    char label[64];
    int rc = wgctl_endpoint_resolve(&endpoint, &ret->endpoint, err);
    return rc < 0 ? wgctl_context(err, "peer '%s'",
                                  wgctl_peer_label(wish->server, peer, label, sizeof label))
                  : rc;
}

static int add_wanted_peer(const struct wish *wish, const struct wgctl_peer *peer,
                           struct wgctl_device *ret, struct wgctl_error *err)
{
    struct wgctl_device_peer *wanted = wgctl_device_add_peer(ret);
    if (!wanted)
        return wgctl_fail_memory(err);
    wanted->public_key = peer->public_key;
    wanted->preshared_key = peer->preshared_key;
    wanted->keepalive = peer->keepalive;
    int rc = set_endpoint(wish, peer, wanted, err);
    if (wgctl_prefixes_are_sorted(&peer->allowed_ips))
        wanted->allowed_ips = wgctl_prefixes_borrow(&peer->allowed_ips);
    else if (rc == WGCTL_OK)
        rc = wgctl_prefixes_add_all(&wanted->allowed_ips, &peer->allowed_ips, err);
    return rc;
}

/* What the kernel would take without a word, and not do. */
static int check_keys(const struct wgctl_server *server, const struct wgctl_device *wanted,
                      struct wgctl_error *err)
{
    for (size_t i = 0; i < wanted->peer_count; i++) {
        const struct wgctl_key *key = &wanted->peers[i].public_key;
        bool own = server->has_private_key && wgctl_key_compare(key, &server->public_key) == 0;
        if (own || (i > 0 && wgctl_key_compare(key, &wanted->peers[i - 1].public_key) == 0))
            return wgctl_server_fail_key(server, key, err);
    }
    return WGCTL_OK;
}

/* The enabled peers' networks of one family, in the file's order, which mostly is theirs. */
static int list_networks(const struct wgctl_server *server, uint8_t family,
                         struct wgctl_prefixes *ret, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; i < server->peer_count; i++) {
        const struct wgctl_prefixes *list = &server->peers[i].allowed_ips;
        for (size_t k = 0; rc == WGCTL_OK && server->peers[i].enabled && k < list->count; k++)
            if (list->items[k].family == family)
                rc = wgctl_prefixes_add(ret, &list->items[k], err);
    }
    return rc;
}

/* A packet has one way: the last peer that names it would silently take it. */
static int check_allowed_ips(const struct wgctl_server *server, uint8_t family,
                             struct wgctl_error *err)
{
    WGCTL_PREFIXES all = {0};
    int rc = list_networks(server, family, &all, err);
    wgctl_prefixes_sort(&all);
    for (size_t i = 1; rc == WGCTL_OK && i < all.count; i++)
        if (wgctl_prefix_equal(&all.items[i], &all.items[i - 1]))
            rc = wgctl_server_fail_allowed_ip(server, &all.items[i], err);
    return rc;
}

static bool has_default_route(const struct wgctl_server *server)
{
    for (size_t i = 0; i < server->peer_count; i++)
        for (size_t k = 0; k < server->peers[i].allowed_ips.count; k++)
            if (server->peers[i].enabled && server->peers[i].allowed_ips.items[k].length == 0)
                return true;
    return false;
}

int wgctl_device_wanted(const struct wgctl_server *server, const struct wgctl_server *applied,
                        const struct wgctl_device *running, struct wgctl_device *ret,
                        struct wgctl_error *err)
{
    const struct wish wish = {server, applied, running};
    WGCTL_DEVICE wanted = {
        .has_private_key = server->has_private_key,
        .private_key = server->private_key,
        .has_listen_port = server->has_listen_port,
        .listen_port = server->listen_port,
        /* A default route needs a mark, and is given one where the file says "off". */
        .has_fwmark = server->has_fwmark && (server->fwmark || !has_default_route(server)),
        .fwmark = server->fwmark,
    };
    int rc = wgctl_device_reserve(&wanted, server->peer_count, err);
    for (size_t i = 0; rc == WGCTL_OK && i < server->peer_count; i++)
        if (server->peers[i].enabled)
            rc = add_wanted_peer(&wish, &server->peers[i], &wanted, err);
    wgctl_device_sort(&wanted);
    if (rc == WGCTL_OK)
        rc = check_keys(server, &wanted, err);
    if (rc == WGCTL_OK)
        rc = check_allowed_ips(server, AF_INET, err);
    if (rc == WGCTL_OK)
        rc = check_allowed_ips(server, AF_INET6, err);
    if (rc < 0)
        return rc;
    *ret = wanted;
    wanted = (struct wgctl_device){0};
    return WGCTL_OK;
}
