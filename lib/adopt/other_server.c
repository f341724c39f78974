#include "adopt/other_server.h"

#include <stdlib.h>
#include <string.h>

void wgctl_other_server_clear(struct wgctl_other_server *server)
{
    for (size_t i = 0; i < server->peer_count; i++) {
        struct wgctl_other_peer *peer = &server->peers[i];
        wgctl_prefixes_clear(&peer->allowed_ips);
        free(peer->name);
        free(peer->note);
        free(peer->dns);
        free(peer->routes);
        explicit_bzero(peer, sizeof *peer);
    }
    free(server->peers);
    free(server->by_key);
    wgctl_prefixes_clear(&server->addresses);
    free(server->allowed_ips);
    free(server->post_up);
    free(server->post_down);
    explicit_bzero(server, sizeof *server);
}

struct wgctl_other_peer *wgctl_other_server_add(struct wgctl_other_server *server,
                                                struct wgctl_error *err)
{
    struct wgctl_other_peer *peers =
        wgctl_array_grow(server->peers, server->peer_count, &server->peer_capacity, sizeof *peers);
    if (!peers) {
        wgctl_fail_memory(err);
        return NULL;
    }
    server->peers = peers;
    return &peers[server->peer_count++];
}

static int compare(const void *a, const void *b, void *user)
{
    const struct wgctl_other_peer *peers = user;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int order = wgctl_key_compare(&peers[i].public_key, &peers[j].public_key);
    return order ? order : (i > j) - (i < j);
}

int wgctl_other_server_sort(struct wgctl_other_server *server, struct wgctl_error *err)
{
    free(server->by_key);
    server->by_key = calloc(server->peer_count + 1, sizeof *server->by_key);
    if (!server->by_key)
        return wgctl_fail_memory(err);
    for (size_t i = 0; i < server->peer_count; i++)
        server->by_key[i] = (uint32_t)i;
    qsort_r(server->by_key, server->peer_count, sizeof *server->by_key, compare, server->peers);
    return WGCTL_OK;
}

const struct wgctl_other_peer *wgctl_other_server_by_key(const struct wgctl_other_server *server,
                                                         const struct wgctl_key *public_key)
{
    size_t low = 0, high = server->peer_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct wgctl_other_peer *peer = &server->peers[server->by_key[middle]];
        if (wgctl_key_compare(&peer->public_key, public_key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == server->peer_count)
        return NULL;
    const struct wgctl_other_peer *peer = &server->peers[server->by_key[low]];
    return wgctl_key_compare(&peer->public_key, public_key) == 0 ? peer : NULL;
}

void wgctl_other_copy(const char *text, char *ret, size_t size)
{
    wgctl_slice_string(wgctl_slice_of(strlen(text) < size ? text : ""), ret, size);
}
