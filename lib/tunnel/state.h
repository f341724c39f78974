/* The content of struct wgctl_tunnel. Private to lib/tunnel. */
#pragma once

#include "conf/client.h"
#include "conf/peer_index.h"
#include "conf/server.h"
#include "conf/settings.h"
#include "run/run.h"
#include "store/store.h"
#include "tunnel/tunnel.h"

struct wgctl_tunnel {
    struct wgctl_store *store; /* NULL for a dry run in a folder that does not exist */
    const char *folder_path;   /* also set if the folder does not exist */
    /* Device files that change. A commit adds wg0.conf and wg0.ini. */
    struct wgctl_transaction files;
    bool applies; /* a commit changes the running interface */
    struct wgctl_progress progress;
    struct wgctl_device_query query;
    char interface[WGCTL_NAME_SIZE];
    char conf_name[WGCTL_FILE_NAME_SIZE]; /* "wg0.conf" */
    char ini_name[WGCTL_FILE_NAME_SIZE];  /* "wg0.ini" */

    struct wgctl_server server;
    bool has_conf;               /* wg0.conf exists */
    struct wgctl_slice original; /* wg0.conf as read: the server's source, or `replaced` */
    struct wgctl_text replaced;
    bool conf_changed;
    bool tightens_conf; /* a commit removes other users' permissions from wg0.conf */

    bool has_ini;                   /* wg0.ini exists */
    struct wgctl_text ini_original; /* wg0.ini as read */
    struct wgctl_text ini;          /* its new content if `ini_changed` */
    bool ini_changed;
    struct wgctl_settings settings;

    char unstored_name[WGCTL_NAME_SIZE]; /* the last added peer whose file is not stored, or "" */
    struct wgctl_text unstored;          /* that peer's file */
};

/* ---- lib/tunnel/tunnel.c ---- */

/* Creates a tunnel that only has its names: no folder is open, and nothing has been read. */
int wgctl_tunnel_new(const char *interface, struct wgctl_tunnel **ret, struct wgctl_error *err);
/* Opens the folder for reading. */
int wgctl_tunnel_open_folder(struct wgctl_tunnel *tunnel, const char *folder,
                             struct wgctl_error *err);
/* Returns the folder, or a closed one if it does not exist. */
const struct wgctl_folder *wgctl_tunnel_folder(const struct wgctl_tunnel *tunnel);
/* Replaces the tunnel's server, and leaves `server` empty. */
void wgctl_tunnel_replace_server(struct wgctl_tunnel *tunnel, struct wgctl_server *server);
/* Reads INTERFACE.conf and INTERFACE.ini. */
int wgctl_tunnel_read(struct wgctl_tunnel *tunnel, struct wgctl_error *err);
/* Reads INTERFACE.ini if it exists. */
int wgctl_tunnel_read_settings(struct wgctl_tunnel *tunnel, struct wgctl_error *err);

/* ---- lib/tunnel/addresses.c ---- */

/* Appends the addresses and networks that are in use: the server's and the peers', also of those
 * that are disabled or commented out. */
int wgctl_addresses_used(const struct wgctl_server *server, struct wgctl_prefixes *ret,
                         struct wgctl_error *err);
/* Appends the networks of the tunnel: those of the server's Address lines. One without a mask means
 * the /24 or /64 around it if peers have addresses there. Link-local ones do not count. */
int wgctl_addresses_subnets(const struct wgctl_server *server, struct wgctl_prefixes *ret,
                            struct wgctl_error *err);
/* Appends a new peer's addresses: the requested ones, which are in such a network, or in one in
 * which other peers are, and the next free one of each family that is missing. Fails with
 * WGCTL_INVALID, WGCTL_EXISTS or WGCTL_FULL. */
int wgctl_addresses_choose(const struct wgctl_server *server,
                           const struct wgctl_peer_request *request, struct wgctl_prefixes *ret,
                           struct wgctl_error *err);

/* ---- lib/tunnel/devices.c ---- */

/* Writes the path of a device's file, such as "wg0.peers/phone.conf". Returns `path`. */
enum { WGCTL_DEVICES_PATH_SIZE = 2 * WGCTL_FILE_NAME_SIZE };
char *wgctl_devices_path(const struct wgctl_tunnel *tunnel, const char *peer,
                         char path[WGCTL_DEVICES_PATH_SIZE]);
/* Reads a device's file from the disk. It need not exist. */
int wgctl_devices_read(const struct wgctl_tunnel *tunnel, const char *peer,
                       enum wgctl_exposure exposure, struct wgctl_text *ret, bool *ret_exists,
                       struct wgctl_error *err);
/* Adds a device's file to the transaction. `before` is the content as read. */
int wgctl_devices_put(struct wgctl_tunnel *tunnel, const char *peer, bool existed,
                      const struct wgctl_text *before, const struct wgctl_text *after,
                      struct wgctl_error *err);
/* Adds the removal of a device's file to the transaction. */
int wgctl_devices_remove(struct wgctl_tunnel *tunnel, const char *peer,
                         const struct wgctl_text *before, struct wgctl_error *err);

/* ---- lib/tunnel/server.c ---- */

/* Returns the port of an endpoint that is given without one: the previous one, or else the port
 * that `server`, the tunnel's or what it will be, listens on. 0 if that is random. */
uint16_t wgctl_tunnel_default_port(const struct wgctl_tunnel *tunnel,
                                   const struct wgctl_server *server);
/* Takes the endpoint that the user gave into the settings. Fails as wgctl_tunnel_set_endpoint(). */
int wgctl_tunnel_choose_endpoint(struct wgctl_tunnel *tunnel, const struct wgctl_server *server,
                                 const char *endpoint, struct wgctl_error *err);
/* Fails with WGCTL_INVALID because the port is random, and says how to fix it. */
int wgctl_tunnel_fail_port(const struct wgctl_tunnel *tunnel, const struct wgctl_server *server,
                           struct wgctl_error *err);
/* Takes the document as the new content of INTERFACE.ini. */
int wgctl_tunnel_take_ini(struct wgctl_tunnel *tunnel, const struct wgctl_document *document,
                          struct wgctl_error *err);

/* Updates each device file whose endpoint differs from the settings. */
int wgctl_clients_follow(struct wgctl_tunnel *tunnel, size_t *ret_followed, size_t *ret_elsewhere,
                         struct wgctl_error *err);

/* ---- lib/tunnel/changes.c ---- */

/* Adds what a commit or a transition does with files and the running interface to `ret`. */
int wgctl_changes_describe(const struct wgctl_tunnel *tunnel, const struct wgctl_run *run,
                           struct wgctl_changes *ret, struct wgctl_error *err);
