/* Errors: what a function that can fail returns, and what it says about it.
 *
 * Every fallible function returns 0 (WGCTL_OK) or a negative enum wgctl_status,
 * and takes a struct wgctl_error as its last argument, which the caller owns.
 * Nothing is allocated while failing. A message never contains a secret.
 */
#pragma once

/* What kind of failure it was; the front end maps these to exit statuses. */
enum wgctl_status {
    WGCTL_OK = 0,
    WGCTL_INVALID = -1,     /* a value is not acceptable */
    WGCTL_NOT_FOUND = -2,   /* the thing that was named does not exist */
    WGCTL_EXISTS = -3,      /* the thing to be made exists already */
    WGCTL_DENIED = -4,      /* no right to do it, or not safe to do */
    WGCTL_FULL = -5,        /* no space left: on the disk, or in the subnet */
    WGCTL_BUSY = -6,        /* somebody else is at it */
    WGCTL_UNSUPPORTED = -7, /* this system, or this file, does not allow it */
    WGCTL_SYSTEM = -8,      /* the system refused: I/O, memory, the kernel */
};

enum { WGCTL_MESSAGE_SIZE = 640, WGCTL_HINT_SIZE = 480 };

/* The message says what failed and why, the hint what to do next. Both are one
 * line without a full stop at its end, NUL-terminated, and cut if too long.
 * They can quote what stands in a file: escape them before a terminal sees them. */
struct wgctl_error {
    int status;
    char message[WGCTL_MESSAGE_SIZE];
    char hint[WGCTL_HINT_SIZE];
};

/* Sets the status and the message, clears the hint. Returns the status:
 *     return wgctl_fail(err, WGCTL_EXISTS, "peer '%s' already exists", name);
 */
int wgctl_fail(struct wgctl_error *err, enum wgctl_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As wgctl_fail(), with status and reason taken from errno(3) and, for the
 * commonest reasons, a hint: "cannot open /etc/wireguard: Permission denied". */
int wgctl_fail_errno(struct wgctl_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds what to do next to an error that was just set. Returns its status. A call of
 * wgctl in it is written "wgctl COMMAND": the front end knows with which options
 * it was called itself, and puts those of them in that name the tunnel. */
int wgctl_hint(struct wgctl_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "CONTEXT: " before the message of an error on its way up. Returns its status. */
int wgctl_context(struct wgctl_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Memory has run out. Returns WGCTL_SYSTEM. */
int wgctl_fail_memory(struct wgctl_error *err);
