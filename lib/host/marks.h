/* Marks: whether the kernel's check of a packet's sender (rp_filter) asks for the way
 * back with the packet's mark, as the answers to WireGuard's own packets need where a
 * default route leads into the tunnel.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

bool wgctl_marks_are_heeded(void);
/* Turns it on or off, where it is not so yet. */
int wgctl_marks_heed(bool heed, struct wgctl_error *err);
