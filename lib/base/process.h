/* Processes: programs are started with a list of arguments, never through a string that a
 * shell takes apart.
 *
 * A program inherits descriptors 0 to 2 and no others. A signal that arrives while one runs
 * (base/signals.h: SIGINT, SIGTERM, SIGHUP, if they are held) ends it and all it has started:
 * they get SIGTERM, and SIGKILL if it is still there five seconds later. A signal that had
 * arrived before it was started leaves it ten seconds, because whatever undoes the work runs
 * programs too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Where a program's output goes; never to our standard output, which is for results. */
enum wgctl_output {
    WGCTL_OUTPUT_SHOWN, /* to standard error: for the owner's own commands */
    WGCTL_OUTPUT_KEPT,  /* nowhere; if it fails, its last line becomes part of the message */
};

/* Runs argv[0], which is looked up in PATH and then in the system's bin and sbin folders, and
 * waits for it. `argv` ends with NULL; standard input is empty. Fails with WGCTL_NOT_FOUND if
 * the program is not installed, with WGCTL_SYSTEM if its exit status is not 0, if a signal
 * ended it, or if one that arrived meanwhile stopped it. */
int wgctl_process_run(const char *const argv[], enum wgctl_output output, struct wgctl_error *err);

/* Same as wgctl_process_run(), with `variables` ("NAME=VALUE" each, NULL at the end; NULL for
 * none) added to the environment. A program that `cleans_up` is not stopped by a signal at once,
 * but gets ten seconds from then on: what it removes would stay otherwise. */
int wgctl_process_run_with(const char *const argv[], const char *const variables[],
                           enum wgctl_output output, bool cleans_up, struct wgctl_error *err);
/* Runs a program with `input` as its standard input, and appends its standard output to
 * `ret_output` (NULL: discarded). If it fails, the last line of its standard error becomes
 * part of the message. Fails as wgctl_process_run() does. */
int wgctl_process_filter(const char *const argv[], struct wgctl_slice input,
                         struct wgctl_text *ret_output, struct wgctl_error *err);

/* Whether the program is installed. Its path goes to `path`, `size` bytes; NULL if it is not
 * wanted. A path that does not fit counts as not installed. */
bool wgctl_process_find(const char *program, char *path, size_t size);
