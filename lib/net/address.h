/* Addresses: IPv4 and IPv6 networks, single addresses, and endpoints. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/text.h"

enum {
    WGCTL_PREFIX_TEXT_SIZE = INET6_ADDRSTRLEN + 4,
    WGCTL_ENDPOINT_TEXT_SIZE = INET6_ADDRSTRLEN + 16 + 8, /* "[…%zone]:65535" */
};

/* An address with the length of its network: 10.0.0.1/24. The bytes past the
 * length ("host bits") are kept: an interface's address has them, an allowed IP
 * has not (wgctl_prefix_mask()). Bytes past the family's size are zero. */
struct wgctl_prefix {
    uint8_t family;    /* AF_INET or AF_INET6 */
    uint8_t length;    /* 0 to 32 or 128 */
    uint8_t bytes[16]; /* in network order */
};

/* Four or sixteen. */
unsigned wgctl_family_size(uint8_t family);

/* "10.0.0.1", "10.0.0.1/24", "fd00::1/64"; without a length it is the whole
 * address, /32 or /128. Refuses what inet_pton(3) refuses: 010.0.0.1, 10.1. */
int wgctl_prefix_parse(struct wgctl_slice text, struct wgctl_prefix *ret, struct wgctl_error *err);
/* Always with the length. Returns `text`. */
char *wgctl_prefix_format(const struct wgctl_prefix *prefix, char text[WGCTL_PREFIX_TEXT_SIZE]);
/* Without the length. Returns `text`. */
char *wgctl_address_format(const struct wgctl_prefix *prefix, char text[WGCTL_PREFIX_TEXT_SIZE]);

/* With the host bits at zero: 10.0.0.1/24 is 10.0.0.0/24. */
struct wgctl_prefix wgctl_prefix_mask(struct wgctl_prefix prefix);
/* The same address as a whole one: 10.0.0.1/24 is 10.0.0.1/32. */
struct wgctl_prefix wgctl_prefix_host(struct wgctl_prefix prefix);
/* Whether every address of `inner` is one of `outer`. Host bits do not matter. */
bool wgctl_prefix_contains(const struct wgctl_prefix *outer, const struct wgctl_prefix *inner);
/* Whether they have an address in common. */
bool wgctl_prefix_overlaps(const struct wgctl_prefix *a, const struct wgctl_prefix *b);
bool wgctl_prefix_equal(const struct wgctl_prefix *a, const struct wgctl_prefix *b);
/* By family, address, length: for sorting. */
int wgctl_prefix_compare(const struct wgctl_prefix *a, const struct wgctl_prefix *b);
/* Whether it cannot be reached from the internet: RFC 1918, RFC 6598 (carrier
 * NAT), link-local, loopback, unique local (RFC 4193). */
bool wgctl_address_is_private(const struct wgctl_prefix *prefix);

/* A list that grows; start with all zero. */
struct wgctl_prefixes {
    struct wgctl_prefix *items;
    uint32_t count;
    uint32_t capacity; /* 0: the items are another list's */
};
int wgctl_prefixes_add(struct wgctl_prefixes *list, const struct wgctl_prefix *prefix,
                       struct wgctl_error *err);
/* A list with the items of another one, which has to stay as it is for as long. It is cleared
 * like any other; only, it may not be sorted unless it is in order. */
struct wgctl_prefixes wgctl_prefixes_borrow(const struct wgctl_prefixes *other);
/* Adds all of another list. */
int wgctl_prefixes_add_all(struct wgctl_prefixes *list, const struct wgctl_prefixes *other,
                           struct wgctl_error *err);
/* Adds each of "10.0.0.1/24, fd00::1/64". An empty list, or an empty place in
 * it, is refused. */
int wgctl_prefixes_parse(struct wgctl_prefixes *list, struct wgctl_slice text,
                         struct wgctl_error *err);
/* Appends "10.0.0.1/32, fd00::1/128". */
void wgctl_prefixes_format(const struct wgctl_prefixes *list, struct wgctl_text *text);
/* Whether they have the same, in the same order. */
bool wgctl_prefixes_equal(const struct wgctl_prefixes *a, const struct wgctl_prefixes *b);
/* Whether it is in the order of wgctl_prefix_compare(). */
bool wgctl_prefixes_are_sorted(const struct wgctl_prefixes *list);
/* Puts it into that order. */
void wgctl_prefixes_sort(struct wgctl_prefixes *list);
/* Whether the list, which has to be in that order, has that very prefix. */
bool wgctl_prefixes_have(const struct wgctl_prefixes *list, const struct wgctl_prefix *prefix);
void wgctl_prefixes_clear(struct wgctl_prefixes *list);
#define WGCTL_PREFIXES __attribute__((cleanup(wgctl_prefixes_clear))) struct wgctl_prefixes

/* Where many short lists are, one behind the other: memory of its own costs each of them a
 * third more. Start with all zero. */
struct wgctl_prefix_store {
    struct wgctl_prefix_chunk *chunk; /* the last one of them */
    size_t left;                      /* room in it, for so many prefixes */
};
/* Puts a copy of `list` there, and returns it as a list that it lends. */
int wgctl_prefixes_store(const struct wgctl_prefixes *list, struct wgctl_prefix_store *store,
                         struct wgctl_prefixes *ret, struct wgctl_error *err);
/* Frees all that it has lent. */
void wgctl_prefix_store_clear(struct wgctl_prefix_store *store);

/* Where a peer is reached, as it is written in a file. */
struct wgctl_endpoint {
    char host[256]; /* a name, an IPv4 or an IPv6 address (no brackets; %zone kept) */
    uint16_t port;  /* host order, not 0 */
};

/* Where a peer is: an address with its port; family AF_UNSPEC where that is not known.
 * sockaddr_storage would be four times as large, for each of many peers. */
union wgctl_sockaddr {
    sa_family_t family;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* "vpn.example.org:51820", "192.0.2.1:51820", "[2001:db8::1]:51820"; where the
 * port is left out it is `default_port`, or refused if that is 0. A bare IPv6
 * address is taken where a default port is given. The host is checked to be an
 * address or a name of letters, digits, hyphens, underscores and dots. */
int wgctl_endpoint_parse(struct wgctl_slice text, uint16_t default_port, struct wgctl_endpoint *ret,
                         struct wgctl_error *err);
/* Appends "host:port", an IPv6 host in brackets. */
void wgctl_endpoint_format(const struct wgctl_endpoint *endpoint, struct wgctl_text *text);
/* Whether the host is an address; where it is, it goes to `ret_address` (may be NULL). */
bool wgctl_endpoint_is_address(const struct wgctl_endpoint *endpoint,
                               struct wgctl_prefix *ret_address);
/* Asks the system's resolver; can take as long as that does. */
int wgctl_endpoint_resolve(const struct wgctl_endpoint *endpoint, union wgctl_sockaddr *ret,
                           struct wgctl_error *err);

/* Waits while the resolver does not know yet: tries `again` times more at the most, after
 * one second and then longer each time, as wg(8) does. What it finds out in the end is
 * for wgctl_endpoint_resolve() to say. */
void wgctl_endpoint_await(const struct wgctl_endpoint *endpoint, unsigned again);

/* "192.0.2.1:51820" or "[2001:db8::1%eth0]:51820". Returns `text`, empty where
 * the address has no family. */
char *wgctl_sockaddr_format(const union wgctl_sockaddr *address,
                            char text[WGCTL_ENDPOINT_TEXT_SIZE]);
/* Its address alone. False where it has none, or one that counts on one link only. */
bool wgctl_sockaddr_address(const union wgctl_sockaddr *address, struct wgctl_prefix *ret);
/* Family, address, port and scope. */
bool wgctl_sockaddr_equal(const union wgctl_sockaddr *a, const union wgctl_sockaddr *b);
