#include "adopt/names.h"

#include <stdio.h>
#include <string.h>

#include "conf/server_read.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

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

/* How the current version of each program writes the name of a peer. */
static const struct writer {
    const char *source;
    const char *begins; /* with the comment's own '#' */
    struct wgctl_slice (*rest)(struct wgctl_slice text);
} writers[] = {
    {"friendly_name", "# friendly_name", after_equals},
    {"friendly_name", "#friendly_name", after_equals},
    {"pivpn", "### begin ", before_hashes},
    {"angristan", "### Client ", whole},
    {"nyr", "# BEGIN_PEER ", whole},
    {"wg-easy", "# Client: ", before_id},
    {"wg-portal", "# -WGP- Display name: ", whole},
    {"wgdashboard", "#Name# ", after_equals},
    {"easy-wg-quick", "# ", between_number_and_file},
};
enum { WRITERS = sizeof writers / sizeof *writers };

/* A comment in the place of a name that is not one. */
static bool ends_a_block(struct wgctl_slice comment)
{
    return wgctl_slice_starts(comment, "### end ") || wgctl_slice_starts(comment, "# END_PEER ");
}

/* ---- the name in a comment of unknown form ---- */

static bool is_word_of(const char *const *words, struct wgctl_slice word)
{
    for (; *words; words++)
        if (wgctl_slice_equal_nocase(word, wgctl_slice_of(*words)))
            return true;
    return false;
}

/* "Name: phone", "user = bob". False if the comment is about something else: an e-mail address, a
 * date, a setting that was commented out. */
static bool take_labelled(struct wgctl_slice *text, char separator)
{
    static const char *const names[] = {"name", "client", "peer",     "device", "user",
                                        "host", "owner",  "hostname", NULL};
    static const char *const others[] = {
        "id",         "email",      "e-mail",       "mail",     "telegram",
        "created",    "created at", "added",        "updated",  "update at",
        "date",       "expires",    "note",         "ip",       "address",
        "allowedips", "endpoint",   "presharedkey", "dns",      "persistentkeepalive",
        "privatekey", "publickey",  "enabled",      "disabled", "-wgp- peer",
        NULL};
    struct wgctl_slice key, rest = *text;
    if (!wgctl_slice_split(&rest, separator, &key) || !rest.data)
        return true;
    key = wgctl_slice_trim(key);
    if (is_word_of(names, key))
        *text = wgctl_slice_trim(rest);
    return separator != '=' ? !is_word_of(others, key) : is_word_of(names, key);
}

/* Prose is not a name, and neither is a row of hyphens. */
static struct wgctl_slice anybodys(struct wgctl_slice comment)
{
    enum { LONGEST = 40 };
    const struct wgctl_slice none = {0};
    if (ends_a_block(comment) || wgctl_key_may_be_in(comment) ||
        wgctl_slice_starts(comment, "#[") || wgctl_slice_starts(comment, "# -WGP- "))
        return none;
    while (comment.size > 0 && comment.data[0] == '#')
        comment = skip(comment, 1);
    comment = wgctl_slice_trim(comment);
    if (wgctl_line_parse(comment).kind == WGCTL_LINE_SECTION || !take_labelled(&comment, '=') ||
        !take_labelled(&comment, ':') || comment.size > LONGEST)
        return none;
    for (size_t i = 0; i < comment.size; i++)
        if (is_alnum(comment.data[i]))
            return comment;
    return none;
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
    enum place { UNDER, ABOVE, BEHIND, WITHIN, OVER } place;
    size_t next;
};

static void go_to(struct walk *walk, enum place place)
{
    walk->place = place;
    walk->next = place == WITHIN ? walk->peer->first_line + 2 : walk->peer->first_line;
}

static struct wgctl_slice step_up(struct walk *walk)
{
    struct wgctl_slice comment = {0};
    if (walk->next > 0 &&
        !wgctl_line_is_marked(wgctl_document_line(walk->document, walk->next - 1)))
        comment = comment_at(walk->document, --walk->next);
    if (comment.size == 0 || ends_a_block(comment))
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

static struct wgctl_slice read_as(const struct writer *writer, struct wgctl_slice comment)
{
    if (!writer)
        return anybodys(comment);
    if (!wgctl_slice_starts(comment, writer->begins) || wgctl_key_may_be_in(comment))
        return (struct wgctl_slice){0};
    return wgctl_slice_trim(writer->rest(skip(comment, strlen(writer->begins))));
}

struct wgctl_found_name wgctl_adopt_find_name(const struct wgctl_document *document,
                                              const struct wgctl_peer *peer)
{
    for (size_t i = 0; i <= WRITERS; i++) {
        const struct writer *writer = i < WRITERS ? &writers[i] : NULL;
        struct walk walk = {.document = document, .peer = peer};
        struct wgctl_slice comment;
        go_to(&walk, UNDER);
        while (next_comment(&walk, &comment)) {
            struct wgctl_slice text = comment.size ? read_as(writer, comment) : comment;
            if (text.size > 0)
                return (struct wgctl_found_name){text, writer ? writer->source : "comment"};
        }
    }
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

/* ---- names that wgctl accepts ---- */

bool wgctl_adopt_adapt_name(struct wgctl_slice text, char name[WGCTL_NAME_SIZE])
{
    size_t used = 0;
    for (size_t i = 0; i < text.size && used < WGCTL_NAME_SIZE - 1; i++) {
        char c = wgctl_is_space(text.data[i]) ? '-' : text.data[i];
        if (!is_alnum(c) && (c == '\0' || !strchr("_=+.-", c)))
            continue;
        if (!is_alnum(c) && used == 0)
            continue;
        /* "Laptop - Bob" becomes Laptop-Bob. */
        if (c == '-' && name[used - 1] == '-')
            continue;
        name[used++] = c;
    }
    bool shortened = used < text.size;
    while (shortened && used > 0 && (name[used - 1] == '-' || name[used - 1] == '.'))
        used--;
    name[used] = '\0';
    return used > 0;
}

void wgctl_adopt_number_name(const char *name, unsigned number, char ret[WGCTL_NAME_SIZE])
{
    char end[12];
    int size = snprintf(end, sizeof end, "-%u", number);
    snprintf(ret, WGCTL_NAME_SIZE, "%.*s%s", WGCTL_NAME_SIZE - 1 - size, name, end);
}
