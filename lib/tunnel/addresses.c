/* Choosing a peer's addresses in the tunnel. */
#include <stdio.h>

#include "net/pool.h"
#include "tunnel/state.h"

/* ---- what is used ---- */

/* An allowed IP with host bits, as in 10.73.21.2/24, names the device's address, although
 * WireGuard takes it for the whole network. */
static int add_used(const struct wgctl_prefixes *list, struct wgctl_prefixes *ret,
                    struct wgctl_error *err)
{
    int rc = wgctl_prefixes_add_all(ret, list, err);
    for (size_t i = 0; rc == WGCTL_OK && i < list->count; i++) {
        struct wgctl_prefix address = wgctl_prefix_host(list->items[i]);
        if (wgctl_prefix_has_host_bits(&list->items[i]))
            rc = wgctl_prefixes_add(ret, &address, err);
    }
    return rc;
}

int wgctl_addresses_used(const struct wgctl_server *server, struct wgctl_prefixes *ret,
                         struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < server->addresses.count; i++) {
        struct wgctl_prefix own = wgctl_prefix_host(server->addresses.items[i]);
        rc = wgctl_prefixes_add(ret, &own, err);
    }
    for (size_t i = 0; rc == WGCTL_OK && i < server->peer_count; i++)
        rc = add_used(&server->peers[i].allowed_ips, ret, err);
    for (size_t i = 0; rc == WGCTL_OK && i < server->commented_count; i++)
        rc = add_used(&server->commented[i].allowed_ips, ret, err);
    return rc;
}

/* ---- subnets ---- */

/* Every link has the addresses fe80::/64, so a peer needs others. */
static bool is_link_local(const struct wgctl_prefix *address)
{
    return address->family == AF_INET6 && address->bytes[0] == 0xfe &&
           (address->bytes[1] & 0xc0) == 0x80;
}

static bool is_single(const struct wgctl_prefix *address)
{
    return address->length == 8 * wgctl_family_size(address->family);
}

/* The network around an address that has the size people choose. */
static struct wgctl_prefix network_around(struct wgctl_prefix address)
{
    address.length = address.family == AF_INET ? 24 : 64;
    return address;
}

static bool peers_live_in(const struct wgctl_server *server, const struct wgctl_prefix *network)
{
    for (size_t i = 0; i < server->peer_count; i++)
        for (size_t k = 0; k < server->peers[i].allowed_ips.count; k++) {
            const struct wgctl_prefix *allowed = &server->peers[i].allowed_ips.items[k];
            if ((is_single(allowed) || wgctl_prefix_has_host_bits(allowed)) &&
                wgctl_prefix_contains(network, allowed))
                return true;
        }
    return false;
}

/* The network of one of the server's addresses, in which peers get theirs. An address without a
 * mask has the one around it, if peers live there. */
static bool subnet_of(const struct wgctl_server *server, const struct wgctl_prefix *address,
                      struct wgctl_prefix *ret)
{
    *ret = is_single(address) ? network_around(*address) : *address;
    return !is_link_local(address) && (!is_single(address) || peers_live_in(server, ret));
}

/* Finds the first subnet that contains the address or, with NULL, that is of the family. */
static bool find_subnet(const struct wgctl_server *server, uint8_t family,
                        const struct wgctl_prefix *address, struct wgctl_prefix *ret)
{
    for (size_t i = 0; i < server->addresses.count; i++)
        if (server->addresses.items[i].family == family &&
            subnet_of(server, &server->addresses.items[i], ret) &&
            (!address || wgctl_prefix_contains(ret, address)))
            return true;
    return false;
}

/* The server's first address of the family that could have a subnet; NULL if there is none. */
static const struct wgctl_prefix *address_of(const struct wgctl_server *server, uint8_t family)
{
    for (size_t i = 0; i < server->addresses.count; i++)
        if (server->addresses.items[i].family == family &&
            !is_link_local(&server->addresses.items[i]))
            return &server->addresses.items[i];
    return NULL;
}

int wgctl_addresses_subnets(const struct wgctl_server *server, struct wgctl_prefixes *ret,
                            struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < server->addresses.count; i++) {
        const struct wgctl_prefix *address = &server->addresses.items[i];
        struct wgctl_prefix subnet;
        if (is_link_local(address))
            continue;
        subnet = wgctl_prefix_mask(subnet_of(server, address, &subnet) ? subnet : *address);
        rc = wgctl_prefixes_add(ret, &subnet, err);
    }
    return rc;
}

/* ---- choosing ---- */

static bool has_family(const struct wgctl_prefixes *list, uint8_t family)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].family == family)
            return true;
    return false;
}

/* Finds the peer with the smallest network that contains the address, if it is smaller than those
 * of earlier calls. */
static void find_holder(const struct wgctl_peer *peers, size_t count,
                        const struct wgctl_prefix *address, const struct wgctl_peer **ret,
                        uint8_t *length)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < peers[i].allowed_ips.count; k++) {
            const struct wgctl_prefix *used = &peers[i].allowed_ips.items[k];
            if (!wgctl_prefix_contains(used, address) || (*ret && used->length <= *length))
                continue;
            *ret = &peers[i];
            *length = used->length;
        }
}

/* Says in the error's message who uses that address already. */
static int name_holder(const struct wgctl_server *server, const struct wgctl_prefix *address,
                       struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE], label[WGCTL_LABEL_SIZE];
    const struct wgctl_peer *peer = NULL, *holder;
    uint8_t length = 0;
    wgctl_address_format(address, text);
    for (size_t i = 0; i < server->addresses.count; i++) {
        struct wgctl_prefix own = wgctl_prefix_host(server->addresses.items[i]);
        if (!wgctl_prefix_equal(&own, address))
            continue;
        snprintf(err->message, sizeof err->message, "%s is the server's own address", text);
        return err->status;
    }
    find_holder(server->peers, server->peer_count, address, &peer, &length);
    holder = peer;
    find_holder(server->commented, server->commented_count, address, &holder, &length);
    if (holder != peer)
        snprintf(err->message, sizeof err->message,
                 "%s is reserved for the peer that is commented out at %s:%u", text, server->file,
                 holder->first_line + 1);
    else if (holder)
        snprintf(err->message, sizeof err->message, "%s is already used by peer '%s'", text,
                 wgctl_peer_label(server, holder, label, sizeof label));
    return err->status;
}

/* The subnet for an address that was asked for: the server's own, or another one in which peers
 * live already. A server that has no subnet takes any. */
static bool subnet_for(const struct wgctl_server *server, const struct wgctl_prefix *address,
                       struct wgctl_prefix *ret)
{
    const struct wgctl_prefix around = network_around(*address);
    if (find_subnet(server, address->family, address, ret))
        return true;
    if (is_link_local(address) || !address_of(server, address->family))
        return false;
    if (!find_subnet(server, address->family, NULL, ret) || peers_live_in(server, &around))
        *ret = around;
    return true;
}

static int check_requested(const struct wgctl_server *server, const struct wgctl_prefixes *used,
                           const struct wgctl_prefix *address, struct wgctl_error *err)
{
    struct wgctl_prefix subnet;
    char text[WGCTL_PREFIX_TEXT_SIZE];
    if (!subnet_for(server, address, &subnet)) {
        wgctl_fail(err, WGCTL_INVALID, "%s has no %s address, so %s cannot be a peer's",
                   server->file, address->family == AF_INET ? "IPv4" : "IPv6",
                   wgctl_address_format(address, text));
        return wgctl_hint(err, "leave that address out, or add an Address line to [Interface]");
    }
    int rc = wgctl_pool_check(&subnet, used, address, err);
    return rc == WGCTL_EXISTS ? name_holder(server, address, err) : rc;
}

/* There is no subnet to choose from. */
static int fail_no_subnet(const struct wgctl_server *server, const char *name,
                          struct wgctl_prefixes *used, struct wgctl_error *err)
{
    const struct wgctl_prefix *own = address_of(server, AF_INET);
    struct wgctl_prefix around, free;
    char text[WGCTL_PREFIX_TEXT_SIZE];
    if (!own)
        own = address_of(server, AF_INET6);
    if (!own) {
        wgctl_fail(err, WGCTL_INVALID, "%s has no Address, so there are none for peers",
                   server->file);
        return wgctl_hint(err, "add a line to [Interface], as in Address = 10.73.21.1/24");
    }
    around = network_around(*own);
    int rc = wgctl_pool_next(&around, used, &free, err);
    if (rc < 0)
        return rc;
    wgctl_fail(err, WGCTL_INVALID, "the subnet is not known: Address in %s is %s alone",
               server->file, wgctl_address_format(own, text));
    return wgctl_hint(err, "name the first device's address: sudo wgctl add-peer %s --address %s",
                      name, wgctl_address_format(&free, text));
}

static int fail_twice(const struct wgctl_prefix *address, struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    wgctl_fail(err, WGCTL_INVALID, "%s is given twice", wgctl_address_format(address, text));
    return wgctl_hint(err, "leave one of them out");
}

/* Adds the requested addresses to `ret` and to what is used. */
static int take_requested(const struct wgctl_server *server, const char *requested,
                          struct wgctl_prefixes *used, struct wgctl_prefixes *ret,
                          struct wgctl_error *err)
{
    int rc = wgctl_prefixes_parse(ret, wgctl_slice_of(requested), err);
    for (size_t i = 0; rc == WGCTL_OK && i < ret->count; i++) {
        rc = check_requested(server, used, &ret->items[i], err);
        for (size_t k = 0; rc == WGCTL_OK && k < i; k++)
            if (wgctl_prefix_equal(&ret->items[i], &ret->items[k]))
                rc = fail_twice(&ret->items[i], err);
    }
    return rc < 0 ? rc : wgctl_prefixes_add_all(used, ret, err);
}

int wgctl_addresses_choose(const struct wgctl_server *server,
                           const struct wgctl_peer_request *request, struct wgctl_prefixes *ret,
                           struct wgctl_error *err)
{
    static const uint8_t families[] = {AF_INET, AF_INET6};
    WGCTL_PREFIXES used = {0};
    struct wgctl_prefix subnet, address;
    int rc = wgctl_addresses_used(server, &used, err);
    if (rc == WGCTL_OK && request->addresses)
        rc = take_requested(server, request->addresses, &used, ret, err);
    for (size_t i = 0; rc == WGCTL_OK && i < sizeof families; i++) {
        if (has_family(ret, families[i]) || !find_subnet(server, families[i], NULL, &subnet))
            continue;
        rc = wgctl_pool_next(&subnet, &used, &address, err);
        if (rc == WGCTL_OK)
            rc = wgctl_prefixes_add(ret, &address, err);
    }
    return rc == WGCTL_OK && ret->count == 0 ? fail_no_subnet(server, request->name, &used, err)
                                             : rc;
}
