/* Errors: how functions fail.
 *
 * Every function that can fail returns 0 (WGCTL_OK) or a negative enum wgctl_status, and takes a
 * struct wgctl_error, owned by the caller, as its last argument. Failing allocates nothing. A
 * message never contains a key: what may be one is replaced by a '…' (base/secret.h).
 */
#pragma once

#include <stdarg.h>

/* The kinds of failure. The front end maps them to exit statuses and to codes in JSON. */
enum wgctl_status {
    WGCTL_OK = 0,
    WGCTL_INVALID = -1,     /* a value is not valid */
    WGCTL_NOT_FOUND = -2,   /* the named thing does not exist */
    WGCTL_EXISTS = -3,      /* the thing to create already exists */
    WGCTL_DENIED = -4,      /* not permitted, or not safe */
    WGCTL_FULL = -5,        /* no space left on the disk or in the subnet */
    WGCTL_BUSY = -6,        /* another process is using it */
    WGCTL_UNSUPPORTED = -7, /* this system or this file does not support it */
    WGCTL_SYSTEM = -8,      /* the system failed: I/O, memory, the kernel */
};

enum { WGCTL_MESSAGE_SIZE = 640, WGCTL_HINT_SIZE = 480 };

/* An error. The message says what failed and why, and the hint says what to do next ("" if there
 * is none). Each is a single line without a full stop at the end, NUL-terminated, and truncated
 * if it is too long. They may quote files, so escape them before printing them on a terminal. */
struct wgctl_error {
    int status;
    char message[WGCTL_MESSAGE_SIZE];
    char hint[WGCTL_HINT_SIZE];
};

/* Sets the status and the message, and clears the hint. Returns the status:
 *     return wgctl_fail(err, WGCTL_EXISTS, "peer '%s' already exists", name);
 */
int wgctl_fail(struct wgctl_error *err, enum wgctl_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with the arguments as vprintf(3) takes them. */
int wgctl_fail_list(struct wgctl_error *err, enum wgctl_status status, const char *format,
                    va_list args) __attribute__((format(printf, 3, 0)));

/* Like wgctl_fail(), with the status and the reason from errno(3), and a hint for the most common
 * reasons: "cannot open /etc/wireguard: Permission denied". */
int wgctl_fail_errno(struct wgctl_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets the hint of an error that was just set. Returns its status. Write a wgctl command as
 * "wgctl COMMAND": the front end adds the options that select the tunnel. */
int wgctl_hint(struct wgctl_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prefixes the message with "CONTEXT: ". Returns the error's status. */
int wgctl_context(struct wgctl_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets the error for failed allocations. Returns WGCTL_SYSTEM. */
int wgctl_fail_memory(struct wgctl_error *err);
