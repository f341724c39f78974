/* The device that the file wants. */
#include "tunnel/state.h"

/* What a wanted device is made of. */
struct sources {
    const struct wgctl_server *server, *applied;
    const struct wgctl_device *running;
};

/* A name is only looked up where the file's has changed: what the system's
 * resolver says from day to day is not the owner's wish. */
static bool is_known_name(const struct sources *sources, const struct wgctl_peer *peer,
                          const struct wgctl_endpoint *endpoint)
{
    if (!sources->applied || wgctl_endpoint_is_address(endpoint, NULL))
        return false;
    if (sources->running && !wgctl_device_find(sources->running, &peer->public_key))
        return false;
    const struct wgctl_peer *before = wgctl_server_by_key(sources->applied, &peer->public_key);
    return before &&
           wgctl_slice_equal(wgctl_peer_text(sources->applied, before, WGCTL_PEER_ENDPOINT),
                             wgctl_peer_text(sources->server, peer, WGCTL_PEER_ENDPOINT));
}

static int set_endpoint(const struct sources *sources, const struct wgctl_peer *peer,
                        struct wgctl_device_peer *ret, struct wgctl_error *err)
{
    struct wgctl_endpoint endpoint;
    if (!wgctl_peer_endpoint(sources->server, peer, &endpoint) ||
        is_known_name(sources, peer, &endpoint))
        return WGCTL_OK;
    char label[WGCTL_LABEL_SIZE];
    int rc = wgctl_endpoint_resolve(&endpoint, &ret->endpoint, err);
    return rc < 0 ? wgctl_context(err, "peer '%s'",
                                  wgctl_peer_label(sources->server, peer, label, sizeof label))
                  : rc;
}

static int add_wanted_peer(const struct sources *sources, const struct wgctl_peer *peer,
                           struct wgctl_device *ret, struct wgctl_error *err)
{
    struct wgctl_device_peer *wanted = wgctl_device_add_peer(ret);
    if (!wanted)
        return wgctl_fail_memory(err);
    wanted->public_key = peer->public_key;
    wanted->preshared_key = peer->preshared_key;
    wanted->keepalive = peer->keepalive;
    int rc = set_endpoint(sources, peer, wanted, err);
    if (rc == WGCTL_OK)
        rc = wgctl_prefixes_add_all(&wanted->allowed_ips, &peer->allowed_ips, err);
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

int wgctl_device_wanted(const struct wgctl_server *server, const struct wgctl_wish *wish,
                        const struct wgctl_server *applied, const struct wgctl_device *running,
                        struct wgctl_device *ret, struct wgctl_error *err)
{
    const struct sources sources = {server, applied, running};
    WGCTL_DEVICE wanted = {
        .has_private_key = server->has_private_key,
        .private_key = server->private_key,
        .has_listen_port = server->has_listen_port,
        .listen_port = server->listen_port,
        /* A default route needs a mark, and is given one where the file says "off". */
        .has_fwmark = server->has_fwmark && (server->fwmark || !has_default_route(server)),
        .fwmark = server->fwmark,
    };
    /* What turns out not to be needed of that was never touched, and costs nothing. */
    int rc = wgctl_device_reserve(&wanted, server->peer_count, err);
    for (size_t i = 0; rc == WGCTL_OK && i < server->peer_count; i++) {
        const struct wgctl_peer *peer = &server->peers[i];
        if (peer->enabled && !wgctl_wish_is_met(wish, &peer->public_key, i))
            rc = add_wanted_peer(&sources, peer, &wanted, err);
    }
    if (rc < 0)
        return rc;
    wgctl_device_sort(&wanted);
    *ret = wanted;
    wanted = (struct wgctl_device){0};
    return WGCTL_OK;
}
