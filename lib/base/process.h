/* Processes: programs are started with a list of arguments, never through a string that a
 * shell takes apart.
 *
 * A program inherits descriptors 0 to 2 and no others, runs in `/` with the umask 077, and gets
 * only those variables of the environment that it may need: PATH, HOME, USER, LOGNAME, TERM, TZ,
 * LANG, LANGUAGE, LC_..., and those that wg(8), wg-quick(8) and wireguard-go document (see
 * process.c). What the caller left in the environment, such as LD_PRELOAD or BASH_ENV, decides
 * nothing.
 *
 * A signal that arrives while one runs
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

/* Runs argv[0], which is an absolute path or is looked up in PATH and then in the system's bin and
 * sbin folders, and waits for it. `argv` ends with NULL; standard input is empty. Fails with
 * WGCTL_NOT_FOUND if the program is not installed, with WGCTL_SYSTEM if its exit status is not 0,
 * if a signal ended it, or if one that arrived meanwhile stopped it. */
int wgctl_process_run(const char *const argv[], enum wgctl_output output, struct wgctl_error *err);

/* How a program differs from what is said above. */
struct wgctl_process {
    const char *const *argv;
    /* "NAME=VALUE" each, NULL at the end: added to the environment. NULL: none. */
    const char *const *variables;
    /* A signal does not stop it at once, but gives it ten seconds: what it removes would stay
     * otherwise. */
    bool cleans_up;
    /* The files that it makes are for all users: the umask is 022. */
    bool is_public;
};
/* Same as wgctl_process_run(). */
int wgctl_process_run_as(const struct wgctl_process *process, enum wgctl_output output,
                         struct wgctl_error *err);
/* Runs a program with `input` as its standard input, and appends its standard output to
 * `ret_output` (NULL: discarded). If it fails, the last line of its standard error becomes
 * part of the message. Fails as wgctl_process_run() does. */
int wgctl_process_filter(const char *const argv[], struct wgctl_slice input,
                         struct wgctl_text *ret_output, struct wgctl_error *err);
int wgctl_process_filter_as(const struct wgctl_process *process, struct wgctl_slice input,
                            struct wgctl_text *ret_output, struct wgctl_error *err);

/* Whether the program is installed. Its path goes to `path`, `size` bytes; NULL if it is not
 * wanted. A path that does not fit counts as not installed. */
bool wgctl_process_find(const char *program, char *path, size_t size);
/* The same, in the system's bin and sbin folders only, whatever PATH is. */
bool wgctl_process_find_in_system(const char *program, char *path, size_t size);
