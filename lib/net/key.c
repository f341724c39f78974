#include "net/key.h"

#include <endian.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

int wgctl_key_setup(struct wgctl_error *err)
{
    if (sodium_init() < 0)
        return wgctl_fail(err, WGCTL_SYSTEM, "cannot start the cryptographic library (libsodium)");
    return WGCTL_OK;
}

void wgctl_key_clamp(struct wgctl_key *key)
{
    key->bytes[0] &= 0xf8;
    key->bytes[31] &= 0x7f;
    key->bytes[31] |= 0x40;
}

void wgctl_key_generate_private(struct wgctl_key *ret)
{
    wgctl_random(ret->bytes, sizeof ret->bytes);
    /* An unclamped key would work too, but wg(8) would show a different key than the one in
     * the file. */
    wgctl_key_clamp(ret);
}

void wgctl_key_generate_preshared(struct wgctl_key *ret)
{
    wgctl_random(ret->bytes, sizeof ret->bytes);
}

/* Vector registers too may still hold what was copied last; the dynamic linker puts them on the
 * stack when it resolves a function. */
#if __has_attribute(zero_call_used_regs)
__attribute__((zero_call_used_regs("all")))
#endif
void wgctl_key_wipe_calls(void)
{
    enum { DEEPEST = 128 * 1024 };
    sodium_stackzero(DEEPEST);
}

void wgctl_random(void *ret, size_t size)
{
    randombytes_buf(ret, size);
}

int wgctl_key_public(const struct wgctl_key *private_key, struct wgctl_key *ret,
                     struct wgctl_error *err)
{
    /* libsodium would clamp an all-zero key and go on, but to the kernel it means "no key". */
    if (wgctl_key_is_zero(private_key) ||
        crypto_scalarmult_base(ret->bytes, private_key->bytes) != 0) {
        wgctl_fail(err, WGCTL_INVALID, "the private key is all zero, which means no key");
        return wgctl_hint(err, "make a new one: 'wg genkey'");
    }
    return WGCTL_OK;
}

/* A range of consecutive ASCII digits. */
struct digits {
    uint8_t first, last;
    uint8_t value; /* of the first digit */
};

/* Returns 0xff if the character is in the range, else 0. The subtraction wraps for characters
 * below the range, so one comparison is enough. It compiles to a vector instruction without a
 * branch. */
static uint8_t is_among(struct digits digits, uint8_t c)
{
    uint8_t offset = (uint8_t)(c - digits.first), last = (uint8_t)(digits.last - digits.first);
    return (uint8_t)(0 - (offset <= last));
}

/* State of reading a key's digits. It is as secret as the key. */
struct reading {
    uint8_t text[WGCTL_KEY_HEX_SIZE - 1], value[WGCTL_KEY_HEX_SIZE - 1];
};

/* Returns false if a character is not a digit. No branch and no address depends on a digit, as
 * in wg(8), and in libsodium at several times the cost. Processes the arrays' unused ends as
 * well, because loops of a fixed length are vectorized. */
static bool read_digits(const char *text, size_t size, const struct digits *alphabet, size_t rows,
                        struct reading *ret)
{
    uint8_t all_valid = 0xff;
    memset(ret->text, '0', sizeof ret->text);
    memcpy(ret->text, text, size);
    for (size_t i = 0; i < sizeof ret->text; i++) {
        uint8_t c = ret->text[i], value = 0, valid = 0;
        for (size_t row = 0; row < rows; row++) {
            const struct digits digits = alphabet[row];
            uint8_t mask = is_among(digits, c);
            value |= (uint8_t)((c - digits.first + digits.value) & mask);
            valid |= mask;
        }
        ret->value[i] = value;
        all_valid &= valid;
    }
    return all_valid;
}

/* Packs eight digits of six bits into the upper 48 bits. */
static uint64_t pack(const uint8_t digits[8])
{
    uint64_t bits;
    memcpy(&bits, digits, sizeof bits);
    bits = be64toh(bits);
    bits = (bits & 0x3f003f003f003f00) >> 2 | (bits & 0x003f003f003f003f);
    bits = (bits & 0x0fff00000fff0000) >> 4 | (bits & 0x00000fff00000fff);
    return (bits & 0x00ffffff00000000) << 8 | (bits & 0x0000000000ffffff) << 16;
}

/* The last digit has two unused bits, which must be zero so that each key has only one text
 * form. */
static bool decode(struct wgctl_slice text, struct wgctl_key *ret)
{
    static const struct digits alphabet[] = {
        {'A', 'Z', 0}, {'a', 'z', 26}, {'0', '9', 52}, {'+', '+', 62}, {'/', '/', 63}};
    enum { DIGITS = WGCTL_KEY_TEXT_SIZE - 2, LEFT_OVER = 3 };
    struct reading digits;
    bool valid =
        read_digits(text.data, DIGITS, alphabet, sizeof alphabet / sizeof *alphabet, &digits);
    for (size_t i = 0; i * 6 < sizeof ret->bytes; i++) {
        uint64_t bits = htobe64(pack(digits.value + i * 8));
        size_t left = sizeof ret->bytes - i * 6;
        memcpy(ret->bytes + i * 6, &bits, left < 6 ? left : 6);
    }
    valid &= !(digits.value[DIGITS - 1] & LEFT_OVER);
    sodium_memzero(&digits, sizeof digits);
    return text.data[DIGITS] == '=' && valid;
}

int wgctl_key_parse(struct wgctl_slice text, struct wgctl_key *ret, struct wgctl_error *err)
{
    WGCTL_KEY key;
    if (text.size != WGCTL_KEY_TEXT_SIZE - 1) {
        wgctl_fail(err, WGCTL_INVALID, "a key has %d characters, this one has %zu",
                   WGCTL_KEY_TEXT_SIZE - 1, text.size);
        return wgctl_hint(err, "copy the whole key, with the '=' at its end");
    }
    if (!decode(text, &key)) {
        wgctl_fail(err, WGCTL_INVALID, "this is not a key: it is not 32 bytes in base64");
        return wgctl_hint(err, "copy the key again; one character of it was changed or lost");
    }
    *ret = key;
    return WGCTL_OK;
}

char *wgctl_key_format(const struct wgctl_key *key, char text[WGCTL_KEY_TEXT_SIZE])
{
    return sodium_bin2base64(text, WGCTL_KEY_TEXT_SIZE, key->bytes, sizeof key->bytes,
                             sodium_base64_VARIANT_ORIGINAL);
}

void wgctl_text_key(struct wgctl_text *text, const struct wgctl_key *key)
{
    char base64[WGCTL_KEY_TEXT_SIZE];
    wgctl_text_string(text, wgctl_key_format(key, base64));
    sodium_memzero(base64, sizeof base64);
}

bool wgctl_key_parse_hex(struct wgctl_slice text, struct wgctl_key *ret)
{
    static const struct digits alphabet[] = {{'0', '9', 0}, {'a', 'f', 10}, {'A', 'F', 10}};
    enum { DIGITS = WGCTL_KEY_HEX_SIZE - 1 };
    struct reading digits;
    if (text.size != DIGITS)
        return false;
    bool valid =
        read_digits(text.data, DIGITS, alphabet, sizeof alphabet / sizeof *alphabet, &digits);
    for (size_t i = 0; i < sizeof ret->bytes; i++)
        ret->bytes[i] = (uint8_t)(digits.value[2 * i] << 4 | digits.value[2 * i + 1]);
    sodium_memzero(&digits, sizeof digits);
    return valid;
}

char *wgctl_key_format_hex(const struct wgctl_key *key, char text[WGCTL_KEY_HEX_SIZE])
{
    return sodium_bin2hex(text, WGCTL_KEY_HEX_SIZE, key->bytes, sizeof key->bytes);
}

bool wgctl_key_equal(const struct wgctl_key *a, const struct wgctl_key *b)
{
    /* sodium_memcmp() is many times slower. */
    _Static_assert(sizeof a->bytes == crypto_verify_32_BYTES, "what it compares");
    return crypto_verify_32(a->bytes, b->bytes) == 0;
}

bool wgctl_key_is_zero(const struct wgctl_key *key)
{
    return sodium_is_zero(key->bytes, sizeof key->bytes);
}

void wgctl_key_clear(struct wgctl_key *key)
{
    sodium_memzero(key->bytes, sizeof key->bytes);
}
