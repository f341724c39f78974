#include "conf/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

static void clear_peers(struct wgctl_peer *peers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        wgctl_prefixes_clear(&peers[i].allowed_ips);
    if (peers)
        explicit_bzero(peers, count * sizeof *peers);
    free(peers);
}

void wgctl_server_clear(struct wgctl_server *server)
{
    clear_peers(server->peers, server->peer_count);
    clear_peers(server->commented, server->commented_count);
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

const struct wgctl_peer *wgctl_server_commented(const struct wgctl_server *server,
                                                struct wgctl_slice name)
{
    for (size_t i = 0; i < server->commented_count; i++)
        if (wgctl_slice_equal(wgctl_peer_text(server, &server->commented[i], WGCTL_PEER_NAME),
                              name))
            return &server->commented[i];
    return NULL;
}

bool wgctl_server_is_commented(const struct wgctl_server *server, size_t line)
{
    size_t first = 0, end = server->commented_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        const struct wgctl_peer *peer = &server->commented[middle];
        if (line < peer->first_line)
            end = middle;
        else if (line < peer->end_line)
            return true;
        else
            first = middle + 1;
    }
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
    return wgctl_hint(err, "use its public key, as 'sudo wgctl list' shows it");
}

static int fail_no_peer(const struct wgctl_server *server, const char *name,
                        struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    struct wgctl_nearest nearest = {.word = wgctl_slice_of(name)};
    for (size_t i = 0; i < server->peer_count; i++)
        wgctl_nearest_offer(&nearest, wgctl_peer_text(server, &server->peers[i], WGCTL_PEER_NAME));
    wgctl_fail(err, WGCTL_NOT_FOUND, "there is no peer %s in %s", wgctl_quote(nearest.word, quoted),
               server->file);
    const struct wgctl_peer *commented = wgctl_server_commented(server, nearest.word);
    if (commented)
        return wgctl_hint(err, "it is commented out at %s:%u: remove the '#' from its lines first",
                          server->file, commented->first_line + 1);
    if (nearest.best.size > 0)
        return wgctl_hint(err, "did you mean %s? 'sudo wgctl list' shows all peers",
                          wgctl_quote(nearest.best, quoted));
    return wgctl_hint(err, "'sudo wgctl list' shows the peers there are");
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

/* All but an endpoint are comments, which end with the line. */
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

int wgctl_peer_parse_endpoint(struct wgctl_slice value, struct wgctl_endpoint *ret,
                              struct wgctl_error *err)
{
    enum { LONGEST = 512 };
    char buffer[LONGEST];
    struct wgctl_slice text;
    if (!wgctl_value_squeeze(value, buffer, sizeof buffer, &text))
        return wgctl_fail(err, WGCTL_INVALID, "the endpoint is too long");
    return wgctl_endpoint_parse(text, 0, ret, err);
}

bool wgctl_peer_endpoint(const struct wgctl_server *server, const struct wgctl_peer *peer,
                         struct wgctl_endpoint *ret)
{
    struct wgctl_error ignored;
    struct wgctl_slice text = wgctl_peer_text(server, peer, WGCTL_PEER_ENDPOINT);
    return text.size > 0 && wgctl_peer_parse_endpoint(text, ret, &ignored) == WGCTL_OK;
}

char *wgctl_peer_label(const struct wgctl_server *server, const struct wgctl_peer *peer, char *text,
                       size_t size)
{
    struct wgctl_slice name = wgctl_peer_text(server, peer, WGCTL_PEER_NAME);
    if (name.size > 0 && !wgctl_secret_may_be_in(name))
        return wgctl_slice_string(name, text, size);
    char key[WGCTL_KEY_TEXT_SIZE];
    wgctl_key_format(&peer->public_key, key);
    memcpy(key + 8, "…", sizeof "…");
    return wgctl_slice_string(wgctl_slice_of(key), text, size);
}
