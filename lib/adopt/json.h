/* The JSON files in which wg-easy (up to version 14) and dsnet keep a server. */
#pragma once

#include "adopt/other_server.h"

/* Reads a file of either program. `file` is its name for messages. Pure. Fails with WGCTL_INVALID,
 * or with WGCTL_SYSTEM if memory runs out; `ret` is then as it was. */
int wgctl_other_server_parse_json(const char *file, struct wgctl_slice text,
                                  struct wgctl_other_server *ret, struct wgctl_error *err);
/* Appends the strings of `["1.1.1.1","::1"]`, with ", " between them; nothing if it is not an array
 * of strings. Fails only if memory runs out. */
int wgctl_json_list(const char *text, struct wgctl_text *ret, struct wgctl_error *err);
