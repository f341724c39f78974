#include "device/plan.h"

#include <stdlib.h>
#include <string.h>

/* The state of making a plan, which walks the peers of the three devices in parallel, by key.
 * It collects removals of allowed IPs separately, because only in the end it is known which of
 * them other peers get. */
struct planner {
    const struct wgctl_device *applied; /* NULL if not known */
    struct wgctl_plan plan;
    struct wgctl_plan removals;
    struct wgctl_error *err;
};

/* A peer in each of the three devices, or NULL. */
struct trio {
    const struct wgctl_device_peer *applied, *wanted, *running;
};

static int add_step(struct planner *planner, struct wgctl_plan *plan, struct wgctl_plan_step step)
{
    struct wgctl_plan_step *steps =
        wgctl_array_grow(plan->steps, plan->count, &plan->capacity, sizeof *steps);
    if (!steps)
        return wgctl_fail_memory(planner->err);
    step.is_drift = step.is_drift && planner->applied;
    plan->steps = steps;
    steps[plan->count++] = step;
    return WGCTL_OK;
}

/* ---- the device ---- */

static bool same_private_key(const struct wgctl_device *a, const struct wgctl_device *b)
{
    WGCTL_KEY left = a->private_key, right = b->private_key;
    wgctl_key_clamp(&left);
    wgctl_key_clamp(&right);
    return a->has_private_key && b->has_private_key && wgctl_key_equal(&left, &right);
}

static int plan_interface(struct planner *planner)
{
    const struct wgctl_device *wanted = planner->plan.wanted, *running = planner->plan.running;
    const struct wgctl_device none = {0}, *applied = planner->applied ? planner->applied : &none;
    int rc = WGCTL_OK;
    if (wanted->has_private_key && !same_private_key(wanted, running))
        rc = add_step(planner, &planner->plan,
                      (struct wgctl_plan_step){.op = WGCTL_SET_PRIVATE_KEY,
                                               .is_drift = same_private_key(applied, wanted)});
    /* 0 means any free port, so the current one is fine. */
    if (rc == WGCTL_OK && wanted->has_listen_port && wanted->listen_port &&
        wanted->listen_port != running->listen_port)
        rc = add_step(
            planner, &planner->plan,
            (struct wgctl_plan_step){.op = WGCTL_SET_LISTEN_PORT,
                                     .is_drift = applied->has_listen_port &&
                                                 applied->listen_port == wanted->listen_port});
    if (rc == WGCTL_OK && wanted->has_fwmark && wanted->fwmark != running->fwmark)
        rc = add_step(planner, &planner->plan,
                      (struct wgctl_plan_step){.op = WGCTL_SET_FWMARK,
                                               .is_drift = applied->has_fwmark &&
                                                           applied->fwmark == wanted->fwmark});
    return rc;
}

/* ---- one peer ---- */

static int plan_allowed_ip(struct planner *planner, const struct trio *peer, enum wgctl_plan_op op,
                           const struct wgctl_prefix *prefix)
{
    bool adds = op == WGCTL_ADD_ALLOWED_IP;
    bool was_applied = peer->applied && wgctl_prefixes_have(&peer->applied->allowed_ips, prefix);
    return add_step(planner, adds ? &planner->plan : &planner->removals,
                    (struct wgctl_plan_step){.op = op,
                                             .is_drift = was_applied == adds,
                                             .peer = peer->wanted,
                                             .allowed_ip = prefix,
                                             .was = adds ? NULL : peer->running});
}

static int plan_allowed_ips(struct planner *planner, const struct trio *peer)
{
    const struct wgctl_prefixes *want = &peer->wanted->allowed_ips;
    const struct wgctl_prefixes *have = &peer->running->allowed_ips;
    size_t w = 0, h = 0;
    int rc = WGCTL_OK;
    while (rc == WGCTL_OK && (w < want->count || h < have->count)) {
        int order = w == want->count   ? 1
                    : h == have->count ? -1
                                       : wgctl_prefix_compare(&want->items[w], &have->items[h]);
        if (order < 0)
            rc = plan_allowed_ip(planner, peer, WGCTL_ADD_ALLOWED_IP, &want->items[w]);
        else if (order > 0)
            rc = plan_allowed_ip(planner, peer, WGCTL_REMOVE_ALLOWED_IP, &have->items[h]);
        w += order <= 0;
        h += order >= 0;
    }
    return rc;
}

static bool endpoint_changed(const struct trio *peer)
{
    const union wgctl_sockaddr *wanted = &peer->wanted->endpoint;
    if (wanted->family == AF_UNSPEC || wgctl_sockaddr_equal(wanted, &peer->running->endpoint))
        return false;
    if (peer->applied)
        return !wgctl_sockaddr_equal(wanted, &peer->applied->endpoint);
    return peer->running->last_handshake == 0;
}

static int plan_peer(struct planner *planner, const struct trio *peer)
{
    const struct wgctl_device_peer *applied = peer->applied, *wanted = peer->wanted;
    struct wgctl_plan_step step = {.peer = wanted, .was = peer->running};
    int rc = WGCTL_OK;
    if (!wgctl_key_equal(&wanted->preshared_key, &peer->running->preshared_key)) {
        step.op = WGCTL_SET_PRESHARED_KEY;
        step.is_drift = applied && wgctl_key_equal(&applied->preshared_key, &wanted->preshared_key);
        rc = add_step(planner, &planner->plan, step);
    }
    if (rc == WGCTL_OK && endpoint_changed(peer)) {
        step.op = WGCTL_SET_ENDPOINT;
        step.is_drift = false; /* the device may have roamed */
        rc = add_step(planner, &planner->plan, step);
    }
    if (rc == WGCTL_OK && wanted->keepalive != peer->running->keepalive) {
        step.op = WGCTL_SET_KEEPALIVE;
        step.is_drift = applied && applied->keepalive == wanted->keepalive;
        rc = add_step(planner, &planner->plan, step);
    }
    return rc < 0 ? rc : plan_allowed_ips(planner, peer);
}

/* ---- all peers ---- */

/* Advances `index` to the public key of `like`. Returns that peer, or NULL if there is none. */
static const struct wgctl_device_peer *walk_to(const struct wgctl_device *device, size_t *index,
                                               const struct wgctl_device_peer *like)
{
    for (; device && *index < device->peer_count; ++*index) {
        const struct wgctl_device_peer *peer = &device->peers[*index];
        int order = wgctl_key_compare(&peer->public_key, &like->public_key);
        if (order >= 0)
            return order == 0 ? peer : NULL;
    }
    return NULL;
}

static int plan_wanted_peers(struct planner *planner)
{
    const struct wgctl_device *wanted = planner->plan.wanted;
    size_t a = 0, r = 0;
    int rc = WGCTL_OK;
    for (size_t w = 0; rc == WGCTL_OK && w < wanted->peer_count; w++) {
        const struct trio peer = {
            .applied = walk_to(planner->applied, &a, &wanted->peers[w]),
            .wanted = &wanted->peers[w],
            .running = walk_to(planner->plan.running, &r, &wanted->peers[w]),
        };
        rc = peer.running ? plan_peer(planner, &peer)
                          : add_step(planner, &planner->plan,
                                     (struct wgctl_plan_step){.op = WGCTL_ADD_PEER,
                                                              .is_drift = peer.applied,
                                                              .peer = peer.wanted});
    }
    return rc;
}

static int plan_removals(struct planner *planner)
{
    const struct wgctl_device *running = planner->plan.running;
    size_t a = 0, w = 0;
    int rc = WGCTL_OK;
    for (size_t r = 0; rc == WGCTL_OK && r < running->peer_count; r++) {
        const struct wgctl_device_peer *peer = &running->peers[r];
        const struct wgctl_device_peer *applied = walk_to(planner->applied, &a, peer);
        if (walk_to(planner->plan.wanted, &w, peer))
            continue;
        rc =
            add_step(planner, &planner->plan,
                     (struct wgctl_plan_step){
                         .op = WGCTL_REMOVE_PEER, .is_drift = !applied, .peer = peer, .was = peer});
    }
    return rc;
}

/* ---- allowed IPs that move between peers ---- */

/* Collects the allowed IPs of peers that will be removed. They need no removals of their own,
 * but if another peer gets one, its step names the current owner. */
static int note_leaving_allowed_ips(struct planner *planner)
{
    const struct wgctl_device *running = planner->plan.running;
    size_t w = 0;
    int rc = WGCTL_OK;
    for (size_t r = 0; rc == WGCTL_OK && r < running->peer_count; r++) {
        const struct wgctl_device_peer *peer = &running->peers[r];
        if (walk_to(planner->plan.wanted, &w, peer))
            continue;
        for (size_t i = 0; rc == WGCTL_OK && i < peer->allowed_ips.count; i++)
            rc = add_step(planner, &planner->removals,
                          (struct wgctl_plan_step){.op = WGCTL_REMOVE_ALLOWED_IP,
                                                   .allowed_ip = &peer->allowed_ips.items[i],
                                                   .was = peer});
    }
    return rc;
}

static int by_allowed_ip(const void *a, const void *b)
{
    const struct wgctl_plan_step *left = a, *right = b;
    return wgctl_prefix_compare(left->allowed_ip, right->allowed_ip);
}

static int by_peer(const void *a, const void *b)
{
    const struct wgctl_plan_step *left = a, *right = b;
    if (left->peer != right->peer)
        return left->peer < right->peer ? -1 : 1;
    return by_allowed_ip(a, b);
}

/* Drops the removal of an allowed IP that another peer gets. Returns the current owner. */
static const struct wgctl_device_peer *take_removal(struct wgctl_plan *removals,
                                                    const struct wgctl_prefix *prefix)
{
    const struct wgctl_plan_step like = {.allowed_ip = prefix};
    struct wgctl_plan_step *removal =
        bsearch(&like, removals->steps, removals->count, sizeof like, by_allowed_ip);
    if (!removal)
        return NULL;
    removal->peer = NULL;
    return removal->was;
}

static void find_moves(struct planner *planner)
{
    struct wgctl_plan *plan = &planner->plan, *removals = &planner->removals;
    for (size_t i = 0; i < plan->count; i++) {
        struct wgctl_plan_step *step = &plan->steps[i];
        if (step->op == WGCTL_ADD_ALLOWED_IP)
            step->was = take_removal(removals, step->allowed_ip);
        for (size_t k = 0; step->op == WGCTL_ADD_PEER && k < step->peer->allowed_ips.count; k++)
            take_removal(removals, &step->peer->allowed_ips.items[k]);
    }
}

static int plan_allowed_ip_removals(struct planner *planner)
{
    struct wgctl_plan *removals = &planner->removals;
    int rc = note_leaving_allowed_ips(planner);
    if (rc < 0 || removals->count == 0)
        return rc;
    qsort(removals->steps, removals->count, sizeof *removals->steps, by_allowed_ip);
    find_moves(planner);
    qsort(removals->steps, removals->count, sizeof *removals->steps, by_peer);
    for (size_t i = 0; rc == WGCTL_OK && i < removals->count; i++)
        if (removals->steps[i].peer)
            rc = add_step(planner, &planner->plan, removals->steps[i]);
    return rc;
}

int wgctl_plan_make(const struct wgctl_device *applied, const struct wgctl_device *wanted,
                    const struct wgctl_device *running, struct wgctl_plan *ret,
                    struct wgctl_error *err)
{
    struct planner planner = {
        .applied = applied,
        .plan = {.wanted = wanted, .running = running},
        .err = err,
    };
    int rc = plan_interface(&planner);
    if (rc == WGCTL_OK)
        rc = plan_wanted_peers(&planner);
    if (rc == WGCTL_OK)
        rc = plan_allowed_ip_removals(&planner);
    if (rc == WGCTL_OK)
        rc = plan_removals(&planner);
    wgctl_plan_clear(&planner.removals);
    if (rc < 0)
        wgctl_plan_clear(&planner.plan);
    else
        *ret = planner.plan;
    return rc;
}

void wgctl_plan_clear(struct wgctl_plan *plan)
{
    free(plan->steps);
    *plan = (struct wgctl_plan){0};
}

size_t wgctl_plan_group_end(const struct wgctl_plan *plan, size_t index)
{
    const struct wgctl_plan_step *first = &plan->steps[index];
    size_t end = index + 1;
    while (end < plan->count && plan->steps[end].peer == first->peer &&
           (plan->steps[end].op == WGCTL_REMOVE_ALLOWED_IP) ==
               (first->op == WGCTL_REMOVE_ALLOWED_IP))
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
