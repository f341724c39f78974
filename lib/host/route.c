#include "host/route.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/netlink.h"

#include <linux/rtnetlink.h>

struct route {
    struct wgctl_prefix destination;
    struct wgctl_prefix source; /* the preferred one; family 0: none */
    uint32_t output;            /* index of an interface; 0: none */
    uint32_t table;
    uint32_t mtu;     /* 0: the interface's */
    uint8_t type;     /* RTN_UNICAST … */
    uint8_t protocol; /* RTPROT_KERNEL … */
    bool cached;      /* a cache entry, not a route */
    uint32_t priority;
};

static void take_address(const struct nlattr *attribute, uint8_t family, struct wgctl_prefix *ret)
{
    if (!attribute || wgctl_attribute_size(attribute) != wgctl_family_size(family))
        return;
    ret->family = family;
    memcpy(ret->bytes, wgctl_attribute_data(attribute), wgctl_attribute_size(attribute));
}

static void parse_route(const struct nlmsghdr *header, struct route *ret)
{
    const struct rtmsg *message = NLMSG_DATA(header);
    size_t size;
    const void *attributes = wgctl_netlink_payload(header, sizeof *message, &size);
    const struct nlattr *table[RTA_TABLE + 1];
    wgctl_attributes_sort(attributes, size, table, RTA_TABLE);

    *ret = (struct route){.type = message->rtm_type, .table = message->rtm_table};
    ret->cached = message->rtm_flags & RTM_F_CLONED;
    ret->protocol = message->rtm_protocol;
    ret->destination.family = message->rtm_family;
    ret->destination.length = message->rtm_dst_len;
    take_address(table[RTA_DST], message->rtm_family, &ret->destination);
    take_address(table[RTA_PREFSRC], message->rtm_family, &ret->source);
    if (ret->source.family)
        ret->source.length = (uint8_t)(wgctl_family_size(ret->source.family) * 8);
    ret->output = wgctl_attribute_u32(table[RTA_OIF]);
    ret->priority = wgctl_attribute_u32(table[RTA_PRIORITY]);
    if (table[RTA_TABLE])
        ret->table = wgctl_attribute_u32(table[RTA_TABLE]);
    if (table[RTA_METRICS]) {
        const struct nlattr *metrics[RTAX_MTU + 1];
        wgctl_attributes_sort(wgctl_attribute_data(table[RTA_METRICS]),
                              wgctl_attribute_size(table[RTA_METRICS]), metrics, RTAX_MTU);
        ret->mtu = wgctl_attribute_u32(metrics[RTAX_MTU]);
    }
}

static int take_one(const struct nlmsghdr *header, void *context)
{
    parse_route(header, context);
    return 0;
}

/* No route is no error: *ret is then all zero. */
static int ask_route(const struct wgctl_prefix *target, struct route *ret, struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    struct wgctl_netlink_message message;
    struct rtmsg *header = wgctl_netlink_begin(&message, RTM_GETROUTE, NLM_F_ACK, sizeof *header);
    header->rtm_family = target->family;
    header->rtm_dst_len = (uint8_t)(wgctl_family_size(target->family) * 8);
    wgctl_netlink_put(&message, RTA_DST, target->bytes, wgctl_family_size(target->family));

    *ret = (struct route){0};
    rc = wgctl_netlink_talk(netlink, &message, take_one, ret);
    if (rc == -ENETUNREACH || rc == -EHOSTUNREACH || rc == -EACCES || rc == -EINVAL ||
        rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP)
        *ret = (struct route){0};
    else if (rc < 0) {
        char text[WGCTL_PREFIX_TEXT_SIZE];
        return wgctl_netlink_fail(netlink, rc, err, "cannot find the way to %s",
                                  wgctl_address_format(target, text));
    }
    return WGCTL_OK;
}

static void describe_way(const struct route *route, struct wgctl_way_out *ret)
{
    *ret = (struct wgctl_way_out){0};
    ret->found = if_indextoname(route->output, ret->interface) != NULL;
    ret->mtu = route->mtu;
    ret->source = route->source;
}

int wgctl_route_way_to(const struct wgctl_prefix *address, struct wgctl_way_out *ret,
                       struct wgctl_error *err)
{
    struct route route;
    int rc = ask_route(address, &route, err);
    if (rc == WGCTL_OK)
        describe_way(&route, ret);
    return rc;
}

int wgctl_route_way_out(uint8_t family, struct wgctl_way_out *ret, struct wgctl_error *err)
{
    /* Any public address would do. No LAN uses these. */
    const char *internet = family == AF_INET ? "1.1.1.1" : "2606:4700:4700::1111";
    struct wgctl_prefix target;
    struct route route = {0};
    int rc = wgctl_prefix_parse(wgctl_slice_of(internet), &target, err);
    if (rc == WGCTL_OK)
        rc = ask_route(&target, &route, err);
    if (rc < 0)
        return rc;
    /* A host that has that address itself, or drops what is sent to it, has no way out. */
    if (route.type != RTN_UNICAST)
        route = (struct route){0};
    describe_way(&route, ret);
    return WGCTL_OK;
}

/* ---- lists ---- */

static int dump_routes(wgctl_netlink_callback take, void (*restart)(void *context), void *context,
                       struct wgctl_error *err)
{
    struct wgctl_netlink_message message;
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    wgctl_netlink_begin(&message, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg));
    rc = wgctl_netlink_dump(netlink, &message, restart, take, context);
    return rc < 0 ? wgctl_netlink_fail(netlink, rc, err, "cannot read the routes") : WGCTL_OK;
}

/* False for a cache entry, and for what is no route of IPv4 or IPv6. */
static bool parse_listed(const struct nlmsghdr *header, struct route *ret)
{
    parse_route(header, ret);
    const struct wgctl_prefix *to = &ret->destination;
    return !ret->cached && (to->family == AF_INET || to->family == AF_INET6) &&
           to->length <= 8 * wgctl_family_size(to->family);
}

static int take_default(const struct nlmsghdr *header, void *context)
{
    struct route *best = context, route;
    if (parse_listed(header, &route) && route.destination.family == AF_INET &&
        route.destination.length == 0 && route.table == RT_TABLE_MAIN &&
        (!best->destination.family || route.priority < best->priority))
        *best = route;
    return 0;
}

static void forget_default(void *context)
{
    *(struct route *)context = (struct route){0};
}

int wgctl_route_way_by_default(struct wgctl_way_out *ret, struct wgctl_error *err)
{
    struct route route;
    int rc = dump_routes(take_default, forget_default, &route, err);
    if (rc == WGCTL_OK)
        describe_way(&route, ret);
    return rc;
}

struct search {
    uint32_t table;
    bool found;
};

static int take_in_table(const struct nlmsghdr *header, void *context)
{
    struct search *search = context;
    struct route route;
    if (parse_listed(header, &route) && route.table == search->table)
        search->found = true;
    return 0;
}

static void forget_found(void *context)
{
    ((struct search *)context)->found = false;
}

int wgctl_route_free_table(uint32_t first, uint32_t *ret, struct wgctl_error *err)
{
    struct search search = {.table = first};
    int rc = dump_routes(take_in_table, forget_found, &search, err);
    while (rc == WGCTL_OK && search.found) {
        search.table++;
        rc = dump_routes(take_in_table, forget_found, &search, err);
    }
    *ret = search.table;
    return rc;
}

struct listing {
    struct wgctl_prefixes *list;
    uint32_t before;
    struct wgctl_error *err;
};

static int take_listed(const struct nlmsghdr *header, void *context)
{
    struct listing *listing = context;
    struct route route;
    if (!parse_listed(header, &route) || route.destination.length == 0)
        return 0;
    return wgctl_prefixes_add(listing->list, &route.destination, listing->err) < 0 ? -ENOMEM : 0;
}

static void restart_listing(void *context)
{
    struct listing *listing = context;
    listing->list->count = listing->before;
}

int wgctl_route_list(struct wgctl_prefixes *ret, struct wgctl_error *err)
{
    struct listing listing = {ret, ret->count, err};
    return dump_routes(take_listed, restart_listing, &listing, err);
}

int wgctl_routes_add(struct wgctl_routes *list, const struct wgctl_route *route,
                     struct wgctl_error *err)
{
    struct wgctl_route *items =
        wgctl_array_grow(list->items, list->count, &list->capacity, sizeof *items);
    if (!items)
        return wgctl_fail_memory(err);
    list->items = items;
    items[list->count++] = *route;
    return WGCTL_OK;
}

void wgctl_routes_clear(struct wgctl_routes *list)
{
    free(list->items);
    *list = (struct wgctl_routes){0};
}

struct listing_into {
    struct wgctl_routes *list;
    uint32_t output;
    struct wgctl_error *err;
};

static int take_into(const struct nlmsghdr *header, void *context)
{
    struct listing_into *listing = context;
    struct route route;
    if (!parse_listed(header, &route) || route.output != listing->output)
        return 0;
    const struct wgctl_route item = {
        .destination = route.destination,
        .table = route.table,
        .by_kernel = route.protocol == RTPROT_KERNEL,
    };
    return wgctl_routes_add(listing->list, &item, listing->err) < 0 ? -ENOMEM : 0;
}

static void restart_into(void *context)
{
    ((struct listing_into *)context)->list->count = 0;
}

int wgctl_route_list_into(const char *interface, struct wgctl_routes *ret, struct wgctl_error *err)
{
    struct listing_into listing = {ret, if_nametoindex(interface), err};
    return listing.output == 0 ? WGCTL_OK : dump_routes(take_into, restart_into, &listing, err);
}

static bool is_lan(const struct wgctl_route *route)
{
    static const struct wgctl_prefix link_local[] = {{AF_INET, 16, {169, 254}},
                                                     {AF_INET6, 10, {0xfe, 0x80}}};
    const struct wgctl_prefix *network = &route->destination;
    if (route->table != WGCTL_TABLE_MAIN || network->length == 0 ||
        !wgctl_address_is_private(network))
        return false;
    return !wgctl_prefix_contains(&link_local[0], network) &&
           !wgctl_prefix_contains(&link_local[1], network);
}

int wgctl_route_lan(struct wgctl_prefixes *ret, struct wgctl_error *err)
{
    WGCTL_ROUTES routes = {0};
    struct wgctl_way_out way = {0};
    int rc = wgctl_route_way_out(AF_INET, &way, err);
    if (rc == WGCTL_OK && !way.found)
        rc = wgctl_route_way_out(AF_INET6, &way, err);
    if (rc == WGCTL_OK && way.found)
        rc = wgctl_route_list_into(way.interface, &routes, err);
    for (size_t i = 0; rc == WGCTL_OK && i < routes.count; i++)
        if (is_lan(&routes.items[i]))
            rc = wgctl_prefixes_add(ret, &routes.items[i].destination, err);
    return rc;
}

/* ---- changes ---- */

/* Returns 0 or a negative errno: -ENODEV if the interface does not exist. To the kernel, an index
 * of 0 means any interface, and it would remove somebody else's route. */
static int change_route(uint16_t type, uint16_t flags, const char *interface,
                        const struct wgctl_route *route, struct wgctl_netlink *netlink)
{
    struct wgctl_netlink_message message;
    const uint32_t index = if_nametoindex(interface);
    if (index == 0)
        return -ENODEV;
    struct rtmsg *header =
        wgctl_netlink_begin(&message, type, (uint16_t)(NLM_F_ACK | flags), sizeof *header);
    header->rtm_family = route->destination.family;
    header->rtm_dst_len = route->destination.length;
    header->rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC;
    header->rtm_protocol = RTPROT_BOOT; /* as ip-route(8) marks routes added by hand */
    header->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE : RT_SCOPE_LINK;
    header->rtm_type = type == RTM_DELROUTE ? 0 : RTN_UNICAST;
    wgctl_netlink_put(&message, RTA_DST, route->destination.bytes,
                      wgctl_family_size(route->destination.family));
    wgctl_netlink_put_u32(&message, RTA_OIF, index);
    wgctl_netlink_put_u32(&message, RTA_TABLE, route->table);
    return wgctl_netlink_talk(netlink, &message, NULL, NULL);
}

int wgctl_route_add(const char *interface, const struct wgctl_route *route, struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    char text[WGCTL_PREFIX_TEXT_SIZE];
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    rc = change_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, interface, route, netlink);
    if (rc >= 0)
        return WGCTL_OK;
    wgctl_prefix_format(&route->destination, text);
    if (rc != -EEXIST)
        return wgctl_netlink_fail(netlink, rc, err, "cannot add the route to %s", text);
    wgctl_fail(err, WGCTL_EXISTS, "there is already another route to %s", text);
    return wgctl_hint(err,
                      "'ip route show %s table all' shows it: remove that route, or the "
                      "network from the peer's AllowedIPs",
                      text);
}

int wgctl_route_remove(const char *interface, const struct wgctl_route *route,
                       struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    char text[WGCTL_PREFIX_TEXT_SIZE];
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    rc = change_route(RTM_DELROUTE, 0, interface, route, netlink);
    if (rc >= 0 || rc == -ESRCH || rc == -ENODEV)
        return WGCTL_OK;
    return wgctl_netlink_fail(netlink, rc, err, "cannot remove the route to %s",
                              wgctl_prefix_format(&route->destination, text));
}
