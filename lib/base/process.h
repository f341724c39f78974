/* Processes: programs that are started with an argument list, never through a
 * string that a shell would take apart.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Runs a program, found in PATH and the system's sbin folders, and waits for it.
 * `argv` ends with NULL. Its standard input is empty and its standard output goes
 * to standard error, so that ours stays clean. Anything but exit status 0 is an
 * error (WGCTL_SYSTEM) that names the program. */
int wgctl_process_run(const char *const argv[], struct wgctl_error *err);

/* Whether that program is there; its path goes to `path` (may be NULL). */
bool wgctl_process_find(const char *program, char *path, size_t size);
