/* The server's configuration: what a wg0.conf says, read as wg(8) and
 * wg-quick(8) read it, together with what wgctl notes in comments.
 */
#pragma once

#include "base/difference.h"
#include "conf/document.h"
#include "net/endpoint.h"
#include "net/key.h"
#include "net/name.h"

/* What of a peer is kept as text only: what its comments note, and where it is reached. */
enum wgctl_peer_text {
    WGCTL_PEER_NAME, /* `# friendly_name` */
    WGCTL_PEER_ADDED,
    WGCTL_PEER_EXPIRES,
    WGCTL_PEER_NOTE,
    WGCTL_PEER_ENDPOINT, /* as it is written; wgctl_peer_endpoint() */
    WGCTL_PEER_TEXTS
};

/* One [Peer]. */
struct wgctl_peer {
    struct wgctl_key public_key;
    struct wgctl_key preshared_key;         /* all zero: none */
    struct wgctl_prefixes allowed_ips;      /* masked, in the file's order */
    wgctl_position texts[WGCTL_PEER_TEXTS]; /* 0: there is none; wgctl_peer_text() */
    uint32_t first_line;                    /* of [Peer] */
    uint32_t end_line;  /* after its last line, before what belongs to the next */
    uint16_t keepalive; /* seconds; 0: off */
    bool enabled;       /* false: every line of it is behind "#- " */
};

/* A peer that is to be. Of what is empty, or all zero, it gets no line. */
struct wgctl_new_peer {
    struct wgctl_slice name, added, expires, note;
    struct wgctl_key public_key, preshared_key;
    struct wgctl_prefixes allowed_ips;
};

enum wgctl_hook_kind { WGCTL_PRE_UP, WGCTL_POST_UP, WGCTL_PRE_DOWN, WGCTL_POST_DOWN };
struct wgctl_hook {
    enum wgctl_hook_kind kind;
    struct wgctl_slice command; /* as it is written, with its %i */
};

/* A key that is not in the file has `has_…` false, or is 0, or empty. */
struct wgctl_server {
    struct wgctl_document document;
    const char *file; /* its name, for messages; the caller's */

    bool has_private_key;
    struct wgctl_key private_key;
    struct wgctl_key public_key;
    bool has_listen_port;
    uint16_t listen_port;
    bool has_fwmark;
    uint32_t fwmark;
    struct wgctl_prefixes addresses; /* with their host bits */
    uint32_t mtu;
    struct wgctl_slice table;
    struct wgctl_text dns; /* of all its lines, with commas between */
    bool save_config;
    struct wgctl_hook *hooks;
    size_t hook_count, hook_capacity;

    struct wgctl_peer *peers;
    size_t peer_count, peer_capacity;
    uint32_t interface_line; /* of the last [Interface], as it was read */
};

/* Reads it; takes `source` over, also where it fails. `file` has to live as long
 * as the server. An error names the line. */
int wgctl_server_parse(const char *file, struct wgctl_text *source, struct wgctl_server *ret,
                       struct wgctl_error *err);
/* Parses a file of which it is known where it differs from the text of `known`, which may not
 * have been edited since. The peers whose place in that is set in `left_out` (NULL: none) need
 * not be there, with the disabled ones that stand below them; the others are in the file's
 * order. An error may name another line. */
int wgctl_server_parse_beside(const char *file, const struct wgctl_difference *difference,
                              const struct wgctl_server *known, const bool *left_out,
                              struct wgctl_server *ret, struct wgctl_error *err);
/* Wipes and frees. */
void wgctl_server_clear(struct wgctl_server *server);
#define WGCTL_SERVER __attribute__((cleanup(wgctl_server_clear))) struct wgctl_server

/* Finds a peer by its name, its public key, or a beginning of at least four
 * characters of the key that only one peer has. */
int wgctl_server_find(const struct wgctl_server *server, const char *name,
                      const struct wgctl_peer **ret, struct wgctl_error *err);
/* Whether a peer, enabled or not, has that name: exactly. */
bool wgctl_server_has_name(const struct wgctl_server *server, struct wgctl_slice name);
const struct wgctl_peer *wgctl_server_by_key(const struct wgctl_server *server,
                                             const struct wgctl_key *public_key);

/* Appends a peer's block: its text goes to the end of the document, and the
 * peer is read from there as from any file. */
int wgctl_server_append(struct wgctl_server *server, const struct wgctl_new_peer *peer,
                        struct wgctl_error *err);
/* Removes a peer with all its lines, the comments directly above it, and the
 * blank line that separated it. `peer` and every other pointer to a peer become
 * invalid. */
void wgctl_server_remove(struct wgctl_server *server, const struct wgctl_peer *peer);

/* Whether both run the same commands at that time. */
bool wgctl_server_same_hooks(const struct wgctl_server *a, const struct wgctl_server *b,
                             enum wgctl_hook_kind kind);

/* Fails because of a key that two enabled peers have, or that is the server's own; the
 * message names the line. */
int wgctl_server_fail_key(const struct wgctl_server *server, const struct wgctl_key *public_key,
                          struct wgctl_error *err);
/* Fails because of a network that stands twice among the allowed IPs of enabled peers;
 * the message names the second line. */
int wgctl_server_fail_allowed_ip(const struct wgctl_server *server,
                                 const struct wgctl_prefix *network, struct wgctl_error *err);

/* A text of one of the server's peers; empty where there is none. Good until the document is
 * edited. */
struct wgctl_slice wgctl_peer_text(const struct wgctl_server *server, const struct wgctl_peer *peer,
                                   enum wgctl_peer_text which);
/* The endpoint's parts. False where it has none. */
bool wgctl_peer_endpoint(const struct wgctl_server *server, const struct wgctl_peer *peer,
                         struct wgctl_endpoint *ret);
/* How messages call it: its name, or the first characters of its key. Returns `text`. */
char *wgctl_peer_label(const struct wgctl_server *server, const struct wgctl_peer *peer, char *text,
                       size_t size);
