/* The text of a server that was edited. Pure. */
#pragma once

#include "conf/server.h"

/* Renders the file and reads it again. Fails with WGCTL_UNSUPPORTED, and nothing may be written, if
 * it cannot be read or does not mean what the server says: the same settings, and the same peers in
 * the same order. An edit that removes lines can change what the lines around them mean. */
int wgctl_server_render(const struct wgctl_server *server, struct wgctl_text *ret,
                        struct wgctl_error *err);
