/* The firewall of a default route through the tunnel: nobody outside may speak to the
 * tunnel's own addresses, and the answers to WireGuard's own packets get their mark
 * back. The same as wg-quick(8) sets, and under the same names, so that either takes
 * away what the other has set.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"
#include "net/address.h"

/* What it is made of. */
struct wgctl_antispoofing {
    const char *interface;
    uint8_t family;
    uint32_t mark;
    struct wgctl_prefixes addresses; /* the interface's own, of that family */
};

/* Appends it as nft(8) reads it, or as iptables-restore(8) does. */
void wgctl_antispoofing_nft(const struct wgctl_antispoofing *rules, struct wgctl_text *ret);
void wgctl_antispoofing_iptables(const struct wgctl_antispoofing *rules, struct wgctl_text *ret);
/* Appends what takes the rules of the interface out of what iptables-save(8) printed;
 * nothing where there are none. */
void wgctl_antispoofing_iptables_undo(struct wgctl_slice saved, const char *interface,
                                      struct wgctl_text *ret);

/* Sets it, with nft or, where that is not installed, with iptables-restore. */
int wgctl_antispoofing_set(const struct wgctl_antispoofing *rules, struct wgctl_error *err);
/* Takes it back, whoever set it: of one family, or of both with AF_UNSPEC. */
int wgctl_antispoofing_unset(const char *interface, uint8_t family, struct wgctl_error *err);
