/* The two ways to a device; what device.h offers is built on them. Inside device/
 * only. Each does as its namesake there. */
#pragma once

#include "device/plan.h"

int wgctl_kernel_read(const char *interface, struct wgctl_device *ret, struct wgctl_error *err);
int wgctl_kernel_write(const char *interface, const struct wgctl_plan *plan,
                       struct wgctl_error *err);

/* Whether a process serves the interface: its socket is there and answers. */
bool wgctl_userspace_serves(const char *interface);
int wgctl_userspace_read(const char *interface, struct wgctl_device *ret, struct wgctl_error *err);
int wgctl_userspace_write(const char *interface, const struct wgctl_plan *plan,
                          struct wgctl_error *err);
