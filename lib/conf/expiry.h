/* Expiry: when a peer's time is over, as it is written. */
#pragma once

#include <time.h>

#include "base/error.h"

enum { WGCTL_EXPIRY_SIZE = 32 };

/* Reads "12h", "7d", "2w" from `now` on, a date "2026-12-24" (its end), or a time
 * "2026-12-24T18:00:00Z" (RFC 3339), all in UTC. Writes the last form. What is
 * not after `now` is refused. */
int wgctl_expiry_parse(const char *text, time_t now, char ret[WGCTL_EXPIRY_SIZE],
                       struct wgctl_error *err);
