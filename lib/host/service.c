#include "host/service.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/process.h"

bool wgctl_service_manager_runs(void)
{
    struct stat status;
    return lstat("/run/systemd/system", &status) == 0 && S_ISDIR(status.st_mode);
}

static int control(const char *verb, const char *interface, struct wgctl_error *err)
{
    char unit[48];
    snprintf(unit, sizeof unit, "wgctl@%s.service", interface);
    const char *const argv[] = {"systemctl", "--quiet", verb, "--now", unit, NULL};
    int rc = wgctl_process_run(argv, WGCTL_OUTPUT_KEPT, err);
    if (rc < 0) {
        wgctl_context(err, "%s %s", verb, unit);
        wgctl_hint(err, "journalctl -eu %s", unit);
    }
    return rc;
}

int wgctl_service_enable(const char *interface, struct wgctl_error *err)
{
    return control("enable", interface, err);
}

int wgctl_service_disable(const char *interface, struct wgctl_error *err)
{
    return control("disable", interface, err);
}
