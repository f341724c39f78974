/* Checks of a whole server: what a device would silently accept and not do. Pure. */
#pragma once

#include "conf/server.h"

/* Fails with WGCTL_INVALID if two enabled peers have the same public key, if one has the server's
 * own, or if a network is twice among the allowed IPs of enabled peers. The message names the
 * line. */
int wgctl_server_check(const struct wgctl_server *server, struct wgctl_error *err);
