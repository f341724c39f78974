#include "conf/document.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_MIB = 64, LARGEST = LARGEST_MIB << 20 };

static int fail_too_large(struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_INVALID, "a file may not be larger than %d MiB", LARGEST_MIB);
    return wgctl_hint(err, "this is not a WireGuard configuration: restore it from a backup");
}

static int add_line(struct wgctl_document *document, size_t position, struct wgctl_error *err)
{
    wgctl_position *lines =
        wgctl_array_grow(document->lines, document->count, &document->capacity, sizeof *lines);
    if (!lines)
        return wgctl_fail_memory(err);
    document->lines = lines;
    lines[document->count++] = (wgctl_position)position;
    return WGCTL_OK;
}

/* Appends `parts` to the text. They may be slices of it only if there is room already. */
static int add_text(struct wgctl_document *document, const struct wgctl_slice *parts, size_t count,
                    size_t *ret_position, struct wgctl_error *err)
{
    *ret_position = document->source.size + document->added.size;
    for (size_t i = 0; i < count; i++)
        wgctl_text_slice(&document->added, parts[i]);
    if (document->source.size + document->added.size > LARGEST)
        return fail_too_large(err);
    return wgctl_text_check(&document->added, err);
}

static int add_ended(struct wgctl_document *document, struct wgctl_slice line,
                     struct wgctl_error *err)
{
    size_t position;
    const struct wgctl_slice parts[] = {line, wgctl_slice_of(document->line_end)};
    int rc = add_text(document, parts, 2, &position, err);
    return rc < 0 ? rc : add_line(document, position, err);
}

/* Gives the last line an end. */
static int end_source(struct wgctl_document *document, struct wgctl_error *err)
{
    struct wgctl_text *source = &document->source;
    const char *newline = source->size ? memchr(source->data, '\n', source->size) : NULL;
    document->line_end = newline && newline > source->data && newline[-1] == '\r' ? "\r\n" : "\n";
    document->read = source->size;
    document->last_is_open = source->size > 0 && source->data[source->size - 1] != '\n';
    if (document->last_is_open)
        wgctl_text_string(source, document->line_end);
    return source->size > LARGEST ? fail_too_large(err) : wgctl_text_check(source, err);
}

/* Enough for most files; pages that are not touched take no memory. */
static int reserve_lines(struct wgctl_document *document, struct wgctl_error *err)
{
    enum { SHORT_LINE = 16 };
    document->capacity = document->source.size / SHORT_LINE + 1;
    document->lines = calloc(document->capacity, sizeof *document->lines);
    return document->lines ? WGCTL_OK : wgctl_fail_memory(err);
}

static const char *next_line(const char *line, const char *end)
{
    return (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
}

int wgctl_document_parse(struct wgctl_text *source, struct wgctl_document *ret,
                         struct wgctl_error *err)
{
    WGCTL_DOCUMENT document = {.source = *source};
    *source = (struct wgctl_text){0};
    int rc = end_source(&document, err);
    if (rc == WGCTL_OK)
        rc = reserve_lines(&document, err);
    const char *begin = document.source.data, *end = begin + document.source.size;
    for (const char *at = begin; rc == WGCTL_OK && at < end; at = next_line(at, end))
        rc = add_line(&document, (size_t)(at - begin), err);
    if (rc < 0)
        return rc;
    *ret = document;
    document = (struct wgctl_document){0};
    return WGCTL_OK;
}

void wgctl_document_clear(struct wgctl_document *document)
{
    free(document->lines);
    wgctl_text_clear(&document->added);
    wgctl_text_clear(&document->source);
    *document = (struct wgctl_document){0};
}

void wgctl_document_render(const struct wgctl_document *document, struct wgctl_text *ret)
{
    wgctl_text_room(ret, document->source.size + document->added.size);
    for (size_t i = 0; i < document->count; i++)
        wgctl_text_slice(ret, wgctl_document_line(document, i));
}

struct wgctl_slice wgctl_document_original(const struct wgctl_document *document)
{
    return (struct wgctl_slice){wgctl_text_slice_of(&document->source).data, document->read};
}

struct wgctl_slice wgctl_document_at(const struct wgctl_document *document, wgctl_position position)
{
    bool is_added = position >= document->source.size;
    const struct wgctl_text *text = is_added ? &document->added : &document->source;
    size_t begin = is_added ? position - document->source.size : position;
    const char *at = text->data + begin;
    const char *end = memchr(at, '\n', text->size - begin);
    return (struct wgctl_slice){at, (size_t)(end - at) + 1};
}

wgctl_position wgctl_document_position(const struct wgctl_document *document, size_t index,
                                       struct wgctl_slice part)
{
    const char *line = wgctl_document_line(document, index).data;
    return document->lines[index] + (wgctl_position)(part.data - line);
}

struct wgctl_slice wgctl_document_line(const struct wgctl_document *document, size_t index)
{
    size_t next = index + 1;
    struct wgctl_slice line;
    if (document->is_edited) {
        line = wgctl_document_at(document, document->lines[index]);
    } else {
        size_t begin = document->lines[index];
        size_t end = next < document->count ? document->lines[next] : document->source.size;
        line = (struct wgctl_slice){document->source.data + begin, end - begin};
    }
    if (document->last_is_open && next == document->count)
        line.size -= strlen(document->line_end);
    return line;
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
    struct wgctl_slice content = until(trimmed, '#');
    if (content.size < trimmed.size)
        content = wgctl_slice_trim(content);
    const char *equals = content.size ? memchr(content.data, '=', content.size) : NULL;

    if (trimmed.size == 0) {
        parts.kind = WGCTL_LINE_BLANK;
    } else if (content.size == 0) {
        parts.kind = WGCTL_LINE_COMMENT;
        parts.value = wgctl_slice_trim((struct wgctl_slice){trimmed.data + 1, trimmed.size - 1});
    } else if (content.data[0] == '[' && content.data[content.size - 1] == ']') {
        parts.kind = WGCTL_LINE_SECTION;
        parts.key = (struct wgctl_slice){content.data + 1, content.size - 2};
    } else if (equals) {
        size_t key = (size_t)(equals - content.data);
        parts.kind = WGCTL_LINE_SETTING;
        parts.key = wgctl_slice_trim((struct wgctl_slice){content.data, key});
        parts.value = wgctl_slice_trim((struct wgctl_slice){equals + 1, content.size - key - 1});
    }
    return parts;
}

bool wgctl_line_next(struct wgctl_slice *rest, struct wgctl_line_parts *ret)
{
    struct wgctl_slice line;
    if (!wgctl_slice_split(rest, '\n', &line))
        return false;
    *ret = wgctl_line_parse(line);
    return true;
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
           wgctl_slice_equal_nocase(squeezed, wgctl_slice_of(name));
}

int wgctl_document_insert(struct wgctl_document *document, size_t index, struct wgctl_slice text,
                          struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    struct wgctl_slice line;
    document->is_edited = true;
    if (index == document->count)
        document->last_is_open = false;
    if (text.size > 0 && text.data[text.size - 1] == '\n')
        text.size--;
    while (rc == WGCTL_OK && wgctl_slice_split(&text, '\n', &line)) {
        rc = add_ended(document, line, err);
        if (rc < 0)
            break;
        wgctl_position *place = document->lines + index++;
        wgctl_position added = document->lines[document->count - 1];
        memmove(place + 1, place, (document->count - index) * sizeof *place);
        *place = added;
    }
    return rc;
}

void wgctl_document_remove(struct wgctl_document *document, size_t index, size_t count)
{
    size_t after = document->count - index - count;
    if (count == 0)
        return;
    document->is_edited = true;
    if (after == 0)
        document->last_is_open = false;
    memmove(document->lines + index, document->lines + index + count,
            after * sizeof *document->lines);
    document->count -= count;
}

int wgctl_document_replace(struct wgctl_document *document, size_t index, struct wgctl_slice part,
                           struct wgctl_slice with, struct wgctl_error *err)
{
    struct wgctl_slice line = wgctl_document_at(document, document->lines[index]);
    size_t before = (size_t)(part.data - line.data), after = before + part.size;
    /* The line may itself be in the text that is added to, and move with it. */
    if (!wgctl_text_room(&document->added, line.size + with.size))
        return wgctl_fail_memory(err);
    line = wgctl_document_at(document, document->lines[index]);
    const struct wgctl_slice parts[] = {
        {line.data, before},
        with,
        {line.data + after, line.size - after},
    };
    size_t position;
    int rc = add_text(document, parts, 3, &position, err);
    if (rc < 0)
        return rc;
    document->is_edited = true;
    document->lines[index] = (wgctl_position)position;
    return WGCTL_OK;
}

int wgctl_document_set_value(struct wgctl_document *document, size_t index,
                             struct wgctl_slice value, struct wgctl_error *err)
{
    struct wgctl_slice line = wgctl_document_at(document, document->lines[index]);
    return wgctl_document_replace(document, index, wgctl_line_parse(line).value, value, err);
}
