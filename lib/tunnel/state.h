/* What a struct wgctl_tunnel is. For the files lib/tunnel/ only. */
#pragma once

#include "base/file.h"
#include "conf/client.h"
#include "conf/peer_index.h"
#include "conf/server.h"
#include "conf/settings.h"
#include "run/run.h"
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

/* ---- lib/tunnel/changes.c ---- */

/* Adds to `ret` what a commit or a transition does with the files and with what runs. */
int wgctl_changes_describe(const struct wgctl_tunnel *tunnel, const struct wgctl_run *run,
                           struct wgctl_changes *ret, struct wgctl_error *err);
