#include "conf/peer_extent.h"

#include "conf/server_read.h"

/* ---- lines ---- */

static struct wgctl_slice line_at(const struct wgctl_server *server, size_t index)
{
    return wgctl_document_line(&server->document, index);
}

static enum wgctl_line_kind kind_at(const struct wgctl_server *server, size_t index)
{
    return wgctl_line_parse(line_at(server, index)).kind;
}

/* A comment that is not a line of a peer that is disabled, by wgctl or another program
 * ("#[disabled] "), or commented. */
static bool is_comment(const struct wgctl_server *server, size_t index)
{
    return kind_at(server, index) == WGCTL_LINE_COMMENT &&
           !wgctl_slice_starts(line_at(server, index), "#[") &&
           !wgctl_line_is_marked(line_at(server, index)) &&
           !wgctl_server_is_commented(server, index);
}

static bool is_blank(const struct wgctl_server *server, size_t index)
{
    return kind_at(server, index) == WGCTL_LINE_BLANK;
}

/* A section, also of a disabled or a commented peer. */
static bool begins_section(const struct wgctl_server *server, size_t index)
{
    struct wgctl_slice line = line_at(server, index);
    if (wgctl_line_is_marked(line))
        line = (struct wgctl_slice){line.data + 2, line.size - 2};
    return wgctl_line_parse(line).kind == WGCTL_LINE_SECTION ||
           wgctl_server_is_commented(server, index);
}

/* What a comment says, without the '#' at both ends. */
static struct wgctl_slice text_of(struct wgctl_slice comment)
{
    struct wgctl_slice text = wgctl_slice_trim(comment);
    while (text.size > 0 && (text.data[0] == '#' || wgctl_is_space(text.data[0])))
        text = (struct wgctl_slice){text.data + 1, text.size - 1};
    while (text.size > 0 &&
           (text.data[text.size - 1] == '#' || wgctl_is_space(text.data[text.size - 1])))
        text.size--;
    return text;
}

static struct wgctl_slice text_at(const struct wgctl_server *server, size_t index)
{
    return text_of(line_at(server, index));
}

/* ---- markers ---- */

/* Removes a word, in any case, and what separates it from the next. */
static bool take_word(struct wgctl_slice *text, const char *word)
{
    size_t size = strlen(word);
    struct wgctl_slice start = {text->data, size};
    if (text->size <= size || !wgctl_slice_equal_nocase(start, wgctl_slice_of(word)) ||
        !(wgctl_is_space(text->data[size]) || strchr("_:", text->data[size])))
        return false;
    while (size < text->size &&
           (wgctl_is_space(text->data[size]) || strchr("_:", text->data[size])))
        size++;
    *text = (struct wgctl_slice){text->data + size, text->size - size};
    return true;
}

struct wgctl_marker wgctl_marker_parse(struct wgctl_slice comment)
{
    static const char *const things[] = {"peer", "client", "user"};
    struct wgctl_marker marker = {.label = text_of(comment)};
    marker.kind = take_word(&marker.label, "begin") || take_word(&marker.label, "start")
                      ? WGCTL_MARKER_BEGIN
                  : take_word(&marker.label, "end") ? WGCTL_MARKER_END
                                                    : WGCTL_MARKER_NONE;
    for (size_t i = 0; i < sizeof things / sizeof *things; i++)
        if (take_word(&marker.label, things[i]))
            break;
    if (marker.kind == WGCTL_MARKER_NONE || marker.label.size == 0)
        return (struct wgctl_marker){0};
    return marker;
}

static struct wgctl_marker marker_at(const struct wgctl_server *server, size_t index)
{
    return is_comment(server, index) ? wgctl_marker_parse(line_at(server, index))
                                     : (struct wgctl_marker){0};
}

static bool ends(const struct wgctl_marker *marker, struct wgctl_slice label)
{
    return marker->kind == WGCTL_MARKER_END && wgctl_slice_equal(marker->label, label);
}

/* Whether these markers are around the peer, with no other peer between them. */
static bool find_markers(const struct wgctl_server *server, const struct wgctl_peer *peer,
                         struct wgctl_extent *ret)
{
    struct wgctl_marker begin = {0};
    uint32_t first = peer->first_line;
    while (first > 0 && begin.kind == WGCTL_MARKER_NONE) {
        if (!is_comment(server, first - 1) && !is_blank(server, first - 1))
            return false;
        begin = marker_at(server, --first);
    }
    if (begin.kind != WGCTL_MARKER_BEGIN)
        return false;
    for (uint32_t i = peer->first_line + 1; i < server->document.count; i++) {
        struct wgctl_marker end = marker_at(server, i);
        if (begins_section(server, i))
            return false;
        if (ends(&end, begin.label)) {
            *ret = (struct wgctl_extent){first, i + 1, begin.label};
            return true;
        }
    }
    return false;
}

/* Whether the marker begins a group of peers: it ends somewhere behind this one. */
static bool begins_group(const struct wgctl_server *server, size_t index)
{
    const struct wgctl_marker begin = marker_at(server, index);
    if (begin.kind != WGCTL_MARKER_BEGIN)
        return false;
    for (size_t i = index + 1; i < server->document.count; i++) {
        struct wgctl_marker end = marker_at(server, i);
        if (ends(&end, begin.label))
            return true;
    }
    return false;
}

/* ---- names ---- */

/* Whether the text is what the peer was called before its name had to be changed. */
static bool is_called(const struct wgctl_server *server, const struct wgctl_peer *peer,
                      struct wgctl_slice text)
{
    const struct wgctl_slice name = wgctl_peer_text(server, peer, WGCTL_PEER_NAME);
    char adapted[WGCTL_NAME_SIZE], numbered[WGCTL_NAME_SIZE];
    const char *hyphen = name.size > 0 ? memrchr(name.data, '-', name.size) : NULL;
    uint64_t number;
    text = wgctl_slice_trim(text);
    if (text.size == 0)
        return false;
    if (wgctl_slice_equal(text, name) ||
        wgctl_slice_equal(text, wgctl_peer_text(server, peer, WGCTL_PEER_NOTE)))
        return true;
    if (!wgctl_peer_name_adapt(text, adapted))
        return false;
    if (wgctl_slice_equal(wgctl_slice_of(adapted), name))
        return true;
    if (!hyphen ||
        !wgctl_slice_number(
            (struct wgctl_slice){hyphen + 1, (size_t)(name.data + name.size - hyphen - 1)},
            UINT32_MAX, &number))
        return false;
    wgctl_peer_name_number(adapted, (unsigned)number, numbered);
    return wgctl_slice_equal(wgctl_slice_of(numbered), name);
}

/* The same for "bob (3)". */
static bool is_called_before_id(const struct wgctl_server *server, const struct wgctl_peer *peer,
                                struct wgctl_slice text)
{
    if (is_called(server, peer, text))
        return true;
    const char *id = text.size > 0 && text.data[text.size - 1] == ')'
                         ? memrchr(text.data, '(', text.size)
                         : NULL;
    return id && is_called(server, peer, (struct wgctl_slice){text.data, (size_t)(id - text.data)});
}

/* Whether a comment has the peer's name: "bob", "Client bob", "Name: bob", "Client: bob (3)". */
static bool has_name(const struct wgctl_server *server, const struct wgctl_peer *peer, size_t index)
{
    static const char separators[] = {':', '=', ' '};
    const struct wgctl_slice text = text_at(server, index);
    if (is_called_before_id(server, peer, text) ||
        is_called(server, peer, marker_at(server, index).label))
        return true;
    for (size_t i = 0; i < sizeof separators; i++) {
        struct wgctl_slice label, rest = text;
        if (!text.data || !wgctl_slice_split(&rest, separators[i], &label) || !rest.data)
            continue;
        bool is_label = separators[i] != ' ' ||
                        wgctl_slice_equal_nocase(label, wgctl_slice_of("client")) ||
                        wgctl_slice_equal_nocase(label, wgctl_slice_of("peer"));
        if (is_label && is_called_before_id(server, peer, rest))
            return true;
    }
    return false;
}

static bool is_named(const struct wgctl_server *server, const struct wgctl_peer *peer)
{
    return wgctl_peer_text(server, peer, WGCTL_PEER_NAME).size > 0;
}

/* ---- the title above ---- */

/* A setting of a peer that somebody has switched off. */
static bool is_setting_off(const struct wgctl_server *server, size_t index)
{
    static const char *const keys[] = {"PublicKey", "PresharedKey", "AllowedIPs", "Endpoint",
                                       "PersistentKeepalive"};
    const struct wgctl_line_parts parts = wgctl_line_parse(text_at(server, index));
    bool found = false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        found |= parts.kind == WGCTL_LINE_SETTING && wgctl_key_is(parts.key, keys[i]);
    return found && is_comment(server, index);
}

/* The first line of the comments right above a line; nothing that ends another peer or begins a
 * group is one of them. */
static uint32_t comments_above(const struct wgctl_server *server, uint32_t line)
{
    while (line > 0 && is_comment(server, line - 1) &&
           marker_at(server, line - 1).kind != WGCTL_MARKER_END && !begins_group(server, line - 1))
        line--;
    return line;
}

/* Programs write "Name: bob" and other such lines, then a blank line, and then a note. */
static bool is_labelled(const struct wgctl_server *server, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++) {
        const struct wgctl_slice text = text_at(server, i);
        if (text.size == 0 || !memchr(text.data, ':', text.size))
            return false;
    }
    return end > first + 1;
}

static uint32_t labels_above(const struct wgctl_server *server, const struct wgctl_peer *peer,
                             uint32_t title)
{
    if (title == 0 || !is_blank(server, title - 1))
        return title;
    uint32_t end = title - 1, first = comments_above(server, end);
    if (!is_labelled(server, first, end))
        return title;
    for (uint32_t i = first; i < end; i++)
        if (is_named(server, peer) ? has_name(server, peer, i)
                                   : wgctl_slice_starts(text_at(server, i), "Name:"))
            return first;
    return title;
}

/* In a file where even the first peer has a comment above it, such comments are titles and not the
 * last words of the peer before. */
static bool has_titles(const struct wgctl_server *server)
{
    uint32_t first = server->peer_count > 0 ? server->peers[0].first_line : 0;
    return first > 1 && is_comment(server, first - 1);
}

static uint32_t title_of(const struct wgctl_server *server, const struct wgctl_peer *peer)
{
    enum { LONGEST = 40 }; /* of a name */
    const uint32_t below = peer->first_line, top = comments_above(server, below);
    if (top > 0 &&
        (is_blank(server, top - 1) || marker_at(server, top - 1).kind != WGCTL_MARKER_NONE))
        return top < below || is_named(server, peer) ? labels_above(server, peer, top) : top;
    for (uint32_t i = top; i < below; i++)
        if (has_name(server, peer, i))
            return i;
    if (top > 0 && top < below && !is_named(server, peer) && has_titles(server) &&
        text_at(server, below - 1).size <= LONGEST && !is_setting_off(server, below - 1))
        return below - 1;
    return below;
}

/* ---- comments below ---- */

/* The line after the peer's last setting. */
static uint32_t after_settings(const struct wgctl_server *server, const struct wgctl_peer *peer)
{
    uint32_t line = peer->end_line;
    while (line > peer->first_line + 1 && kind_at(server, line - 1) == WGCTL_LINE_COMMENT &&
           !wgctl_line_is_marked(line_at(server, line - 1)))
        line--;
    return line;
}

/* The end of a group, a peer that another program disabled, and all behind it, are not the peer's.
 */
static uint32_t end_of(const struct wgctl_server *server, const struct wgctl_peer *peer)
{
    uint32_t end = peer->end_line;
    for (uint32_t i = after_settings(server, peer); i < end; i++)
        if (!is_comment(server, i) ||
            (marker_at(server, i).kind == WGCTL_MARKER_END && !has_name(server, peer, i)))
            end = i;
    while (end < server->document.count &&
           (is_setting_off(server, end) ||
            (marker_at(server, end).kind == WGCTL_MARKER_END && has_name(server, peer, end))))
        end++;
    return end;
}

struct wgctl_extent wgctl_peer_extent(const struct wgctl_server *server,
                                      const struct wgctl_peer *peer)
{
    struct wgctl_extent extent = {0};
    if (!find_markers(server, peer, &extent))
        extent =
            (struct wgctl_extent){.first = title_of(server, peer), .end = end_of(server, peer)};
    return extent;
}
