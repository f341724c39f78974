/* Folders, each opened once and checked.
 *
 * Every file is reached through its folder's descriptor (openat(2) and the like) and never
 * through a symbolic link, so that nobody can swap in another file between two calls.
 *
 * The functions fail with the status that fits the errno of the system call, besides the statuses
 * named at each. None of them needs a lock.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct stat;

/* An open folder. Close it. */
struct wgctl_folder {
    int fd;          /* -1: closed */
    bool is_private; /* nobody but root and its owner can enter it, or a folder that it is in */
    char path[PATH_MAX];
};
#define WGCTL_FOLDER_CLOSED ((struct wgctl_folder){.fd = -1})

/* Opens a folder. Fails with WGCTL_DENIED, and the fix as the hint, if it belongs to anybody but
 * the caller and root, or if others can write to it. The same holds for every folder that it is
 * in, up to the root: a user who can write to one of them could replace it. Those may be open to
 * all if only its owner can rename an entry (the sticky bit, as in /tmp). Symbolic links in the
 * path do not matter; what is checked is where the folder really is. */
int wgctl_folder_open(const char *path, struct wgctl_folder *ret, struct wgctl_error *err);
/* Creates a folder, durably, unless it exists. `ret_made` (may be NULL): it did not. */
int wgctl_folder_make(const char *path, mode_t mode, bool *ret_made, struct wgctl_error *err);
/* Opens the folder `name` in `parent` with the checks of wgctl_folder_open(). If it does not
 * exist, `create` creates it (0700). */
int wgctl_folder_open_in(const struct wgctl_folder *parent, const char *name, bool create,
                         struct wgctl_folder *ret, struct wgctl_error *err);
/* Fails with WGCTL_DENIED if its file system is mounted nosuid, as it is if an ordinary user may
 * mount it: a USB stick, or an image. That user decides what belongs to root on it, and must not
 * make root run it. */
int wgctl_folder_check_hooks(const struct wgctl_folder *folder, struct wgctl_error *err);
/* Closes it, unless it is closed already. */
void wgctl_folder_close(struct wgctl_folder *folder);

/* Whether nobody but root and its owner can enter a folder, by what stat(2) said about it. */
bool wgctl_folder_is_private(const struct stat *status);
/* Fails with WGCTL_DENIED if what stat(2) said about `path` is that it belongs to anybody but the
 * caller and root. */
int wgctl_owner_check(const struct stat *status, const char *path, struct wgctl_error *err);
