/* Formats servers as text, so that tests can compare them.
 */
#pragma once

#include "servers.h"

static inline void assert_content(const struct wgctl_server *server, const char *expected)
{
    WGCTL_TEXT text = {0};
    wgctl_document_render(&server->document, &text);
    assert_text(&text, expected);
}

static inline void describe_slice(const char *name, struct wgctl_slice slice,
                                  struct wgctl_text *text)
{
    if (slice.size > 0)
        wgctl_text_format(text, " %s=%.*s", name, (int)slice.size, slice.data);
}

static inline void describe_key(const char *name, const struct wgctl_key *key,
                                struct wgctl_text *text)
{
    char value[WGCTL_KEY_TEXT_SIZE];
    if (!wgctl_key_is_zero(key))
        wgctl_text_format(text, " %s=%.4s", name, wgctl_key_format(key, value));
}

static inline void describe_peer(const struct wgctl_server *server, const struct wgctl_peer *peer,
                                 const char *kind, struct wgctl_text *text)
{
    wgctl_text_string(text, kind);
    describe_key("key", &peer->public_key, text);
    describe_slice("name", wgctl_peer_text(server, peer, WGCTL_PEER_NAME), text);
    describe_slice("added", wgctl_peer_text(server, peer, WGCTL_PEER_ADDED), text);
    describe_slice("expires", wgctl_peer_text(server, peer, WGCTL_PEER_EXPIRES), text);
    describe_slice("note", wgctl_peer_text(server, peer, WGCTL_PEER_NOTE), text);
    describe_key("psk", &peer->preshared_key, text);
    if (peer->allowed_ips.count > 0) {
        wgctl_text_string(text, " ips=");
        wgctl_prefixes_format(&peer->allowed_ips, text);
    }
    struct wgctl_endpoint endpoint;
    if (wgctl_peer_endpoint(server, peer, &endpoint)) {
        wgctl_text_string(text, " endpoint=");
        wgctl_endpoint_format(&endpoint, text);
    }
    if (peer->keepalive > 0)
        wgctl_text_format(text, " keepalive=%u", peer->keepalive);
    wgctl_text_string(text, "\n");
}

/* Writes everything that was read: a line for the interface, and one for each hook and peer. */
static inline void describe_server(const struct wgctl_server *server, struct wgctl_text *text)
{
    static const char *const hooks[] = {"PreUp", "PostUp", "PreDown", "PostDown"};
    wgctl_text_string(text, "interface");
    if (server->has_private_key)
        describe_key("key", &server->private_key, text);
    if (server->has_listen_port)
        wgctl_text_format(text, " port=%u", server->listen_port);
    if (server->has_fwmark)
        wgctl_text_format(text, " mark=%u", server->fwmark);
    if (server->addresses.count > 0) {
        wgctl_text_string(text, " addresses=");
        wgctl_prefixes_format(&server->addresses, text);
    }
    if (server->mtu > 0)
        wgctl_text_format(text, " mtu=%u", server->mtu);
    describe_slice("table", server->table, text);
    describe_slice("dns", wgctl_text_slice_of(&server->dns), text);
    wgctl_text_string(text, server->save_config ? " saves\n" : "\n");
    for (size_t i = 0; i < server->hook_count; i++)
        wgctl_text_format(text, "%s: %.*s\n", hooks[server->hooks[i].kind],
                          (int)server->hooks[i].command.size, server->hooks[i].command.data);
    for (size_t i = 0; i < server->peer_count; i++)
        describe_peer(server, &server->peers[i], server->peers[i].enabled ? "peer" : "disabled",
                      text);
    for (size_t i = 0; i < server->commented_count; i++)
        describe_peer(server, &server->commented[i], "commented", text);
}
