/* The state of an adoption, and its parts in the order in which they are used. Private to adopt/.
 */
#pragma once

#include "adopt/adopt.h"
#include "adopt/client_facts.h"
#include "adopt/other_server.h"
#include "adopt/third_party.h"
#include "tunnel/state.h"

/* A file somewhere on this host that is a client's. */
struct wgctl_candidate {
    char *path;
    enum wgctl_writers writers;
    struct wgctl_text text;
    struct wgctl_client_facts facts;
};
/* Wipes and frees it; NULL is ignored. */
void wgctl_candidate_free(struct wgctl_candidate *candidate);

struct wgctl_adopt {
    struct wgctl_tunnel *tunnel;
    struct wgctl_adopt_info info;
    char *conf_path;
    struct wgctl_text endpoint;
    struct wgctl_text ini;  /* of a server that is made: INTERFACE.ini before its endpoint is set */
    bool endpoint_is_given; /* clients' files follow it; otherwise they stay as they are */

    struct wgctl_server server;      /* before the names are written */
    struct wgctl_other_server other; /* its `source` is NULL if there is none */
    char *other_path;
    struct wgctl_adopt_peer *peers; /* one for each of `server` */
    struct wgctl_candidate **own;   /* each peer's file; NULL: none; owned */

    char **texts; /* what `info` points to */
    size_t text_count, text_capacity;
};

/* Copies a text, which then lives as long as the adoption. NULL if memory runs out. */
const char *wgctl_adopt_keep(struct wgctl_adopt *adopt, struct wgctl_slice text);

/* ---- adopt/look.c ---- */

/* Collects the clients' files on this host that belong to a peer, and finds each peer's own. */
int wgctl_adopt_look_for_clients(struct wgctl_adopt *adopt,
                                 const struct wgctl_adopt_request *request,
                                 struct wgctl_error *err);

/* ---- adopt/other_files.c ---- */

/* Reads the program's own file, `other_path`. `interface` as in adopt/databases.h. */
int wgctl_adopt_read_other(struct wgctl_adopt *adopt, const char *interface,
                           struct wgctl_error *err);
/* Finds and reads the file of the program that made the tunnel. There may be none. */
int wgctl_adopt_look_for_other(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                               struct wgctl_error *err);
/* There is no INTERFACE.conf: hints at a file to make it from. Returns the error's status. */
int wgctl_adopt_hint_at_other(const struct wgctl_adopt_request *request, struct wgctl_error *err);
/* Fails with WGCTL_EXISTS if the file that was read is another server's than the tunnel. */
int wgctl_adopt_check_other(const struct wgctl_adopt *adopt, struct wgctl_error *err);

/* ---- adopt/adopt.c ---- */

/* Appends the tunnel's INTERFACE.conf with what changes apart from the names. */
int wgctl_adopt_rewrite_conf(struct wgctl_adopt *adopt, struct wgctl_text *ret,
                             struct wgctl_error *err);

/* ---- adopt/make.c ---- */

/* Opens the folder, and appends the INTERFACE.conf that is made from `request->file`, or, if there
 * is one for that server, what is there. */
int wgctl_adopt_open_file(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                          struct wgctl_text *ret, struct wgctl_error *err);

/* ---- adopt/choose.c ---- */

/* Decides on the name of each peer. */
int wgctl_adopt_choose_names(struct wgctl_adopt *adopt, struct wgctl_error *err);

/* ---- adopt/conf.c ---- */

/* Appends the peers of `other` that are not in `server` (NULL: all of them); with `disabled`, only
 * the disabled ones of these. `ret_put` is how many. Fails if memory runs out. */
int wgctl_adopt_put_peers(const struct wgctl_other_server *other, const struct wgctl_server *server,
                          bool disabled, struct wgctl_text *text, size_t *ret_put,
                          struct wgctl_error *err);
/* Writes the names, and makes the result the tunnel's. */
int wgctl_adopt_write_names(struct wgctl_adopt *adopt, struct wgctl_error *err);

/* ---- adopt/settings.c ---- */

/* Decides on the endpoint and on what new clients get, and puts it into INTERFACE.ini. */
int wgctl_adopt_settings(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                         struct wgctl_error *err);

/* ---- adopt/clients.c ---- */

/* Adds each client's file that was found, or can be made, to the tunnel's files. Needs the names
 * and the endpoint. */
int wgctl_adopt_take_clients(struct wgctl_adopt *adopt, struct wgctl_error *err);
