#include "base/progress.h"

#include "base/signals.h"

void wgctl_progress_report(const struct wgctl_progress *progress, size_t done, size_t total)
{
    if (progress && progress->report)
        progress->report(progress->context, done, total);
}

int wgctl_progress_check(const struct wgctl_progress *progress, struct wgctl_error *err)
{
    if (!progress || !wgctl_signals_pending())
        return WGCTL_OK;
    return wgctl_fail(err, WGCTL_SYSTEM, "stopped by a signal");
}
