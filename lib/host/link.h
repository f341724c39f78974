/* Links: the network interface that WireGuard sits on, over rtnetlink(7).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/address.h"
#include "net/name.h"

/* Makes a WireGuard interface in the kernel. WGCTL_UNSUPPORTED where the kernel
 * has no WireGuard, WGCTL_EXISTS where the name is taken. */
int wgctl_link_create(const char *interface, struct wgctl_error *err);
/* Starts the userspace program ($WG_QUICK_USERSPACE_IMPLEMENTATION, else
 * wireguard-go), which makes the interface and stays. */
int wgctl_link_create_userspace(const char *interface, struct wgctl_error *err);
/* Removes the interface, and with it its addresses and routes; a userspace
 * program ends with it. One that is not there is no error. */
int wgctl_link_delete(const char *interface, struct wgctl_error *err);

int wgctl_link_set_mtu(const char *interface, uint32_t mtu, struct wgctl_error *err);
int wgctl_link_set_up(const char *interface, struct wgctl_error *err);
int wgctl_link_add_address(const char *interface, const struct wgctl_prefix *address,
                           struct wgctl_error *err);
/* One that is not there is no error. */
int wgctl_link_remove_address(const char *interface, const struct wgctl_prefix *address,
                              struct wgctl_error *err);
/* Whether the kernel keeps the other addresses of a network where the first of it is removed
 * (kernel: Documentation/networking/ip-sysctl.rst, promote_secondaries). */
bool wgctl_link_keeps_addresses(const char *interface);
int wgctl_link_keep_addresses(const char *interface, bool keep, struct wgctl_error *err);
/* Adds the interface's own addresses of that family (AF_UNSPEC: of both), in the kernel's
 * order. */
int wgctl_link_addresses(const char *interface, uint8_t family, struct wgctl_prefixes *ret,
                         struct wgctl_error *err);

struct wgctl_link {
    uint32_t index;
    char name[WGCTL_NAME_SIZE];
    uint32_t mtu;
};
/* The MTU that the interface has. */
int wgctl_link_mtu(const char *interface, uint32_t *ret, struct wgctl_error *err);
/* Looks it up by its number. */
int wgctl_link_by_index(uint32_t index, struct wgctl_link *ret, struct wgctl_error *err);
