/* What init chooses: a request and facts about the host, and the server or the refusal that
 * comes of them. */
#include <errno.h>
#include <stdio.h>

#include "provision/private.h"
#include "texts.h"

/* A host as a row of the table has it. A way out is "interface MTU address". */
struct host {
    const char *way4, *way6;
    const char *routes; /* networks */
    const char *own;    /* addresses */
    const char *lan;    /* networks */
    const char *ports;  /* in use */
    const char *router; /* whose way out is advertised */
    const char *dropping_table;
    bool no_nft, iptables, ip6tables, iptables_in_use, systemd, conf, interrupted;
    enum wgctl_backend backend;
    bool no_ipv6;
    int ipv6_errno;
};

static struct wgctl_way_out way_of(const char *text)
{
    struct wgctl_way_out way = {0};
    char source[64];
    if (!text)
        return way;
    ck_assert_int_eq(sscanf(text, "%15s %u %63s", way.interface, &way.mtu, source), 3);
    way.found = true;
    way.source = prefix_of(source);
    return way;
}

static struct wgctl_facts facts_of(const struct host *host)
{
    struct wgctl_error err;
    struct wgctl_facts facts = {
        .conf_exists = host->conf,
        .interrupted = host->interrupted,
        .backend = host->backend,
        .way4 = way_of(host->way4),
        .way6 = way_of(host->way6),
        .has_ipv6 = !host->no_ipv6 && !host->ipv6_errno,
        .ipv6_errno = host->ipv6_errno,
        .firewall = {.has_nft = !host->no_nft,
                     .has_iptables = host->iptables,
                     .has_ip6tables = host->ip6tables,
                     .uses_iptables = host->iptables_in_use},
        .has_systemd = host->systemd,
        .random4 = 0x4915, /* 73.21 */
        .random6 = {0x5c, 1, 2, 3, 4, 5, 6},
    };
    if (host->dropping_table)
        snprintf(facts.firewall.dropping_table, sizeof facts.firewall.dropping_table, "%s",
                 host->dropping_table);
    const char *const texts[] = {host->routes, host->own, host->lan};
    struct wgctl_prefixes *const lists[] = {&facts.routes, &facts.addresses, &facts.lan};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (texts[i])
            ck_assert_int_eq(wgctl_prefixes_parse(lists[i], wgctl_slice_of(texts[i]), &err),
                             WGCTL_OK);
    struct wgctl_slice ports = wgctl_slice_of(host->ports ? host->ports : ""), port;
    uint64_t number;
    while (wgctl_slice_split(&ports, ' ', &port))
        if (wgctl_slice_number(port, UINT16_MAX, &number))
            wgctl_udp_ports_add(&facts.ports, (uint16_t)number);
    return facts;
}

/* Everything that was chosen, in one line. */
static void describe(const struct wgctl_provision *chosen, struct wgctl_text *ret)
{
    static const char *const sources[] = {"given", "public", "lan"};
    struct wgctl_provision_info info;
    wgctl_provision_show(chosen, &info);
    if (info.endpoint)
        wgctl_text_format(ret, "%s %s", info.endpoint, sources[info.endpoint_source]);
    else
        wgctl_text_string(ret, "no endpoint");
    wgctl_text_format(ret, ", %s, port %u, mtu %u, %s", info.addresses, info.listen_port, info.mtu,
                      info.firewall);
    if (chosen->settings.egress[0])
        wgctl_text_format(ret, " out of %s", chosen->settings.egress);
    wgctl_text_format(ret, ", via %s", info.way_out[0] ? info.way_out : "nothing");
    if (info.own_address[0])
        wgctl_text_format(ret, " from %s", info.own_address);
    if (info.dropping_table[0])
        wgctl_text_format(ret, ", %s drops", info.dropping_table);
    if (strcmp(info.dns, "1.1.1.1") != 0)
        wgctl_text_format(ret, ", dns %s", info.dns[0] ? info.dns : "none");
    if (strcmp(wgctl_settings_allowed(&chosen->settings), "0.0.0.0/0, ::/0") != 0)
        wgctl_text_format(ret, ", sends %s", wgctl_settings_allowed(&chosen->settings));
    if (info.sysctl[0] && !info.applies)
        wgctl_text_string(ret, ", forwards");
    wgctl_text_string(ret, info.boots ? ", boots" : info.applies ? "" : ", files only");
}

#define V4 "10.73.21.1/24"
#define V6 "fd5c:102:304:506::1/64"
#define PUBLIC4 "eth0 1500 203.0.113.5"
#define PUBLIC6 "eth0 1500 2001:db8::5"
#define LAN4 "eth0 1500 192.168.1.2"
#define USUAL V4 ", " V6 ", port 51820, mtu 1420, nftables, via eth0"

static const struct wgctl_key server_key = {.bytes = {1}};

static const struct row {
    const char *name;
    struct host host;
    struct wgctl_provision_request request;
    int status;
    const char *expected; /* what was chosen, or the message */
} rows[] = {
    /* ---- the endpoint ---- */
    {"a public address", {.way4 = PUBLIC4}, {0}, 0, "203.0.113.5:51820 public, " USUAL},
    {"a public IPv6 address alone",
     {.way6 = PUBLIC6},
     {0},
     0,
     "[2001:db8::5]:51820 public, " USUAL},
    {"a private address",
     {.way4 = LAN4},
     {0},
     0,
     "192.168.1.2:51820 lan, " USUAL " from 192.168.1.2"},
    {"IPv4 before IPv6",
     {.way4 = LAN4, .way6 = PUBLIC6},
     {0},
     0,
     "192.168.1.2:51820 lan, " USUAL " from 192.168.1.2"},
    {"a name",
     {.way4 = LAN4},
     {.endpoint = "vpn.example.org"},
     0,
     "vpn.example.org:51820 given, " USUAL " from 192.168.1.2"},
    {"a name with a port",
     {.way4 = PUBLIC4},
     {.endpoint = "vpn.example.org:443"},
     0,
     "vpn.example.org:443 given, " USUAL},
    {"a name takes the listen port",
     {.way4 = PUBLIC4},
     {.endpoint = "vpn.example.org", .listen_port = "443"},
     0,
     "vpn.example.org:443 given, " V4 ", " V6 ", port 443, mtu 1420, nftables, via eth0"},
    {"a name without a way out",
     {0},
     {.endpoint = "vpn.example.org"},
     0,
     "vpn.example.org:51820 given, " V4 ", " V6 ", port 51820, mtu 1420, nftables, via nothing"},
    {"neither a way out nor a name",
     {0},
     {0},
     WGCTL_INVALID,
     "this host has no connection to the internet, so its public address is not known"},
    {"a bad name", {.way4 = PUBLIC4}, {.endpoint = "vpn_example.org/"}, WGCTL_INVALID, NULL},

    /* ---- the port ---- */
    {"the usual port is taken",
     {.way4 = PUBLIC4, .ports = "53 51820 51821"},
     {0},
     0,
     "203.0.113.5:51822 public, " V4 ", " V6 ", port 51822, mtu 1420, nftables, via eth0"},
    {"another port is taken",
     {.way4 = PUBLIC4, .ports = "53 443 51821"},
     {0},
     0,
     "203.0.113.5:51820 public, " USUAL},
    {"the requested port is taken",
     {.way4 = PUBLIC4, .ports = "443"},
     {.listen_port = "443"},
     WGCTL_BUSY,
     "another program uses UDP port 443"},
    {"it is taken, and it is not started now",
     {.way4 = PUBLIC4, .ports = "443"},
     {.listen_port = "443", .no_apply = true},
     0,
     "203.0.113.5:443 public, " V4 ", " V6 ", port 443, mtu 1420, nftables, via eth0, files only"},
    {"the usual port is taken, and it is not started now",
     {.way4 = PUBLIC4, .ports = "51820"},
     {.no_apply = true},
     0,
     "203.0.113.5:51820 public, " USUAL ", files only"},
    {"port 0", {.way4 = PUBLIC4}, {.listen_port = "0"}, WGCTL_INVALID, "'0' is not a valid port"},
    {"port 65536",
     {.way4 = PUBLIC4},
     {.listen_port = "65536"},
     WGCTL_INVALID,
     "'65536' is not a valid port"},
    {"a service's name",
     {.way4 = PUBLIC4},
     {.listen_port = "https"},
     WGCTL_INVALID,
     "'https' is not a valid port"},

    /* ---- the addresses ---- */
    {"a route covers the first choice",
     {.way4 = PUBLIC4, .routes = "10.73.0.0/16"},
     {0},
     0,
     "203.0.113.5:51820 public, 10.74.0.1/24, " V6 ", port 51820, mtu 1420, nftables, via eth0"},
    {"all of 10.0.0.0/8 is routed",
     {.way4 = PUBLIC4, .routes = "10.0.0.0/8"},
     {0},
     0,
     "203.0.113.5:51820 public, 172.25.21.1/24, " V6 ", port 51820, mtu 1420, nftables, via eth0"},
    {"only 192.168.0.0/16 is left",
     {.way4 = PUBLIC4, .routes = "10.0.0.0/8, 172.16.0.0/12"},
     {0},
     0,
     "203.0.113.5:51820 public, 192.168.21.1/24, " V6 ", port 51820, mtu 1420, nftables, via eth0"},
    {"no private network is left",
     {.way4 = PUBLIC4, .routes = "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16"},
     {0},
     WGCTL_FULL,
     "every private network is in use on this host"},
    {"a route covers the first IPv6 choice",
     {.way4 = PUBLIC4, .routes = "fd5c:102:304:506::/64"},
     {0},
     0,
     "203.0.113.5:51820 public, " V4
     ", fdfa:387b:bc83:4f83::1/64, port 51820, mtu 1420, nftables, via eth0"},
    {"a route covers half of all IPv6 choices",
     {.way4 = PUBLIC4, .routes = "fd00::/9"},
     {0},
     0,
     "203.0.113.5:51820 public, " V4
     ", fdfa:387b:bc83:4f83::1/64, port 51820, mtu 1420, nftables, via eth0"},
    {"all of fd00::/8 is routed",
     {.way4 = PUBLIC4, .routes = "fd00::/8"},
     {0},
     WGCTL_FULL,
     "every private network is in use on this host"},
    {"a host without IPv6",
     {.way4 = PUBLIC4, .no_ipv6 = true},
     {0},
     0,
     "203.0.113.5:51820 public, " V4 ", port 51820, mtu 1420, nftables, via eth0"},
    {"IPv6 is not wanted",
     {.way4 = PUBLIC4},
     {.no_ipv6 = true},
     0,
     "203.0.113.5:51820 public, " V4 ", port 51820, mtu 1420, nftables, via eth0"},
    {"whether there is IPv6 is not known",
     {.way4 = PUBLIC4, .ipv6_errno = EACCES},
     {0},
     WGCTL_DENIED,
     "cannot find out whether this host has IPv6: Permission denied"},
    {"it is not known, and not wanted",
     {.way4 = PUBLIC4, .ipv6_errno = EACCES},
     {.no_ipv6 = true},
     0,
     "203.0.113.5:51820 public, " V4 ", port 51820, mtu 1420, nftables, via eth0"},
    {"requested addresses",
     {.way4 = PUBLIC4, .ipv6_errno = EACCES},
     {.addresses = "10.8.0.1/24, fd00::1/64"},
     0,
     "203.0.113.5:51820 public, 10.8.0.1/24, fd00::1/64, port 51820, mtu 1420, nftables, "
     "via eth0"},
    {"a requested IPv6 address, and none wanted",
     {.way4 = PUBLIC4},
     {.addresses = "fd00::1/64", .no_ipv6 = true},
     WGCTL_INVALID,
     "--no-ipv6 and an IPv6 address do not go together"},
    {"the same address twice",
     {.way4 = PUBLIC4},
     {.addresses = "10.8.0.1/24,10.8.0.1/24"},
     WGCTL_INVALID,
     "the same address is given twice"},
    {"a single address",
     {.way4 = PUBLIC4},
     {.addresses = "10.8.0.1"},
     WGCTL_INVALID,
     "10.8.0.1/32 leaves no address for a peer"},
    {"an address in a network of the host",
     {.way4 = PUBLIC4, .routes = "10.8.0.0/24"},
     {.addresses = "10.8.0.77/24"},
     WGCTL_INVALID,
     "10.8.0.77/24 overlaps 10.8.0.0/24, to which this host already has a route"},
    {"a network with one of the host in it",
     {.way4 = PUBLIC4, .routes = "10.8.0.128/25"},
     {.addresses = "10.8.0.1/24"},
     WGCTL_INVALID,
     "10.8.0.1/24 overlaps 10.8.0.128/25, to which this host already has a route"},
    {"a part of a network with a route",
     {.way4 = PUBLIC4, .routes = "10.0.0.0/8"},
     {.addresses = "10.8.0.1/24"},
     0,
     "203.0.113.5:51820 public, 10.8.0.1/24, port 51820, mtu 1420, nftables, via eth0"},
    {"the host's network for another host",
     {.way4 = PUBLIC4, .routes = "10.8.0.0/24"},
     {.addresses = "10.8.0.77/24", .no_apply = true},
     0,
     "203.0.113.5:51820 public, 10.8.0.77/24, port 51820, mtu 1420, nftables, via eth0, files "
     "only"},
    {"a server that goes on here, with its addresses",
     {.way4 = LAN4, .routes = "10.8.0.0/24", .ports = "51820"},
     {.addresses = "10.8.0.1/24", .no_apply = true, .private_key = &server_key},
     0,
     "no endpoint, 10.8.0.1/24, port 51820, mtu 1420, nftables, via eth0 from 192.168.1.2, "
     "forwards, "
     "files only"},
    {"it needs no way out, and no mask",
     {0},
     {.addresses = "10.8.0.1", .no_apply = true, .private_key = &server_key},
     0,
     "no endpoint, 10.8.0.1/32, port 51820, mtu 1420, nftables, via nothing, forwards, files only"},
    {"the network itself",
     {.way4 = PUBLIC4},
     {.addresses = "10.8.0.0/24"},
     WGCTL_INVALID,
     "10.8.0.0/24 is a network, not the server's address in it"},
    {"the broadcast address",
     {.way4 = PUBLIC4},
     {.addresses = "10.8.0.255/24"},
     WGCTL_INVALID,
     "10.8.0.255/24 is the broadcast address of its network"},

    /* ---- the MTU ---- */
    {"a narrow way out",
     {.way4 = "ppp0 1492 203.0.113.5"},
     {0},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6 ", port 51820, mtu 1412, nftables, via ppp0"},
    {"the narrower of two ways",
     {.way4 = PUBLIC4, .way6 = "he6 1480 2001:db8::5"},
     {0},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6 ", port 51820, mtu 1400, nftables, via eth0"},
    {"too narrow for IPv6",
     {.way4 = "eth0 1300 203.0.113.5"},
     {0},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6 ", port 51820, mtu 1280, nftables, via eth0"},
    {"a way out over the loopback",
     {.way4 = "lo 65536 203.0.113.5"},
     {0},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6 ", port 51820, mtu 1420, nftables, via lo"},
    {"a requested MTU",
     {.way4 = PUBLIC4},
     {.mtu = "1380"},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6 ", port 51820, mtu 1380, nftables, via eth0"},
    {"the automatic MTU",
     {.way4 = PUBLIC4},
     {.mtu = "auto"},
     0,
     "203.0.113.5:51820 public, " USUAL},
    {"an impossible MTU", {.way4 = PUBLIC4}, {.mtu = "99"}, WGCTL_INVALID, NULL},

    /* ---- the firewall ---- */
    {"nft and iptables",
     {.way4 = PUBLIC4, .iptables = true, .ip6tables = true},
     {0},
     0,
     "203.0.113.5:51820 public, " USUAL},
    {"iptables is in use",
     {.way4 = PUBLIC4, .iptables = true, .ip6tables = true, .iptables_in_use = true},
     {0},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6 ", port 51820, mtu 1420, iptables, via eth0"},
    {"iptables alone",
     {.way4 = PUBLIC4, .no_nft = true, .iptables = true, .ip6tables = true},
     {0},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6 ", port 51820, mtu 1420, iptables, via eth0"},
    {"iptables has rules but is not installed",
     {.way4 = PUBLIC4, .iptables_in_use = true},
     {0},
     0,
     "203.0.113.5:51820 public, " USUAL},
    {"ip6tables is missing",
     {.way4 = PUBLIC4, .no_nft = true, .iptables = true},
     {0},
     WGCTL_NOT_FOUND,
     "the program 'ip6tables' is not installed"},
    {"ip6tables is missing and not needed",
     {.way4 = PUBLIC4, .no_nft = true, .iptables = true, .no_ipv6 = true},
     {0},
     0,
     "203.0.113.5:51820 public, " V4 ", port 51820, mtu 1420, iptables, via eth0"},
    {"no firewall is installed",
     {.way4 = PUBLIC4, .no_nft = true},
     {0},
     WGCTL_NOT_FOUND,
     "neither nft nor iptables is installed, so the tunnel would lead nowhere"},
    {"no firewall is wanted",
     {.way4 = PUBLIC4, .no_nft = true},
     {.firewall = "none"},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6 ", port 51820, mtu 1420, none, via eth0"},
    {"one is wanted that is missing",
     {.way4 = PUBLIC4},
     {.firewall = "iptables"},
     WGCTL_NOT_FOUND,
     "the program 'iptables' is not installed"},
    {"nftables is wanted and missing",
     {.way4 = PUBLIC4, .no_nft = true},
     {.firewall = "nftables"},
     WGCTL_NOT_FOUND,
     "the program 'nft' is not installed"},
    {"it is missing, and it is not started now",
     {.way4 = PUBLIC4, .no_nft = true},
     {.firewall = "nftables", .no_apply = true},
     0,
     "203.0.113.5:51820 public, " USUAL ", files only"},
    {"an unknown firewall",
     {.way4 = PUBLIC4},
     {.firewall = "pf"},
     WGCTL_INVALID,
     "'pf' is not a firewall"},
    {"a table that drops",
     {.way4 = PUBLIC4, .dropping_table = "inet filter"},
     {0},
     0,
     "203.0.113.5:51820 public, " USUAL ", inet filter drops"},
    {"a table that drops, and no firewall is wanted",
     {.way4 = PUBLIC4, .dropping_table = "inet filter"},
     {.firewall = "none"},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6 ", port 51820, mtu 1420, none, via eth0"},
    {"NAT out of one interface",
     {.way4 = PUBLIC4},
     {.egress = "eth1"},
     0,
     "203.0.113.5:51820 public, " V4 ", " V6
     ", port 51820, mtu 1420, nftables out of eth1, via eth0"},
    {"a bad interface", {.way4 = PUBLIC4}, {.egress = "eth 1"}, WGCTL_INVALID, NULL},

    /* ---- an endpoint that leads nowhere ---- */
    {"its own address with another port",
     {.way4 = PUBLIC4, .own = "203.0.113.5/24"},
     {.endpoint = "203.0.113.5:443"},
     WGCTL_INVALID,
     "203.0.113.5 is this server's own address, where it listens on port 51820, not 443"},
    {"its own address with another port, on which it listens",
     {.way4 = PUBLIC4, .own = "203.0.113.5/24"},
     {.endpoint = "203.0.113.5:443", .listen_port = "443"},
     0,
     "203.0.113.5:443 given, " V4 ", " V6 ", port 443, mtu 1420, nftables, via eth0"},
    {"its own address and the usual port, which is taken",
     {.way4 = PUBLIC4, .own = "203.0.113.5/24", .ports = "51820"},
     {.endpoint = "203.0.113.5:51820"},
     WGCTL_INVALID,
     "203.0.113.5 is this server's own address, where it listens on port 51821, not 51820"},
    {"loopback",
     {.way4 = PUBLIC4},
     {.endpoint = "localhost"},
     WGCTL_INVALID,
     "--endpoint: devices cannot reach this server at localhost: it is always the device itself"},
    {"an address in the tunnel",
     {.way4 = PUBLIC4},
     {.endpoint = "10.73.21.1"},
     WGCTL_INVALID,
     "--endpoint: devices cannot reach this server at 10.73.21.1: it is inside the tunnel, which "
     "is only there once they have reached it"},

    /* ---- the clients ---- */
    {"other DNS servers",
     {.way4 = PUBLIC4},
     {.dns = "9.9.9.9, home.arpa"},
     0,
     "203.0.113.5:51820 public, " USUAL ", dns 9.9.9.9, home.arpa"},
    {"no DNS servers",
     {.way4 = PUBLIC4},
     {.dns = "none"},
     0,
     "203.0.113.5:51820 public, " USUAL ", dns none"},
    {"the tunnel alone",
     {.way4 = PUBLIC4},
     {.allowed_ips = "split"},
     0,
     "203.0.113.5:51820 public, " USUAL ", sends 10.73.21.0/24, fd5c:102:304:506::/64"},
    {"everything",
     {.way4 = PUBLIC4},
     {.allowed_ips = "full"},
     0,
     "203.0.113.5:51820 public, " USUAL},
    {"the local network",
     {.way4 = LAN4, .lan = "192.168.1.0/24"},
     {.allowed_ips = "lan"},
     0,
     "192.168.1.2:51820 lan, " USUAL
     " from 192.168.1.2, sends 10.73.21.0/24, fd5c:102:304:506::/64, 192.168.1.0/24"},
    {"all but the local network, with a DNS server in it",
     {.way4 = "eth0 1500 10.1.2.3", .lan = "0.0.0.0/1"},
     {.allowed_ips = "full-except-lan", .dns = "10.1.2.4"},
     0,
     "10.1.2.3:51820 lan, " USUAL " from 10.1.2.3, dns 10.1.2.4, sends 128.0.0.0/1, ::/0, "
     "10.73.21.0/24, 10.1.2.4/32"},
    {"no local network",
     {.way4 = PUBLIC4},
     {.allowed_ips = "full-except-lan"},
     WGCTL_NOT_FOUND,
     "this host has no private network that could be the LAN"},
    {"a network without its length",
     {.way4 = PUBLIC4},
     {.allowed_ips = "192.168.1.0"},
     WGCTL_INVALID,
     "192.168.1.0 is a network, and its length is missing"},
    {"a DNS server by its name",
     {.way4 = PUBLIC4},
     {.dns = "pihole"},
     WGCTL_INVALID,
     "'pihole' is a name, and a DNS server is given by its address"},
    {"the device as its own DNS server",
     {.way4 = PUBLIC4},
     {.dns = "127.0.0.1"},
     WGCTL_INVALID,
     "devices cannot use '127.0.0.1' as their DNS server: it is always the device itself"},
    {"a list",
     {.way4 = PUBLIC4},
     {.allowed_ips = "10.0.0.0/8"},
     0,
     "203.0.113.5:51820 public, " USUAL ", sends 10.0.0.0/8"},

    /* ---- starting ---- */
    {"systemd",
     {.way4 = PUBLIC4, .systemd = true},
     {0},
     0,
     "203.0.113.5:51820 public, " USUAL ", boots"},
    {"systemd, and it is not wanted at boot",
     {.way4 = PUBLIC4, .systemd = true},
     {.no_boot = true},
     0,
     "203.0.113.5:51820 public, " USUAL},
    {"systemd, and another folder",
     {.way4 = PUBLIC4, .systemd = true},
     {.folder = "/srv/wg"},
     0,
     "203.0.113.5:51820 public, " USUAL},
    {"systemd, and the files only",
     {.way4 = PUBLIC4, .systemd = true},
     {.no_apply = true},
     0,
     "203.0.113.5:51820 public, " USUAL ", files only"},

    /* ---- what is there already ---- */
    {"such a tunnel",
     {.way4 = PUBLIC4, .conf = true},
     {0},
     WGCTL_EXISTS,
     "/etc/wireguard/wg0.conf already exists, and was not changed"},
    {"such a tunnel, in the journal of a commit that was cut off",
     {.way4 = PUBLIC4, .conf = true, .interrupted = true},
     {0},
     WGCTL_EXISTS,
     "another command is writing /etc/wireguard/wg0.conf, or was interrupted"},
    {"a commit of other files that was cut off",
     {.way4 = PUBLIC4, .interrupted = true},
     {0},
     0,
     "203.0.113.5:51820 public, " USUAL},
    {"such an interface",
     {.way4 = PUBLIC4, .backend = WGCTL_KERNEL},
     {0},
     WGCTL_EXISTS,
     "an interface wg0 already exists, and is in use"},
    {"another kind of interface",
     {.way4 = PUBLIC4, .backend = WGCTL_NOT_WIREGUARD},
     {0},
     WGCTL_EXISTS,
     "an interface wg0 already exists, and is not a WireGuard interface"},
    {"such an interface, and the files only",
     {.way4 = PUBLIC4, .backend = WGCTL_KERNEL},
     {.no_apply = true},
     0,
     "203.0.113.5:51820 public, " USUAL ", files only"},
};
enum { ROWS = sizeof rows / sizeof *rows };

START_TEST(chooses)
{
    const struct row *row = &rows[_i];
    struct wgctl_provision_request request = row->request;
    struct wgctl_error err;
    WGCTL_FACTS facts = facts_of(&row->host);
    WGCTL_PROVISION *chosen = calloc(1, sizeof *chosen);
    WGCTL_TEXT text = {0};
    request.interface = "wg0";
    if (!request.folder)
        request.folder = "/etc/wireguard";
    int rc = wgctl_provision_decide(&request, &facts, chosen, &err);
    ck_assert_msg(rc == row->status, "%s: %d, %s", row->name, rc, rc < 0 ? err.message : "chosen");
    if (rc == WGCTL_OK)
        describe(chosen, &text);
    const char *got = rc < 0 ? err.message : text.data;
    if (row->expected)
        ck_assert_msg(strcmp(got, row->expected) == 0, "%s:\n got %s\nnot %s", row->name, got,
                      row->expected);
}
END_TEST

START_TEST(checks_names)
{
    static const struct {
        const char *name;
        int status;
    } names[] = {{"wg0", WGCTL_OK},         {"vpn-home_1.x", WGCTL_OK},
                 {"", WGCTL_INVALID},       {"a-name-too-long0", WGCTL_INVALID},
                 {"wg+", WGCTL_INVALID},    {"wg=0", WGCTL_INVALID},
                 {"../wg0", WGCTL_INVALID}, {"wg 0", WGCTL_INVALID}};
    struct wgctl_error err;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(wgctl_provision_check_name(names[i].name, &err) == names[i].status, "%s",
                      names[i].name);
}
END_TEST

static Suite *choose_suite(void)
{
    Suite *suite = suite_create("choose");
    TCase *tests = tcase_create("choose");
    tcase_add_loop_test(tests, chooses, 0, ROWS);
    tcase_add_test(tests, checks_names);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(choose_suite());
}
