/* Progress: told to whoever waits for what takes long.
 */
#pragma once

#include <stddef.h>

/* `report` is called whenever a part of the work is done. */
struct wgctl_progress {
    void (*report)(void *context, size_t done, size_t total);
    void *context;
};

/* Tells it. Nobody waits where it is NULL, or its `report` is. */
static inline void wgctl_progress_report(const struct wgctl_progress *progress, size_t done,
                                         size_t total)
{
    if (progress && progress->report)
        progress->report(progress->context, done, total);
}
