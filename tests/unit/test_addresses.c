#include <string.h>

#include "servers.h"
#include "tunnel/state.h"

#define PEER_IN(key, addresses) "[Peer]\nPublicKey = " key "\nAllowedIPs = " addresses "\n"
/* linuxserver's template has no mask. */
#define SINGLE "Address = 10.13.13.1\n"

/* What a peer gets that asks for `requested`, on a server with that text below [Interface]. */
static const struct {
    const char *server, *requested; /* NULL: nothing */
    const char *expected;           /* NULL: it is refused, with WGCTL_INVALID */
    const char *message, *hint;     /* a part of them */
} cases[] = {
    {"Address = 10.9.0.1/24\n", NULL, "10.9.0.2/32", NULL, NULL},
    {"Address = 10.9.0.1/24, fd00::1/64\n", NULL, "10.9.0.2/32, fd00::2/128", NULL, NULL},

    /* a single address: the network in which peers live */
    {SINGLE PEER_IN(ALICE, "10.13.13.2/32"), NULL, "10.13.13.3/32", NULL, NULL},
    {SINGLE PEER_IN(ALICE, "10.13.13.2/24"), NULL, "10.13.13.3/32", NULL, NULL},
    {SINGLE "#- [Peer]\n#- PublicKey = " ALICE "\n#- AllowedIPs = 10.13.13.2/32\n", NULL,
     "10.13.13.3/32", NULL, NULL},
    {SINGLE PEER_IN(ALICE, "10.13.13.2/32"), "10.13.13.44", "10.13.13.44/32", NULL, NULL},
    {SINGLE PEER_IN(ALICE, "10.13.13.2/32"), "10.99.0.44", NULL, "not in the subnet 10.13.13.0/24",
     "leave the address out"},
    {"Address = fd00:1::1/128\n" PEER_IN(ALICE, "fd00:1::2/128"), NULL, "fd00:1::3/128", NULL,
     NULL},
    /* nobody lives there yet: it has to be asked for, and is taken then */
    {SINGLE, NULL, NULL, "the subnet is not known: Address in wg0.conf is 10.13.13.1 alone",
     "add-peer new --address 10.13.13.2"},
    {SINGLE, "10.13.13.2", "10.13.13.2/32", NULL, NULL},
    {SINGLE, "10.13.13.255", NULL, "is the last address of 10.13.13.0/24", ""},
    {SINGLE PEER_IN(ALICE, "10.99.0.0/24"), NULL, NULL, "the subnet is not known",
     "add-peer new --address 10.13.13.2"},
    {SINGLE PEER_IN(ALICE, "10.99.0.2/32"), NULL, NULL, "the subnet is not known", ""},
    {"Address = fd00:1::1/128\n", NULL, NULL, "Address in wg0.conf is fd00:1::1 alone",
     "add-peer new --address fd00:1::2"},
    {SINGLE "Address = fd00:1::1/64\n", NULL, "fd00:1::2/128", NULL, NULL},

    /* link-local addresses */
    {"Address = 10.9.0.1/24, fe80::1/64\n", NULL, "10.9.0.2/32", NULL, NULL},
    {"Address = fe80::1/64, fd00::1/64\n", NULL, "fd00::2/128", NULL, NULL},
    {"Address = 10.9.0.1/24, fe80::1/64\n", "fe80::2", NULL,
     "wg0.conf has no IPv6 address, so fe80::2 cannot be a peer's", "leave that address out"},
    {"Address = 10.9.0.1/24, fd00::1/64\n", "fe80::2", NULL, "fe80::2 cannot be a peer's", ""},
    {"Address = fe80::1/64\n", NULL, NULL, "no Address", "Address = 10.73.21.1/24"},

    /* a hub whose peers live in another network */
    {"Address = 10.9.0.1/24\n" PEER_IN(ALICE, "10.8.5.2/32"), "10.8.5.3", "10.8.5.3/32", NULL,
     NULL},
    {"Address = 10.9.0.1/24\n" PEER_IN(ALICE, "10.8.5.2/32"), NULL, "10.9.0.2/32", NULL, NULL},
    {"Address = 10.9.0.1/24\n" PEER_IN(ALICE, "10.8.0.0/16"), "10.8.5.3", NULL,
     "not in the subnet 10.9.0.0/24", "leave the address out"},
    {"Address = 10.9.0.1/24\n", "10.8.5.3", NULL, "not in the subnet 10.9.0.0/24", ""},
    {"", NULL, NULL, "wg0.conf has no Address", ""},
    {"", "10.8.5.3", NULL, "has no IPv4 address", ""},
};
enum { CASES = sizeof cases / sizeof *cases };

static struct wgctl_server server_with(const char *settings)
{
    WGCTL_TEXT text = {0};
    wgctl_text_format(&text, "[Interface]\n%s", settings);
    return server_of(text.data);
}

START_TEST(a_peer_gets_addresses_where_peers_live)
{
    WGCTL_SERVER server = server_with(cases[_i].server);
    WGCTL_PREFIXES chosen = {0};
    WGCTL_TEXT text = {0};
    const struct wgctl_peer_request request = {.name = "new", .addresses = cases[_i].requested};
    struct wgctl_error err = {0};
    int rc = wgctl_addresses_choose(&server, &request, &chosen, &err);
    if (cases[_i].expected) {
        ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
        wgctl_prefixes_format(&chosen, &text);
        ck_assert_str_eq(text.data, cases[_i].expected);
        return;
    }
    ck_assert_int_eq(rc, WGCTL_INVALID);
    ck_assert_msg(strstr(err.message, cases[_i].message) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.hint, cases[_i].hint) != NULL, "%s", err.hint);
}
END_TEST

static const struct {
    const char *server, *subnets;
} networks[] = {
    {"Address = 10.9.0.1/24, fd00::1/64, fe80::1/64\n", "10.9.0.0/24, fd00::/64"},
    {SINGLE, "10.13.13.1/32"},
    {SINGLE PEER_IN(ALICE, "10.13.13.2/32"), "10.13.13.0/24"},
};
enum { NETWORKS = sizeof networks / sizeof *networks };

START_TEST(a_tunnel_has_its_networks)
{
    WGCTL_SERVER server = server_with(networks[_i].server);
    WGCTL_PREFIXES subnets = {0};
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_addresses_subnets(&server, &subnets, &err), WGCTL_OK);
    wgctl_prefixes_format(&subnets, &text);
    ck_assert_str_eq(text.data, networks[_i].subnets);
}
END_TEST

#define NFT(source)                                                     \
    "PostUp = nft 'add rule inet wgctl_%i postrouting ip saddr " source \
    " oifname != \"%i\" masquerade'\n"
#define IPTABLES(source) "PostUp = iptables -t nat -A POSTROUTING " source "-j MASQUERADE\n"

/* NAT for other networks than the tunnel's; NULL: none of it is. */
static const struct {
    const char *server, *other;
} nats[] = {
    {"Address = 10.9.0.1/24\n" NFT("10.9.0.0/24"), NULL},
    {"Address = 10.9.0.1/24\n" NFT("10.9.0.0/29"), "10.9.0.0/29 only, and devices"},
    {"Address = 10.9.0.1/24\n" NFT("10.8.0.0/24"), "10.8.0.0/24 only, and devices"},
    {"Address = 10.9.0.1/24\n" NFT("10.8.0.0/24") NFT("10.9.0.0/16"), NULL},
    {"Address = 10.9.0.1/24\n" NFT("10.8.0.0/24") IPTABLES(""), NULL},
    {"Address = 10.9.0.1/24\n" IPTABLES("-s 10.8.0.0/24 "), "10.8.0.0/24 only"},
    {"Address = 10.9.0.1/24\n" IPTABLES("-s 10.8.0.0/24,10.9.0.0/24 "), NULL},
    {"Address = 10.9.0.1/24\n" IPTABLES("-s lan "), NULL},
    {"Address = 10.9.0.1/24, fd00::1/64\n" NFT("10.9.0.0/24"), NULL},
    {"Address = 10.9.0.1/24\nPostUp = iptables -A FORWARD -s 10.8.0.0/24 -j DROP\n", NULL},
    {"Address = 10.9.0.1/24\nPostDown = iptables -s 10.8.0.0/24 -j MASQUERADE\n", NULL},
    {"Address = 10.9.0.1/24\n", NULL},
};
enum { NATS = sizeof nats / sizeof *nats };

START_TEST(nat_for_other_networks_is_noticed)
{
    struct wgctl_tunnel tunnel = {
        .folder_path = "/etc/wireguard",
        .conf_name = "wg0.conf",
        .server = server_with(nats[_i].server),
    };
    struct wgctl_error err = {0};
    int rc = wgctl_tunnel_check_nat(&tunnel, &err);
    ck_assert_int_eq(rc, nats[_i].other ? WGCTL_INVALID : WGCTL_OK);
    if (nats[_i].other) {
        ck_assert_msg(strstr(err.message, nats[_i].other) != NULL, "%s", err.message);
        ck_assert_msg(strstr(err.hint, ",10.9.0.0/24,' /etc/wireguard/wg0.conf") != NULL, "%s",
                      err.hint);
    }
    wgctl_server_clear(&tunnel.server);
}
END_TEST

#define DPORT(port) "PostUp = nft 'add rule inet wgctl_%i input udp dport " port " accept'\n"
#define IPTABLES_DPORT(more) "PostUp = iptables -w -I INPUT -p udp " more " -j ACCEPT\n"

/* Rules that let in another port than the server's, 1234; 0: none of them does. */
static const struct {
    const char *server;
    unsigned other;
} opened[] = {
    {"ListenPort = 1234\n" DPORT("1234"), 0},
    {"ListenPort = 1234\n" DPORT("12345"), 12345},
    {"ListenPort = 1234\n" DPORT("12345") DPORT("1234"), 0},
    {"ListenPort = 1234\n" DPORT("{ 1, 2 }"), 0},
    {"ListenPort = 1234\n" IPTABLES_DPORT("--dport 12345"), 12345},
    {"ListenPort = 1234\n" IPTABLES_DPORT("-i %i --dport 53"), 0},
    {"ListenPort = 1234\nPostUp = iptables -I INPUT -p tcp --dport 22 -j ACCEPT\n", 0},
    {"ListenPort = 1234\nPostUp = iptables -I INPUT -p udp --dport 12345 -j DROP\n", 0},
    {"ListenPort = 1234\nPostDown = iptables -D INPUT -p udp --dport 12345 -j ACCEPT\n", 0},
    {DPORT("12345"), 0},
    {"ListenPort = 1234\n", 0},
};
enum { OPENED = sizeof opened / sizeof *opened };

START_TEST(another_port_that_is_let_in_is_noticed)
{
    struct wgctl_tunnel tunnel = {
        .folder_path = "/etc/wireguard",
        .conf_name = "wg0.conf",
        .server = server_with(opened[_i].server),
    };
    struct wgctl_error err = {0};
    int rc = wgctl_tunnel_check_opened(&tunnel, &err);
    ck_assert_int_eq(rc, opened[_i].other ? WGCTL_INVALID : WGCTL_OK);
    if (opened[_i].other) {
        ck_assert_str_eq(
            err.message,
            "the PostUp lines in wg0.conf let in UDP port 12345, and the server listens "
            "on 1234: a firewall may keep the devices out");
        ck_assert_str_eq(err.hint, "sudo sed -i '/^Post/s,dport 12345\\b,dport 1234,' "
                                   "/etc/wireguard/wg0.conf && sudo wgctl apply");
    }
    wgctl_server_clear(&tunnel.server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("addresses");
    TCase *tests = tcase_create("addresses");
    tcase_add_loop_test(tests, a_peer_gets_addresses_where_peers_live, 0, CASES);
    tcase_add_loop_test(tests, a_tunnel_has_its_networks, 0, NETWORKS);
    tcase_add_loop_test(tests, nat_for_other_networks_is_noticed, 0, NATS);
    tcase_add_loop_test(tests, another_port_that_is_let_in_is_noticed, 0, OPENED);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
