/* Files that wgctl refuses although wg(8) and wg-quick(8) accept them: they would silently do
 * something else than the owner meant. This table is complete, and the manual has the same list.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

enum wgctl_strict {
    WGCTL_STRICT_NUL,
    WGCTL_STRICT_ZERO_KEY,
    WGCTL_STRICT_OWN_KEY,
    WGCTL_STRICT_SAME_KEY,
    WGCTL_STRICT_SECOND_KEY,
    WGCTL_STRICT_SAME_NETWORK,
    WGCTL_STRICT_SIGN,
    WGCTL_STRICT_LISTEN_PORT,
    WGCTL_STRICT_ENDPOINT,
    WGCTL_STRICT_MTU,
    WGCTL_STRICT_ADDRESS,
    WGCTL_STRICT_DISABLED,
    WGCTL_STRICT_SYNTAX,
    WGCTL_STRICT_COUNT,
};

struct wgctl_strict_rule {
    const char *what; /* is wrong */
    const char *fix;
};
extern const struct wgctl_strict_rule wgctl_strict_rules[WGCTL_STRICT_COUNT];

/* Fails with WGCTL_INVALID: "FILE:LINE: what is wrong", and the fix as the hint. */
int wgctl_strict_fail(enum wgctl_strict rule, const char *file, size_t line,
                      struct wgctl_error *err);
/* Adds "FILE:LINE: " and the fix to an error that already says what is wrong in more detail.
 * Returns its status. */
int wgctl_strict_explain(enum wgctl_strict rule, const char *file, size_t line,
                         struct wgctl_error *err);
