/* Reading a wg0.conf as wg(8) and wg-quick(8) read it, but for the cases in conf/strict.h. */
#pragma once

#include "conf/server.h"

/* Reads a whole file into `ret`. Takes ownership of `source`, on failure as well. `file` is its
 * name for messages, and has to outlive the server. Fails with WGCTL_INVALID and names the line,
 * or with WGCTL_SYSTEM if memory runs out; `ret` is then as it was. What takes all
 * peers to see, conf/server_check.h checks. */
int wgctl_server_parse(const char *file, struct wgctl_text *source, struct wgctl_server *ret,
                       struct wgctl_error *err);
/* Reads the document's lines in [first, end), of which the first begins a section or the file, and
 * adds what they say to the server. Fails in the same way. */
int wgctl_server_read_lines(struct wgctl_server *server, size_t first, size_t end,
                            struct wgctl_error *err);
/* Whether the line has the mark of a disabled peer: "#-", then white space or nothing. A row of
 * dashes has no such mark. */
bool wgctl_line_is_marked(struct wgctl_slice line);
