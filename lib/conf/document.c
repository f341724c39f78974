#include "conf/document.h"

#include <stdlib.h>
#include <string.h>

static int add_line(struct wgctl_document *document, const char *data, size_t size,
                    struct wgctl_error *err)
{
    if (size > UINT32_MAX)
        return wgctl_fail(err, WGCTL_INVALID, "a line is longer than 4 GiB");
    struct wgctl_line *lines =
        wgctl_array_grow(document->lines, document->count, &document->capacity, sizeof *lines);
    if (!lines)
        return wgctl_fail_memory(err);
    document->lines = lines;
    lines[document->count++] = (struct wgctl_line){data, (uint32_t)size, false};
    return WGCTL_OK;
}

/* Room for all of them at once, and for those of a new peer. */
static int reserve_lines(struct wgctl_document *document, const char *at, const char *end,
                         struct wgctl_error *err)
{
    enum { NEW = 16 };
    size_t count = NEW;
    for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        count++;
    document->lines = calloc(count, sizeof *document->lines);
    if (!document->lines)
        return wgctl_fail_memory(err);
    document->capacity = count;
    return WGCTL_OK;
}

int wgctl_document_parse(struct wgctl_text *source, struct wgctl_document *ret,
                         struct wgctl_error *err)
{
    WGCTL_DOCUMENT document = {.source = *source, .line_end = "\n"};
    *source = (struct wgctl_text){0};

    const char *at = wgctl_text_slice_of(&document.source).data;
    const char *end = at + document.source.size;
    int status = reserve_lines(&document, at, end, err);
    if (status < 0)
        return status;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline ? newline + 1 : end;
        int rc = add_line(&document, at, (size_t)(next - at), err);
        if (rc < 0)
            return rc;
        if (document.count == 1 && newline > at && newline[-1] == '\r')
            document.line_end = "\r\n";
        at = next;
    }
    *ret = document;
    document = (struct wgctl_document){0};
    return WGCTL_OK;
}

static void free_line(struct wgctl_line *line)
{
    if (!line->owned)
        return;
    char *data = (char *)line->data;
    explicit_bzero(data, line->size);
    free(data);
}

void wgctl_document_clear(struct wgctl_document *document)
{
    for (size_t i = 0; i < document->count; i++)
        free_line(&document->lines[i]);
    free(document->lines);
    wgctl_text_clear(&document->source);
    *document = (struct wgctl_document){0};
}

void wgctl_document_render(const struct wgctl_document *document, struct wgctl_text *ret)
{
    size_t size = 0;
    for (size_t i = 0; i < document->count; i++)
        size += document->lines[i].size;
    wgctl_text_room(ret, size);
    for (size_t i = 0; i < document->count; i++)
        wgctl_text_slice(ret, wgctl_document_line(document, i));
}

struct wgctl_slice wgctl_document_line(const struct wgctl_document *document, size_t index)
{
    return (struct wgctl_slice){document->lines[index].data, document->lines[index].size};
}

static struct wgctl_slice until(struct wgctl_slice slice, char stop)
{
    const char *found = slice.size ? memchr(slice.data, stop, slice.size) : NULL;
    if (found)
        slice.size = (size_t)(found - slice.data);
    return slice;
}

struct wgctl_line_parts wgctl_line_parse(struct wgctl_slice line)
{
    struct wgctl_line_parts parts = {.kind = WGCTL_LINE_OTHER};
    struct wgctl_slice trimmed = wgctl_slice_trim(line);
    struct wgctl_slice content = wgctl_slice_trim(until(trimmed, '#'));

    if (trimmed.size == 0) {
        parts.kind = WGCTL_LINE_BLANK;
    } else if (content.size == 0) {
        parts.kind = WGCTL_LINE_COMMENT;
        parts.value = wgctl_slice_trim((struct wgctl_slice){trimmed.data + 1, trimmed.size - 1});
    } else if (content.data[0] == '[' && content.data[content.size - 1] == ']') {
        parts.kind = WGCTL_LINE_SECTION;
        parts.key = (struct wgctl_slice){content.data + 1, content.size - 2};
    } else if (memchr(content.data, '=', content.size)) {
        parts.kind = WGCTL_LINE_SETTING;
        struct wgctl_slice key = until(content, '=');
        parts.key = wgctl_slice_trim(key);
        parts.value = wgctl_slice_trim(
            (struct wgctl_slice){content.data + key.size + 1, content.size - key.size - 1});
    }
    return parts;
}

bool wgctl_value_squeeze(struct wgctl_slice value, char *buffer, size_t size,
                         struct wgctl_slice *ret)
{
    size_t first = 0, used = 0;
    while (first < value.size && !wgctl_is_space(value.data[first]))
        first++;
    *ret = value;
    if (first == value.size)
        return true;
    for (size_t i = 0; i < value.size; i++) {
        if (wgctl_is_space(value.data[i]))
            continue;
        if (used == size)
            return false;
        buffer[used++] = value.data[i];
    }
    *ret = (struct wgctl_slice){buffer, used};
    return true;
}

bool wgctl_key_is(struct wgctl_slice key, const char *name)
{
    char buffer[32];
    struct wgctl_slice squeezed;
    return wgctl_value_squeeze(key, buffer, sizeof buffer, &squeezed) &&
           wgctl_slice_equal_nocase(squeezed, name);
}

/* Puts `size` bytes, which become the line's own, in the place of a line's text. */
static void replace_line(struct wgctl_line *line, char *data, size_t size)
{
    free_line(line);
    *line = (struct wgctl_line){data, (uint32_t)size, true};
}

static int end_last_line(struct wgctl_document *document, struct wgctl_error *err)
{
    if (document->count == 0)
        return WGCTL_OK;
    struct wgctl_line *last = &document->lines[document->count - 1];
    if (last->size > 0 && last->data[last->size - 1] == '\n')
        return WGCTL_OK;
    size_t extra = strlen(document->line_end);
    char *data = malloc(last->size + extra);
    if (!data)
        return wgctl_fail_memory(err);
    memcpy(data, last->data, last->size);
    memcpy(data + last->size, document->line_end, extra);
    replace_line(last, data, last->size + extra);
    return WGCTL_OK;
}

static int insert_line(struct wgctl_document *document, size_t index, struct wgctl_slice text,
                       struct wgctl_error *err)
{
    size_t extra = strlen(document->line_end);
    char *data = malloc(text.size + extra);
    if (!data)
        return wgctl_fail_memory(err);
    if (text.size > 0)
        memcpy(data, text.data, text.size);
    memcpy(data + text.size, document->line_end, extra);

    int rc = add_line(document, data, text.size + extra, err);
    if (rc < 0) {
        free(data);
        return rc;
    }
    struct wgctl_line line = document->lines[document->count - 1];
    line.owned = true;
    struct wgctl_line *place = document->lines + index;
    memmove(place + 1, place, (document->count - 1 - index) * sizeof line);
    *place = line;
    return WGCTL_OK;
}

int wgctl_document_insert(struct wgctl_document *document, size_t index, struct wgctl_slice text,
                          struct wgctl_error *err)
{
    int rc = index == document->count ? end_last_line(document, err) : WGCTL_OK;
    struct wgctl_slice line;
    if (text.size > 0 && text.data[text.size - 1] == '\n')
        text.size--;
    while (rc == WGCTL_OK && wgctl_slice_split(&text, '\n', &line))
        rc = insert_line(document, index++, line, err);
    return rc;
}

void wgctl_document_remove(struct wgctl_document *document, size_t index, size_t count)
{
    for (size_t i = index; i < index + count; i++)
        free_line(&document->lines[i]);
    memmove(document->lines + index, document->lines + index + count,
            (document->count - index - count) * sizeof *document->lines);
    document->count -= count;
}

int wgctl_document_set_value(struct wgctl_document *document, size_t index,
                             struct wgctl_slice value, struct wgctl_error *err)
{
    struct wgctl_slice line = wgctl_document_line(document, index);
    struct wgctl_slice old = wgctl_line_parse(line).value;
    size_t before = (size_t)(old.data - line.data);
    size_t after = line.size - before - old.size;

    size_t size = before + value.size + after;
    char *data = malloc(size ? size : 1);
    if (!data)
        return wgctl_fail_memory(err);
    memcpy(data, line.data, before);
    if (value.size > 0)
        memcpy(data + before, value.data, value.size);
    memcpy(data + before + value.size, old.data + old.size, after);
    replace_line(&document->lines[index], data, size);
    return WGCTL_OK;
}

int wgctl_document_set(struct wgctl_document *document, const char *section, const char *key,
                       struct wgctl_slice value, struct wgctl_error *err)
{
    size_t after = 0; /* the line after the section's last setting; 0 while outside */
    for (size_t i = 0; i < document->count; i++) {
        struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(document, i));
        if (parts.kind == WGCTL_LINE_SECTION) {
            if (after)
                break;
            after = wgctl_key_is(parts.key, section) ? i + 1 : 0;
        } else if (after && parts.kind == WGCTL_LINE_SETTING) {
            if (wgctl_key_is(parts.key, key))
                return wgctl_document_set_value(document, i, value, err);
            after = i + 1;
        }
    }

    WGCTL_TEXT text = {0};
    if (!after) {
        wgctl_text_format(&text, "%s[%s]\n", document->count ? "\n" : "", section);
        after = document->count;
    }
    wgctl_text_format(&text, "%s = %.*s\n", key, (int)value.size, value.data);
    int rc = wgctl_text_check(&text, err);
    if (rc < 0)
        return rc;
    return wgctl_document_insert(document, after, wgctl_text_slice_of(&text), err);
}
