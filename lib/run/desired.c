/* The desired state of an interface, from its file. */
#include <sys/socket.h>

#include "host/link.h"
#include "host/route.h"
#include "run/private.h"

/* ---- the device ---- */

/* The inputs for a desired device. */
struct sources {
    const struct wgctl_server *server, *applied;
    const struct wgctl_device *running;
    enum wgctl_lookup lookup;
};

static bool keeps_address(const struct sources *sources, const struct wgctl_peer *peer,
                          const struct wgctl_endpoint *endpoint)
{
    if (wgctl_endpoint_is_address(endpoint, NULL))
        return false;
    if (sources->lookup == WGCTL_LOOKUP_NEVER)
        return true;
    if (!sources->applied ||
        (sources->running && !wgctl_device_find(sources->running, &peer->public_key)))
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
    char label[WGCTL_LABEL_SIZE];
    if (!wgctl_peer_endpoint(sources->server, peer, &endpoint) ||
        keeps_address(sources, peer, &endpoint))
        return WGCTL_OK;
    int rc = wgctl_endpoint_resolve(&endpoint, &ret->endpoint, err);
    return rc < 0 ? wgctl_context(err, "peer '%s'",
                                  wgctl_peer_label(sources->server, peer, label, sizeof label))
                  : rc;
}

static int add_peer(const struct sources *sources, const struct wgctl_peer *peer,
                    struct wgctl_device *ret, struct wgctl_error *err)
{
    struct wgctl_device_peer *added = wgctl_device_add_peer(ret);
    if (!added)
        return wgctl_fail_memory(err);
    added->public_key = peer->public_key;
    added->preshared_key = peer->preshared_key;
    added->keepalive = peer->keepalive;
    int rc = set_endpoint(sources, peer, added, err);
    if (rc == WGCTL_OK)
        rc = wgctl_prefixes_add_all(&added->allowed_ips, &peer->allowed_ips, err);
    wgctl_prefixes_mask(&added->allowed_ips);
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

int wgctl_device_desired(const struct wgctl_server *server, enum wgctl_lookup lookup,
                         const struct wgctl_server *applied, const struct wgctl_device *running,
                         struct wgctl_device *ret, struct wgctl_error *err)
{
    const struct sources sources = {server, applied, running, lookup};
    WGCTL_DEVICE device = {
        .has_private_key = server->has_private_key,
        .private_key = server->private_key,
        .has_listen_port = server->has_listen_port,
        .listen_port = server->listen_port,
        /* A default route needs a mark, and gets one even if the file says "off". */
        .has_fwmark = server->has_fwmark && (server->fwmark || !has_default_route(server)),
        .fwmark = server->fwmark,
    };
    int rc = wgctl_device_reserve(&device, server->peer_count, err);
    for (size_t i = 0; rc == WGCTL_OK && i < server->peer_count; i++)
        if (server->peers[i].enabled)
            rc = add_peer(&sources, &server->peers[i], &device, err);
    if (rc < 0)
        return rc;
    wgctl_device_sort(&device);
    *ret = device;
    device = (struct wgctl_device){0};
    return WGCTL_OK;
}

/* ---- the rest ---- */

int wgctl_state_desired(const struct wgctl_server *server, struct wgctl_state *ret,
                        struct wgctl_error *err)
{
    ret->exists = true;
    ret->server = server;
    ret->mtu = server->mtu;
    ret->dns = wgctl_text_slice_of(&server->dns);
    int rc = wgctl_prefixes_add_all(&ret->addresses, &server->addresses, err);
    return rc < 0 ? rc : wgctl_routing_read(server->table, &ret->routing, err);
}

void wgctl_state_clear(struct wgctl_state *state)
{
    wgctl_device_clear(&state->device);
    wgctl_prefixes_clear(&state->addresses);
    wgctl_routes_clear(&state->routes);
    *state = (struct wgctl_state){0};
}

uint32_t wgctl_mtu_choose(uint32_t to_endpoints, uint32_t by_default)
{
    enum { OVERHEAD = 80, ETHERNET = 1500 };
    uint32_t mtu = to_endpoints ? to_endpoints : by_default ? by_default : ETHERNET;
    return mtu > OVERHEAD ? mtu - OVERHEAD : mtu;
}

/* Returns the MTU of a route or its interface, or 0 if there is no route. */
static int mtu_of(const struct wgctl_way_out *way, uint32_t *ret, struct wgctl_error *err)
{
    *ret = way->mtu;
    return way->found && way->mtu == 0 ? wgctl_link_mtu(way->interface, ret, err) : WGCTL_OK;
}

int wgctl_mtu_find(const struct wgctl_device *device, uint32_t *ret, struct wgctl_error *err)
{
    struct wgctl_way_out way;
    uint32_t best = 0, by_default = 0;
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < device->peer_count; i++) {
        struct wgctl_prefix address;
        uint32_t mtu = 0;
        /* A link-local address has no route without its interface. */
        if (!wgctl_sockaddr_address(&device->peers[i].endpoint, &address))
            continue;
        rc = wgctl_route_way_to(&address, &way, err);
        if (rc == WGCTL_OK)
            rc = mtu_of(&way, &mtu, err);
        best = mtu > best ? mtu : best;
    }
    if (rc == WGCTL_OK && best == 0) {
        rc = wgctl_route_way_by_default(&way, err);
        if (rc == WGCTL_OK)
            rc = mtu_of(&way, &by_default, err);
    }
    *ret = wgctl_mtu_choose(best, by_default);
    return rc;
}
