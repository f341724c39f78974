/* Text: slices of somebody else's bytes, and buffers that grow.
 *
 * What wgctl reads and writes holds private keys, so every buffer is wiped
 * before its memory goes back: when it grows, and when it is cleared.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

/* Bytes that belong to somebody else; not NUL-terminated. */
struct wgctl_slice {
    const char *data;
    size_t size;
};

static inline struct wgctl_slice wgctl_slice_of(const char *string)
{
    return (struct wgctl_slice){string, strlen(string)};
}
static inline bool wgctl_slice_equal(struct wgctl_slice a, struct wgctl_slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
/* Without regard to ASCII case, whatever the locale. */
bool wgctl_slice_equal_nocase(struct wgctl_slice a, struct wgctl_slice b);
static inline bool wgctl_slice_starts(struct wgctl_slice slice, const char *prefix)
{
    size_t size = strlen(prefix);
    return slice.size >= size && memcmp(slice.data, prefix, size) == 0;
}
/* As isspace(3) in the C locale. */
static inline bool wgctl_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
/* Without the white space (as isspace(3) in the C locale) at both ends. */
static inline struct wgctl_slice wgctl_slice_trim(struct wgctl_slice slice)
{
    while (slice.size > 0 && wgctl_is_space(slice.data[0])) {
        slice.data++;
        slice.size--;
    }
    while (slice.size > 0 && wgctl_is_space(slice.data[slice.size - 1]))
        slice.size--;
    return slice;
}
/* Takes the part before the first `separator` off `rest` (all of it where there
 * is none) into `ret_part`. False when nothing was left to take:
 *     while (wgctl_slice_split(&rest, ',', &part)) ...
 * A separator at the end yields one more, empty, part. Start with a `rest` whose
 * data is not NULL. */
static inline bool wgctl_slice_split(struct wgctl_slice *rest, char separator,
                                     struct wgctl_slice *ret_part)
{
    if (!rest->data)
        return false;
    const char *end = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    *ret_part = *rest;
    if (end)
        ret_part->size = (size_t)(end - rest->data);
    rest->data = end ? end + 1 : NULL;
    rest->size = end ? rest->size - ret_part->size - 1 : 0;
    return true;
}
/* A decimal number of digits only, not above `max`. */
bool wgctl_slice_number(struct wgctl_slice slice, uint64_t max, uint64_t *ret);
/* As a string of the caller's, cut where it does not fit `size`. Returns `buffer`. */
char *wgctl_slice_string(struct wgctl_slice slice, char *buffer, size_t size);
/* As a new string that the caller frees, or NULL where memory has run out. */
char *wgctl_slice_dup(struct wgctl_slice slice);
/* Whether a byte below 0x20, or DEL, stands in it. */
bool wgctl_slice_has_control(struct wgctl_slice slice);
/* The size of the UTF-8 character at the start and its code point; 0 where it is none. */
size_t wgctl_slice_character(struct wgctl_slice text, unsigned *ret_code);
/* A control of either set, or what turns the direction of the text around: nothing
 * for a terminal. */
bool wgctl_is_harmful(unsigned code);
/* Whether it is UTF-8 without a harmful character. */
bool wgctl_slice_is_plain(struct wgctl_slice text);

/* A buffer that grows. Start with all zero. Running out of memory is remembered:
 * append as much as you like and ask wgctl_text_check() once. */
struct wgctl_text {
    char *data; /* NUL-terminated once anything was appended */
    size_t size;
    size_t capacity;
    bool failed;
};

void wgctl_text_append(struct wgctl_text *text, const void *data, size_t size);
void wgctl_text_string(struct wgctl_text *text, const char *string);
void wgctl_text_slice(struct wgctl_text *text, struct wgctl_slice slice);
void wgctl_text_format(struct wgctl_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for `size` more bytes and returns where they begin; the caller
 * writes them and adds to `size` what it wrote. NULL where memory has run out. */
char *wgctl_text_room(struct wgctl_text *text, size_t size);
int wgctl_text_check(const struct wgctl_text *text, struct wgctl_error *err);
struct wgctl_slice wgctl_text_slice_of(const struct wgctl_text *text);
/* Wipes and frees; the text is all zero, and can be used, again. */
void wgctl_text_clear(struct wgctl_text *text);
#define WGCTL_TEXT __attribute__((cleanup(wgctl_text_clear))) struct wgctl_text

/* Wipes a block of malloc(3) over its whole size, then frees it; NULL is ignored. Every block that
 * held a secret is freed by this, also by libraries that let us choose their allocator. */
void wgctl_free_wiped(void *memory);

/* free(3) for __attribute__((cleanup)). */
void wgctl_free_pointer(void *pointer);
#define WGCTL_FREE __attribute__((cleanup(wgctl_free_pointer)))

/* What wgctl_array_grow() does where there is no room left. */
void *wgctl_array_move(void *array, size_t count, size_t *capacity, size_t element);
/* Makes room for one more element in an array that grows: returns the array,
 * moved where it had to be and its old place wiped, or NULL (and the array as it
 * was) where memory has run out. The new element is all zero. */
static inline void *wgctl_array_grow(void *array, size_t count, size_t *capacity, size_t element)
{
    return count < *capacity ? array : wgctl_array_move(array, count, capacity, element);
}
/* Whether it is in the order of `compare`, as for qsort(3). */
bool wgctl_array_is_sorted(const void *array, size_t count, size_t element,
                           int (*compare)(const void *a, const void *b));
