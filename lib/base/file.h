/* Files: read safely, replaced durably, in a folder that is opened once.
 *
 * Every file is reached through the folder's descriptor (openat(2) and its
 * kin) and never through a symbolic link, so that nobody can put another file
 * in its place between two calls.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

struct wgctl_folder {
    int fd; /* -1 when it is not open */
    char path[PATH_MAX];
};

/* Opens a folder. Refuses (WGCTL_DENIED) one that belongs to somebody other
 * than the caller or root, or that others can write to. */
int wgctl_folder_open(const char *path, struct wgctl_folder *ret, struct wgctl_error *err);
/* Makes a folder where it is missing. `ret_made` (may be NULL): it was. */
int wgctl_folder_make(const char *path, mode_t mode, bool *ret_made, struct wgctl_error *err);
/* Opens the folder `name` in `parent` with the same checks. Where it is missing
 * it is made, mode 0700, if `create` says so. */
int wgctl_folder_open_in(const struct wgctl_folder *parent, const char *name, bool create,
                         struct wgctl_folder *ret, struct wgctl_error *err);
void wgctl_folder_close(struct wgctl_folder *folder);
#define WGCTL_FOLDER_CLOSED ((struct wgctl_folder){.fd = -1})

enum wgctl_exposure {
    WGCTL_PUBLIC, /* others may read it */
    WGCTL_SECRET, /* refused if others can: it holds keys */
};

/* Opens a regular file for reading. Refuses (WGCTL_DENIED) a symbolic link,
 * a file of somebody other than the caller or root, one that others can write
 * to, and a secret one that others can read; the hint is the mend. */
int wgctl_file_open(const struct wgctl_folder *folder, const char *name,
                    enum wgctl_exposure exposure, int *ret_fd, size_t *ret_size,
                    struct wgctl_error *err);
/* Appends the whole of one. */
int wgctl_file_read(const struct wgctl_folder *folder, const char *name,
                    enum wgctl_exposure exposure, struct wgctl_text *ret, struct wgctl_error *err);

/* Whether there is something of that name, of whatever kind. */
bool wgctl_file_exists(const struct wgctl_folder *folder, const char *name);

/* Replaces or creates a file so that, whatever happens, a reader sees the old
 * one or the new one, and after success the new one has reached the disk: a new
 * file, fsync, rename over the old one, fsync of the folder. The folder's lock
 * must be held: the new file has a fixed name, WGCTL_FILE_NEW, until it is
 * renamed. Where it fails nothing was changed, but for the
 * last step: then the new file is there, and may be the old one after a power cut. */
int wgctl_file_write(const struct wgctl_folder *folder, const char *name,
                     struct wgctl_slice content, mode_t mode, struct wgctl_error *err);
#define WGCTL_FILE_NEW ".wgctl.new"
/* The same without fsync, for what need not outlive the next boot (/run). The two are written
 * one behind the other. */
int wgctl_file_write_volatile(const struct wgctl_folder *folder, const char *name,
                              struct wgctl_slice head, struct wgctl_slice rest,
                              struct wgctl_error *err);

/* Removes a file; one that is not there is no error. */
int wgctl_file_remove(const struct wgctl_folder *folder, const char *name, struct wgctl_error *err);

/* Writes a file that is no secret and belongs to the system (below /etc, /proc
 * or /sys): in place, as the kernel's files want it. */
int wgctl_file_set(const char *path, const char *content, struct wgctl_error *err);
/* Reads the first line of such a file, without its end. False, with errno set, where
 * it cannot be read. */
bool wgctl_file_first_line(const char *path, char *line, size_t size);
/* Appends all of such a file. False where it cannot be read. */
bool wgctl_file_content(const char *path, struct wgctl_text *ret);

/* Appends what is left to read, about `expected` bytes. Returns -1 and sets errno(3), EFBIG
 * where there are more than `most`; that memory has run out, `ret` remembers. */
int wgctl_read_all(int fd, size_t expected, size_t most, struct wgctl_text *ret);
/* Writes all of it. Returns -1 and sets errno(3) where that fails. */
int wgctl_write_all(int fd, struct wgctl_slice content);
/* fsync(2), again after a signal. Returns -1 and sets errno(3) if that fails. */
int wgctl_fsync(int fd);

/* Whether somebody holds that lock right now. */
bool wgctl_folder_is_locked(const struct wgctl_folder *folder, const char *name);
/* Opens and locks `name` (made with mode 0600 where it is missing; never removed)
 * and waits for whoever holds it, as wgctl_lock_take() does. `ret_fd` is the lock: close(2) lets go
 * as well. Removes what a killed predecessor left behind in the folder. */
int wgctl_folder_lock(const struct wgctl_folder *folder, const char *name, int *ret_fd,
                      struct wgctl_error *err);

/* Lets go of it, and sets it to -1; nothing where it is not held. */
void wgctl_folder_unlock(int *fd);

/* close(2) for __attribute__((cleanup)), where fd is not negative. */
void wgctl_close_pointer(int *fd);
#define WGCTL_FD __attribute__((cleanup(wgctl_close_pointer))) int
