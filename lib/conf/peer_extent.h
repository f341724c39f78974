/* What a file says about a peer around its own lines: a title above it, the markers of the program
 * that wrote it, a last comment. Pure.
 *
 * Comments belong to the owner of the file, so one counts as the peer's only if that is certain:
 * the same program wrote both its ends, a blank line separates it from everything else, or it has
 * the peer's name.
 */
#pragma once

#include "conf/server.h"

/* A comment that begins or ends something: "# BEGIN_PEER phone", "### end phone ###". */
struct wgctl_marker {
    enum { WGCTL_MARKER_NONE, WGCTL_MARKER_BEGIN, WGCTL_MARKER_END } kind;
    struct wgctl_slice label; /* "phone" */
};
struct wgctl_marker wgctl_marker_parse(struct wgctl_slice comment);

/* Lines from `first` to before `end`. */
struct wgctl_extent {
    uint32_t first, end;
    struct wgctl_slice label; /* of the two markers around this peer and no other; empty: none */
};
/* All lines that are about the peer, its own included. Disabled and commented peers among them are
 * peers of their own. */
struct wgctl_extent wgctl_peer_extent(const struct wgctl_server *server,
                                      const struct wgctl_peer *peer);
