/* Properties of every plan, for any applied, desired and running state.
 */
#pragma once

#include "model.h"
#include "texts.h"

/* All devices are sorted, as wgctl_plan_make() requires. */
struct situation {
    const struct wgctl_device *applied; /* NULL if not known */
    const struct wgctl_device *wanted, *running;
    size_t number; /* for failure messages */
};

/* Replaces ck_assert(), which writes to the parent process each time: a million calls would
 * take minutes. */
#define require(situation, condition)                                              \
    do {                                                                           \
        if (!(condition))                                                          \
            ck_abort_msg("in situation %zu: %s", (situation)->number, #condition); \
    } while (0)

static inline const struct wgctl_device_peer *find(const struct wgctl_device *device,
                                                   const struct wgctl_key *key)
{
    for (size_t i = 0; device && i < device->peer_count; i++)
        if (same_key(&device->peers[i].public_key, key))
            return &device->peers[i];
    return NULL;
}

static inline bool has(const struct wgctl_device_peer *peer, const struct wgctl_prefix *prefix)
{
    for (size_t i = 0; peer && i < peer->allowed_ips.count; i++)
        if (same_prefix(&peer->allowed_ips.items[i], prefix))
            return true;
    return false;
}

/* Returns the owner of an allowed IP, or NULL. */
static inline const struct wgctl_device_peer *owner(const struct wgctl_device *device,
                                                    const struct wgctl_prefix *prefix)
{
    for (size_t i = 0; i < device->peer_count; i++)
        if (has(&device->peers[i], prefix))
            return &device->peers[i];
    return NULL;
}

/* ---- steps ---- */

/* Returns whether two devices agree on what a step changes. */
static inline bool agree(const struct wgctl_device *a, const struct wgctl_device *b,
                         const struct wgctl_plan_step *step)
{
    if (step->op == WGCTL_SET_PRIVATE_KEY)
        return a->has_private_key == b->has_private_key &&
               same_key(&a->private_key, &b->private_key);
    if (step->op == WGCTL_SET_LISTEN_PORT)
        return a->has_listen_port && a->listen_port == b->listen_port;
    if (step->op == WGCTL_SET_FWMARK)
        return a->has_fwmark && a->fwmark == b->fwmark;

    const struct wgctl_device_peer *left = find(a, &step->peer->public_key);
    const struct wgctl_device_peer *right = find(b, &step->peer->public_key);
    if (step->op == WGCTL_ADD_PEER || step->op == WGCTL_REMOVE_PEER)
        return !left == !right;
    if (step->op == WGCTL_ADD_ALLOWED_IP || step->op == WGCTL_REMOVE_ALLOWED_IP)
        return has(left, step->allowed_ip) == has(right, step->allowed_ip);
    if (!left || !right)
        return false;
    if (step->op == WGCTL_SET_PRESHARED_KEY)
        return same_key(&left->preshared_key, &right->preshared_key);
    if (step->op == WGCTL_SET_KEEPALIVE)
        return left->keepalive == right->keepalive;
    return wgctl_sockaddr_equal(&left->endpoint, &right->endpoint);
}

/* Implements the rule in plan.h, for a peer that is both running and desired. */
static inline bool endpoint_is_to_be_set(const struct situation *s,
                                         const struct wgctl_device_peer *wanted,
                                         const struct wgctl_device_peer *running)
{
    const struct wgctl_device_peer *applied = find(s->applied, &wanted->public_key);
    if (wanted->endpoint.family == AF_UNSPEC ||
        wgctl_sockaddr_equal(&wanted->endpoint, &running->endpoint))
        return false;
    return applied ? !wgctl_sockaddr_equal(&wanted->endpoint, &applied->endpoint)
                   : running->last_handshake == 0;
}

/* Returns whether the desired device has what the step sets, and the running one does not. */
static inline bool is_needed(const struct situation *s, const struct wgctl_plan_step *step)
{
    if (step->op == WGCTL_SET_PRIVATE_KEY)
        return s->wanted->has_private_key && !agree(s->wanted, s->running, step);
    if (step->op == WGCTL_SET_LISTEN_PORT)
        return s->wanted->has_listen_port && s->wanted->listen_port != 0 &&
               !agree(s->wanted, s->running, step);
    if (step->op == WGCTL_SET_FWMARK)
        return s->wanted->has_fwmark && !agree(s->wanted, s->running, step);

    const struct wgctl_device_peer *want = find(s->wanted, &step->peer->public_key);
    const struct wgctl_device_peer *have = find(s->running, &step->peer->public_key);
    if (step->op == WGCTL_ADD_PEER)
        return want && !have;
    if (step->op == WGCTL_REMOVE_PEER)
        return have && !want;
    if (!want || !have)
        return false;
    if (step->op == WGCTL_ADD_ALLOWED_IP)
        return has(want, step->allowed_ip) && !has(have, step->allowed_ip);
    if (step->op == WGCTL_REMOVE_ALLOWED_IP) /* and nobody gets it */
        return has(have, step->allowed_ip) && !owner(s->wanted, step->allowed_ip);
    if (step->op == WGCTL_SET_ENDPOINT)
        return endpoint_is_to_be_set(s, want, have);
    return !agree(s->wanted, s->running, step);
}

/* Returns whether the running device was changed without the file. Endpoints never count,
 * because devices roam. */
static inline bool is_drift(const struct situation *s, const struct wgctl_plan_step *step)
{
    return s->applied && step->op != WGCTL_SET_ENDPOINT && agree(s->applied, s->wanted, step);
}

static inline const struct wgctl_device_peer *was(const struct situation *s,
                                                  const struct wgctl_plan_step *step)
{
    if (!step->peer || step->op == WGCTL_ADD_PEER)
        return NULL;
    return step->op == WGCTL_ADD_ALLOWED_IP ? owner(s->running, step->allowed_ip)
                                            : find(s->running, &step->peer->public_key);
}

/* Returns the step's phase: first the device itself, then additions and changes, then
 * removed values, then removed peers. */
static inline int phase(const struct wgctl_plan_step *step)
{
    return !step->peer                           ? 0
           : step->op == WGCTL_REMOVE_PEER       ? 3
           : step->op == WGCTL_REMOVE_ALLOWED_IP ? 2
                                                 : 1;
}

static inline void check_step(const struct situation *s, const struct wgctl_plan_step *step)
{
    bool is_of_device = step->op <= WGCTL_SET_FWMARK;
    bool is_of_allowed_ip = step->op == WGCTL_ADD_ALLOWED_IP || step->op == WGCTL_REMOVE_ALLOWED_IP;
    require(s, is_of_device == !step->peer);
    require(s, is_of_allowed_ip == (step->allowed_ip != NULL));
    require(s, is_of_device ||
                   step->peer == find(step->op == WGCTL_REMOVE_PEER ? s->running : s->wanted,
                                      &step->peer->public_key));
    require(s, is_needed(s, step));
    require(s, step->is_drift == is_drift(s, step));
    require(s, step->was == was(s, step));
}

/* Steps are ordered by phase, then by the peer's key. */
static inline void check_order(const struct situation *s, const struct wgctl_plan_step *before,
                               const struct wgctl_plan_step *step)
{
    require(s, phase(before) <= phase(step));
    if (!step->peer || phase(before) < phase(step))
        return;
    int order = wgctl_key_compare(&before->peer->public_key, &step->peer->public_key);
    require(s, order < 0 || (order == 0 && before->op <= step->op));
    require(s, order < 0 || before->op < step->op || phase(step) == 2 ||
                   step->op == WGCTL_ADD_ALLOWED_IP);
    if (order == 0 && before->op == step->op)
        require(s, wgctl_prefix_compare(before->allowed_ip, step->allowed_ip) < 0);
}

static inline void check_steps(const struct situation *s, const struct wgctl_plan *plan)
{
    require(s, plan->wanted == s->wanted);
    require(s, plan->running == s->running);
    for (size_t i = 0; i < plan->count; i++) {
        check_step(s, &plan->steps[i]);
        if (i > 0)
            check_order(s, &plan->steps[i - 1], &plan->steps[i]);
    }
}

/* ---- after each step ---- */

/* An allowed IP that moves or stays always belongs to its old or its new owner. A peer whose
 * key becomes the device's own cannot keep anything, so it is exempt. */
static inline void check_owners(const struct situation *s, const struct model *now)
{
    for (size_t i = 0; i < s->running->peer_count; i++) {
        const struct wgctl_device_peer *before = &s->running->peers[i];
        if (now->has_private_key && same_key(&now->public_key, &before->public_key))
            continue;
        for (size_t k = 0; k < before->allowed_ips.count; k++) {
            const struct wgctl_prefix *prefix = &before->allowed_ips.items[k];
            const struct wgctl_device_peer *after = owner(s->wanted, prefix);
            const struct wgctl_key *has_it = after ? model_owner(now, prefix) : NULL;
            require(s, !after || (has_it && (same_key(has_it, &before->public_key) ||
                                             same_key(has_it, &after->public_key))));
        }
    }
}

/* Each value of a peer that stays is either the old or the new one. */
static inline void check_values(const struct situation *s, const struct model *now)
{
    for (size_t i = 0; i < s->running->peer_count; i++) {
        const struct wgctl_device_peer *before = &s->running->peers[i];
        const struct wgctl_device_peer *after = find(s->wanted, &before->public_key);
        const struct model_peer *peer = model_peer(now, &before->public_key);
        if (!after)
            continue;
        require(s, peer);
        require(s, same_key(&peer->preshared_key, &before->preshared_key) ||
                       same_key(&peer->preshared_key, &after->preshared_key));
        require(s, peer->keepalive == before->keepalive || peer->keepalive == after->keepalive);
        require(s, wgctl_sockaddr_equal(&peer->endpoint, &before->endpoint) ||
                       (endpoint_is_to_be_set(s, after, before) &&
                        wgctl_sockaddr_equal(&peer->endpoint, &after->endpoint)));
        require(s, peer->last_handshake == before->last_handshake);
    }
}

/* ---- after the last step ---- */

static inline void check_peer(const struct situation *s, const struct wgctl_device_peer *now,
                              const struct wgctl_device_peer *want)
{
    const struct wgctl_device_peer *before = find(s->running, &want->public_key);
    const struct wgctl_device_peer *place =
        before && !endpoint_is_to_be_set(s, want, before) ? before : want;
    require(s, same_key(&now->public_key, &want->public_key));
    require(s, same_key(&now->preshared_key, &want->preshared_key));
    require(s, now->keepalive == want->keepalive);
    require(s, wgctl_sockaddr_equal(&now->endpoint, &place->endpoint));
    require(s, now->allowed_ips.count == want->allowed_ips.count);
    for (size_t i = 0; i < want->allowed_ips.count; i++)
        require(s, same_prefix(&now->allowed_ips.items[i], &want->allowed_ips.items[i]));
}

static inline void check_result(const struct situation *s, const struct wgctl_device *now)
{
    const struct wgctl_device *key = s->wanted->has_private_key ? s->wanted : s->running;
    /* A desired port of 0 means any port. */
    const struct wgctl_device *port =
        s->wanted->has_listen_port && s->wanted->listen_port ? s->wanted : s->running;
    const struct wgctl_device *mark = s->wanted->has_fwmark ? s->wanted : s->running;
    require(s, now->has_private_key == key->has_private_key);
    require(s, same_key(&now->private_key, &key->private_key));
    require(s, now->listen_port == port->listen_port);
    require(s, now->fwmark == mark->fwmark);
    require(s, now->peer_count == s->wanted->peer_count);
    for (size_t i = 0; i < now->peer_count; i++)
        check_peer(s, &now->peers[i], &s->wanted->peers[i]);
}

static inline void make(const struct situation *s, struct wgctl_plan *ret)
{
    struct wgctl_error err;
    if (wgctl_plan_make(s->applied, s->wanted, s->running, ret, &err) < 0)
        ck_abort_msg("%s", err.message);
}

static inline void check_nothing_is_planned(const struct situation *s)
{
    WGCTL_PLAN plan = {0};
    make(s, &plan);
    require(s, plan.count == 0);
}

/* Checks all properties. */
static inline void check(const struct situation *s)
{
    static struct model now;
    static struct wgctl_device result;
    WGCTL_PLAN plan = {0};
    make(s, &plan);
    check_steps(s, &plan);
    model_load(&now, s->running);
    for (size_t i = 0; i < plan.count; i++) {
        model_step(&now, s->wanted, &plan.steps[i]);
        check_owners(s, &now);
        check_values(s, &now);
    }
    model_save(&now, &result);
    check_result(s, &result);
    /* A second plan is empty, both for the same states and right after a commit. */
    check_nothing_is_planned(&(struct situation){s->applied, s->wanted, &result, s->number});
    check_nothing_is_planned(&(struct situation){s->wanted, s->wanted, &result, s->number});
}
