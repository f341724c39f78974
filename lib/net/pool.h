/* The pool: which addresses of a subnet a peer can have. */
#pragma once

#include "net/address.h"

/* Finds the lowest free address of `subnet` (its host bits, the server's own
 * address, do not matter), as a whole one (/32 or /128). Free is what no network
 * of `used` holds, and what is not the network's first address (RFC 4291, section
 * 2.6.1 gives the subnet router that one in IPv6) nor, in IPv4, its last
 * (broadcast). In a /31, /32, /127 and /128 every address can be used (RFC 3021,
 * RFC 6164). `used` may hold anything, of both families, in any order, and
 * networks as well as addresses; it is masked and sorted in place. What contains
 * the whole subnet (0.0.0.0/0 of a way out, say) does not count as using it; a
 * single address always does.
 * Fails with WGCTL_FULL where none is left. One pass after the sort. */
int wgctl_pool_next(const struct wgctl_prefix *subnet, struct wgctl_prefixes *used,
                    struct wgctl_prefix *ret, struct wgctl_error *err);

/* Checks that a peer can have `address` (a whole one, /32 or /128): it lies in
 * `subnet`, is not its network or broadcast address, and no network of `used`
 * that does not contain the whole subnet holds it. Fails with WGCTL_INVALID or
 * WGCTL_EXISTS and says which. */
int wgctl_pool_check(const struct wgctl_prefix *subnet, const struct wgctl_prefixes *used,
                     const struct wgctl_prefix *address, struct wgctl_error *err);
