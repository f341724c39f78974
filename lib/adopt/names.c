#include "adopt/names.h"

#include <stdio.h>
#include <string.h>

#include "conf/peer_extent.h"
#include "conf/server_read.h"

static struct wgctl_slice skip(struct wgctl_slice text, size_t size)
{
    return (struct wgctl_slice){text.data + size, text.size - size};
}

static bool ends(struct wgctl_slice text, const char *ending)
{
    size_t size = strlen(ending);
    return text.size >= size && memcmp(text.data + text.size - size, ending, size) == 0;
}

/* ---- the name in a comment of a known form ---- */

static struct wgctl_slice whole(struct wgctl_slice text)
{
    return text;
}

static struct wgctl_slice before_hashes(struct wgctl_slice text)
{
    if (!ends(text, " ###"))
        return (struct wgctl_slice){0};
    text.size -= strlen(" ###");
    return text;
}

static struct wgctl_slice before_id(struct wgctl_slice text)
{
    const char *id = ends(text, ")") ? memrchr(text.data, '(', text.size) : NULL;
    if (id)
        text.size = (size_t)(id - text.data);
    return text;
}

/* "10: phone > wgclient_phone.conf" */
static struct wgctl_slice between_number_and_file(struct wgctl_slice text)
{
    static const char file[] = " > wgclient_";
    size_t digits = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    if (digits == 0 || !wgctl_slice_starts(skip(text, digits), ": "))
        return (struct wgctl_slice){0};
    text = skip(text, digits + 2);
    const char *end = text.size ? memmem(text.data, text.size, file, strlen(file)) : NULL;
    text.size = end ? (size_t)(end - text.data) : 0;
    return text;
}

/* "key = name", with any white space or none. */
static struct wgctl_slice after_equals(struct wgctl_slice text)
{
    text = wgctl_slice_trim(text);
    return wgctl_slice_starts(text, "=") ? skip(text, 1) : (struct wgctl_slice){0};
}

/* How each program writes the name of a peer. */
static const struct writer {
    const char *source;
    const char *begins; /* with the comment's own '#' */
    struct wgctl_slice (*rest)(struct wgctl_slice text);
} writers[] = {
    {"friendly_name", "# friendly_name", after_equals},
    {"friendly_name", "#friendly_name", after_equals},
    {"pivpn", "### begin ", before_hashes},
    {"angristan", "### Client ", whole},
    {"wg-easy", "# Client: ", before_id},
    {"wg-portal", "# -WGP- Display name: ", whole},
    {"wgdashboard", "#Name# ", after_equals},
    {"easy-wg-quick", "# ", between_number_and_file},
};
enum { WRITERS = sizeof writers / sizeof *writers };

/* ---- the name in a comment of unknown form ---- */

/* What a comment says about the peer, the likeliest name first. */
enum meaning { NAME, PLAIN, OWNER, THING, UNKNOWN, NO_NAME };

/* The words before ':' or '=', without what separates them. */
static const struct label {
    const char *word;
    enum meaning meaning;
} labels[] = {
    {"name", NAME},          {"clientname", NAME},
    {"peername", NAME},      {"username", NAME},
    {"devicename", NAME},    {"displayname", NAME},
    {"friendlyname", NAME},  {"hostname", NAME},
    {"host", NAME},          {"peer", NAME},
    {"client", NAME},        {"label", PLAIN},
    {"title", PLAIN},        {"owner", OWNER},
    {"user", OWNER},         {"person", OWNER},
    {"for", OWNER},          {"device", THING},
    {"machine", THING},      {"description", THING},
    {"comment", THING},      {"id", NO_NAME},
    {"email", NO_NAME},      {"mail", NO_NAME},
    {"telegram", NO_NAME},   {"created", NO_NAME},
    {"createdat", NO_NAME},  {"createdby", NO_NAME},
    {"added", NO_NAME},      {"addedat", NO_NAME},
    {"addedby", NO_NAME},    {"updated", NO_NAME},
    {"updateat", NO_NAME},   {"updatedat", NO_NAME},
    {"date", NO_NAME},       {"expires", NO_NAME},
    {"expiresat", NO_NAME},  {"note", NO_NAME},
    {"notes", NO_NAME},      {"ip", NO_NAME},
    {"address", NO_NAME},    {"allowedips", NO_NAME},
    {"endpoint", NO_NAME},   {"presharedkey", NO_NAME},
    {"psk", NO_NAME},        {"dns", NO_NAME},
    {"mtu", NO_NAME},        {"persistentkeepalive", NO_NAME},
    {"privatekey", NO_NAME}, {"publickey", NO_NAME},
    {"enabled", NO_NAME},    {"disabled", NO_NAME},
    {"model", NO_NAME},      {"os", NO_NAME},
    {"type", NO_NAME},       {"platform", NO_NAME},
    {"location", NO_NAME},   {"group", NO_NAME},
    {"tags", NO_NAME},       {"serial", NO_NAME},
    {"mac", NO_NAME},        {"status", NO_NAME},
    {"lastseen", NO_NAME},
};
enum { LABELS = sizeof labels / sizeof *labels };

static enum meaning meaning_of(struct wgctl_slice label)
{
    char word[24];
    size_t used = 0;
    for (size_t i = 0; i < label.size; i++) {
        if (strchr(" \t_-", label.data[i]))
            continue;
        if (used == sizeof word)
            return UNKNOWN;
        word[used++] = label.data[i];
    }
    for (size_t i = 0; i < LABELS; i++)
        if (wgctl_slice_equal_nocase((struct wgctl_slice){word, used},
                                     wgctl_slice_of(labels[i].word)))
            return labels[i].meaning;
    return UNKNOWN;
}

/* "Name: phone", "user = bob". With '=', anything else is a setting that was switched off. */
static enum meaning take_labelled(struct wgctl_slice *text)
{
    static const char separators[] = {':', '='};
    for (size_t i = 0; i < sizeof separators; i++) {
        struct wgctl_slice label, rest = *text;
        if (!text->data || !wgctl_slice_split(&rest, separators[i], &label) || !rest.data)
            continue;
        enum meaning meaning = meaning_of(label);
        if (meaning == UNKNOWN)
            return separators[i] == '=' ? NO_NAME : UNKNOWN;
        *text = wgctl_slice_trim(rest);
        return meaning;
    }
    return PLAIN;
}

static size_t count_characters(struct wgctl_slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return count;
}

/* Prose is not a name, and neither is a row of hyphens. */
static enum meaning understand(struct wgctl_slice comment, struct wgctl_slice *ret)
{
    enum { LONGEST = 40 };
    if (comment.size == 0 || wgctl_secret_may_be_in(comment) || wgctl_slice_starts(comment, "#[") ||
        wgctl_slice_starts(comment, "# -WGP- ") ||
        wgctl_marker_parse(comment).kind != WGCTL_MARKER_NONE)
        return NO_NAME;
    while (comment.size > 0 && comment.data[0] == '#')
        comment = skip(comment, 1);
    *ret = wgctl_slice_trim(comment);
    if (wgctl_line_parse(*ret).kind == WGCTL_LINE_SECTION)
        return NO_NAME;
    enum meaning meaning = take_labelled(ret);
    return count_characters(*ret) <= LONGEST && wgctl_text_has_letter(*ret) ? meaning : NO_NAME;
}

/* ---- a peer's comments ---- */

/* The line without the mark of a disabled peer, trimmed. */
static struct wgctl_slice line_of(const struct wgctl_document *document, size_t index)
{
    struct wgctl_slice line = wgctl_document_line(document, index);
    if (wgctl_line_is_marked(line))
        line = skip(line, 2);
    return wgctl_slice_trim(line);
}

static struct wgctl_slice comment_at(const struct wgctl_document *document, size_t index)
{
    struct wgctl_slice line = line_of(document, index);
    return wgctl_slice_starts(line, "#") ? line : (struct wgctl_slice){0};
}

/* The comment behind a section or a setting. */
static struct wgctl_slice comment_behind(const struct wgctl_document *document, size_t index)
{
    struct wgctl_slice line = line_of(document, index);
    const char *found = line.size ? memchr(line.data, '#', line.size) : NULL;
    if (!found || found == line.data)
        return (struct wgctl_slice){0};
    return skip(line, (size_t)(found - line.data));
}

/* The comments of a peer, one per call, the likeliest name first: directly below [Peer], above it,
 * behind one of its settings, elsewhere in the block. */
struct walk {
    const struct wgctl_document *document;
    const struct wgctl_peer *peer;
    uint32_t top; /* the first line above that is about the peer */
    enum place { UNDER, ABOVE, BEHIND, WITHIN, OVER } place;
    size_t next;
};

static void go_to(struct walk *walk, enum place place)
{
    walk->place = place;
    walk->next = place == WITHIN ? walk->peer->first_line + 2 : walk->peer->first_line;
}

/* Comments that nothing separates from the peer may be about it, unless they end another. */
static struct wgctl_slice step_up(struct walk *walk)
{
    struct wgctl_slice comment = {0};
    bool is_over = walk->next == 0 ||
                   wgctl_line_is_marked(wgctl_document_line(walk->document, walk->next - 1));
    if (!is_over)
        comment = comment_at(walk->document, --walk->next);
    if (is_over || (comment.size == 0 && walk->next <= walk->top) ||
        wgctl_marker_parse(comment).kind == WGCTL_MARKER_END)
        go_to(walk, BEHIND);
    return comment;
}

static bool next_comment(struct walk *walk, struct wgctl_slice *ret)
{
    const size_t end = walk->peer->end_line;
    *ret = (struct wgctl_slice){0};
    switch (walk->place) {
    case UNDER:
        if (walk->next + 1 < end)
            *ret = comment_at(walk->document, walk->next + 1);
        go_to(walk, ABOVE);
        return true;
    case ABOVE:
        *ret = step_up(walk);
        return true;
    case BEHIND:
        if (walk->next < end)
            *ret = comment_behind(walk->document, walk->next++);
        else
            go_to(walk, WITHIN);
        return true;
    case WITHIN:
        if (walk->next < end)
            *ret = comment_at(walk->document, walk->next++);
        else
            go_to(walk, OVER);
        return true;
    case OVER:
        break;
    }
    return false;
}

/* What the markers around a peer call it. */
static struct wgctl_found_name read_markers(const struct wgctl_server *server,
                                            const struct wgctl_extent *extent)
{
    const struct wgctl_slice line = line_of(&server->document, extent->first);
    struct wgctl_slice label = extent->label;
    if (label.size == 0 && wgctl_marker_parse(line).kind == WGCTL_MARKER_BEGIN)
        label = wgctl_marker_parse(line).label;
    if (label.size == 0 || wgctl_secret_may_be_in(label))
        return (struct wgctl_found_name){0};
    return (struct wgctl_found_name){
        label, wgctl_slice_starts(line, "### begin ") || wgctl_slice_starts(line, "# begin ")
                   ? "pivpn"
               : wgctl_slice_starts(line, "# BEGIN_PEER ") ? "nyr"
                                                           : "comment"};
}

static struct wgctl_slice read_as(const struct writer *writer, struct wgctl_slice comment)
{
    if (!wgctl_slice_starts(comment, writer->begins) || wgctl_secret_may_be_in(comment))
        return (struct wgctl_slice){0};
    return wgctl_slice_trim(writer->rest(skip(comment, strlen(writer->begins))));
}

struct wgctl_found_name wgctl_adopt_find_name(const struct wgctl_server *server,
                                              const struct wgctl_peer *peer)
{
    const struct wgctl_extent extent = wgctl_peer_extent(server, peer);
    struct walk start = {.document = &server->document, .peer = peer, .top = extent.first}, walk;
    struct wgctl_slice comment, text;
    go_to(&start, UNDER);
    for (size_t i = 0; i < WRITERS; i++)
        for (walk = start; next_comment(&walk, &comment);) {
            text = read_as(&writers[i], comment);
            if (text.size > 0)
                return (struct wgctl_found_name){text, writers[i].source};
        }
    const struct wgctl_found_name marked = read_markers(server, &extent);
    if (marked.text.size > 0)
        return marked;
    for (enum meaning meaning = NAME; meaning < NO_NAME; meaning++)
        for (walk = start; next_comment(&walk, &comment);)
            if (understand(comment, &text) == meaning)
                return (struct wgctl_found_name){text, "comment"};
    return (struct wgctl_found_name){0};
}

bool wgctl_adopt_find_private_key(const struct wgctl_document *document,
                                  const struct wgctl_peer *peer, struct wgctl_key *ret)
{
    static const char mark[] = "# -WGP- PrivateKey: ";
    for (size_t i = peer->first_line + 1; i < peer->end_line; i++) {
        struct wgctl_key public_key;
        struct wgctl_error ignored;
        struct wgctl_slice comment = comment_at(document, i);
        if (wgctl_slice_starts(comment, mark) &&
            wgctl_key_parse(skip(comment, strlen(mark)), ret, &ignored) == WGCTL_OK &&
            wgctl_key_public(ret, &public_key, &ignored) == WGCTL_OK &&
            wgctl_key_compare(&public_key, &peer->public_key) == 0)
            return true;
    }
    return false;
}

/* wg_config's "users/NAME/client.conf" and "users/NAME/client.all.conf". */
static struct wgctl_slice name_of_folder(const char *path)
{
    const char *users = strstr(path, "/users/");
    const char *name = users ? users + strlen("/users/") : "";
    const char *end = strchr(name, '/');
    return end && (strcmp(end, "/client.conf") == 0 || strcmp(end, "/client.all.conf") == 0)
               ? (struct wgctl_slice){name, (size_t)(end - name)}
               : (struct wgctl_slice){0};
}

struct wgctl_slice wgctl_adopt_name_of_file(const char *path, const char *interface)
{
    char own[40];
    struct wgctl_slice of_folder = name_of_folder(path);
    if (of_folder.size > 0)
        return of_folder;
    const char *base = strrchr(path, '/');
    struct wgctl_slice name = wgctl_slice_of(base ? base + 1 : path);
    snprintf(own, sizeof own, "%s-client-", interface);
    const char *const prefixes[] = {own, "wgclient_", "peer_", NULL};
    if (ends(name, ".conf"))
        name.size -= strlen(".conf");
    for (const char *const *prefix = prefixes; *prefix; prefix++)
        if (wgctl_slice_starts(name, *prefix) && name.size > strlen(*prefix))
            return skip(name, strlen(*prefix));
    return name;
}
