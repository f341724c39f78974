/* Properties of reading, changing and writing any file. The tests check them with random
 * files, the fuzzer with its own.
 */
#pragma once

#include <string.h>

#include "conf/server_edit.h"
#include "conf/server_read.h"
#include "meaning.h"

/* Defined by the user of this header. Called if a property does not hold. */
static void fails(const char *what, struct wgctl_slice file);

static inline bool reads(struct wgctl_slice file, struct wgctl_server *ret)
{
    struct wgctl_error err;
    struct wgctl_text source = {0};
    wgctl_text_slice(&source, file);
    return wgctl_server_parse("wg0.conf", &source, ret, &err) == WGCTL_OK;
}

static inline struct wgctl_text written(const struct wgctl_server *server)
{
    struct wgctl_text text = {0};
    wgctl_document_render(&server->document, &text);
    return text;
}

static inline bool same(const struct wgctl_text *a, const struct wgctl_text *b)
{
    return wgctl_slice_equal(wgctl_text_slice_of(a), wgctl_text_slice_of(b));
}

static inline void check_read_and_written(struct wgctl_slice file)
{
    WGCTL_TEXT source = {0}, text = {0};
    WGCTL_DOCUMENT document = {0};
    struct wgctl_error err;
    wgctl_text_slice(&source, file);
    if (wgctl_document_parse(&source, &document, &err) < 0)
        fails("any bytes are a document", file);
    wgctl_document_render(&document, &text);
    if (!wgctl_slice_equal(wgctl_text_slice_of(&text), file))
        fails("what was read is written again, byte for byte", file);
}

/* Returns whether the lines of `part` are all in `whole`, in the same order. */
static inline bool is_part_of(struct wgctl_slice part, struct wgctl_slice whole)
{
    struct wgctl_slice line, other;
    while (part.size > 0 && wgctl_slice_split(&part, '\n', &line)) {
        do
            if (whole.size == 0 || !wgctl_slice_split(&whole, '\n', &other))
                return false;
        while (!wgctl_slice_equal(line, other));
    }
    return true;
}

/* Returns whether a comment looks like a line of a disabled peer but is not, because of the
 * lines before it. If those are removed, it may become one. */
static inline bool has_stray_mark(const struct wgctl_server *server)
{
    for (size_t i = 0; i < server->document.count; i++) {
        bool stray = wgctl_line_is_marked(wgctl_document_line(&server->document, i));
        for (size_t k = 0; stray && k < server->peer_count; k++)
            stray = server->peers[k].enabled || i < server->peers[k].first_line ||
                    i >= server->peers[k].end_line;
        if (stray)
            return true;
    }
    return false;
}

static inline void check_removed(struct wgctl_slice file, size_t index)
{
    WGCTL_SERVER server = {0}, again = {0};
    WGCTL_TEXT text = {0}, before = {0}, after = {0};
    if (!reads(file, &server) || has_stray_mark(&server))
        return;
    before = meaning(&server, index);
    wgctl_server_remove(&server, &server.peers[index]);
    text = written(&server);
    if (!is_part_of(wgctl_text_slice_of(&text), file))
        fails("removing a peer only takes lines away", file);
    if (!reads(wgctl_text_slice_of(&text), &again))
        fails("a file can be read after a peer was removed", file);
    after = meaning(&again, SIZE_MAX);
    if (!same(&before, &after))
        fails("removing a peer changes nothing else that the file says", file);
}

/* `peer` must not be in the file. */
static inline void check_appended(struct wgctl_slice file, const struct wgctl_new_peer *peer)
{
    WGCTL_SERVER server = {0}, again = {0};
    WGCTL_TEXT text = {0}, before = {0}, after = {0}, back = {0};
    struct wgctl_error err;
    if (!reads(file, &server))
        return;
    before = meaning(&server, SIZE_MAX);
    if (wgctl_server_append(&server, peer, &err) < 0)
        fails("a peer can be appended", file);
    text = written(&server);
    if (text.size < file.size || (file.size > 0 && memcmp(text.data, file.data, file.size) != 0))
        fails("appending a peer changes no byte that was there", file);
    if (!reads(wgctl_text_slice_of(&text), &again) ||
        !wgctl_server_by_key(&again, &peer->public_key))
        fails("a peer that was appended is read again", file);
    after = meaning(&again, again.peer_count - 1);
    if (!same(&before, &after))
        fails("appending a peer changes nothing else that the file says", file);
    wgctl_server_remove(&again, wgctl_server_by_key(&again, &peer->public_key));
    back = written(&again);
    bool ends = file.size == 0 || file.data[file.size - 1] == '\n';
    if (back.size < file.size || memcmp(back.data ? back.data : "", file.data, file.size) != 0 ||
        (ends && back.size != file.size))
        fails("a peer that was appended and removed leaves the file as it was", file);
}

static inline void check_keeping(struct wgctl_slice file)
{
    WGCTL_SERVER server = {0};
    struct wgctl_new_peer guest = {.name = wgctl_slice_of("guest")};
    check_read_and_written(file);
    if (!reads(file, &server))
        return;
    memset(guest.public_key.bytes, 0x5a, sizeof guest.public_key.bytes);
    if (!wgctl_server_by_key(&server, &guest.public_key))
        check_appended(file, &guest);
    for (size_t i = 0; i < server.peer_count; i++)
        check_removed(file, i);
}
