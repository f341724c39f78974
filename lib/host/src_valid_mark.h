/* The sysctl net.ipv4.conf.all.src_valid_mark: whether the kernel's check of a packet's
 * source (rp_filter) looks up the way back with the packet's firewall mark. The answers to
 * WireGuard's own packets need it if a default route leads into the tunnel, as in
 * wg-quick(8). Source: Documentation/networking/ip-sysctl.rst of the kernel.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Whether it is on; false also if it cannot be read. */
bool wgctl_src_valid_mark_get(void);
/* Turns it on or off, for the whole network namespace. Writes nothing if it is so already.
 * Fails with the status of write(2), usually WGCTL_DENIED: containers mount /proc/sys
 * read-only. */
int wgctl_src_valid_mark_set(bool on, struct wgctl_error *err);
