/* Waiting for a lock: for a limited time, and saying who holds it. */
#pragma once

#include "base/file.h"

/* How long the process waits for a lock that somebody else holds. */
struct wgctl_patience {
    unsigned seconds; /* 0: do not wait at all */
    /* Called once, before the waiting begins; may be NULL. `holder` is for people:
     * "'wgctl add-peer phone' (pid 812)", or "another process" if it cannot be found out. It quotes
     * a command line: escape it before a terminal sees it. It is valid during the call. */
    void (*on_wait)(void *context, const char *holder);
    void *context; /* the caller's, handed to `on_wait` */
};

/* Sets it for the whole process: every lock taken from now on. The default is 60 seconds
 * and no call. The struct is copied; what `context` points to must outlive the last lock. */
void wgctl_lock_set_patience(struct wgctl_patience patience);

/* Locks an open file, exclusively, with flock(2). `path` is what the message calls it.
 * Fails with WGCTL_BUSY if
 *   - the holder has not finished in time; the message names it (from /proc/locks, proc(5));
 *   - the holder is waiting for this process, as `wgctl up` waits for a hook that calls wgctl. */
int wgctl_lock_take(int fd, const char *path, struct wgctl_error *err);

/* Opens and locks the file `name`, which is created (0600) if it does not exist. Waits, and fails,
 * as wgctl_lock_take() does. *ret_fd is the lock: close(2) releases it as well.
 *
 * A lock that others could hold or that is also locked elsewhere is replaced: one that is not a
 * regular file (a symbolic link is not followed), does not belong to the caller or root, has
 * another mode or several links. Who still holds the old one is waited for first, except for
 * another user's process. */
int wgctl_folder_lock(const struct wgctl_folder *folder, const char *name, int *ret_fd,
                      struct wgctl_error *err);

/* Releases it and sets it to -1. Does nothing if it is -1. */
void wgctl_folder_unlock(int *fd);
