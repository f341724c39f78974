#include "device/plan.h"

#include <stdlib.h>
#include <string.h>

static int add_step(struct wgctl_plan *plan, enum wgctl_plan_op op,
                    const struct wgctl_device_peer *peer, const struct wgctl_prefix *allowed_ip,
                    struct wgctl_error *err)
{
    struct wgctl_plan_step *steps =
        wgctl_array_grow(plan->steps, plan->count, &plan->capacity, sizeof *steps);
    if (!steps)
        return wgctl_fail_memory(err);
    plan->steps = steps;
    steps[plan->count++] = (struct wgctl_plan_step){op, peer, allowed_ip};
    return WGCTL_OK;
}

static int plan_interface(struct wgctl_plan *plan, const struct wgctl_device *wanted,
                          const struct wgctl_device *running, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    if (wanted->has_private_key && (!running->has_private_key ||
                                    !wgctl_key_equal(&wanted->private_key, &running->private_key)))
        rc = add_step(plan, WGCTL_SET_PRIVATE_KEY, NULL, NULL, err);
    /* 0 is whichever port is free, and the one there is does. */
    if (rc == WGCTL_OK && wanted->has_listen_port && wanted->listen_port &&
        wanted->listen_port != running->listen_port)
        rc = add_step(plan, WGCTL_SET_LISTEN_PORT, NULL, NULL, err);
    if (rc == WGCTL_OK && wanted->has_fwmark && wanted->fwmark != running->fwmark)
        rc = add_step(plan, WGCTL_SET_FWMARK, NULL, NULL, err);
    return rc;
}

static int plan_allowed_ips(struct wgctl_plan *plan, const struct wgctl_device_peer *wanted,
                            const struct wgctl_device_peer *running, struct wgctl_error *err)
{
    const struct wgctl_prefixes *want = &wanted->allowed_ips, *have = &running->allowed_ips;
    size_t w = 0, h = 0;
    int rc = WGCTL_OK;
    while (rc == WGCTL_OK && (w < want->count || h < have->count)) {
        int order = w == want->count   ? 1
                    : h == have->count ? -1
                                       : wgctl_prefix_compare(&want->items[w], &have->items[h]);
        if (order < 0)
            rc = add_step(plan, WGCTL_ADD_ALLOWED_IP, wanted, &want->items[w], err);
        else if (order > 0)
            rc = add_step(plan, WGCTL_REMOVE_ALLOWED_IP, wanted, &have->items[h], err);
        w += order <= 0;
        h += order >= 0;
    }
    return rc;
}

static bool endpoint_changed(const struct wgctl_device_peer *applied,
                             const struct wgctl_device_peer *wanted,
                             const struct wgctl_device_peer *running)
{
    if (wanted->endpoint.ss_family == AF_UNSPEC ||
        wgctl_sockaddr_equal(&wanted->endpoint, &running->endpoint))
        return false;
    if (applied)
        return !wgctl_sockaddr_equal(&wanted->endpoint, &applied->endpoint);
    return running->last_handshake == 0;
}

static int plan_peer(struct wgctl_plan *plan, const struct wgctl_device_peer *applied,
                     const struct wgctl_device_peer *wanted,
                     const struct wgctl_device_peer *running, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    if (!wgctl_key_equal(&wanted->preshared_key, &running->preshared_key))
        rc = add_step(plan, WGCTL_SET_PRESHARED_KEY, wanted, NULL, err);
    if (rc == WGCTL_OK && endpoint_changed(applied, wanted, running))
        rc = add_step(plan, WGCTL_SET_ENDPOINT, wanted, NULL, err);
    if (rc == WGCTL_OK && wanted->keepalive != running->keepalive)
        rc = add_step(plan, WGCTL_SET_KEEPALIVE, wanted, NULL, err);
    return rc < 0 ? rc : plan_allowed_ips(plan, wanted, running, err);
}

static const struct wgctl_device_peer *peer_at(const struct wgctl_device *device, size_t index)
{
    return device && index < device->peer_count ? &device->peers[index] : NULL;
}

/* By public key; what is past the end comes last. */
static int compare(const struct wgctl_device_peer *a, const struct wgctl_device_peer *b)
{
    if (!a || !b)
        return !a - !b;
    return wgctl_key_compare(&a->public_key, &b->public_key);
}

/* Removals first: what a peer gives up is free when another takes it. */
static int plan_removals(struct wgctl_plan *plan, const struct wgctl_device *wanted,
                         const struct wgctl_device *running, struct wgctl_error *err)
{
    size_t w = 0;
    for (size_t r = 0; r < running->peer_count; r++) {
        while (compare(peer_at(wanted, w), &running->peers[r]) < 0)
            w++;
        if (compare(peer_at(wanted, w), &running->peers[r]) == 0)
            continue;
        int rc = add_step(plan, WGCTL_REMOVE_PEER, &running->peers[r], NULL, err);
        if (rc < 0)
            return rc;
    }
    return WGCTL_OK;
}

static int plan_wanted_peers(struct wgctl_plan *plan, const struct wgctl_device *applied,
                             const struct wgctl_device *wanted, const struct wgctl_device *running,
                             struct wgctl_error *err)
{
    size_t a = 0, r = 0;
    for (size_t w = 0; w < wanted->peer_count; w++) {
        const struct wgctl_device_peer *peer = &wanted->peers[w];
        while (compare(peer_at(applied, a), peer) < 0)
            a++;
        while (compare(peer_at(running, r), peer) < 0)
            r++;
        bool was_applied = compare(peer_at(applied, a), peer) == 0;
        bool runs = compare(peer_at(running, r), peer) == 0;
        int rc = runs ? plan_peer(plan, was_applied ? peer_at(applied, a) : NULL, peer,
                                  peer_at(running, r), err)
                      : add_step(plan, WGCTL_ADD_PEER, peer, NULL, err);
        if (rc < 0)
            return rc;
    }
    return WGCTL_OK;
}

int wgctl_plan_make(const struct wgctl_device *applied, const struct wgctl_device *wanted,
                    const struct wgctl_device *running, struct wgctl_plan *ret,
                    struct wgctl_error *err)
{
    WGCTL_PLAN plan = {.wanted = wanted};
    int rc = plan_interface(&plan, wanted, running, err);
    if (rc == WGCTL_OK)
        rc = plan_removals(&plan, wanted, running, err);
    if (rc == WGCTL_OK)
        rc = plan_wanted_peers(&plan, applied, wanted, running, err);
    if (rc < 0)
        return rc;
    *ret = plan;
    plan = (struct wgctl_plan){0};
    return WGCTL_OK;
}

void wgctl_plan_clear(struct wgctl_plan *plan)
{
    free(plan->steps);
    *plan = (struct wgctl_plan){0};
}

size_t wgctl_plan_peer_end(const struct wgctl_plan *plan, size_t index)
{
    size_t end = index + 1;
    while (end < plan->count && plan->steps[end].peer == plan->steps[index].peer)
        end++;
    return end;
}

bool wgctl_plan_has(const struct wgctl_plan *plan, size_t from, size_t to, enum wgctl_plan_op op)
{
    for (size_t i = from; i < to; i++)
        if (plan->steps[i].op == op)
            return true;
    return false;
}
