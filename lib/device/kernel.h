/* What reading and writing the kernel's WireGuard have in common. Private to device/. */
#pragma once

#include "base/netlink.h"
#include "device/backend.h"

/* Opens a socket and looks up WireGuard's family number. Fails with WGCTL_UNSUPPORTED or
 * WGCTL_SYSTEM if the kernel has no WireGuard. */
int wgctl_kernel_open(struct wgctl_netlink **ret, uint16_t *ret_family, struct wgctl_error *err);
