/* Routes: the way out of this host, and the ways into the tunnel, over rtnetlink(7).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"

/* How a packet leaves this host. */
struct wgctl_way_out {
    bool found; /* false: there is no route */
    char interface[16];
    uint32_t mtu;               /* of the route, or of the interface */
    struct wgctl_prefix source; /* the host's own address on that way */
};

/* Asks the kernel for its route to a public address, which is what it would use
 * for the internet; no packet is sent. No route is no error. */
int wgctl_route_way_out(uint8_t family, struct wgctl_way_out *ret, struct wgctl_error *err);

/* Adds the destinations of all routes of this host but the default ones, and of
 * those in every table, local addresses included. */
int wgctl_route_list(struct wgctl_prefixes *ret, struct wgctl_error *err);
/* Adds the destinations that the main table sends into that interface. */
int wgctl_route_list_into(const char *interface, struct wgctl_prefixes *ret,
                          struct wgctl_error *err);

/* Sends a network into the interface; a route that is there already is no error. */
int wgctl_route_add(const char *interface, const struct wgctl_prefix *destination,
                    struct wgctl_error *err);
/* Takes that back; a route that is not there is no error. */
int wgctl_route_remove(const char *interface, const struct wgctl_prefix *destination,
                       struct wgctl_error *err);
