/* A difference: what a file says otherwise than a text that is in memory, so that of a large
 * file no more has to be there as well.
 */
#pragma once

#include "base/file.h"

struct wgctl_difference {
    size_t begin, end;         /* how many bytes both begin and end with; no byte is in both */
    struct wgctl_text between; /* what else the file has */
};
/* Compares a secret file that begins with `head` with what is to come behind that. Fails with
 * WGCTL_INVALID where it begins otherwise. */
int wgctl_difference_read(const struct wgctl_folder *folder, const char *name,
                          struct wgctl_slice head, struct wgctl_slice known,
                          struct wgctl_difference *ret, struct wgctl_error *err);
/* Whether a secret file consists of just these two; reads no further than it does. False also
 * where it cannot be read. */
bool wgctl_difference_is_none(const struct wgctl_folder *folder, const char *name,
                              struct wgctl_slice head, struct wgctl_slice rest);
void wgctl_difference_clear(struct wgctl_difference *difference);
#define WGCTL_DIFFERENCE __attribute__((cleanup(wgctl_difference_clear))) struct wgctl_difference
