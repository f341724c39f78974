/* Policy rules (ip-rule(8)): which packets are looked up in which routing table. Read and changed
 * over rtnetlink(7).
 *
 * A tunnel with a default route has two rules in each family, as with wg-quick(8): one sends all
 * packets without WireGuard's own mark to the table with the mark's number; the other, above it,
 * lets routes of the main table go first, except the default one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* One rule. */
struct wgctl_rule {
    uint32_t priority;
    uint32_t table;
    bool by_mark;         /* "not fwmark TABLE table TABLE" */
    bool but_the_default; /* "table main suppress_prefixlength 0" */
};

/* Tells which of `rules`, in the kernel's order, belong to the tunnel with that table: sets
 * ret_going[i] of each. All that look up the table do. For each that is `by_mark`, so does its
 * partner: the nearest rule above it that is `but_the_default`. If no rule is `by_mark` any more,
 * a partner that was left behind does: one with nothing directly below it. Pure. */
void wgctl_rules_choose(const struct wgctl_rule *rules, size_t count, uint32_t table,
                        bool *ret_going);
/* Whether both rules of the table are there. Pure. */
bool wgctl_rules_are_whole(const struct wgctl_rule *rules, size_t count, uint32_t table);

/* Each fails with WGCTL_SYSTEM, or WGCTL_DENIED, if the kernel refuses. A kernel without rules for
 * the family has none. */

/* Looks for the rules of that mark. `ret_any`: wgctl_rules_remove() would remove some;
 * `ret_whole`: both are there. */
int wgctl_rules_find(uint8_t family, uint32_t mark, bool *ret_any, bool *ret_whole,
                     struct wgctl_error *err);
/* Adds the two rules before all existing ones. */
int wgctl_rules_add(uint8_t family, uint32_t mark, struct wgctl_error *err);
/* Removes the rules that wgctl_rules_choose() selects, no matter who added them. Succeeds if there
 * are none, or if `mark` is 0. */
int wgctl_rules_remove(uint8_t family, uint32_t mark, struct wgctl_error *err);
