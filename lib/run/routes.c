/* The routes into the tunnel: which ones the peers need, and in which table. As in wg-quick(8), a
 * default route has its own table, and rules send all packets without WireGuard's mark there. */
#include <stdlib.h>

#include "host/table.h"
#include "run/private.h"

/* ---- desired routes ---- */

int wgctl_routing_read(struct wgctl_slice table, struct wgctl_routing *ret, struct wgctl_error *err)
{
    *ret = (struct wgctl_routing){.kind = WGCTL_ROUTES_AUTO};
    if (table.size == 0 || wgctl_slice_equal_nocase(table, wgctl_slice_of("auto")))
        return WGCTL_OK;
    if (wgctl_slice_equal_nocase(table, wgctl_slice_of("off"))) {
        ret->kind = WGCTL_ROUTES_OFF;
        return WGCTL_OK;
    }
    ret->kind = WGCTL_ROUTES_IN_TABLE;
    int rc = wgctl_table_number(table, &ret->table, err);
    if (rc == WGCTL_OK && ret->table == 0)
        ret->table = WGCTL_TABLE_MAIN; /* that is what 0 means to the kernel */
    return rc;
}

static bool is_covered(const struct wgctl_prefix *network, const struct wgctl_routes *there)
{
    for (size_t i = 0; i < there->count; i++)
        if (there->items[i].by_kernel && there->items[i].table == WGCTL_TABLE_MAIN &&
            wgctl_prefix_contains(&there->items[i].destination, network))
            return true;
    return false;
}

/* Longest prefixes first; IPv6 first among those of the same length. */
static int compare_routes(const void *a, const void *b)
{
    const struct wgctl_prefix *left = &((const struct wgctl_route *)a)->destination;
    const struct wgctl_prefix *right = &((const struct wgctl_route *)b)->destination;
    if (left->length != right->length)
        return right->length - left->length;
    return wgctl_prefix_compare(right, left);
}

static int compare_places(const void *a, const void *b)
{
    const struct wgctl_route *left = a, *right = b;
    if (left->table != right->table)
        return left->table < right->table ? -1 : 1;
    return wgctl_prefix_compare(&left->destination, &right->destination);
}

/* Removes duplicates, which are adjacent. */
static void drop_doubles(struct wgctl_routes *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || compare_places(&list->items[kept - 1], &list->items[i]) != 0)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

int wgctl_routes_desired(const struct wgctl_routing *routing, const struct wgctl_prefixes *networks,
                         uint32_t mark, const struct wgctl_routes *there, struct wgctl_routes *ret,
                         struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    bool is_auto = routing->kind == WGCTL_ROUTES_AUTO;
    size_t count = routing->kind == WGCTL_ROUTES_OFF ? 0 : networks->count;
    for (size_t i = 0; rc == WGCTL_OK && i < count; i++) {
        struct wgctl_route route = {
            .destination = networks->items[i],
            .table = is_auto ? WGCTL_TABLE_MAIN : routing->table,
            .with_rules = is_auto && networks->items[i].length == 0,
        };
        if (route.with_rules)
            route.table = mark;
        else if (is_auto && is_covered(&route.destination, there))
            continue;
        rc = wgctl_routes_add(ret, &route, err);
    }
    if (ret->count > 1)
        qsort(ret->items, ret->count, sizeof *ret->items, compare_routes);
    drop_doubles(ret);
    return rc;
}

int wgctl_routes_select(const struct wgctl_routes *list, const struct wgctl_routes *among,
                        bool wanted, struct wgctl_routes *ret, struct wgctl_error *err)
{
    WGCTL_ROUTES sorted = {0};
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < among->count; i++)
        if (!among->items[i].by_kernel)
            rc = wgctl_routes_add(&sorted, &among->items[i], err);
    if (sorted.count > 1)
        qsort(sorted.items, sorted.count, sizeof *sorted.items, compare_places);
    for (size_t i = 0; rc == WGCTL_OK && i < list->count; i++) {
        bool found = sorted.count > 0 && bsearch(&list->items[i], sorted.items, sorted.count,
                                                 sizeof *sorted.items, compare_places);
        if (found == wanted)
            rc = wgctl_routes_add(ret, &list->items[i], err);
    }
    return rc;
}

/* ---- whether routes matter ---- */

static bool is_single(const struct wgctl_prefix *address)
{
    return address->length == wgctl_family_size(address->family) * 8;
}

/* Returns whether one of the interface's addresses provides a route to the network. A single
 * address does not. */
static bool is_inside(const struct wgctl_prefix *network, const struct wgctl_prefixes *own)
{
    for (size_t i = 0; i < own->count; i++)
        if (!is_single(&own->items[i]) && wgctl_prefix_contains(&own->items[i], network))
            return true;
    return false;
}

static bool needs_none(const struct wgctl_routing *routing, const struct wgctl_device *device,
                       const struct wgctl_prefixes *own)
{
    bool none = routing->kind != WGCTL_ROUTES_IN_TABLE;
    for (size_t i = 0; routing->kind != WGCTL_ROUTES_OFF && none && i < device->peer_count; i++)
        for (size_t k = 0; none && k < device->peers[i].allowed_ips.count; k++)
            none = is_inside(&device->peers[i].allowed_ips.items[k], own);
    return none;
}

bool wgctl_addresses_have(const struct wgctl_prefixes *list, const struct wgctl_prefix *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (wgctl_prefix_equal(&list->items[i], address))
            return true;
    return false;
}

/* Ignores addresses that someone else added. */
static bool addresses_stay(const struct wgctl_state *applied, const struct wgctl_state *desired,
                           const struct wgctl_state *running)
{
    bool stay = true;
    for (size_t i = 0; stay && i < desired->addresses.count; i++)
        stay = wgctl_addresses_have(&running->addresses, &desired->addresses.items[i]);
    for (size_t i = 0; stay && i < applied->addresses.count; i++)
        stay = wgctl_addresses_have(&desired->addresses, &applied->addresses.items[i]);
    return stay;
}

bool wgctl_routes_matter(const struct wgctl_state *applied, const struct wgctl_state *desired,
                         const struct wgctl_state *running)
{
    const struct wgctl_prefixes *own = &desired->addresses;
    const struct wgctl_routing *before = applied->exists ? &applied->routing : &desired->routing;
    return !addresses_stay(applied, desired, running) ||
           !needs_none(&desired->routing, &desired->device, own) ||
           !needs_none(before, &running->device, own) || !needs_none(before, &applied->device, own);
}

bool wgctl_state_has_default(const struct wgctl_state *state, uint8_t family)
{
    if (state->routing.kind != WGCTL_ROUTES_AUTO)
        return false;
    for (size_t i = 0; i < state->device.peer_count; i++) {
        const struct wgctl_prefixes *list = &state->device.peers[i].allowed_ips;
        for (size_t k = 0; k < list->count; k++)
            if (list->items[k].length == 0 && list->items[k].family == family)
                return true;
    }
    return false;
}

/* ---- the plan ---- */

static int add_networks(const struct wgctl_device *device, struct wgctl_prefixes *ret,
                        struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < device->peer_count; i++)
        rc = wgctl_prefixes_add_all(ret, &device->peers[i].allowed_ips, err);
    return rc;
}

static bool has_address_of(const struct wgctl_prefixes *list, uint8_t family,
                           const struct wgctl_prefixes *but)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].family == family && !(but && wgctl_addresses_have(but, &list->items[i])))
            return true;
    return false;
}

/* The kernel removes all routes of a family together with its last address. */
static bool loses_all(const struct wgctl_state *running, const struct wgctl_prefixes *going,
                      const struct wgctl_prefixes *coming, uint8_t family)
{
    return has_address_of(going, family, NULL) && !has_address_of(coming, family, NULL) &&
           !has_address_of(&running->addresses, family, going);
}

/* Finds the addresses that the interface will lose and get. */
static int foresee_addresses(const struct wgctl_state *applied, const struct wgctl_state *desired,
                             const struct wgctl_state *running, struct wgctl_prefixes *ret_going,
                             struct wgctl_prefixes *ret_coming, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < applied->addresses.count; i++) {
        const struct wgctl_prefix *address = &applied->addresses.items[i];
        if (!wgctl_addresses_have(&desired->addresses, address) &&
            wgctl_addresses_have(&running->addresses, address))
            rc = wgctl_prefixes_add(ret_going, address, err);
    }
    for (size_t i = 0; rc == WGCTL_OK && i < desired->addresses.count; i++)
        if (!wgctl_addresses_have(&running->addresses, &desired->addresses.items[i]))
            rc = wgctl_prefixes_add(ret_coming, &desired->addresses.items[i], err);
    return rc;
}

static bool comes_with(const struct wgctl_route *route, const struct wgctl_prefixes *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct wgctl_prefix own = wgctl_prefix_mask(list->items[i]);
        if (route->by_kernel && wgctl_prefix_equal(&route->destination, &own))
            return true;
    }
    return false;
}

/* Finds the routes that will exist once the addresses have changed. */
static int foresee_routes(const struct wgctl_state *applied, const struct wgctl_state *desired,
                          const struct wgctl_state *running, struct wgctl_routes *ret,
                          struct wgctl_error *err)
{
    WGCTL_PREFIXES going = {0}, coming = {0};
    int rc = foresee_addresses(applied, desired, running, &going, &coming, err);
    for (size_t i = 0; rc == WGCTL_OK && i < running->routes.count; i++) {
        const struct wgctl_route *route = &running->routes.items[i];
        if (!loses_all(running, &going, &coming, route->destination.family) &&
            (!comes_with(route, &going) || comes_with(route, &desired->addresses)))
            rc = wgctl_routes_add(ret, route, err);
    }
    for (size_t i = 0; rc == WGCTL_OK && i < coming.count; i++) {
        const struct wgctl_route own = {.destination = wgctl_prefix_mask(coming.items[i]),
                                        .table = WGCTL_TABLE_MAIN,
                                        .by_kernel = true};
        if (!is_single(&coming.items[i]))
            rc = wgctl_routes_add(ret, &own, err);
    }
    return rc;
}

/* Finds the routes that should have existed: for the running device and for the applied state,
 * because a killed transition may have changed only one of them. */
static int routes_had(const struct wgctl_state *applied, const struct wgctl_state *desired,
                      const struct wgctl_state *running, struct wgctl_routes *ret,
                      struct wgctl_error *err)
{
    WGCTL_PREFIXES networks = {0};
    const struct wgctl_routing *routing = applied->exists ? &applied->routing : &desired->routing;
    int rc = add_networks(&running->device, &networks, err);
    if (rc == WGCTL_OK)
        rc = add_networks(&applied->device, &networks, err);
    return rc < 0 ? rc
                  : wgctl_routes_desired(routing, &networks, running->mark, &running->routes, ret,
                                         err);
}

int wgctl_routes_plan(const struct wgctl_state *applied, const struct wgctl_state *desired,
                      const struct wgctl_state *running, struct wgctl_routes *ret_add,
                      struct wgctl_routes *ret_remove, struct wgctl_error *err)
{
    WGCTL_PREFIXES networks = {0};
    WGCTL_ROUTES wanted = {0}, had = {0}, then = {0}, there = {0}, stay = {0};
    int rc = add_networks(&desired->device, &networks, err);
    if (rc == WGCTL_OK)
        rc = foresee_routes(applied, desired, running, &then, err);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_desired(&desired->routing, &networks, desired->mark, &then, &wanted, err);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_select(&wanted, &then, false, ret_add, err);
    if (rc == WGCTL_OK)
        rc = routes_had(applied, desired, running, &had, err);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_select(&had, &running->routes, true, &there, err);
    /* Routes that the kernel would remove are removed explicitly, so that this can be undone. */
    if (rc == WGCTL_OK)
        rc = wgctl_routes_select(&wanted, &then, true, &stay, err);
    return rc < 0 ? rc : wgctl_routes_select(&there, &stay, false, ret_remove, err);
}
