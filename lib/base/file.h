/* Files: read safely, and replaced durably, in a folder that is opened once (base/folder.h).
 *
 * Functions with a struct wgctl_error fail with the status that fits the errno of the system
 * call, besides the statuses named at each. None of them needs a lock, unless it says so.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/folder.h"
#include "base/text.h"

enum wgctl_exposure {
    WGCTL_PUBLIC, /* others may read it */
    WGCTL_SECRET, /* it holds keys, and is refused if others can read it */
};

/* Checks a file that is open. Fails with WGCTL_DENIED, and the fix as the hint, if it is not a
 * regular file, belongs to anybody but the caller and root, or can be written to (a secret one:
 * read) by others. As wg-quick(8) sees it, nobody can get at what is in a private folder, whatever
 * the file's own mode, unless it has another name elsewhere. */
int wgctl_file_check(const struct stat *status, bool in_private_folder,
                     enum wgctl_exposure exposure, const char *path, struct wgctl_error *err);

/* Appends the content of a regular file to `ret`. Fails as the check does, with WGCTL_DENIED if the
 * file is a symbolic link, with WGCTL_NOT_FOUND if it does not exist, and with WGCTL_INVALID,
 * before anything is read, if it is larger than 256 MiB. */
int wgctl_file_read(const struct wgctl_folder *folder, const char *name,
                    enum wgctl_exposure exposure, struct wgctl_text *ret, struct wgctl_error *err);

/* Creates a file or replaces its content: a new file, fsync, rename, fsync of the folder. A reader
 * sees the old content or the new, also after a crash; after success, the new one is durable.
 * The new file is called WGCTL_FILE_NEW until it is renamed; one that a killed process has left is
 * the caller's to remove (WGCTL_EXISTS). After a failure nothing has changed, unless the last fsync
 * failed: the new content is then visible, but may not survive a power failure. */
int wgctl_file_write(const struct wgctl_folder *folder, const char *name,
                     struct wgctl_slice content, mode_t mode, struct wgctl_error *err);
#define WGCTL_FILE_NEW ".wgctl.new"

/* Removes a file. Succeeds if it does not exist. */
int wgctl_file_remove(const struct wgctl_folder *folder, const char *name, struct wgctl_error *err);
