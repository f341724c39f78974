/* What a struct wgctl_adopt is. For lib/adopt/ only. */
#pragma once

#include "adopt/adopt.h"
#include "adopt/client_facts.h"
#include "adopt/json.h"
#include "tunnel/state.h"

/* A file somewhere on this host that may be a client's. */
struct wgctl_candidate {
    char *path;
    bool trusted; /* nobody but root and the caller could write it */
    struct wgctl_text text;
    struct wgctl_client_facts facts;
};

struct wgctl_adopt {
    struct wgctl_tunnel *tunnel;
    struct wgctl_adopt_info info;
    char *conf_path;
    struct wgctl_text endpoint;
    bool endpoint_is_given; /* the clients' files follow it; else they stay as they are */

    struct wgctl_server server;       /* before the names are written */
    struct wgctl_foreign_server json; /* `source` is NULL where there is none */
    char *json_path;
    struct wgctl_adopt_peer *peers;     /* one for each of `server` */
    const struct wgctl_candidate **own; /* the file of each; NULL: none */

    struct wgctl_candidate *candidates;
    size_t candidate_count, candidate_capacity;
    char **texts; /* what `info` points to */
    size_t text_count, text_capacity;
};

/* A copy that lives as long as the struct; NULL where memory has run out. */
const char *wgctl_adopt_keep(struct wgctl_adopt *adopt, struct wgctl_slice text);

/* ---- lib/adopt/look.c: what is on this host ---- */

/* Gathers the clients' files that belong to a peer, and finds each peer's. */
int wgctl_adopt_look_for_clients(struct wgctl_adopt *adopt,
                                 const struct wgctl_adopt_request *request,
                                 struct wgctl_error *err);
/* Reads the program's own JSON file, if it is of this server. */
int wgctl_adopt_look_for_json(struct wgctl_adopt *adopt, struct wgctl_error *err);

/* ---- lib/adopt/clients.c ---- */

/* Adds to the tunnel's files each client's that was found, or can be made. Comes
 * last: it needs the names and the endpoint. */
int wgctl_adopt_take_clients(struct wgctl_adopt *adopt, struct wgctl_error *err);

/* ---- lib/adopt/settings.c ---- */

/* Decides on the endpoint and on what new clients get, and puts it into INTERFACE.ini. */
int wgctl_adopt_settings(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                         struct wgctl_error *err);

/* ---- lib/adopt/conf.c ---- */

/* Appends a tunnel's file, without its peers, as the JSON has it. */
void wgctl_adopt_put_server(const struct wgctl_foreign_server *json, struct wgctl_text *text);
/* Appends each peer of the JSON that is not in `server` (NULL: all of them); of those
 * only the disabled ones, where `disabled`. Returns how many. */
size_t wgctl_adopt_put_peers(const struct wgctl_foreign_server *json,
                             const struct wgctl_server *server, bool disabled,
                             struct wgctl_text *text);
/* Decides on the name of each peer. */
int wgctl_adopt_choose_names(struct wgctl_adopt *adopt, struct wgctl_error *err);
/* Writes the names, and makes the result the tunnel's. */
int wgctl_adopt_write_names(struct wgctl_adopt *adopt, struct wgctl_error *err);
