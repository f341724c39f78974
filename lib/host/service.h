/* Services: starting the tunnel when the host starts.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* Whether systemd runs this host, as sd_booted(3) finds out. */
bool wgctl_service_manager_runs(void);
/* wgctl@INTERFACE.service: started at every boot from now on, and now. */
int wgctl_service_enable(const char *interface, struct wgctl_error *err);
/* Takes that back: stopped, and not started at boot. */
int wgctl_service_disable(const char *interface, struct wgctl_error *err);
