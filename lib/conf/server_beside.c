/* A wg0.conf of which most is known from another one: mostly of one tunnel, a moment apart.
 * What both begin with and end with is copied, from one [Peer] to another. */
#include <string.h>

#include "conf/server_parse.h"

/* The two, and which peers of the known one are copied: those from `first` to before `left`,
 * and those from `right` on. What stands between them, and before the first, is parsed. */
struct pair {
    const struct wgctl_server *known;
    const bool *left_out;
    struct wgctl_server *server;
    size_t first, left, right;
};

/* How many of `size` bytes are the same, from one place on or, `backwards`, before it. */
static size_t count_alike(const char *a, const char *b, size_t size, bool backwards)
{
    size_t alike = 0, step = 1;
    while (step <= size / 2)
        step *= 2;
    for (; step > 0; step /= 2) {
        size_t from = backwards ? size - alike - step : alike;
        if (step <= size - alike && memcmp(a + from, b + from, step) == 0)
            alike += step;
    }
    return alike;
}

static size_t line_begin(const struct wgctl_server *server, size_t peer)
{
    return server->document.lines[server->peers[peer].first_line];
}

static size_t line_end(const struct wgctl_server *server, size_t peer)
{
    uint32_t heading = server->peers[peer].first_line;
    return line_begin(server, peer) + wgctl_document_line(&server->document, heading).size;
}

/* Disabled ones may stand among the lines of another section. */
static size_t first_enabled(const struct wgctl_server *server, size_t from)
{
    while (from < server->peer_count && !server->peers[from].enabled)
        from++;
    return from;
}

/* A peer ends where the heading of an enabled one stands, whatever that one says. What stands
 * before a heading at the end has to be alike as well, or it may not begin a line. */
static void find_alike(struct pair *pair)
{
    const struct wgctl_server *known = pair->known;
    const struct wgctl_text *before = &known->document.source;
    const struct wgctl_text *text = &pair->server->document.source;
    size_t shorter = before->size < text->size ? before->size : text->size;
    size_t at_begin = count_alike(before->data, text->data, shorter, false);
    size_t rest = shorter - at_begin;
    size_t at_end =
        count_alike(before->data + before->size - rest, text->data + text->size - rest, rest, true);

    pair->first = pair->left = pair->right = first_enabled(known, 0);
    while (pair->right < known->peer_count &&
           line_begin(known, pair->right) <= before->size - at_end) {
        if (line_end(known, pair->right) <= at_begin)
            pair->left = pair->right;
        pair->right = first_enabled(known, pair->right + 1);
    }
}

static int copy_peers(const struct pair *pair, size_t from, size_t to, struct wgctl_error *err)
{
    struct wgctl_server *server = pair->server;
    const struct wgctl_document *document = &server->document, *known = &pair->known->document;
    bool is_at_end = from == pair->right;
    uint32_t lines = is_at_end ? (uint32_t)(document->count - known->count) : 0;
    uint32_t bytes = is_at_end ? (uint32_t)(document->source.size - known->source.size) : 0;
    for (size_t i = from; i < to; i++) {
        if (pair->left_out && pair->left_out[i])
            continue;
        struct wgctl_peer *peer = wgctl_server_add_peer(server, err);
        if (!peer)
            return WGCTL_SYSTEM;
        *peer = pair->known->peers[i];
        peer->allowed_ips = wgctl_prefixes_borrow(&pair->known->peers[i].allowed_ips);
        peer->first_line += lines;
        peer->end_line += lines;
        for (size_t text = 0; text < WGCTL_PEER_TEXTS; text++)
            if (peer->texts[text])
                peer->texts[text] += bytes;
    }
    return WGCTL_OK;
}

static int parse_between(const struct pair *pair, size_t first, struct wgctl_error *err)
{
    const struct wgctl_server *known = pair->known;
    const struct wgctl_document *document = &pair->server->document;
    size_t end = document->count;
    if (pair->right < known->peer_count)
        end -= known->document.count - known->peers[pair->right].first_line;
    int rc = wgctl_server_parse_lines(pair->server, first, end, err);
    return rc < 0 ? rc : copy_peers(pair, pair->right, known->peer_count, err);
}

static int parse_pair(const struct pair *pair, struct wgctl_error *err)
{
    const struct wgctl_peer *peers = pair->known->peers;
    if (pair->first == pair->left)
        return parse_between(pair, 0, err);
    int rc = wgctl_server_parse_lines(pair->server, 0, peers[pair->first].first_line, err);
    if (rc == WGCTL_OK)
        rc = copy_peers(pair, pair->first, pair->left, err);
    return rc < 0 ? rc : parse_between(pair, peers[pair->left].first_line, err);
}

/* Peers are all that is copied: an [Interface] below one has to be parsed. */
static bool has_interface_below(const struct wgctl_server *known)
{
    size_t first = first_enabled(known, 0);
    return first < known->peer_count && known->interface_line > known->peers[first].first_line;
}

int wgctl_server_parse_beside(const char *file, struct wgctl_text *source,
                              const struct wgctl_server *known, const bool *left_out,
                              struct wgctl_server *ret, struct wgctl_error *err)
{
    if (known->document.is_edited || has_interface_below(known))
        return wgctl_server_parse(file, source, ret, err);
    WGCTL_SERVER server = {0};
    struct pair pair = {.known = known, .left_out = left_out, .server = &server};
    int rc = wgctl_server_begin(file, source, &server, err);
    if (rc < 0)
        return rc;
    find_alike(&pair);
    rc = parse_pair(&pair, err);
    if (rc < 0)
        return rc;
    *ret = server;
    server = (struct wgctl_server){0};
    return WGCTL_OK;
}
