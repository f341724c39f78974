/* Files of others: read, whoever owns them, and never trusted.
 *
 * A home folder is its user's, who can put anything there at any moment: a link
 * to another file, a FIFO that nobody writes to, a file without end. What is
 * read here has to prove by its content what it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Appends a regular file of at most `most` bytes. WGCTL_NOT_FOUND where there is
 * none; WGCTL_DENIED for a symbolic link, what is no regular file, and what is
 * longer. */
int wgctl_foreign_read(const char *path, size_t most, struct wgctl_text *ret,
                       struct wgctl_error *err);

/* What is done with each file or folder. `trusted` says that only root and the
 * caller could write the file. It may take the text over. A failure ends the search
 * and is handed on. */
typedef int wgctl_foreign_file(void *user, const char *path, bool trusted, struct wgctl_text *text,
                               struct wgctl_error *err);
typedef int wgctl_foreign_folder(void *user, const char *path, struct wgctl_error *err);

/* Each regular file in the folder whose name ends in `ending` and that is at most
 * `most` bytes long, in the order of their names. What may not be read is passed
 * over. The folder may be a link (homes are, on some systems), a file may not.
 * Fails where the system does (WGCTL_SYSTEM): nothing is missed by chance. */
int wgctl_foreign_files(const char *folder, const char *ending, size_t most,
                        wgctl_foreign_file *take, void *user, struct wgctl_error *err);
/* Each folder in a folder, or link to one, likewise, but for hidden ones. */
int wgctl_foreign_folders(const char *folder, wgctl_foreign_folder *take, void *user,
                          struct wgctl_error *err);
