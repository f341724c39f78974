/* What reading and changing WireGuard in a process have in common. Private to device/. */
#pragma once

#include "device/backend.h"

/* Opens a connection, which the caller closes. Fails with WGCTL_SYSTEM. */
int wgctl_userspace_connect(const char *interface, int *ret, struct wgctl_error *err);
/* Sends all of it. Fails with WGCTL_SYSTEM. */
int wgctl_userspace_send(const char *interface, int fd, struct wgctl_slice data,
                         struct wgctl_error *err);
/* Waits until the process has finished with this connection: a request that failed on our side may
 * still be running, and the next one has to come after it. */
void wgctl_userspace_outlast(int fd);
