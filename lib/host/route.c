#include "host/route.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/netlink.h"
#include "host/link.h"

#include <linux/rtnetlink.h>

struct route {
    struct wgctl_prefix destination;
    struct wgctl_prefix source; /* preferred one; family 0 where there is none */
    uint32_t output;            /* index of an interface; 0: none */
    uint32_t table;
    uint32_t mtu; /* 0: the interface's */
    uint8_t type; /* RTN_UNICAST … */
    bool cached;  /* an entry of the kernel's memory, no route */
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
    ret->destination.family = message->rtm_family;
    ret->destination.length = message->rtm_dst_len;
    take_address(table[RTA_DST], message->rtm_family, &ret->destination);
    take_address(table[RTA_PREFSRC], message->rtm_family, &ret->source);
    if (ret->source.family)
        ret->source.length = (uint8_t)(wgctl_family_size(ret->source.family) * 8);
    ret->output = wgctl_attribute_u32(table[RTA_OIF]);
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

int wgctl_route_way_out(uint8_t family, struct wgctl_way_out *ret, struct wgctl_error *err)
{
    /* Any address of the internet would do; this one is known never to be a LAN's. */
    const char *internet = family == AF_INET ? "1.1.1.1" : "2606:4700:4700::1111";
    struct wgctl_prefix target;
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_prefix_parse(wgctl_slice_of(internet), &target, err);
    if (rc == WGCTL_OK)
        rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;

    struct wgctl_netlink_message message;
    struct rtmsg *header = wgctl_netlink_begin(&message, RTM_GETROUTE, NLM_F_ACK, sizeof *header);
    header->rtm_family = family;
    header->rtm_dst_len = target.length;
    wgctl_netlink_put(&message, RTA_DST, target.bytes, wgctl_family_size(family));

    struct route route = {0};
    *ret = (struct wgctl_way_out){0};
    rc = wgctl_netlink_talk(netlink, &message, take_one, &route);
    if (rc == -ENETUNREACH || rc == -EHOSTUNREACH || rc == -EACCES || rc == -EINVAL ||
        rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP)
        return WGCTL_OK;
    if (rc < 0)
        return wgctl_netlink_fail(netlink, rc, err, "cannot find the way to the internet");
    if (route.type != RTN_UNICAST || route.output == 0)
        return WGCTL_OK;

    struct wgctl_link link;
    rc = wgctl_link_by_index(route.output, &link, err);
    if (rc < 0)
        return rc;
    ret->found = true;
    ret->mtu = route.mtu ? route.mtu : link.mtu;
    ret->source = route.source;
    memcpy(ret->interface, link.name, sizeof ret->interface);
    return WGCTL_OK;
}

struct listing {
    struct wgctl_prefixes *list;
    uint32_t output; /* 0: of all */
    struct wgctl_error *err;
};

static int take_listed(const struct nlmsghdr *header, void *context)
{
    struct listing *listing = context;
    struct route route;
    parse_route(header, &route);
    if (route.cached ||
        (route.destination.family != AF_INET && route.destination.family != AF_INET6))
        return 0;
    if (listing->output && (route.output != listing->output || route.table != RT_TABLE_MAIN))
        return 0;
    if (!listing->output && route.destination.length == 0)
        return 0;
    return wgctl_prefixes_add(listing->list, &route.destination, listing->err) < 0 ? -ENOMEM : 0;
}

static int list_routes(struct listing *listing)
{
    enum { MOST_TRIES = 16 };
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, listing->err);
    if (rc < 0)
        return rc;
    size_t before = listing->list->count;
    rc = -EINTR;
    for (int tries = 0; rc == -EINTR && tries < MOST_TRIES; tries++) {
        struct wgctl_netlink_message message;
        listing->list->count = before;
        wgctl_netlink_begin(&message, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg));
        rc = wgctl_netlink_talk(netlink, &message, take_listed, listing);
    }
    return rc < 0 ? wgctl_netlink_fail(netlink, rc, listing->err, "cannot read the routes")
                  : WGCTL_OK;
}

int wgctl_route_list(struct wgctl_prefixes *ret, struct wgctl_error *err)
{
    struct listing listing = {ret, 0, err};
    return list_routes(&listing);
}

int wgctl_route_list_into(const char *interface, struct wgctl_prefixes *ret,
                          struct wgctl_error *err)
{
    struct listing listing = {ret, if_nametoindex(interface), err};
    return listing.output == 0 ? WGCTL_OK : list_routes(&listing);
}

static int change_route(uint16_t type, uint16_t flags, const char *interface,
                        const struct wgctl_prefix *destination, int harmless, const char *what,
                        struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    struct wgctl_netlink_message message;
    struct rtmsg *header =
        wgctl_netlink_begin(&message, type, (uint16_t)(NLM_F_ACK | flags), sizeof *header);
    header->rtm_family = destination->family;
    header->rtm_dst_len = destination->length;
    header->rtm_table = RT_TABLE_MAIN;
    header->rtm_protocol = RTPROT_BOOT; /* as ip-route(8) marks what was set by hand */
    header->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE : RT_SCOPE_LINK;
    header->rtm_type = type == RTM_DELROUTE ? 0 : RTN_UNICAST;
    wgctl_netlink_put(&message, RTA_DST, destination->bytes,
                      wgctl_family_size(destination->family));
    wgctl_netlink_put_u32(&message, RTA_OIF, if_nametoindex(interface));
    rc = wgctl_netlink_talk(netlink, &message, NULL, NULL);
    if (rc >= 0 || rc == harmless)
        return WGCTL_OK;
    char text[WGCTL_PREFIX_TEXT_SIZE];
    return wgctl_netlink_fail(netlink, rc, err, "cannot %s the route to %s", what,
                              wgctl_prefix_format(destination, text));
}

int wgctl_route_add(const char *interface, const struct wgctl_prefix *destination,
                    struct wgctl_error *err)
{
    return change_route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, interface, destination, -EEXIST,
                        "add", err);
}

int wgctl_route_remove(const char *interface, const struct wgctl_prefix *destination,
                       struct wgctl_error *err)
{
    return change_route(RTM_DELROUTE, 0, interface, destination, -ESRCH, "remove", err);
}
