#include "net/key.h"

#include <sodium.h>
#include <string.h>

enum { NO_DIGIT = 64 };

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
    /* crypto_box_keypair() leaves it to the use of the key, and wg(8) would then show
     * another key than the one that was stored. */
    wgctl_key_clamp(ret);
}

void wgctl_key_generate_preshared(struct wgctl_key *ret)
{
    wgctl_random(ret->bytes, sizeof ret->bytes);
}

void wgctl_random(void *ret, size_t size)
{
    randombytes_buf(ret, size);
}

int wgctl_key_public(const struct wgctl_key *private_key, struct wgctl_key *ret,
                     struct wgctl_error *err)
{
    /* The arithmetic would clamp an all-zero key and go on; to the kernel it
     * means that there is no key. */
    if (wgctl_key_is_zero(private_key) ||
        crypto_scalarmult_base(ret->bytes, private_key->bytes) != 0) {
        wgctl_fail(err, WGCTL_INVALID, "the private key is all zero, which stands for no key");
        return wgctl_hint(err, "make a new one: 'wg genkey'");
    }
    return WGCTL_OK;
}

/* libsodium decides what is base64, in constant time, and refuses a last digit
 * with bits that no byte takes, so that a key has one text form only. But bytes
 * beyond ASCII pass for digits in version 1.0.18. */
static bool decode(struct wgctl_slice text, struct wgctl_key *ret)
{
    size_t size = 0;
    const char *end = NULL;
    unsigned char all_bits = 0;
    for (size_t i = 0; i < text.size; i++)
        all_bits |= (unsigned char)text.data[i];
    return all_bits < 0x80 &&
           sodium_base642bin(ret->bytes, sizeof ret->bytes, text.data, text.size, NULL, &size, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           size == sizeof ret->bytes && end == text.data + text.size;
}

static unsigned digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : NO_DIGIT;
}

/* The same, for what is no secret, in a fifth of the time. */
static bool decode_public(struct wgctl_slice text, struct wgctl_key *ret)
{
    enum { DIGITS = WGCTL_KEY_TEXT_SIZE - 2, LEFT_OVER = 3 };
    unsigned bits = 0, count = 0, all_digits = 0;
    uint8_t *byte = ret->bytes;
    for (size_t i = 0; i < DIGITS; i++) {
        unsigned digit = digit_of(text.data[i]);
        all_digits |= digit;
        bits = bits << 6 | digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            *byte++ = (uint8_t)(bits >> count);
        }
    }
    return !(all_digits & NO_DIGIT) && !(bits & LEFT_OVER) && text.data[DIGITS] == '=';
}

static int parse(struct wgctl_slice text, bool (*read)(struct wgctl_slice, struct wgctl_key *),
                 struct wgctl_key *ret, struct wgctl_error *err)
{
    if (text.size != WGCTL_KEY_TEXT_SIZE - 1) {
        wgctl_fail(err, WGCTL_INVALID, "a key has %d characters, this one has %zu",
                   WGCTL_KEY_TEXT_SIZE - 1, text.size);
        return wgctl_hint(err, "copy the whole key, with the '=' at its end");
    }
    if (!read(text, ret)) {
        wgctl_fail(err, WGCTL_INVALID, "this is no key: it is not 32 bytes in base64");
        return wgctl_hint(err, "copy the key again; one character of it was changed or lost");
    }
    return WGCTL_OK;
}

int wgctl_key_parse(struct wgctl_slice text, struct wgctl_key *ret, struct wgctl_error *err)
{
    WGCTL_KEY key;
    int rc = parse(text, decode, &key, err);
    if (rc == WGCTL_OK)
        *ret = key;
    return rc;
}

int wgctl_key_parse_public(struct wgctl_slice text, struct wgctl_key *ret, struct wgctl_error *err)
{
    struct wgctl_key key;
    int rc = parse(text, decode_public, &key, err);
    if (rc == WGCTL_OK)
        *ret = key;
    return rc;
}

bool wgctl_key_may_be_in(struct wgctl_slice text)
{
    /* Digits of base64 in a row, and one among them that is none of an address. */
    enum { SUSPICIOUS = 24 };
    size_t run = 0;
    bool other = false;
    for (size_t i = 0; i < text.size && !(other && run >= SUSPICIOUS); i++) {
        char c = text.data[i];
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        bool base64 =
            hex || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
        run = base64 ? run + 1 : 0;
        other = base64 && (other || !hex);
    }
    return other && run >= SUSPICIOUS;
}

char *wgctl_key_format(const struct wgctl_key *key, char text[WGCTL_KEY_TEXT_SIZE])
{
    return sodium_bin2base64(text, WGCTL_KEY_TEXT_SIZE, key->bytes, sizeof key->bytes,
                             sodium_base64_VARIANT_ORIGINAL);
}

bool wgctl_key_parse_hex(struct wgctl_slice text, struct wgctl_key *ret)
{
    size_t size;
    const char *end;
    return text.size == WGCTL_KEY_HEX_SIZE - 1 &&
           sodium_hex2bin(ret->bytes, sizeof ret->bytes, text.data, text.size, NULL, &size, &end) ==
               0 &&
           size == sizeof ret->bytes && end == text.data + text.size;
}

char *wgctl_key_format_hex(const struct wgctl_key *key, char text[WGCTL_KEY_HEX_SIZE])
{
    return sodium_bin2hex(text, WGCTL_KEY_HEX_SIZE, key->bytes, sizeof key->bytes);
}

bool wgctl_key_equal(const struct wgctl_key *a, const struct wgctl_key *b)
{
    return sodium_memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool wgctl_key_is_zero(const struct wgctl_key *key)
{
    return sodium_is_zero(key->bytes, sizeof key->bytes);
}

int wgctl_key_compare(const struct wgctl_key *a, const struct wgctl_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

void wgctl_key_clear(struct wgctl_key *key)
{
    sodium_memzero(key->bytes, sizeof key->bytes);
}
