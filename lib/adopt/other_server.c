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
    wgctl_prefixes_clear(&server->addresses);
    free(server->allowed_ips);
    free(server->post_up);
    free(server->post_down);
    explicit_bzero(server, sizeof *server);
}

const struct wgctl_other_peer *wgctl_other_server_by_key(const struct wgctl_other_server *server,
                                                         const struct wgctl_key *public_key)
{
    for (size_t i = 0; i < server->peer_count; i++)
        if (wgctl_key_compare(&server->peers[i].public_key, public_key) == 0)
            return &server->peers[i];
    return NULL;
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
