/* What adopting writes into a wg0.conf: each an edit of the lines it names. */
#pragma once

#include "conf/server.h"

/* Turns each block that PiVPN disabled ("#[disabled] " before every line) into a
 * disabled peer of wgctl's ("#- "). Its "### begin" and "### end" become what they
 * are around an enabled one. `ret_lines` is the number of lines changed; a block
 * that is no peer stays, and `ret_left` is the number of the lines left so. */
int wgctl_adopt_disabled(struct wgctl_document *document, size_t *ret_lines, size_t *ret_left,
                         struct wgctl_error *err);

/* Takes out each `SaveConfig = true`. Returns how many there were. */
size_t wgctl_remove_save_config(struct wgctl_document *document);

/* Writes `# friendly_name = NAME`: over the one that is there, else on a line of its
 * own under [Peer]. The peers after this one, and all slices of this one, are
 * out of date then: go from the last to the first. */
int wgctl_write_name(struct wgctl_server *server, const struct wgctl_peer *peer, const char *name,
                     struct wgctl_error *err);
