/* Text: slices of bytes that belong to someone else, and buffers that grow.
 *
 * What wgctl reads and writes contains private keys, so every buffer is wiped before its memory
 * is freed: when it grows, and when it is cleared.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

/* Bytes that belong to someone else, not NUL-terminated. Valid for as long as those bytes. */
struct wgctl_slice {
    const char *data;
    size_t size;
};

/* Returns a string as a slice, without its NUL. */
static inline struct wgctl_slice wgctl_slice_of(const char *string)
{
    return (struct wgctl_slice){string, strlen(string)};
}
/* Returns whether both have the same bytes. */
static inline bool wgctl_slice_equal(struct wgctl_slice a, struct wgctl_slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
/* The same, ignoring ASCII case in any locale. */
bool wgctl_slice_equal_nocase(struct wgctl_slice a, struct wgctl_slice b);
/* Returns whether the slice begins with `prefix`. */
static inline bool wgctl_slice_starts(struct wgctl_slice slice, const char *prefix)
{
    size_t size = strlen(prefix);
    return slice.size >= size && memcmp(slice.data, prefix, size) == 0;
}
/* Like isspace(3) in the C locale. */
static inline bool wgctl_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
/* Returns the slice without white space at both ends. */
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
/* Moves the part before the first `separator`, or everything if there is none, from `rest` to
 * `ret_part`. Returns false if nothing is left:
 *     while (wgctl_slice_split(&rest, ',', &part)) ...
 * A separator at the end yields one more, empty part. The data of the first `rest` must not be
 * NULL. */
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
/* Parses a decimal number that consists of digits only. Returns false if it is anything else, or
 * greater than `max`. */
bool wgctl_slice_number(struct wgctl_slice slice, uint64_t max, uint64_t *ret);
/* Copies the slice as a string to `buffer` of `size` bytes, truncated if it does not fit. Returns
 * `buffer`. */
char *wgctl_slice_string(struct wgctl_slice slice, char *buffer, size_t size);
/* Returns a new string, which the caller frees, or NULL if memory has run out. */
char *wgctl_slice_dup(struct wgctl_slice slice);
/* Returns whether the slice contains a byte below 0x20, or DEL. */
bool wgctl_slice_has_control(struct wgctl_slice slice);
/* Decodes the UTF-8 character at the start. Returns its size in bytes, or 0 if it is invalid. */
size_t wgctl_slice_character(struct wgctl_slice text, unsigned *ret_code);
/* Returns whether a code point can hide or change what people read, so that a terminal should never
 * get it and nobody may type it: controls, format characters (Unicode's category Cf, which has the
 * zero-width and the direction characters), line separators, fillers that look like blanks, and the
 * other invisible ones (Default_Ignorable_Code_Point) but U+FE00 to U+FE0F, which choose how the
 * character before them looks. The same in every locale. */
bool wgctl_is_harmful(unsigned code);
/* Returns whether the text is valid UTF-8 without harmful characters, and thus a single line. */
bool wgctl_slice_is_plain(struct wgctl_slice text);

/* A buffer that grows. Initialize it with zeros. It remembers failed allocations, so append as
 * much as you like and call wgctl_text_check() once. */
struct wgctl_text {
    char *data; /* NUL-terminated after the first append; NULL before */
    size_t size;
    size_t capacity;
    bool failed;
};

/* Each appends something. */
void wgctl_text_append(struct wgctl_text *text, const void *data, size_t size);
void wgctl_text_string(struct wgctl_text *text, const char *string);
void wgctl_text_slice(struct wgctl_text *text, struct wgctl_slice slice);
void wgctl_text_format(struct wgctl_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for `size` more bytes and returns a pointer to them. The caller writes there and
 * adds the number of bytes written to the text's size. Returns NULL if memory has run out. */
char *wgctl_text_room(struct wgctl_text *text, size_t size);
/* Fails with WGCTL_SYSTEM if memory ran out during any append. */
int wgctl_text_check(const struct wgctl_text *text, struct wgctl_error *err);
/* Returns the content. Valid until the next append. */
struct wgctl_slice wgctl_text_slice_of(const struct wgctl_text *text);
/* Wipes and frees the buffer. The text is empty and can be used again. */
void wgctl_text_clear(struct wgctl_text *text);
#define WGCTL_TEXT __attribute__((cleanup(wgctl_text_clear))) struct wgctl_text

/* Wipes a block of malloc(3) over its whole size, then frees it; NULL is ignored. Every block that
 * held a secret is freed by this, also by libraries that let us choose their allocator. */
void wgctl_free_wiped(void *memory);

/* free(3) for __attribute__((cleanup)). */
void wgctl_free_pointer(void *pointer);
#define WGCTL_FREE __attribute__((cleanup(wgctl_free_pointer)))

/* The slow path of wgctl_array_grow(). */
void *wgctl_array_move(void *array, size_t count, size_t *capacity, size_t element);
/* Makes room for one more element, which is all zero. Returns the array, which may have moved; its
 * old memory is wiped. Returns NULL and leaves the array alone if memory has run out. */
static inline void *wgctl_array_grow(void *array, size_t count, size_t *capacity, size_t element)
{
    return count < *capacity ? array : wgctl_array_move(array, count, capacity, element);
}
/* Returns whether the array is sorted by `compare`, as for qsort(3). */
bool wgctl_array_is_sorted(const void *array, size_t count, size_t element,
                           int (*compare)(const void *a, const void *b));
