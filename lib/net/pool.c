#include "net/pool.h"

#include <stdlib.h>

typedef unsigned __int128 uint128;

/* The addresses of a network as numbers, both ends included: the end of ::/0
 * plus one would not fit. */
struct range {
    uint128 first, last;
};

static struct range range_of(const struct wgctl_prefix *network)
{
    unsigned size = wgctl_family_size(network->family);
    unsigned host_bits = 8 * size - network->length;
    uint128 address = 0;
    for (unsigned i = 0; i < size; i++)
        address = address << 8 | network->bytes[i];
    uint128 hosts = host_bits == 128 ? ~(uint128)0 : ((uint128)1 << host_bits) - 1;
    return (struct range){address & ~hosts, address | hosts};
}

static struct wgctl_prefix address_of(uint8_t family, uint128 number)
{
    struct wgctl_prefix address = {.family = family};
    for (unsigned i = wgctl_family_size(family); i-- > 0; number >>= 8)
        address.bytes[i] = (uint8_t)number;
    return wgctl_prefix_host(address);
}

static struct range usable_of(const struct wgctl_prefix *subnet)
{
    struct range usable = range_of(subnet);
    if (usable.last - usable.first <= 1)
        return usable; /* RFC 3021, RFC 6164 */
    usable.first++;
    if (subnet->family == AF_INET)
        usable.last--;
    return usable;
}

/* A network as large as the subnet is a route into it or through it. A single
 * address is somebody's, even where the subnet has no other. */
static bool counts(const struct range *used, const struct range *subnet)
{
    return used->first == used->last || used->first > subnet->first || used->last < subnet->last;
}

/* By the first address of each network: wgctl_prefix_compare() would put
 * 10.0.0.127/26 after 10.0.0.100, which it holds. */
static int compare_first(const void *left, const void *right)
{
    const struct wgctl_prefix *a = left, *b = right;
    uint128 first_a = range_of(a).first, first_b = range_of(b).first;
    if (a->family == b->family && first_a != first_b)
        return first_a < first_b ? -1 : 1;
    return wgctl_prefix_compare(a, b);
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
    uint128 next = usable.first;
    if (used->count > 1)
        qsort(used->items, used->count, sizeof *used->items, compare_first);

    for (size_t i = 0; i < used->count; i++) {
        struct range taken = range_of(&used->items[i]);
        if (used->items[i].family != subnet->family || taken.last < next || !counts(&taken, &whole))
            continue;
        if (taken.first > next)
            break;
        if (taken.last >= usable.last)
            return fail_full(subnet, err);
        next = taken.last + 1;
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
    uint128 number = range_of(address).first;
    wgctl_prefix_format(&network, subnet_text);

    if (address->length != 8 * wgctl_family_size(address->family))
        return wgctl_fail(err, WGCTL_INVALID, "%s is a network, not a single address",
                          wgctl_prefix_format(address, text));
    wgctl_address_format(address, text);
    if (!wgctl_prefix_contains(subnet, address))
        return wgctl_fail(err, WGCTL_INVALID, "%s is not in the subnet %s", text, subnet_text);
    if (number < usable.first)
        return wgctl_fail(err, WGCTL_INVALID,
                          "%s is the first address of %s, which stands for the subnet itself", text,
                          subnet_text);
    if (number > usable.last)
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
        wgctl_fail(err, WGCTL_EXISTS, "%s is already in use: it belongs to %s",
                   wgctl_address_format(address, text),
                   wgctl_prefix_format(&used->items[i], holder));
        return hint_choice(err);
    }
    return WGCTL_OK;
}
