/* An index: a server's peers by their public keys, for whoever asks for many.
 */
#pragma once

#include "conf/server.h"

/* In the order of the keys. Good until the server is changed. Start with all zero. */
struct wgctl_peer_index {
    const struct wgctl_server *server;
    uint32_t *places; /* of the peers in the server */
    size_t count;
};
enum wgctl_indexed { WGCTL_ALL_PEERS, WGCTL_ENABLED_PEERS };
int wgctl_peer_index_make(const struct wgctl_server *server, enum wgctl_indexed which,
                          struct wgctl_peer_index *ret, struct wgctl_error *err);
const struct wgctl_peer *wgctl_peer_index_at(const struct wgctl_peer_index *index, size_t nth);
/* NULL where there is none, also where the index is all zero. */
const struct wgctl_peer *wgctl_peer_index_find(const struct wgctl_peer_index *index,
                                               const struct wgctl_key *public_key);
void wgctl_peer_index_clear(struct wgctl_peer_index *index);
#define WGCTL_PEER_INDEX __attribute__((cleanup(wgctl_peer_index_clear))) struct wgctl_peer_index
