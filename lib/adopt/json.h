/* The JSON files in which wg-easy (up to version 14) and dsnet keep a server. */
#pragma once

#include "net/address.h"
#include "net/key.h"
#include "net/name.h"

struct wgctl_json_peer {
    char *name; /* as it is in the file: any text */
    struct wgctl_key public_key;
    struct wgctl_key private_key;   /* all zero: not in the file */
    struct wgctl_key preshared_key; /* all zero: none */
    struct wgctl_prefixes allowed_ips;
    bool enabled;
    char added[16]; /* a date; "": unknown */
    char *note;     /* NULL: none */
};

/* Owns all strings but `source`. */
struct wgctl_json_server {
    const char *source;              /* "wg-easy" or "dsnet"; NULL: there is no file */
    char interface[WGCTL_NAME_SIZE]; /* "": unknown */
    struct wgctl_key private_key;
    struct wgctl_prefixes addresses;
    uint16_t listen_port;      /* 0: unknown */
    char endpoint[300];        /* a host or an address; "": unknown */
    char dns[64];              /* "": unknown */
    char *allowed_ips;         /* what clients send through the tunnel; NULL: unknown */
    char *post_up, *post_down; /* NULL: none */
    struct wgctl_json_peer *peers;
    size_t peer_count, peer_capacity;
};

/* Reads a file of either program. `file` is its name for messages. Pure. Fails with WGCTL_INVALID,
 * or with WGCTL_SYSTEM if memory runs out; `ret` is then as it was. */
int wgctl_json_server_parse(const char *file, struct wgctl_slice text,
                            struct wgctl_json_server *ret, struct wgctl_error *err);
/* Wipes it and frees what it owns. */
void wgctl_json_server_clear(struct wgctl_json_server *server);
#define WGCTL_JSON_SERVER __attribute__((cleanup(wgctl_json_server_clear))) struct wgctl_json_server

/* The peer with that key, or NULL. */
const struct wgctl_json_peer *wgctl_json_server_by_key(const struct wgctl_json_server *server,
                                                       const struct wgctl_key *public_key);
