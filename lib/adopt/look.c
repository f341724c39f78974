/* The clients' files on this host. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adopt/private.h"
#include "conf/peer_index.h"

enum {
    LARGEST_CLIENT = 64 * 1024,
};

struct search {
    struct wgctl_adopt *adopt;
    struct wgctl_peer_index peers;
    const char *beginning; /* of the names of the folders to look in */
};

static bool can_be_taken(const struct wgctl_candidate *candidate)
{
    const struct wgctl_client_facts *facts = &candidate->facts;
    return candidate->writers != WGCTL_WRITERS_OTHERS && facts->is_of_server && facts->is_plain &&
           !facts->unknown_key[0];
}

/* Keeps the file, unless the peer has one that is at least as good. No more than one of a peer is
 * kept, however many there are. */
static int keep_best(struct wgctl_candidate **own, const char *path, struct wgctl_candidate *found,
                     struct wgctl_text *text, struct wgctl_error *err)
{
    int rc = wgctl_text_check(&found->facts.allowed_ips, err);
    if (rc < 0)
        return rc;
    if (*own && (can_be_taken(*own) || !can_be_taken(found)))
        return WGCTL_OK;
    struct wgctl_candidate *candidate = malloc(sizeof *candidate);
    char *copy = wgctl_slice_dup(wgctl_slice_of(path));
    if (!candidate || !copy) {
        free(candidate);
        free(copy);
        return wgctl_fail_memory(err);
    }
    *candidate = *found;
    candidate->path = copy;
    candidate->text = *text;
    *text = (struct wgctl_text){0};
    found->facts = (struct wgctl_client_facts){0};
    wgctl_candidate_free(*own);
    *own = candidate;
    return WGCTL_OK;
}

static int take_file(void *user, const char *path, enum wgctl_writers writers,
                     struct wgctl_text *text, struct wgctl_error *err)
{
    const struct search *search = user;
    struct wgctl_adopt *adopt = search->adopt;
    struct wgctl_candidate found = {
        .writers = writers,
        .facts = wgctl_client_facts_read(wgctl_text_slice_of(text), &adopt->server.public_key),
    };
    const struct wgctl_peer *peer =
        found.facts.has_key ? wgctl_peer_index_find(&search->peers, &found.facts.public_key) : NULL;
    int rc = WGCTL_OK;
    if (peer)
        rc = keep_best(&adopt->own[peer - adopt->server.peers], path, &found, text, err);
    wgctl_client_facts_clear(&found.facts);
    return rc;
}

static int look_in(void *user, const char *folder, struct wgctl_error *err)
{
    return wgctl_third_party_files(folder, ".conf", LARGEST_CLIENT, take_file, user, err);
}

static int look_if_named(void *user, const char *folder, struct wgctl_error *err)
{
    const struct search *search = user;
    struct wgctl_slice name = wgctl_slice_of(strrchr(folder, '/') + 1);
    return wgctl_slice_starts(name, search->beginning) ? look_in(user, folder, err) : WGCTL_OK;
}

/* Where programs keep clients' files. */
struct place {
    const char *folder;    /* in the tunnel's folder, or in a home */
    const char *beginning; /* its folders whose names begin so; NULL: the folder itself */
};
static const struct place at_tunnel[] = {
    {".", NULL}, {"configs", NULL}, {"clients", NULL}, {"users", ""}, {".", "peer"}, {"..", "peer"},
};
static const struct place at_home[] = {
    {".", NULL},
    {"configs", NULL},
    {"wireguard", NULL},
    {"easy-wg-quick", NULL},
    {"wg_config/users", ""},
};

static int look_in_places(struct search *search, const char *folder, const struct place *places,
                          size_t count, struct wgctl_error *err)
{
    char path[PATH_MAX];
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < count; i++) {
        bool itself = strcmp(places[i].folder, ".") == 0;
        if (snprintf(path, sizeof path, "%s%s%s", folder, itself ? "" : "/",
                     itself ? "" : places[i].folder) >= PATH_MAX)
            continue;
        search->beginning = places[i].beginning;
        rc = search->beginning ? wgctl_third_party_folders(path, look_if_named, search, err)
                               : look_in(search, path, err);
    }
    return rc;
}

static int look_in_home(void *user, const char *home, struct wgctl_error *err)
{
    return look_in_places(user, home, at_home, sizeof at_home / sizeof *at_home, err);
}

static int say_why_not(struct wgctl_adopt *adopt, struct wgctl_adopt_peer *peer,
                       const struct wgctl_candidate *candidate, struct wgctl_error *err)
{
    char why[80];
    const struct wgctl_client_facts *facts = &candidate->facts;
    if (can_be_taken(candidate))
        return WGCTL_OK;
    if (candidate->writers == WGCTL_WRITERS_OTHERS)
        snprintf(why, sizeof why, "other users can write to it");
    else if (!facts->is_of_server)
        snprintf(why, sizeof why, "it is for another server");
    else if (facts->unknown_key[0])
        snprintf(why, sizeof why, "it has %s, which not every app takes", facts->unknown_key);
    else
        snprintf(why, sizeof why, "it has control characters");
    peer->refused = wgctl_adopt_keep(adopt, wgctl_slice_of(why));
    return peer->refused ? WGCTL_OK : wgctl_fail_memory(err);
}

static void search_clear(struct search *search)
{
    wgctl_peer_index_clear(&search->peers);
}

int wgctl_adopt_look_for_clients(struct wgctl_adopt *adopt,
                                 const struct wgctl_adopt_request *request, struct wgctl_error *err)
{
    __attribute__((cleanup(search_clear))) struct search search = {.adopt = adopt};
    const char *root = request->root ? request->root : "";
    char path[PATH_MAX];
    int rc = wgctl_peer_index_make(&adopt->server, WGCTL_ALL_PEERS, &search.peers, err);
    if (rc == WGCTL_OK)
        rc = look_in_places(&search, request->folder, at_tunnel,
                            sizeof at_tunnel / sizeof *at_tunnel, err);
    if (rc == WGCTL_OK && snprintf(path, sizeof path, "%s/root", root) < PATH_MAX)
        rc = look_in_home(&search, path, err);
    if (rc == WGCTL_OK && snprintf(path, sizeof path, "%s/home", root) < PATH_MAX)
        rc = wgctl_third_party_folders(path, look_in_home, &search, err);
    for (size_t i = 0; rc == WGCTL_OK && i < adopt->server.peer_count; i++) {
        if (!adopt->own[i])
            continue;
        adopt->peers[i].file = adopt->own[i]->path;
        rc = say_why_not(adopt, &adopt->peers[i], adopt->own[i], err);
    }
    return rc;
}
