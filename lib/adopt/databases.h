/* The SQLite databases in which wg-easy (from version 15), wg-portal (from version 2) and
 * WGDashboard keep a server. */
#pragma once

#include "adopt/other_server.h"

/* Reads the database of any of them. `file` is its name for messages; `image` is its content, which
 * is changed, with what is in its write-ahead log (adopt/sqlite.h). `interface` says which server
 * it is, if it has several; NULL: the first. WGDashboard's says nothing about the server itself.
 * Pure. Fails with WGCTL_INVALID, with WGCTL_NOT_FOUND if it has no such interface, with
 * WGCTL_UNSUPPORTED if its keys are encrypted, or with WGCTL_SYSTEM if memory runs out; `ret` is
 * then as it was. */
int wgctl_other_server_parse_sqlite(const char *file, struct wgctl_text *image,
                                    const char *interface, struct wgctl_other_server *ret,
                                    struct wgctl_error *err);
