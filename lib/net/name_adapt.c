/* Names that people and other programs chose, turned into names that every app accepts. */
#include <stdio.h>

#include "net/name.h"

#include "base/quote.h"

/* ---- letters ---- */

/* The Latin letters with accents, U+00C0 to U+024F and U+1E00 to U+1EFF. From each code point on,
 * capital and small letters alternate, up to the next entry; 0: they have no such letter. */
static const struct run {
    unsigned first;
    char capital;
} runs[] = {
    {0x100, 'A'},  {0x106, 'C'},  {0x10e, 'D'},  {0x112, 'E'},  {0x11c, 'G'},  {0x124, 'H'},
    {0x128, 'I'},  {0x132, 0},    {0x134, 'J'},  {0x136, 'K'},  {0x138, 0},    {0x139, 'L'},
    {0x143, 'N'},  {0x149, 0},    {0x14a, 'N'},  {0x14c, 'O'},  {0x152, 0},    {0x154, 'R'},
    {0x15a, 'S'},  {0x162, 'T'},  {0x168, 'U'},  {0x174, 'W'},  {0x176, 'Y'},  {0x178, 0},
    {0x179, 'Z'},  {0x17f, 0},    {0x1a0, 'O'},  {0x1a2, 0},    {0x1af, 'U'},  {0x1b1, 0},
    {0x1cd, 'A'},  {0x1cf, 'I'},  {0x1d1, 'O'},  {0x1d3, 'U'},  {0x1dd, 0},    {0x1e4, 'G'},
    {0x1e8, 'K'},  {0x1ea, 'O'},  {0x1ee, 0},    {0x1f8, 'N'},  {0x1fa, 'A'},  {0x1fc, 0},
    {0x1fe, 'O'},  {0x200, 'A'},  {0x204, 'E'},  {0x208, 'I'},  {0x20c, 'O'},  {0x210, 'R'},
    {0x214, 'U'},  {0x218, 'S'},  {0x21a, 'T'},  {0x21c, 0},    {0x21e, 'H'},  {0x220, 0},
    {0x226, 'A'},  {0x228, 'E'},  {0x22a, 'O'},  {0x232, 'Y'},  {0x234, 0},    {0x1e00, 'A'},
    {0x1e02, 'B'}, {0x1e08, 'C'}, {0x1e0a, 'D'}, {0x1e14, 'E'}, {0x1e1e, 'F'}, {0x1e20, 'G'},
    {0x1e22, 'H'}, {0x1e2c, 'I'}, {0x1e30, 'K'}, {0x1e36, 'L'}, {0x1e3e, 'M'}, {0x1e44, 'N'},
    {0x1e4c, 'O'}, {0x1e54, 'P'}, {0x1e58, 'R'}, {0x1e60, 'S'}, {0x1e6a, 'T'}, {0x1e72, 'U'},
    {0x1e7c, 'V'}, {0x1e80, 'W'}, {0x1e8a, 'X'}, {0x1e8e, 'Y'}, {0x1e90, 'Z'}, {0x1e96, 0},
    {0x1ea0, 'A'}, {0x1eb8, 'E'}, {0x1ec8, 'I'}, {0x1ecc, 'O'}, {0x1ee4, 'U'}, {0x1ef2, 'Y'},
    {0x1efa, 0},
};
enum { RUNS = sizeof runs / sizeof *runs };

/* Those of U+00C0 to U+00DF; the small ones follow in the same order. */
static const char latin_1[] = "AAAAAA CEEEEIIIIDNOOOOO OUUUUY  ";

static const struct {
    unsigned code;
    const char *text;
} others[] = {
    {0xa0, " "},   {0xc6, "AE"},  {0xde, "TH"},  {0xdf, "ss"},  {0xe6, "ae"},  {0xfe, "th"},
    {0xff, "y"},   {0x132, "IJ"}, {0x133, "ij"}, {0x138, "k"},  {0x149, "n"},  {0x152, "OE"},
    {0x153, "oe"}, {0x178, "Y"},  {0x17f, "s"},  {0x1fc, "AE"}, {0x1fd, "ae"}, {0x1e9e, "SS"},
    {0x2010, "-"}, {0x2011, "-"}, {0x2012, "-"}, {0x2013, "-"}, {0x2014, "-"}, {0x2015, "-"},
};
enum { OTHERS = sizeof others / sizeof *others };

static char small(char capital)
{
    return (char)(capital - 'A' + 'a');
}

/* The same letter without its accent; 0 if there is none. */
static char base_letter(unsigned code)
{
    size_t after = 0;
    if (code >= 0xc0 && code < 0x100) {
        char capital = latin_1[(code - 0xc0) % 0x20];
        return capital == ' ' ? '\0' : code < 0xe0 ? capital : small(capital);
    }
    while (after < RUNS && runs[after].first <= code)
        after++;
    if (after == 0 || !runs[after - 1].capital)
        return '\0';
    const struct run *run = &runs[after - 1];
    return (code - run->first) % 2 == 0 ? run->capital : small(run->capital);
}

/* The character as ASCII; "" if it has no counterpart there. `buffer` is used for some. */
static const char *to_ascii(unsigned code, char buffer[2])
{
    for (size_t i = 0; i < OTHERS; i++)
        if (others[i].code == code)
            return others[i].text;
    buffer[0] = code < 0x80 ? (char)code : base_letter(code);
    buffer[1] = '\0';
    return buffer;
}

/* Whether it is a letter of any script or a digit, and not a sign, a symbol or an accent. */
static bool is_letter(unsigned code)
{
    static const unsigned signs[][2] = {
        {0x00, 0x2f},     {0x3a, 0x40},     {0x5b, 0x60},     {0x7b, 0xa9},       {0xab, 0xb4},
        {0xb6, 0xb9},     {0xbb, 0xbf},     {0xd7, 0xd7},     {0xf7, 0xf7},       {0x2b0, 0x36f},
        {0x2000, 0x2bff}, {0x2e00, 0x2e7f}, {0x3000, 0x3004}, {0x3008, 0x3020},   {0x3030, 0x3030},
        {0xe000, 0xf8ff}, {0xfe00, 0xfe6f}, {0xfff0, 0xffff}, {0x1f000, 0x1ffff}, {0xe0000, ~0U},
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (code >= signs[i][0] && code <= signs[i][1])
            return false;
    return true;
}

/* Removes the first character, which is a byte if it is not valid. */
static bool next_character(struct wgctl_slice *rest, unsigned *ret_code)
{
    if (rest->size == 0)
        return false;
    size_t size = wgctl_slice_character(*rest, ret_code);
    if (size == 0) {
        *ret_code = 0xfffd;
        size = 1;
    }
    rest->data += size;
    rest->size -= size;
    return true;
}

bool wgctl_text_has_letter(struct wgctl_slice text)
{
    unsigned code;
    while (next_character(&text, &code))
        if (is_letter(code))
            return true;
    return false;
}

/* ---- names ---- */

static bool is_ascii_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alphanumeric(char c)
{
    return is_ascii_letter(c) || (c >= '0' && c <= '9');
}

struct builder {
    char *name;
    size_t used;
    bool has_letter; /* of ASCII */
    bool lost_letter, is_changed;
};

static void put(struct builder *builder, char c)
{
    const char last = builder->used > 0 ? builder->name[builder->used - 1] : '-';
    char name_character = wgctl_is_space(c) ? '-' : c;
    bool is_allowed = is_alphanumeric(name_character) || strchr("_=+.-", name_character);
    /* "Laptop - Bob" becomes Laptop-Bob. */
    bool is_dropped = !is_allowed || builder->used == WGCTL_NAME_SIZE - 1 ||
                      (builder->used == 0 && !is_alphanumeric(name_character)) ||
                      (name_character == '-' && last == '-');
    builder->is_changed |= is_dropped || name_character != c;
    if (is_dropped)
        return;
    builder->has_letter |= is_ascii_letter(name_character);
    builder->name[builder->used++] = name_character;
}

static void strip_end(char *name, const char *characters)
{
    size_t size = strlen(name);
    while (size > 0 && strchr(characters, name[size - 1]))
        name[--size] = '\0';
}

bool wgctl_peer_name_adapt(struct wgctl_slice text, char ret[WGCTL_NAME_SIZE])
{
    struct builder builder = {.name = ret};
    struct wgctl_error ignored;
    unsigned code;
    bool is_secret = wgctl_secret_may_be_in(text);
    while (next_character(&text, &code)) {
        char buffer[2];
        const char *ascii = code == 0 ? "" : to_ascii(code, buffer);
        builder.lost_letter |= !*ascii && is_letter(code);
        builder.is_changed |= code >= 0x80 || code == 0;
        for (; *ascii; ascii++)
            put(&builder, *ascii);
    }
    ret[builder.used] = '\0';
    strip_end(ret, builder.is_changed ? ".-" : ".");
    if (is_secret || (builder.lost_letter && !builder.has_letter))
        ret[0] = '\0';
    if (!ret[0])
        return false;
    /* Windows reserves some, such as "con". */
    if (wgctl_new_peer_name_check(wgctl_slice_of(ret), &ignored) < 0) {
        char reserved[WGCTL_NAME_SIZE];
        memcpy(reserved, ret, sizeof reserved);
        snprintf(ret, WGCTL_NAME_SIZE, "peer-%.10s", reserved);
        strip_end(ret, ".");
    }
    return true;
}

void wgctl_peer_name_number(const char *name, unsigned number, char ret[WGCTL_NAME_SIZE])
{
    char end[12];
    int size = snprintf(end, sizeof end, "-%u", number);
    snprintf(ret, WGCTL_NAME_SIZE, "%.*s%s", WGCTL_NAME_SIZE - 1 - size, name, end);
}
