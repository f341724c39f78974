/* The JSON files in which wg-easy (up to version 14) and dsnet keep a server. */
#pragma once

#include "net/address.h"
#include "net/key.h"
#include "net/name.h"

struct wgctl_foreign_peer {
    char *name; /* as it is there: any text */
    struct wgctl_key public_key;
    struct wgctl_key private_key;   /* all zero: it is not there */
    struct wgctl_key preshared_key; /* all zero: none */
    struct wgctl_prefixes allowed_ips;
    bool enabled;
    char added[16]; /* a date, or "" */
    char *note;     /* NULL: none */
};

struct wgctl_foreign_server {
    const char *source;              /* "wg-easy" or "dsnet" */
    char interface[WGCTL_NAME_SIZE]; /* "": it does not say */
    struct wgctl_key private_key;
    struct wgctl_prefixes addresses;
    uint16_t listen_port;      /* 0: it does not say */
    char endpoint[300];        /* the host or address; "" */
    char dns[64];              /* "" */
    char *allowed_ips;         /* what clients send through it; NULL: it does not say */
    char *post_up, *post_down; /* NULL: none */
    struct wgctl_foreign_peer *peers;
    size_t peer_count, peer_capacity;
};

/* Reads either. `file` is for messages. */
int wgctl_foreign_json_parse(const char *file, struct wgctl_slice text,
                             struct wgctl_foreign_server *ret, struct wgctl_error *err);
/* Wipes and frees. */
void wgctl_foreign_server_clear(struct wgctl_foreign_server *server);
#define WGCTL_FOREIGN_SERVER \
    __attribute__((cleanup(wgctl_foreign_server_clear))) struct wgctl_foreign_server

const struct wgctl_foreign_peer *wgctl_foreign_by_key(const struct wgctl_foreign_server *server,
                                                      const struct wgctl_key *public_key);
