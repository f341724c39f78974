/* Formats devices as text, so that tests can compare them.
 */
#pragma once

#include "device/device.h"

static inline void describe_key(const char *name, const struct wgctl_key *key,
                                struct wgctl_text *text)
{
    char hex[WGCTL_KEY_HEX_SIZE];
    if (!wgctl_key_is_zero(key))
        wgctl_text_format(text, " %s=%.8s", name, wgctl_key_format_hex(key, hex));
}

static inline void describe_peer(const struct wgctl_device_peer *peer, struct wgctl_text *text)
{
    char endpoint[WGCTL_ENDPOINT_TEXT_SIZE];
    describe_key("peer", &peer->public_key, text);
    describe_key("psk", &peer->preshared_key, text);
    if (peer->endpoint.family != AF_UNSPEC)
        wgctl_text_format(text, " at %s", wgctl_sockaddr_format(&peer->endpoint, endpoint));
    if (peer->keepalive > 0)
        wgctl_text_format(text, " every %u", peer->keepalive);
    if (peer->last_handshake || peer->received || peer->sent)
        wgctl_text_format(text, " handshake %lld in %llu out %llu", (long long)peer->last_handshake,
                          (unsigned long long)peer->received, (unsigned long long)peer->sent);
    wgctl_text_string(text, peer->allowed_ips.count > 0 ? " for " : "");
    wgctl_prefixes_format(&peer->allowed_ips, text);
    wgctl_text_string(text, "\n");
}

static inline void describe(const struct wgctl_device *device, struct wgctl_text *text)
{
    wgctl_text_string(text, "device");
    if (device->has_private_key)
        describe_key("key", &device->private_key, text);
    if (device->has_listen_port)
        wgctl_text_format(text, " port=%u", device->listen_port);
    if (device->has_fwmark)
        wgctl_text_format(text, " mark=%u", device->fwmark);
    wgctl_text_string(text, "\n");
    for (size_t i = 0; i < device->peer_count; i++)
        describe_peer(&device->peers[i], text);
}
