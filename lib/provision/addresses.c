/* Choosing the server's addresses in the tunnel. */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "provision/state.h"

static bool overlaps_any(const struct wgctl_prefix *prefix, const struct wgctl_prefixes *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (wgctl_prefix_overlaps(prefix, &list->items[i]))
            return true;
    return false;
}

static int fail_no_network(struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_FULL, "every private network is in use on this host");
    return wgctl_hint(err, "name one for the tunnel: --address 192.168.73.1/24");
}

/* Fixed subnets collide with the networks of hotels and homes, so the search
 * begins anywhere in 10.0.0.0/8. Only a host that routes all of that gets one of
 * the smaller blocks of RFC 1918. */
static int choose_ipv4(const struct wgctl_prefixes *routes, struct wgctl_prefixes *ret,
                       struct wgctl_error *err)
{
    static const struct {
        uint8_t first, second;
        uint32_t subnets; /* of 256 addresses */
    } blocks[] = {{10, 0, 65536}, {172, 16, 4096}, {192, 168, 256}};
    uint16_t start;
    wgctl_random(&start, sizeof start);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        for (uint32_t tries = 0; tries < blocks[i].subnets; tries++) {
            uint32_t number = (start + tries) % blocks[i].subnets;
            struct wgctl_prefix address = {
                .family = AF_INET,
                .length = 24,
                .bytes = {blocks[i].first, (uint8_t)(blocks[i].second + (number >> 8)),
                          (uint8_t)(number & 0xff), 1},
            };
            if (!overlaps_any(&address, routes))
                return wgctl_prefixes_add(ret, &address, err);
        }
    }
    return fail_no_network(err);
}

/* A unique local /64, random as RFC 4193 (section 3.2) has it. */
static int choose_ipv6(const struct wgctl_prefixes *routes, struct wgctl_prefixes *ret,
                       struct wgctl_error *err)
{
    enum { MOST_TRIES = 1000 };
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        struct wgctl_prefix address = {.family = AF_INET6, .length = 64, .bytes = {0xfd}};
        wgctl_random(address.bytes + 1, 7);
        address.bytes[15] = 1;
        if (!overlaps_any(&address, routes))
            return wgctl_prefixes_add(ret, &address, err);
    }
    return fail_no_network(err);
}

/* A kernel without IPv6 has no such file. Where it is there and cannot be read, a
 * guess would leave the devices' IPv6 outside the tunnel. */
static int look_for_ipv6(bool *ret, struct wgctl_error *err)
{
    char line[8] = "";
    if (!wgctl_file_first_line("/proc/sys/net/ipv6/conf/all/disable_ipv6", line, sizeof line) &&
        errno != ENOENT) {
        wgctl_fail_errno(err, "cannot find out whether this host has IPv6");
        return wgctl_hint(err, "if it has none: wgctl init --no-ipv6");
    }
    *ret = strcmp(line, "0") == 0;
    return WGCTL_OK;
}

static int check_server_address(const struct wgctl_prefix *address, struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    unsigned bits = wgctl_family_size(address->family) * 8;
    struct wgctl_prefix network = wgctl_prefix_mask(*address);
    if (address->length >= bits - 1) {
        wgctl_fail(err, WGCTL_INVALID, "%s leaves no address for a peer",
                   wgctl_prefix_format(address, text));
        return wgctl_hint(err, "give the server's address with its network: 10.73.21.1/24");
    }
    struct wgctl_prefix last = network;
    for (unsigned bit = address->length; bit < bits; bit++)
        last.bytes[bit / 8] |= (uint8_t)(0x80U >> bit % 8);
    if (address->family == AF_INET && wgctl_prefix_equal(&last, address)) {
        wgctl_fail(err, WGCTL_INVALID, "%s is the broadcast address of its network",
                   wgctl_prefix_format(address, text));
        return wgctl_hint(err, "give the server's address with its network: 10.73.21.1/24");
    }
    if (wgctl_prefix_equal(&network, address)) {
        wgctl_fail(err, WGCTL_INVALID, "%s is a network, not the server's address in it",
                   wgctl_prefix_format(address, text));
        return wgctl_hint(err, "give the server's address with its network: 10.73.21.1/24");
    }
    return WGCTL_OK;
}

int wgctl_provision_addresses(const struct wgctl_provision_request *request,
                              struct wgctl_provision *provision, struct wgctl_error *err)
{
    WGCTL_PREFIXES routes = {0};
    struct wgctl_prefixes *ret = &provision->addresses;
    bool has_ipv6 = false;
    int rc = WGCTL_OK;
    if (request->addresses) {
        rc = wgctl_prefixes_parse(ret, wgctl_slice_of(request->addresses), err);
        for (size_t i = 0; rc == WGCTL_OK && i < ret->count; i++) {
            rc = check_server_address(&ret->items[i], err);
            for (size_t k = 0; rc == WGCTL_OK && k < i; k++)
                if (wgctl_prefix_equal(&ret->items[i], &ret->items[k])) {
                    wgctl_fail(err, WGCTL_INVALID, "the same address is given twice");
                    rc = wgctl_hint(err, "leave one of them out");
                }
        }
    } else {
        rc = wgctl_route_list(&routes, err);
        if (rc == WGCTL_OK)
            rc = choose_ipv4(&routes, ret, err);
        if (rc == WGCTL_OK && !request->no_ipv6)
            rc = look_for_ipv6(&has_ipv6, err);
        if (rc == WGCTL_OK && has_ipv6)
            rc = choose_ipv6(&routes, ret, err);
    }
    for (size_t i = 0; rc == WGCTL_OK && i < ret->count; i++) {
        provision->ipv6 |= ret->items[i].family == AF_INET6;
        if (request->no_ipv6 && ret->items[i].family == AF_INET6) {
            wgctl_fail(err, WGCTL_INVALID, "--no-ipv6 and an IPv6 address do not go together");
            rc = wgctl_hint(err, "leave one of them out");
        }
    }
    return rc;
}
