/* A wg0.conf of which most is known from another one: mostly of one tunnel, a moment apart. Of
 * what both begin with and end with, only some peers are needed: the text without the others
 * is read like any. */
#include "conf/server_parse.h"

/* The peers of the known one that the file has as well, word for word: those from `first` to
 * before `left`, and those from `right` on. */
struct alike {
    const struct wgctl_server *known;
    size_t first, left, right;
};

static size_t heading_of(const struct wgctl_server *server, size_t peer)
{
    const struct wgctl_document *document = &server->document;
    return peer < server->peer_count ? document->lines[server->peers[peer].first_line]
                                     : document->read;
}

static size_t heading_end(const struct wgctl_server *server, size_t peer)
{
    uint32_t line = server->peers[peer].first_line;
    return heading_of(server, peer) + wgctl_document_line(&server->document, line).size;
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
static struct alike find_alike(const struct wgctl_server *known,
                               const struct wgctl_difference *difference)
{
    size_t end = known->document.read - difference->end, first = first_enabled(known, 0);
    struct alike alike = {known, first, first, first};
    while (alike.right < known->peer_count && heading_of(known, alike.right) <= end) {
        if (heading_end(known, alike.right) <= difference->begin)
            alike.left = alike.right;
        alike.right = first_enabled(known, alike.right + 1);
    }
    return alike;
}

static void put(struct wgctl_text *text, const struct wgctl_server *server, size_t from, size_t to)
{
    const char *all = wgctl_document_original(&server->document).data;
    wgctl_text_slice(text, (struct wgctl_slice){all + from, to - from});
}

/* Those from one enabled peer to before another that are not left out. */
static void put_peers(struct wgctl_text *text, const struct wgctl_server *server,
                      const bool *left_out, size_t from, size_t to)
{
    for (size_t next; from < to; from = next) {
        next = first_enabled(server, from + 1);
        if (!left_out || !left_out[from])
            put(text, server, heading_of(server, from), heading_of(server, next));
    }
}

/* An [Interface] below a peer is of none. */
static bool has_interface_below(const struct wgctl_server *known)
{
    size_t first = first_enabled(known, 0);
    return first < known->peer_count && known->interface_line > known->peers[first].first_line;
}

int wgctl_server_parse_beside(const char *file, const struct wgctl_difference *difference,
                              const struct wgctl_server *known, const bool *left_out,
                              struct wgctl_server *ret, struct wgctl_error *err)
{
    struct wgctl_text text = {0};
    const struct alike alike = find_alike(known, difference);
    const bool *without = has_interface_below(known) ? NULL : left_out;
    size_t begin = 0, end = known->document.read - difference->end;
    if (alike.left > alike.first) {
        begin = heading_of(known, alike.left);
        put(&text, known, 0, heading_of(known, alike.first));
        put_peers(&text, known, without, alike.first, alike.left);
    }
    put(&text, known, begin, difference->begin);
    wgctl_text_slice(&text, wgctl_text_slice_of(&difference->between));
    put(&text, known, end, heading_of(known, alike.right));
    put_peers(&text, known, without, alike.right, known->peer_count);
    return wgctl_server_parse(file, &text, ret, err);
}
