#include "conf/typed.h"

#include "net/key.h"

/* ---- hosts that no device reaches ---- */

static const struct {
    struct wgctl_prefix network;
    const char *why;
} useless[] = {
    {{AF_INET, 8, {127}}, "is always the device itself"},
    {{AF_INET, 8, {0}}, "is not the address of a host"},
    {{AF_INET, 4, {224}}, "is a multicast address"},
    {{AF_INET, 4, {240}}, "is not the address of a host"},
    {{AF_INET6, 128, {[15] = 1}}, "is always the device itself"},
    {{AF_INET6, 128, {0}}, "is not the address of a host"},
    {{AF_INET6, 8, {0xff}}, "is a multicast address"},
    {{AF_INET6, 10, {0xfe, 0x80}}, "is valid only on one network link"},
    {{AF_INET6, 96, {[10] = 0xff, [11] = 0xff}}, "is an IPv4 address in IPv6 form"},
};

/* Returns why no device can reach anything there, or NULL. */
static const char *fault_of_address(const struct wgctl_prefix *address)
{
    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++)
        if (wgctl_prefix_contains(&useless[i].network, address))
            return useless[i].why;
    return NULL;
}

/* The names of RFC 6761, section 6.3, and of Debian's hosts(5). */
static bool is_localhost(struct wgctl_slice name)
{
    static const char *const names[] = {"localhost", "localhost.localdomain", "ip6-localhost",
                                        "ip6-loopback"};
    static const char ending[] = ".localhost";
    if (name.size > 0 && name.data[name.size - 1] == '.')
        name.size--;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (wgctl_slice_equal_nocase(name, wgctl_slice_of(names[i])))
            return true;
    if (name.size <= strlen(ending))
        return false;
    struct wgctl_slice tail = {name.data + name.size - strlen(ending), strlen(ending)};
    return wgctl_slice_equal_nocase(tail, wgctl_slice_of(ending));
}

/* ---- the endpoint ---- */

static const char *fault_of_host(const struct wgctl_endpoint *endpoint,
                                 const struct wgctl_prefixes *tunnel)
{
    struct wgctl_prefix address;
    if (!wgctl_endpoint_is_address(endpoint, &address))
        return is_localhost(wgctl_slice_of(endpoint->host)) ? "is always the device itself" : NULL;
    const char *fault = fault_of_address(&address);
    if (!fault && wgctl_prefixes_cover(tunnel, &address))
        return "is inside the tunnel, which is only there once they have reached it";
    return fault;
}

int wgctl_typed_endpoint(struct wgctl_slice value, uint16_t default_port,
                         const struct wgctl_networks *networks, struct wgctl_endpoint *ret,
                         struct wgctl_error *err)
{
    struct wgctl_endpoint endpoint;
    int rc = wgctl_endpoint_parse(value, default_port, &endpoint, err);
    if (rc < 0)
        return rc;
    const char *fault = fault_of_host(&endpoint, networks->tunnel);
    if (!fault) {
        *ret = endpoint;
        return WGCTL_OK;
    }
    wgctl_fail(err, WGCTL_INVALID, "devices cannot reach this server at %s: it %s", endpoint.host,
               fault);
    return wgctl_hint(err, "give the public hostname or address of this server, or of the router "
                           "before it, as in vpn.example.org");
}

int wgctl_typed_check_port(const struct wgctl_endpoint *endpoint, const struct wgctl_prefixes *own,
                           uint16_t listen_port, struct wgctl_error *err)
{
    struct wgctl_prefix address;
    if (listen_port == 0 || listen_port == endpoint->port ||
        !wgctl_endpoint_is_address(endpoint, &address))
        return WGCTL_OK;
    for (size_t i = 0; i < own->count; i++) {
        struct wgctl_prefix host = wgctl_prefix_host(own->items[i]);
        if (wgctl_prefix_equal(&host, &address))
            return wgctl_fail(err, WGCTL_INVALID,
                              "%s is this server's own address, where it listens on port %u, "
                              "not %u",
                              endpoint->host, (unsigned)listen_port, (unsigned)endpoint->port);
    }
    return WGCTL_OK;
}

/* ---- DNS servers ---- */

static int hint_own_dns(const struct wgctl_prefixes *tunnel, struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    if (tunnel->count == 0)
        return err->status;
    return wgctl_hint(err, "for a DNS server on this host give its address in the tunnel, %s",
                      wgctl_address_format(&tunnel->items[0], text));
}

int wgctl_typed_dns(struct wgctl_slice value, const struct wgctl_networks *networks,
                    struct wgctl_settings *settings, struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    struct wgctl_settings read = {0};
    int rc = wgctl_settings_dns(value, &read, err);
    if (rc < 0)
        return rc;
    struct wgctl_slice rest = wgctl_slice_of(read.dns), part, name = {0};
    bool has_address = !read.dns[0];
    while (read.dns[0] && wgctl_slice_split(&rest, ',', &part)) {
        struct wgctl_prefix address;
        struct wgctl_error ignored;
        part = wgctl_slice_trim(part);
        bool is_address = wgctl_prefix_parse(part, &address, &ignored) == WGCTL_OK;
        const char *fault = is_address ? fault_of_address(&address) : NULL;
        if (fault) {
            wgctl_fail(err, WGCTL_INVALID, "devices cannot use %s as their DNS server: it %s",
                       wgctl_quote(part, quoted), fault);
            return hint_own_dns(networks->tunnel, err);
        }
        has_address |= is_address;
        name = is_address || name.size > 0 ? name : part;
    }
    if (has_address) {
        memcpy(settings->dns, read.dns, sizeof settings->dns);
        return WGCTL_OK;
    }
    wgctl_fail(err, WGCTL_INVALID, "%s is a name, and a DNS server is given by its address",
               wgctl_quote(name, quoted));
    return wgctl_hint(err,
                      "this may show it: getent hosts %s; a name after an address is a search "
                      "domain, as in 192.168.1.2,home.lan",
                      quoted);
}

/* ---- networks ---- */

/* Returns the length that a network with these zeros at its end usually has, or a full one. */
static unsigned usual_length(const struct wgctl_prefix *address)
{
    unsigned size = wgctl_family_size(address->family), used = size;
    while (used > 0 && address->bytes[used - 1] == 0)
        used--;
    if (address->family == AF_INET)
        return 8 * used;
    return used == 0 ? 0 : used <= 8 ? 64 : 8 * size;
}

int wgctl_typed_networks(struct wgctl_slice value, struct wgctl_prefixes *list,
                         struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    WGCTL_PREFIXES networks = {0};
    int rc = wgctl_prefixes_parse(&networks, value, err);
    struct wgctl_slice rest = value, part;
    for (size_t i = 0; rc == WGCTL_OK && wgctl_slice_split(&rest, ',', &part); i++) {
        const struct wgctl_prefix *network = &networks.items[i];
        struct wgctl_prefix meant = *network;
        meant.length = (uint8_t)usual_length(network);
        if (meant.length == network->length || memchr(part.data, '/', part.size))
            continue;
        wgctl_address_format(network, text);
        wgctl_fail(err, WGCTL_INVALID, "%s is a network, and its length is missing", text);
        return wgctl_hint(err, "did you mean %s/%u? A single address would be %s/%u", text,
                          (unsigned)meant.length, text, (unsigned)network->length);
    }
    return rc < 0 ? rc : wgctl_prefixes_add_all(list, &networks, err);
}

/* ---- what devices send ---- */

enum word { FULL, SPLIT, LAN, FULL_EXCEPT_LAN, NO_WORD };

static enum word word_of(struct wgctl_slice value)
{
    static const char *const words[] = {"full", "split", "lan", "full-except-lan"};
    enum word word = FULL;
    while (word < NO_WORD && !wgctl_slice_equal(value, wgctl_slice_of(words[word])))
        word++;
    return word;
}

bool wgctl_typed_needs_lan(struct wgctl_slice value)
{
    enum word word = word_of(value);
    return word == LAN || word == FULL_EXCEPT_LAN;
}

static int fail_no_lan(const struct wgctl_prefixes *tunnel, struct wgctl_error *err)
{
    WGCTL_TEXT list = {0};
    wgctl_fail(err, WGCTL_NOT_FOUND, "this host has no private network that could be the LAN");
    for (size_t i = 0; i < tunnel->count; i++) {
        char text[WGCTL_PREFIX_TEXT_SIZE];
        struct wgctl_prefix subnet = wgctl_prefix_mask(tunnel->items[i]);
        wgctl_text_format(&list, "%s,", wgctl_prefix_format(&subnet, text));
    }
    return wgctl_hint(err, "name it: --allowed-ips %s192.168.1.0/24", list.data ? list.data : "");
}

static int add_if_missing(struct wgctl_prefixes *list, const struct wgctl_prefix *prefix,
                          struct wgctl_error *err)
{
    struct wgctl_prefix network = wgctl_prefix_mask(*prefix);
    return wgctl_prefixes_cover(list, &network) ? WGCTL_OK
                                                : wgctl_prefixes_add(list, &network, err);
}

/* A private DNS server is in some network of the server's. */
static int add_dns_servers(const char *dns, struct wgctl_prefixes *list, struct wgctl_error *err)
{
    struct wgctl_slice rest = wgctl_slice_of(dns), part;
    int rc = WGCTL_OK;
    while (rc == WGCTL_OK && wgctl_slice_split(&rest, ',', &part)) {
        struct wgctl_prefix address;
        struct wgctl_error ignored;
        if (wgctl_prefix_parse(wgctl_slice_trim(part), &address, &ignored) == WGCTL_OK &&
            wgctl_address_is_private(&address))
            rc = add_if_missing(list, &address, err);
    }
    return rc;
}

static int list_of_word(enum word word, const struct wgctl_networks *networks, const char *dns,
                        struct wgctl_prefixes *list, struct wgctl_error *err)
{
    static const struct wgctl_prefix everything[] = {{.family = AF_INET}, {.family = AF_INET6}};
    bool needs_lan = word == LAN || word == FULL_EXCEPT_LAN;
    if (needs_lan && networks->lan->count == 0)
        return fail_no_lan(networks->tunnel, err);
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && word == FULL_EXCEPT_LAN && i < 2; i++)
        rc = wgctl_prefixes_add_rest(list, &everything[i], networks->lan, err);
    for (size_t i = 0; rc == WGCTL_OK && i < networks->tunnel->count; i++)
        rc = add_if_missing(list, &networks->tunnel->items[i], err);
    for (size_t i = 0; rc == WGCTL_OK && word == LAN && i < networks->lan->count; i++)
        rc = add_if_missing(list, &networks->lan->items[i], err);
    return rc < 0 ? rc : add_dns_servers(dns, list, err);
}

int wgctl_typed_allowed_ips(struct wgctl_slice value, const struct wgctl_networks *networks,
                            struct wgctl_settings *settings, struct wgctl_error *err)
{
    WGCTL_PREFIXES list = {0};
    WGCTL_TEXT text = {0};
    enum word word = word_of(value);
    if (word == FULL)
        return wgctl_settings_allowed_ips(value, settings, err);
    int rc = word == NO_WORD ? wgctl_typed_networks(value, &list, err)
                             : list_of_word(word, networks, settings->dns, &list, err);
    if (rc < 0)
        return rc;
    wgctl_prefixes_format(&list, &text);
    rc = wgctl_text_check(&text, err);
    return rc < 0 ? rc : wgctl_settings_allowed_ips(wgctl_text_slice_of(&text), settings, err);
}
