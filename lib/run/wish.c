/* What the file wants of the device's peers, and which of them run so already. */
#include <stdlib.h>
#include <string.h>

#include "conf/server_check.h"
#include "tunnel/state.h"

/* ---- checks: what a device would take without a word, and not do ---- */

static int check_keys(const struct wgctl_peer_index *index, struct wgctl_error *err)
{
    const struct wgctl_server *server = index->server;
    if (server->has_private_key && wgctl_peer_index_find(index, &server->public_key))
        return wgctl_server_fail_key(server, &server->public_key, err);
    for (size_t i = 1; i < index->count; i++) {
        const struct wgctl_key *key = &wgctl_peer_index_at(index, i)->public_key;
        if (wgctl_key_compare(key, &wgctl_peer_index_at(index, i - 1)->public_key) == 0)
            return wgctl_server_fail_key(server, key, err);
    }
    return WGCTL_OK;
}

/* As those of most servers are: then none stands twice, and no list of them is needed. */
static bool are_in_order(const struct wgctl_server *server, int family)
{
    const struct wgctl_prefix *before = NULL;
    for (size_t i = 0; i < server->peer_count; i++) {
        const struct wgctl_prefixes *list = &server->peers[i].allowed_ips;
        for (size_t k = 0; server->peers[i].enabled && k < list->count; k++) {
            if (list->items[k].family != family)
                continue;
            if (before && wgctl_prefix_compare(before, &list->items[k]) >= 0)
                return false;
            before = &list->items[k];
        }
    }
    return true;
}

/* A packet has one way: the last peer that names it would silently take it. */
static int check_allowed_ips(const struct wgctl_server *server, int family, struct wgctl_error *err)
{
    WGCTL_PREFIXES all = {0};
    if (are_in_order(server, family))
        return WGCTL_OK;
    int rc = wgctl_networks_list(server, NULL, family, &all, err);
    wgctl_prefixes_sort(&all);
    for (size_t i = 1; rc == WGCTL_OK && i < all.count; i++)
        if (wgctl_prefix_equal(&all.items[i], &all.items[i - 1]))
            rc = wgctl_server_fail_allowed_ip(server, &all.items[i], err);
    return rc;
}

/* ---- the wish ---- */

void wgctl_wish_clear(struct wgctl_wish *wish)
{
    free(wish->met);
    wgctl_peer_index_clear(&wish->index);
    *wish = (struct wgctl_wish){0};
}

int wgctl_wish_make(const struct wgctl_server *server, struct wgctl_wish *ret,
                    struct wgctl_error *err)
{
    int rc = wgctl_peer_index_make(server, WGCTL_ENABLED_PEERS, &ret->index, err);
    if (rc == WGCTL_OK)
        rc = check_keys(&ret->index, err);
    if (rc == WGCTL_OK)
        rc = check_allowed_ips(server, AF_INET, err);
    if (rc == WGCTL_OK)
        rc = check_allowed_ips(server, AF_INET6, err);
    if (rc < 0)
        return rc;
    ret->met = calloc(server->peer_count + 1, sizeof *ret->met);
    return ret->met ? WGCTL_OK : wgctl_fail_memory(err);
}

static const struct wgctl_peer *find(const struct wgctl_wish *wish, const struct wgctl_key *key,
                                     size_t guess)
{
    const struct wgctl_server *server = wish->index.server;
    const struct wgctl_peer *peer = guess < server->peer_count ? &server->peers[guess] : NULL;
    if (peer && peer->enabled && wgctl_key_compare(&peer->public_key, key) == 0)
        return peer;
    return wgctl_peer_index_find(&wish->index, key);
}

bool wgctl_wish_is_met(const struct wgctl_wish *wish, const struct wgctl_key *public_key,
                       size_t guess)
{
    const struct wgctl_peer *peer = find(wish, public_key, guess);
    return peer && wish->met[peer - wish->index.server->peers];
}

/* ---- beside what runs ---- */

/* Where the file names an endpoint, more has to be known than this one peer. */
static bool is_as_wished(struct wgctl_device_peer *running, void *context)
{
    struct wgctl_wish *wish = context;
    const struct wgctl_server *server = wish->index.server;
    const struct wgctl_peer *peer = find(wish, &running->public_key, wish->next);
    if (!peer)
        return false;
    size_t place = (size_t)(peer - server->peers);
    wish->next = place + 1;
    wish->met[place] =
        wgctl_peer_text(server, peer, WGCTL_PEER_ENDPOINT).size == 0 &&
        wgctl_device_peer_has(running, &peer->preshared_key, peer->keepalive, &peer->allowed_ips);
    return wish->met[place];
}

static void start(void *context)
{
    struct wgctl_wish *wish = context;
    memset(wish->met, 0, wish->index.server->peer_count * sizeof *wish->met);
    wish->next = 0;
}

struct wgctl_device_filter wgctl_wish_filter(struct wgctl_wish *wish)
{
    return (struct wgctl_device_filter){NULL, is_as_wished, start, wish};
}

int wgctl_networks_list(const struct wgctl_server *server, const struct wgctl_wish *wish,
                        int family, struct wgctl_prefixes *ret, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; i < server->peer_count; i++) {
        const struct wgctl_peer *peer = &server->peers[i];
        if (!peer->enabled || (wish && !wish->met[i]))
            continue;
        for (size_t k = 0; rc == WGCTL_OK && k < peer->allowed_ips.count; k++)
            if (family == AF_UNSPEC || peer->allowed_ips.items[k].family == family)
                rc = wgctl_prefixes_add(ret, &peer->allowed_ips.items[k], err);
    }
    return rc;
}
