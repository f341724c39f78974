#include "base/text.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool wgctl_slice_equal_nocase(struct wgctl_slice a, struct wgctl_slice b)
{
    if (a.size != b.size)
        return false;
    if (wgctl_slice_equal(a, b))
        return true;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

bool wgctl_slice_number(struct wgctl_slice slice, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    if (slice.size == 0)
        return false;
    for (size_t i = 0; i < slice.size; i++) {
        char c = slice.data[i];
        if (c < '0' || c > '9')
            return false;
        uint64_t digit = (uint64_t)(c - '0');
        if (value > (max - digit) / 10 || digit > max)
            return false;
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}

char *wgctl_slice_string(struct wgctl_slice slice, char *buffer, size_t size)
{
    size_t length = slice.size < size ? slice.size : size - 1;
    if (length > 0)
        memcpy(buffer, slice.data, length);
    buffer[length] = '\0';
    return buffer;
}

char *wgctl_slice_dup(struct wgctl_slice slice)
{
    char *copy = malloc(slice.size + 1);
    if (copy)
        wgctl_slice_string(slice, copy, slice.size + 1);
    return copy;
}

bool wgctl_slice_has_control(struct wgctl_slice slice)
{
    for (size_t i = 0; i < slice.size; i++)
        if ((unsigned char)slice.data[i] < 0x20 || slice.data[i] == 0x7f)
            return true;
    return false;
}

size_t wgctl_slice_character(struct wgctl_slice text, unsigned *ret_code)
{
    unsigned char first = (unsigned char)text.data[0];
    size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || first > 0xf4 || length > text.size)
        return 0;
    unsigned code = length == 1 ? first : first & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        unsigned char next = (unsigned char)text.data[i];
        if ((next & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3f);
    }
    if ((length == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
        (length == 4 && (code < 0x10000 || code > 0x10ffff)))
        return 0;
    *ret_code = code;
    return length;
}

/* In order. */
static const struct {
    unsigned first, last;
} harmful[] = {
    {0x00, 0x1f},       /* C0 controls */
    {0x7f, 0x9f},       /* DEL, C1 controls */
    {0xad, 0xad},       /* soft hyphen */
    {0x34f, 0x34f},     /* combining grapheme joiner */
    {0x600, 0x605},     /* Arabic number signs */
    {0x61c, 0x61c},     /* Arabic letter mark */
    {0x6dd, 0x6dd},     /* Arabic end of ayah */
    {0x70f, 0x70f},     /* Syriac abbreviation mark */
    {0x890, 0x891},     /* Arabic currency marks */
    {0x8e2, 0x8e2},     /* Arabic disputed end of ayah */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x17b4, 0x17b5},   /* Khmer inherent vowels */
    {0x180b, 0x180f},   /* Mongolian variation selectors, vowel separator */
    {0x200b, 0x200f},   /* zero-width space, joiners, direction marks */
    {0x2028, 0x202e},   /* line and paragraph separator, direction embeddings */
    {0x2060, 0x206f},   /* word joiner, invisible operators, direction isolates */
    {0x2800, 0x2800},   /* empty Braille pattern */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xd800, 0xdfff},   /* surrogates */
    {0xfeff, 0xfeff},   /* zero-width no-break space, byte order mark */
    {0xffa0, 0xffa0},   /* halfwidth Hangul filler */
    {0xfff0, 0xfffb},   /* interlinear annotations */
    {0x110bd, 0x110bd}, /* Kaithi number signs */
    {0x110cd, 0x110cd}, {0x13430, 0x1343f}, /* Egyptian format controls */
    {0x1bca0, 0x1bca3},                     /* shorthand format controls */
    {0x1d173, 0x1d17a},                     /* musical beams and phrases */
    {0xe0000, 0xe0fff},                     /* tags, variation selectors */
};

bool wgctl_is_harmful(unsigned code)
{
    size_t i = 0;
    while (i < sizeof harmful / sizeof *harmful && code > harmful[i].last)
        i++;
    return i < sizeof harmful / sizeof *harmful && code >= harmful[i].first;
}

bool wgctl_slice_is_plain(struct wgctl_slice text)
{
    while (text.size > 0) {
        unsigned code;
        size_t size = wgctl_slice_character(text, &code);
        if (size == 0 || wgctl_is_harmful(code))
            return false;
        text.data += size;
        text.size -= size;
    }
    return true;
}

char *wgctl_text_room(struct wgctl_text *text, size_t size)
{
    if (text->failed)
        return NULL;
    if (size < text->capacity && text->size < text->capacity - size)
        return text->data + text->size;
    if (size > SIZE_MAX / 4 || text->size > SIZE_MAX / 4) {
        text->failed = true;
        return NULL;
    }

    /* realloc(3) would leave the old bytes behind. */
    size_t capacity = text->size * 2 + size + 1;
    char *data = malloc(capacity);
    if (!data) {
        text->failed = true;
        return NULL;
    }
    if (text->data)
        memcpy(data, text->data, text->size);
    wgctl_free_wiped(text->data);
    data[text->size] = '\0';
    text->data = data;
    text->capacity = capacity;
    return text->data + text->size;
}

void wgctl_text_append(struct wgctl_text *text, const void *data, size_t size)
{
    char *room = wgctl_text_room(text, size);
    if (!room)
        return;
    if (size > 0)
        memcpy(room, data, size);
    room[size] = '\0';
    text->size += size;
}

void wgctl_text_string(struct wgctl_text *text, const char *string)
{
    wgctl_text_append(text, string, strlen(string));
}

void wgctl_text_slice(struct wgctl_text *text, struct wgctl_slice slice)
{
    wgctl_text_append(text, slice.data, slice.size);
}

void wgctl_text_format(struct wgctl_text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *room = size < 0 ? NULL : wgctl_text_room(text, (size_t)size);
    if (room) {
        vsnprintf(room, (size_t)size + 1, format, again);
        text->size += (size_t)size;
    }
    va_end(again);
}

int wgctl_text_check(const struct wgctl_text *text, struct wgctl_error *err)
{
    return text->failed ? wgctl_fail_memory(err) : WGCTL_OK;
}

struct wgctl_slice wgctl_text_slice_of(const struct wgctl_text *text)
{
    return (struct wgctl_slice){text->data ? text->data : "", text->size};
}

void wgctl_text_clear(struct wgctl_text *text)
{
    wgctl_free_wiped(text->data);
    *text = (struct wgctl_text){0};
}

void wgctl_free_wiped(void *memory)
{
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

void wgctl_free_pointer(void *pointer)
{
    free(*(void **)pointer);
}

void *wgctl_array_move(void *array, size_t count, size_t *capacity, size_t element)
{
    size_t wanted = count ? count * 2 : 4;
    void *moved = calloc(wanted, element);
    if (!moved)
        return NULL;
    if (array)
        memcpy(moved, array, count * element);
    wgctl_free_wiped(array);
    *capacity = wanted;
    return moved;
}

bool wgctl_array_is_sorted(const void *array, size_t count, size_t element,
                           int (*compare)(const void *a, const void *b))
{
    const char *at = array;
    for (size_t i = 1; i < count; i++, at += element)
        if (compare(at, at + element) > 0)
            return false;
    return true;
}
