/* IP forwarding: the sysctls net.ipv4.ip_forward and net.ipv6.conf.all.forwarding.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "net/name.h"

/* The previous state, so that it can be restored. */
struct wgctl_forwarding {
    bool ipv4;
    bool ipv6;
    /* The interface with the IPv6 default route, if the kernel gets that route from router
     * advertisements; otherwise "". With forwarding on, the kernel would ignore them and lose the
     * route unless accept_ra is 2 (kernel: Documentation/networking/ip-sysctl.rst). */
    char router_advertised[WGCTL_NAME_SIZE];
};

/* Reads the current state. `egress6` is the interface with the IPv6 default route, or "". */
void wgctl_forwarding_read(const char *egress6, struct wgctl_forwarding *ret);
/* Turns forwarding on until the next boot, IPv6 only if `ipv6`. Writes only sysctls that have to
 * change. Fails with the status of the failing write, usually WGCTL_DENIED in a container. */
int wgctl_forwarding_turn_on(const struct wgctl_forwarding *before, bool ipv6,
                             struct wgctl_error *err);
/* Undoes wgctl_forwarding_turn_on(). Ignores errors. */
void wgctl_forwarding_restore(const struct wgctl_forwarding *before);
