#include "conf/peer_index.h"

#include <stdlib.h>

static const struct wgctl_key *key_at(const struct wgctl_peer *peers, uint32_t place)
{
    return &peers[place].public_key;
}

static int compare(const void *a, const void *b, void *peers)
{
    const uint32_t *left = a, *right = b;
    return wgctl_key_compare(key_at(peers, *left), key_at(peers, *right));
}

static bool is_sorted(const struct wgctl_peer_index *index)
{
    struct wgctl_peer *peers = index->server->peers;
    for (size_t i = 1; i < index->count; i++)
        if (compare(&index->places[i - 1], &index->places[i], peers) > 0)
            return false;
    return true;
}

int wgctl_peer_index_make(const struct wgctl_server *server, enum wgctl_indexed which,
                          struct wgctl_peer_index *ret, struct wgctl_error *err)
{
    ret->places = calloc(server->peer_count + 1, sizeof *ret->places);
    if (!ret->places)
        return wgctl_fail_memory(err);
    ret->server = server;
    for (size_t i = 0; i < server->peer_count; i++)
        if (which == WGCTL_ALL_PEERS || server->peers[i].enabled)
            ret->places[ret->count++] = (uint32_t)i;
    if (!is_sorted(ret))
        qsort_r(ret->places, ret->count, sizeof *ret->places, compare, server->peers);
    return WGCTL_OK;
}

const struct wgctl_peer *wgctl_peer_index_at(const struct wgctl_peer_index *index, size_t nth)
{
    return &index->server->peers[index->places[nth]];
}

const struct wgctl_peer *wgctl_peer_index_find(const struct wgctl_peer_index *index,
                                               const struct wgctl_key *public_key)
{
    size_t first = 0, end = index->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        const struct wgctl_peer *peer = wgctl_peer_index_at(index, middle);
        int order = wgctl_key_compare(&peer->public_key, public_key);
        if (order == 0)
            return peer;
        if (order < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

void wgctl_peer_index_clear(struct wgctl_peer_index *index)
{
    free(index->places);
    *index = (struct wgctl_peer_index){0};
}
