/* Keys: Curve25519 private and public keys, and preshared keys, of 32 bytes each.
 *
 * The text form is base64 as in wg(8): 44 characters, of which the last one is '='. Only the
 * canonical form is valid, so each key has exactly one text form.
 *
 * A key is a plain value without heap memory. Its owner wipes it with wgctl_key_clear() or
 * declares it as WGCTL_KEY.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/quote.h"
#include "base/text.h"

enum {
    WGCTL_KEY_SIZE = 32,
    WGCTL_KEY_TEXT_SIZE = 45, /* with the NUL */
};

struct wgctl_key {
    uint8_t bytes[WGCTL_KEY_SIZE];
};

/* Initializes libsodium. Call it once, before any other function in this file. Fails with
 * WGCTL_SYSTEM. */
int wgctl_key_setup(struct wgctl_error *err);

/* Clamps a private key in place (RFC 7748, section 5). WireGuard treats and shows any 32 bytes
 * as the clamped key. */
void wgctl_key_clamp(struct wgctl_key *key);
/* Generates a private key from the kernel's random numbers, clamped like that of `wg genkey`. */
void wgctl_key_generate_private(struct wgctl_key *ret);
/* Generates a preshared key: 32 random bytes. */
void wgctl_key_generate_preshared(struct wgctl_key *ret);
/* Wipes what finished calls have left: 128 KiB of the stack below the caller, and the registers
 * that a call may change (if the compiler can). */
void wgctl_key_wipe_calls(void);
/* Fills `ret` with `size` random bytes for other purposes, such as choosing a subnet. */
void wgctl_random(void *ret, size_t size);

/* Computes the public key. Fails with WGCTL_INVALID if the private key is all zero, which has
 * no public key. */
int wgctl_key_public(const struct wgctl_key *private_key, struct wgctl_key *ret,
                     struct wgctl_error *err);

/* Parses the text form in constant time. Fails with WGCTL_INVALID. The message never contains
 * any part of the text. */
int wgctl_key_parse(struct wgctl_slice text, struct wgctl_key *ret, struct wgctl_error *err);
/* Writes the text form in constant time. Returns `text`. */
char *wgctl_key_format(const struct wgctl_key *key, char text[WGCTL_KEY_TEXT_SIZE]);
/* Appends the text form, and wipes its own copy. */
void wgctl_text_key(struct wgctl_text *text, const struct wgctl_key *key);
/* The size of the hexadecimal form, which the userspace protocol uses, with the NUL. */
enum { WGCTL_KEY_HEX_SIZE = 65 };
/* Parses the hexadecimal form in constant time. Returns false if it is invalid. */
bool wgctl_key_parse_hex(struct wgctl_slice text, struct wgctl_key *ret);
/* Writes the hexadecimal form in constant time. Returns `text`. */
char *wgctl_key_format_hex(const struct wgctl_key *key, char text[WGCTL_KEY_HEX_SIZE]);

/* Compares two keys in constant time. */
bool wgctl_key_equal(const struct wgctl_key *a, const struct wgctl_key *b);
/* Returns, in constant time, whether all bytes are zero. */
bool wgctl_key_is_zero(const struct wgctl_key *key);
/* Compares two public keys by their bytes, for sorting. Not in constant time. */
static inline int wgctl_key_compare(const struct wgctl_key *a, const struct wgctl_key *b)
{
    /* Most keys differ in their first byte, and sorting makes many comparisons. */
    if (a->bytes[0] != b->bytes[0])
        return a->bytes[0] < b->bytes[0] ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

/* Wipes the key. */
void wgctl_key_clear(struct wgctl_key *key);
#define WGCTL_KEY __attribute__((cleanup(wgctl_key_clear))) struct wgctl_key
