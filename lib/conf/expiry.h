/* Expiry: when a peer's access ends, as it is written in wg0.conf. Pure. */
#pragma once

#include <time.h>

#include "base/error.h"

enum { WGCTL_EXPIRY_SIZE = 32 };

/* Reads a span after `now` ("12h", "7d", "2w"), a date ("2026-12-24", its last second), or a time
 * ("2026-12-24T18:00:00Z", RFC 3339), all in UTC, and writes it in the last form. Fails with
 * WGCTL_INVALID if it is none of these, or not after `now`. */
int wgctl_expiry_parse(const char *text, time_t now, char ret[WGCTL_EXPIRY_SIZE],
                       struct wgctl_error *err);
