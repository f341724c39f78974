/* The firewall that a default route through the tunnel needs: it drops packets from outside
 * that are addressed to the tunnel's own addresses, and gives the answers to WireGuard's own
 * packets their mark back. Same rules and names as wg-quick(8), so that either program
 * removes what the other one added.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"
#include "net/address.h"

struct wgctl_default_route_firewall {
    const char *interface;
    uint8_t family;                  /* AF_INET or AF_INET6 */
    uint32_t mark;                   /* of WireGuard's own packets */
    struct wgctl_prefixes addresses; /* of the interface, in that family */
};

/* Appends the rules as nft(8) reads them, and as iptables-restore(8) does. Pure. */
void wgctl_default_route_firewall_nft(const struct wgctl_default_route_firewall *rules,
                                      struct wgctl_text *ret);
void wgctl_default_route_firewall_iptables(const struct wgctl_default_route_firewall *rules,
                                           struct wgctl_text *ret);
/* Appends what iptables-restore(8) needs to remove the interface's rules from those that
 * iptables-save(8) printed as `saved`; nothing if there are none. Pure. */
void wgctl_default_route_firewall_iptables_undo(struct wgctl_slice saved, const char *interface,
                                                struct wgctl_text *ret);

/* Adds the rules with nft, or with iptables-restore if nft is not installed. Fails with
 * WGCTL_NOT_FOUND if neither is, WGCTL_SYSTEM if the program refuses. */
int wgctl_default_route_firewall_set(const struct wgctl_default_route_firewall *rules,
                                     struct wgctl_error *err);
/* Removes the interface's rules, whichever program added them: those of `family`, or of both
 * with AF_UNSPEC. Succeeds if there are none. */
int wgctl_default_route_firewall_unset(const char *interface, uint8_t family,
                                       struct wgctl_error *err);
