/* What reading and writing the kernel's WireGuard have in common. Inside device/ only. */
#pragma once

#include "base/netlink.h"
#include "device/backend.h"

/* Opens a socket, and asks for the number of WireGuard's family. */
int wgctl_kernel_open(struct wgctl_netlink **ret, uint16_t *ret_family, struct wgctl_error *err);
