/* A device: the state of a WireGuard interface as a value. Pure; device/wireguard.h reads and
 * changes the real ones. */
#pragma once

#include "net/endpoint.h"
#include "net/key.h"

struct wgctl_device_peer {
    struct wgctl_key public_key;
    struct wgctl_key preshared_key;    /* all zero: none */
    union wgctl_sockaddr endpoint;     /* AF_UNSPEC: none */
    uint16_t keepalive;                /* seconds; 0: off */
    struct wgctl_prefixes allowed_ips; /* masked; owned */
    /* Only of a device that runs: */
    int64_t last_handshake; /* Unix time; 0: never */
    uint64_t received;      /* bytes */
    uint64_t sent;          /* bytes */
};

/* In a desired device, a field whose `has_…` is false is left as it is. */
struct wgctl_device {
    bool has_private_key;
    struct wgctl_key private_key;
    bool has_listen_port;
    uint16_t listen_port;
    bool has_fwmark;
    uint32_t fwmark;
    struct wgctl_device_peer *peers;
    size_t peer_count, peer_capacity;
};

/* Wipes it and frees what it owns; the device is all zero and can be used again. */
void wgctl_device_clear(struct wgctl_device *device);
#define WGCTL_DEVICE __attribute__((cleanup(wgctl_device_clear))) struct wgctl_device
/* Makes room for `count` peers in a device without peers. Fails with WGCTL_SYSTEM. */
int wgctl_device_reserve(struct wgctl_device *device, size_t count, struct wgctl_error *err);
/* Adds a peer, all zero. The pointer is valid until the next one is added. NULL if memory runs
 * out. */
struct wgctl_device_peer *wgctl_device_add_peer(struct wgctl_device *device);
/* Sorts the peers by public key, and the allowed IPs of each, as device/plan.h needs them. */
void wgctl_device_sort(struct wgctl_device *device);
/* The peer with that key in a sorted device, or NULL. Valid until the device is changed. */
const struct wgctl_device_peer *wgctl_device_find(const struct wgctl_device *device,
                                                  const struct wgctl_key *public_key);
