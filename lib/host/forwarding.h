/* Forwarding: whether this host passes packets on for others.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "net/name.h"

/* What it was, so that it can be put back. */
struct wgctl_forwarding {
    bool ipv4;
    bool ipv6;
    /* The interface whose router advertisements the kernel itself reads, if the
     * way out for IPv6 is one: with forwarding on it would stop listening to them,
     * and lose that way (kernel: Documentation/networking/ip-sysctl.rst,
     * accept_ra). "" else. */
    char router_advertised[WGCTL_NAME_SIZE];
};

/* Looks at it. `egress6` is the interface of the way out for IPv6, "" if none. */
void wgctl_forwarding_read(const char *egress6, struct wgctl_forwarding *ret);
/* Turns it on now, until the next boot, where it is not; IPv6 only where `ipv6`. */
int wgctl_forwarding_turn_on(const struct wgctl_forwarding *before, bool ipv6,
                             struct wgctl_error *err);
/* Puts back what wgctl_forwarding_turn_on() changed. */
void wgctl_forwarding_restore(const struct wgctl_forwarding *before);
