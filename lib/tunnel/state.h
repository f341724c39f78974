/* What a struct wgctl_tunnel is. For the files lib/tunnel/ only. */
#pragma once

#include "conf/client.h"
#include "conf/peer_index.h"
#include "conf/server.h"
#include "conf/settings.h"
#include "run/run.h"
#include "store/store.h"
#include "tunnel/tunnel.h"

struct wgctl_tunnel {
    struct wgctl_store *store; /* NULL: a dry run for a folder that does not exist */
    const char *folder_path;   /* the store's, or the one that does not exist */
    /* The device files that change. A commit adds wg0.conf and wg0.ini. */
    struct wgctl_transaction files;
    bool applies; /* a commit changes what runs */
    struct wgctl_progress progress;
    struct wgctl_device_query query;
    char interface[WGCTL_NAME_SIZE];
    char conf_name[WGCTL_FILE_NAME_SIZE]; /* "wg0.conf" */
    char ini_name[WGCTL_FILE_NAME_SIZE];  /* "wg0.ini" */

    struct wgctl_server server;
    bool has_conf;               /* wg0.conf exists */
    struct wgctl_slice original; /* wg0.conf as it was read: the server's source, or `replaced` */
    struct wgctl_text replaced;
    bool conf_changed;

    bool has_ini;                   /* wg0.ini exists */
    struct wgctl_text ini_original; /* wg0.ini as it was read */
    struct wgctl_text ini;          /* its new content if `ini_changed` */
    bool ini_changed;
    struct wgctl_settings settings;

    char unstored_name[WGCTL_NAME_SIZE]; /* the peer added last whose file is not kept, or "" */
    struct wgctl_text unstored;          /* that file */
};

/* ---- lib/tunnel/tunnel.c ---- */

/* Makes a tunnel that has its names and nothing else: no folder is open, nothing is read. */
int wgctl_tunnel_new(const char *interface, struct wgctl_tunnel **ret, struct wgctl_error *err);
/* Opens the folder for reading. */
int wgctl_tunnel_open_folder(struct wgctl_tunnel *tunnel, const char *folder,
                             struct wgctl_error *err);
/* The folder; a closed one if it does not exist. */
const struct wgctl_folder *wgctl_tunnel_folder(const struct wgctl_tunnel *tunnel);
/* Replaces the server that was read, and leaves `server` empty. */
void wgctl_tunnel_replace_server(struct wgctl_tunnel *tunnel, struct wgctl_server *server);
/* Reads INTERFACE.conf and INTERFACE.ini. */
int wgctl_tunnel_read(struct wgctl_tunnel *tunnel, struct wgctl_error *err);
/* Reads INTERFACE.ini if it exists. */
int wgctl_tunnel_read_settings(struct wgctl_tunnel *tunnel, struct wgctl_error *err);

/* ---- lib/tunnel/devices.c ---- */

/* The path of a device's file: "wg0.peers/phone.conf". Returns `path`. */
enum { WGCTL_DEVICE_PATH_SIZE = 2 * WGCTL_FILE_NAME_SIZE };
char *wgctl_device_path(const struct wgctl_tunnel *tunnel, const char *peer,
                        char path[WGCTL_DEVICE_PATH_SIZE]);
/* Reads a device's file from the disk. It need not exist. */
int wgctl_device_file_read(const struct wgctl_tunnel *tunnel, const char *peer,
                           enum wgctl_exposure exposure, struct wgctl_text *ret, bool *ret_exists,
                           struct wgctl_error *err);
/* Adds a device's file to the transaction. `before` is what was read. */
int wgctl_device_file_put(struct wgctl_tunnel *tunnel, const char *peer, bool existed,
                          const struct wgctl_text *before, const struct wgctl_text *after,
                          struct wgctl_error *err);
/* Adds its removal. */
int wgctl_device_file_remove(struct wgctl_tunnel *tunnel, const char *peer,
                             const struct wgctl_text *before, struct wgctl_error *err);

/* ---- lib/tunnel/server.c ---- */

/* What a commit makes of INTERFACE.ini. */
int wgctl_tunnel_take_ini(struct wgctl_tunnel *tunnel, const struct wgctl_document *document,
                          struct wgctl_error *err);

/* Brings each device file that names another endpoint than the settings in line with them. */
int wgctl_clients_follow(struct wgctl_tunnel *tunnel, size_t *ret_followed, size_t *ret_elsewhere,
                         struct wgctl_error *err);

/* ---- lib/tunnel/changes.c ---- */

/* Adds to `ret` what a commit or a transition does with the files and with what runs. */
int wgctl_changes_describe(const struct wgctl_tunnel *tunnel, const struct wgctl_run *run,
                           struct wgctl_changes *ret, struct wgctl_error *err);
