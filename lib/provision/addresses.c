/* Choosing the server's addresses in the tunnel. Pure. */
#include <errno.h>
#include <string.h>

#include "provision/private.h"

static int fail_no_network(struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_FULL, "every private network is in use on this host");
    return wgctl_hint(err, "name one for the tunnel: --address 192.168.73.1/24");
}

/* Fixed subnets collide with the networks of hotels and homes, so the search starts at a random
 * place in 10.0.0.0/8. Only a host that routes all of that gets a network from the smaller
 * blocks of RFC 1918. */
static int choose_ipv4(const struct wgctl_facts *facts, struct wgctl_prefixes *ret,
                       struct wgctl_error *err)
{
    static const struct {
        uint8_t first, second;
        uint32_t subnets; /* of 256 addresses */
    } blocks[] = {{10, 0, 65536}, {172, 16, 4096}, {192, 168, 256}};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        for (uint32_t tries = 0; tries < blocks[i].subnets; tries++) {
            uint32_t number = (facts->random4 + tries) % blocks[i].subnets;
            struct wgctl_prefix address = {
                .family = AF_INET,
                .length = 24,
                .bytes = {blocks[i].first, (uint8_t)(blocks[i].second + (number >> 8)),
                          (uint8_t)(number & 0xff), 1},
            };
            if (!wgctl_prefixes_overlap(&facts->routes, &address))
                return wgctl_prefixes_add(ret, &address, err);
        }
    }
    return fail_no_network(err);
}

/* A unique local /64, random as in RFC 4193, section 3.2. If a route overlaps it, the search goes
 * on far away: a route may cover half of all of them. */
static int choose_ipv6(const struct wgctl_facts *facts, struct wgctl_prefixes *ret,
                       struct wgctl_error *err)
{
    enum { MOST_TRIES = 1000 };
    static const uint64_t golden_section = 0x9e3779b97f4a7d; /* of 2^56 */
    struct wgctl_prefix address = {.family = AF_INET6, .length = 64, .bytes = {0xfd}};
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof facts->random6; i++)
        number = number << 8 | facts->random6[i];
    address.bytes[15] = 1;
    for (int tries = 0; tries < MOST_TRIES; tries++, number += golden_section) {
        for (size_t i = 0; i < sizeof facts->random6; i++)
            address.bytes[7 - i] = (uint8_t)(number >> 8 * i);
        if (!wgctl_prefixes_overlap(&facts->routes, &address))
            return wgctl_prefixes_add(ret, &address, err);
    }
    return fail_no_network(err);
}

/* If it is not known whether the host has IPv6, a guess could leave the devices' IPv6 outside
 * the tunnel. */
static int fail_ipv6_unknown(const struct wgctl_facts *facts, struct wgctl_error *err)
{
    errno = facts->ipv6_errno;
    wgctl_fail_errno(err, "cannot find out whether this host has IPv6");
    return wgctl_hint(err, "if it has none: sudo wgctl init --no-ipv6");
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

/* Packets for the tunnel would take that route, or those for the other network the tunnel. A route
 * to a larger network gives way. */
static int check_routes(const struct wgctl_prefix *address, const struct wgctl_prefixes *routes,
                        struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE], other[WGCTL_PREFIX_TEXT_SIZE];
    for (size_t i = 0; i < routes->count; i++) {
        const struct wgctl_prefix *route = &routes->items[i];
        if (route->length < address->length || !wgctl_prefix_overlaps(address, route))
            continue;
        wgctl_fail(err, WGCTL_INVALID, "%s overlaps %s, to which this host already has a route",
                   wgctl_prefix_format(address, text), wgctl_prefix_format(route, other));
        return wgctl_hint(err, "choose another one, or leave --address out: a free one is chosen");
    }
    return WGCTL_OK;
}

static int choose_addresses(const struct wgctl_provision_request *request,
                            const struct wgctl_facts *facts, struct wgctl_prefixes *ret,
                            struct wgctl_error *err)
{
    int rc = choose_ipv4(facts, ret, err);
    if (rc < 0 || request->no_ipv6)
        return rc;
    if (facts->ipv6_errno != 0)
        return fail_ipv6_unknown(facts, err);
    return facts->has_ipv6 ? choose_ipv6(facts, ret, err) : WGCTL_OK;
}

/* A server that goes on here keeps its addresses, with or without a mask. */
static int read_addresses(const struct wgctl_provision_request *request, struct wgctl_prefixes *ret,
                          struct wgctl_error *err)
{
    int rc = wgctl_prefixes_parse(ret, wgctl_slice_of(request->addresses), err);
    if (request->private_key)
        return rc;
    for (size_t i = 0; rc == WGCTL_OK && i < ret->count; i++) {
        rc = check_server_address(&ret->items[i], err);
        for (size_t k = 0; rc == WGCTL_OK && k < i; k++)
            if (wgctl_prefix_equal(&ret->items[i], &ret->items[k])) {
                wgctl_fail(err, WGCTL_INVALID, "the same address is given twice");
                rc = wgctl_hint(err, "leave one of them out");
            }
    }
    return rc;
}

int wgctl_provision_addresses(const struct wgctl_provision_request *request,
                              const struct wgctl_facts *facts, struct wgctl_provision *ret,
                              struct wgctl_error *err)
{
    int rc = request->addresses ? read_addresses(request, &ret->addresses, err)
                                : choose_addresses(request, facts, &ret->addresses, err);
    for (size_t i = 0; rc == WGCTL_OK && i < ret->addresses.count; i++) {
        if (request->addresses && ret->applies)
            rc = check_routes(&ret->addresses.items[i], &facts->routes, err);
        if (rc < 0 || ret->addresses.items[i].family != AF_INET6)
            continue;
        ret->ipv6 = true;
        if (request->no_ipv6) {
            wgctl_fail(err, WGCTL_INVALID, "--no-ipv6 and an IPv6 address do not go together");
            rc = wgctl_hint(err, "leave one of them out");
        }
    }
    return rc;
}
