#include "net/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "net/key.h"

static int hint_form(struct wgctl_error *err)
{
    return wgctl_hint(err, "write it like 10.0.0.1, 10.0.0.0/24 or fd00::/64");
}

static int refuse(struct wgctl_slice text, const char *why, struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(err, WGCTL_INVALID, "%s %s", wgctl_quote(text, quoted), why);
    return hint_form(err);
}

unsigned wgctl_family_size(uint8_t family)
{
    return family == AF_INET ? 4 : 16;
}

static unsigned full_length(uint8_t family)
{
    return 8 * wgctl_family_size(family);
}

bool wgctl_prefix_make(unsigned family, const void *bytes, size_t size, unsigned length,
                       struct wgctl_prefix *ret)
{
    if ((family != AF_INET && family != AF_INET6) || size != wgctl_family_size((uint8_t)family) ||
        length > full_length((uint8_t)family))
        return false;
    *ret = (struct wgctl_prefix){.family = (uint8_t)family, .length = (uint8_t)length};
    memcpy(ret->bytes, bytes, size);
    return true;
}

static bool read_address(struct wgctl_slice text, struct wgctl_prefix *ret)
{
    char address[INET6_ADDRSTRLEN];
    if (text.size == 0 || text.size >= sizeof address || memchr(text.data, '\0', text.size))
        return false;
    wgctl_slice_string(text, address, sizeof address);
    *ret = (struct wgctl_prefix){.family = strchr(address, ':') ? AF_INET6 : AF_INET};
    ret->length = (uint8_t)full_length(ret->family);
    return inet_pton(ret->family, address, ret->bytes) == 1;
}

int wgctl_prefix_parse(struct wgctl_slice text, struct wgctl_prefix *ret, struct wgctl_error *err)
{
    struct wgctl_slice length = text, address = text;
    struct wgctl_prefix prefix;
    wgctl_slice_split(&length, '/', &address);
    if (!read_address(address, &prefix))
        return refuse(text, "is not an IP address", err);

    uint64_t number = prefix.length;
    if (length.data && !wgctl_slice_number(length, prefix.length, &number))
        return refuse(text,
                      prefix.family == AF_INET ? "needs a number from 0 to 32 after the '/'"
                                               : "needs a number from 0 to 128 after the '/'",
                      err);
    prefix.length = (uint8_t)number;
    *ret = prefix;
    return WGCTL_OK;
}

char *wgctl_address_format(const struct wgctl_prefix *prefix, char text[WGCTL_PREFIX_TEXT_SIZE])
{
    if (!inet_ntop(prefix->family, prefix->bytes, text, WGCTL_PREFIX_TEXT_SIZE))
        text[0] = '\0';
    return text;
}

char *wgctl_prefix_format(const struct wgctl_prefix *prefix, char text[WGCTL_PREFIX_TEXT_SIZE])
{
    unsigned length = prefix->length, power = length >= 100 ? 100 : length >= 10 ? 10 : 1;
    char *at = text + strlen(wgctl_address_format(prefix, text));
    *at++ = '/';
    for (; power > 0; power /= 10)
        *at++ = (char)('0' + length / power % 10);
    *at = '\0';
    return text;
}

struct wgctl_prefix wgctl_prefix_mask(struct wgctl_prefix prefix)
{
    unsigned whole = prefix.length / 8, rest = prefix.length % 8;
    if (rest > 0)
        prefix.bytes[whole++] &= (uint8_t)(0xff << (8 - rest));
    memset(prefix.bytes + whole, 0, sizeof prefix.bytes - whole);
    return prefix;
}

bool wgctl_prefix_has_host_bits(const struct wgctl_prefix *prefix)
{
    struct wgctl_prefix masked = wgctl_prefix_mask(*prefix);
    return !wgctl_prefix_equal(prefix, &masked);
}

struct wgctl_prefix wgctl_prefix_host(struct wgctl_prefix prefix)
{
    prefix.length = (uint8_t)full_length(prefix.family);
    return prefix;
}

bool wgctl_prefix_contains(const struct wgctl_prefix *outer, const struct wgctl_prefix *inner)
{
    if (outer->family != inner->family || outer->length > inner->length)
        return false;
    unsigned whole = outer->length / 8, bits = outer->length % 8;
    if (memcmp(outer->bytes, inner->bytes, whole) != 0)
        return false;
    return bits == 0 || (outer->bytes[whole] ^ inner->bytes[whole]) >> (8 - bits) == 0;
}

bool wgctl_prefix_overlaps(const struct wgctl_prefix *a, const struct wgctl_prefix *b)
{
    return wgctl_prefix_contains(a, b) || wgctl_prefix_contains(b, a);
}

bool wgctl_prefix_equal(const struct wgctl_prefix *a, const struct wgctl_prefix *b)
{
    return wgctl_prefix_compare(a, b) == 0;
}

int wgctl_prefix_compare(const struct wgctl_prefix *a, const struct wgctl_prefix *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    int order = memcmp(a->bytes, b->bytes, sizeof a->bytes);
    return order != 0 ? order : a->length - b->length;
}

bool wgctl_address_is_private(const struct wgctl_prefix *prefix)
{
    static const struct wgctl_prefix networks[] = {
        {AF_INET, 8, {10}},             /* RFC 1918 */
        {AF_INET, 12, {172, 16}},       /* RFC 1918 */
        {AF_INET, 16, {192, 168}},      /* RFC 1918 */
        {AF_INET, 10, {100, 64}},       /* RFC 6598 */
        {AF_INET, 16, {169, 254}},      /* RFC 3927 */
        {AF_INET, 8, {127}},            /* RFC 1122 */
        {AF_INET6, 7, {0xfc}},          /* RFC 4193 */
        {AF_INET6, 10, {0xfe, 0x80}},   /* RFC 4291 */
        {AF_INET6, 128, {[15] = 0x01}}, /* RFC 4291 */
    };
    struct wgctl_prefix address = wgctl_prefix_host(*prefix);
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (wgctl_prefix_contains(&networks[i], &address))
            return true;
    return false;
}

/* Makes room for that many more. An empty list gets no more than that, because most lists are read
 * once; one that grows doubles. */
static int reserve(struct wgctl_prefixes *list, size_t more, struct wgctl_error *err)
{
    size_t wanted = list->count + more, doubled = 2 * (size_t)list->count;
    if (wanted <= list->capacity)
        return WGCTL_OK;
    if (wanted < doubled)
        wanted = doubled;
    struct wgctl_prefix *items =
        wanted <= UINT32_MAX ? reallocarray(list->items, wanted, sizeof *items) : NULL;
    if (!items)
        return wgctl_fail_memory(err);
    list->items = items;
    list->capacity = (uint32_t)wanted;
    return WGCTL_OK;
}

int wgctl_prefixes_add(struct wgctl_prefixes *list, const struct wgctl_prefix *prefix,
                       struct wgctl_error *err)
{
    enum { FEW = 2 }; /* an address of each family */
    if (list->count >= list->capacity) {
        int rc = reserve(list, list->count ? list->count : FEW, err);
        if (rc < 0)
            return rc;
    }
    list->items[list->count++] = *prefix;
    return WGCTL_OK;
}

int wgctl_prefixes_add_all(struct wgctl_prefixes *list, const struct wgctl_prefixes *other,
                           struct wgctl_error *err)
{
    if (other->count == 0)
        return WGCTL_OK;
    int rc = reserve(list, other->count, err);
    if (rc < 0)
        return rc;
    memcpy(list->items + list->count, other->items, other->count * sizeof *other->items);
    list->count += other->count;
    return WGCTL_OK;
}

int wgctl_prefixes_parse(struct wgctl_prefixes *list, struct wgctl_slice text,
                         struct wgctl_error *err)
{
    struct wgctl_slice rest = wgctl_slice_trim(text), part;
    if (rest.size == 0) {
        wgctl_fail(err, WGCTL_INVALID, "the list of addresses is empty");
        return hint_form(err);
    }
    int rc = WGCTL_OK;
    while (rc == WGCTL_OK && wgctl_slice_split(&rest, ',', &part)) {
        struct wgctl_prefix prefix;
        part = wgctl_slice_trim(part);
        if (part.size == 0)
            return refuse(text, "has a comma too many, or lacks an address", err);
        rc = wgctl_prefix_parse(part, &prefix, err);
        if (rc == WGCTL_OK)
            rc = wgctl_prefixes_add(list, &prefix, err);
    }
    return rc;
}

bool wgctl_prefixes_cover(const struct wgctl_prefixes *list, const struct wgctl_prefix *prefix)
{
    for (size_t i = 0; i < list->count; i++)
        if (wgctl_prefix_contains(&list->items[i], prefix))
            return true;
    return false;
}

bool wgctl_prefixes_overlap(const struct wgctl_prefixes *list, const struct wgctl_prefix *prefix)
{
    for (size_t i = 0; i < list->count; i++)
        if (wgctl_prefix_overlaps(&list->items[i], prefix))
            return true;
    return false;
}

/* A network that is excluded in part is cut into halves: as often as an address has bits. */
int wgctl_prefixes_add_rest(struct wgctl_prefixes *list, const struct wgctl_prefix *whole,
                            const struct wgctl_prefixes *excluded, struct wgctl_error *err)
{
    struct wgctl_prefix half = wgctl_prefix_mask(*whole);
    if (wgctl_prefixes_cover(excluded, &half))
        return WGCTL_OK;
    if (!wgctl_prefixes_overlap(excluded, &half))
        return wgctl_prefixes_add(list, &half, err);
    unsigned bit = half.length++;
    int rc = wgctl_prefixes_add_rest(list, &half, excluded, err);
    half.bytes[bit / 8] |= (uint8_t)(0x80U >> bit % 8);
    return rc < 0 ? rc : wgctl_prefixes_add_rest(list, &half, excluded, err);
}

void wgctl_prefixes_format(const struct wgctl_prefixes *list, struct wgctl_text *text)
{
    char prefix[WGCTL_PREFIX_TEXT_SIZE];
    for (size_t i = 0; i < list->count; i++) {
        wgctl_text_string(text, i > 0 ? ", " : "");
        wgctl_text_string(text, wgctl_prefix_format(&list->items[i], prefix));
    }
}

static int compare_items(const void *left, const void *right)
{
    return wgctl_prefix_compare(left, right);
}

void wgctl_prefixes_sort(struct wgctl_prefixes *list)
{
    /* Most are sorted already: a peer has one address of each family. */
    if (!wgctl_array_is_sorted(list->items, list->count, sizeof *list->items, compare_items))
        qsort(list->items, list->count, sizeof *list->items, compare_items);
}

bool wgctl_prefixes_have(const struct wgctl_prefixes *list, const struct wgctl_prefix *prefix)
{
    return list->count > 0 &&
           bsearch(prefix, list->items, list->count, sizeof *prefix, compare_items);
}

void wgctl_prefixes_mask(struct wgctl_prefixes *list)
{
    for (size_t i = 0; i < list->count; i++)
        list->items[i] = wgctl_prefix_mask(list->items[i]);
}

void wgctl_prefixes_clear(struct wgctl_prefixes *list)
{
    free(list->items);
    *list = (struct wgctl_prefixes){0};
}
