/* Formats the meaning of a file as text.
 */
#pragma once

#include "conf/server.h"

/* Describes the interface and each peer, except the one with the index `left_out`. */
static inline struct wgctl_text meaning(const struct wgctl_server *server, size_t left_out)
{
    struct wgctl_text text = {0};
    char key[WGCTL_KEY_TEXT_SIZE];
    wgctl_text_format(&text, "%s %d %u %d %u %u %d %.*s\n",
                      wgctl_key_format(&server->private_key, key), server->has_listen_port,
                      server->listen_port, server->has_fwmark, server->fwmark, server->mtu,
                      server->save_config, (int)server->table.size, server->table.data);
    wgctl_prefixes_format(&server->addresses, &text);
    for (size_t i = 0; i < server->hook_count; i++)
        wgctl_text_format(&text, "\n%d %.*s", server->hooks[i].kind,
                          (int)server->hooks[i].command.size, server->hooks[i].command.data);
    for (size_t i = 0; i < server->peer_count; i++) {
        const struct wgctl_peer *peer = &server->peers[i];
        if (i == left_out)
            continue;
        wgctl_text_format(&text, "\n%d %s ", peer->enabled,
                          wgctl_key_format(&peer->public_key, key));
        wgctl_text_format(&text, "%s %u ", wgctl_key_format(&peer->preshared_key, key),
                          peer->keepalive);
        wgctl_text_slice(&text, wgctl_peer_text(server, peer, WGCTL_PEER_ENDPOINT));
        wgctl_text_string(&text, " ");
        wgctl_text_slice(&text, wgctl_peer_text(server, peer, WGCTL_PEER_NAME));
        wgctl_text_string(&text, " ");
        wgctl_prefixes_format(&peer->allowed_ips, &text);
    }
    return text;
}
