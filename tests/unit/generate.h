/* Generates files for wg(8) from the elements of its syntax, so that most of a file is valid
 * and the rest is nearly valid. The same number generates the same file.
 */
#pragma once

#include "texts.h"

struct generator {
    uint64_t state;
    struct wgctl_text text;
    bool for_quick; /* includes the settings of wg-quick(8) */
};

/* Returns a number from 0 to `count` - 1. */
static inline uint32_t choose(struct generator *generator, uint32_t count)
{
    return next_number(&generator->state) % count;
}

static inline bool chance(struct generator *generator, uint32_t percent)
{
    return choose(generator, 100) < percent;
}

#define PICK(generator, list) list[choose(generator, sizeof list / sizeof *list)]

static inline void put_space(struct generator *generator)
{
    static const char *const spaces[] = {" ", "  ", "\t", " \t ", "\v", "\f", "\r"};
    if (chance(generator, 60))
        wgctl_text_string(&generator->text, chance(generator, 85) ? " " : PICK(generator, spaces));
}

/* Writes a word in any case, sometimes with white space inside. */
static inline void put_word(struct generator *generator, const char *word)
{
    uint32_t style = choose(generator, 20); /* 0: upper case, 1: lower case, 2: with white space */
    for (; *word; word++) {
        char c = *word;
        if (style == 0 && c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        else if (style == 1 && c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        wgctl_text_append(&generator->text, &c, 1);
        if (style == 2 && chance(generator, 20))
            put_space(generator);
    }
}

/* Writes a case-sensitive value. */
static inline void put_value(struct generator *generator, const char *value)
{
    bool torn = chance(generator, 5);
    for (; *value; value++) {
        wgctl_text_append(&generator->text, value, 1);
        if (torn && chance(generator, 20))
            put_space(generator);
    }
}

static inline void put_end(struct generator *generator)
{
    static const char *const comments[] = {
        "# a comment", "#",          "#= x",       "# [Peer]",
        "#- [Peer]",   "## Größe ☃", "# a # b; c", "; no comment",
    };
    put_space(generator);
    if (chance(generator, 15))
        wgctl_text_string(&generator->text, PICK(generator, comments));
    wgctl_text_string(&generator->text, chance(generator, 90) ? "\n" : "\r\n");
}

static inline void put_one_of(struct generator *generator, const char *const *usual,
                              uint32_t usual_count, const char *const *odd, uint32_t odd_count)
{
    put_value(generator, chance(generator, 80) ? usual[choose(generator, usual_count)]
                                               : odd[choose(generator, odd_count)]);
}

#define PUT_ONE_OF(generator, usual, odd) \
    put_one_of(generator, usual, sizeof usual / sizeof *usual, odd, sizeof odd / sizeof *odd)

static inline void put_a_key(struct generator *generator)
{
    static const char *const usual[] = {ALICE, BOB, PSK};
    static const char *const odd[] = {
        PUBLIC,
        ZERO,
        PRIVATE,
        "",
        ALICE "=",
        "JjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1plcHs",
        "JjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1plcHt=",
        "JjE8R1JdaHN-iZSfqrXAy9bh7PcCDRgjLjlET1plcHs=",
    };
    PUT_ONE_OF(generator, usual, odd);
}

static inline void put_a_number(struct generator *generator)
{
    static const char *const usual[] = {"0", "25", "51820", "65535", "0080", "010"};
    static const char *const odd[] = {
        "",
        "-1",
        "+1",
        "off",
        "OFF",
        "oﬀ",
        "65536",
        "70000",
        "0x10",
        "0X10",
        "0x",
        "0xffffffff",
        "0x100000000",
        "4294967295",
        "4294967296",
        "18446744073709551616",
        "0x-1",
        "0x+1",
        "0x0x1",
        "1e3",
        "1.0",
        "domain",
        "25s",
        "00000000000000000000000025",
        "0xg",
    };
    PUT_ONE_OF(generator, usual, odd);
}

static inline void put_a_network(struct generator *generator)
{
    static const char *const odd[] = {
        "",
        "10.0.0.1/33",
        "fd00::/129",
        "10.0.0.1/",
        "10.0.0.1/08",
        "10.0.0.0/+8",
        "10.0.0.0/8/8",
        "010.0.0.1",
        "10.1",
        "0x0a.0.0.1",
        "10.0.0.256",
        "fd00::g",
        "fe80::1%lo",
        "::ffff:10.0.0.1",
        "::ffff:10.0.0.1/96",
        "+10.0.0.0/8",
        "-10.0.0.0/8",
        "localhost",
        "fd00::1::2",
        "[fd00::1]",
        "10.0.0.0/8;10.1.0.0/16",
        "0.0.0.0/0",
        "::/0",
        "::",
        "1:2:3:4:5:6:7:8/128",
        "/24",
        "10.0.0.0/0x8",
    };
    char text[80];
    uint32_t number = next_number(&generator->state);
    if (chance(generator, 8)) {
        put_value(generator, PICK(generator, odd));
        return;
    }
    if (chance(generator, 60))
        snprintf(text, sizeof text, "10.%u.%u.%u/%u", number >> 24, number >> 16 & 255,
                 number >> 8 & 255, 8 + number % 25);
    else
        snprintf(text, sizeof text, "fd%02x:%x::%X/%u", number >> 24, number >> 16 & 0xff,
                 number & 0xffff, 16 + number % 113);
    if (chance(generator, 20))
        *strchr(text, '/') = '\0';
    put_value(generator, text);
}

static inline void put_networks(struct generator *generator)
{
    uint32_t count = 1 + choose(generator, 4);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 || chance(generator, 1))
            wgctl_text_string(&generator->text, chance(generator, 98) ? "," : ",,");
        put_space(generator);
        put_a_network(generator);
    }
    if (chance(generator, 2))
        wgctl_text_string(&generator->text, ",");
}

static inline void put_an_endpoint(struct generator *generator)
{
    static const char *const usual[] = {"192.0.2.1:51820", "[2001:db8::1]:51820", "localhost:1"};
    static const char *const odd[] = {
        "",
        "192.0.2.1",
        "192.0.2.1:",
        ":51820",
        "[2001:db8::1]",
        "[2001:db8::1]51820",
        "[2001:db8::1:1",
        "2001:db8::1:51820",
        "[192.0.2.1]:1",
        "127.1:1",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:-1",
        "192.0.2.1:domain",
        "[fe80::1%lo]:1",
        "[::1%1]:1",
        "[::1%]:1",
        "300.0.2.1:1",
        "192.0.2.1:1:1",
        "[]:1",
        "[[::1]]:1",
        "192.0.2.1:0x10",
        "192.0.2.1:00051820",
        "LOCALHOST:51820",
        "192.0.2.1:+1",
    };
    PUT_ONE_OF(generator, usual, odd);
}

static inline void put_quick_value(struct generator *generator)
{
    static const char *const usual[] = {"10.0.0.1/24", "fd00::1/64, 10.0.0.1/24",
                                        "10.0.0.1 fd00::1,", ""};
    static const char *const odd[] = {"1420", "true",    "FALSE",    "yes",    "auto",
                                      "off",  "10.1/16", "echo '#'", "[Peer]", "a=b"};
    PUT_ONE_OF(generator, usual, odd);
}

static const struct generated_setting {
    const char *section, *key;
    void (*put)(struct generator *generator);
} generated_settings[] = {
    {"Interface", "PrivateKey", put_a_key},        {"Interface", "ListenPort", put_a_number},
    {"Interface", "FwMark", put_a_number},         {"Peer", "PublicKey", put_a_key},
    {"Peer", "PresharedKey", put_a_key},           {"Peer", "AllowedIPs", put_networks},
    {"Peer", "AllowedIPs", put_networks},          {"Peer", "Endpoint", put_an_endpoint},
    {"Peer", "PersistentKeepalive", put_a_number},
};
static const char *const quick_keys[] = {"Address", "Address",    "DNS",   "MTU",
                                         "Table",   "SaveConfig", "PreUp", "PostUp",
                                         "PreDown", "PostDown",   "Adress"};

static inline void put_setting(struct generator *generator, const char *section)
{
    const struct generated_setting *setting;
    do
        setting = &PICK(generator, generated_settings);
    while (strcmp(setting->section, section) != 0 && !chance(generator, 1));
    bool quick = generator->for_quick && strcmp(section, "Interface") == 0 && chance(generator, 50);
    put_space(generator);
    put_word(generator, quick ? PICK(generator, quick_keys) : setting->key);
    put_space(generator);
    if (!chance(generator, 1))
        wgctl_text_string(&generator->text, "=");
    put_space(generator);
    (quick ? put_quick_value : setting->put)(generator);
    put_end(generator);
}

static inline void put_section(struct generator *generator)
{
    static const char *const odd[] = {"[Server]", "[Peer",    "Peer]",   "[]",
                                      "[[Peer]]", "[Peer] x", "[Peer]=1"};
    bool peer = chance(generator, 65);
    const char *mark = chance(generator, 10) ? "#- " : "";
    size_t begin = generator->text.size;
    put_word(generator, chance(generator, 2) ? PICK(generator, odd)
                        : peer               ? "[Peer]"
                                             : "[Interface]");
    put_end(generator);
    if (peer) {
        wgctl_text_string(&generator->text, "PublicKey = ");
        put_a_key(generator);
        put_end(generator);
    }
    for (uint32_t left = choose(generator, 5); left > 0; left--)
        put_setting(generator, peer ? "Peer" : "Interface");
    if (!*mark)
        return;
    struct wgctl_text plain = text_of_slice(
        (struct wgctl_slice){generator->text.data + begin, generator->text.size - begin});
    struct wgctl_slice rest = wgctl_text_slice_of(&plain), line;
    generator->text.size = begin;
    while (wgctl_slice_split(&rest, '\n', &line) && rest.data)
        wgctl_text_format(&generator->text, "%s%.*s\n", mark, (int)line.size, line.data);
    wgctl_text_clear(&plain);
    if (chance(generator, 50))
        put_setting(generator, peer ? "Peer" : "Interface");
}

static inline void put_noise(struct generator *generator)
{
    static const char *const lines[] = {
        "# note = x",          "#",   "",         "\t",
        "### begin phone ###", "; x", "nonsense", "# friendly_name = phone"};
    uint32_t usual = 5; /* the first ones are valid */
    wgctl_text_string(
        &generator->text,
        lines[chance(generator, 96) ? choose(generator, usual) : usual + choose(generator, 3)]);
    put_end(generator);
}

/* Removes, doubles or replaces one byte. */
static inline void damage(struct generator *generator)
{
    static const char bytes[] = "#=[]\n\r \0;,./:-+\xef\xc3\"'$`x0";
    struct wgctl_text *text = &generator->text;
    if (text->size == 0)
        return;
    size_t at = choose(generator, (uint32_t)text->size);
    switch (choose(generator, 3)) {
    case 0:
        memmove(text->data + at, text->data + at + 1, text->size - at);
        text->size--;
        break;
    case 1:
        text->data[at] = bytes[choose(generator, sizeof bytes - 1)];
        break;
    default:
        text->data[at] = text->data[choose(generator, (uint32_t)text->size)];
    }
}

/* Returns the file with this number. The caller clears it. */
static inline struct wgctl_text generate(uint32_t number, bool for_quick)
{
    struct generator generator = {.state = number * 2654435761u + 1, .for_quick = for_quick};
    next_number(&generator.state);
    if (chance(&generator, 1))
        wgctl_text_string(&generator.text, "\xef\xbb\xbf");
    for (uint32_t left = choose(&generator, 5); left > 0; left--) {
        while (chance(&generator, 20))
            put_noise(&generator);
        put_section(&generator);
    }
    if (chance(&generator, 20))
        damage(&generator);
    if (chance(&generator, 10) && generator.text.size > 0)
        generator.text.size--;
    return generator.text;
}
