#include "conf/server.h"

#include <stdlib.h>
#include <string.h>

#include "conf/server_parse.h"

/* Room for all of them at once, and for some new ones: there may be many, and moving them
 * takes as much memory again. A '[' that begins no section is rare. */
static int reserve_peers(struct wgctl_server *server, struct wgctl_error *err)
{
    enum { NEW = 16 };
    const struct wgctl_slice text = wgctl_text_slice_of(&server->document.source);
    const char *at = text.data, *end = at + text.size;
    size_t count = NEW;
    for (; at < end && (at = memchr(at, '[', (size_t)(end - at))); at++)
        count++;
    server->peers = calloc(count, sizeof *server->peers);
    if (!server->peers)
        return wgctl_fail_memory(err);
    server->peer_capacity = count;
    return WGCTL_OK;
}

int wgctl_server_parse(const char *file, struct wgctl_text *source, struct wgctl_server *ret,
                       struct wgctl_error *err)
{
    WGCTL_SERVER server = {.file = file};
    int rc = wgctl_document_parse(source, &server.document, err);
    if (rc == WGCTL_OK)
        rc = reserve_peers(&server, err);
    if (rc == WGCTL_OK)
        rc = wgctl_server_parse_lines(&server, 0, server.document.count, err);
    if (rc < 0)
        return rc;
    *ret = server;
    server = (struct wgctl_server){0};
    return WGCTL_OK;
}

void wgctl_server_clear(struct wgctl_server *server)
{
    for (size_t i = 0; i < server->peer_count; i++)
        wgctl_prefixes_clear(&server->peers[i].allowed_ips);
    if (server->peers)
        explicit_bzero(server->peers, server->peer_count * sizeof *server->peers);
    free(server->peers);
    free(server->hooks);
    wgctl_prefixes_clear(&server->addresses);
    wgctl_text_clear(&server->dns);
    wgctl_document_clear(&server->document);
    explicit_bzero(server, sizeof *server);
}

bool wgctl_server_has_name(const struct wgctl_server *server, struct wgctl_slice name)
{
    for (size_t i = 0; i < server->peer_count; i++)
        if (wgctl_slice_equal(wgctl_peer_text(server, &server->peers[i], WGCTL_PEER_NAME), name))
            return true;
    return false;
}

const struct wgctl_peer *wgctl_server_by_key(const struct wgctl_server *server,
                                             const struct wgctl_key *public_key)
{
    for (size_t i = 0; i < server->peer_count; i++)
        if (wgctl_key_compare(&server->peers[i].public_key, public_key) == 0)
            return &server->peers[i];
    return NULL;
}

static const struct wgctl_hook *next_hook(const struct wgctl_server *server,
                                          enum wgctl_hook_kind kind, size_t *index)
{
    while (*index < server->hook_count && server->hooks[*index].kind != kind)
        ++*index;
    return *index < server->hook_count ? &server->hooks[(*index)++] : NULL;
}

bool wgctl_server_same_hooks(const struct wgctl_server *a, const struct wgctl_server *b,
                             enum wgctl_hook_kind kind)
{
    size_t at_a = 0, at_b = 0;
    const struct wgctl_hook *left, *right;
    do {
        left = next_hook(a, kind, &at_a);
        right = next_hook(b, kind, &at_b);
    } while (left && right && wgctl_slice_equal(left->command, right->command));
    return !left && !right;
}

static int fail_ambiguous(const char *name, struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(err, WGCTL_INVALID, "more than one peer is called %s",
               wgctl_quote(wgctl_slice_of(name), quoted));
    return wgctl_hint(err, "name it by its public key, as 'wgctl list' shows it");
}

static int fail_no_peer(const struct wgctl_server *server, const char *name,
                        struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(err, WGCTL_NOT_FOUND, "there is no peer %s in %s",
               wgctl_quote(wgctl_slice_of(name), quoted), server->file);
    return wgctl_hint(err, "'wgctl list' shows the peers there are");
}

static bool is_called(const struct wgctl_server *server, const struct wgctl_peer *peer,
                      struct wgctl_slice name, bool by_key)
{
    if (!by_key)
        return wgctl_slice_equal(wgctl_peer_text(server, peer, WGCTL_PEER_NAME), name);
    char key[WGCTL_KEY_TEXT_SIZE];
    wgctl_key_format(&peer->public_key, key);
    return name.size < sizeof key && memcmp(key, name.data, name.size) == 0;
}

int wgctl_server_find(const struct wgctl_server *server, const char *name,
                      const struct wgctl_peer **ret, struct wgctl_error *err)
{
    enum { SHORTEST_KEY = 4 };
    struct wgctl_slice wanted = wgctl_slice_of(name);
    const struct wgctl_peer *found = NULL;

    for (int by_key = 0; by_key <= 1 && !found; by_key++) {
        if (by_key ? wanted.size < SHORTEST_KEY : wanted.size == 0)
            continue;
        for (size_t i = 0; i < server->peer_count; i++) {
            if (!is_called(server, &server->peers[i], wanted, by_key))
                continue;
            if (found)
                return fail_ambiguous(name, err);
            found = &server->peers[i];
        }
    }
    if (!found)
        return fail_no_peer(server, name, err);
    *ret = found;
    return WGCTL_OK;
}

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
        rc = wgctl_server_parse_lines(server, first, server->document.count, err);
    return rc;
}

static enum wgctl_line_kind kind_at(const struct wgctl_server *server, size_t index)
{
    return wgctl_line_parse(wgctl_document_line(&server->document, index)).kind;
}

static bool is_disabled_line(const struct wgctl_server *server, size_t index)
{
    return wgctl_line_is_marked(wgctl_document_line(&server->document, index));
}

/* The comments directly above [Peer] are its title, unless they may as well
 * belong to what stands above them without a blank line between. */
static uint32_t title_of(const struct wgctl_server *server, uint32_t first)
{
    uint32_t title = first;
    while (title > 0 && kind_at(server, title - 1) == WGCTL_LINE_COMMENT &&
           !is_disabled_line(server, title - 1))
        title--;
    return title > 0 && kind_at(server, title - 1) == WGCTL_LINE_BLANK ? title : first;
}

static void remove_lines(struct wgctl_server *server, uint32_t first, uint32_t count)
{
    wgctl_document_remove(&server->document, first, count);
    for (size_t i = 0; i < server->peer_count; i++) {
        struct wgctl_peer *peer = &server->peers[i];
        if (peer->first_line >= first + count)
            peer->first_line -= count;
        if (peer->end_line >= first + count)
            peer->end_line -= count;
    }
}

/* The last of the disabled peers whose lines stand among those of an enabled one;
 * NULL where there is none. They stay when it goes. */
static const struct wgctl_peer *last_inside(const struct wgctl_server *server,
                                            const struct wgctl_peer *peer, uint32_t end)
{
    for (size_t i = server->peer_count; i-- > 0;) {
        const struct wgctl_peer *other = &server->peers[i];
        if (other->first_line > peer->first_line && other->end_line <= end)
            return other;
    }
    return NULL;
}

void wgctl_server_remove(struct wgctl_server *server, const struct wgctl_peer *peer)
{
    size_t index = (size_t)(peer - server->peers);
    uint32_t first = title_of(server, peer->first_line), end = peer->end_line;
    if (first > 0 && kind_at(server, first - 1) == WGCTL_LINE_BLANK)
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

/* All but an endpoint stand in comments, to the end of the line. */
struct wgctl_slice wgctl_peer_text(const struct wgctl_server *server, const struct wgctl_peer *peer,
                                   enum wgctl_peer_text which)
{
    if (peer->texts[which] == 0)
        return (struct wgctl_slice){0};
    struct wgctl_slice rest = wgctl_document_at(&server->document, peer->texts[which]);
    struct wgctl_slice text = rest;
    if (which == WGCTL_PEER_ENDPOINT)
        wgctl_slice_split(&rest, '#', &text);
    return wgctl_slice_trim(text);
}

char *wgctl_peer_label(const struct wgctl_server *server, const struct wgctl_peer *peer, char *text,
                       size_t size)
{
    struct wgctl_slice name = wgctl_peer_text(server, peer, WGCTL_PEER_NAME);
    if (name.size > 0)
        return wgctl_slice_string(name, text, size);
    char key[WGCTL_KEY_TEXT_SIZE];
    wgctl_key_format(&peer->public_key, key);
    memcpy(key + 8, "…", sizeof "…");
    return wgctl_slice_string(wgctl_slice_of(key), text, size);
}
