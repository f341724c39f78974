/* Names that other programs, and people, wrote into a wg0.conf as comments. */
#pragma once

#include "conf/server.h"

/* A name as it was found. */
struct wgctl_found_name {
    struct wgctl_slice text; /* points into the document; empty: none */
    const char *source;      /* whose comment it was, "pivpn"; "comment" for anybody's */
};

/* Looks at the comments directly above [Peer], in the block, and behind its
 * settings: first for one that a known program wrote, then for any that may be a
 * name. Never yields a text that may hold a key. */
struct wgctl_found_name wgctl_adopted_name(const struct wgctl_document *document,
                                           const struct wgctl_peer *peer);

/* The private key that wg-portal writes into a peer's comments. False where there is
 * none, or it is another peer's. */
bool wgctl_adopted_private_key(const struct wgctl_document *document, const struct wgctl_peer *peer,
                               struct wgctl_key *ret);

/* The name of the file NAME.conf of a client, without what programs put before
 * NAME ("wg0-client-"). `path` may have folders before it. */
struct wgctl_slice wgctl_adopted_file_name(const char *path, const char *interface);

/* Makes of it a name that wgctl takes: blanks become hyphens, what else is not
 * allowed goes, and it is cut after 15 characters. False where nothing is left. */
bool wgctl_adapt_name(struct wgctl_slice text, char name[WGCTL_NAME_SIZE]);
/* Puts "-2" or the like at the end of it, in the place of its last characters
 * where it gets too long. */
void wgctl_number_name(const char *name, unsigned number, char ret[WGCTL_NAME_SIZE]);
