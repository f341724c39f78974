/* How the lines of a wg0.conf become a struct wgctl_server. Inside conf/ only. */
#pragma once

#include "conf/server.h"

/* Reads the document's lines from `first` on, where a section begins or the file
 * does, and adds what they say. */
int wgctl_server_parse_lines(struct wgctl_server *server, size_t first, struct wgctl_error *err);
/* Whether the mark of a disabled peer stands before the line: "#-", then white
 * space or nothing. A row of dashes has no such mark. */
bool wgctl_line_is_marked(struct wgctl_slice line);
