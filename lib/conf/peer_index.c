#include "conf/peer_index.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const struct wgctl_peer *const *left = a, *const *right = b;
    return wgctl_key_compare(&(*left)->public_key, &(*right)->public_key);
}

int wgctl_peer_index_make(const struct wgctl_server *server, enum wgctl_indexed which,
                          struct wgctl_peer_index *ret, struct wgctl_error *err)
{
    ret->peers = calloc(server->peer_count + 1, sizeof *ret->peers);
    if (!ret->peers)
        return wgctl_fail_memory(err);
    ret->server = server;
    for (size_t i = 0; i < server->peer_count; i++)
        if (which == WGCTL_ALL_PEERS || server->peers[i].enabled)
            ret->peers[ret->count++] = &server->peers[i];
    if (!wgctl_array_is_sorted(ret->peers, ret->count, sizeof *ret->peers, compare))
        qsort(ret->peers, ret->count, sizeof *ret->peers, compare);
    return WGCTL_OK;
}

const struct wgctl_peer *wgctl_peer_index_find(const struct wgctl_peer_index *index,
                                               const struct wgctl_key *public_key)
{
    const struct wgctl_peer like = {.public_key = *public_key}, *wanted = &like;
    if (index->count == 0)
        return NULL;
    const struct wgctl_peer **found =
        bsearch(&wanted, index->peers, index->count, sizeof *index->peers, compare);
    return found ? *found : NULL;
}

void wgctl_peer_index_clear(struct wgctl_peer_index *index)
{
    free(index->peers);
    *index = (struct wgctl_peer_index){0};
}
