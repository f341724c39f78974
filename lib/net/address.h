/* Addresses: IPv4 and IPv6 networks and single addresses, and lists of them. Pure. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum { WGCTL_PREFIX_TEXT_SIZE = INET6_ADDRSTRLEN + 4 }; /* "…/128" */

/* An address and the length of its network, as in 10.0.0.1/24. Host bits, those past the length,
 * are kept: an interface's address has them, an allowed IP does not (wgctl_prefix_mask()). Bytes
 * past the family's size are zero. */
struct wgctl_prefix {
    uint8_t family;    /* AF_INET or AF_INET6 */
    uint8_t length;    /* 0 to 32 or 128 */
    uint8_t bytes[16]; /* in network order */
};

/* The size of an address in bytes: 4 for AF_INET, otherwise 16. */
unsigned wgctl_family_size(uint8_t family);

/* Makes a prefix from the parts that a message has. False if the family is neither IPv4 nor IPv6,
 * if `size` is not that of its addresses, or if `length` is more than they have bits. */
bool wgctl_prefix_make(unsigned family, const void *bytes, size_t size, unsigned length,
                       struct wgctl_prefix *ret);
/* Reads "10.0.0.1", "10.0.0.1/24" or "fd00::1/64"; without a length it is /32 or /128. Takes only
 * what inet_pton(3) takes, so neither 010.0.0.1 nor 10.1. Fails with WGCTL_INVALID. */
int wgctl_prefix_parse(struct wgctl_slice text, struct wgctl_prefix *ret, struct wgctl_error *err);
/* Writes it with its length. Returns `text`. */
char *wgctl_prefix_format(const struct wgctl_prefix *prefix, char text[WGCTL_PREFIX_TEXT_SIZE]);
/* Writes it without its length; "" if the family is neither. Returns `text`. */
char *wgctl_address_format(const struct wgctl_prefix *prefix, char text[WGCTL_PREFIX_TEXT_SIZE]);

/* Clears the host bits: 10.0.0.1/24 becomes 10.0.0.0/24. */
struct wgctl_prefix wgctl_prefix_mask(struct wgctl_prefix prefix);
/* Whether it has host bits, as 10.0.0.1/24 has. */
bool wgctl_prefix_has_host_bits(const struct wgctl_prefix *prefix);
/* Makes it a single address: 10.0.0.1/24 becomes 10.0.0.1/32. */
struct wgctl_prefix wgctl_prefix_host(struct wgctl_prefix prefix);
/* Whether every address of `inner` is in `outer`. Ignores host bits. */
bool wgctl_prefix_contains(const struct wgctl_prefix *outer, const struct wgctl_prefix *inner);
/* Whether they have an address in common. Ignores host bits. */
bool wgctl_prefix_overlaps(const struct wgctl_prefix *a, const struct wgctl_prefix *b);
/* Whether family, address and length are the same, host bits included. */
bool wgctl_prefix_equal(const struct wgctl_prefix *a, const struct wgctl_prefix *b);
/* Orders by family, then address, then length, as for qsort(3). */
int wgctl_prefix_compare(const struct wgctl_prefix *a, const struct wgctl_prefix *b);
/* Whether the internet cannot reach the address: RFC 1918, RFC 6598 (carrier-grade NAT),
 * link-local, loopback, unique local (RFC 4193). */
bool wgctl_address_is_private(const struct wgctl_prefix *prefix);

/* A list that grows. Starts out all zero; owns its items. */
struct wgctl_prefixes {
    struct wgctl_prefix *items;
    uint32_t count;
    uint32_t capacity;
};
/* Adds one. Fails with WGCTL_SYSTEM if memory runs out, as all that adds to a list does. */
int wgctl_prefixes_add(struct wgctl_prefixes *list, const struct wgctl_prefix *prefix,
                       struct wgctl_error *err);
/* Adds copies of all items of another list. */
int wgctl_prefixes_add_all(struct wgctl_prefixes *list, const struct wgctl_prefixes *other,
                           struct wgctl_error *err);
/* Adds each of "10.0.0.1/24, fd00::1/64". Fails with WGCTL_INVALID if one is not an address, or
 * is missing; `list` then has those before it. */
int wgctl_prefixes_parse(struct wgctl_prefixes *list, struct wgctl_slice text,
                         struct wgctl_error *err);
/* Adds what is left of `whole` without the networks in `excluded`: the shortest list of prefixes,
 * in order. Ignores host bits, and networks of the other family. */
int wgctl_prefixes_add_rest(struct wgctl_prefixes *list, const struct wgctl_prefix *whole,
                            const struct wgctl_prefixes *excluded, struct wgctl_error *err);
/* Whether one of the list contains every address of `prefix`. Ignores host bits. */
bool wgctl_prefixes_cover(const struct wgctl_prefixes *list, const struct wgctl_prefix *prefix);
/* Whether one of the list has an address in common with `prefix`. Ignores host bits. */
bool wgctl_prefixes_overlap(const struct wgctl_prefixes *list, const struct wgctl_prefix *prefix);
/* Appends "10.0.0.1/32, fd00::1/128". */
void wgctl_prefixes_format(const struct wgctl_prefixes *list, struct wgctl_text *text);
/* Sorts by wgctl_prefix_compare(). */
void wgctl_prefixes_sort(struct wgctl_prefixes *list);
/* Whether the list, which has to be sorted, has an equal prefix. */
bool wgctl_prefixes_have(const struct wgctl_prefixes *list, const struct wgctl_prefix *prefix);
/* Clears the host bits of every prefix, as WireGuard does with allowed IPs. */
void wgctl_prefixes_mask(struct wgctl_prefixes *list);
/* Frees the items; the list is empty and can be used again. */
void wgctl_prefixes_clear(struct wgctl_prefixes *list);
#define WGCTL_PREFIXES __attribute__((cleanup(wgctl_prefixes_clear))) struct wgctl_prefixes
