#include "adopt/blocks.h"

#include <string.h>

#include "conf/server_read.h"

static const char mark[] = "#[disabled] ";

static bool is_wrapped(const struct wgctl_document *document, size_t index)
{
    return index < document->count &&
           wgctl_slice_starts(wgctl_document_line(document, index), mark);
}

/* The line without its mark, trimmed. */
static struct wgctl_slice content_of(const struct wgctl_document *document, size_t index)
{
    struct wgctl_slice line = wgctl_document_line(document, index);
    return wgctl_slice_trim(
        (struct wgctl_slice){line.data + strlen(mark), line.size - strlen(mark)});
}

/* Whether the lines behind the marks are one peer or more, and nothing else. */
static int are_peers(const struct wgctl_document *document, size_t first, size_t end, bool *ret,
                     struct wgctl_error *err)
{
    WGCTL_SERVER server = {0};
    struct wgctl_text text = {0};
    for (size_t i = first; i < end; i++) {
        wgctl_text_slice(&text, content_of(document, i));
        wgctl_text_string(&text, "\n");
    }
    int rc = wgctl_server_parse("", &text, &server, err);
    *ret = rc == WGCTL_OK && server.peer_count > 0 && !server.has_private_key &&
           server.addresses.count == 0 && server.hook_count == 0;
    return rc == WGCTL_INVALID ? WGCTL_OK : rc;
}

/* Replaces what follows the '#' of a comment line. */
static int replace_comment(struct wgctl_document *document, size_t index, const char *begin,
                           struct wgctl_slice rest, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    wgctl_text_string(&text, begin);
    wgctl_text_slice(&text, rest);
    int rc = wgctl_text_check(&text, err);
    return rc < 0 ? rc : wgctl_document_set_value(document, index, wgctl_text_slice_of(&text), err);
}

static int rewrite(struct wgctl_document *document, size_t first, size_t end,
                   struct wgctl_error *err)
{
    bool in_peer = false;
    int rc = WGCTL_OK;
    for (size_t i = first; i < end && rc == WGCTL_OK; i++) {
        struct wgctl_slice content = content_of(document, i);
        struct wgctl_line_parts parts = wgctl_line_parse(content);
        if (parts.kind == WGCTL_LINE_SECTION)
            in_peer = true;
        else if (wgctl_slice_starts(content, "### end "))
            in_peer = false;
        if (in_peer)
            rc = replace_comment(document, i, content.size ? "- " : "-", content, err);
        else if (parts.kind == WGCTL_LINE_COMMENT)
            rc = replace_comment(document, i, "",
                                 (struct wgctl_slice){content.data + 1, content.size - 1}, err);
    }
    return rc;
}

int wgctl_adopt_convert_disabled(struct wgctl_document *document, size_t *ret_lines,
                                 size_t *ret_left, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    *ret_lines = *ret_left = 0;
    for (size_t first = 0, end; first < document->count && rc == WGCTL_OK; first = end) {
        bool peers = false;
        for (end = first; is_wrapped(document, end);)
            end++;
        size_t wrapped = end - first;
        if (wrapped == 0)
            end++;
        else
            rc = are_peers(document, first, end, &peers, err);
        if (peers)
            rc = rewrite(document, first, end, err);
        *(peers ? ret_lines : ret_left) += wrapped;
    }
    return rc;
}

size_t wgctl_adopt_remove_save_config(struct wgctl_document *document)
{
    size_t removed = 0;
    for (size_t i = 0; i < document->count;) {
        struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(document, i));
        if (parts.kind == WGCTL_LINE_SETTING && wgctl_key_is(parts.key, "SaveConfig") &&
            wgctl_slice_equal_nocase(parts.value, wgctl_slice_of("true"))) {
            wgctl_document_remove(document, i, 1);
            removed++;
        } else {
            i++;
        }
    }
    return removed;
}

/* The comment on one of the peer's lines, behind the mark of a disabled peer. */
static struct wgctl_slice comment_of(const struct wgctl_server *server,
                                     const struct wgctl_peer *peer, size_t index)
{
    struct wgctl_slice line = wgctl_document_line(&server->document, index);
    if (!peer->enabled && wgctl_line_is_marked(line))
        line = (struct wgctl_slice){line.data + 2, line.size - 2};
    struct wgctl_line_parts parts = wgctl_line_parse(line);
    return parts.kind == WGCTL_LINE_COMMENT ? parts.value : (struct wgctl_slice){0};
}

static bool is_name(struct wgctl_slice comment)
{
    struct wgctl_slice key, rest = comment;
    return comment.size > 0 && wgctl_slice_split(&rest, '=', &key) && rest.data &&
           wgctl_slice_equal(wgctl_slice_trim(key), wgctl_slice_of("friendly_name"));
}

/* The line of the name; the last one counts. 0: there is none. */
static size_t find_name(const struct wgctl_server *server, const struct wgctl_peer *peer)
{
    for (size_t i = peer->end_line; i-- > peer->first_line + 1;)
        if (is_name(comment_of(server, peer, i)))
            return i;
    return 0;
}

static int write_line(struct wgctl_server *server, size_t line, const char *begin, const char *key,
                      struct wgctl_slice value, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    wgctl_text_format(&text, "%s# %s = %.*s", begin, key, (int)value.size, value.data);
    int rc = wgctl_text_check(&text, err);
    return rc < 0 ? rc
                  : wgctl_document_insert(&server->document, line, wgctl_text_slice_of(&text), err);
}

int wgctl_adopt_write_fact(struct wgctl_server *server, struct wgctl_peer *peer, const char *key,
                           struct wgctl_slice value, struct wgctl_error *err)
{
    peer->end_line++;
    return write_line(server, peer->first_line + 1, peer->enabled ? "" : "#- ", key, value, err);
}

int wgctl_adopt_write_name(struct wgctl_server *server, const struct wgctl_peer *peer,
                           const char *name, struct wgctl_slice note, struct wgctl_error *err)
{
    const char *begin = peer->enabled ? "" : "#- ";
    size_t line = find_name(server, peer);
    WGCTL_TEXT text = {0};
    wgctl_text_format(&text, "%s# friendly_name = %s", begin, name);
    int rc = wgctl_text_check(&text, err);
    if (rc < 0)
        return rc;
    if (line > 0)
        rc = wgctl_document_set_value(
            &server->document, line,
            wgctl_slice_trim((struct wgctl_slice){text.data + 1, text.size - 1}), err);
    else
        rc = wgctl_document_insert(&server->document, line = peer->first_line + 1,
                                   wgctl_text_slice_of(&text), err);
    return rc < 0 || note.size == 0 ? rc : write_line(server, line + 1, begin, "note", note, err);
}
