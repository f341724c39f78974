#include "net/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/key.h"

enum { NAME_SIZE = 253, LABEL_SIZE = 63 }; /* RFC 1035, section 2.3.4 */

static int refuse(struct wgctl_slice text, const char *why, struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(err, WGCTL_INVALID, "%s %s", wgctl_quote(text, quoted), why);
    return wgctl_hint(
        err, "write it like vpn.example.org:51820, 192.0.2.1:51820 or [2001:db8::1]:51820");
}

/* Copied from a browser: "http://vpn.example.org/". */
static int refuse_url(struct wgctl_slice text, size_t scheme, struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    struct wgctl_slice rest = {text.data + scheme, text.size - scheme}, host = rest;
    wgctl_slice_split(&rest, '/', &host);
    wgctl_fail(err, WGCTL_INVALID, "%s is a web address", wgctl_quote(text, quoted));
    return wgctl_hint(err, "leave out %.*s%s: write %s", (int)scheme, text.data,
                      rest.data ? " and what follows the name" : "", wgctl_quote(host, quoted));
}

static bool has_only(struct wgctl_slice text, const char *characters)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '\0' || !strchr(characters, text.data[i]))
            return false;
    return true;
}

static bool has_name_characters(struct wgctl_slice text)
{
    return has_only(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
}

static bool has_colon(struct wgctl_slice text)
{
    return text.size > 0 && memchr(text.data, ':', text.size);
}

/* Returns the size of "http://" or the like, or 0. */
static size_t scheme_of(struct wgctl_slice text)
{
    static const char separator[] = "://";
    enum { LONGEST = 12 };
    const char *found =
        text.size ? memmem(text.data, text.size, separator, strlen(separator)) : NULL;
    struct wgctl_slice scheme = {text.data, found ? (size_t)(found - text.data) : 0};
    bool is_scheme = scheme.size > 0 && scheme.size <= LONGEST && has_name_characters(scheme);
    return is_scheme ? scheme.size + strlen(separator) : 0;
}

/* Accepts a zone, as in fe80::1%eth0 (RFC 4007, section 11). */
static bool read_address(struct wgctl_slice host, struct wgctl_prefix *ret)
{
    struct wgctl_slice zone = host, address;
    struct wgctl_error ignored;
    if (!wgctl_slice_split(&zone, '%', &address) || memchr(address.data, '/', address.size) ||
        wgctl_prefix_parse(address, ret, &ignored) != WGCTL_OK)
        return false;
    return !zone.data || (ret->family == AF_INET6 && zone.size > 0 && zone.size < IFNAMSIZ &&
                          has_name_characters(zone));
}

static bool is_name(struct wgctl_slice name)
{
    struct wgctl_slice label;
    if (name.size > 0 && name.data[name.size - 1] == '.')
        name.size--; /* the root's dot, as in "vpn.example.org." */
    if (name.size == 0 || name.size > NAME_SIZE || !has_name_characters(name))
        return false;
    while (wgctl_slice_split(&name, '.', &label))
        if (label.size == 0 || label.size > LABEL_SIZE || label.data[0] == '-' ||
            label.data[label.size - 1] == '-')
            return false;
    return true;
}

/* Returns whether the name looks like a mistyped address. 300.1.1.1 is one, and so are
 * 010.0.0.1, 10.1 and 0x7f.1: getaddrinfo(3) reads those as inet_aton(3) does, which is rarely
 * what was meant. */
static bool is_almost_address(struct wgctl_slice name)
{
    char string[NAME_SIZE + 2];
    struct in_addr ignored;
    return has_only(name, "0123456789.") ||
           inet_aton(wgctl_slice_string(name, string, sizeof string), &ignored) != 0;
}

static const char *fault_of_host(struct wgctl_slice host, bool in_brackets)
{
    struct wgctl_prefix address;
    if (read_address(host, &address))
        return in_brackets && address.family != AF_INET6
                   ? "is not an IPv6 address: leave out the []"
                   : NULL;
    if (in_brackets || has_colon(host))
        return "is not an IPv6 address";
    /* A key without its '=' would be a name, and shown everywhere. */
    if (!is_name(host) || wgctl_secret_may_be_in(host))
        return "is neither an IP address nor a host name";
    if (is_almost_address(host))
        return "looks like an IP address, but is not one";
    return NULL;
}

/* Without a port, its data is NULL. Returns false if the bracket is not closed or is followed
 * by something else. */
static bool split_port(struct wgctl_slice text, struct wgctl_slice *ret_host,
                       struct wgctl_slice *ret_port)
{
    struct wgctl_slice rest = text;
    *ret_host = text;
    if (wgctl_slice_starts(text, "[")) {
        rest = (struct wgctl_slice){text.data + 1, text.size - 1};
        wgctl_slice_split(&rest, ']', ret_host);
        *ret_port = (struct wgctl_slice){NULL, 0};
        if (rest.size > 0)
            *ret_port = (struct wgctl_slice){rest.data + 1, rest.size - 1};
        return rest.data && (rest.size == 0 || rest.data[0] == ':');
    }

    wgctl_slice_split(&rest, ':', ret_host);
    *ret_port = rest;
    if (has_colon(rest)) { /* a bare IPv6 address */
        *ret_host = text;
        *ret_port = (struct wgctl_slice){NULL, 0};
    }
    return true;
}

static int fail_port(struct wgctl_slice port, struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(err, WGCTL_INVALID, "%s is not a valid port", wgctl_quote(port, quoted));
    return wgctl_hint(err, "it is a number from 1 to 65535");
}

int wgctl_endpoint_parse(struct wgctl_slice text, uint16_t default_port, struct wgctl_endpoint *ret,
                         struct wgctl_error *err)
{
    bool in_brackets = wgctl_slice_starts(text, "[");
    struct wgctl_slice host, port;
    size_t scheme = scheme_of(text);
    if (scheme > 0)
        return refuse_url(text, scheme, err);
    if (!split_port(text, &host, &port))
        return refuse(text, "needs a ']' after the address, and then ':' and the port", err);
    if (!in_brackets && has_colon(host) && default_port == 0)
        return refuse(text, "needs an IPv6 address in [], and then ':' and the port", err);
    const char *fault = fault_of_host(host, in_brackets);
    if (fault)
        return refuse(host, fault, err);

    uint64_t number = default_port;
    if (port.data && (!wgctl_slice_number(port, UINT16_MAX, &number) || number == 0))
        return fail_port(port, err);
    if (number == 0)
        return refuse(text, "needs a port at its end, a number from 1 to 65535", err);
    wgctl_slice_string(host, ret->host, sizeof ret->host);
    ret->port = (uint16_t)number;
    return WGCTL_OK;
}

void wgctl_endpoint_format(const struct wgctl_endpoint *endpoint, struct wgctl_text *text)
{
    wgctl_text_format(text, strchr(endpoint->host, ':') ? "[%s]:%hu" : "%s:%hu", endpoint->host,
                      endpoint->port);
}

bool wgctl_endpoint_is_address(const struct wgctl_endpoint *endpoint,
                               struct wgctl_prefix *ret_address)
{
    struct wgctl_prefix address;
    if (!read_address(wgctl_slice_of(endpoint->host), &address))
        return false;
    if (ret_address)
        *ret_address = address;
    return true;
}

bool wgctl_endpoint_is_local(const struct wgctl_endpoint *endpoint)
{
    static const char *const endings[] = {".local", ".lan", ".home", ".internal", ".home.arpa"};
    struct wgctl_prefix address;
    struct wgctl_slice name = wgctl_slice_of(endpoint->host);
    if (read_address(name, &address))
        return wgctl_address_is_private(&address);
    if (name.size > 0 && name.data[name.size - 1] == '.')
        name.size--;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct wgctl_slice end = wgctl_slice_of(endings[i]), tail = name;
        if (name.size > end.size) {
            tail.data += name.size - end.size;
            tail.size = end.size;
        }
        if (wgctl_slice_equal_nocase(tail, end))
            return true;
    }
    return name.size > 0 && !memchr(name.data, '.', name.size);
}

static int fail_resolve(const char *host, int reason, struct wgctl_error *err)
{
    if (reason == EAI_SYSTEM)
        return wgctl_fail_errno(err, "cannot find the address of '%s'", host);
    bool unknown = reason == EAI_NONAME || reason == EAI_NODATA;
    wgctl_fail(err, unknown ? WGCTL_NOT_FOUND : WGCTL_SYSTEM, "cannot find the address of '%s': %s",
               host, gai_strerror(reason));
    if (unknown)
        return wgctl_hint(err, "check the name for typos");
    return wgctl_hint(err, "is this machine online? If so, its name server (DNS) does not answer: "
                           "try again later, or give the IP address");
}

static int look_up(const struct wgctl_endpoint *endpoint, struct addrinfo **ret)
{
    static const struct addrinfo wanted = {
        .ai_flags = AI_NUMERICSERV,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_DGRAM,
        .ai_protocol = IPPROTO_UDP,
    };
    char port[8];
    snprintf(port, sizeof port, "%hu", endpoint->port);
    return getaddrinfo(endpoint->host, port, &wanted, ret);
}

int wgctl_endpoint_resolve(const struct wgctl_endpoint *endpoint, union wgctl_sockaddr *ret,
                           struct wgctl_error *err)
{
    struct addrinfo *found;
    int reason = look_up(endpoint, &found);
    if (reason != 0)
        return fail_resolve(endpoint->host, reason, err);
    *ret = (union wgctl_sockaddr){.v6 = {0}};
    memcpy(ret, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return WGCTL_OK;
}

void wgctl_endpoint_await(const struct wgctl_endpoint *endpoint, unsigned again)
{
    enum { FIRST = 1000, MOST = 20000 }; /* milliseconds */
    for (long wait = FIRST; again > 0; again--) {
        struct addrinfo *found = NULL;
        int reason = look_up(endpoint, &found);
        if (reason == 0)
            freeaddrinfo(found);
        if (reason != EAI_AGAIN)
            return;
        const struct timespec pause = {wait / 1000, wait % 1000 * 1000000};
        nanosleep(&pause, NULL);
        wait = wait * 6 / 5 < MOST ? wait * 6 / 5 : MOST;
    }
}

char *wgctl_sockaddr_format(const union wgctl_sockaddr *address,
                            char text[WGCTL_ENDPOINT_TEXT_SIZE])
{
    char host[INET6_ADDRSTRLEN + IFNAMSIZ], port[6];
    bool is_ipv6 = address->family == AF_INET6;
    socklen_t size = is_ipv6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    text[0] = '\0';
    if ((is_ipv6 || address->family == AF_INET) &&
        getnameinfo((const struct sockaddr *)address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(text, WGCTL_ENDPOINT_TEXT_SIZE, is_ipv6 ? "[%s]:%s" : "%s:%s", host, port);
    return text;
}

bool wgctl_sockaddr_equal(const union wgctl_sockaddr *a, const union wgctl_sockaddr *b)
{
    if (a->family != b->family)
        return false;
    if (a->family == AF_INET)
        return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    if (a->family == AF_INET6)
        return a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
               IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr);
    return true;
}

bool wgctl_sockaddr_address(const union wgctl_sockaddr *address, struct wgctl_prefix *ret)
{
    *ret = (struct wgctl_prefix){.family = (uint8_t)address->family};
    if (address->family == AF_INET) {
        ret->length = 32;
        memcpy(ret->bytes, &address->v4.sin_addr, sizeof address->v4.sin_addr);
        return true;
    }
    if (address->family != AF_INET6 || address->v6.sin6_scope_id != 0)
        return false;
    ret->length = 128;
    memcpy(ret->bytes, &address->v6.sin6_addr, sizeof address->v6.sin6_addr);
    return true;
}
