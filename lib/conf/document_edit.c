#include "conf/document_edit.h"

/* Where a key is. */
struct place {
    size_t count; /* of its lines */
    size_t last;  /* the last of them */
    size_t after; /* the line after the section's heading or last setting; 0: no section */
};

static bool is_key(struct wgctl_line_parts parts, const char *key)
{
    return parts.kind == WGCTL_LINE_SETTING && wgctl_key_is(parts.key, key);
}

static struct place look(const struct wgctl_document *document, size_t first, size_t end,
                         const char *section, const char *key)
{
    struct place place = {0};
    bool inside = false, begun = false;
    for (size_t i = first; i < end; i++) {
        struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(document, i));
        if (parts.kind == WGCTL_LINE_SECTION) {
            inside = wgctl_key_is(parts.key, section);
            /* New lines go to the first section of that name. */
            if (inside && place.after == 0)
                place.after = i + 1;
            begun = inside && place.after == i + 1;
        } else if (inside && parts.kind == WGCTL_LINE_SETTING) {
            if (begun)
                place.after = i + 1;
            if (is_key(parts, key)) {
                place.count++;
                place.last = i;
            }
        }
    }
    return place;
}

/* Removes all lines of the key before `last`. Returns how many there were. */
static size_t remove_others(struct wgctl_document *document, size_t first, size_t last,
                            const char *section, const char *key)
{
    size_t removed = 0;
    bool inside = false;
    for (size_t i = first; i < last - removed;) {
        struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(document, i));
        if (parts.kind == WGCTL_LINE_SECTION)
            inside = wgctl_key_is(parts.key, section);
        if (inside && is_key(parts, key)) {
            wgctl_document_remove(document, i, 1);
            removed++;
        } else
            i++;
    }
    return removed;
}

int wgctl_document_put(struct wgctl_document *document, size_t first, size_t *end,
                       const char *section, const char *key, struct wgctl_slice value,
                       struct wgctl_error *err)
{
    struct place place = look(document, first, *end, section, key);
    if (place.count > 0) {
        size_t last = value.size > 0 ? place.last : place.last + 1;
        size_t removed = remove_others(document, first, last, section, key);
        *end -= removed;
        return value.size == 0
                   ? WGCTL_OK
                   : wgctl_document_set_value(document, place.last - removed, value, err);
    }
    if (value.size == 0)
        return WGCTL_OK;
    WGCTL_TEXT line = {0};
    size_t at = place.after;
    if (at == 0) {
        wgctl_text_format(&line, "[%s]\n", section);
        at = *end;
    }
    wgctl_text_format(&line, "%s = %.*s\n", key, (int)value.size, value.data);
    int rc = wgctl_text_check(&line, err);
    if (rc < 0)
        return rc;
    size_t before = document->count;
    rc = wgctl_document_insert(document, at, wgctl_text_slice_of(&line), err);
    *end += document->count - before;
    return rc;
}
