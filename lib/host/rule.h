/* Policy rules: which packets look for their way in which table, over rtnetlink(7).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* One rule, as far as it matters here. */
struct wgctl_rule {
    uint32_t priority;
    uint32_t table;
    bool by_mark;         /* "not fwmark TABLE table TABLE": what the tunnel's rules begin with */
    bool but_the_default; /* "table main suppress_prefixlength 0": all ways but the default one */
};

/* Which of `rules`, in the kernel's order, belong to the tunnel of that table: sets `ret_going`
 * of each. All that look into the table do. For each that is `by_mark`, so does its partner:
 * the nearest rule above it that is `but_the_default`. If no rule is `by_mark` any more, a
 * partner that somebody left behind does: one with nothing directly below it. */
void wgctl_rules_choose(const struct wgctl_rule *rules, size_t count, uint32_t table,
                        bool *ret_going);
/* Whether both rules are there that lead packets without the mark into the table. */
bool wgctl_rules_are_whole(const struct wgctl_rule *rules, size_t count, uint32_t table);

/* Looks for the rules of that mark. `ret_any`: wgctl_rules_remove() would find some;
 * `ret_whole`: both are there. A kernel without the family has none. */
int wgctl_rules_find(uint8_t family, uint32_t mark, bool *ret_any, bool *ret_whole,
                     struct wgctl_error *err);
/* Sends all packets of a family that do not bear the mark into the table of the same
 * number, but for those that a route other than the default one of the main table
 * has a way for. */
int wgctl_rules_add(uint8_t family, uint32_t mark, struct wgctl_error *err);
/* Takes that back, whoever made the rules; none that are there is no error. */
int wgctl_rules_remove(uint8_t family, uint32_t mark, struct wgctl_error *err);
