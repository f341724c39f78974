#include "conf/ini.h"

#include <string.h>

struct parts {
    enum { OTHER, SECTION, SETTING } kind;
    struct wgctl_slice key;   /* the section's name, or the setting's key */
    struct wgctl_slice value; /* trimmed, without the comment */
};

/* The index of the first of `characters` before any inline comment, else of the comment,
 * else the size. */
static size_t find(struct wgctl_slice text, const char *characters)
{
    bool after_space = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if ((c && strchr(characters, c)) || (after_space && c == ';'))
            return i;
        after_space = wgctl_is_space(c);
    }
    return text.size;
}

static struct wgctl_slice skip(struct wgctl_slice text, size_t size)
{
    return (struct wgctl_slice){text.data + size, text.size - size};
}

static struct wgctl_slice head(struct wgctl_slice text, size_t size)
{
    return (struct wgctl_slice){text.data, size};
}

static struct parts parse_section(struct wgctl_slice name)
{
    size_t end = find(name, "]");
    bool is_closed = end < name.size && name.data[end] == ']';
    return is_closed ? (struct parts){.kind = SECTION, .key = head(name, end)} : (struct parts){0};
}

static struct parts parse_setting(struct wgctl_slice line)
{
    size_t end = find(line, "=:");
    if (end == line.size || line.data[end] == ';')
        return (struct parts){0};
    struct wgctl_slice rest = skip(line, end + 1);
    struct parts parts = {
        .kind = SETTING,
        .key = wgctl_slice_trim(head(line, end)),
        .value = wgctl_slice_trim(head(rest, find(rest, ""))),
    };
    /* An empty value begins at the separator, so that a new one stays clear of the comment. */
    if (parts.value.size == 0)
        parts.value.data = rest.data;
    return parts;
}

static struct parts parse(const struct wgctl_document *document, size_t index)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct wgctl_slice line = wgctl_slice_trim(wgctl_document_line(document, index));
    if (index == 0 && wgctl_slice_starts(line, byte_order_mark))
        line = wgctl_slice_trim(skip(line, strlen(byte_order_mark)));
    if (line.size == 0 || line.data[0] == ';' || line.data[0] == '#')
        return (struct parts){0};
    return line.data[0] == '[' ? parse_section(skip(line, 1)) : parse_setting(line);
}

static bool is_named(struct wgctl_slice text, const char *name)
{
    return wgctl_slice_equal_nocase(text, wgctl_slice_of(name));
}

/* Where a setting is, or would be. */
struct slot {
    bool is_there;
    size_t line;              /* of the setting that counts */
    struct wgctl_slice value; /* on that line */
    size_t after;             /* the line to insert at; 0: the section is missing */
};

static struct slot find_slot(const struct wgctl_document *document, const char *section,
                             const char *key)
{
    struct slot slot = {0};
    bool inside = false, in_first = false;
    for (size_t i = 0; i < document->count; i++) {
        struct parts parts = parse(document, i);
        if (parts.kind == SECTION) {
            inside = is_named(parts.key, section);
            in_first = inside && slot.after == 0;
        }
        if (in_first && parts.kind != OTHER)
            slot.after = i + 1;
        if (inside && parts.kind == SETTING && is_named(parts.key, key)) {
            slot.is_there = true;
            slot.line = i;
            slot.value = parts.value;
        }
    }
    return slot;
}

static int replace(struct wgctl_document *document, const struct slot *slot,
                   struct wgctl_slice value, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    if (slot->value.size == 0)
        wgctl_text_string(&text, " ");
    wgctl_text_slice(&text, value);
    int rc = wgctl_text_check(&text, err);
    return rc < 0 ? rc
                  : wgctl_document_replace(document, slot->line, slot->value,
                                           wgctl_text_slice_of(&text), err);
}

int wgctl_ini_set(struct wgctl_document *document, const char *section, const char *key,
                  struct wgctl_slice value, struct wgctl_error *err)
{
    struct slot slot = find_slot(document, section, key);
    if (slot.is_there)
        return replace(document, &slot, value, err);

    WGCTL_TEXT text = {0};
    if (slot.after == 0) {
        wgctl_text_format(&text, "%s[%s]\n", document->count ? "\n" : "", section);
        slot.after = document->count;
    }
    wgctl_text_format(&text, "%s = %.*s\n", key, (int)value.size, value.data);
    int rc = wgctl_text_check(&text, err);
    return rc < 0 ? rc
                  : wgctl_document_insert(document, slot.after, wgctl_text_slice_of(&text), err);
}
