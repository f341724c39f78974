/* Descriptors: read, written and closed; and files of the system, which need no folder.
 *
 * None of the functions needs a lock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* Appends what can be read from `fd`, about `expected` bytes. Returns -1 and sets errno(3) if
 * reading fails, or to EFBIG after more than `most` bytes; `ret` remembers a failed allocation. */
int wgctl_read_all(int fd, size_t expected, size_t most, struct wgctl_text *ret);
/* Writes all of `content`. Returns -1 and sets errno(3) if that fails. */
int wgctl_write_all(int fd, struct wgctl_slice content);
/* fsync(2), repeated after EINTR. Returns -1 and sets errno(3) if that fails. */
int wgctl_fsync(int fd);

/* close(2) for __attribute__((cleanup)), unless *fd is negative. */
void wgctl_close_pointer(int *fd);
#define WGCTL_FD __attribute__((cleanup(wgctl_close_pointer))) int

/* Overwrites a file of the system (in /proc, /sys or /etc) in place, as the kernel's files need
 * it. Not for secrets. */
int wgctl_file_set(const char *path, const char *content, struct wgctl_error *err);
/* Reads the first line of such a file, without the newline, truncated to size - 1 bytes. False,
 * with errno(3) set, if it cannot be read. */
bool wgctl_file_first_line(const char *path, char *line, size_t size);
/* Appends the content of such a file. False if it cannot be read. */
bool wgctl_file_content(const char *path, struct wgctl_text *ret);
