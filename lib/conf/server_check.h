/* Failures that take all peers to see: these find the line to name in the message. */
#pragma once

#include "conf/server.h"

/* Fails with WGCTL_INVALID because two enabled peers have that key, or because it is the server's
 * own. */
int wgctl_server_fail_key(const struct wgctl_server *server, const struct wgctl_key *public_key,
                          struct wgctl_error *err);
/* Fails with WGCTL_INVALID because enabled peers have that network twice among their allowed IPs;
 * names the second line. */
int wgctl_server_fail_allowed_ip(const struct wgctl_server *server,
                                 const struct wgctl_prefix *network, struct wgctl_error *err);
