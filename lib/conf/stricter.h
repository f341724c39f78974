/* Where wgctl refuses a file that wg(8) and wg-quick(8) take, on purpose: they would do
 * something else than its owner meant, and not say so. There are no more such places;
 * the manual has the same list.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

enum wgctl_stricter {
    WGCTL_NO_NUL,
    WGCTL_NO_ZERO_KEY,
    WGCTL_NO_OWN_KEY,
    WGCTL_ONE_PEER_A_KEY,
    WGCTL_ONE_OWNER_A_NETWORK,
    WGCTL_NO_PLUS_OR_MINUS,
    WGCTL_PORT_IN_RANGE,
    WGCTL_ENDPOINT_IN_FULL,
    WGCTL_MTU_IN_DECIMAL,
    WGCTL_ADDRESS_IN_FULL,
    WGCTL_DISABLED_BUT_WHOLE,
    WGCTL_KEY_AND_VALUE,
    WGCTL_STRICTER_COUNT,
};

struct wgctl_stricter_rule {
    const char *what; /* is wrong */
    const char *mend;
};
extern const struct wgctl_stricter_rule wgctl_stricter_rules[WGCTL_STRICTER_COUNT];

/* "FILE:LINE: what is wrong", and the mend. */
int wgctl_stricter_fail(enum wgctl_stricter rule, const char *file, size_t line,
                        struct wgctl_error *err);
/* The same of an error that says more exactly what is wrong. */
int wgctl_stricter_explain(enum wgctl_stricter rule, const char *file, size_t line,
                           struct wgctl_error *err);
