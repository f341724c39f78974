/* Progress: told to whoever waits for what takes long.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* `report` is called whenever a part of the work is done. */
struct wgctl_progress {
    void (*report)(void *context, size_t done, size_t total);
    void *context;
};

/* Tells it. Nobody waits where it is NULL, or its `report` is. */
void wgctl_progress_report(const struct wgctl_progress *progress, size_t done, size_t total);
/* Fails where somebody waits, and has sent a signal that is held (base/signals.h). */
int wgctl_progress_check(const struct wgctl_progress *progress, struct wgctl_error *err);
