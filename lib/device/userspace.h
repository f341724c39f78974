/* What reading and changing WireGuard in a process have in common. Inside device/ only. */
#pragma once

#include "device/backend.h"

int wgctl_userspace_connect(const char *interface, int *ret, struct wgctl_error *err);
int wgctl_userspace_send(const char *interface, int fd, struct wgctl_slice data,
                         struct wgctl_error *err);
/* What was asked may still be under way, and whoever asks next must come after it: waits
 * until the process has done with this connection. */
void wgctl_userspace_outlast(int fd);
