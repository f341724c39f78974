#include "base/secret.h"

#include <string.h>

static const char hidden[] = "…";

enum class { UPPER, LOWER, DIGIT, PLUS, SLASH, NONE };

static enum class class_of(char c) {
    return c >= 'A' && c <= 'Z'   ? UPPER
           : c >= 'a' && c <= 'z' ? LOWER
           : c >= '0' && c <= '9' ? DIGIT
           : c == '+'             ? PLUS
           : c == '/'             ? SLASH
                                  : NONE;
}

static bool is_hex(char c)
{
    return class_of(c) == DIGIT || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A run of digits: how many of which class, and how often neighbors are of different classes. */
struct run {
    size_t size, changes, upper_pairs, count[NONE];
    enum class last;
};

static void add(struct run *run, enum class class)
{
    run->changes += run->size > 0 && class != run->last;
    run->upper_pairs += run->size > 0 && class == UPPER && run->last == UPPER;
    run->count[class]++;
    run->size++;
    run->last = class;
}

/* Half of a key, which one wrong character leaves, has 21 digits in base64 and 31 in hexadecimal.
 * An IPv6 address has shorter runs. In a random text, the class changes at two of three digits in
 * base64, at every other one in hexadecimal. In words it hardly changes, except in WordsLikeThese.
 */
static bool is_hex_key(const struct run *run)
{
    enum { HALF = 31 };
    return run->size >= HALF && 5 * run->changes >= run->size;
}

static bool is_base64_key(const struct run *run)
{
    enum { HALF = 21 };
    return run->size + run->count[SLASH] >= HALF && run->count[UPPER] > 0 &&
           run->count[LOWER] > 0 && 3 * run->changes >= run->size - 1 &&
           (run->count[DIGIT] + run->count[PLUS] > 0 || run->upper_pairs > 1);
}

/* The runs that end at a character. */
struct runs {
    struct run base64; /* the slashes, which a path has too, are only counted */
    struct run hex;
    bool is_key;
};

static void take(struct runs *runs, char c)
{
    enum { WHOLE = 43 };
    enum class class = class_of(c);
    runs->is_key = c == '=' && runs->base64.size + runs->base64.count[SLASH] == WHOLE;
    if (class == SLASH)
        runs->base64.count[SLASH]++;
    else if (class == NONE)
        runs->base64 = (struct run){0};
    else
        add(&runs->base64, class);
    if (is_hex(c))
        add(&runs->hex, class == DIGIT ? DIGIT : LOWER);
    else
        runs->hex = (struct run){0};
    runs->is_key |= is_base64_key(&runs->base64) || is_hex_key(&runs->hex);
}

static bool ends_word(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == '\'' || c == '"';
}

bool wgctl_secret_find(const char *text, size_t size, size_t *ret_begin, size_t *ret_size)
{
    struct runs runs = {0};
    size_t begin = 0, end;
    for (end = 0; end < size && !runs.is_key; end++) {
        if (ends_word(text[end]))
            begin = end + 1;
        take(&runs, text[end]);
    }
    if (!runs.is_key)
        return false;
    while (end < size && !ends_word(text[end]))
        end++;
    *ret_begin = begin;
    *ret_size = end - begin;
    return true;
}

/* Returns the end of the '…'. */
static char *hide_word(char *word, size_t size)
{
    size_t mark = strlen(hidden);
    memmove(word + mark, word + size, strlen(word + size) + 1);
    memcpy(word, hidden, mark);
    return word + mark;
}

static void hide_end(char *text)
{
    enum { KEY = 44 };
    size_t size = strlen(text), begin = size;
    while (begin > 0 && size - begin < KEY && !ends_word(text[begin - 1]))
        begin--;
    if (size - begin > strlen(hidden))
        hide_word(text + begin, size - begin);
}

void wgctl_secret_hide(char *text, bool was_cut)
{
    size_t begin, size;
    if (was_cut)
        hide_end(text);
    while (wgctl_secret_find(text, strlen(text), &begin, &size))
        text = hide_word(text + begin, size);
}
