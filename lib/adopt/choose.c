/* The names that peers get: those that were found, or names like them that are valid and free. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adopt/names.h"
#include "adopt/private.h"

/* ---- the names that are taken ---- */

/* A hash table. Ten thousand peers may well have the same name. */
struct names {
    struct entry {
        char name[WGCTL_NAME_SIZE]; /* "": nothing is here */
        bool is_taken;
        unsigned next; /* the number to try next if a name that is cut to this one is taken */
    } * entries;
    size_t capacity; /* a power of two, and never full */
};

static void names_clear(struct names *names)
{
    free(names->entries);
}
#define NAMES __attribute__((cleanup(names_clear))) struct names

/* Each peer adds two at most. */
static int names_make(size_t peers, struct names *ret, struct wgctl_error *err)
{
    ret->capacity = 16;
    while (ret->capacity < 4 * peers)
        ret->capacity *= 2;
    ret->entries = calloc(ret->capacity, sizeof *ret->entries);
    return ret->entries ? WGCTL_OK : wgctl_fail_memory(err);
}

/* The entry of a name, or the empty one in which it would be. */
static struct entry *find(const struct names *names, const char *name)
{
    uint64_t hash = 14695981039346656037ULL; /* FNV-1a */
    for (const char *c = name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
    size_t place = (size_t)hash & (names->capacity - 1);
    while (names->entries[place].name[0] && strcmp(names->entries[place].name, name) != 0)
        place = (place + 1) & (names->capacity - 1);
    return &names->entries[place];
}

static struct entry *add(const struct names *names, const char *name)
{
    struct entry *entry = find(names, name);
    snprintf(entry->name, sizeof entry->name, "%s", name);
    return entry;
}

static bool is_taken(const struct names *names, const char *name)
{
    return strlen(name) < WGCTL_NAME_SIZE && find(names, name)->is_taken;
}

/* Takes the name if it is free, or else the first free one with a number. */
static void take_name(const struct names *names, struct wgctl_adopt_peer *peer, const char *name)
{
    char numbered[WGCTL_NAME_SIZE];
    snprintf(numbered, sizeof numbered, "%s", name);
    if (is_taken(names, numbered)) {
        /* All names that are cut to the same one share their numbers. */
        wgctl_peer_name_number(name, 2, numbered);
        struct entry *entry = add(names, numbered);
        for (unsigned number = entry->next ? entry->next : 2; is_taken(names, numbered);
             entry->next = ++number)
            wgctl_peer_name_number(name, number, numbered);
    }
    add(names, numbered)->is_taken = true;
    memcpy(peer->name, numbered, sizeof numbered);
    peer->action = strcmp(numbered, peer->found) == 0 ? WGCTL_ADOPT_NAMED : WGCTL_ADOPT_RENAMED;
}

/* ---- choosing ---- */

static struct wgctl_found_name name_in_json(const struct wgctl_adopt *adopt,
                                            const struct wgctl_key *key)
{
    const struct wgctl_other_peer *peer = wgctl_other_server_by_key(&adopt->other, key);
    return peer ? (struct wgctl_found_name){wgctl_slice_of(peer->name), adopt->other.source}
                : (struct wgctl_found_name){0};
}

/* A program's own data beats a comment that may be about anything. */
static struct wgctl_found_name find_name(const struct wgctl_adopt *adopt, size_t index)
{
    const struct wgctl_peer *peer = &adopt->server.peers[index];
    struct wgctl_found_name comment, json;
    struct wgctl_slice name = wgctl_peer_text(&adopt->server, peer, WGCTL_PEER_NAME);
    if (name.size > 0)
        return (struct wgctl_found_name){name, "friendly_name"};
    comment = wgctl_adopt_find_name(&adopt->server, peer);
    if (comment.text.size > 0 && strcmp(comment.source, "comment") != 0)
        return comment;
    json = name_in_json(adopt, &peer->public_key);
    if (json.text.size > 0)
        return json;
    if (comment.text.size > 0 || !adopt->own[index])
        return comment;
    return (struct wgctl_found_name){
        wgctl_adopt_name_of_file(adopt->own[index]->path, adopt->tunnel->interface), "file_name"};
}

/* A name that a peer has already can be one that a new peer would not get. */
static bool is_name(struct wgctl_slice text, bool is_old)
{
    struct wgctl_error ignored;
    return (is_old ? wgctl_peer_name_check : wgctl_new_peer_name_check)(text, &ignored) == WGCTL_OK;
}

/* Peers that have a name keep it, then those with a valid found name get it, and the others make
 * way. */
enum round { KEEP, TAKE, CHANGE };

/* A name in a script that not every app takes is replaced by the peer's number in the file. */
static void adapt(struct wgctl_slice found, size_t index, char ret[WGCTL_NAME_SIZE])
{
    if (!wgctl_peer_name_adapt(found, ret))
        wgctl_peer_name_number("peer", (unsigned)index + 1, ret);
}

static void choose(struct wgctl_adopt *adopt, const struct names *names, size_t index,
                   enum round round)
{
    struct wgctl_adopt_peer *peer = &adopt->peers[index];
    char name[WGCTL_NAME_SIZE];
    const struct wgctl_peer *read = &adopt->server.peers[index];
    bool has_name = wgctl_peer_text(&adopt->server, read, WGCTL_PEER_NAME).size > 0;
    if (!peer->found || peer->name[0])
        return;
    struct wgctl_slice found = wgctl_slice_of(peer->found);
    bool is_free = is_name(found, has_name) && !is_taken(names, peer->found);
    if (round != CHANGE && (!is_free || (round == KEEP && !has_name)))
        return;
    if (round == CHANGE)
        adapt(found, index, name);
    take_name(names, peer, round == CHANGE ? name : peer->found);
    if (round == KEEP)
        peer->action = WGCTL_ADOPT_KEPT;
}

int wgctl_adopt_choose_names(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    for (size_t i = 0; i < adopt->server.peer_count; i++) {
        struct wgctl_adopt_peer *peer = &adopt->peers[i];
        struct wgctl_found_name found = find_name(adopt, i);
        peer->action = WGCTL_ADOPT_UNNAMED;
        if (found.text.size == 0)
            continue;
        peer->source = found.source;
        peer->found = wgctl_adopt_keep(adopt, found.text);
        if (!peer->found)
            return wgctl_fail_memory(err);
    }
    NAMES names = {0};
    int rc = names_make(adopt->server.peer_count, &names, err);
    for (enum round round = KEEP; rc == WGCTL_OK && round <= CHANGE; round++)
        for (size_t i = 0; i < adopt->server.peer_count; i++)
            choose(adopt, &names, i, round);
    return rc;
}
