/* A device: a WireGuard interface as it runs, in the kernel or in a process.
 */
#pragma once

#include "base/progress.h"
#include "net/endpoint.h"
#include "net/key.h"

struct wgctl_device_peer {
    struct wgctl_key public_key;
    struct wgctl_key preshared_key; /* all zero: none */
    union wgctl_sockaddr endpoint;
    uint16_t keepalive;                /* seconds; 0: off */
    struct wgctl_prefixes allowed_ips; /* masked */
    /* What it has done; only of a device that runs. */
    int64_t last_handshake; /* Unix time; 0: never */
    uint64_t received;      /* bytes */
    uint64_t sent;          /* bytes */
};

/* In a wanted device, what has its `has_…` false is left as it is. */
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

/* Wipes and frees. */
void wgctl_device_clear(struct wgctl_device *device);
#define WGCTL_DEVICE __attribute__((cleanup(wgctl_device_clear))) struct wgctl_device
/* Makes room for that many peers in a device that has none. */
int wgctl_device_reserve(struct wgctl_device *device, size_t count, struct wgctl_error *err);
/* A new peer at the end, all zero; NULL where memory has run out. */
struct wgctl_device_peer *wgctl_device_add_peer(struct wgctl_device *device);
/* By public key, and each peer's allowed IPs in order: as the plan walks them. */
void wgctl_device_sort(struct wgctl_device *device);

/* The peer with that key, or NULL; the device has to be sorted. */
const struct wgctl_device_peer *wgctl_device_find(const struct wgctl_device *device,
                                                  const struct wgctl_key *public_key);

/* Whether a peer that runs has just these; it may put its allowed IPs in order. */
bool wgctl_device_peer_has(struct wgctl_device_peer *running, const struct wgctl_key *preshared_key,
                           uint16_t keepalive, const struct wgctl_prefixes *allowed_ips);

/* Where an interface's WireGuard is. */
enum wgctl_backend {
    WGCTL_NO_DEVICE, /* there is no such interface */
    WGCTL_KERNEL,
    WGCTL_USERSPACE,     /* a process with a socket in /var/run/wireguard */
    WGCTL_NOT_WIREGUARD, /* the name belongs to another kind of interface */
};
int wgctl_device_backend(const char *interface, enum wgctl_backend *ret, struct wgctl_error *err);
/* The same, and fails (WGCTL_UNSUPPORTED) where it is another kind of interface. */
int wgctl_device_find_wireguard(const char *interface, enum wgctl_backend *ret,
                                struct wgctl_error *err);

/* Waits, two seconds at most, until the process of an interface that has gone lets go of its
 * socket: until then it can serve no other of that name. */
void wgctl_device_await_end(const char *interface);

/* Who reads a device may not need all of its peers; those that are left out take no memory. */
struct wgctl_device_filter {
    /* Whether a peer is left out, of which no more than that is known. NULL: none is. */
    bool (*skips)(const struct wgctl_key *public_key, void *context);
    /* Whether one is that is complete. It may put the allowed IPs in order. NULL: none is. */
    bool (*leaves_out)(struct wgctl_device_peer *peer, void *context);
    /* Where not NULL: all peers come, or come again, and what was said of them is void. */
    void (*start)(void *context);
    void *context;
};

/* A device that was asked what it is. A process makes up its answer while the one
 * who asked does something else. All zero: not asked yet. */
struct wgctl_device_query {
    bool asked;
    enum wgctl_backend backend;
    int socket; /* of a process that was asked */
};
void wgctl_device_query_clear(struct wgctl_device_query *query);
#define WGCTL_DEVICE_QUERY \
    __attribute__((cleanup(wgctl_device_query_clear))) struct wgctl_device_query

/* Asks, unless that was done. Where there is no device, `backend` says so. */
int wgctl_device_ask(const char *interface, struct wgctl_device_query *query,
                     struct wgctl_error *err);
/* Takes the answer, sorted and without what `filter` (NULL: nothing) leaves out, into `ret`,
 * which is empty. The query can then be asked again. Fails with WGCTL_NOT_FOUND where there
 * is no device. */
int wgctl_device_answer(const char *interface, struct wgctl_device_query *query,
                        const struct wgctl_device_filter *filter, struct wgctl_device *ret,
                        struct wgctl_error *err);
/* Both at once. */
int wgctl_device_read(const char *interface, const struct wgctl_device_filter *filter,
                      struct wgctl_device *ret, struct wgctl_error *err);

struct wgctl_plan;
/* Carries out what a plan says of the device. `progress` hears of the steps that are done,
 * and a signal that waits (base/signals.h) stops it between two messages; with NULL
 * neither. An error can leave a part of it done: read the device again. */
int wgctl_device_write(const char *interface, const struct wgctl_plan *plan,
                       const struct wgctl_progress *progress, struct wgctl_error *err);
