/* Shared by the suites about configuration files: texts, keys and numbers.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "net/endpoint.h"
#include "net/key.h"
#include "numbers.h"
#include "suite.h"

/* A private key with its public key, and other keys. */
#define PRIVATE "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Y="
#define PUBLIC "I5Qbl+hOXynotu1xihNJB5nfzXiIbM6TW/rezv3nHFs="
#define ALICE "JjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1plcHs="
#define BOB "S1ZhbHeCjZijrrnEz9rl8PsGERwnMj1IU15pdH+KlaA="
#define CAROL "cHuGkZynsr3I097p9P8KFSArNkFMV2JteIOOmaSvusU="
#define DAVE "usXQ2+bx/AcSHSgzPklUX2p1gIuWoay3ws3Y4+75BA8="
#define PSK "laCrtsHM1+Lt+AMOGSQvOkVQW2ZxfIeSnaizvsnU3+o="
#define ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static inline struct wgctl_text text_of(const char *string)
{
    struct wgctl_text text = {0};
    wgctl_text_string(&text, string);
    return text;
}

static inline struct wgctl_text text_of_slice(struct wgctl_slice slice)
{
    struct wgctl_text text = {0};
    wgctl_text_slice(&text, slice);
    return text;
}

/* Compares all bytes, while ck_assert_str_eq() stops at a NUL. Shows the first line that
 * differs. */
static inline void assert_same(struct wgctl_slice actual, struct wgctl_slice expected)
{
    enum { SHOWN = 300 };
    size_t at = 0, begin = 0;
    for (; at < actual.size && at < expected.size && actual.data[at] == expected.data[at]; at++)
        if (actual.data[at] == '\n')
            begin = at + 1;
    size_t left = actual.size - begin, right = expected.size - begin;
    ck_assert_msg(at == actual.size && at == expected.size,
                  "from byte %zu on there are %zu bytes\n%.*s\n---- instead of %zu:\n%.*s\n----",
                  begin, left, (int)(left < SHOWN ? left : SHOWN), actual.data + begin, right,
                  (int)(right < SHOWN ? right : SHOWN), expected.data + begin);
}

static inline void assert_text(const struct wgctl_text *text, const char *expected)
{
    assert_same(wgctl_text_slice_of(text), wgctl_slice_of(expected));
}

static inline void assert_slice(struct wgctl_slice slice, const char *expected)
{
    assert_same(slice, wgctl_slice_of(expected));
}

static inline bool contains(struct wgctl_slice text, const char *part)
{
    return memmem(text.data, text.size, part, strlen(part)) != NULL;
}

static inline struct wgctl_key key_from(const char *text)
{
    struct wgctl_key key;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_key_parse(wgctl_slice_of(text), &key, &err), WGCTL_OK);
    return key;
}

static inline struct wgctl_prefix prefix_of(const char *text)
{
    struct wgctl_prefix prefix;
    struct wgctl_error err;
    int status = wgctl_prefix_parse(wgctl_slice_of(text), &prefix, &err);
    ck_assert_msg(status == WGCTL_OK, "%s: %s", text, err.message);
    return prefix;
}

static inline struct wgctl_endpoint endpoint_of(const char *text)
{
    struct wgctl_endpoint endpoint;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_endpoint_parse(wgctl_slice_of(text), 0, &endpoint, &err), WGCTL_OK);
    return endpoint;
}

static inline union wgctl_sockaddr sockaddr_of(const char *text)
{
    struct wgctl_endpoint endpoint = endpoint_of(text);
    union wgctl_sockaddr address;
    struct wgctl_error err;
    ck_assert(wgctl_endpoint_is_address(&endpoint, NULL));
    ck_assert_int_eq(wgctl_endpoint_resolve(&endpoint, &address, &err), WGCTL_OK);
    return address;
}

/* Returns the content of a file in tests/unit. */
static inline struct wgctl_text read_golden(const char *name)
{
    char path[100];
    struct wgctl_text text = {0};
    snprintf(path, sizeof path, "golden/%s", name);
    FILE *file = fopen(path, "re");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    for (;;) {
        char *room = wgctl_text_room(&text, BUFSIZ);
        size_t got = fread(room, 1, BUFSIZ, file);
        text.size += got;
        text.data[text.size] = '\0';
        if (got == 0)
            break;
    }
    fclose(file);
    return text;
}
