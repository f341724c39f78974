/* Editing a server: a peer's lines are added and removed, all others stay byte for byte. */
#pragma once

#include "conf/server.h"

/* A peer to add. Empty or zero fields are omitted. The slices and the list belong to the caller. */
struct wgctl_new_peer {
    struct wgctl_slice name, added, expires, note; /* one line each */
    struct wgctl_key public_key, preshared_key;
    struct wgctl_prefixes allowed_ips;
};

/* Appends a peer's block to the document, and reads the peer from there as from any file. Pointers
 * to peers become invalid. Fails like wgctl_server_parse(); the server may then be only cleared. */
int wgctl_server_append(struct wgctl_server *server, const struct wgctl_new_peer *peer,
                        struct wgctl_error *err);
/* Removes a peer: all lines that are about it (conf/peer_extent.h), and the blank line that
 * separated it. `peer` and every other pointer to a peer become invalid. */
void wgctl_server_remove(struct wgctl_server *server, const struct wgctl_peer *peer);
