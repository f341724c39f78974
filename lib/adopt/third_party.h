/* Files of other programs and users: read no matter who owns them, and never trusted.
 *
 * A home folder is its user's, who can put anything there at any moment: a link to another file, a
 * FIFO that nobody writes to, an endless file. What is read here has to prove by its content what
 * it is. None of these functions needs a lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Appends a regular file of at most `most` bytes. `ret_trusted` (may be NULL) says whether only
 * root and the caller can write it. Fails with WGCTL_NOT_FOUND if there is none, with WGCTL_DENIED
 * if it is a symbolic link, not a regular file, or larger, with WGCTL_SYSTEM if it cannot be read.
 */
int wgctl_third_party_read(const char *path, size_t most, struct wgctl_text *ret, bool *ret_trusted,
                           struct wgctl_error *err);

/* Called for each file or folder. `trusted` means that only root and the caller can write the file.
 * May take ownership of the text. A failure ends the search and is passed on. */
typedef int wgctl_third_party_file(void *user, const char *path, bool trusted,
                                   struct wgctl_text *text, struct wgctl_error *err);
typedef int wgctl_third_party_folder(void *user, const char *path, struct wgctl_error *err);

/* Finds each regular file in the folder whose name ends in `ending` and that has at most `most`
 * bytes, sorted by name. Skips what it has no permission to read. The folder may be a symbolic link
 * (homes are, on some systems), a file may not. Fails with WGCTL_SYSTEM if the disk or memory does,
 * so that nothing is missed by chance. */
int wgctl_third_party_files(const char *folder, const char *ending, size_t most,
                            wgctl_third_party_file *take, void *user, struct wgctl_error *err);
/* Finds each folder in a folder, or link to one, in the same way, except for hidden ones. */
int wgctl_third_party_folders(const char *folder, wgctl_third_party_folder *take, void *user,
                              struct wgctl_error *err);
