/* A tunnel: a WireGuard interface and its files.
 *
 * Open it, change it in memory, look at what would change, commit. Until the
 * commit nothing is touched; the commit takes place as a whole or not at all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/progress.h"
#include "base/text.h"
#include "net/name.h"

struct wgctl_tunnel;

/* Where wg-quick(8) looks for its files, and wgctl too where no other is named. */
#define WGCTL_FOLDER "/etc/wireguard"

enum wgctl_access {
    WGCTL_READ,
    WGCTL_CHANGE, /* the files; holds the folder's lock, which another wgctl waits for */
    WGCTL_APPLY,  /* the files, and what runs */
    WGCTL_HOLD,   /* as WGCTL_CHANGE, also where the file says SaveConfig = true: for up, down and
                     adopt, which know what to do with that */
    WGCTL_RECONCILE, /* what runs only, also if the file says SaveConfig = true: for apply */
    /* Combined with one of the others: opens it for wgctl_tunnel_plan() only. Takes no lock,
     * recovers nothing, and needs no right to write. */
    WGCTL_DRY_RUN = 1 << 4,
};

/* Opens the tunnel `interface` whose files are in `folder`: reads and checks INTERFACE.conf and
 * INTERFACE.ini. Unless it is opened for reading or as a dry run, it takes the folder's lock, and
 * finishes or drops what a killed commit left. Fails with WGCTL_NOT_FOUND if there is no such
 * tunnel, with WGCTL_BUSY if the lock is not free in time. */
int wgctl_tunnel_open(const char *folder, const char *interface, enum wgctl_access access,
                      struct wgctl_tunnel **ret, struct wgctl_error *err);
/* The files that opening left alone, ", " between them, because their owner edited them after a
 * commit was killed before it had replaced them; "" if there are none. Valid until the tunnel is
 * closed. */
const char *wgctl_tunnel_left_alone(const struct wgctl_tunnel *tunnel);
/* Lets go of the lock, wipes and frees; sets the pointer to NULL. */
void wgctl_tunnel_close(struct wgctl_tunnel **tunnel);
#define WGCTL_TUNNEL __attribute__((cleanup(wgctl_tunnel_close))) struct wgctl_tunnel

const char *wgctl_tunnel_interface(const struct wgctl_tunnel *tunnel);

/* The interface that is meant where none is named: the only one that has a
 * configuration in `folder`, else wg0. An unreadable folder counts as an empty one. */
void wgctl_tunnel_default(const char *folder, char interface[WGCTL_NAME_SIZE]);

/* ---- peers ---- */

/* One peer, as texts to show. They belong to the tunnel and are good until it is
 * changed; what is not known is "". They come from a file that is edited by
 * hand: escape them before a terminal sees them. */
struct wgctl_peer_info {
    char label[WGCTL_LABEL_SIZE]; /* its name, or the beginning of its key */
    struct wgctl_slice name;
    struct wgctl_slice added;   /* a date: 2026-11-22 */
    struct wgctl_slice expires; /* a time: 2026-12-24T18:00:00Z */
    struct wgctl_slice note;
    char public_key[45];
    bool enabled;
    bool has_preshared_key;
    size_t address_count; /* its allowed IPs: wgctl_tunnel_peer_address() */
};
size_t wgctl_tunnel_peer_count(const struct wgctl_tunnel *tunnel);
/* The peer at `index`, in the file's order. */
void wgctl_tunnel_peer(const struct wgctl_tunnel *tunnel, size_t index,
                       struct wgctl_peer_info *ret);
/* One of its allowed IPs as text: "10.73.21.2/32". Returns `text`. */
enum { WGCTL_ADDRESS_TEXT_SIZE = 50 };
char *wgctl_tunnel_peer_address(const struct wgctl_tunnel *tunnel, size_t index, size_t which,
                                char text[WGCTL_ADDRESS_TEXT_SIZE]);
/* Where the peer of that name stands: its name, its public key, or a beginning of
 * the key that only one peer has. */
int wgctl_tunnel_find_peer(const struct wgctl_tunnel *tunnel, const char *name, size_t *ret,
                           struct wgctl_error *err);

/* What a new peer is to be. NULL and false: the default. */
struct wgctl_peer_request {
    const char *name;
    const char *addresses;   /* "10.73.21.9,fd5c::9"; the next free ones of each family left out */
    const char *allowed_ips; /* for the client: "full", "split", "lan", or a list of networks */
    const char *dns;
    const char *mtu;
    const char *keepalive;
    const char *lan;        /* networks behind this peer */
    const char *public_key; /* the device keeps its private key */
    const char *expires;    /* "7d", "12h", "2w", "2026-12-24", "2026-12-24T18:00:00Z" */
    const char *note;
    bool no_preshared_key;
    bool no_store; /* the client's file is not kept here */
};

/* Adds a peer: new keys, free addresses, and its client's file. */
int wgctl_tunnel_add_peer(struct wgctl_tunnel *tunnel, const struct wgctl_peer_request *request,
                          struct wgctl_error *err);
/* Removes a peer and its client's file. */
int wgctl_tunnel_revoke(struct wgctl_tunnel *tunnel, const char *name, struct wgctl_error *err);

/* Appends the client's file of a peer, also of one that was just added. It holds
 * the client's private key. */
int wgctl_tunnel_client(const struct wgctl_tunnel *tunnel, const char *name, struct wgctl_text *ret,
                        struct wgctl_error *err);
/* As above, for a device to import: fails where the private key is not in it. */
int wgctl_tunnel_client_import(const struct wgctl_tunnel *tunnel, const char *name,
                               struct wgctl_text *ret, struct wgctl_error *err);

/* ---- the server ---- */

/* Sets the public endpoint, "HOST" or "HOST:PORT" (the port is else the one
 * there was, or the server's own), in INTERFACE.ini and in every client's file.
 * `ret_clients` is the number of files that follow, `ret_elsewhere` the number of
 * peers whose file is not here. */
int wgctl_tunnel_set_endpoint(struct wgctl_tunnel *tunnel, const char *endpoint,
                              size_t *ret_clients, size_t *ret_elsewhere, struct wgctl_error *err);
/* Appends the public endpoint, "host:port"; nothing where it is not set. */
void wgctl_tunnel_endpoint(const struct wgctl_tunnel *tunnel, struct wgctl_text *ret);

/* ---- plan and commit ---- */

/* One thing that changes, in the order in which it does. `op` is a stable name:
 *   on disk:       write_file, remove_file (`value` is the path)
 *   the device:    set_private_key, set_listen_port, set_fwmark
 *   a peer:        add_peer, set_preshared_key, set_endpoint, set_keepalive,
 *                  add_allowed_ip, remove_allowed_ip, remove_peer
 *   the interface: create_interface, delete_interface, add_address, remove_address, set_mtu,
 *                  set_up, set_dns, unset_dns
 *   routes:        remove_route, add_route, remove_rule, add_rule (policy rules, with their
 *                  firewall)
 *   the owner's:   run_pre_up, run_post_up, run_pre_down, run_post_down (`value` is the
 *                  command), save_config
 * No secret is in it. */
struct wgctl_change {
    const char *op;
    char peer[WGCTL_LABEL_SIZE];      /* its label; "" where it is no peer's */
    char public_key[45];              /* "" likewise */
    char *value;                      /* what it becomes, or what goes; "" where it is a secret */
    char *before;                     /* what it was; "" where there was nothing, or a secret */
    char from_peer[WGCTL_LABEL_SIZE]; /* of an allowed IP: the label of the peer that has it until
                                         then; or "" */
    bool is_drift; /* the file has not changed: what runs was changed beside it */
};
struct wgctl_changes {
    size_t most; /* how many of them to list, set by who asks; 0: all */
    struct wgctl_change *items;
    size_t listed, capacity;
    size_t count;   /* of all, also of those that are not listed */
    bool has_drift; /* some of all are drift */
    bool is_up;     /* the interface runs, so that its changes are among them */
};
void wgctl_changes_clear(struct wgctl_changes *changes);
#define WGCTL_CHANGES __attribute__((cleanup(wgctl_changes_clear))) struct wgctl_changes

/* What a commit now would do, in order. Changes nothing. */
int wgctl_tunnel_plan(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                      struct wgctl_error *err);

/* The same for wgctl_tunnel_up() and wgctl_tunnel_down(); they fail as these do. Names of
 * endpoints are not looked up. */
int wgctl_tunnel_plan_up(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                         struct wgctl_error *err);
int wgctl_tunnel_plan_down(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                           struct wgctl_error *err);

/* Makes the changes last: all files durably and together (store/store.h), then what runs, if the
 * tunnel was opened for it and is up. If anything fails, everything is put back, and the error
 * says so. `ret` (may be NULL) is what was done. Needs the lock. Fails with WGCTL_BUSY if a file
 * was edited since the tunnel was opened. */
int wgctl_tunnel_commit(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                        struct wgctl_error *err);

/* From now on the caller hears how far a commit that takes long has come. */
void wgctl_tunnel_on_progress(struct wgctl_tunnel *tunnel, struct wgctl_progress progress);

/* ---- up and down ---- */

/* Brings the interface up as wg-quick(8) would from the same file; whatever fails, what was done is
 * undone. What an interface left behind that went otherwise than by wgctl_tunnel_down() is cleaned
 * up first. The lock is let go while it waits for a name server, and the file read again then.
 * `ret_userspace` (may be NULL) is set if the kernel has no WireGuard and a process runs it. Fails
 * with WGCTL_EXISTS if it is up. */
int wgctl_tunnel_up(struct wgctl_tunnel *tunnel, bool *ret_userspace, struct wgctl_error *err);
/* Takes it down: what was applied last goes, whatever the file says now. Also finishes what a
 * killed `up` or `down` left. Once PreDown and SaveConfig have succeeded nothing stops it;
 * `ret_warning` (may be NULL) is the first thing that failed then, without a message if nothing
 * did. Fails with WGCTL_NOT_FOUND if it is not up. */
int wgctl_tunnel_down(struct wgctl_tunnel *tunnel, struct wgctl_error *ret_warning,
                      struct wgctl_error *err);
/* Whether there is a WireGuard interface of that name; fails where it is another kind. */
int wgctl_tunnel_is_up(const char *interface, bool *ret, struct wgctl_error *err);
