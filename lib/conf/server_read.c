#include "conf/server_read.h"

#include <stdlib.h>
#include <string.h>

#include "conf/server_reader.h"
#include "conf/strict.h"

static const char *const notes[WGCTL_NOTES] = {
    [WGCTL_PEER_NAME] = "friendly_name",
    [WGCTL_PEER_ADDED] = "added",
    [WGCTL_PEER_EXPIRES] = "expires",
    [WGCTL_PEER_NOTE] = "note",
};

/* Which note this is; WGCTL_NOTES if it is not one. */
static size_t note_of(struct wgctl_slice comment, struct wgctl_slice *ret_value)
{
    struct wgctl_slice key, rest = comment;
    size_t note = 0;
    if (!wgctl_slice_split(&rest, '=', &key) || !rest.data)
        return WGCTL_NOTES;
    key = wgctl_slice_trim(key);
    while (note < WGCTL_NOTES && !wgctl_slice_equal(key, wgctl_slice_of(notes[note])))
        note++;
    *ret_value = wgctl_slice_trim(rest);
    return note;
}

static int add_peer(struct wgctl_reader *reader, struct wgctl_peer **list, size_t *count,
                    size_t *capacity)
{
    struct wgctl_peer *peers = wgctl_array_grow(*list, *count, capacity, sizeof *peers);
    if (!peers)
        return wgctl_fail_memory(reader->err);
    *list = peers;
    reader->block->section = WGCTL_IN_PEER;
    reader->block->peer = *count;
    struct wgctl_peer *peer = &peers[(*count)++];
    peer->enabled = reader->block == &reader->seen;
    peer->first_line = (uint32_t)reader->line;
    peer->end_line = (uint32_t)reader->line + 1;
    return WGCTL_OK;
}

static int begin_peer(struct wgctl_reader *reader)
{
    struct wgctl_server *server = reader->server;
    return add_peer(reader, &server->peers, &server->peer_count, &server->peer_capacity);
}

static int hint_disabled(struct wgctl_error *err)
{
    return wgctl_hint(err, "%s", wgctl_strict_rules[WGCTL_STRICT_DISABLED].fix);
}

static int end_block(struct wgctl_reader *reader, struct wgctl_block *block)
{
    const struct wgctl_block ended = *block;
    *block = (struct wgctl_block){0};
    if (ended.section != WGCTL_IN_PEER || ended.key)
        return WGCTL_OK;
    wgctl_fail(reader->err, WGCTL_INVALID, "%s:%zu: this [Peer] has no PublicKey",
               reader->server->file, ended.heading + 1);
    if (block == &reader->disabled)
        return hint_disabled(reader->err);
    return wgctl_hint(reader->err, "give it one, or remove its lines");
}

static int begin_block(struct wgctl_reader *reader, struct wgctl_slice name)
{
    int rc = end_block(reader, reader->block);
    if (rc < 0)
        return rc;
    reader->block->heading = reader->line;
    if (wgctl_key_is(name, "Peer"))
        return begin_peer(reader);
    if (!wgctl_key_is(name, "Interface"))
        return wgctl_reader_fail(reader, "a section is [Interface] or [Peer]");
    reader->block->section = WGCTL_IN_INTERFACE;
    reader->block->for_quick = wgctl_slice_equal_nocase(name, wgctl_slice_of("Interface"));
    return WGCTL_OK;
}

bool wgctl_line_is_marked(struct wgctl_slice line)
{
    return wgctl_slice_starts(line, "#-") &&
           (line.size == 2 || wgctl_slice_trim((struct wgctl_slice){line.data + 2, 1}).size == 0);
}

static struct wgctl_line_parts parse_marked(struct wgctl_slice line)
{
    return wgctl_line_parse((struct wgctl_slice){line.data + 2, line.size - 2});
}

/* Parses the line behind the "#- " of a disabled peer. False if it belongs to none: "#- a list" is
 * a comment that only looks like it. */
static bool behind_mark(struct wgctl_reader *reader, struct wgctl_slice line,
                        struct wgctl_line_parts *ret)
{
    if (!wgctl_line_is_marked(line))
        return false;
    reader->seen.is_apart = true;
    *ret = parse_marked(line);
    if (ret->kind == WGCTL_LINE_SECTION)
        return wgctl_key_is(ret->key, "Peer");
    return reader->disabled.section == WGCTL_IN_PEER && ret->kind != WGCTL_LINE_OTHER;
}

/* A comment is a peer's note only if it is removed along with the peer: right below the peer's
 * lines, or above a setting of it. */
static void take_note(struct wgctl_reader *reader, struct wgctl_slice comment)
{
    struct wgctl_block *block = reader->block;
    struct wgctl_slice value;
    size_t note = note_of(comment, &value);
    if (note == WGCTL_NOTES)
        return;
    wgctl_position *texts =
        block->is_apart ? block->notes : reader->server->peers[block->peer].texts;
    texts[note] = wgctl_document_position(&reader->server->document, reader->line, value);
}

static void keep_notes(struct wgctl_block *block, struct wgctl_peer *peer)
{
    for (size_t note = 0; block->is_apart && note < WGCTL_NOTES; note++)
        if (block->notes[note]) {
            peer->texts[note] = block->notes[note];
            block->notes[note] = 0;
        }
    block->is_apart = false;
}

/* ---- peers that are commented out by hand ---- */

/* What a comment says behind its '#': people also write "##", "#;" or "# - ", and PiVPN writes
 * "#[disabled] ". */
static struct wgctl_slice uncomment(struct wgctl_slice comment)
{
    static const char pivpn[] = "[disabled]";
    for (size_t skip = 1; skip > 0;) {
        comment = wgctl_slice_trim(comment);
        skip = wgctl_slice_starts(comment, pivpn)                           ? strlen(pivpn)
               : comment.size > 0 && strchr("#;-", comment.data[0]) != NULL ? 1
                                                                            : 0;
        comment = (struct wgctl_slice){comment.data + skip, comment.size - skip};
    }
    return comment;
}

/* Without a key, it is an example, or a title. */
static void end_commented(struct wgctl_reader *reader)
{
    struct wgctl_server *server = reader->server;
    bool is_peer = reader->commented.section != WGCTL_IN_PEER || reader->commented.key;
    reader->commented = (struct wgctl_block){0};
    if (is_peer)
        return;
    struct wgctl_peer *peer = &server->commented[--server->commented_count];
    wgctl_prefixes_clear(&peer->allowed_ips);
    explicit_bzero(peer, sizeof *peer);
}

static int begin_commented(struct wgctl_reader *reader)
{
    struct wgctl_server *server = reader->server;
    end_commented(reader);
    return add_peer(reader, &server->commented, &server->commented_count,
                    &server->commented_capacity);
}

static int read_commented_setting(struct wgctl_reader *reader, struct wgctl_slice comment,
                                  const struct wgctl_line_parts *parts)
{
    struct wgctl_peer *peer = &reader->server->commented[reader->commented.peer];
    struct wgctl_error fault, *err = reader->err;
    struct wgctl_slice value;
    size_t note = note_of(comment, &value);
    peer->end_line = (uint32_t)reader->line + 1;
    if (note < WGCTL_NOTES) {
        peer->texts[note] = wgctl_document_position(&reader->server->document, reader->line, value);
        return WGCTL_OK;
    }
    reader->err = &fault;
    int rc = wgctl_setting_read(reader, comment, parts);
    reader->err = err;
    return rc == WGCTL_SYSTEM ? wgctl_fail_memory(err) : WGCTL_OK;
}

/* Reads a comment as a line of such a peer. `ret_is_one`: it is one. */
static int read_commented(struct wgctl_reader *reader, struct wgctl_slice comment, bool *ret_is_one)
{
    bool is_inside = reader->commented.section == WGCTL_IN_PEER;
    comment = uncomment(comment);
    if (!is_inside && !wgctl_slice_starts(comment, "["))
        return WGCTL_OK;
    struct wgctl_line_parts parts = wgctl_line_parse(comment);
    bool begins = parts.kind == WGCTL_LINE_SECTION && wgctl_key_is(parts.key, "Peer");
    *ret_is_one = begins || is_inside;
    reader->block = &reader->commented;
    if (begins)
        return begin_commented(reader);
    return is_inside && parts.kind == WGCTL_LINE_SETTING
               ? read_commented_setting(reader, comment, &parts)
               : WGCTL_OK;
}

static int read_parts(struct wgctl_reader *reader, struct wgctl_slice line,
                      const struct wgctl_line_parts *parts)
{
    struct wgctl_block *block = reader->block;
    if (parts->kind == WGCTL_LINE_SECTION)
        return begin_block(reader, parts->key);
    if (parts->kind == WGCTL_LINE_OTHER)
        return wgctl_strict_fail(WGCTL_STRICT_SYNTAX, reader->server->file, reader->line + 1,
                                 reader->err);
    if (parts->kind == WGCTL_LINE_SETTING) {
        int rc = wgctl_setting_read(reader, line, parts);
        if (rc < 0)
            return rc;
    }
    if (block->section != WGCTL_IN_PEER)
        return WGCTL_OK;
    struct wgctl_peer *peer = &reader->server->peers[block->peer];
    if (parts->kind == WGCTL_LINE_COMMENT)
        take_note(reader, parts->value);
    if (parts->kind == WGCTL_LINE_SETTING)
        keep_notes(block, peer);
    if (parts->kind == WGCTL_LINE_SETTING || block == &reader->disabled)
        peer->end_line = (uint32_t)reader->line + 1;
    return WGCTL_OK;
}

static int read_disabled(struct wgctl_reader *reader, struct wgctl_slice line,
                         const struct wgctl_line_parts *parts)
{
    reader->block = &reader->disabled;
    int rc = read_parts(reader, line, parts);
    return rc < 0 ? hint_disabled(reader->err) : rc;
}

static int read_line(struct wgctl_reader *reader)
{
    struct wgctl_slice line = wgctl_document_line(&reader->server->document, reader->line);
    if (reader->has_nul && memchr(line.data, '\0', line.size))
        return wgctl_strict_fail(WGCTL_STRICT_NUL, reader->server->file, reader->line + 1,
                                 reader->err);
    if (reader->line == 0 && wgctl_slice_starts(line, "\xef\xbb\xbf")) {
        wgctl_reader_fail(reader, "there is a byte order mark before the first line");
        return wgctl_hint(reader->err, "save the file as UTF-8 without one (BOM), as wg needs it");
    }
    struct wgctl_line_parts parts;
    if (behind_mark(reader, line, &parts)) {
        end_commented(reader);
        return read_disabled(reader, line, &parts);
    }
    parts = wgctl_line_parse(line);
    if (parts.kind != WGCTL_LINE_COMMENT)
        end_commented(reader);
    if (parts.kind == WGCTL_LINE_BLANK) {
        reader->seen.is_apart = true;
        return WGCTL_OK;
    }
    /* A disabled peer ends with its marked lines. */
    int rc = end_block(reader, &reader->disabled);
    bool is_commented = false;
    if (rc == WGCTL_OK && parts.kind == WGCTL_LINE_COMMENT)
        rc = read_commented(reader, parts.value, &is_commented);
    reader->block = &reader->seen;
    return rc < 0 || is_commented ? rc : read_parts(reader, line, &parts);
}

/* A marked line after an enabled peer's is an ordinary comment, unless it begins a disabled peer.
 */
static bool begins_disabled(struct wgctl_slice line)
{
    if (!wgctl_line_is_marked(line))
        return false;
    struct wgctl_line_parts parts = parse_marked(line);
    return parts.kind == WGCTL_LINE_SECTION && wgctl_key_is(parts.key, "Peer");
}

/* Comments after a peer's last setting belong to it if a blank line or the end of the file follows;
 * otherwise they may be the title of the next peer. Up to the last note, which can only be below a
 * [Peer], they belong to it in any case. */
static void take_trailing_comments(struct wgctl_server *server, struct wgctl_peer *peer)
{
    const struct wgctl_document *document = &server->document;
    struct wgctl_line_parts parts = {.kind = WGCTL_LINE_BLANK};
    struct wgctl_slice ignored;
    uint32_t line = peer->end_line;
    for (; line < document->count; line++) {
        struct wgctl_slice text = wgctl_document_line(document, line);
        parts = wgctl_line_parse(text);
        if (parts.kind != WGCTL_LINE_COMMENT || begins_disabled(text) ||
            wgctl_server_is_commented(server, line))
            break;
        if (note_of(parts.value, &ignored) < WGCTL_NOTES)
            peer->end_line = line + 1;
    }
    if (line == document->count || parts.kind == WGCTL_LINE_BLANK)
        peer->end_line = line;
}

static bool has_nul(const struct wgctl_text *text)
{
    return text->size > 0 && memchr(text->data, '\0', text->size);
}

static int read_lines(struct wgctl_reader *reader, size_t first, size_t end)
{
    int rc = WGCTL_OK;
    for (reader->line = first; rc == WGCTL_OK && reader->line < end; reader->line++)
        rc = read_line(reader);
    if (rc == WGCTL_OK)
        rc = end_block(reader, &reader->disabled);
    end_commented(reader);
    return rc < 0 ? rc : end_block(reader, &reader->seen);
}

int wgctl_server_read_lines(struct wgctl_server *server, size_t first, size_t end,
                            struct wgctl_error *err)
{
    struct wgctl_reader reader = {
        .server = server,
        .err = err,
        .has_nul = has_nul(&server->document.source) || has_nul(&server->document.added),
    };
    size_t known = server->peer_count;
    int rc = read_lines(&reader, first, end);
    if (rc < 0)
        return rc;
    /* A disabled peer has no more than its marked lines. */
    for (size_t i = known; i < server->peer_count; i++)
        if (server->peers[i].enabled)
            take_trailing_comments(server, &server->peers[i]);
    return WGCTL_OK;
}

/* Makes room for all peers at once, and for a few new ones. A '[' that begins no section is
 * rare. */
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
    if (rc < 0)
        return wgctl_context(err, "%s", file);
    rc = reserve_peers(&server, err);
    if (rc == WGCTL_OK)
        rc = wgctl_server_read_lines(&server, 0, server.document.count, err);
    if (rc < 0)
        return rc;
    *ret = server;
    server = (struct wgctl_server){0};
    return WGCTL_OK;
}
