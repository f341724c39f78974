/* Routes: how packets leave this host, and which networks lead into the tunnel. Read and
 * changed over rtnetlink(7).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"

/* How packets to some address leave this host. */
struct wgctl_way_out {
    bool found; /* false: there is no route */
    char interface[16];
    uint32_t mtu;               /* of the route, in bytes; 0: the interface's applies */
    struct wgctl_prefix source; /* the address packets are sent from; family 0: unknown */
};

/* Each asks the kernel for its route, without sending a packet. A missing route is not an error.
 * Fails with WGCTL_SYSTEM or WGCTL_DENIED if the kernel does not answer. */

/* To the internet, that is to one public address of the family. */
int wgctl_route_way_out(uint8_t family, struct wgctl_way_out *ret, struct wgctl_error *err);
/* To `address`. */
int wgctl_route_way_to(const struct wgctl_prefix *address, struct wgctl_way_out *ret,
                       struct wgctl_error *err);
/* By the IPv4 default route of the main table. */
int wgctl_route_way_by_default(struct wgctl_way_out *ret, struct wgctl_error *err);

/* Adds the destinations of all routes in all tables to `ret`, local addresses included, but
 * not those of default routes. Fails with WGCTL_SYSTEM. */
int wgctl_route_list(struct wgctl_prefixes *ret, struct wgctl_error *err);

/* The number of the main routing table (linux/rtnetlink.h, RT_TABLE_MAIN). */
enum { WGCTL_TABLE_MAIN = 254 };
/* Finds the first routing table, from number `first` on, that has no routes of either family.
 * Fails with WGCTL_SYSTEM. */
int wgctl_route_free_table(uint32_t first, uint32_t *ret, struct wgctl_error *err);

/* A route into an interface. */
struct wgctl_route {
    struct wgctl_prefix destination;
    uint32_t table;
    bool by_kernel;  /* the kernel added it, with an address of the interface */
    bool with_rules; /* a default route that needs policy rules; not set in a list that was read */
};
/* A list that grows; start with all zero, and clear it. */
struct wgctl_routes {
    struct wgctl_route *items;
    size_t count, capacity;
};
/* Appends a copy. Fails with WGCTL_SYSTEM if memory has run out. */
int wgctl_routes_add(struct wgctl_routes *list, const struct wgctl_route *route,
                     struct wgctl_error *err);
/* Frees the items; the list is empty and can be used again. */
void wgctl_routes_clear(struct wgctl_routes *list);
#define WGCTL_ROUTES __attribute__((cleanup(wgctl_routes_clear))) struct wgctl_routes

/* Lists the routes into the interface, of all tables, in `ret`, which has to be empty. An
 * interface that does not exist has none. Fails with WGCTL_SYSTEM. */
int wgctl_route_list_into(const char *interface, struct wgctl_routes *ret, struct wgctl_error *err);
/* Adds the host's local networks (LAN) to `ret`: the private ones, not link-local, that the main
 * table routes into the interface towards the internet. Fails with WGCTL_SYSTEM. */
int wgctl_route_lan(struct wgctl_prefixes *ret, struct wgctl_error *err);
/* Adds a route. Fails with WGCTL_EXISTS if the table has one to that destination already, with
 * WGCTL_SYSTEM if the kernel refuses or there is no such interface. */
int wgctl_route_add(const char *interface, const struct wgctl_route *route,
                    struct wgctl_error *err);
/* Removes a route. Succeeds if it, or the interface, does not exist. Fails with WGCTL_SYSTEM. */
int wgctl_route_remove(const char *interface, const struct wgctl_route *route,
                       struct wgctl_error *err);
