/* The ways into the tunnel: which routes a device's peers need, in which table, and what
 * a default route needs besides. As wg-quick(8) does it: a default route stands in a
 * table of its own, into which rules send every packet without WireGuard's own mark. */
#include <stdlib.h>

#include "host/default_route_firewall.h"
#include "host/link.h"
#include "host/rule.h"
#include "host/src_valid_mark.h"
#include "host/table.h"
#include "tunnel/state.h"

/* ---- what is wanted ---- */

static bool is_auto(struct wgctl_slice table)
{
    return table.size == 0 || wgctl_slice_equal_nocase(table, wgctl_slice_of("auto"));
}

int wgctl_routing_read(struct wgctl_slice table, struct wgctl_routing *ret, struct wgctl_error *err)
{
    *ret = (struct wgctl_routing){.kind = WGCTL_ROUTES_AUTO};
    if (is_auto(table))
        return WGCTL_OK;
    if (wgctl_slice_equal_nocase(table, wgctl_slice_of("off"))) {
        ret->kind = WGCTL_ROUTES_OFF;
        return WGCTL_OK;
    }
    ret->kind = WGCTL_ROUTES_IN_TABLE;
    int rc = wgctl_table_number(table, &ret->table, err);
    if (rc == WGCTL_OK && ret->table == 0)
        ret->table = WGCTL_TABLE_MAIN; /* which the kernel takes it for */
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

/* The longest first; of the same length, IPv6 first. */
static int compare_routes(const void *a, const void *b)
{
    const struct wgctl_prefix *left = &((const struct wgctl_route *)a)->destination;
    const struct wgctl_prefix *right = &((const struct wgctl_route *)b)->destination;
    if (left->length != right->length)
        return right->length - left->length;
    return wgctl_prefix_compare(right, left);
}

int wgctl_routes_wanted(const struct wgctl_routing *routing, const struct wgctl_prefixes *networks,
                        uint32_t mark, const struct wgctl_routes *there, struct wgctl_routes *ret,
                        struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    bool is_ours = routing->kind == WGCTL_ROUTES_AUTO;
    size_t count = routing->kind == WGCTL_ROUTES_OFF ? 0 : networks->count;
    for (size_t i = 0; rc == WGCTL_OK && i < count; i++) {
        struct wgctl_route route = {
            .destination = networks->items[i],
            .table = is_ours ? WGCTL_TABLE_MAIN : routing->table,
            .with_rules = is_ours && networks->items[i].length == 0,
        };
        if (route.with_rules)
            route.table = mark;
        else if (is_ours && is_covered(&route.destination, there))
            continue;
        rc = wgctl_routes_add(ret, &route, err);
    }
    if (ret->count > 1)
        qsort(ret->items, ret->count, sizeof *ret->items, compare_routes);
    return rc;
}

static int compare_places(const void *a, const void *b)
{
    const struct wgctl_route *left = a, *right = b;
    if (left->table != right->table)
        return left->table < right->table ? -1 : 1;
    return wgctl_prefix_compare(&left->destination, &right->destination);
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

/* ---- the plan ---- */

/* Whether all of them are in the interface's own networks, as those of most servers' peers
 * are: then the routes need not be looked at. */
static bool are_inside(const struct wgctl_prefixes *list, const struct wgctl_prefixes *own)
{
    bool inside = true;
    for (size_t i = 0; inside && i < list->count; i++) {
        inside = false;
        for (size_t k = 0; !inside && k < own->count; k++) {
            const struct wgctl_prefix *address = &own->items[k];
            /* A single address comes with no route to a network. */
            inside = address->length < wgctl_family_size(address->family) * 8 &&
                     wgctl_prefix_contains(address, &list->items[i]);
        }
    }
    return inside;
}

static bool list_needs_none(const struct wgctl_routing *routing, const struct wgctl_prefixes *list,
                            const struct wgctl_prefixes *own)
{
    return routing->kind == WGCTL_ROUTES_OFF || list->count == 0 ||
           (routing->kind == WGCTL_ROUTES_AUTO && are_inside(list, own));
}

static bool server_needs_none(const struct wgctl_routing *routing,
                              const struct wgctl_server *server, const struct wgctl_prefixes *own)
{
    bool none = true;
    for (size_t i = 0; none && i < server->peer_count; i++)
        none = !server->peers[i].enabled ||
               list_needs_none(routing, &server->peers[i].allowed_ips, own);
    return none;
}

static bool device_needs_none(const struct wgctl_routing *routing,
                              const struct wgctl_device *device, const struct wgctl_prefixes *own)
{
    bool none = true;
    for (size_t i = 0; none && i < device->peer_count; i++)
        none = list_needs_none(routing, &device->peers[i].allowed_ips, own);
    return none;
}

/* What runs just as it is wanted is looked at with what is wanted. */
static bool need_none(const struct wgctl_routing *now, const struct wgctl_routing *before,
                      const struct wgctl_server *server,
                      const struct wgctl_application *application)
{
    const struct wgctl_prefixes *own = &server->addresses;
    const struct wgctl_server *applied = application->is_applied;
    bool is_same = applied == server, stays = now->kind == before->kind;
    return !wgctl_setup_changes_addresses(&application->setup) &&
           server_needs_none(now, server, own) &&
           device_needs_none(before, &application->running, own) &&
           (stays || server_needs_none(before, server, own)) &&
           (is_same || !applied || server_needs_none(before, applied, own));
}

/* A route that comes with an address. */
static struct wgctl_route own_route(const struct wgctl_prefix *address)
{
    return (struct wgctl_route){
        .destination = wgctl_prefix_mask(*address), .table = WGCTL_TABLE_MAIN, .by_kernel = true};
}

static bool comes_with_one_of(const struct wgctl_route *route, const struct wgctl_prefixes *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct wgctl_route own = own_route(&list->items[i]);
        if (route->by_kernel && wgctl_prefix_equal(&route->destination, &own.destination))
            return true;
    }
    return false;
}

/* What there will be once the interface's addresses have changed. */
static int foresee(const struct wgctl_setup *setup, const struct wgctl_server *server,
                   const struct wgctl_routes *there, struct wgctl_routes *ret,
                   struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < there->count; i++)
        if (!comes_with_one_of(&there->items[i], &setup->addresses_to_remove) ||
            comes_with_one_of(&there->items[i], &server->addresses))
            rc = wgctl_routes_add(ret, &there->items[i], err);
    for (size_t i = 0; rc == WGCTL_OK && i < setup->addresses_to_add.count; i++) {
        struct wgctl_route own = own_route(&setup->addresses_to_add.items[i]);
        /* A single address comes with no route to a network. */
        if (own.destination.length < wgctl_family_size(own.destination.family) * 8)
            rc = wgctl_routes_add(ret, &own, err);
    }
    return rc;
}

/* Of two that are the same, which stand together, one goes. */
static void drop_doubles(struct wgctl_routes *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || compare_places(&list->items[kept - 1], &list->items[i]) != 0)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* The routes that there should be: of what runs, and of what was applied last, for a commit
 * that was killed may have changed the one and not come to the other. */
static int routes_had(const struct wgctl_routing *routing,
                      const struct wgctl_application *application, const struct wgctl_routes *there,
                      struct wgctl_routes *ret, struct wgctl_error *err)
{
    WGCTL_PREFIXES networks = {0};
    const struct wgctl_wish *wish = &application->wish;
    const struct wgctl_device *running = &application->running;
    int rc = wgctl_networks_list(wish->index.server, wish, AF_UNSPEC, &networks, err);
    for (size_t i = 0; rc == WGCTL_OK && i < running->peer_count; i++)
        rc = wgctl_prefixes_add_all(&networks, &running->peers[i].allowed_ips, err);
    if (rc == WGCTL_OK && application->is_applied)
        rc = wgctl_networks_list(application->is_applied, NULL, AF_UNSPEC, &networks, err);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_wanted(routing, &networks, running->fwmark, there, ret, err);
    drop_doubles(ret);
    return rc;
}

int wgctl_routes_plan(const struct wgctl_tunnel *tunnel, struct wgctl_application *application,
                      struct wgctl_error *err)
{
    WGCTL_ROUTES wanted = {0}, had = {0}, there = {0}, then = {0}, left = {0};
    WGCTL_PREFIXES networks = {0};
    struct wgctl_routing now, before;
    struct wgctl_error ignored;
    const struct wgctl_device *running = &application->running;
    const struct wgctl_server *applied = application->is_applied;
    wgctl_routes_clear(&application->routes_to_add);
    wgctl_routes_clear(&application->routes_to_remove);

    int rc = wgctl_routing_read(tunnel->server.table, &now, err);
    if (rc < 0)
        return rc;
    if (!applied || wgctl_routing_read(applied->table, &before, &ignored) < 0)
        before = now;
    if (need_none(&now, &before, &tunnel->server, application))
        return WGCTL_OK;
    rc = wgctl_networks_list(&tunnel->server, NULL, AF_UNSPEC, &networks, err);
    if (rc == WGCTL_OK)
        rc = wgctl_route_list_into(tunnel->interface, &there, err);
    uint32_t mark = application->wanted.has_fwmark ? application->wanted.fwmark : running->fwmark;
    if (rc == WGCTL_OK)
        rc = foresee(&application->setup, &tunnel->server, &there, &then, err);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_wanted(&now, &networks, mark, &then, &wanted, err);
    if (rc == WGCTL_OK)
        rc = routes_had(&before, application, &there, &had, err);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_select(&wanted, &then, false, &application->routes_to_add, err);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_select(&had, &there, true, &left, err);
    return rc < 0 ? rc
                  : wgctl_routes_select(&left, &wanted, false, &application->routes_to_remove, err);
}

/* ---- a default route ---- */

static int add_default(const char *interface, const struct wgctl_route *route,
                       struct wgctl_error *err)
{
    uint8_t family = route->destination.family;
    struct wgctl_default_route_firewall rules = {
        .interface = interface, .family = family, .mark = route->table};
    int rc = wgctl_route_add(interface, route, err);
    if (rc == WGCTL_OK)
        rc = wgctl_rules_add(family, route->table, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_addresses(interface, family, &rules.addresses, err);
    if (rc == WGCTL_OK && family == AF_INET)
        rc = wgctl_src_valid_mark_set(true, err);
    if (rc == WGCTL_OK)
        rc = wgctl_default_route_firewall_set(&rules, err);
    wgctl_prefixes_clear(&rules.addresses);
    return rc;
}

static int remove_default(const char *interface, const struct wgctl_route *route,
                          struct wgctl_error *err)
{
    uint8_t family = route->destination.family;
    int rc = wgctl_default_route_firewall_unset(interface, family, err);
    if (rc == WGCTL_OK)
        rc = wgctl_rules_remove(family, route->table, err);
    return rc < 0 ? rc : wgctl_route_remove(interface, route, err);
}

/* Chooses a mark that is also the number of a free table, and gives it to the device. */
static int choose_mark(const char *interface, uint32_t *ret, struct wgctl_error *err)
{
    enum { FIRST = 51820 };
    int rc = wgctl_route_free_table(FIRST, ret, err);
    if (rc < 0)
        return rc;
    const struct wgctl_device wanted = {.has_fwmark = true, .fwmark = *ret};
    struct wgctl_plan_step step = {.op = WGCTL_SET_FWMARK};
    const struct wgctl_plan plan = {.wanted = &wanted, .steps = &step, .count = 1};
    return wgctl_device_write(interface, &plan, NULL, err);
}

/* ---- carried out ---- */

static int add_route(const char *interface, struct wgctl_route *route, uint32_t *chosen,
                     struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    if (!route->with_rules)
        return wgctl_route_add(interface, route, err);
    if (route->table == 0 && *chosen == 0)
        rc = choose_mark(interface, chosen, err);
    if (route->table == 0)
        route->table = *chosen;
    return rc < 0 ? rc : add_default(interface, route, err);
}

static int remove_route(const char *interface, const struct wgctl_route *route,
                        struct wgctl_error *err)
{
    if (!route->with_rules)
        return wgctl_route_remove(interface, route, err);
    /* Of one that was not begun with there is nothing. */
    return route->table == 0 ? WGCTL_OK : remove_default(interface, route, err);
}

int wgctl_routes_change(const char *interface, struct wgctl_application *application,
                        struct wgctl_error *err)
{
    struct wgctl_routes *add = &application->routes_to_add;
    const struct wgctl_routes *remove = &application->routes_to_remove;
    uint32_t chosen = 0;
    bool heeded = add->count == 0 || wgctl_src_valid_mark_get();
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < remove->count; i++)
        rc = remove_route(interface, &remove->items[i], err);
    for (size_t i = 0; rc == WGCTL_OK && i < add->count; i++)
        rc = add_route(interface, &add->items[i], &chosen, err);
    application->marks_turned_on = !heeded && wgctl_src_valid_mark_get();
    return rc;
}

int wgctl_routes_revert(const char *interface, const struct wgctl_application *application,
                        struct wgctl_error *err)
{
    const struct wgctl_routes *added = &application->routes_to_add;
    const struct wgctl_routes *removed = &application->routes_to_remove;
    struct wgctl_error later;
    int first = WGCTL_OK;
    for (size_t i = 0; i < added->count; i++) {
        int rc = remove_route(interface, &added->items[i], first < 0 ? &later : err);
        first = first < 0 ? first : rc;
    }
    for (size_t i = 0; i < removed->count; i++) {
        struct wgctl_route route = removed->items[i];
        uint32_t none = 0;
        int rc = add_route(interface, &route, &none, first < 0 ? &later : err);
        /* It was not removed yet. */
        if (rc == WGCTL_EXISTS)
            continue;
        first = first < 0 ? first : rc;
    }
    if (application->marks_turned_on)
        wgctl_src_valid_mark_set(false, &later);
    return first;
}

/* ---- taken down ---- */

static bool has_default(const struct wgctl_device *device)
{
    for (size_t i = 0; i < device->peer_count; i++)
        for (size_t k = 0; k < device->peers[i].allowed_ips.count; k++)
            if (device->peers[i].allowed_ips.items[k].length == 0)
                return true;
    return false;
}

uint32_t wgctl_routes_mark(const struct wgctl_server *server, const struct wgctl_device *device)
{
    return is_auto(server->table) && has_default(device) ? device->fwmark : 0;
}

int wgctl_routes_remove_rules(uint32_t mark, struct wgctl_error *err)
{
    if (mark == 0)
        return WGCTL_OK;
    int rc = wgctl_rules_remove(AF_INET, mark, err);
    return rc < 0 ? rc : wgctl_rules_remove(AF_INET6, mark, err);
}
