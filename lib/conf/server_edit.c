#include "conf/server_edit.h"

#include <string.h>

#include "conf/peer_extent.h"
#include "conf/server_read.h"

static void put_note(struct wgctl_text *text, const char *key, struct wgctl_slice value)
{
    if (value.size > 0)
        wgctl_text_format(text, "# %s = %.*s\n", key, (int)value.size, value.data);
}

static void put_key(struct wgctl_text *text, const char *name, const struct wgctl_key *key)
{
    wgctl_text_format(text, "%s = ", name);
    wgctl_text_key(text, key);
    wgctl_text_string(text, "\n");
}

static void format_peer(const struct wgctl_new_peer *peer, struct wgctl_text *text)
{
    wgctl_text_string(text, "[Peer]\n");
    put_note(text, "friendly_name", peer->name);
    put_note(text, "added", peer->added);
    put_note(text, "expires", peer->expires);
    put_note(text, "note", peer->note);
    put_key(text, "PublicKey", &peer->public_key);
    if (!wgctl_key_is_zero(&peer->preshared_key))
        put_key(text, "PresharedKey", &peer->preshared_key);
    if (peer->allowed_ips.count == 0)
        return; /* "AllowedIPs =" is an error for wg */
    wgctl_text_string(text, "AllowedIPs = ");
    wgctl_prefixes_format(&peer->allowed_ips, text);
    wgctl_text_string(text, "\n");
}

int wgctl_server_append(struct wgctl_server *server, const struct wgctl_new_peer *peer,
                        struct wgctl_error *err)
{
    size_t first = server->document.count;
    WGCTL_TEXT text = {0};
    if (first > 0)
        wgctl_text_string(&text, "\n");
    format_peer(peer, &text);
    int rc = wgctl_text_check(&text, err);
    if (rc == WGCTL_OK)
        rc = wgctl_document_insert(&server->document, first, wgctl_text_slice_of(&text), err);
    if (rc == WGCTL_OK)
        rc = wgctl_server_read_lines(server, first, server->document.count, err);
    return rc;
}

static bool is_blank(const struct wgctl_server *server, uint32_t index)
{
    return wgctl_line_parse(wgctl_document_line(&server->document, index)).kind == WGCTL_LINE_BLANK;
}

static void move_peers(struct wgctl_peer *peers, size_t peer_count, uint32_t first, uint32_t count)
{
    for (size_t i = 0; i < peer_count; i++) {
        if (peers[i].first_line >= first + count)
            peers[i].first_line -= count;
        if (peers[i].end_line >= first + count)
            peers[i].end_line -= count;
    }
}

static void remove_lines(struct wgctl_server *server, uint32_t first, uint32_t count)
{
    wgctl_document_remove(&server->document, first, count);
    move_peers(server->peers, server->peer_count, first, count);
    move_peers(server->commented, server->commented_count, first, count);
}

static const struct wgctl_peer *last_of(const struct wgctl_peer *peers, size_t count,
                                        const struct wgctl_peer *around, uint32_t end)
{
    for (size_t i = count; i-- > 0;)
        if (peers[i].first_line > around->first_line && peers[i].end_line <= end)
            return &peers[i];
    return NULL;
}

/* The last disabled or commented peer among the lines of an enabled one, or NULL. It stays when
 * that one is removed. */
static const struct wgctl_peer *last_inside(const struct wgctl_server *server,
                                            const struct wgctl_peer *peer, uint32_t end)
{
    const struct wgctl_peer *disabled, *commented;
    disabled = last_of(server->peers, server->peer_count, peer, end);
    commented = last_of(server->commented, server->commented_count, peer, end);
    if (!disabled || !commented)
        return disabled ? disabled : commented;
    return disabled->first_line > commented->first_line ? disabled : commented;
}

void wgctl_server_remove(struct wgctl_server *server, const struct wgctl_peer *peer)
{
    size_t index = (size_t)(peer - server->peers);
    const struct wgctl_extent extent = wgctl_peer_extent(server, peer);
    uint32_t first = extent.first, end = extent.end;
    /* The blank line that separates what is above from what is below stays. */
    if (first > 0 && is_blank(server, first - 1) &&
        (end == server->document.count || is_blank(server, end)))
        first--;
    for (const struct wgctl_peer *other; (other = last_inside(server, peer, end));) {
        uint32_t begin = other->end_line, next = other->first_line;
        remove_lines(server, begin, end - begin);
        end = next;
    }
    remove_lines(server, first, end - first);

    wgctl_prefixes_clear(&server->peers[index].allowed_ips);
    memmove(server->peers + index, server->peers + index + 1,
            (server->peer_count - index - 1) * sizeof *server->peers);
    server->peer_count--;
    explicit_bzero(server->peers + server->peer_count, sizeof *server->peers);
}
