/* An index of a server's peers by their public keys, for many lookups. Pure. */
#pragma once

#include "conf/server.h"

/* The peers in the order of their keys. Starts out all zero; valid until the server is edited. */
struct wgctl_peer_index {
    const struct wgctl_server *server;
    uint32_t *places; /* indexes into the server's peers; owned */
    size_t count;
};
enum wgctl_indexed { WGCTL_ALL_PEERS, WGCTL_ENABLED_PEERS };
/* Makes one. Fails with WGCTL_SYSTEM if memory runs out. */
int wgctl_peer_index_make(const struct wgctl_server *server, enum wgctl_indexed which,
                          struct wgctl_peer_index *ret, struct wgctl_error *err);
/* The peer with the `nth` lowest key, counted from 0. */
const struct wgctl_peer *wgctl_peer_index_at(const struct wgctl_peer_index *index, size_t nth);
/* The peer with that key; NULL if there is none, or if the index is all zero. */
const struct wgctl_peer *wgctl_peer_index_find(const struct wgctl_peer_index *index,
                                               const struct wgctl_key *public_key);
/* Frees what it owns; the index is all zero again. */
void wgctl_peer_index_clear(struct wgctl_peer_index *index);
#define WGCTL_PEER_INDEX __attribute__((cleanup(wgctl_peer_index_clear))) struct wgctl_peer_index
