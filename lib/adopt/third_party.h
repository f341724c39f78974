/* Files of other programs and users.
 *
 * Those that are believed, because they say what the server is like, obey the rule of
 * INTERFACE.conf: nobody but root and the caller can write them. Devices' files are looked for in
 * homes as well. A home is its user's, who can put anything there at any moment: a link to another
 * file, a FIFO that nobody writes to, an endless file. What is found there has to prove by its
 * content what it is. None of these functions needs a lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Opens a file that is believed, of at most `most` bytes. The caller closes *ret_fd. Fails with
 * WGCTL_NOT_FOUND if there is none, with WGCTL_DENIED, and the fix as the hint, if it is a symbolic
 * link or too large, or as wgctl_file_check() does, with WGCTL_SYSTEM if it cannot be opened. */
int wgctl_third_party_open(const char *path, size_t most, int *ret_fd, size_t *ret_size,
                           struct wgctl_error *err);
/* Appends the content of such a file. Fails in the same way. */
int wgctl_third_party_read(const char *path, size_t most, struct wgctl_text *ret,
                           struct wgctl_error *err);

/* Who can write a file. */
enum wgctl_writers {
    WGCTL_WRITERS_ROOT,   /* only root and the caller */
    WGCTL_WRITERS_OWNER,  /* only its owner, another user */
    WGCTL_WRITERS_OTHERS, /* its group, or everybody */
};

/* Called for each file or folder. May take ownership of the text. A failure ends the search and is
 * passed on. */
typedef int wgctl_third_party_file(void *user, const char *path, enum wgctl_writers writers,
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
