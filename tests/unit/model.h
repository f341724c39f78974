/* A model of a WireGuard device, which predicts the effect of each step. The owners of the
 * allowed IPs are in a single table, because an allowed IP never belongs to two peers.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "device/plan.h"

struct model_peer {
    struct wgctl_key public_key, preshared_key;
    union wgctl_sockaddr endpoint;
    uint16_t keepalive;
    int64_t last_handshake;
};

struct model_route {
    struct wgctl_prefix allowed_ip;
    struct wgctl_key owner;
};

/* Initialize with zeros. It reuses its memory from one device to the next. */
struct model {
    bool has_private_key;
    struct wgctl_key private_key, public_key;
    uint16_t listen_port;
    uint32_t fwmark;
    struct model_peer *peers;
    size_t peer_count, peer_capacity;
    struct model_route *routes;
    size_t route_count, route_capacity;
};

static inline void model_clear(struct model *model)
{
    free(model->peers);
    free(model->routes);
    *model = (struct model){0};
}
#define MODEL __attribute__((cleanup(model_clear))) struct model

static inline bool same_key(const struct wgctl_key *a, const struct wgctl_key *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static inline bool same_prefix(const struct wgctl_prefix *a, const struct wgctl_prefix *b)
{
    return a->length == b->length && a->family == b->family &&
           memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* ---- queries ---- */

static inline struct model_peer *model_peer(const struct model *model, const struct wgctl_key *key)
{
    for (size_t i = 0; i < model->peer_count; i++)
        if (same_key(&model->peers[i].public_key, key))
            return &model->peers[i];
    return NULL;
}

/* Returns NULL if no peer has the allowed IP. */
static inline const struct wgctl_key *model_owner(const struct model *model,
                                                  const struct wgctl_prefix *allowed_ip)
{
    for (size_t i = 0; i < model->route_count; i++)
        if (same_prefix(&model->routes[i].allowed_ip, allowed_ip))
            return &model->routes[i].owner;
    return NULL;
}

/* ---- changes ---- */

static inline void *model_grow(void *array, size_t count, size_t *capacity, size_t element)
{
    void *grown = wgctl_array_grow(array, count, capacity, element);
    if (!grown)
        abort();
    return grown;
}

/* The previous owner loses the allowed IP. */
static inline void model_give(struct model *model, const struct wgctl_key *owner,
                              const struct wgctl_prefix *allowed_ip)
{
    size_t i = 0;
    while (i < model->route_count && !same_prefix(&model->routes[i].allowed_ip, allowed_ip))
        i++;
    if (i == model->route_count) {
        model->routes = model_grow(model->routes, i, &model->route_capacity, sizeof *model->routes);
        model->route_count++;
    }
    model->routes[i] = (struct model_route){*allowed_ip, *owner};
}

/* Removes an allowed IP only if it belongs to this peer. */
static inline void model_take(struct model *model, const struct wgctl_key *owner,
                              const struct wgctl_prefix *allowed_ip)
{
    for (size_t i = 0; i < model->route_count; i++)
        if (same_prefix(&model->routes[i].allowed_ip, allowed_ip)) {
            if (same_key(&model->routes[i].owner, owner))
                model->routes[i] = model->routes[--model->route_count];
            return;
        }
}

static inline void model_take_all(struct model *model, const struct wgctl_key *owner)
{
    for (size_t i = model->route_count; i-- > 0;)
        if (same_key(&model->routes[i].owner, owner))
            model->routes[i] = model->routes[--model->route_count];
}

/* Removes a peer and its allowed IPs. A peer that does not exist is not an error. */
static inline void model_remove(struct model *model, const struct wgctl_key *key)
{
    struct model_peer *peer = model_peer(model, key);
    if (!peer)
        return;
    model_take_all(model, key);
    *peer = model->peers[--model->peer_count];
}

/* Returns the peer, after creating it if necessary. Returns NULL for the device's own key:
 * WireGuard ignores such a peer and reports success. */
static inline struct model_peer *model_add(struct model *model, const struct wgctl_key *key)
{
    struct model_peer *peer = model_peer(model, key);
    if (peer || (model->has_private_key && same_key(&model->public_key, key)))
        return peer;
    model->peers =
        model_grow(model->peers, model->peer_count, &model->peer_capacity, sizeof *model->peers);
    peer = &model->peers[model->peer_count++];
    *peer = (struct model_peer){.public_key = *key};
    return peer;
}

static inline void model_add_whole(struct model *model, const struct wgctl_device_peer *like)
{
    struct model_peer *peer = model_add(model, &like->public_key);
    if (!peer)
        return;
    peer->preshared_key = like->preshared_key;
    peer->endpoint = like->endpoint;
    peer->keepalive = like->keepalive;
    for (size_t i = 0; i < like->allowed_ips.count; i++)
        model_give(model, &like->public_key, &like->allowed_ips.items[i]);
}

/* Removes the peer that has the device's new key, if any. */
static inline void model_set_private_key(struct model *model, const struct wgctl_key *private_key)
{
    struct wgctl_error ignored;
    model->private_key = *private_key;
    model->has_private_key =
        wgctl_key_public(private_key, &model->public_key, &ignored) == WGCTL_OK;
    if (model->has_private_key)
        model_remove(model, &model->public_key);
}

/* Executes a step of a plan. A step for a peer that does not exist has no effect
 * (UPDATE_ONLY). */
static inline void model_step(struct model *model, const struct wgctl_device *wanted,
                              const struct wgctl_plan_step *step)
{
    struct model_peer *peer = step->peer ? model_peer(model, &step->peer->public_key) : NULL;
    if (step->op == WGCTL_SET_PRIVATE_KEY)
        model_set_private_key(model, &wanted->private_key);
    else if (step->op == WGCTL_SET_LISTEN_PORT)
        model->listen_port = wanted->listen_port;
    else if (step->op == WGCTL_SET_FWMARK)
        model->fwmark = wanted->fwmark;
    else if (step->op == WGCTL_ADD_PEER)
        model_add_whole(model, step->peer);
    else if (!peer)
        return;
    else if (step->op == WGCTL_SET_PRESHARED_KEY)
        peer->preshared_key = step->peer->preshared_key;
    else if (step->op == WGCTL_SET_ENDPOINT)
        peer->endpoint = step->peer->endpoint;
    else if (step->op == WGCTL_SET_KEEPALIVE)
        peer->keepalive = step->peer->keepalive;
    else if (step->op == WGCTL_ADD_ALLOWED_IP)
        model_give(model, &step->peer->public_key, step->allowed_ip);
    else if (step->op == WGCTL_REMOVE_ALLOWED_IP)
        model_take(model, &step->peer->public_key, step->allowed_ip);
    else if (step->op == WGCTL_REMOVE_PEER)
        model_remove(model, &step->peer->public_key);
}

/* ---- conversion ---- */

static inline void model_load(struct model *model, const struct wgctl_device *device)
{
    model->peer_count = model->route_count = 0;
    model->has_private_key = false;
    model->private_key = (struct wgctl_key){0};
    if (device->has_private_key)
        model_set_private_key(model, &device->private_key);
    model->listen_port = device->listen_port;
    model->fwmark = device->fwmark;
    for (size_t i = 0; i < device->peer_count; i++) {
        model_add_whole(model, &device->peers[i]);
        model->peers[i].last_handshake = device->peers[i].last_handshake;
    }
}

static inline void model_save_peer(const struct model *model, const struct model_peer *peer,
                                   struct wgctl_device_peer *ret)
{
    struct wgctl_error ignored;
    ret->public_key = peer->public_key;
    ret->preshared_key = peer->preshared_key;
    ret->endpoint = peer->endpoint;
    ret->keepalive = peer->keepalive;
    ret->last_handshake = peer->last_handshake;
    ret->allowed_ips.count = 0;
    for (size_t i = 0; i < model->route_count; i++)
        if (same_key(&model->routes[i].owner, &peer->public_key) &&
            wgctl_prefixes_add(&ret->allowed_ips, &model->routes[i].allowed_ip, &ignored) < 0)
            abort();
}

/* Stores the model as a sorted device, as wgctl_device_read() returns it. Reuses the memory
 * of the device that is in `ret`. */
static inline void model_save(const struct model *model, struct wgctl_device *ret)
{
    ret->has_private_key = model->has_private_key;
    ret->private_key = model->private_key;
    ret->has_listen_port = ret->has_fwmark = true;
    ret->listen_port = model->listen_port;
    ret->fwmark = model->fwmark;
    while (ret->peer_count > model->peer_count)
        wgctl_prefixes_clear(&ret->peers[--ret->peer_count].allowed_ips);
    while (ret->peer_count < model->peer_count)
        if (!wgctl_device_add_peer(ret))
            abort();
    for (size_t i = 0; i < model->peer_count; i++)
        model_save_peer(model, &model->peers[i], &ret->peers[i]);
    wgctl_device_sort(ret);
}
