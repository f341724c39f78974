/* The contents of INTERFACE.conf: made from JSON, and with the names. */
#include <stdio.h>
#include <string.h>

#include "adopt/blocks.h"
#include "adopt/names.h"
#include "adopt/private.h"
#include "conf/peer_index.h"
#include "conf/server_read.h"

/* ---- from JSON ---- */

static void put_key(struct wgctl_text *text, const char *mark, const char *name,
                    const struct wgctl_key *key)
{
    if (wgctl_key_is_zero(key))
        return;
    wgctl_text_format(text, "%s%s = ", mark, name);
    wgctl_text_key(text, key);
    wgctl_text_string(text, "\n");
}

static void put_list(struct wgctl_text *text, const char *mark, const char *name,
                     const struct wgctl_prefixes *list)
{
    if (list->count == 0)
        return;
    wgctl_text_format(text, "%s%s = ", mark, name);
    wgctl_prefixes_format(list, text);
    wgctl_text_string(text, "\n");
}

/* One line of plain text, as add-peer takes it. */
static bool is_note(struct wgctl_slice note)
{
    enum { LONGEST = 200 };
    return note.size > 0 && note.size <= LONGEST && wgctl_slice_is_plain(note) &&
           !wgctl_key_may_be_in(note);
}

static void put_peer(const struct wgctl_other_peer *peer, struct wgctl_text *text)
{
    const char *mark = peer->enabled ? "" : "#- ";
    struct wgctl_slice note =
        peer->note ? wgctl_slice_trim(wgctl_slice_of(peer->note)) : (struct wgctl_slice){0};
    wgctl_text_format(text, "\n%s[Peer]\n", mark);
    if (peer->added[0])
        wgctl_text_format(text, "%s# added = %s\n", mark, peer->added);
    if (peer->expires[0])
        wgctl_text_format(text, "%s# expires = %s\n", mark, peer->expires);
    if (is_note(note))
        wgctl_text_format(text, "%s# note = %.*s\n", mark, (int)note.size, note.data);
    put_key(text, mark, "PublicKey", &peer->public_key);
    put_key(text, mark, "PresharedKey", &peer->preshared_key);
    put_list(text, mark, "AllowedIPs", &peer->allowed_ips);
}

int wgctl_adopt_put_peers(const struct wgctl_other_server *other, const struct wgctl_server *server,
                          bool disabled, struct wgctl_text *text, size_t *ret_put,
                          struct wgctl_error *err)
{
    WGCTL_PEER_INDEX there = {0};
    int rc = server ? wgctl_peer_index_make(server, WGCTL_ALL_PEERS, &there, err) : WGCTL_OK;
    *ret_put = 0;
    for (size_t i = 0; rc == WGCTL_OK && i < other->peer_count; i++) {
        const struct wgctl_other_peer *peer = &other->peers[i];
        if ((disabled && peer->enabled) || wgctl_peer_index_find(&there, &peer->public_key))
            continue;
        put_peer(peer, text);
        ++*ret_put;
    }
    return rc;
}

/* ---- names ---- */

static bool is_taken(const struct wgctl_adopt *adopt, const char *name)
{
    for (size_t i = 0; i < adopt->server.peer_count; i++)
        if (strcmp(adopt->peers[i].name, name) == 0)
            return true;
    return false;
}

/* Takes the name if it is free, or else the first free one with a number. */
static void take_name(struct wgctl_adopt *adopt, struct wgctl_adopt_peer *peer, const char *name)
{
    char numbered[WGCTL_NAME_SIZE];
    snprintf(numbered, sizeof numbered, "%s", name);
    for (unsigned number = 2; is_taken(adopt, numbered); number++)
        wgctl_adopt_number_name(name, number, numbered);
    memcpy(peer->name, numbered, sizeof numbered);
    peer->action = strcmp(numbered, peer->found) == 0 ? WGCTL_ADOPT_NAMED : WGCTL_ADOPT_RENAMED;
}

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
    comment = wgctl_adopt_find_name(&adopt->server.document, peer);
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

static bool is_name(struct wgctl_slice text)
{
    struct wgctl_error ignored;
    return wgctl_peer_name_check(text, &ignored) == WGCTL_OK;
}

/* Peers that have a name keep it, then those with a valid found name get it, and the others make
 * way. */
enum round { KEEP, TAKE, CHANGE };

static void choose(struct wgctl_adopt *adopt, size_t index, enum round round)
{
    struct wgctl_adopt_peer *peer = &adopt->peers[index];
    char name[WGCTL_NAME_SIZE];
    const struct wgctl_peer *read = &adopt->server.peers[index];
    bool has_name = wgctl_peer_text(&adopt->server, read, WGCTL_PEER_NAME).size > 0;
    if (!peer->found || peer->name[0])
        return;
    struct wgctl_slice found = wgctl_slice_of(peer->found);
    if (round == KEEP   ? !has_name || !is_name(found) || is_taken(adopt, peer->found)
        : round == TAKE ? !is_name(found) || is_taken(adopt, peer->found)
                        : !wgctl_adopt_adapt_name(found, name))
        return;
    take_name(adopt, peer, round == CHANGE ? name : peer->found);
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
    for (enum round round = KEEP; round <= CHANGE; round++)
        for (size_t i = 0; i < adopt->server.peer_count; i++)
            choose(adopt, i, round);
    return WGCTL_OK;
}

int wgctl_adopt_write_names(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = adopt->tunnel;
    WGCTL_SERVER server = {0};
    WGCTL_TEXT text = {0};
    int rc = WGCTL_OK;
    /* From the last to the first, so that the lines of the others stay where they are. */
    for (size_t i = adopt->server.peer_count; i-- > 0 && rc == WGCTL_OK;)
        if (adopt->peers[i].action == WGCTL_ADOPT_NAMED ||
            adopt->peers[i].action == WGCTL_ADOPT_RENAMED)
            rc = wgctl_adopt_write_name(&adopt->server, &adopt->server.peers[i],
                                        adopt->peers[i].name, err);
    if (rc < 0)
        return rc;
    wgctl_document_render(&adopt->server.document, &text);
    rc = wgctl_text_check(&text, err);
    if (rc < 0)
        return rc;
    tunnel->conf_changed = !wgctl_slice_equal(wgctl_text_slice_of(&text), tunnel->original);
    rc = wgctl_server_parse(tunnel->conf_name, &text, &server, err);
    if (rc < 0)
        return rc;
    wgctl_tunnel_replace_server(tunnel, &server);
    return WGCTL_OK;
}
