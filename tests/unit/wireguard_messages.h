/* Parses the messages that change the kernel's WireGuard.
 */
#pragma once

#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/netlink.h"
#include "net/address.h"
#include "net/key.h"

#include <linux/wireguard.h>

enum { FAMILY = 0x23 };
/* Available since Linux 6.16. */
enum { ALLOWEDIP_FLAGS = 4, ALLOWEDIP_REMOVE_ME = 1 };

static inline void find_fault(const char *what, unsigned type)
{
    fprintf(stderr, "%s %u\n", what, type);
    abort();
}

/* Iterates over the attributes in a nest. Starts after NULL, returns NULL at the end, and
 * checks that they fill the nest to the last byte. */
static inline const struct nlattr *next_in(const struct nlattr *nest, const struct nlattr *cursor)
{
    const char *end = (const char *)nest + nest->nla_len;
    const struct nlattr *behind = cursor ? mnl_attr_next(cursor) : mnl_attr_get_payload(nest);
    if ((const char *)behind != end && !mnl_attr_ok(behind, (int)(end - (const char *)behind)))
        find_fault("a nest does not end where it says, of type", mnl_attr_get_type(nest));
    return wgctl_attributes_next(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest),
                                 cursor);
}

struct sent_allowed_ip {
    struct wgctl_prefix prefix;
    uint32_t flags;
};

static inline struct sent_allowed_ip sent_allowed_ip(const struct nlattr *nest)
{
    struct sent_allowed_ip ret = {0};
    const struct nlattr *attribute = NULL;
    while ((attribute = next_in(nest, attribute))) {
        if (mnl_attr_get_type(attribute) == WGALLOWEDIP_A_FAMILY)
            ret.prefix.family = (uint8_t)mnl_attr_get_u16(attribute);
        else if (mnl_attr_get_type(attribute) == WGALLOWEDIP_A_CIDR_MASK)
            ret.prefix.length = mnl_attr_get_u8(attribute);
        else if (mnl_attr_get_type(attribute) == WGALLOWEDIP_A_IPADDR)
            memcpy(ret.prefix.bytes, mnl_attr_get_payload(attribute),
                   mnl_attr_get_payload_len(attribute));
        else if (mnl_attr_get_type(attribute) == ALLOWEDIP_FLAGS)
            ret.flags = mnl_attr_get_u32(attribute);
        else
            find_fault("an allowed IP has an attribute", mnl_attr_get_type(attribute));
    }
    return ret;
}

struct sent_peer {
    struct wgctl_key key;
    uint32_t flags;
    const struct wgctl_key *psk;   /* NULL if absent */
    union wgctl_sockaddr endpoint; /* no family if absent */
    bool has_keepalive;
    uint16_t keepalive;
    const struct nlattr *allowed_ips; /* NULL if absent */
};

static inline struct sent_peer sent_peer(const struct nlattr *nest)
{
    struct sent_peer ret = {0};
    const struct nlattr *attribute = NULL;
    while ((attribute = next_in(nest, attribute))) {
        const void *data = mnl_attr_get_payload(attribute);
        switch (mnl_attr_get_type(attribute)) {
        case WGPEER_A_PUBLIC_KEY:
            memcpy(&ret.key, data, sizeof ret.key);
            break;
        case WGPEER_A_FLAGS:
            ret.flags = mnl_attr_get_u32(attribute);
            break;
        case WGPEER_A_PRESHARED_KEY:
            ret.psk = data;
            break;
        case WGPEER_A_ENDPOINT:
            memcpy(&ret.endpoint, data, mnl_attr_get_payload_len(attribute));
            break;
        case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
            ret.has_keepalive = true;
            ret.keepalive = mnl_attr_get_u16(attribute);
            break;
        case WGPEER_A_ALLOWEDIPS:
            ret.allowed_ips = attribute;
            break;
        default:
            find_fault("a peer has an attribute", mnl_attr_get_type(attribute));
        }
    }
    return ret;
}
