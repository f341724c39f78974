/* Edits that adopting makes in a wg0.conf. Pure. All fail only if memory runs out. */
#pragma once

#include "conf/server.h"

/* Turns each block that PiVPN disabled ("#[disabled] " before every line) into a disabled peer of
 * wgctl's ("#- "). Its "### begin" and "### end" lose their mark. `ret_lines` is the number of
 * changed lines. A block that is not a peer stays as it is; `ret_left` is the number of its
 * lines. */
int wgctl_adopt_convert_disabled(struct wgctl_document *document, size_t *ret_lines,
                                 size_t *ret_left, struct wgctl_error *err);

/* Removes each `SaveConfig = true`. Returns how many there were. */
size_t wgctl_adopt_remove_save_config(struct wgctl_document *document);

/* Writes `# friendly_name = NAME`, over the existing one or on a line of its own below [Peer], and
 * below it, unless the note is empty, `# note = NOTE`. The
 * peers after this one, and all slices of this one, are out of date afterwards: go from the last
 * peer to the first. */
int wgctl_adopt_write_name(struct wgctl_server *server, const struct wgctl_peer *peer,
                           const char *name, struct wgctl_slice note, struct wgctl_error *err);
/* Writes `# KEY = VALUE` on a line of its own below [Peer], and moves the end of `peer`. The same
 * holds for the others. */
int wgctl_adopt_write_fact(struct wgctl_server *server, struct wgctl_peer *peer, const char *key,
                           struct wgctl_slice value, struct wgctl_error *err);
