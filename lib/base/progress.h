/* Progress reports of long work.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* `report` is called with `context` after each part of the work: `done` of `total` parts. */
struct wgctl_progress {
    void (*report)(void *context, size_t done, size_t total);
    void *context;
};

/* Calls `report`. Does nothing if `progress` or its `report` is NULL. */
void wgctl_progress_report(const struct wgctl_progress *progress, size_t done, size_t total);
/* Fails with WGCTL_SYSTEM if a held signal has arrived (base/signals.h), so that long work
 * can stop. Never fails if `progress` is NULL. */
int wgctl_progress_check(const struct wgctl_progress *progress, struct wgctl_error *err);
