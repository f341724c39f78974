/* The JSON files in which wg-easy (up to version 14), dsnet and wireguard-ui keep a server. */
#pragma once

#include "adopt/other_server.h"

/* Reads a file of either program. `file` is its name for messages. Pure. Fails with WGCTL_INVALID,
 * or with WGCTL_SYSTEM if memory runs out; `ret` is then as it was. */
int wgctl_other_server_parse_json(const char *file, struct wgctl_slice text,
                                  struct wgctl_other_server *ret, struct wgctl_error *err);
/* Adds what one of wireguard-ui's files has to `server`: server/keypair.json, interfaces.json or
 * global_settings.json, which come first, or clients/ID.json. Any other JSON object adds nothing.
 * Fails in the same way. */
int wgctl_other_server_add_json(const char *file, struct wgctl_slice text,
                                struct wgctl_other_server *server, struct wgctl_error *err);
