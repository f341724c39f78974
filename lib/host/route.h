/* Routes: the way out of this host, and the ways into the tunnel, over rtnetlink(7).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "net/name.h"

/* How a packet leaves this host. */
struct wgctl_way_out {
    bool found; /* false: there is no route */
    char interface[WGCTL_NAME_SIZE];
    uint32_t mtu;               /* of the route, or of the interface */
    struct wgctl_prefix source; /* the host's own address on that way */
};

/* Asks the kernel for its route to a public address, which is what it would use
 * for the internet; no packet is sent. No route is no error. */
int wgctl_route_way_out(uint8_t family, struct wgctl_way_out *ret, struct wgctl_error *err);

/* Adds the destinations of all routes of this host but the default ones, and of
 * those in every table, local addresses included. */
int wgctl_route_list(struct wgctl_prefixes *ret, struct wgctl_error *err);

/* The MTU of the way to an address: of the route, or of its interface. 0 where there
 * is no way. */
int wgctl_route_mtu_to(const struct wgctl_prefix *address, uint32_t *ret, struct wgctl_error *err);
/* The same of the IPv4 default route in the main table, where there is one. */
int wgctl_route_default_mtu(uint32_t *ret, struct wgctl_error *err);

/* The tables' numbers that are always the same. */
enum { WGCTL_TABLE_MAIN = 254 };
/* The first routing table, from `first` on, that has no route of either family. */
int wgctl_route_free_table(uint32_t first, uint32_t *ret, struct wgctl_error *err);

/* A route into an interface. */
struct wgctl_route {
    struct wgctl_prefix destination;
    uint32_t table;
    bool by_kernel; /* it came with an address of the interface */
    bool
        with_rules; /* a default route that policy rules lead to; not known of one that is listed */
};
/* A list that grows; start with all zero. */
struct wgctl_routes {
    struct wgctl_route *items;
    size_t count, capacity;
};
int wgctl_routes_add(struct wgctl_routes *list, const struct wgctl_route *route,
                     struct wgctl_error *err);
void wgctl_routes_clear(struct wgctl_routes *list);
#define WGCTL_ROUTES __attribute__((cleanup(wgctl_routes_clear))) struct wgctl_routes

/* Lists the routes of all tables into that interface; `ret` has to be empty. */
int wgctl_route_list_into(const char *interface, struct wgctl_routes *ret, struct wgctl_error *err);
/* Sends a network into the interface. WGCTL_EXISTS where the table has a route to it. */
int wgctl_route_add(const char *interface, const struct wgctl_route *route,
                    struct wgctl_error *err);
/* Takes that back; a route that is not there is no error. */
int wgctl_route_remove(const char *interface, const struct wgctl_route *route,
                       struct wgctl_error *err);
