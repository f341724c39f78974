/* Names that other programs, and people, wrote into a wg0.conf as comments. Pure. */
#pragma once

#include "conf/server.h"

/* A name as it was found. */
struct wgctl_found_name {
    struct wgctl_slice text; /* points into the document; empty: none */
    const char *source;      /* which program's comment it is, "pivpn"; "comment": anybody's */
};

/* Searches the comments that are about the peer (conf/peer_extent.h), and those in its block and
 * behind its settings: first for one that a known program wrote, then for any that may be a name,
 * those with a label such as "Name:" before others. Never returns a text that may hold a key. The
 * slice is valid until the document is edited. */
struct wgctl_found_name wgctl_adopt_find_name(const struct wgctl_server *server,
                                              const struct wgctl_peer *peer);

/* Reads the private key that wg-portal writes into a peer's comments. False if there is none, or if
 * it is another peer's. */
bool wgctl_adopt_find_private_key(const struct wgctl_document *document,
                                  const struct wgctl_peer *peer, struct wgctl_key *ret);

/* The NAME in the path of a client's file NAME.conf, without the prefix that programs put before it
 * ("wg0-client-"), or in users/NAME/client.conf. Points into `path`. */
struct wgctl_slice wgctl_adopt_name_of_file(const char *path, const char *interface);
