/* Plans the steps from one state to another. */
#include <stdlib.h>

#include "host/dns.h"
#include "run/private.h"

static const uint8_t families[WGCTL_FAMILIES] = {[WGCTL_IPV4] = AF_INET, [WGCTL_IPV6] = AF_INET6};
static const struct wgctl_state nothing;

/* The state of planning. */
struct planner {
    const struct wgctl_state *applied, *desired, *running;
    const struct wgctl_begun *begun;
    struct wgctl_transition *ret;
    struct wgctl_error *err;
    int rc; /* after a failure, nothing more is added */
};

void wgctl_transition_clear(struct wgctl_transition *transition)
{
    wgctl_plan_clear(&transition->device);
    free(transition->steps);
    *transition = (struct wgctl_transition){0};
}

static void add(struct planner *planner, struct wgctl_step step)
{
    struct wgctl_transition *ret = planner->ret;
    if (planner->rc < 0)
        return;
    struct wgctl_step *steps =
        wgctl_array_grow(ret->steps, ret->count, &ret->capacity, sizeof *steps);
    if (!steps) {
        planner->rc = wgctl_fail_memory(planner->err);
        return;
    }
    ret->steps = steps;
    steps[ret->count++] = step;
}

static void add_op(struct planner *planner, enum wgctl_op op, bool may_fail)
{
    add(planner, (struct wgctl_step){.op = op, .may_fail = may_fail});
}

static void add_address(struct planner *planner, enum wgctl_op op,
                        const struct wgctl_prefix *address)
{
    add(planner, (struct wgctl_step){.op = op, .route = {.destination = *address}});
}

static void add_rules(struct planner *planner, enum wgctl_op op, uint8_t family, uint32_t mark)
{
    add(planner, (struct wgctl_step){.op = op,
                                     .family = family,
                                     .mark = mark,
                                     .may_fail = planner->desired->exists == false});
}

static void add_routes(struct planner *planner, enum wgctl_op op, const struct wgctl_routes *list)
{
    for (size_t i = 0; i < list->count; i++)
        add(planner, (struct wgctl_step){.op = op, .route = list->items[i]});
}

/* Returns whether a killed `down` has already run this hook. */
static bool has_run(const struct planner *planner, enum wgctl_op op, unsigned item)
{
    const struct wgctl_begun *begun = planner->begun;
    return begun->goal == WGCTL_GO_DOWN &&
           (op < begun->op || (op == begun->op && item < begun->item));
}

/* Adds a server's hooks of a kind. `item` continues their numbering. */
static void add_commands(struct planner *planner, enum wgctl_op op,
                         const struct wgctl_server *server, enum wgctl_hook_kind kind,
                         bool may_fail, unsigned *item)
{
    for (size_t i = 0; i < server->hook_count; i++) {
        if (server->hooks[i].kind != kind)
            continue;
        if (!has_run(planner, op, *item))
            add(planner, (struct wgctl_step){.op = op,
                                             .item = *item,
                                             .text = server->hooks[i].command,
                                             .may_fail = may_fail});
        ++*item;
    }
}

static bool has_dns_servers(struct planner *planner, struct wgctl_slice list)
{
    WGCTL_DNS dns = {0};
    if (planner->rc == WGCTL_OK)
        planner->rc = wgctl_dns_parse(list, &dns, planner->err);
    return dns.server_count > 0;
}

/* ---- going down ---- */

const struct wgctl_server *wgctl_hooks_that_undo(const struct wgctl_state *applied,
                                                 const struct wgctl_server *file)
{
    return !applied->exists || wgctl_server_same_hooks(applied->server, file, WGCTL_POST_UP)
               ? file
               : applied->server;
}

static bool had_default(const struct planner *planner, uint8_t family)
{
    struct wgctl_state ran = {.device = planner->running->device,
                              .routing = planner->applied->exists ? planner->applied->routing
                                                                  : planner->desired->routing};
    return wgctl_state_has_default(&ran, family) ||
           wgctl_state_has_default(planner->applied, family);
}

static void plan_removed_rules(struct planner *planner)
{
    uint32_t mark = planner->running->exists ? planner->running->mark : planner->applied->mark;
    for (size_t i = 0; i < WGCTL_FAMILIES; i++)
        if (had_default(planner, families[i]))
            add(planner, (struct wgctl_step){.op = WGCTL_REMOVE_RULES,
                                             .family = families[i],
                                             .mark = mark,
                                             .may_fail = true});
}

/* A killed `up` may not have reached everything that is removed here. */
static void plan_going(struct planner *planner)
{
    const struct wgctl_state *applied = planner->applied, *desired = planner->desired;
    const struct wgctl_begun *begun = planner->begun;
    const struct wgctl_server *hooks = wgctl_hooks_that_undo(applied, desired->server);
    struct wgctl_slice dns = applied->exists ? applied->dns : desired->dns;
    struct wgctl_slice other = begun->target ? wgctl_text_slice_of(&begun->target->dns) : dns;
    bool is_clean = begun->goal == WGCTL_GO_NOWHERE && planner->running->exists;
    bool ran_hooks = begun->goal != WGCTL_GO_UP || begun->op == WGCTL_RUN_POST_UP;
    bool set_dns = begun->goal != WGCTL_GO_UP || begun->op >= WGCTL_SET_DNS;
    unsigned item = 0;

    if (ran_hooks)
        add_commands(planner, WGCTL_RUN_PRE_DOWN, hooks, WGCTL_PRE_DOWN, !is_clean, &item);
    if (planner->running->exists && !desired->exists && desired->server->save_config &&
        begun->goal != WGCTL_GO_UP)
        add_op(planner, WGCTL_SAVE_CONFIG, false);
    plan_removed_rules(planner);
    if (planner->running->exists)
        add_op(planner, WGCTL_DELETE_INTERFACE, false);
    if (!has_dns_servers(planner, dns))
        dns = other;
    if (set_dns && has_dns_servers(planner, dns))
        add(planner, (struct wgctl_step){.op = WGCTL_UNSET_DNS, .was = dns, .may_fail = true});
    item = 0;
    if (ran_hooks)
        add_commands(planner, WGCTL_RUN_POST_DOWN, hooks, WGCTL_POST_DOWN, true, &item);
    /* If an apply was killed, we do not know which configuration's hooks ran. */
    if (begun->target)
        add_commands(planner, WGCTL_RUN_POST_DOWN, begun->target, WGCTL_POST_DOWN, true, &item);
}

/* ---- going up ---- */

static void plan_device(struct planner *planner, const struct wgctl_state *applied,
                        const struct wgctl_state *running)
{
    if (planner->rc == WGCTL_OK)
        planner->rc =
            wgctl_plan_make(applied->exists ? &applied->device : NULL, &planner->desired->device,
                            &running->device, &planner->ret->device, planner->err);
    if (planner->ret->device.count > 0)
        add_op(planner, WGCTL_WRITE_DEVICE, false);
}

static void plan_coming(struct planner *planner)
{
    const struct wgctl_state *desired = planner->desired;
    WGCTL_ROUTES to_add = {0}, to_remove = {0};
    unsigned item = 0;
    if (planner->rc == WGCTL_OK)
        planner->rc =
            wgctl_routes_plan(&nothing, desired, &nothing, &to_add, &to_remove, planner->err);

    add_commands(planner, WGCTL_RUN_PRE_UP, desired->server, WGCTL_PRE_UP, false, &item);
    add_op(planner, WGCTL_CREATE_INTERFACE, false);
    plan_device(planner, &nothing, &nothing);
    for (size_t i = 0; i < desired->addresses.count; i++)
        add_address(planner, WGCTL_ADD_ADDRESS, &desired->addresses.items[i]);
    add(planner, (struct wgctl_step){.op = WGCTL_SET_MTU,
                                     .mtu = desired->mtu ? desired->mtu : desired->usual_mtu});
    add_op(planner, WGCTL_SET_UP, false);
    if (has_dns_servers(planner, desired->dns))
        add(planner, (struct wgctl_step){.op = WGCTL_SET_DNS, .text = desired->dns});
    add_routes(planner, WGCTL_ADD_ROUTE, &to_add);
    for (size_t i = WGCTL_FAMILIES; i-- > 0;)
        if (wgctl_state_has_default(desired, families[i]))
            add_rules(planner, WGCTL_ADD_RULES, families[i], desired->mark);
    item = 0;
    add_commands(planner, WGCTL_RUN_POST_UP, desired->server, WGCTL_POST_UP, false, &item);
}

/* ---- applying ---- */

/* Adds before removing, so that there is always an address. An address that was never in the file
 * belongs to someone else. */
static void plan_addresses(struct planner *planner)
{
    const struct wgctl_prefixes *applied = &planner->applied->addresses;
    const struct wgctl_prefixes *desired = &planner->desired->addresses;
    const struct wgctl_prefixes *running = &planner->running->addresses;
    for (size_t i = 0; i < desired->count; i++)
        if (!wgctl_addresses_have(running, &desired->items[i]))
            add_address(planner, WGCTL_ADD_ADDRESS, &desired->items[i]);
    for (size_t i = 0; i < applied->count; i++)
        if (!wgctl_addresses_have(desired, &applied->items[i]) &&
            wgctl_addresses_have(running, &applied->items[i]))
            add_address(planner, WGCTL_REMOVE_ADDRESS, &applied->items[i]);
}

/* Leaves the MTU alone if the file neither sets nor used to set one. */
static void plan_mtu(struct planner *planner)
{
    const struct wgctl_state *desired = planner->desired;
    uint32_t mtu = desired->mtu ? desired->mtu : planner->applied->mtu ? desired->usual_mtu : 0;
    if (mtu && mtu != planner->running->mtu)
        add(planner,
            (struct wgctl_step){.op = WGCTL_SET_MTU, .mtu = mtu, .mtu_was = planner->running->mtu});
}

static void plan_dns(struct planner *planner)
{
    const struct wgctl_begun *begun = planner->begun;
    struct wgctl_slice now = planner->desired->dns, was = planner->applied->dns;
    bool changed = !wgctl_slice_equal(was, now) ||
                   (begun->target && begun->op >= WGCTL_SET_DNS &&
                    !wgctl_slice_equal(wgctl_text_slice_of(&begun->target->dns), now));
    if (planner->applied->exists && changed)
        add(planner, (struct wgctl_step){.op = WGCTL_SET_DNS, .text = now, .was = was});
}

static bool has_rules(const struct planner *planner, size_t family)
{
    return planner->running->rules[family].whole &&
           planner->running->mark == planner->desired->mark;
}

static void plan_old_rules(struct planner *planner)
{
    for (size_t i = 0; i < WGCTL_FAMILIES; i++)
        if (planner->running->rules[i].any && had_default(planner, families[i]) &&
            !(wgctl_state_has_default(planner->desired, families[i]) && has_rules(planner, i)))
            add_rules(planner, WGCTL_REMOVE_RULES, families[i], planner->running->mark);
}

static void plan_new_rules(struct planner *planner)
{
    for (size_t i = WGCTL_FAMILIES; i-- > 0;)
        if (wgctl_state_has_default(planner->desired, families[i]) && !has_rules(planner, i))
            add_rules(planner, WGCTL_ADD_RULES, families[i], planner->desired->mark);
}

static void plan_commands(struct planner *planner)
{
    const struct wgctl_begun *begun = planner->begun;
    const struct wgctl_state *applied = planner->applied, *desired = planner->desired;
    bool half_run =
        begun->target && (begun->op == WGCTL_RUN_POST_DOWN || begun->op == WGCTL_RUN_POST_UP);
    unsigned item = 0;
    if (!applied->exists ||
        (!half_run && wgctl_server_same_hooks(applied->server, desired->server, WGCTL_POST_UP)))
        return;
    /* The old hooks may fail because their rules are already gone, for example after a restart of
     * the firewall. The new ones must run all the same. */
    if (half_run)
        add_commands(planner, WGCTL_RUN_POST_DOWN, begun->target, WGCTL_POST_DOWN, true, &item);
    add_commands(planner, WGCTL_RUN_POST_DOWN, applied->server, WGCTL_POST_DOWN, true, &item);
    item = 0;
    add_commands(planner, WGCTL_RUN_POST_UP, desired->server, WGCTL_POST_UP, false, &item);
}

static void plan_change(struct planner *planner)
{
    const struct wgctl_state *desired = planner->desired, *running = planner->running;
    WGCTL_ROUTES to_add = {0}, to_remove = {0};
    plan_device(planner, planner->applied, running);
    if (running->knows_routes && planner->rc == WGCTL_OK)
        planner->rc = wgctl_routes_plan(planner->applied, desired, running, &to_add, &to_remove,
                                        planner->err);
    if (running->knows_routes)
        plan_old_rules(planner);
    add_routes(planner, WGCTL_REMOVE_ROUTE, &to_remove);
    plan_addresses(planner);
    plan_mtu(planner);
    plan_dns(planner);
    add_routes(planner, WGCTL_ADD_ROUTE, &to_add);
    if (running->knows_routes)
        plan_new_rules(planner);
    plan_commands(planner);
}

/* ---- the plan ---- */

int wgctl_transition_plan(const struct wgctl_state *applied, const struct wgctl_state *desired,
                          const struct wgctl_state *running, const struct wgctl_begun *begun,
                          struct wgctl_transition *ret, struct wgctl_error *err)
{
    struct planner planner = {applied, desired, running, begun, ret, err, WGCTL_OK};
    bool is_half = begun->goal == WGCTL_GO_UP || begun->goal == WGCTL_GO_DOWN;
    ret->applied = applied;
    ret->desired = desired;
    ret->running = running;
    if (desired->exists && running->exists && !is_half) {
        plan_change(&planner);
    } else {
        if (running->exists || applied->exists)
            plan_going(&planner);
        if (desired->exists)
            plan_coming(&planner);
    }
    if (planner.rc < 0)
        wgctl_transition_clear(ret);
    return planner.rc;
}
