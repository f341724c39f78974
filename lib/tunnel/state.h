/* What a struct wgctl_tunnel is. For the files lib/tunnel/ only. */
#pragma once

#include "base/file.h"
#include "conf/client.h"
#include "conf/peer_index.h"
#include "conf/server.h"
#include "conf/settings.h"
#include "device/plan.h"
#include "host/route.h"
#include "tunnel/tunnel.h"

/* Locked by whoever changes something in the folder; its content is the journal
 * of files.c. */
#define WGCTL_LOCK_NAME ".wgctl.lock"

/* A client's file that a commit writes, keeps to itself, or removes. */
struct wgctl_client_file {
    char name[WGCTL_NAME_SIZE]; /* of the peer; the file is NAME.conf */
    struct wgctl_text text;     /* empty: the file is to go */
    struct wgctl_text original; /* what a commit that fails puts back; empty: no file */
    enum { WGCTL_CLIENT_NEW, WGCTL_CLIENT_CHANGED, WGCTL_CLIENT_GONE, WGCTL_CLIENT_UNSTORED } fate;
};

struct wgctl_tunnel {
    struct wgctl_folder folder;
    struct wgctl_folder peers; /* INTERFACE.peers; closed where it is missing */
    int lock;                  /* -1: open for reading only */
    bool applies;              /* a commit changes what runs */
    struct wgctl_progress progress;
    struct wgctl_device_query query;
    size_t journal_kept; /* where our own lines begin, behind those of other tunnels */
    char interface[WGCTL_NAME_SIZE];
    char conf_name[WGCTL_FILE_NAME_SIZE];  /* "wg0.conf" */
    char ini_name[WGCTL_FILE_NAME_SIZE];   /* "wg0.ini" */
    char peers_name[WGCTL_FILE_NAME_SIZE]; /* "wg0.peers" */

    struct wgctl_server server;
    struct wgctl_slice original; /* wg0.conf as it was read: the server's source, or `replaced` */
    struct wgctl_text replaced;
    bool conf_changed;

    struct wgctl_text ini_original; /* empty: there is none */
    struct wgctl_text ini;          /* as it shall be, where `ini_changed` */
    bool ini_changed;
    struct wgctl_settings settings;
    bool clients_stay; /* a new endpoint leaves the clients' files as they are */

    struct wgctl_client_file *files;
    size_t file_count, file_capacity;
};

/* ---- lib/tunnel/tunnel.c ---- */

/* One that has its names and nothing else: no folder is open, nothing is locked or
 * read. */
int wgctl_tunnel_new(const char *interface, struct wgctl_tunnel **ret, struct wgctl_error *err);
/* Puts another server in the place of the one that was read, and leaves `server` empty. */
void wgctl_tunnel_replace_server(struct wgctl_tunnel *tunnel, struct wgctl_server *server);
/* Reads INTERFACE.ini, where there is one. */
int wgctl_tunnel_read_settings(struct wgctl_tunnel *tunnel, struct wgctl_error *err);

/* Opens INTERFACE.peers where it is not open, and makes it where `create`. */
int wgctl_tunnel_open_peers(struct wgctl_tunnel *tunnel, bool create, struct wgctl_error *err);
/* A new entry in `files`. */
int wgctl_tunnel_add_file(struct wgctl_tunnel *tunnel, struct wgctl_slice name,
                          struct wgctl_client_file **ret, struct wgctl_error *err);
/* Empties `files`. */
void wgctl_tunnel_clear_files(struct wgctl_tunnel *tunnel);
/* "NAME.conf". Returns `text`. */
char *wgctl_client_file_name(const char *peer, char text[WGCTL_FILE_NAME_SIZE]);

/* ---- lib/tunnel/files.c: the files of a commit ---- */

/* Writes all files of a commit but the removals. On failure everything is as it
 * was, or the message names what is not. */
int wgctl_files_write(struct wgctl_tunnel *tunnel, struct wgctl_error *err);
/* Puts all back as it was before wgctl_files_write(); adds to the message what
 * could not be put back. */
void wgctl_files_restore(struct wgctl_tunnel *tunnel, struct wgctl_error *err);
/* Removes the files that are to go, and closes the journal: the commit is over. */
void wgctl_files_finish(struct wgctl_tunnel *tunnel);
/* Removes the clients' files that a killed predecessor left. */
int wgctl_files_recover(struct wgctl_tunnel *tunnel, struct wgctl_error *err);

/* ---- lib/tunnel/server.c ---- */

/* What a commit makes of INTERFACE.ini. */
int wgctl_tunnel_take_ini(struct wgctl_tunnel *tunnel, const struct wgctl_document *document,
                          struct wgctl_error *err);

/* Adds to `files` each client's file that names another endpoint than the
 * settings do, as it shall be. */
int wgctl_clients_follow(struct wgctl_tunnel *tunnel, size_t *ret_followed, size_t *ret_elsewhere,
                         struct wgctl_error *err);

/* ---- lib/run/wish.c ---- */

/* What a file wants of a device's peers, and which of them run so already: of many mostly
 * all but a few, and neither what is wanted of these nor what runs need be kept. */
struct wgctl_wish {
    struct wgctl_peer_index index; /* of the enabled ones */
    bool *met;                     /* by a peer's place in the server */
    size_t next;                   /* the place that the next one may have */
};
/* Checks what the device would not say. None is met yet. The server has to stay as it is. */
int wgctl_wish_make(const struct wgctl_server *server, struct wgctl_wish *ret,
                    struct wgctl_error *err);
/* Finds out which are met, and leaves them out. Good as long as the wish. */
struct wgctl_device_filter wgctl_wish_filter(struct wgctl_wish *wish);
/* Whether that peer was found to run as it is to. `guess`: the place that it may have in the
 * server. */
bool wgctl_wish_is_met(const struct wgctl_wish *wish, const struct wgctl_key *public_key,
                       size_t guess);
/* Adds the networks of a server's enabled peers, in the file's order: of those that its `wish` has
 * as met (NULL: of all), and of one family (AF_UNSPEC: of both). */
int wgctl_networks_list(const struct wgctl_server *server, const struct wgctl_wish *wish,
                        int family, struct wgctl_prefixes *ret, struct wgctl_error *err);
void wgctl_wish_clear(struct wgctl_wish *wish);
#define WGCTL_WISH __attribute__((cleanup(wgctl_wish_clear))) struct wgctl_wish

/* ---- lib/run/wanted.c ---- */

/* The device that a server's file wants, sorted, without the peers that `wish` has as met. It
 * may have lists of the server's, which must stay as it is meanwhile.
 * An endpoint that is a name is looked up, unless `applied` (may be NULL) has the
 * same and the peer is one of `running` (sorted; NULL: all are): then the endpoint
 * is left as it is. */
int wgctl_device_wanted(const struct wgctl_server *server, const struct wgctl_wish *wish,
                        const struct wgctl_server *applied, const struct wgctl_device *running,
                        struct wgctl_device *ret, struct wgctl_error *err);

/* ---- lib/run/setup.c: what the host has of an interface beside keys and peers ---- */

/* As it is. */
struct wgctl_setup_facts {
    struct wgctl_prefixes addresses;
    uint32_t mtu;
    uint32_t usual_mtu; /* what `up` would choose; only where the file names none any more */
};
/* What changes. Without a word in the file, and never having been applied, nothing does. */
struct wgctl_setup {
    struct wgctl_prefixes addresses_to_add, addresses_to_remove;
    uint32_t mtu; /* 0: stays */
    uint32_t mtu_was;
    bool dns;
    bool hooks; /* PostUp has changed: the old PostDown runs, and then the new PostUp */
};
void wgctl_setup_clear(struct wgctl_setup *setup);
/* Plans it: pure. `applied` is NULL where it is not known. */
int wgctl_setup_plan(const struct wgctl_server *applied, const struct wgctl_server *wanted,
                     const struct wgctl_setup_facts *there, struct wgctl_setup *ret,
                     struct wgctl_error *err);
bool wgctl_setup_changes_addresses(const struct wgctl_setup *setup);
/* Carries out all but the hooks. */
int wgctl_setup_change(const char *interface, const struct wgctl_setup *setup,
                       const struct wgctl_server *applied, const struct wgctl_server *wanted,
                       struct wgctl_error *err);
/* Takes that back, as far as it was done. */
int wgctl_setup_revert(const char *interface, const struct wgctl_setup *setup,
                       const struct wgctl_server *applied, const struct wgctl_server *wanted,
                       struct wgctl_error *err);
/* Runs the PostDown of one, and then the PostUp of the other. */
int wgctl_setup_run_hooks(const char *interface, const struct wgctl_server *before,
                          const struct wgctl_server *after, struct wgctl_error *err);

/* ---- lib/run/apply.c: what runs ---- */

/* What a commit does to the running interface, in this order. */
struct wgctl_application {
    bool is_up;
    const struct wgctl_server *is_applied; /* the file as last applied; NULL: not known */
    struct wgctl_server before;            /* that, where it is not the tunnel's own */
    struct wgctl_server interrupted;       /* whose hooks a commit ran that was killed; or none */
    struct wgctl_wish wish;
    struct wgctl_device applied, wanted, running; /* without the peers of which the wish is met */
    struct wgctl_plan plan;
    struct wgctl_setup setup;
    struct wgctl_routes routes_to_add, routes_to_remove;
    bool marks_turned_on; /* host/src_valid_mark.h, by carrying it out */
    bool ran_hooks;       /* were begun with, by carrying it out */
};
void wgctl_application_clear(struct wgctl_application *application);
#define WGCTL_APPLICATION __attribute__((cleanup(wgctl_application_clear))) struct wgctl_application

/* `explain`: somebody will look at the plan, and wants to know what is drift. */
int wgctl_application_plan(struct wgctl_tunnel *tunnel, bool explain, struct wgctl_application *ret,
                           struct wgctl_error *err);
/* Carries out what it says of the device alone, and reads that back. */
int wgctl_application_write_device(const struct wgctl_tunnel *tunnel,
                                   const struct wgctl_application *application,
                                   struct wgctl_error *err);
/* Carries it out. */
int wgctl_application_execute(const struct wgctl_tunnel *tunnel,
                              struct wgctl_application *application, struct wgctl_error *err);
/* Brings the interface back to what it was when the plan was made; says in the
 * hint what could not be brought back. */
void wgctl_application_revert(const struct wgctl_tunnel *tunnel,
                              const struct wgctl_application *application, struct wgctl_error *err);

/* ---- lib/tunnel/changes.c ---- */

/* Adds to `ret` what a commit does with the files and with what runs. */
int wgctl_changes_describe(const struct wgctl_tunnel *tunnel,
                           const struct wgctl_application *application, struct wgctl_changes *ret,
                           struct wgctl_error *err);

/* ---- lib/run/routes.c: the ways into the tunnel ---- */

/* Where the routes go: what Table says. */
struct wgctl_routing {
    enum {
        WGCTL_ROUTES_AUTO, /* into the main table; a default route by a mark, with rules */
        WGCTL_ROUTES_OFF,
        WGCTL_ROUTES_IN_TABLE,
    } kind;
    uint32_t table; /* for the last */
};
/* Fails where the table has a name that this host does not know. */
int wgctl_routing_read(struct wgctl_slice table, struct wgctl_routing *ret,
                       struct wgctl_error *err);
/* Adds the routes that the peers' networks need, the longest first. `there` are the
 * routes into the interface: those that came with its addresses need no second.
 * `mark` is the device's; 0: one has to be chosen for a default route. */
int wgctl_routes_wanted(const struct wgctl_routing *routing, const struct wgctl_prefixes *networks,
                        uint32_t mark, const struct wgctl_routes *there, struct wgctl_routes *ret,
                        struct wgctl_error *err);
/* Adds to `ret` those of `list` that are in `among` or not, as `wanted` says. */
int wgctl_routes_select(const struct wgctl_routes *list, const struct wgctl_routes *among,
                        bool wanted, struct wgctl_routes *ret, struct wgctl_error *err);
/* Plans the application's routes anew, from what there is now and what its setup makes of
 * that. */
int wgctl_routes_plan(const struct wgctl_tunnel *tunnel, struct wgctl_application *application,
                      struct wgctl_error *err);
/* Carries that out; a mark that was chosen is noted in the application. */
int wgctl_routes_change(const char *interface, struct wgctl_application *application,
                        struct wgctl_error *err);
/* Takes it back, as far as it was done. */
int wgctl_routes_revert(const char *interface, const struct wgctl_application *application,
                        struct wgctl_error *err);
/* The mark whose rules have to go with the interface: the device's, where it has a
 * default route and Table leaves that to us; else 0. */
uint32_t wgctl_routes_mark(const struct wgctl_server *server, const struct wgctl_device *device);
/* Removes the rules of that mark; 0 has none. */
int wgctl_routes_remove_rules(uint32_t mark, struct wgctl_error *err);

/* ---- lib/run/up.c ---- */

/* Runs the hooks of that kind in their order, until one fails. */
int wgctl_hooks_run(const struct wgctl_server *server, const char *interface,
                    enum wgctl_hook_kind kind, struct wgctl_error *err);
/* Runs all of them, also where one fails. */
void wgctl_hooks_try(const struct wgctl_server *server, const char *interface,
                     enum wgctl_hook_kind kind);
/* The MTU of an interface: that of its packets' way to the endpoints, or else of the
 * default route (0: there is none), less what WireGuard adds. */
uint32_t wgctl_mtu_choose(uint32_t to_endpoints, uint32_t by_default);
/* The same, found out of the peers' ways; names have been looked up. */
int wgctl_mtu_find(const struct wgctl_device *device, uint32_t *ret, struct wgctl_error *err);

/* ---- lib/run/down.c ---- */

/* Takes away, as far as it goes, what stands of a tunnel that did not come up to the end,
 * or whose interface went otherwise than by `down`. */
void wgctl_tunnel_clear_remains(struct wgctl_tunnel *tunnel);

/* ---- lib/run/save.c: SaveConfig ---- */

/* What the host, not the device, knows of the interface. */
struct wgctl_saved {
    struct wgctl_prefixes addresses;
    uint32_t mtu;
    struct wgctl_slice dns; /* empty: as the file has it */
};
/* Edits the document so that it says what runs, as wg-quick(8) would save it: what is
 * the same stays as it is written, with all comments and disabled peers. Of `server`
 * only the document is good for anything then. */
int wgctl_save_document(struct wgctl_server *server, const struct wgctl_device *device,
                        const struct wgctl_saved *host, struct wgctl_error *err);
/* Saves what runs to the file, durably. */
int wgctl_tunnel_save(struct wgctl_tunnel *tunnel, const struct wgctl_device *device,
                      struct wgctl_error *err);

/* ---- lib/run/applied.c: the configuration as last applied, in /run ---- */

enum wgctl_applied {
    WGCTL_APPLIED,
    WGCTL_STARTING,      /* of a tunnel on its way up; left by an `up` that was killed */
    WGCTL_RUNNING_HOOKS, /* its PostUp is run; left by a commit that was killed meanwhile */
};
/* Whether what was applied is the file as it was read. */
bool wgctl_applied_is_original(const struct wgctl_tunnel *tunnel);
/* Reads one of them into `ret`, which has to be empty. False if it is missing or malformed, or
 * belongs to an interface that is gone while another of its name exists. */
bool wgctl_applied_parse(const struct wgctl_tunnel *tunnel, enum wgctl_applied which,
                         struct wgctl_server *ret);
bool wgctl_applied_exists(const struct wgctl_tunnel *tunnel, enum wgctl_applied which);
/* Keeps the tunnel's configuration as that. */
void wgctl_applied_save(const struct wgctl_tunnel *tunnel, enum wgctl_applied which);
/* Forgets that one; it need not be there. */
int wgctl_applied_remove(const struct wgctl_tunnel *tunnel, enum wgctl_applied which,
                         struct wgctl_error *err);
/* Forgets all. */
void wgctl_applied_forget(const struct wgctl_tunnel *tunnel);
