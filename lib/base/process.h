/* Processes: programs that are started with an argument list, never through a
 * string that a shell would take apart.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Where a program's output goes: nothing of it ever to our standard output. */
enum wgctl_output {
    WGCTL_OUTPUT_SHOWN, /* to standard error: the owner's own commands */
    WGCTL_OUTPUT_KEPT,  /* its last line goes into the message where it fails */
};

/* Runs a program, found in PATH and the system's sbin folders, and waits for it.
 * `argv` ends with NULL; its standard input is empty. Anything but exit status 0
 * is an error (WGCTL_SYSTEM) that names the program. */
int wgctl_process_run(const char *const argv[], enum wgctl_output output, struct wgctl_error *err);

/* The same, and more: `variables` (NULL: none), "NAME=VALUE" each and NULL at the
 * end, are added to the environment. */
int wgctl_process_run_with(const char *const argv[], const char *const variables[],
                           enum wgctl_output output, struct wgctl_error *err);
/* Runs a program with `input` as its standard input, and appends its standard output
 * to `ret_output` (NULL: it is not wanted). Where it fails, the last line of its
 * standard error goes into the message. */
int wgctl_process_filter(const char *const argv[], struct wgctl_slice input,
                         struct wgctl_text *ret_output, struct wgctl_error *err);

/* Whether that program is there; its path goes to `path` (may be NULL). */
bool wgctl_process_find(const char *program, char *path, size_t size);
