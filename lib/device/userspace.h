/* What reading and changing WireGuard in a process have in common. Private to device/. */
#pragma once

#include "device/backend.h"

/* Sends all of it. Fails with WGCTL_SYSTEM, also if the process takes too long to read it. */
int wgctl_userspace_send(const char *interface, int fd, struct wgctl_slice data,
                         struct wgctl_error *err);
/* Waits until the process has finished with this connection, as long as for an answer: a request
 * that failed on our side may still be running, and the next one has to come after it. */
void wgctl_userspace_outlast(int fd);
/* Sets how many milliseconds a process has for a whole answer, and for each piece of a request. It
 * starts out as half a minute. */
void wgctl_userspace_set_patience(unsigned milliseconds);
