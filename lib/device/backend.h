/* The two ways to a device; what device.h offers is built on them. Inside device/
 * only. Each does as its namesake there. */
#pragma once

#include "device/plan.h"

int wgctl_kernel_read(const char *interface, struct wgctl_device *ret, struct wgctl_error *err);
int wgctl_kernel_write(const char *interface, const struct wgctl_plan *plan,
                       const struct wgctl_progress *progress, struct wgctl_error *err);

/* Whether a process serves the interface: its socket is there and answers. */
bool wgctl_userspace_serves(const char *interface);
/* Whether there is a socket, and no process behind it. */
bool wgctl_userspace_left_socket(const char *interface);
/* Sends the question; `ret` is the socket on which the answer comes. */
int wgctl_userspace_ask(const char *interface, int *ret, struct wgctl_error *err);
/* Takes the answer, to a question or (with NULL) to a change; the socket stays the caller's. */
int wgctl_userspace_answer(const char *interface, int fd, struct wgctl_device *ret,
                           struct wgctl_error *err);
int wgctl_userspace_write(const char *interface, const struct wgctl_plan *plan,
                          const struct wgctl_progress *progress, struct wgctl_error *err);
