/* Calls wgctl and looks at what comes out: what the tests in C of the command line share. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/text.h"

/* A call. All zero but `argv`: as root, with an empty standard input, in the environment as it is.
 */
struct call {
    const char *program; /* to start; NULL: `main` is called in a child process */
    int (*main)(int argc, char **argv);
    const char *const *argv;        /* with argv[0]; NULL at the end */
    const char *const *environment; /* "NAME=VALUE" to be added; NULL at the end. NULL: none */
    const char *input;              /* a file to be standard input */
    uid_t uid;
};

/* What it printed, and how it ended. */
struct answer {
    struct wgctl_text out, err;
    int status; /* its exit status, or 128 and the signal that ended it */
};

/* Ends the test with a message if the call cannot be made, or takes more than 60 seconds. */
void drive_call(const struct call *call, struct answer *ret);
void drive_answer_clear(struct answer *answer);
#define DRIVE_ANSWER __attribute__((cleanup(drive_answer_clear))) struct answer

/* Describes everything below a folder, in order: path, kind, mode, owner, target, and the content
 * of each file. The store's folder at rest is left out, and so is a folder that holds nothing else.
 */
void drive_describe(const char *folder, struct wgctl_text *ret);
/* Copies a folder with everything below it, modes and owners included, as `cp -a` does; removes
 * what is there. */
void drive_copy(const char *from, const char *to);
void drive_remove(const char *path);
/* Writes a file of mode 0600; `size` SIZE_MAX: a string. */
void drive_write(const char *path, const char *content, size_t size);
void drive_append(const char *path, const char *content, size_t size);
/* Appends the content of a file. */
void drive_read(const char *path, struct wgctl_text *ret);

/* Whether the text is one JSON document. */
bool drive_is_json(struct wgctl_slice text);
/* The same, and of the form of an error, with a code of the manual's. */
bool drive_is_json_error(struct wgctl_slice text);

/* `ok - WHAT` or `not ok - WHAT`, the latter with evidence, a line each, in which no byte is a
 * command to a terminal. */
void drive_report(bool holds, const char *what, struct wgctl_slice evidence);
/* The sum; returns the exit status. */
int drive_finish(void);
/* Ends the test: nothing is proved. */
_Noreturn void drive_give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));
