#include "conf/server.h"

#include <string.h>

#include "servers.h"
#include "texts.h"

/* Keys, and the public key of the first. */
#define PRIVATE "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Y="
#define PUBLIC "I5Qbl+hOXynotu1xihNJB5nfzXiIbM6TW/rezv3nHFs="
#define ALICE "JjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1plcHs="
#define BOB "S1ZhbHeCjZijrrnEz9rl8PsGERwnMj1IU15pdH+KlaA="
#define CAROL "cHuGkZynsr3I097p9P8KFSArNkFMV2JteIOOmaSvusU="
#define DAVE "usXQ2+bx/AcSHSgzPklUX2p1gIuWoay3ws3Y4+75BA8="
#define PSK "laCrtsHM1+Lt+AMOGSQvOkVQW2ZxfIeSnaizvsnU3+o="

static int parse(const char *content, struct wgctl_server *ret, struct wgctl_error *err)
{
    struct wgctl_text source = text_of(content);
    int status = wgctl_server_parse("wg0.conf", &source, ret, err);
    ck_assert_ptr_null(source.data);
    return status;
}

static void assert_content(const struct wgctl_server *server, const char *expected)
{
    WGCTL_TEXT text = {0};
    wgctl_document_render(&server->document, &text);
    assert_text(&text, expected);
}

static void describe_slice(const char *name, struct wgctl_slice slice, struct wgctl_text *text)
{
    if (slice.size > 0)
        wgctl_text_format(text, " %s=%.*s", name, (int)slice.size, slice.data);
}

static void describe_key(const char *name, const struct wgctl_key *key, struct wgctl_text *text)
{
    char value[WGCTL_KEY_TEXT_SIZE];
    if (!wgctl_key_is_zero(key))
        wgctl_text_format(text, " %s=%.4s", name, wgctl_key_format(key, value));
}

static void describe_peer(const struct wgctl_server *server, const struct wgctl_peer *peer,
                          struct wgctl_text *text)
{
    wgctl_text_string(text, peer->enabled ? "peer" : "disabled");
    describe_key("key", &peer->public_key, text);
    describe_slice("name", wgctl_peer_text(server, peer, WGCTL_PEER_NAME), text);
    describe_slice("added", wgctl_peer_text(server, peer, WGCTL_PEER_ADDED), text);
    describe_slice("expires", wgctl_peer_text(server, peer, WGCTL_PEER_EXPIRES), text);
    describe_slice("note", wgctl_peer_text(server, peer, WGCTL_PEER_NOTE), text);
    describe_key("psk", &peer->preshared_key, text);
    if (peer->allowed_ips.count > 0) {
        wgctl_text_string(text, " ips=");
        wgctl_prefixes_format(&peer->allowed_ips, text);
    }
    struct wgctl_endpoint endpoint;
    if (wgctl_peer_endpoint(server, peer, &endpoint)) {
        wgctl_text_string(text, " endpoint=");
        wgctl_endpoint_format(&endpoint, text);
    }
    if (peer->keepalive > 0)
        wgctl_text_format(text, " keepalive=%u", peer->keepalive);
    wgctl_text_string(text, "\n");
}

/* All that was read, a line for the interface and one for each hook and peer. */
static void describe(const struct wgctl_server *server, struct wgctl_text *text)
{
    static const char *const hooks[] = {"PreUp", "PostUp", "PreDown", "PostDown"};
    wgctl_text_string(text, "interface");
    if (server->has_private_key)
        describe_key("key", &server->private_key, text);
    if (server->has_listen_port)
        wgctl_text_format(text, " port=%u", server->listen_port);
    if (server->has_fwmark)
        wgctl_text_format(text, " mark=%u", server->fwmark);
    if (server->addresses.count > 0) {
        wgctl_text_string(text, " addresses=");
        wgctl_prefixes_format(&server->addresses, text);
    }
    if (server->mtu > 0)
        wgctl_text_format(text, " mtu=%u", server->mtu);
    describe_slice("table", server->table, text);
    describe_slice("dns", wgctl_text_slice_of(&server->dns), text);
    wgctl_text_string(text, server->save_config ? " saves\n" : "\n");
    for (size_t i = 0; i < server->hook_count; i++)
        wgctl_text_format(text, "%s: %.*s\n", hooks[server->hooks[i].kind],
                          (int)server->hooks[i].command.size, server->hooks[i].command.data);
    for (size_t i = 0; i < server->peer_count; i++)
        describe_peer(server, &server->peers[i], text);
}

/* ---- reading ---- */

static const struct {
    const char *content, *meaning;
} files[] = {
    {"", "interface\n"},
    {"\n# nothing\n", "interface\n"},
    {"[Interface]\n", "interface\n"},
    {"[Interface]\nPrivateKey = " PRIVATE "\nListenPort = 51820\nFwMark = 51820\n"
     "Address = 10.0.0.1/24, fd00::1/64\nMTU = 1420\nTable = off\nDNS = 1.1.1.1, lan\n"
     "SaveConfig = true\nPreUp = a\nPostUp = b %i\nPreDown = c; d\nPostDown = e '{ f }'\n",
     "interface key=AQwX port=51820 mark=51820 addresses=10.0.0.1/24, fd00::1/64 mtu=1420"
     " table=off dns=1.1.1.1, lan saves\n"
     "PreUp: a\nPostUp: b %i\nPreDown: c; d\nPostDown: e '{ f }'\n"},
    {"[Peer]\nPublicKey = " ALICE "\nPresharedKey = " PSK "\nAllowedIPs = 10.0.0.2/32, fd00::2\n"
     "Endpoint = [2001:db8::1]:51820\nPersistentKeepalive = 25\n",
     "interface\npeer key=JjE8 psk=laCr ips=10.0.0.2/32, fd00::2/128 "
     "endpoint=[2001:db8::1]:51820 keepalive=25\n"},
    /* Case and white space. */
    {"[iNTERFACE]\nPRIVATEKEY=" PRIVATE "\nlistenport=1\n[PEER]\npublickey=" ALICE "\n"
     "ALLOWEDips=10.0.0.2\n",
     "interface key=AQwX port=1\npeer key=JjE8 ips=10.0.0.2/32\n"},
    {" [ Inter face ]\n\tL i s t e n P o r t\v=\f5 1 8 2 0 \n[P e e r]\n"
     "Public Key = JjE8R1JdaHN+iZSfqrX Ay9bh7PcCDRgj\tLjlET1plcHs =\nAllowed IPs = 1 0.0.0. 2 / 3 "
     "2\n"
     "Persistent Keepalive = 2 5\nEnd point = vpn . example . org : 1 2\n",
     "interface port=51820\npeer key=JjE8 ips=10.0.0.2/32 endpoint=vpn.example.org:12 "
     "keepalive=25\n"},
    {"[Interface]\r\nListenPort = 1\r\n\r\n[Peer]\r\n# friendly_name = a\r\nPublicKey = " ALICE,
     "interface port=1\npeer key=JjE8 name=a\n"},
    {"[Peer]\n\v\f\nPublicKey =\v" ALICE "\f\n", "interface\npeer key=JjE8\n"},
    /* '#' anywhere but in a hook, where it is bash's. */
    {"#x\n[Interface] # y\nListenPort = 1 # = 2\nFwMark = 2#3\n#MTU = 9\n  # MTU = 8\n"
     "PostUp = a # b\n[Peer]#\nPublicKey = " ALICE "#" BOB "\nAllowedIPs = 10.0.0.2#, 10.0.0.3\n",
     "interface port=1 mark=2\nPostUp: a # b\npeer key=JjE8 ips=10.0.0.2/32\n"},
    /* Repeated settings: lists grow, of the rest the last one counts. */
    {"[Interface]\nAddress = 10.0.0.1/24\nAddress = fd00::1/64\nListenPort = 1\nListenPort = 2\n"
     "PostUp = a\nPostUp = b\n[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 10.0.0.9\n"
     "AllowedIPs = 10.0.0.3, 10.0.0.2\nPublicKey = " BOB "\nPersistentKeepalive = 1\n"
     "PersistentKeepalive = off\n",
     "interface port=2 addresses=10.0.0.1/24, fd00::1/64\nPostUp: a\nPostUp: b\n"
     "peer key=S1Zh ips=10.0.0.9/32, 10.0.0.3/32, 10.0.0.2/32\n"},
    {"[Interface]\nListenPort = 1\n[Peer]\nPublicKey = " ALICE "\n[Interface]\nFwMark = 2\n[Peer]\n"
     "PublicKey = " BOB "\n",
     "interface port=1 mark=2\npeer key=JjE8\npeer key=S1Zh\n"},
    /* Values. */
    {"[Interface]\nListenPort = 0\nFwMark = off\n", "interface port=0 mark=0\n"},
    {"[Interface]\nListenPort = 65535\nFwMark = 0xCa6c\n", "interface port=65535 mark=51820\n"},
    {"[Interface]\nFwMark = 4294967295\n", "interface mark=4294967295\n"},
    {"[Interface]\nFwMark = 0xffffffff\n", "interface mark=4294967295\n"},
    {"[Interface]\nFwMark = 0x0\nSaveConfig = false\n", "interface mark=0\n"},
    {"[Interface]\nFwMark = OFF\nSaveConfig = TRUE\n", "interface mark=0 saves\n"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 10.0.0.7/24, 0.0.0.0/0, fd00::ff/64, ::/0\n",
     "interface\npeer key=JjE8 ips=10.0.0.0/24, 0.0.0.0/0, fd00::/64, ::/0\n"},
    {"[Peer]\nPublicKey = " ALICE "\nPersistentKeepalive = 65535\nEndpoint = 192.0.2.1:65535\n",
     "interface\npeer key=JjE8 endpoint=192.0.2.1:65535 keepalive=65535\n"},
    {"[Peer]\nAllowedIPs = 10.0.0.2\nPublicKey = " ALICE "\n",
     "interface\npeer key=JjE8 ips=10.0.0.2/32\n"},
    {"[Interface]\nAddress = 10.0.0.1\nPostUp = iptables -A a -s 10.0.0.0/24 -d b=c\n",
     "interface addresses=10.0.0.1/32\nPostUp: iptables -A a -s 10.0.0.0/24 -d b=c\n"},
    /* Notes. */
    {"[Peer]\n# friendly_name = phone\n# added = 2026-11-22\n# expires = 2026-12-24T18:00:00Z\n"
     "# note = Anna's old phone, # 2 = x\nPublicKey = " ALICE "\n",
     "interface\npeer key=JjE8 name=phone added=2026-11-22 expires=2026-12-24T18:00:00Z "
     "note=Anna's old phone, # 2 = x\n"},
    {"[Peer]\n#friendly_name=phone\n  #\tnote =\t a  b \t\nPublicKey = " ALICE "\n",
     "interface\npeer key=JjE8 name=phone note=a  b\n"},
    {"[Peer]\nPublicKey = " ALICE "\n# friendly_name = phone\n",
     "interface\npeer key=JjE8 name=phone\n"},
    {"[Peer]\n# Friendly_Name = phone\n# friendly name = x\n# name = y\n# note\n# notes = z\n"
     "PublicKey = " ALICE " # note = v\n",
     "interface\npeer key=JjE8\n"},
    {"[Interface]\n# friendly_name = nobody\n[Peer]\nPublicKey = " ALICE "\n",
     "interface\npeer key=JjE8\n"},
    {"# friendly_name = nobody\n[Peer]\nPublicKey = " ALICE "\n", "interface\npeer key=JjE8\n"},
    {"[Peer]\n# friendly_name = a\nPublicKey = " ALICE "\n[Peer]\nPublicKey = " BOB "\n",
     "interface\npeer key=JjE8 name=a\npeer key=S1Zh\n"},
    /* Disabled peers. */
    {"#- [Peer]\n#- # friendly_name = a\n#- PublicKey = " ALICE "\n#- AllowedIPs = 10.0.0.2\n",
     "interface\ndisabled key=JjE8 name=a ips=10.0.0.2/32\n"},
    {"#- [Peer]\r\n#- \r\n#-\r\n#- PublicKey = " ALICE "\r\n\r\n[Peer]\r\nPublicKey = " BOB,
     "interface\ndisabled key=JjE8\npeer key=S1Zh\n"},
    {"[Peer]\nPublicKey = " ALICE "\n#- [Peer]\n#- PublicKey = " BOB
     "\n#- [Peer]\n#- PublicKey = " CAROL "\n[Peer]\nPublicKey = " DAVE "\n",
     "interface\npeer key=JjE8\ndisabled key=S1Zh\ndisabled key=cHuG\npeer key=usXQ\n"},
    {"#- [Peer]\n#- PublicKey = " ALICE "\n[Interface]\nListenPort = 1\n",
     "interface port=1\ndisabled key=JjE8\n"},
    {"#- [Peer]\n#- PublicKey = " ALICE "\n# friendly_name = not a's\n\n[Peer]\nPublicKey = " BOB
     "\n",
     "interface\ndisabled key=JjE8\npeer key=S1Zh\n"},
    /* What only looks like one. */
    {"#- a list\n#- of things\n[Interface]\n#- PrivateKey = x\n#-----\n[Peer]\n#- MTU\nPublicKey "
     "= " ALICE "\n#- PublicKey = " BOB "\n",
     "interface\npeer key=JjE8\n"},
    {"# - [Peer]\n#[Peer]\n# #- [Peer]\n [Peer]\nPublicKey = " ALICE "\n",
     "interface\npeer key=JjE8\n"},
};
enum { FILES = sizeof files / sizeof *files };

START_TEST(a_file_is_read_as_wg_and_wg_quick_read_it)
{
    WGCTL_SERVER server = server_of(files[_i].content);
    WGCTL_TEXT meaning = {0};
    describe(&server, &meaning);
    assert_text(&meaning, files[_i].meaning);
    assert_content(&server, files[_i].content);
}
END_TEST

START_TEST(the_server_knows_its_own_public_key)
{
    WGCTL_SERVER server = server_of("[Interface]\nPrivateKey = " PRIVATE "\n");
    char text[WGCTL_KEY_TEXT_SIZE];
    ck_assert_str_eq(wgctl_key_format(&server.public_key, text), PUBLIC);
}
END_TEST

START_TEST(a_row_of_dashes_after_a_disabled_peer_is_a_comment)
{
    static const char *const rows[] = {"#-----------\n", "#- - - -\n", "#---- clients ----\n",
                                       "#-\n"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        WGCTL_TEXT content = {0}, meaning = {0};
        wgctl_text_format(&content,
                          "#- [Peer]\n#- PublicKey = " ALICE "\n\n%s[Peer]\nPublicKey = " BOB "\n",
                          rows[i]);
        WGCTL_SERVER server = server_of(content.data);
        describe(&server, &meaning);
        assert_text(&meaning, "interface\ndisabled key=JjE8\npeer key=S1Zh\n");
    }
}
END_TEST

/* The comment is not among the lines that go when the peer goes. */
START_TEST(a_note_above_the_next_peer_is_none_of_the_peer_before)
{
    WGCTL_SERVER server = server_of("[Peer]\nPublicKey = " ALICE "\n\n# friendly_name = bob\n"
                                    "# note = b's\n[Peer]\nPublicKey = " BOB "\n");
    WGCTL_TEXT meaning = {0};
    describe(&server, &meaning);
    assert_text(&meaning, "interface\npeer key=JjE8\npeer key=S1Zh\n");
}
END_TEST

START_TEST(the_lines_of_a_peer_are_known)
{
    WGCTL_SERVER server = server_of("[Interface]\n"
                                    "ListenPort = 1\n"
                                    "\n"
                                    "# title of Alice\n"
                                    "[Peer]\n" /* 4 */
                                    "# friendly_name = alice\n"
                                    "\n"
                                    "PublicKey = " ALICE "\n"
                                    "# after\n"
                                    "\n"
                                    "#- [Peer]\n" /* 10 */
                                    "#- PublicKey = " BOB "\n"
                                    "[Peer]\n" /* 12 */
                                    "PublicKey = " CAROL "\n"
                                    "# title of Dave, perhaps\n"
                                    "[Peer]\n" /* 15 */
                                    "PublicKey = " DAVE "\n"
                                    "# the end");
    static const size_t expected[][2] = {{4, 9}, {10, 12}, {12, 14}, {15, 18}};
    ck_assert_uint_eq(server.peer_count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(server.peers[i].first_line, expected[i][0]);
        ck_assert_uint_eq(server.peers[i].end_line, expected[i][1]);
    }
}
END_TEST

/* ---- refusing ---- */

static const struct {
    const char *content, *message; /* without "wg0.conf:" */
} faults[] = {
    {"ListenPort = 1\n", "1: a setting stands before any [section]"},
    {"\n\nListenPort = 1\n", "3: a setting stands before any [section]"},
    {"[Interface\n", "1: this is neither a [section] nor KEY = VALUE"},
    {"[Interface]\nListenPort\n", "2: this is neither a [section] nor KEY = VALUE"},
    {"[Interface]\n; MTU\n", "2: this is neither a [section] nor KEY = VALUE"},
    {"\xef\xbb\xbf[Interface]\n", "1: a byte order mark stands before the first line"},
    {"[Interfaces]\n", "1: a section is [Interface] or [Peer]"},
    {"[Interface]\n[]\n", "2: a section is [Interface] or [Peer]"},
    {"[Interface]\n#- [Peer]\n#- PublicKey = " ALICE "\n[Interfaces]\n",
     "4: a section is [Interface] or [Peer]"},
    {"[Interface]\nPublicKey = " ALICE "\n", "2: this setting is not known here"},
    {"[Interface]\n; MTU = 1420\n", "2: this setting is not known here"},
    {"[Interface]\nMTU2 = 1420\n", "2: this setting is not known here"},
    {"[Interface]\n = 1420\n", "2: this setting is not known here"},
    {"[Peer]\nMTU = 1420\nPublicKey = " ALICE "\n", "2: this setting is not known here"},
    {"[Peer]\nPublicKey = " ALICE "\nPostUp = x\n", "3: this setting is not known here"},
    {"[Peer]\n", "1: this [Peer] has no PublicKey"},
    {"[Peer]\nAllowedIPs = 10.0.0.2\n[Peer]\nPublicKey = " ALICE "\n",
     "1: this [Peer] has no PublicKey"},
    {"[Peer]\nPublicKey = " ALICE "\n\n[Peer]\n", "4: this [Peer] has no PublicKey"},
    {"[Peer]\n[Interface]\n", "1: this [Peer] has no PublicKey"},
    {"\n#- [Peer]\n#- AllowedIPs = 10.0.0.2\n", "2: this [Peer] has no PublicKey"},
    {"#- [Peer]\n[Peer]\nPublicKey = " ALICE "\n", "1: this [Peer] has no PublicKey"},
    {"#- [Peer]\nPublicKey = " ALICE "\n", "1: this [Peer] has no PublicKey"},
    {"[Interface]\nPrivateKey =\n", "2: a key has 44 characters, this one has 0"},
    {"[Interface]\nPrivateKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Y\n",
     "2: a key has 44 characters, this one has 43"},
    {"[Interface]\nPrivateKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Z=\n",
     "2: this is no key: it is not 32 bytes in base64"},
    {"[Interface]\nPrivateKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1?=\n",
     "2: this is no key: it is not 32 bytes in base64"},
    {"[Peer]\nPublicKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP-CRQfKjVAS1Y=\n",
     "2: this is no key: it is not 32 bytes in base64"},
    {"[Peer]\nPublicKey = " ALICE "=\n", "2: a key has 44 characters, this one has 45"},
    {"[Peer]\nPublicKey = " ALICE "\nPresharedKey = x\n",
     "3: a key has 44 characters, this one has 1"},
    {"[Interface]\nListenPort =\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would cut a larger one)"},
    {"[Interface]\nListenPort = 65536\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would cut a larger one)"},
    {"[Interface]\nListenPort = 70000\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would cut a larger one)"},
    {"[Interface]\nListenPort = -1\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would cut a larger one)"},
    {"[Interface]\nListenPort = 0x10\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would cut a larger one)"},
    {"[Interface]\nListenPort = off\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would cut a larger one)"},
    {"[Interface]\nFwMark = x\n", "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 0x\n", "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 0x100000000\n",
     "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 0x10000000000000001\n",
     "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 4294967296\n",
     "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 0x-1\n", "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nMTU = x\n",
     "2: an MTU is a number without a 0 before it (which ip would read as octal)"},
    {"[Interface]\nMTU = 65536\n",
     "2: an MTU is a number without a 0 before it (which ip would read as octal)"},
    {"[Interface]\nAddress = 10.0.0.1/24, lan\n", "2: 'lan' is not an IP address"},
    {"[Interface]\nAddress = 10.0.0.1/33\n",
     "2: '10.0.0.1/33' needs a number from 0 to 32 after the '/'"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 10.0.0.1,\n",
     "3: '10.0.0.1,' has a comma too many, or an address too few"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 010.0.0.1\n",
     "3: '010.0.0.1' is not an IP address"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 10.0.0.2, lan\n",
     "3: 'lan' is not an IP address"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs =\n", "3: the list of addresses is empty"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs = # 10.0.0.2\n",
     "3: the list of addresses is empty"},
    {"[Peer]\nPublicKey = " ALICE "\nEndpoint =\n",
     "3: '' is neither an IP address nor a host name"},
    {"[Peer]\nPublicKey = " ALICE "\nEndpoint = vpn.example.org\n",
     "3: 'vpn.example.org' needs a port at its end, a number from 1 to 65535"},
    {"[Peer]\nPublicKey = " ALICE "\nPersistentKeepalive = 65536\n",
     "3: PersistentKeepalive must be 0 to 65535 seconds, or off"},
    {"[Peer]\nPublicKey = " ALICE "\nPersistentKeepalive =\n",
     "3: PersistentKeepalive must be 0 to 65535 seconds, or off"},
};
enum { FAULTS = sizeof faults / sizeof *faults };

START_TEST(a_fault_is_named_with_the_file_and_the_line)
{
    WGCTL_SERVER server = {0};
    WGCTL_TEXT expected = {0};
    struct wgctl_error err;
    ck_assert_int_eq(parse(faults[_i].content, &server, &err), WGCTL_INVALID);
    wgctl_text_format(&expected, "wg0.conf:%s", faults[_i].message);
    ck_assert_str_eq(err.message, expected.data);
}
END_TEST

START_TEST(a_nul_byte_is_refused_wherever_it_stands)
{
    static const char content[] = "[Interface]\nListenPort = 1\n# x\n\n[Peer]\nPublicKey = " ALICE;
    for (size_t at = 0; at < sizeof content - 1; at++) {
        WGCTL_SERVER server = {0};
        struct wgctl_error err;
        struct wgctl_text source = text_of(content);
        unsigned line = 1;
        for (size_t i = 0; i < at; i++)
            line += content[i] == '\n';
        source.data[at] = '\0';
        ck_assert_int_eq(wgctl_server_parse("wg0.conf", &source, &server, &err), WGCTL_INVALID);
        char expected[80];
        snprintf(expected, sizeof expected,
                 "wg0.conf:%u: a NUL byte stands here, and wg would not read on", line);
        ck_assert_str_eq(err.message, expected);
    }
}
END_TEST

START_TEST(a_fault_is_found_on_whichever_line_it_is)
{
    static const char *const good[] = {
        "[Interface]",        "ListenPort = 1",        "", "# comment", "[Peer]",
        "PublicKey = " ALICE, "AllowedIPs = 10.0.0.2", "", "[Peer]",    "# friendly_name = b",
        "PublicKey = " BOB,
    };
    enum { GOOD = sizeof good / sizeof *good };
    for (size_t at = 0; at <= GOOD; at++) {
        WGCTL_TEXT content = {0};
        WGCTL_SERVER server = {0};
        struct wgctl_error err;
        char expected[20];
        for (size_t i = 0; i <= GOOD; i++) {
            if (i == at)
                wgctl_text_string(&content, "no setting\r\n");
            if (i < GOOD)
                wgctl_text_format(&content, "%s\r\n", good[i]);
        }
        snprintf(expected, sizeof expected, "wg0.conf:%zu: ", at + 1);
        ck_assert_int_eq(parse(content.data, &server, &err), WGCTL_INVALID);
        ck_assert_msg(strncmp(err.message, expected, strlen(expected)) == 0, "%s, not %s",
                      err.message, expected);
    }
}
END_TEST

/* Where a key can end up by mistake. */
static const char *const places[] = {
    "PrivateKey = %s\n",
    "PrivateKey = %s%s\n",
    "PrivateKey = x%s\n",
    "PrivateKey %s\n",
    "%s\n",
    "%s = x\n",
    "[%s]\n",
    "[%s\n",
    "ListenPort = %s\n",
    "FwMark = %s\n",
    "FwMark = 0x%s\n",
    "Address = %s\n",
    "Address = 10.0.0.1/%s\n",
    "Address = 10.0.0.1, %s\n",
    "MTU = %s\n",
    "Unknown = %s\n",
    "[Peer]\nPublicKey = x%s\n",
    "[Peer]\nPublicKey = %s%s\n",
    "[Peer]\nPresharedKey = x%s\n",
    "[Peer]\nPresharedKey = %s%s\n",
    "[Peer]\nAllowedIPs = %s\n",
    "[Peer]\nAllowedIPs = 10.0.0.1/32, %s\n",
    "[Peer]\nAllowedIPs = 10.0.0.1/32,, %s\n",
    "[Peer]\nEndpoint = %s\n",
    "[Peer]\nEndpoint = %s:51820\n",
    "[Peer]\nEndpoint = [%s]:51820\n",
    "[Peer]\nEndpoint = [%s\n",
    "[Peer]\nEndpoint = vpn.example.org:%s\n",
    "[Peer]\nPersistentKeepalive = %s\n",
    "[Peer]\n%s\n",
    "#- [Peer]\n#- PublicKey = x%s\n",
    "#- [Peer]\n#- AllowedIPs = %s\n",
};
enum { PLACES = sizeof places / sizeof *places };

START_TEST(no_message_shows_a_key_wherever_it_stands)
{
    /* Whole, cut, with a wrong character, and without what cannot be in other values. */
    static const char *const keys[] = {
        PRIVATE,
        "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Y",
        "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP CRQfKjVAS1Y=",
        "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PPxCRQfKjVAS1Y=",
        "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PPxCRQfKjVAS1Y",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        WGCTL_TEXT content = {0};
        WGCTL_SERVER server = {0};
        struct wgctl_error err;
        const char *place = places[_i], *mark;
        wgctl_text_string(&content, "[Interface]\n");
        for (; (mark = strstr(place, "%s")); place = mark + 2) {
            wgctl_text_append(&content, place, (size_t)(mark - place));
            wgctl_text_string(&content, keys[i]);
        }
        wgctl_text_string(&content, place);
        if (parse(content.data, &server, &err) == WGCTL_OK)
            continue;
        /* Any eight characters of it are too much. */
        for (size_t at = 0; at + 8 <= strlen(keys[i]); at++) {
            char part[9];
            snprintf(part, sizeof part, "%s", keys[i] + at);
            ck_assert_msg(!strstr(err.message, part) && !strstr(err.hint, part), "%s (%s)",
                          err.message, err.hint);
        }
    }
}
END_TEST

START_TEST(whatever_stands_in_a_file_it_is_read_or_refused_with_its_line)
{
    static const char *const pieces[] = {
        "[Interface]\n",
        "[Peer]\n",
        "[Peer]\n#",
        "#- [Peer]\n",
        "#- ",
        "#-",
        "# ",
        "\n",
        "\r\n",
        " ",
        "\t",
        "PublicKey = " ALICE "\n",
        "PublicKey = " BOB "\n",
        "#- PublicKey = " CAROL "\n",
        "PrivateKey = " PRIVATE "\n",
        "PresharedKey = " PSK "\n",
        "AllowedIPs = 10.0.0.2/32\n",
        "AllowedIPs",
        "=",
        "10.0.0.1/33",
        "Endpoint = [::1]:1\n",
        "# friendly_name = x\n",
        "# note = y\n",
        "PostUp = x\n",
        "FwMark = 0x",
        "SaveConfig = true\n",
        "]",
        "[",
        ",",
        "Address = 10.0.0.1/24\n",
        "\xff",
    };
    uint64_t state = (uint64_t)_i;
    unsigned good = 0;
    for (unsigned round = 0; round < 1000; round++) {
        WGCTL_TEXT content = {0};
        WGCTL_SERVER server = {0};
        struct wgctl_error err = {0};
        size_t lines = 1, line = 0;
        for (uint32_t count = next_number(&state) % 12; count > 0; count--)
            wgctl_text_string(&content,
                              pieces[next_number(&state) % (sizeof pieces / sizeof *pieces)]);
        wgctl_text_string(&content, "");
        for (size_t i = 0; i < content.size; i++)
            lines += content.data[i] == '\n';
        if (parse(content.data, &server, &err) == WGCTL_OK) {
            good++;
            assert_content(&server, content.data);
            for (size_t i = 0; i < server.peer_count; i++)
                ck_assert(server.peers[i].first_line < server.peers[i].end_line &&
                          server.peers[i].end_line <= (i + 1 < server.peer_count
                                                           ? server.peers[i + 1].first_line
                                                           : server.document.count));
        } else {
            ck_assert_int_eq(sscanf(err.message, "wg0.conf:%zu: ", &line), 1);
            ck_assert_msg(line >= 1 && line <= lines, "%s\nin\n%s", err.message, content.data);
        }
    }
    ck_assert_uint_gt(good, 20);
}
END_TEST

/* ---- finding ---- */

#define TWINS_A "AAAABkZzcPgBAgMEBQYHCAkKCwwNDg8QERITFBUWFxg="
#define TWINS_B "AAAABkZzcPgBAgMEBQYHCAkKCwwNDg8QERITFBUWFxk="

static const char many[] = "[Peer]\n# friendly_name = alice\nPublicKey = " ALICE "\n"
                           "[Peer]\nPublicKey = " BOB "\n"
                           "#- [Peer]\n#- # friendly_name = carol\n#- PublicKey = " CAROL "\n"
                           "[Peer]\n# friendly_name = S1Zh\nPublicKey = " DAVE "\n"
                           "[Peer]\n# friendly_name = twin\nPublicKey = " TWINS_A "\n"
                           "[Peer]\n# friendly_name = twin\nPublicKey = " TWINS_B "\n";

static const struct {
    const char *name;
    int status;
    size_t index;
} names[] = {
    {"alice", WGCTL_OK, 0},
    {"Alice", WGCTL_NOT_FOUND, 0},
    {"alic", WGCTL_NOT_FOUND, 0},
    {"alicee", WGCTL_NOT_FOUND, 0},
    {ALICE, WGCTL_OK, 0},
    {"JjE8", WGCTL_OK, 0},
    {"JjE8R1JdaHN+iZSf", WGCTL_OK, 0},
    {"JjE", WGCTL_NOT_FOUND, 0}, /* too short */
    {"jje8", WGCTL_NOT_FOUND, 0},
    {ALICE "=", WGCTL_NOT_FOUND, 0},
    {BOB, WGCTL_OK, 1},
    {"S1Zhb", WGCTL_OK, 1},
    {"S1Zh", WGCTL_OK, 3}, /* a name before the beginning of a key */
    {"carol", WGCTL_OK, 2},
    {CAROL, WGCTL_OK, 2},
    {"cHuG", WGCTL_OK, 2},
    {"twin", WGCTL_INVALID, 0},
    {"AAAA", WGCTL_INVALID, 0},
    {"AAAABkZzcPgBAgMEBQYHCAkKCwwNDg8QERITFBUWFx", WGCTL_INVALID, 0},
    {"AAAABkZzcPgBAgMEBQYHCAkKCwwNDg8QERITFBUWFxk", WGCTL_OK, 5},
    {TWINS_A, WGCTL_OK, 4},
    {TWINS_B, WGCTL_OK, 5},
    {"", WGCTL_NOT_FOUND, 0},
    {"nobody", WGCTL_NOT_FOUND, 0},
};
enum { NAMES = sizeof names / sizeof *names };

START_TEST(a_peer_is_found_by_its_name_its_key_or_a_beginning_of_the_key)
{
    WGCTL_SERVER server = server_of(many);
    const struct wgctl_peer *peer = NULL;
    struct wgctl_error err = {0};
    ck_assert_int_eq(wgctl_server_find(&server, names[_i].name, &peer, &err), names[_i].status);
    if (names[_i].status == WGCTL_OK) {
        ck_assert_ptr_eq(peer, &server.peers[names[_i].index]);
    } else {
        char expected[100];
        snprintf(expected, sizeof expected,
                 names[_i].status == WGCTL_INVALID ? "more than one peer is called '%s'"
                                                   : "there is no peer '%s' in wg0.conf",
                 names[_i].name);
        ck_assert_ptr_null(peer);
        ck_assert_str_eq(err.message, expected);
        ck_assert_str_ne(err.hint, "");
    }
}
END_TEST

START_TEST(it_is_known_whether_a_name_and_a_key_are_taken)
{
    WGCTL_SERVER server = server_of(many);
    struct wgctl_key bob = key_from(BOB), carol = key_from(CAROL), nobody = key_of(99);
    ck_assert(wgctl_server_has_name(&server, wgctl_slice_of("alice")));
    ck_assert(wgctl_server_has_name(&server, wgctl_slice_of("carol")));
    ck_assert(wgctl_server_has_name(&server, wgctl_slice_of("twin")));
    ck_assert(!wgctl_server_has_name(&server, wgctl_slice_of("Alice")));
    ck_assert(!wgctl_server_has_name(&server, wgctl_slice_of("ali")));
    ck_assert(!wgctl_server_has_name(&server, wgctl_slice_of(ALICE)));
    ck_assert_ptr_eq(wgctl_server_by_key(&server, &bob), &server.peers[1]);
    ck_assert_ptr_eq(wgctl_server_by_key(&server, &carol), &server.peers[2]);
    ck_assert_ptr_null(wgctl_server_by_key(&server, &nobody));
}
END_TEST

START_TEST(a_peer_is_called_by_its_name_or_the_beginning_of_its_key)
{
    WGCTL_SERVER server = server_of(many);
    char label[64], small[6];
    ck_assert_str_eq(wgctl_peer_label(&server, &server.peers[0], label, sizeof label), "alice");
    ck_assert_str_eq(wgctl_peer_label(&server, &server.peers[1], label, sizeof label), "S1ZhbHeC…");
    ck_assert_str_eq(wgctl_peer_label(&server, &server.peers[4], small, sizeof small), "twin");
    ck_assert_str_eq(wgctl_peer_label(&server, &server.peers[1], small, sizeof small), "S1Zhb");
}
END_TEST

START_TEST(a_name_is_what_every_app_takes)
{
    static const struct {
        const char *name, *fault; /* NULL: none */
    } cases[] = {
        {"phone", NULL},
        {"a", NULL},
        {"7", NULL},
        {"Z_=+.-9", NULL},
        {"fifteen-letters", NULL},
        {"a..", NULL},
        {"", "is empty"},
        {"sixteen-letters.", "is longer than 15 characters"},
        {".", "does not begin with a letter or digit"},
        {"..", "does not begin with a letter or digit"},
        {"-a", "does not begin with a letter or digit"},
        {"_a", "does not begin with a letter or digit"},
        {"\xc3\xa4", "does not begin with a letter or digit"},
        {"a b", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a/b", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a\n", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a\nPostUp = x", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a#", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a\xc3\xa4", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a%i", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wgctl_error err = {0};
        int status = wgctl_peer_name_check(cases[i].name, &err);
        ck_assert_int_eq(status, cases[i].fault ? WGCTL_INVALID : WGCTL_OK);
        ck_assert(!cases[i].fault || contains(wgctl_slice_of(err.message), cases[i].fault));
        ck_assert(!cases[i].fault || err.hint[0]);
    }
}
END_TEST

START_TEST(each_byte_is_in_a_name_or_not_as_the_rule_says)
{
    for (unsigned byte = 1; byte < 256; byte++) {
        const char first[] = {(char)byte, '\0'}, second[] = {'a', (char)byte, '\0'};
        struct wgctl_error err;
        bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                            (byte >= 'A' && byte <= 'Z');
        ck_assert_int_eq(wgctl_peer_name_check(first, &err) == WGCTL_OK, alphanumeric);
        ck_assert_int_eq(wgctl_peer_name_check(second, &err) == WGCTL_OK,
                         alphanumeric || strchr("_=+.-", (int)byte) != NULL);
    }
}
END_TEST

/* ---- changing ---- */

/* A peer of which everything is set. */
static struct wgctl_new_peer full_peer(void)
{
    struct wgctl_new_peer peer = {
        .name = wgctl_slice_of("phone"),
        .added = wgctl_slice_of("2026-11-22"),
        .expires = wgctl_slice_of("2026-12-24T18:00:00Z"),
        .note = wgctl_slice_of("Anna's # old = phone"),
        .public_key = key_from(DAVE),
        .preshared_key = key_from(PSK),
    };
    struct wgctl_error err;
    ck_assert_int_eq(
        wgctl_prefixes_parse(&peer.allowed_ips, wgctl_slice_of("10.0.0.9/32, fd00::9/128"), &err),
        WGCTL_OK);
    return peer;
}

#define FULL_PEER                                                                               \
    "[Peer]\n# friendly_name = phone\n# added = 2026-11-22\n# expires = 2026-12-24T18:00:00Z\n" \
    "# note = Anna's # old = phone\nPublicKey = " DAVE "\nPresharedKey = " PSK                  \
    "\nAllowedIPs = 10.0.0.9/32, fd00::9/128\n"
#define FULL_PEER_MEANING                                                     \
    "peer key=usXQ name=phone added=2026-11-22 expires=2026-12-24T18:00:00Z " \
    "note=Anna's # old = phone psk=laCr ips=10.0.0.9/32, fd00::9/128\n"

START_TEST(a_peer_is_appended_after_a_blank_line_and_read_back)
{
    WGCTL_SERVER server = server_of("[Interface]\nListenPort = 1\n");
    WGCTL_TEXT meaning = {0};
    struct wgctl_error err;
    struct wgctl_new_peer peer = full_peer();
    ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
    wgctl_prefixes_clear(&peer.allowed_ips);
    assert_content(&server, "[Interface]\nListenPort = 1\n\n" FULL_PEER);
    describe(&server, &meaning);
    assert_text(&meaning, "interface port=1\n" FULL_PEER_MEANING);
    ck_assert_uint_eq(server.peers[0].first_line, 3);
    ck_assert_uint_eq(server.peers[0].end_line, 11);
}
END_TEST

START_TEST(only_what_is_set_of_a_peer_is_written)
{
    WGCTL_SERVER server = server_of("");
    WGCTL_PREFIXES addresses = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_prefixes_parse(&addresses, wgctl_slice_of("10.0.0.2"), &err), WGCTL_OK);
    struct wgctl_new_peer peer = {.public_key = key_from(ALICE), .allowed_ips = addresses};
    ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
    assert_content(&server, "[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 10.0.0.2/32\n");
}
END_TEST

/* "AllowedIPs =" is an error for wg. */
START_TEST(a_peer_without_addresses_is_written_without_the_setting)
{
    WGCTL_SERVER server = server_of("");
    struct wgctl_error err;
    struct wgctl_new_peer peer = {.public_key = key_from(ALICE)};
    ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
    assert_content(&server, "[Peer]\nPublicKey = " ALICE "\n");
}
END_TEST

static const char *const hosts[] = {
    "",
    "\n",
    "# only a comment\n",
    "[Interface]\nListenPort = 1\n",
    "[Interface]\nListenPort = 1\n\n\n",
    "[Interface]\nListenPort = 1\n# last words\n",
    "[Interface]\nListenPort = 1\n\n# last words\n",
    "[Interface]\r\nListenPort = 1\r\n",
    "[Interface]\r\nListenPort = 1\r\n\r\n",
    "[Interface]\nListenPort = 1\r\n",
    "[Peer]\nPublicKey = " ALICE "\n",
    "[Peer]\nPublicKey = " ALICE "\n# after\n",
    "[Peer]\nPublicKey = " ALICE "\n\n# after\n",
    "[Peer]\nPublicKey = " ALICE "\n   \n",
    "#- [Peer]\n#- PublicKey = " ALICE "\n",
    "#- [Peer]\n#- PublicKey = " ALICE "\n#-\n",
    "[Peer]\nPublicKey = " ALICE "\n#- a comment\n",
};
enum { HOSTS = sizeof hosts / sizeof *hosts };

START_TEST(a_peer_that_was_appended_and_removed_leaves_no_trace)
{
    WGCTL_SERVER server = server_of(hosts[_i]);
    WGCTL_TEXT before = {0}, after = {0};
    struct wgctl_error err;
    struct wgctl_new_peer peer = full_peer();
    describe(&server, &before);
    for (unsigned round = 0; round < 3; round++) {
        const struct wgctl_peer *found;
        ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
        ck_assert_int_eq(wgctl_server_find(&server, "phone", &found, &err), WGCTL_OK);
        wgctl_server_remove(&server, found);
        assert_content(&server, hosts[_i]);
    }
    wgctl_prefixes_clear(&peer.allowed_ips);
    describe(&server, &after);
    assert_same(wgctl_text_slice_of(&after), wgctl_text_slice_of(&before));
}
END_TEST

START_TEST(a_peer_that_was_appended_is_removed_as_well_after_the_file_was_read_again)
{
    WGCTL_SERVER server = server_of(hosts[_i]);
    WGCTL_TEXT content = {0};
    struct wgctl_error err;
    struct wgctl_new_peer peer = full_peer();
    const struct wgctl_peer *found;
    ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
    wgctl_prefixes_clear(&peer.allowed_ips);
    wgctl_document_render(&server.document, &content);
    WGCTL_SERVER again = server_of(content.data);
    ck_assert_int_eq(wgctl_server_find(&again, "phone", &found, &err), WGCTL_OK);
    wgctl_server_remove(&again, found);
    assert_content(&again, hosts[_i]);
}
END_TEST

START_TEST(a_file_without_a_last_newline_keeps_the_one_it_got)
{
    WGCTL_SERVER server = server_of("[Interface]\nListenPort = 1");
    struct wgctl_error err;
    struct wgctl_new_peer peer = full_peer();
    ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
    wgctl_prefixes_clear(&peer.allowed_ips);
    assert_content(&server, "[Interface]\nListenPort = 1\n\n" FULL_PEER);
    wgctl_server_remove(&server, &server.peers[0]);
    assert_content(&server, "[Interface]\nListenPort = 1\n");
}
END_TEST

START_TEST(a_file_of_another_system_gets_its_own_line_ends)
{
    WGCTL_SERVER server = server_of("[Interface]\r\nListenPort = 1\r\n");
    WGCTL_TEXT content = {0};
    struct wgctl_error err;
    struct wgctl_new_peer peer = full_peer();
    ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
    wgctl_prefixes_clear(&peer.allowed_ips);
    wgctl_document_render(&server.document, &content);
    for (size_t i = 0; i < content.size; i++)
        ck_assert(content.data[i] != '\n' || content.data[i - 1] == '\r');
}
END_TEST

#define A "[Peer]\nPublicKey = " ALICE "\n"
#define B "[Peer]\nPublicKey = " BOB "\n"
#define C "[Peer]\nPublicKey = " CAROL "\n"
#define B_OFF "#- [Peer]\n#- PublicKey = " BOB "\n"

/* What goes with Bob. */
#define D_OFF "#- [Peer]\n#- PublicKey = " PSK "\n"
#define E_OFF "#- [Peer]\n#- PublicKey = " PUBLIC "\n#- # note = x\n"
static const struct {
    const char *before, *after;
} removals[] = {
    {B, ""},
    {A B, A},
    {B A, A},
    {A B C, A C},
    {A "\n" B "\n" C, A "\n" C},
    {A "\n\n" B "\n\n" C, A "\n\n\n" C},
    {A "\n" B, A},
    {"\n" B, ""},
    {A "\n" B "\n", A "\n"},
    {A "\n" B_OFF "\n" C, A "\n" C},
    {A B_OFF C, A C},
    {A "\n" B "\n" B_OFF, A "\n" B_OFF},
    /* Titles directly above. */
    {A "\n# Bob\n" B "\n# Carol\n" C, A "\n# Carol\n" C},
    {A "\n# Bob\n# in two lines\n" B, A},
    {A "\n# Bob\n" B_OFF "\n" C, A "\n" C},
    {A "\r\n# Bob\r\n" B, A},
    /* Whose they are is not known. */
    {A "# Alice's or Bob's\n" B "\n" C, A "# Alice's or Bob's\n\n" C},
    {A "\n# of the list\n\n# Bob\n" B, A "\n# of the list\n"},
    {A "\n# of the list\n\n" B, A "\n# of the list\n"},
    {"# of the file\n" B, "# of the file\n"},
    {"# of the file\n\n# Bob\n" B A, "# of the file\n" A},
    {B "# Bob's or Carol's\n" C, "# Bob's or Carol's\n" C},
    {B "# Bob's or Carol's\n" B_OFF, "# Bob's or Carol's\n" B_OFF},
    {A B_OFF "# Carol\n" C, A "# Carol\n" C},
    {B_OFF "\n#- a list\n" A, "\n#- a list\n" A},
    /* Comments below, before a blank line or the end. */
    {A B "# Bob's\n\n# Carol\n" C, A "\n# Carol\n" C},
    {A "\n" B "# Bob's\n# too\n", A},
    {A "\n" B "# Bob's", A},
    {A "\n" B "\n# of the file\n", A "\n# of the file\n"},
    {A "\n" B "\n# of the file", A "\n# of the file"},
    /* Inside. */
    {A "[Peer]\n\n# x\n\n  # friendly_name = b\nPublicKey = " BOB
       " # y\n\nAllowedIPs = 10.0.0.2\n" C,
     A C},
    {A "[Peer]\nPublicKey = " BOB "\n[Interface]\nListenPort = 1\n" C,
     A "[Interface]\nListenPort = 1\n" C},
    /* Around disabled ones, which stay, and among the lines of others. */
    {A "[Peer]\n" D_OFF "PublicKey = " BOB "\n" C, A D_OFF C},
    {A "\n[Peer]\nPublicKey = " BOB "\n" D_OFF "# x\n" E_OFF "AllowedIPs = 10.0.0.2\n\n" C,
     A D_OFF E_OFF "\n" C},
    {"[Peer]\n" D_OFF "PublicKey = " ALICE "\n" B_OFF "AllowedIPs = 10.0.0.2\n" C,
     "[Peer]\n" D_OFF "PublicKey = " ALICE "\nAllowedIPs = 10.0.0.2\n" C},
};
enum { REMOVALS = sizeof removals / sizeof *removals };

START_TEST(a_peer_goes_with_what_is_its_own)
{
    WGCTL_SERVER server = server_of(removals[_i].before);
    struct wgctl_key key = key_from(BOB);
    wgctl_server_remove(&server, wgctl_server_by_key(&server, &key));
    assert_content(&server, removals[_i].after);
}
END_TEST

/* Files of random peers, each with the lines that are its own. */
struct block {
    struct wgctl_key key;
    struct wgctl_text before; /* stays: all but the one blank line above */
    struct wgctl_text own;
};

static void make_block(uint64_t *state, unsigned number, const char *end, struct block *block)
{
    char key[WGCTL_KEY_TEXT_SIZE];
    struct wgctl_text *own = &block->own;
    block->key = key_of(number);
    wgctl_key_format(&block->key, key);

    const char *mark = next_number(state) % 4 == 0 ? "#- " : "";
    if (next_number(state) % 2)
        wgctl_text_string(&block->before, end);
    if (next_number(state) % 4 == 0)
        wgctl_text_format(&block->before, "%s# general %u%s", end, number, end);
    wgctl_text_string(own, end); /* the one that separates it */
    for (uint32_t titles = next_number(state) % 3; titles > 0; titles--)
        wgctl_text_format(own, "# title %u%s", titles, end);
    wgctl_text_format(own, "%s[Peer]%s", mark, end);
    if (next_number(state) % 2)
        wgctl_text_format(own, "%s# friendly_name = name-%u%s", mark, number, end);
    if (next_number(state) % 4 == 0)
        wgctl_text_format(own, "%s%s", mark, end);
    wgctl_text_format(own, "%s  PUBLICKEY=%s # x%s", mark, key, end);
    if (next_number(state) % 2)
        wgctl_text_format(own, "%sPresharedKey = " PSK "%s", mark, end);
    if (next_number(state) % 4 == 0)
        wgctl_text_format(own, "%s# note = inside %u%s", mark, number, end);
    for (uint32_t ips = next_number(state) % 3; ips > 0; ips--)
        wgctl_text_format(own, "%sAllowedIPs = 10.%u.%u.0/24%s", mark, number, ips, end);
    if (next_number(state) % 3 == 0 && !*mark)
        wgctl_text_format(own, "# a last word%s", end);
}

START_TEST(removing_a_peer_changes_no_byte_of_anything_else)
{
    enum { MOST = 12 };
    uint64_t state = (uint64_t)_i;
    const char *end = _i % 2 ? "\r\n" : "\n";
    struct block blocks[MOST] = {0};
    bool gone[MOST] = {false};
    unsigned count = 1 + next_number(&state) % MOST;
    WGCTL_TEXT content = {0};
    wgctl_text_format(&content, "[Interface]%sPostUp = x%s", end, end);
    for (unsigned i = 0; i < count; i++) {
        make_block(&state, i, end, &blocks[i]);
        wgctl_text_slice(&content, wgctl_text_slice_of(&blocks[i].before));
        wgctl_text_slice(&content, wgctl_text_slice_of(&blocks[i].own));
    }
    WGCTL_SERVER server = server_of(content.data);
    ck_assert_uint_eq(server.peer_count, count);

    for (unsigned left = count; left > 0; left--) {
        WGCTL_TEXT expected = {0}, now = {0}, meaning = {0}, meaning_again = {0};
        unsigned victim = next_number(&state) % count;
        while (gone[victim])
            victim = (victim + 1) % count;
        gone[victim] = true;
        wgctl_server_remove(&server, wgctl_server_by_key(&server, &blocks[victim].key));

        wgctl_text_format(&expected, "[Interface]%sPostUp = x%s", end, end);
        for (unsigned i = 0; i < count; i++) {
            wgctl_text_slice(&expected, wgctl_text_slice_of(&blocks[i].before));
            if (!gone[i])
                wgctl_text_slice(&expected, wgctl_text_slice_of(&blocks[i].own));
        }
        wgctl_document_render(&server.document, &now);
        assert_same(wgctl_text_slice_of(&now), wgctl_text_slice_of(&expected));

        /* What is left in memory is what reading the file again would give. */
        WGCTL_SERVER again = server_of(now.data);
        describe(&server, &meaning);
        describe(&again, &meaning_again);
        assert_same(wgctl_text_slice_of(&meaning), wgctl_text_slice_of(&meaning_again));
        ck_assert_uint_eq(server.peer_count, left - 1);
        for (size_t i = 0; i < server.peer_count; i++) {
            ck_assert_uint_eq(server.peers[i].first_line, again.peers[i].first_line);
            ck_assert_uint_eq(server.peers[i].end_line, again.peers[i].end_line);
        }
    }
    for (unsigned i = 0; i < count; i++) {
        wgctl_text_clear(&blocks[i].before);
        wgctl_text_clear(&blocks[i].own);
    }
}
END_TEST

/* The mark in front of every line of a peer. */
START_TEST(a_peer_behind_marks_is_the_same_peer_disabled)
{
    static const char peer[] =
        "[Peer]\n# friendly_name = bob\n# added = 2026-11-22\n\nPublicKey = " BOB
        "\n# note = x = y # z\nPresharedKey = " PSK
        "\nAllowedIPs = 10.0.0.2, fd00::2\nEndpoint = 192.0.2.1:1\n"
        "PersistentKeepalive = 25\n";
    static const char *const marks[] = {"#- ", "#-\t", "#-   "};
    WGCTL_TEXT content = {0}, expected = {0};
    wgctl_text_format(&content, A "\n%s\n" C, peer);
    WGCTL_SERVER server = server_of(content.data);
    ck_assert(server.peers[1].enabled);
    server.peers[1].enabled = false;
    describe(&server, &expected);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        WGCTL_TEXT marked = {0}, meaning = {0};
        struct wgctl_slice rest = {peer, sizeof peer - 2}, line;
        wgctl_text_string(&marked, A "\n");
        while (wgctl_slice_split(&rest, '\n', &line))
            wgctl_text_format(&marked, "%s%.*s\n", marks[i], (int)line.size, line.data);
        wgctl_text_string(&marked, "\n" C);
        WGCTL_SERVER other = server_of(marked.data);
        describe(&other, &meaning);
        assert_same(wgctl_text_slice_of(&meaning), wgctl_text_slice_of(&expected));
        ck_assert_uint_eq(other.peers[1].first_line, server.peers[1].first_line);
        ck_assert_uint_eq(other.peers[1].end_line, server.peers[1].end_line);
    }
}
END_TEST

START_TEST(a_thousand_peers_can_be_added_and_removed)
{
    enum { COUNT = 1000 };
    WGCTL_SERVER server = server_of("[Interface]\nListenPort = 1\n");
    struct wgctl_error err;
    for (unsigned i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof name, "peer%u", i);
        WGCTL_PREFIXES addresses = {0};
        struct wgctl_prefix address = {AF_INET, 32, {10, 0, (uint8_t)(i >> 8), (uint8_t)i}};
        ck_assert_int_eq(wgctl_prefixes_add(&addresses, &address, &err), WGCTL_OK);
        struct wgctl_new_peer peer = {.name = wgctl_slice_of(name), .allowed_ips = addresses};
        memcpy(peer.public_key.bytes, name, sizeof name);
        ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
    }
    for (unsigned i = 0; i < COUNT; i += 2) {
        char name[16];
        const struct wgctl_peer *peer;
        snprintf(name, sizeof name, "peer%u", i);
        ck_assert_int_eq(wgctl_server_find(&server, name, &peer, &err), WGCTL_OK);
        wgctl_server_remove(&server, peer);
    }
    ck_assert_uint_eq(server.peer_count, COUNT / 2);
    for (unsigned i = 0; i < COUNT / 2; i++) {
        char name[16];
        snprintf(name, sizeof name, "peer%u", 2 * i + 1);
        assert_slice(wgctl_peer_text(&server, &server.peers[i], WGCTL_PEER_NAME), name);
    }
}
END_TEST

START_TEST(what_the_interface_has_as_text_stays_good_whatever_is_appended)
{
    WGCTL_SERVER server = server_of("[Interface]\nTable = 7\nPostUp = last");
    struct wgctl_error err;
    for (uint8_t i = 1; i < 100; i++) {
        struct wgctl_new_peer peer = {.public_key = {{i}}};
        ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
    }
    assert_slice(server.table, "7");
    assert_slice(server.hooks[0].command, "last");
}
END_TEST

static Suite *server_suite(void)
{
    Suite *suite = suite_create("server");
    TCase *reading = tcase_create("reading");
    tcase_add_loop_test(reading, a_file_is_read_as_wg_and_wg_quick_read_it, 0, FILES);
    tcase_add_test(reading, the_server_knows_its_own_public_key);
    tcase_add_test(reading, a_row_of_dashes_after_a_disabled_peer_is_a_comment);
    tcase_add_test(reading, a_note_above_the_next_peer_is_none_of_the_peer_before);
    tcase_add_test(reading, the_lines_of_a_peer_are_known);
    suite_add_tcase(suite, reading);

    TCase *refusing = tcase_create("refusing");
    tcase_add_loop_test(refusing, a_fault_is_named_with_the_file_and_the_line, 0, FAULTS);
    tcase_add_test(refusing, a_nul_byte_is_refused_wherever_it_stands);
    tcase_add_test(refusing, a_fault_is_found_on_whichever_line_it_is);
    tcase_add_loop_test(refusing, no_message_shows_a_key_wherever_it_stands, 0, PLACES);
    tcase_add_loop_test(refusing, whatever_stands_in_a_file_it_is_read_or_refused_with_its_line, 0,
                        10);
    suite_add_tcase(suite, refusing);

    TCase *finding = tcase_create("finding");
    tcase_add_loop_test(finding, a_peer_is_found_by_its_name_its_key_or_a_beginning_of_the_key, 0,
                        NAMES);
    tcase_add_test(finding, it_is_known_whether_a_name_and_a_key_are_taken);
    tcase_add_test(finding, a_peer_is_called_by_its_name_or_the_beginning_of_its_key);
    tcase_add_test(finding, a_name_is_what_every_app_takes);
    tcase_add_test(finding, each_byte_is_in_a_name_or_not_as_the_rule_says);
    suite_add_tcase(suite, finding);

    TCase *changing = tcase_create("changing");
    tcase_add_test(changing, a_peer_is_appended_after_a_blank_line_and_read_back);
    tcase_add_test(changing, only_what_is_set_of_a_peer_is_written);
    tcase_add_test(changing, a_peer_without_addresses_is_written_without_the_setting);
    tcase_add_loop_test(changing, a_peer_that_was_appended_and_removed_leaves_no_trace, 0, HOSTS);
    tcase_add_loop_test(changing,
                        a_peer_that_was_appended_is_removed_as_well_after_the_file_was_read_again,
                        0, HOSTS);
    tcase_add_test(changing, a_file_without_a_last_newline_keeps_the_one_it_got);
    tcase_add_test(changing, a_file_of_another_system_gets_its_own_line_ends);
    tcase_add_loop_test(changing, a_peer_goes_with_what_is_its_own, 0, REMOVALS);
    tcase_add_loop_test(changing, removing_a_peer_changes_no_byte_of_anything_else, 0, 200);
    tcase_add_test(changing, a_peer_behind_marks_is_the_same_peer_disabled);
    tcase_add_test(changing, a_thousand_peers_can_be_added_and_removed);
    tcase_add_test(changing, what_the_interface_has_as_text_stays_good_whatever_is_appended);
    suite_add_tcase(suite, changing);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(server_suite());
}
