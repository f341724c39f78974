/* The server's configuration: what a wg0.conf says, together with what wgctl notes in its comments.
 * server_read.h makes one, server_edit.h changes it.
 */
#pragma once

#include "conf/document.h"
#include "net/endpoint.h"
#include "net/key.h"
#include "net/name.h"

/* Peer fields that are kept as text: comment metadata and the endpoint. */
enum wgctl_peer_text {
    WGCTL_PEER_NAME, /* `# friendly_name` */
    WGCTL_PEER_ADDED,
    WGCTL_PEER_EXPIRES,
    WGCTL_PEER_NOTE,
    WGCTL_PEER_ENDPOINT, /* as it is written; parsed by wgctl_peer_endpoint() */
    WGCTL_PEER_TEXTS
};

/* One [Peer]. */
struct wgctl_peer {
    struct wgctl_key public_key;
    struct wgctl_key preshared_key;         /* all zero: none */
    struct wgctl_prefixes allowed_ips;      /* as written: in order, and with host bits */
    wgctl_position texts[WGCTL_PEER_TEXTS]; /* 0: there is none; see wgctl_peer_text() */
    uint32_t first_line;                    /* index of the line [Peer] */
    uint32_t end_line;                      /* index after the peer's last line */
    uint16_t keepalive;                     /* seconds; 0: off */
    bool enabled;                           /* false: each of its lines is behind "#- " */
};

enum wgctl_hook_kind { WGCTL_PRE_UP, WGCTL_POST_UP, WGCTL_PRE_DOWN, WGCTL_POST_DOWN };
struct wgctl_hook {
    enum wgctl_hook_kind kind;
    struct wgctl_slice command; /* as it is written, with its %i; points into the document */
};

/* For a key that is not in the file, `has_…` is false, or the field is 0 or empty. */
struct wgctl_server {
    struct wgctl_document document;
    const char *file; /* its name for messages; belongs to the caller */

    bool has_private_key;
    struct wgctl_key private_key;
    struct wgctl_key public_key;
    bool has_listen_port;
    uint16_t listen_port;
    bool has_fwmark;
    uint32_t fwmark;
    struct wgctl_prefixes addresses; /* with their host bits */
    uint32_t mtu;
    struct wgctl_slice table; /* points into the document */
    struct wgctl_text dns;    /* of all its lines, joined by commas */
    bool save_config;
    struct wgctl_hook *hooks; /* in the order of the file */
    size_t hook_count, hook_capacity;

    struct wgctl_peer *peers; /* in the order of the file, disabled ones included */
    size_t peer_count, peer_capacity;

    /* Those that somebody has commented out by hand. WireGuard does not see them, and nothing in
     * them is an error, but their addresses stay reserved. */
    struct wgctl_peer *commented;
    size_t commented_count, commented_capacity;
};

/* Wipes it and frees what it owns. */
void wgctl_server_clear(struct wgctl_server *server);
#define WGCTL_SERVER __attribute__((cleanup(wgctl_server_clear))) struct wgctl_server

/* Pointers to peers, and slices, are valid until the server is edited. */

/* Finds a peer by its name, its public key, or a prefix of the key that is unique and at least four
 * characters long. Fails with WGCTL_NOT_FOUND, or with WGCTL_INVALID if several peers match. */
int wgctl_server_find(const struct wgctl_server *server, const char *name,
                      const struct wgctl_peer **ret, struct wgctl_error *err);
/* Whether a peer, enabled or not, has exactly that name. */
bool wgctl_server_has_name(const struct wgctl_server *server, struct wgctl_slice name);
/* The first peer with that key, enabled or not; NULL if there is none. For many keys, use
 * conf/peer_index.h. */
const struct wgctl_peer *wgctl_server_by_key(const struct wgctl_server *server,
                                             const struct wgctl_key *public_key);
/* The peer that is commented out by hand and has exactly that name; NULL if there is none. */
const struct wgctl_peer *wgctl_server_commented(const struct wgctl_server *server,
                                                struct wgctl_slice name);
/* Whether the line with that index belongs to a peer that is commented out by hand. */
bool wgctl_server_is_commented(const struct wgctl_server *server, size_t line);
/* Whether both have the same hooks of that kind, in the same order. */
bool wgctl_server_same_hooks(const struct wgctl_server *a, const struct wgctl_server *b,
                             enum wgctl_hook_kind kind);

/* A text of one of the server's peers; empty if there is none. */
struct wgctl_slice wgctl_peer_text(const struct wgctl_server *server, const struct wgctl_peer *peer,
                                   enum wgctl_peer_text which);
/* The parts of a peer's endpoint. False if it has none. */
bool wgctl_peer_endpoint(const struct wgctl_server *server, const struct wgctl_peer *peer,
                         struct wgctl_endpoint *ret);
/* Parses an endpoint as a wg0.conf has it: wg(8) drops the white space in it. Fails with
 * WGCTL_INVALID. */
int wgctl_peer_parse_endpoint(struct wgctl_slice value, struct wgctl_endpoint *ret,
                              struct wgctl_error *err);
/* How messages call a peer: by its name, or else by the first characters of its key. Cut to fit
 * `size`. Returns `text`. */
char *wgctl_peer_label(const struct wgctl_server *server, const struct wgctl_peer *peer, char *text,
                       size_t size);
