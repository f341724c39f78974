/* Services: starting the tunnel at boot with systemd.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Returns whether systemd is running, in the same way as sd_booted(3). */
bool wgctl_service_manager_runs(void);
/* Enables wgctl@INTERFACE.service at boot, and starts it now. Fails with WGCTL_SYSTEM if
 * systemctl(1) does. */
int wgctl_service_enable(const char *interface, struct wgctl_error *err);
/* Disables the service at boot, and stops it now. Fails with WGCTL_SYSTEM if systemctl(1) does. */
int wgctl_service_disable(const char *interface, struct wgctl_error *err);
