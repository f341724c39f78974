/* What another program keeps of a server in a file of its own, whatever that file's format. */
#pragma once

#include "conf/expiry.h"
#include "net/address.h"
#include "net/key.h"
#include "net/name.h"

struct wgctl_other_peer {
    char *name; /* as it is there: any text */
    struct wgctl_key public_key;
    struct wgctl_key private_key;   /* all zero: unknown */
    struct wgctl_key preshared_key; /* all zero: none */
    struct wgctl_prefixes allowed_ips;
    bool enabled;
    char added[16];                  /* a date; "": unknown */
    char expires[WGCTL_EXPIRY_SIZE]; /* as in wg0.conf; "": never */
    char *note;                      /* NULL: none */
    bool has_client;                 /* what its own configuration has is known, namely */
    char *dns, *routes;              /* NULL: what all have; `routes` are its allowed IPs */
    uint16_t mtu, keepalive;         /* 0: none */
};

/* Owns all strings but `source`. */
struct wgctl_other_server {
    const char *source;              /* the program; NULL: there is no file */
    char interface[WGCTL_NAME_SIZE]; /* "": unknown */
    struct wgctl_key private_key;    /* all zero: unknown */
    struct wgctl_prefixes addresses;
    uint16_t listen_port;      /* 0: unknown */
    char endpoint[300];        /* a host or an address, with or without a port; "": unknown */
    char dns[256];             /* "": unknown */
    char *allowed_ips;         /* what clients send through the tunnel; NULL: unknown */
    uint16_t mtu;              /* 0: unknown */
    uint16_t keepalive;        /* of clients, in seconds; 0: none, or unknown */
    char *post_up, *post_down; /* NULL: none */
    struct wgctl_other_peer *peers;
    size_t peer_count, peer_capacity;
    uint32_t *by_key; /* indexes into peers, in the order of the keys */
};

/* Wipes it and frees what it owns. */
void wgctl_other_server_clear(struct wgctl_other_server *server);
#define WGCTL_OTHER_SERVER \
    __attribute__((cleanup(wgctl_other_server_clear))) struct wgctl_other_server

/* Adds a peer that is all zero, and returns it; NULL if memory runs out. Valid until the next. */
struct wgctl_other_peer *wgctl_other_server_add(struct wgctl_other_server *server,
                                                struct wgctl_error *err);
/* Prepares for looking peers up, after the last was added. Fails if memory runs out. */
int wgctl_other_server_sort(struct wgctl_other_server *server, struct wgctl_error *err);
/* The peer with that key, the first if there are several, or NULL. */
const struct wgctl_other_peer *wgctl_other_server_by_key(const struct wgctl_other_server *server,
                                                         const struct wgctl_key *public_key);

/* Copies a text to `ret` of `size` bytes, and "" instead of one that does not fit: a part of it
 * would be something else. */
void wgctl_other_copy(const char *text, char *ret, size_t size);
