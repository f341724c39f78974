/* Keys: Curve25519 private and public keys and preshared keys, 32 bytes each.
 *
 * The text form is base64 as wg(8) takes it: 44 characters, the last one '=',
 * and canonical, so that a key has one text form only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum {
    WGCTL_KEY_SIZE = 32,
    WGCTL_KEY_TEXT_SIZE = 45, /* with the NUL */
};

struct wgctl_key {
    uint8_t bytes[WGCTL_KEY_SIZE];
};

/* Makes the library of primitives ready. Call once, before anything else here. */
int wgctl_key_setup(struct wgctl_error *err);

/* Makes 32 bytes the private key that they count as (RFC 7748, section 5). A device shows
 * its key so, however it was written. */
void wgctl_key_clamp(struct wgctl_key *key);
/* A new private key from the kernel's random numbers, clamped as `wg genkey`
 * does (RFC 7748, section 5). */
void wgctl_key_generate_private(struct wgctl_key *ret);
/* A new preshared key: 32 random bytes. */
void wgctl_key_generate_preshared(struct wgctl_key *ret);
/* Random bytes for what is no key: the choice of a subnet. */
void wgctl_random(void *ret, size_t size);

/* Fails (WGCTL_INVALID) where the private key has no public key: all zero. */
int wgctl_key_public(const struct wgctl_key *private_key, struct wgctl_key *ret,
                     struct wgctl_error *err);

/* In constant time. What is wrong with it is said in the message; the text itself never is. */
int wgctl_key_parse(struct wgctl_slice text, struct wgctl_key *ret, struct wgctl_error *err);
/* Whether what looks like a key, or most of one, stands in the text: a message
 * must not show it. */
bool wgctl_key_may_be_in(struct wgctl_slice text);
/* In constant time. Returns `text`. */
char *wgctl_key_format(const struct wgctl_key *key, char text[WGCTL_KEY_TEXT_SIZE]);

/* The 64 hexadecimal digits that the userspace protocol writes. */
enum { WGCTL_KEY_HEX_SIZE = 65 };
/* In constant time. */
bool wgctl_key_parse_hex(struct wgctl_slice text, struct wgctl_key *ret);
/* In constant time. Returns `text`. */
char *wgctl_key_format_hex(const struct wgctl_key *key, char text[WGCTL_KEY_HEX_SIZE]);

/* In constant time. */
bool wgctl_key_equal(const struct wgctl_key *a, const struct wgctl_key *b);
bool wgctl_key_is_zero(const struct wgctl_key *key);
/* The order of the bytes, for sorting public keys. Not in constant time. */
static inline int wgctl_key_compare(const struct wgctl_key *a, const struct wgctl_key *b)
{
    /* Most differ in the first bytes, and sorting compares a lot. */
    if (a->bytes[0] != b->bytes[0])
        return a->bytes[0] < b->bytes[0] ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

/* Wipes it. */
void wgctl_key_clear(struct wgctl_key *key);
#define WGCTL_KEY __attribute__((cleanup(wgctl_key_clear))) struct wgctl_key
