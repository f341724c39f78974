/* A tunnel: a WireGuard interface and its files.
 *
 * Open it, change it in memory, look at the plan, and commit. Nothing is touched before the commit,
 * which happens completely or not at all. Strings from files may have been edited by hand, so
 * escape them before printing them on a terminal.
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

/* The default folder, which is also that of wg-quick(8). */
#define WGCTL_FOLDER "/etc/wireguard"

/* What a tunnel is opened for. All but WGCTL_READ hold the folder's lock. */
enum wgctl_access {
    WGCTL_READ,
    WGCTL_CHANGE,    /* changes files */
    WGCTL_APPLY,     /* changes files and the running interface */
    WGCTL_HOLD,      /* like WGCTL_CHANGE, but allows SaveConfig = true; for up, down and adopt */
    WGCTL_RECONCILE, /* changes the running interface; allows SaveConfig = true; for apply */
    /* Added to one of the others: only for plans. Takes no lock, recovers nothing, and does not
     * need permission to write. */
    WGCTL_DRY_RUN = 1 << 4,
};

/* Opens the tunnel `interface` in `folder`: reads and checks INTERFACE.conf and INTERFACE.ini. If
 * `access` requires the lock, also takes it, and completes or discards what a killed commit left.
 * The caller closes *ret. Fails with
 *   WGCTL_NOT_FOUND    if there is no such tunnel
 *   WGCTL_BUSY         if the lock is not free in time
 *   WGCTL_INVALID      if a file is not valid
 *   WGCTL_DENIED       if a file is not safe to use, or without the right to do it
 *   WGCTL_UNSUPPORTED  if the file has SaveConfig = true and `access` does not allow it */
int wgctl_tunnel_open(const char *folder, const char *interface, enum wgctl_access access,
                      struct wgctl_tunnel **ret, struct wgctl_error *err);
/* Returns the files, separated by ", ", that a killed commit was about to replace and that were
 * left alone because their owner has edited them since; "" if there are none. Valid until the
 * tunnel is closed. */
const char *wgctl_tunnel_left_alone(const struct wgctl_tunnel *tunnel);
/* Releases the lock, wipes and frees the tunnel, and sets the pointer to NULL. */
void wgctl_tunnel_close(struct wgctl_tunnel **tunnel);
#define WGCTL_TUNNEL __attribute__((cleanup(wgctl_tunnel_close))) struct wgctl_tunnel

/* Returns the interface's name. Valid until the tunnel is closed. */
const char *wgctl_tunnel_interface(const struct wgctl_tunnel *tunnel);

/* Finds the default interface: the only one with a configuration in `folder`, or else wg0. A folder
 * that cannot be read counts as empty. Needs no lock. */
void wgctl_tunnel_default(const char *folder, char interface[WGCTL_NAME_SIZE]);

/* ---- peers ---- */

/* A peer, as text. The slices belong to the tunnel and are valid until it is changed. Unknown
 * values are empty. */
struct wgctl_peer_info {
    char label[WGCTL_LABEL_SIZE]; /* the name, or else the beginning of the key */
    struct wgctl_slice name;
    struct wgctl_slice added;   /* a date: 2026-11-22 */
    struct wgctl_slice expires; /* a time: 2026-12-24T18:00:00Z */
    struct wgctl_slice note;
    bool enabled;
    bool has_preshared_key;
    size_t address_count; /* the number of allowed IPs: wgctl_tunnel_peer_address() */
    size_t line;          /* the number of its line [Peer] */
};
/* Returns the number of peers, including disabled ones. */
size_t wgctl_tunnel_peer_count(const struct wgctl_tunnel *tunnel);
/* Returns the number of peers that are commented out by hand. Their addresses stay reserved, and
 * they cannot be found by name. Their indexes follow those of the other peers. */
size_t wgctl_tunnel_commented_count(const struct wgctl_tunnel *tunnel);
/* Describes the peer at `index`, in the file's order. */
void wgctl_tunnel_peer(const struct wgctl_tunnel *tunnel, size_t index,
                       struct wgctl_peer_info *ret);
/* Writes the peer's public key in base64. Returns `text`. */
char *wgctl_tunnel_peer_key(const struct wgctl_tunnel *tunnel, size_t index, char text[45]);
enum { WGCTL_ADDRESS_TEXT_SIZE = 50 };
/* Writes one of the peer's allowed IPs as it is in the file, such as "10.73.21.2/32". Returns
 * `text`. */
char *wgctl_tunnel_peer_address(const struct wgctl_tunnel *tunnel, size_t index, size_t which,
                                char text[WGCTL_ADDRESS_TEXT_SIZE]);
/* Finds a peer's index by its name, its public key, or a unique prefix of the key. Fails with
 * WGCTL_NOT_FOUND, or with WGCTL_INVALID if several peers match. */
int wgctl_tunnel_find_peer(const struct wgctl_tunnel *tunnel, const char *name, size_t *ret,
                           struct wgctl_error *err);

/* A new peer. NULL and false mean the default. All strings are parsed and checked. */
struct wgctl_peer_request {
    const char *name;
    const char *addresses;   /* "10.73.21.9,fd5c::9"; a missing family gets the next free one */
    const char *allowed_ips; /* for the client: a word of conf/typed.h, or a list of networks */
    const char *dns;
    const char *mtu;
    const char *keepalive;
    const char *lan;        /* networks behind this peer */
    const char *public_key; /* if only the device has the private key */
    const char *expires;    /* "7d", "12h", "2w", "2026-12-24", "2026-12-24T18:00:00Z" */
    const char *note;
    bool no_preshared_key;
    bool no_store; /* do not store the client's file */
};

/* Adds a peer with new keys, free addresses and a client file. Fails with
 *   WGCTL_INVALID  if a value is not valid, or the server's endpoint is not set
 *   WGCTL_EXISTS   if the name, the key or an address is in use
 *   WGCTL_FULL     if no address is free */
int wgctl_tunnel_add_peer(struct wgctl_tunnel *tunnel, const struct wgctl_peer_request *request,
                          struct wgctl_error *err);
/* Removes a peer and its client file. Fails as wgctl_tunnel_find_peer() does. */
int wgctl_tunnel_revoke(struct wgctl_tunnel *tunnel, const char *name, struct wgctl_error *err);

/* Appends a peer's client file, which contains its private key. Works for a peer that was just
 * added as well. Fails with WGCTL_NOT_FOUND if the file is not stored. */
int wgctl_tunnel_client(const struct wgctl_tunnel *tunnel, const char *name, struct wgctl_text *ret,
                        struct wgctl_error *err);
/* The same for a device to import: fails with WGCTL_UNSUPPORTED if the file does not contain the
 * private key. */
int wgctl_tunnel_client_import(const struct wgctl_tunnel *tunnel, const char *name,
                               struct wgctl_text *ret, struct wgctl_error *err);

/* ---- the server ---- */

/* Sets the public endpoint, "HOST" or "HOST:PORT", in INTERFACE.ini and in all client files.
 * Without a port, uses the previous one, or else the server's listen port, and fails if that is
 * random. Refuses what no device can reach (conf/typed.h). Returns in `ret_clients` the number of
 * files that change, and in `ret_elsewhere` the number of peers whose file is not stored here.
 * Fails with WGCTL_INVALID. */
int wgctl_tunnel_set_endpoint(struct wgctl_tunnel *tunnel, const char *endpoint,
                              size_t *ret_clients, size_t *ret_elsewhere, struct wgctl_error *err);
/* Fails with WGCTL_INVALID if the server has a public endpoint, but listens on a random port: the
 * file has no ListenPort. Changes nothing, so that commands can go on after a warning. */
int wgctl_tunnel_check_port(const struct wgctl_tunnel *tunnel, struct wgctl_error *err);
/* Fails with WGCTL_INVALID if the file's own NAT rules, in PostUp, are for other networks than its
 * Address lines: these were edited. Changes nothing either. */
int wgctl_tunnel_check_nat(const struct wgctl_tunnel *tunnel, struct wgctl_error *err);
/* The same if they let in another UDP port than its ListenPort. */
int wgctl_tunnel_check_opened(const struct wgctl_tunnel *tunnel, struct wgctl_error *err);
/* Returns the UDP port that the file sets, or 0: a random one. */
uint16_t wgctl_tunnel_listen_port(const struct wgctl_tunnel *tunnel);
/* Appends the public endpoint, "host:port", if it is set. */
void wgctl_tunnel_endpoint(const struct wgctl_tunnel *tunnel, struct wgctl_text *ret);
/* Returns whether only the server's own network knows the endpoint (net/endpoint.h). */
bool wgctl_tunnel_endpoint_is_local(const struct wgctl_tunnel *tunnel);

/* ---- plan and commit ---- */

/* A change. `op` is a stable name:
 *   on disk:       write_file, remove_file (`value` is the path)
 *   the device:    set_private_key, set_listen_port, set_fwmark
 *   a peer:        add_peer, set_preshared_key, set_endpoint, set_keepalive,
 *                  add_allowed_ip, remove_allowed_ip, remove_peer
 *   the interface: create_interface, delete_interface, add_address, remove_address, set_mtu,
 *                  set_up, set_dns, unset_dns
 *   routes:        remove_route, add_route, remove_rule, add_rule (policy rules, with their
 *                  firewall)
 *   hooks:         run_pre_up, run_post_up, run_pre_down, run_post_down (`value` is the
 *                  command), save_config
 * It contains no secrets. */
struct wgctl_change {
    const char *op;
    char peer[WGCTL_LABEL_SIZE];      /* the peer's label, or "" */
    char public_key[45];              /* the peer's key, or "" */
    char *value;                      /* the new value, or what is removed; "" for a secret */
    char *before;                     /* the previous value; "" if there was none, or a secret */
    char from_peer[WGCTL_LABEL_SIZE]; /* for an allowed IP: the label of its present owner, or "" */
    bool is_drift;                    /* the running interface was changed, and not the file */
};
/* A list of changes in the order in which they happen. Initialize it with zeros. */
struct wgctl_changes {
    size_t most; /* how many to list, set by the caller; 0 means all */
    struct wgctl_change *items;
    size_t listed, capacity;
    size_t count;   /* all changes, listed or not */
    bool has_drift; /* at least one of all changes is drift */
    bool is_up;     /* the interface is up, so the list includes changes to it */
};
/* Frees the list. */
void wgctl_changes_clear(struct wgctl_changes *changes);
#define WGCTL_CHANGES __attribute__((cleanup(wgctl_changes_clear))) struct wgctl_changes

/* Lists what a commit would do now. Changes nothing and needs no lock. */
int wgctl_tunnel_plan(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                      struct wgctl_error *err);

/* The same for wgctl_tunnel_up() and wgctl_tunnel_down(), and fails like them. Does not look up
 * hostnames of endpoints. */
int wgctl_tunnel_plan_up(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                         struct wgctl_error *err);
int wgctl_tunnel_plan_down(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                           struct wgctl_error *err);

/* Commits the changes: first all files together and durably (store/store.h), then the running
 * interface, if the tunnel was opened for that and is up. If anything fails, everything is rolled
 * back, and the error says so. `ret` (may be NULL) lists what was done. Requires the lock. Fails
 * with WGCTL_BUSY if a file was edited since the tunnel was opened, and with the status of the
 * failure otherwise. */
int wgctl_tunnel_commit(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                        struct wgctl_error *err);

/* Reports the progress of later commits to the caller. */
void wgctl_tunnel_on_progress(struct wgctl_tunnel *tunnel, struct wgctl_progress progress);

/* ---- up and down ---- */

/* Brings the interface up as wg-quick(8) would from the same file. First cleans up what a previous
 * interface left behind that was not taken down properly. If anything fails, undoes everything.
 * Requires the lock, but releases it while it waits for a name server, and then reads the file
 * again. `ret_userspace` (may be NULL) tells whether a userspace process runs the interface. Fails
 * with WGCTL_EXISTS if the interface is up. */
int wgctl_tunnel_up(struct wgctl_tunnel *tunnel, bool *ret_userspace, struct wgctl_error *err);
/* Takes the interface down and undoes what was applied, whatever the file says now. Also cleans up
 * after a killed `up` or `down`. After PreDown and SaveConfig have succeeded, nothing stops it;
 * `ret_warning` (may be NULL) is then the first failure, or has no message. Requires the lock.
 * Fails with WGCTL_NOT_FOUND if the interface is not up. */
int wgctl_tunnel_down(struct wgctl_tunnel *tunnel, struct wgctl_error *ret_warning,
                      struct wgctl_error *err);
/* Finds out whether the WireGuard interface exists. Fails with WGCTL_UNSUPPORTED if the name
 * belongs to another kind of interface. */
int wgctl_tunnel_is_up(const char *interface, bool *ret, struct wgctl_error *err);
