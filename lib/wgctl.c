#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/signals.h"
#include "net/key.h"
#include "wgctl.h"

int wgctl_setup(struct wgctl_error *err)
{
    /* A core file would hold every key. */
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) < 0 || prctl(PR_SET_DUMPABLE, 0) < 0)
        return wgctl_fail_errno(err, "cannot turn core dumps off");
    return wgctl_key_setup(err);
}

void wgctl_finish(void)
{
    wgctl_key_wipe_calls();
    wgctl_signals_deliver();
}
