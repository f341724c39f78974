/* The two backends, the kernel and a process, behind device/wireguard.h. Private to device/. Each
 * function does what its namesake there does. */
#pragma once

#include "base/progress.h"
#include "device/plan.h"

int wgctl_kernel_read(const char *interface, struct wgctl_device *ret, struct wgctl_error *err);
int wgctl_kernel_write(const char *interface, const struct wgctl_plan *plan,
                       const struct wgctl_progress *progress, struct wgctl_error *err);

/* Whether a process serves the interface: its socket exists and accepts connections. */
bool wgctl_userspace_serves(const char *interface);
/* Opens a connection to the process, which the caller closes. Fails with WGCTL_SYSTEM. */
int wgctl_userspace_connect(const char *interface, int *ret, struct wgctl_error *err);
/* Sends the question over a connection. */
int wgctl_userspace_ask(const char *interface, int fd, struct wgctl_error *err);
/* Receives the answer, to a question into `ret`, unsorted, or with NULL the answer to a change.
 * Leaves the socket open. Fails with WGCTL_SYSTEM, also if the answer takes too long or is too
 * large. */
int wgctl_userspace_answer(const char *interface, int fd, struct wgctl_device *ret,
                           struct wgctl_error *err);
int wgctl_userspace_write(const char *interface, int fd, const struct wgctl_plan *plan,
                          const struct wgctl_progress *progress, struct wgctl_error *err);
