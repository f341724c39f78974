/* Endpoints: where a peer is reached, as text and as a socket address. */
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "net/address.h"

enum { WGCTL_ENDPOINT_TEXT_SIZE = INET6_ADDRSTRLEN + 16 + 8 }; /* "[…%zone]:65535" */

/* An endpoint as it is written in a file. */
struct wgctl_endpoint {
    char host[256]; /* a name, an IPv4 or an IPv6 address (no brackets; %zone kept) */
    uint16_t port;  /* host order; 0: there is no endpoint */
};

/* Reads "vpn.example.org:51820", "192.0.2.1:51820" or "[2001:db8::1]:51820". A port that is left
 * out is `default_port`, and is refused if that is 0; only with a default may an IPv6 address
 * stand without brackets. The host is checked to be an address, or a name of letters, digits,
 * hyphens, underscores and dots (RFC 1035), but not looked up. A URL is refused as one. Pure. Fails
 * with WGCTL_INVALID and leaves `ret` as it was. */
int wgctl_endpoint_parse(struct wgctl_slice text, uint16_t default_port, struct wgctl_endpoint *ret,
                         struct wgctl_error *err);
/* Appends "host:port", with an IPv6 host in brackets. */
void wgctl_endpoint_format(const struct wgctl_endpoint *endpoint, struct wgctl_text *text);
/* Whether the host is an address rather than a name; if so, and `ret_address` is not NULL, puts
 * the address there, without its zone. */
bool wgctl_endpoint_is_address(const struct wgctl_endpoint *endpoint,
                               struct wgctl_prefix *ret_address);

/* Whether only the host's own network knows it: a private address, a name without a dot, or one in
 * .local (RFC 6762), .home.arpa (RFC 8375), .internal, .lan or .home. */
bool wgctl_endpoint_is_local(const struct wgctl_endpoint *endpoint);

/* A socket address. sockaddr_storage would be four times as large, for each of many peers. */
union wgctl_sockaddr {
    sa_family_t family; /* AF_INET, AF_INET6, or AF_UNSPEC: not known */
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Looks the host up with getaddrinfo(3), and takes as long as that does. Fails with
 * WGCTL_NOT_FOUND if there is no such name, with WGCTL_SYSTEM if the resolver fails. */
int wgctl_endpoint_resolve(const struct wgctl_endpoint *endpoint, union wgctl_sockaddr *ret,
                           struct wgctl_error *err);
/* Waits as long as the resolver says "try again later": at most `again` more tries, the first
 * after a second and each later one after a longer pause, as wg(8) does. The result is for
 * wgctl_endpoint_resolve() to report. */
void wgctl_endpoint_await(const struct wgctl_endpoint *endpoint, unsigned again);

/* "192.0.2.1:51820" or "[2001:db8::1%eth0]:51820"; "" if the family is AF_UNSPEC. Returns
 * `text`. */
char *wgctl_sockaddr_format(const union wgctl_sockaddr *address,
                            char text[WGCTL_ENDPOINT_TEXT_SIZE]);
/* The address without its port. False if there is none, or if it has a scope: then it is
 * only valid on one link. */
bool wgctl_sockaddr_address(const union wgctl_sockaddr *address, struct wgctl_prefix *ret);
/* Whether family, address, port and scope are the same. */
bool wgctl_sockaddr_equal(const union wgctl_sockaddr *a, const union wgctl_sockaddr *b);
