/* What other programs keep on this host. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adopt/private.h"

enum {
    LARGEST_CLIENT = 64 * 1024,
    LARGEST_JSON = 16 * 1024 * 1024,
};

struct search {
    struct wgctl_adopt *adopt;
    const struct wgctl_key *server_key;
};

static int take_file(void *user, const char *path, enum wgctl_writers writers,
                     struct wgctl_text *text, struct wgctl_error *err)
{
    const struct search *search = user;
    struct wgctl_adopt *adopt = search->adopt;
    const struct wgctl_client_facts facts =
        wgctl_client_facts_read(wgctl_text_slice_of(text), search->server_key);
    if (!facts.has_key || !wgctl_server_by_key(&adopt->server, &facts.public_key))
        return WGCTL_OK;
    struct wgctl_candidate *candidates = wgctl_array_grow(
        adopt->candidates, adopt->candidate_count, &adopt->candidate_capacity, sizeof *candidates);
    if (!candidates)
        return wgctl_fail_memory(err);
    adopt->candidates = candidates;
    char *copy = wgctl_slice_dup(wgctl_slice_of(path));
    if (!copy)
        return wgctl_fail_memory(err);
    candidates[adopt->candidate_count++] = (struct wgctl_candidate){copy, writers, *text, facts};
    *text = (struct wgctl_text){0};
    return WGCTL_OK;
}

static int look_in(void *user, const char *folder, struct wgctl_error *err)
{
    return wgctl_third_party_files(folder, ".conf", LARGEST_CLIENT, take_file, user, err);
}

static int look_in_part(struct search *search, const char *folder, const char *part,
                        struct wgctl_error *err)
{
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", folder, part) < PATH_MAX
               ? look_in(search, path, err)
               : WGCTL_OK;
}

/* Looks in a home, and in the folders that programs make there. */
static int look_in_home(void *user, const char *home, struct wgctl_error *err)
{
    static const char *const parts[] = {"configs", "wireguard", "easy-wg-quick"};
    int rc = look_in(user, home, err);
    for (size_t i = 0; rc == WGCTL_OK && i < sizeof parts / sizeof *parts; i++)
        rc = look_in_part(user, home, parts[i], err);
    return rc;
}

/* Of a peer's files, the first that can be taken over, or else the first. */
static bool can_be_taken(const struct wgctl_candidate *candidate)
{
    const struct wgctl_client_facts *facts = &candidate->facts;
    return candidate->writers != WGCTL_WRITERS_OTHERS && facts->is_of_server && facts->is_plain &&
           !facts->unknown_key[0];
}

static const struct wgctl_candidate *own_file(const struct wgctl_adopt *adopt,
                                              const struct wgctl_key *key)
{
    const struct wgctl_candidate *found = NULL;
    for (size_t i = 0; i < adopt->candidate_count; i++) {
        const struct wgctl_candidate *candidate = &adopt->candidates[i];
        if (wgctl_key_compare(&candidate->facts.public_key, key) != 0)
            continue;
        if (can_be_taken(candidate))
            return candidate;
        found = found ? found : candidate;
    }
    return found;
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

int wgctl_adopt_look_for_clients(struct wgctl_adopt *adopt,
                                 const struct wgctl_adopt_request *request, struct wgctl_error *err)
{
    static const char *const own_parts[] = {"configs", "clients"};
    struct search search = {adopt, &adopt->server.public_key};
    const char *root = request->root ? request->root : "";
    char path[PATH_MAX];
    int rc = look_in(&search, request->folder, err);
    for (size_t i = 0; rc == WGCTL_OK && i < sizeof own_parts / sizeof *own_parts; i++)
        rc = look_in_part(&search, request->folder, own_parts[i], err);
    if (rc == WGCTL_OK && snprintf(path, sizeof path, "%s/root", root) < PATH_MAX)
        rc = look_in_home(&search, path, err);
    if (rc == WGCTL_OK && snprintf(path, sizeof path, "%s/home", root) < PATH_MAX)
        rc = wgctl_third_party_folders(path, look_in_home, &search, err);
    for (size_t i = 0; rc == WGCTL_OK && i < adopt->server.peer_count; i++) {
        adopt->own[i] = own_file(adopt, &adopt->server.peers[i].public_key);
        if (!adopt->own[i])
            continue;
        adopt->peers[i].file = adopt->own[i]->path;
        rc = say_why_not(adopt, &adopt->peers[i], adopt->own[i], err);
    }
    return rc;
}

/* ---- JSON ---- */

int wgctl_adopt_read_other(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    WGCTL_OTHER_SERVER json = {0};
    WGCTL_TEXT text = {0};
    int rc = wgctl_third_party_read(adopt->other_path, LARGEST_JSON, &text, err);
    if (rc == WGCTL_OK)
        rc = wgctl_other_server_parse_json(adopt->other_path, wgctl_text_slice_of(&text), &json,
                                           err);
    if (rc < 0)
        return rc;
    adopt->other = json;
    json = (struct wgctl_other_server){0};
    return WGCTL_OK;
}
