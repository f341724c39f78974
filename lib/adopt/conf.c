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
           !wgctl_secret_may_be_in(note);
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

/* The program's note, or else what the peer was called. Empty if it has a note already. */
static struct wgctl_slice note_for(const struct wgctl_adopt *adopt, size_t index,
                                   const struct wgctl_other_peer *known)
{
    const struct wgctl_adopt_peer *peer = &adopt->peers[index];
    struct wgctl_slice note = {0}, none = {0};
    if (wgctl_peer_text(&adopt->server, &adopt->server.peers[index], WGCTL_PEER_NOTE).size > 0)
        return none;
    if (known && known->note)
        note = wgctl_slice_trim(wgctl_slice_of(known->note));
    if (!is_note(note) && peer->action == WGCTL_ADOPT_RENAMED)
        note = wgctl_slice_trim(wgctl_slice_of(peer->found));
    return is_note(note) ? note : none;
}

/* Writes the name, and what else the program knows about a peer that is in the file. */
static int write_name(struct wgctl_adopt *adopt, size_t index, struct wgctl_error *err)
{
    const struct wgctl_adopt_peer *peer = &adopt->peers[index];
    struct wgctl_peer *read = &adopt->server.peers[index];
    const struct wgctl_other_peer *known =
        wgctl_other_server_by_key(&adopt->other, &read->public_key);
    struct wgctl_slice note = note_for(adopt, index, known);
    bool is_named = peer->action == WGCTL_ADOPT_NAMED || peer->action == WGCTL_ADOPT_RENAMED;
    int rc = WGCTL_OK;
    if (known && known->expires[0] &&
        wgctl_peer_text(&adopt->server, read, WGCTL_PEER_EXPIRES).size == 0)
        rc = wgctl_adopt_write_fact(&adopt->server, read, "expires", wgctl_slice_of(known->expires),
                                    err);
    if (rc == WGCTL_OK && is_named)
        rc = wgctl_adopt_write_name(&adopt->server, read, peer->name, note, err);
    else if (rc == WGCTL_OK && note.size > 0)
        rc = wgctl_adopt_write_fact(&adopt->server, read, "note", note, err);
    return rc;
}

int wgctl_adopt_write_names(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = adopt->tunnel;
    WGCTL_SERVER server = {0};
    WGCTL_TEXT text = {0};
    int rc = WGCTL_OK;
    /* From the last to the first, so that the lines of the others stay where they are. */
    for (size_t i = adopt->server.peer_count; i-- > 0 && rc == WGCTL_OK;)
        rc = write_name(adopt, i, err);
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
