/* The address pool: finds and checks addresses for peers. Pure. */
#pragma once

#include "net/address.h"

/* Finds the lowest free address of `subnet`, ignoring the subnet's host bits, and returns it as
 * a /32 or /128.
 *
 * An address is free if no network in `used` contains it. The subnet's first address is never
 * free (in IPv6, it belongs to the subnet router: RFC 4291, section 2.6.1), nor is its last one
 * in IPv4 (broadcast). In a /31, /32, /127 or /128, all addresses can be used (RFC 3021,
 * RFC 6164).
 *
 * `used` may contain addresses and networks of both families in any order; it is masked and
 * sorted in place. A network that contains the whole subnet, such as the 0.0.0.0/0 of a default
 * route, does not count as used, but a single address always does. Takes one pass after
 * sorting. Fails with WGCTL_FULL if no address is free. */
int wgctl_pool_next(const struct wgctl_prefix *subnet, struct wgctl_prefixes *used,
                    struct wgctl_prefix *ret, struct wgctl_error *err);

/* Checks whether a peer can have `address`, a /32 or /128: it must be in `subnet`, must not be
 * the subnet's network or broadcast address, and must be free as defined above. `used` is not
 * changed and need not be sorted. Fails with WGCTL_INVALID if the address does not fit, and
 * with WGCTL_EXISTS if it is in use. */
int wgctl_pool_check(const struct wgctl_prefix *subnet, const struct wgctl_prefixes *used,
                     const struct wgctl_prefix *address, struct wgctl_error *err);
