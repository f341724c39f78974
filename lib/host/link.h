/* Links: the WireGuard network interface and its addresses, through rtnetlink(7).
 *
 * Functions that change an interface fail with WGCTL_SYSTEM if the kernel refuses, and with
 * WGCTL_DENIED without the right to do it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "net/name.h"

/* Creates a WireGuard interface in the kernel. Fails with WGCTL_UNSUPPORTED if the kernel has no
 * WireGuard, and with WGCTL_EXISTS if the name is in use. */
int wgctl_link_create(const char *interface, struct wgctl_error *err);
/* Starts the userspace implementation ($WG_QUICK_USERSPACE_IMPLEMENTATION, or else wireguard-go),
 * which creates the interface and keeps running. It is the name of a program in the system's bin
 * and sbin folders, or an absolute path. Fails with WGCTL_UNSUPPORTED if it is not installed, and
 * with WGCTL_DENIED if the path leads to a program that anybody but root and the caller can
 * change. */
int wgctl_link_create_userspace(const char *interface, struct wgctl_error *err);
/* Removes the interface with its addresses and routes. A userspace implementation exits as a
 * result. Succeeds if the interface does not exist. */
int wgctl_link_delete(const char *interface, struct wgctl_error *err);

/* Sets the MTU in bytes. */
int wgctl_link_set_mtu(const char *interface, uint32_t mtu, struct wgctl_error *err);
/* Brings the link up. */
int wgctl_link_set_up(const char *interface, struct wgctl_error *err);
/* Adds an address with its prefix length. Fails with WGCTL_EXISTS if the interface has it. */
int wgctl_link_add_address(const char *interface, const struct wgctl_prefix *address,
                           struct wgctl_error *err);
/* Removes an address. Succeeds if the interface does not have it. */
int wgctl_link_remove_address(const char *interface, const struct wgctl_prefix *address,
                              struct wgctl_error *err);
/* Returns whether the kernel keeps a subnet's other addresses when its first one is removed
 * (kernel: Documentation/networking/ip-sysctl.rst, promote_secondaries). */
bool wgctl_link_keeps_addresses(const char *interface);
/* Sets that. */
int wgctl_link_keep_addresses(const char *interface, bool keep, struct wgctl_error *err);
/* Adds the interface's addresses of a family (AF_UNSPEC for both) to `ret`, in the kernel's
 * order; those of all interfaces if `interface` is NULL. */
int wgctl_link_addresses(const char *interface, uint8_t family, struct wgctl_prefixes *ret,
                         struct wgctl_error *err);

/* Reads the interface's MTU, in bytes. Fails with WGCTL_SYSTEM if there is no such interface. */
int wgctl_link_mtu(const char *interface, uint32_t *ret, struct wgctl_error *err);
