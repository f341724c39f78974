/* Arguments and standard input that are wrong. */
#include <stdio.h>

#include "cli/refusals.h"

struct wrong {
    const char *what, *value;
    const char *regex; /* NULL: the group's */
};

/* ---- names ---- */

static const struct wrong names[] = {
    {"a slash", "a/b", NULL},
    {"a path", "../wg0", NULL},
    {"a path from the root", "/etc/passwd", NULL},
    {"two dots", "..", NULL},
    {"a dot", ".", NULL},
    {"a dot before it", ".hidden", NULL},
    {"a dash before it", "-x", NULL},
    {"nothing in it", "", NULL},
    {"a blank", "a b", NULL},
    {"a newline", "a\nPostUp = touch owned", NULL},
    {"a newline at its end", "a\n", NULL},
    {"a carriage return", "a\r", NULL},
    {"a tab", "a\tb", NULL},
    {"an escape sequence", "\033[31mred", NULL},
    {"a bell", "a\a", NULL},
    {"a DEL", "a\x7f", NULL},
    {"a C1 control",
     "a\xc2\x9b"
     "31m",
     NULL},
    {"a byte that is not UTF-8", "a\xff", NULL},
    {"a direction mark",
     "a\xe2\x80\xae"
     "b",
     NULL},
    {"a zero-width space",
     "a\xe2\x80\x8b"
     "b",
     NULL},
    {"a blank that fills", "a\xe3\x85\xa4", NULL},
    {"an umlaut", "jürgen", NULL},
    {"16 characters", "abcdefghijklmnop", NULL},
    {"a thousand characters", X1000("x"), NULL},
    {"many characters of three bytes", X10("€€€€"), NULL},
    {"a hash", "a#b", NULL},
    {"a bracket", "[Peer]", NULL},
    {"a percent sign", "%s%n%i", NULL},
    {"a dollar", "$(id)", NULL},
};

static const char *const reserved[] = {"con",  "NUL",  "aux",      "prn",     "com1",
                                       "LPT9", "com0", "con.home", "nul.txt", "phone."};

static void test_names(void)
{
    for (size_t i = 0; i < COUNT(names); i++)
        REFUSES(title("a name with %s is refused", names[i].what),
                "the name .* (has a character|is longer|is empty|does not begin)", "-C", "etc",
                "add-peer", "--no-apply", "--", names[i].value);
    for (size_t i = 0; i < COUNT(reserved); i++)
        REFUSES(title("the name %s, which Windows does not take, is refused", reserved[i]),
                "Windows", "-C", "etc", "add-peer", "--no-apply", reserved[i]);
    REFUSES("a taken name is refused", "peer 'phone' already exists", "-C", "etc", "add-peer",
            "phone", "--no-apply");
    REFUSES("the name of a disabled peer is refused", "peer 'old' already exists", "-C", "etc",
            "add-peer", "old", "--no-apply");
    REFUSES("one wrong name among good ones is refused", "the name 'b/c'", "-C", "etc", "add-peer",
            "a", "b/c", "d", "--no-apply");
    REFUSES("a peer that is not there cannot be revoked", "no peer 'nobody'", "-C", "etc", "revoke",
            "nobody", "--no-apply");
    REFUSES("a peer that is a path cannot be revoked", "no peer '../wg0'", "-C", "etc", "revoke",
            "../wg0", "--no-apply");
    REFUSES("no name cannot be revoked", "no peer ''", "-C", "etc", "revoke", "", "--no-apply");
    REFUSES("an escape sequence cannot be shown", "no peer", "-C", "etc", "show", "\033[2J");
    REFUSES("a byte that is not UTF-8 cannot be shown", "no peer", "-C", "etc", "show", "\xff");
    REFUSES("an overlong name is not found", "no peer", "-C", "etc", "revoke", X1000("€€"),
            "--no-apply");
}

static void test_ambiguous_name(void)
{
    WGCTL_TEXT peer = {0};
    char key[64];
    make_public_key(key);
    wgctl_text_format(&peer, "\n[Peer]\n# friendly_name = phone\nPublicKey = %s\n", key);
    fresh();
    drive_append("etc/wg0.conf", peer.data, peer.size);
    REFUSES("a name that two peers have is refused", "more than one peer is called 'phone'", "-C",
            "etc", "revoke", "phone", "--no-apply");
    fresh();
}

static void test_interfaces(void)
{
    static const char *const interfaces[] = {
        "../wg0",   "wg 0",  "wg/0", ".",      "..", "abcdefghijklmnop",
        "wg\033[0", "wg\n0", "%s",   "wg0;id", "wü0"};
    static const char *const confusing[] = {"wg+", "wg="};
    for (size_t i = 0; i < COUNT(interfaces); i++) {
        REFUSES(title("an interface %s is refused by list", quoted(interfaces[i])),
                "is not a valid interface name", "-C", "etc", "-i", interfaces[i], "list");
        REFUSES(title("an interface %s is refused by init", quoted(interfaces[i])),
                "is not a valid interface name", "-C", "etc", "-i", interfaces[i], "init",
                "--no-apply", "--firewall", "none", "--endpoint", "vpn.example.org");
    }
    for (size_t i = 0; i < COUNT(confusing); i++)
        REFUSES(
            title("an interface '%s', which confuses firewalls, is refused by init", confusing[i]),
            "would confuse the firewall", "-C", "etc", "-i", confusing[i], "init", "--no-apply",
            "--firewall", "nftables", "--endpoint", "vpn.example.org");
}

/* ---- addresses ---- */

static const struct wrong addresses[] = {
    {"outside the pool", "10.73.22.5", "10\\.73\\.22\\.5 is not in the subnet 10\\.73\\.21\\.0/24"},
    {"outside the IPv6 pool", "fd5c:1:2:4::5", "fd5c:1:2:4::5 is not in the subnet"},
    {"taken", "10.73.21.2", "10\\.73\\.21\\.2 is already used by peer 'phone'"},
    {"taken, in IPv6", "fd5c:1:2:3::2", "fd5c:1:2:3::2 is already used by peer 'phone'"},
    {"taken, written otherwise", "FD5C:0001:2:3:0:0:0:0002", "fd5c:1:2:3::2 is already used"},
    {"the server's", "10.73.21.1", "10\\.73\\.21\\.1 is the server's own address"},
    {"the server's, in IPv6", "fd5c:1:2:3::1", "fd5c:1:2:3::1 is the server's own address"},
    {"the network's", "10.73.21.0", "10\\.73\\.21\\.0 "},
    {"the network's, in IPv6", "fd5c:1:2:3::", "fd5c:1:2:3:: "},
    {"the broadcast", "10.73.21.255", "10\\.73\\.21\\.255 .*broadcast"},
    {"a disabled peer's", "10.73.21.3", "10\\.73\\.21\\.3 is already used by peer 'old'"},
    {"a network", "10.73.21.64/26", "10\\.73\\.21\\.64/26 is a network"},
    {"twice there", "10.73.21.9,10.73.21.9", "10\\.73\\.21\\.9 is given twice"},
    {"good, with one that is not", "10.73.21.9,10.73.22.1",
     "10\\.73\\.22\\.1 is not in the subnet"},
};

static const char *const bad_addresses[] = {"10.73.21",
                                            "10.73.21.256",
                                            "010.73.21.9",
                                            "10.73.21.9/33",
                                            "10.73.21.9/",
                                            "fd5c::1::2",
                                            "phone",
                                            "",
                                            ",",
                                            "10.73.21.9,",
                                            "10.73.21.9/-1",
                                            "10.73.21.9\n",
                                            "10.73.21.9\033[31m",
                                            "10.73.21.9 10.73.21.10",
                                            "0x0a491509",
                                            "10.73.21.9%eth0",
                                            X100("111111")};

static const struct wrong bad_networks[] = {
    {"the tunnel's", "10.73.21.0/24",
     "overlaps 10\\.73\\.21\\.1/24, which is in use in wg0\\.conf"},
    {"around the tunnel", "10.73.0.0/16", "is in use in wg0\\.conf"},
    {"everything", "0.0.0.0/0", "is in use in wg0\\.conf"},
    {"everything in IPv6", "::/0", "is in use in wg0\\.conf"},
    {"a peer's", "192.168.7.128/25",
     "overlaps 192\\.168\\.7\\.0/24, which is in use by peer 'cabin'"},
    {"a part of the tunnel's", "10.73.21.2/32", "is in use in wg0\\.conf"},
    {"the tunnel's in IPv6", "fd5c:1:2:3::/64", "is in use in wg0\\.conf"},
    {"twice there", "192.168.9.0/24,192.168.9.128/25",
     "192\\.168\\.9\\.128/25 overlaps 192\\.168\\.9\\.0/24"},
    {"too long", "192.168.9.0/33", "."},
    {"a word", "nonsense", "."},
    {"empty", "", "."},
};

static const char *const bad_allowed_ips[] = {
    "nonsense", "", "10.0.0.0/33", ",", "10.0.0.0/8,,", "10.0.0.0/8\nPostUp = id", "+10.0.0.0/8"};

static const char *const bad_server_addresses[] = {"10.8.0.0/24",   "10.8.0.1/31",
                                                   "10.8.0.1/32",   "10.8.0.1",
                                                   "10.8.0.1/33",   "fd00::/64",
                                                   "fd00::1/127",   "fd00::1/128",
                                                   "nonsense",      "",
                                                   "10.8.0.255/24", "10.8.0.1/24,10.8.0.1/24"};

static void test_addresses(void)
{
    for (size_t i = 0; i < COUNT(addresses); i++)
        REFUSES(title("an address that is %s is refused", addresses[i].what), addresses[i].regex,
                ADD, "--address", addresses[i].value);
    for (size_t i = 0; i < COUNT(bad_addresses); i++)
        REFUSES(title("the address %s is refused", quoted(bad_addresses[i])), ".", ADD, "--address",
                bad_addresses[i]);
    MUST("-C", "etc", "-q", "add-peer", "cabin", "--no-apply", "--lan", "192.168.7.0/24");
    for (size_t i = 0; i < COUNT(bad_networks); i++)
        REFUSES(title("a network behind a peer that is %s is refused", bad_networks[i].what),
                bad_networks[i].regex, ADD, "--lan", bad_networks[i].value);
    fresh();
    for (size_t i = 0; i < COUNT(bad_allowed_ips); i++)
        REFUSES(title("the allowed IPs %s are refused", quoted(bad_allowed_ips[i])), ".", ADD,
                "--allowed-ips", bad_allowed_ips[i]);
    for (size_t i = 0; i < COUNT(bad_server_addresses); i++)
        REFUSES(title("the server's address '%s' is refused", bad_server_addresses[i]), ".",
                NEW_SERVER, "--endpoint", "vpn.example.org", "--address", bad_server_addresses[i]);
    REFUSES("--no-ipv6 with an IPv6 address is refused", "no-ipv6", NEW_SERVER, "--endpoint",
            "vpn.example.org", "--no-ipv6", "--address", "10.8.0.1/24,fd00::1/64");
}

static void test_full_pool(void)
{
    MUST("-C", "etc", "-q", "-i", "wg9", "init", "--no-apply", "--address", "10.9.0.1/30",
         "--endpoint", "vpn.example.org", "--firewall", "none");
    MUST("-C", "etc", "-q", "-i", "wg9", "add-peer", "only", "--no-apply");
    REFUSES("a full /30 is a clear error", "no address is free in 10\\.9\\.0\\.0/30", "-C", "etc",
            "-i", "wg9", "add-peer", "more", "--no-apply");
    REFUSES("two peers do not fit if there is room for one",
            "no address is free in 10\\.9\\.0\\.0/30", "-C", "etc", "-i", "wg9", "add-peer", "one",
            "two", "--no-apply");
    fresh();
}

/* ---- public keys ---- */

#define LENGTH "a key has 44 characters"
static const struct wrong keys[] = {
    {"all zero", ZERO_KEY, "all zero"},
    {"the server's own", own_key, "the server's own public key"},
    {"a peer's already", taken_key, "peer 'phone' has that public key already"},
    {"a disabled peer's", disabled_key, "peer 'old' has that public key already"},
    {"too long", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=x", LENGTH},
    {"cut off", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2", LENGTH},
    {"not canonical", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2V=", "not a key"},
    {"not base64", "c2VjcmV0c2VjcmV0!!VjcmV0c2VjcmV0c2VjcmV0c2U=", "not a key"},
    {"in base64url", "c2VjcmV0c2VjcmV0_-VjcmV0c2VjcmV0c2VjcmV0c2U=", "not a key"},
    {"in hexadecimal", "7365637265747365637265747365637265747365637265747365637265747365", LENGTH},
    {"a word", "secretsecret", LENGTH},
    {"a path", "/etc/wireguard/secret.key", LENGTH},
    {"an escape sequence", "\033[31msecret\033[0m", LENGTH},
    {"nothing", "", "."},
    {"a thousand characters", X100("secretsecret"), "a key"},
};

static void test_public_keys(void)
{
    for (size_t i = 0; i < COUNT(keys); i++) {
        static char beginning[9];
        WGCTL_TEXT line = {0};
        wgctl_text_format(&line, "%s\n", keys[i].value);
        drive_write("key", line.data, line.size);
        snprintf(beginning, sizeof beginning, "%.8s", keys[i].value);
        if (strlen(beginning) == 8)
            forbidden[0] = beginning;
        REFUSES(title("a public key that is %s is refused", keys[i].what), keys[i].regex, ADD,
                "--public-key", keys[i].value);
        input = "key";
        REFUSES(title("a public key from standard input that is %s is refused", keys[i].what),
                keys[i].regex, ADD, "--public-key", "-");
        fresh();
    }
    char zeros[4000] = {0};
    drive_write("zeros", zeros, sizeof zeros);
    input = "zeros";
    REFUSES("NUL bytes from standard input are not a key", ".", ADD, "--public-key", "-");
    input = NULL;
    REFUSES("an empty standard input is not a key", "there is no public key on standard input", ADD,
            "--public-key", "-");
    input = ".";
    REFUSES("a folder as standard input is not a key", "there is no public key on standard input",
            ADD, "--public-key", "-");
    input = NULL;
}

/* ---- endpoints ---- */

#define LONG_PART X10("aaaaaa") "aaaa"
static const char *const bad_endpoints[] = {"vpn.example.org:",
                                            "vpn.example.org:0",
                                            "vpn.example.org:65536",
                                            "vpn.example.org:99999",
                                            "vpn.example.org:abc",
                                            "vpn.example.org:-1",
                                            "vpn.example.org:+80",
                                            "vpn.example.org:0x50",
                                            "vpn.example.org: 80",
                                            "vpn.example.org:80:",
                                            ":51820",
                                            ":",
                                            "",
                                            " ",
                                            "vpn example.org",
                                            " vpn.example.org",
                                            "vpn.example.org ",
                                            "vpn.example.org\n",
                                            "vpn\nPostUp = id:1",
                                            "vpn\033[31m.org",
                                            "vpn\x7f.org",
                                            "vpn\xc2\x9b.org",
                                            "vpn\xff.org",
                                            "vpn.exämple.org",
                                            "300.1.1.1",
                                            "1.2.3",
                                            "010.0.0.1",
                                            "[::1",
                                            "[::1]x",
                                            "[]:1",
                                            "[1.2.3.4]:1",
                                            "::1::2",
                                            "[fe80::1%]:1",
                                            "-vpn.example.org",
                                            "vpn..example.org",
                                            "http://vpn.example.org/",
                                            "vpn.example.org/x",
                                            "user@vpn.example.org",
                                            LONG_PART ".org",
                                            X100("ab.") "org",
                                            "*",
                                            "%s",
                                            "99999999999999999999:1",
                                            "vpn.example.org:99999999999999999999"};

static const char *const bad_ports[] = {"0",    "65536", "99999",   "-1",
                                        "abc",  "",      " 51820",  "51820x",
                                        "0x50", "+80",   "51820\n", "99999999999999999999"};
static const char *const bad_firewalls[] = {"windows", "", "NFTABLES", "nftables\033[31m",
                                            "nftables;id"};
static const char *const bad_egresses[] = {
    "eth 0",      "eth/0", "eth0\nPostUp = id", "eth0\033[31m", "abcdefghijklmnop",
    "\"; id; \"", "eth0'"};

static void test_endpoints(void)
{
    for (size_t i = 0; i < COUNT(bad_endpoints); i++) {
        REFUSES(title("init refuses the endpoint %s", quoted(bad_endpoints[i])), ".", NEW_SERVER,
                "--endpoint", bad_endpoints[i]);
        REFUSES(title("edit-server refuses the endpoint %s", quoted(bad_endpoints[i])), ".", "-C",
                "etc", "edit-server", "--endpoint", bad_endpoints[i]);
    }
    for (size_t i = 0; i < COUNT(bad_ports); i++)
        REFUSES(title("init refuses the port %s", quoted(bad_ports[i])), "port", NEW_SERVER,
                "--endpoint", "vpn.example.org", "--listen-port", bad_ports[i]);
    for (size_t i = 0; i < COUNT(bad_firewalls); i++)
        REFUSES(title("init refuses the firewall %s", quoted(bad_firewalls[i])), "firewall", "-C",
                "etc", "-i", "wg1", "init", "--no-apply", "--endpoint", "vpn.example.org",
                "--firewall", bad_firewalls[i]);
    for (size_t i = 0; i < COUNT(bad_egresses); i++)
        REFUSES(title("init refuses the way out %s", quoted(bad_egresses[i])),
                "is not a valid interface name", NEW_SERVER, "--endpoint", "vpn.example.org",
                "--egress", bad_egresses[i]);
    REFUSES("init refuses split and lan, where they have no meaning", ".", NEW_SERVER, "--endpoint",
            "vpn.example.org", "--allowed-ips", "lan");
}

/* ---- numbers, days, notes ---- */

static const char *const bad_dns[] = {"nonsense/8",
                                      "1.1.1.1,",
                                      ",1.1.1.1",
                                      "1.1.1.1 9.9.9.9",
                                      "300.1.1.1",
                                      "1.1.1.1\nPostUp = id",
                                      "1.1.1.1\033[31m",
                                      "[::1]",
                                      "::1::2",
                                      "a b",
                                      "name;",
                                      X100("1.1.1.1,1.1.1.1,") "1.1.1.1",
                                      "-x",
                                      X100("€€€€€€€€€")};
static const char *const bad_mtus[] = {
    "0", "1",     "575", "65536", "99999999999999999999", "-1",       "+1420", "1420x", "x",
    "",  " 1420", "1e3", "0x500", "1420\033[31m",         X1000("99")};
static const char *const bad_keepalives[] = {"65536", "-1", "x",   "",    "25s",
                                             " 25",   "on", "1.5", "25\n"};
static const char *const bad_ends[] = {"0d",
                                       "7",
                                       "7x",
                                       "d",
                                       "-7d",
                                       "+7d",
                                       "7.5d",
                                       "1m",
                                       "",
                                       "yesterday",
                                       "2020-01-01",
                                       "2999-02-30",
                                       "2999-13-01",
                                       "2999-00-01",
                                       "2999-1",
                                       "2999-12-24T25:00:00Z",
                                       "2999-12-24T18:00:00",
                                       "2999-12-24 18:00",
                                       "100001d",
                                       "99999999999999999999d",
                                       "99999999-01-01",
                                       "7 d",
                                       " 7d",
                                       "7d\n",
                                       "2999-12-24\033[31m",
                                       "2999-12-24T18:00:00Zx",
                                       X1000("77") "d"};
static const char *const bad_notes[] = {"a\nb",
                                        "a\n",
                                        "\033[31mred",
                                        "a\ab",
                                        "a\tb",
                                        "a\x7f",
                                        "a\r",
                                        "a\xc2\x9b"
                                        "31m",
                                        "a\xe2\x80\xae"
                                        "b",
                                        "a\xff",
                                        "a\xe2\x80\x8b"
                                        "b", /* zero-width space */
                                        "a\xe2\x80\x8d"
                                        "b", /* zero-width joiner */
                                        "\xe2\x81\xa0"
                                        "a", /* word joiner */
                                        "\xef\xbb\xbf"
                                        "a", /* byte order mark */
                                        "a\xc2\xad"
                                        "b",         /* soft hyphen */
                                        "a\xd8\x9c", /* Arabic letter mark */
                                        "a\xe2\x80\xa8"
                                        "b",                 /* line separator */
                                        "\xe3\x85\xa4",      /* Hangul filler */
                                        "\xe1\x85\x9f",      /* Hangul filler */
                                        "a\xf3\xa0\x81\xa1", /* tag */
                                        "a\xed\xa0\x80",     /* surrogate */
                                        "a\xc0\xaf",         /* overlong */
                                        X100("xx") "x",
                                        X1000("€€€")};

static void test_values(void)
{
    for (size_t i = 0; i < COUNT(bad_dns); i++) {
        REFUSES(title("the DNS servers %s are refused by add-peer", quoted(bad_dns[i])),
                "DNS|control", ADD, "--dns", bad_dns[i]);
        REFUSES(title("the DNS servers %s are refused by init", quoted(bad_dns[i])), "DNS|control",
                NEW_SERVER, "--endpoint", "vpn.example.org", "--dns", bad_dns[i]);
    }
    for (size_t i = 0; i < COUNT(bad_mtus); i++) {
        REFUSES(title("the MTU %s is refused by add-peer", quoted(bad_mtus[i])), "MTU", ADD,
                "--mtu", bad_mtus[i]);
        REFUSES(title("the MTU %s is refused by init", quoted(bad_mtus[i])), "MTU", NEW_SERVER,
                "--endpoint", "vpn.example.org", "--mtu", bad_mtus[i]);
    }
    for (size_t i = 0; i < COUNT(bad_keepalives); i++)
        REFUSES(title("the keepalive %s is refused", quoted(bad_keepalives[i])), "keepalive", ADD,
                "--keepalive", bad_keepalives[i]);
    for (size_t i = 0; i < COUNT(bad_ends); i++)
        REFUSES(title("the end %s is refused", quoted(bad_ends[i])), ".", ADD, "--expires",
                bad_ends[i]);
    for (size_t i = 0; i < COUNT(bad_notes); i++)
        REFUSES(title("the note %s is refused", quoted(bad_notes[i])), "note", ADD, "--note",
                bad_notes[i]);
}

int main(void)
{
    refusals_begin();
    test_names();
    test_ambiguous_name();
    test_interfaces();
    test_addresses();
    test_full_pool();
    test_public_keys();
    test_endpoints();
    test_values();
    return drive_finish();
}
