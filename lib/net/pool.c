#include "net/pool.h"

#include <string.h>

/* The addresses of a network, with both ends included, because the end of ::/0 plus one would
 * not fit. In network byte order, so that memcmp(3) can compare them. */
struct range {
    uint8_t first[16], last[16];
};

static int compare(const uint8_t a[16], const uint8_t b[16])
{
    return memcmp(a, b, 16);
}

static struct range range_of(const struct wgctl_prefix *network)
{
    struct range range;
    struct wgctl_prefix masked = wgctl_prefix_mask(*network);
    unsigned bits = 8 * wgctl_family_size(network->family);
    memcpy(range.first, masked.bytes, sizeof range.first);
    memcpy(range.last, masked.bytes, sizeof range.last);
    for (unsigned bit = network->length; bit < bits; bit++)
        range.last[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    return range;
}

/* Moves to the next address, or to the previous one if `step` is -1. */
static void move(uint8_t address[16], uint8_t family, int step)
{
    unsigned i = wgctl_family_size(family);
    int carry = step;
    while (carry != 0 && i-- > 0) {
        int sum = address[i] + carry;
        address[i] = (uint8_t)(sum & 0xff);
        carry = sum < 0 ? -1 : sum > 0xff;
    }
}

static struct wgctl_prefix address_of(uint8_t family, const uint8_t bytes[16])
{
    struct wgctl_prefix address = {.family = family};
    memcpy(address.bytes, bytes, sizeof address.bytes);
    return wgctl_prefix_host(address);
}

static struct range usable_of(const struct wgctl_prefix *subnet)
{
    struct range usable = range_of(subnet);
    if (subnet->length + 1U >= 8 * wgctl_family_size(subnet->family))
        return usable; /* RFC 3021, RFC 6164 */
    move(usable.first, subnet->family, 1);
    if (subnet->family == AF_INET)
        move(usable.last, subnet->family, -1);
    return usable;
}

/* Returns whether a network uses addresses of the subnet. If it contains the whole subnet, it
 * is a route; but a single address always belongs to someone, even if the subnet has no other. */
static bool counts(const struct range *used, const struct range *subnet)
{
    return compare(used->first, used->last) == 0 || compare(used->first, subnet->first) > 0 ||
           compare(used->last, subnet->last) < 0;
}

/* Sorts the networks by their first addresses. */
static void mask_and_sort(struct wgctl_prefixes *list)
{
    wgctl_prefixes_mask(list);
    wgctl_prefixes_sort(list);
}

static int fail_full(const struct wgctl_prefix *subnet, struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    struct wgctl_prefix network = wgctl_prefix_mask(*subnet);
    wgctl_fail(err, WGCTL_FULL, "no address is free in %s", wgctl_prefix_format(&network, text));
    return wgctl_hint(err, "remove a peer that is no longer needed, or use a larger subnet");
}

int wgctl_pool_next(const struct wgctl_prefix *subnet, struct wgctl_prefixes *used,
                    struct wgctl_prefix *ret, struct wgctl_error *err)
{
    struct range whole = range_of(subnet), usable = usable_of(subnet);
    uint8_t next[16];
    memcpy(next, usable.first, sizeof next);
    mask_and_sort(used);

    for (size_t i = 0; i < used->count; i++) {
        struct range taken = range_of(&used->items[i]);
        if (used->items[i].family != subnet->family || compare(taken.last, next) < 0 ||
            !counts(&taken, &whole))
            continue;
        if (compare(taken.first, next) > 0)
            break;
        if (compare(taken.last, usable.last) >= 0)
            return fail_full(subnet, err);
        memcpy(next, taken.last, sizeof next);
        move(next, subnet->family, 1);
    }
    *ret = address_of(subnet->family, next);
    return WGCTL_OK;
}

static int hint_choice(struct wgctl_error *err)
{
    return wgctl_hint(err, "leave the address out, and a free one is chosen");
}

static int check_place(const struct wgctl_prefix *subnet, const struct wgctl_prefix *address,
                       struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE], subnet_text[WGCTL_PREFIX_TEXT_SIZE];
    struct wgctl_prefix network = wgctl_prefix_mask(*subnet);
    struct range usable = usable_of(subnet);
    struct range wanted = range_of(address);
    wgctl_prefix_format(&network, subnet_text);

    if (address->length != 8 * wgctl_family_size(address->family))
        return wgctl_fail(err, WGCTL_INVALID, "%s is a network, not a single address",
                          wgctl_prefix_format(address, text));
    wgctl_address_format(address, text);
    if (!wgctl_prefix_contains(subnet, address))
        return wgctl_fail(err, WGCTL_INVALID, "%s is not in the subnet %s", text, subnet_text);
    if (compare(wanted.first, usable.first) < 0)
        return wgctl_fail(err, WGCTL_INVALID,
                          "%s is the first address of %s, which means the subnet itself", text,
                          subnet_text);
    if (compare(wanted.first, usable.last) > 0)
        return wgctl_fail(err, WGCTL_INVALID,
                          "%s is the last address of %s, which reaches everyone in it (broadcast)",
                          text, subnet_text);
    return WGCTL_OK;
}

int wgctl_pool_check(const struct wgctl_prefix *subnet, const struct wgctl_prefixes *used,
                     const struct wgctl_prefix *address, struct wgctl_error *err)
{
    struct range whole = range_of(subnet);
    if (check_place(subnet, address, err) != WGCTL_OK)
        return hint_choice(err);

    for (size_t i = 0; i < used->count; i++) {
        struct range taken = range_of(&used->items[i]);
        if (!wgctl_prefix_contains(&used->items[i], address) || !counts(&taken, &whole))
            continue;
        char text[WGCTL_PREFIX_TEXT_SIZE], holder[WGCTL_PREFIX_TEXT_SIZE];
        wgctl_fail(err, WGCTL_EXISTS, "%s is already used by %s",
                   wgctl_address_format(address, text),
                   wgctl_prefix_format(&used->items[i], holder));
        return hint_choice(err);
    }
    return WGCTL_OK;
}
