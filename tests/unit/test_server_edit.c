#include "conf/server_edit.h"
#include "conf/server_render.h"

#include <string.h>

#include "server_words.h"

/* Returns a peer with all settings. */
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
    describe_server(&server, &meaning);
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

/* wg(8) refuses an empty "AllowedIPs =". */
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
    describe_server(&server, &before);
    for (unsigned round = 0; round < 3; round++) {
        const struct wgctl_peer *found;
        ck_assert_int_eq(wgctl_server_append(&server, &peer, &err), WGCTL_OK);
        ck_assert_int_eq(wgctl_server_find(&server, "phone", &found, &err), WGCTL_OK);
        wgctl_server_remove(&server, found);
        assert_content(&server, hosts[_i]);
    }
    wgctl_prefixes_clear(&peer.allowed_ips);
    describe_server(&server, &after);
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
#define PIVPN_OFF                                                                         \
    "#[disabled] ### begin d ###\n#[disabled] [Peer]\n#[disabled] PublicKey = " DAVE "\n" \
    "#[disabled] ### end d ###\n"
#define B_NAMED "[Peer]\n# friendly_name = b\nPublicKey = " BOB "\n"
#define B_RENAMED "[Peer]\n# friendly_name = B-2\nPublicKey = " BOB "\n"
#define B_OFF "#- [Peer]\n#- PublicKey = " BOB "\n"

/* What is removed together with Bob. */
#define D_COMMENTED "#[Peer]\n#PublicKey = " DAVE "\n#AllowedIPs = 10.0.0.4\n"
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
    /* Marked lines that are no disabled peer's. */
    {A "\n" B "#- seen = 2023\n", A},
    {A "\n" B "#- seen = 2023\n\n" C, A "\n" C},
    {A "\n[Peer]\nPublicKey = " BOB "\n" D_OFF "AllowedIPs = 10.0.0.2/32\n#- seen = 2023\n",
     A D_OFF},
    {A D_OFF B "#- seen = 2023\n" E_OFF, A D_OFF "#- seen = 2023\n" E_OFF},
    /* Titles directly above. */
    {A "\n# Bob\n" B "\n# Carol\n" C, A "\n# Carol\n" C},
    {A "\n# Bob\n# in two lines\n" B, A},
    {A "\n# Bob\n" B_OFF "\n" C, A "\n" C},
    {A "\r\n# Bob\r\n" B, A},
    /* Comments whose peer is not known. */
    {A "# Alice's or Bob's\n" B "\n" C, A "# Alice's or Bob's\n\n" C},
    {A "\n# of the list\n\n# Bob\n" B, A "\n# of the list\n"},
    {A "\n# of the list\n\n" B, A "\n# of the list\n"},
    {"# of the file\n" B, "# of the file\n"},
    {"# of the file\n\n# Bob\n" B A, "# of the file\n\n" A},
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
    /* Comments inside. */
    {A "[Peer]\n\n# x\n\n  # friendly_name = b\nPublicKey = " BOB
       " # y\n\nAllowedIPs = 10.0.0.2\n" C,
     A C},
    {A "[Peer]\nPublicKey = " BOB "\n[Interface]\nListenPort = 1\n" C,
     A "[Interface]\nListenPort = 1\n" C},
    /* Lines around and between those of disabled peers, which stay. */
    {A "[Peer]\n" D_OFF "PublicKey = " BOB "\n" C, A D_OFF C},
    {A "\n[Peer]\nPublicKey = " BOB "\n" D_OFF "# x\n" E_OFF "AllowedIPs = 10.0.0.2\n\n" C,
     A D_OFF E_OFF "\n" C},
    {A "[Peer]\n" D_COMMENTED "PublicKey = " BOB "\n" D_OFF D_COMMENTED "AllowedIPs = 10.0.0.2\n" C,
     A D_COMMENTED D_OFF D_COMMENTED C},
    /* A commented one above or below. */
    {A "\n" D_COMMENTED B "\n" C, A "\n" D_COMMENTED "\n" C},
    {A "\n" B D_COMMENTED "\n" C, A "\n" D_COMMENTED "\n" C},
    {A "\n" B "# Dave\n" D_COMMENTED, A "\n# Dave\n" D_COMMENTED},
    {"[Peer]\n" D_OFF "PublicKey = " ALICE "\n" B_OFF "AllowedIPs = 10.0.0.2\n" C,
     "[Peer]\n" D_OFF "PublicKey = " ALICE "\nAllowedIPs = 10.0.0.2\n" C},
    /* Markers around the peer. */
    {"# BEGIN_PEER a\n" A "# END_PEER a\n# BEGIN_PEER b\n" B "# END_PEER b\n# BEGIN_PEER c\n" C
     "# END_PEER c\n",
     "# BEGIN_PEER a\n" A "# END_PEER a\n# BEGIN_PEER c\n" C "# END_PEER c\n"},
    {"### begin a ###\n" A "### end a ###\n### begin b ###\n" B_OFF "### end b ###\n",
     "### begin a ###\n" A "### end a ###\n"},
    {"# begin b\r\n[Peer]\r\nPublicKey = " BOB "\r\n# end b\r\n" A, A},
    {A "\n# BEGIN PEER b\n\n# his\n" B "\n# too\n# END PEER b\n\n" C, A "\n" C},
    {A "\n### begin b ###\n" B "### end b ###\n\n# Carol\n" C, A "\n# Carol\n" C},
    /* Half of them, with the peer's name or apart from others. */
    {A "\n### begin b ###\n" B "\n### begin c ###\n" C, A "\n### begin c ###\n" C},
    {A B_NAMED "### end b ###\n### begin c ###\n" C, A "### begin c ###\n" C},
    {A "### begin b ###\n" B_NAMED C, A C},
    {A B "### end x ###\n" C, A "### end x ###\n" C},
    /* What PiVPN disabled stays. */
    {A "### begin b ###\n" B "### end b ###\n" PIVPN_OFF, A PIVPN_OFF},
    {A B PIVPN_OFF, A PIVPN_OFF},
    {A "\n" PIVPN_OFF "# Bob\n" B, A "\n" PIVPN_OFF "# Bob\n"},
    {A PIVPN_OFF "### begin b ###\n" B "### end b ###\n", A PIVPN_OFF},
    /* Markers around a group stay. */
    {"# begin family\n" A B "# end family\n" C, "# begin family\n" A "# end family\n" C},
    {"[Interface]\n\n# begin family\n" B A "# end family\n",
     "[Interface]\n\n# begin family\n" A "# end family\n"},
    {"# begin family\n" A "\n# Bob\n" B "# end family\n\n" C,
     "# begin family\n" A "\n# end family\n\n" C},
    {A "\n" B "# Bob's\n# end family\n# of the file\n", A "\n# end family\n# of the file\n"},
    /* A title that no blank line separates, with the peer's name. */
    {A "# b\n" B_NAMED "# c\n" C, A "# c\n" C},
    {A "### Client b\n" B_NAMED C, A C},
    {A "# Client: b (721f6ac2)\n" B_NAMED C, A C},
    {A "# Alice's\n# Name: b\n# Email: b@example.org\n" B_NAMED C, A "# Alice's\n" C},
    {A "# B!\n" B_RENAMED C, A C},
    {A "#PersistentKeepalive = 25\n" B_NAMED C, A "#PersistentKeepalive = 25\n" C},
    {A "# Alice's phone\n" B_NAMED C, A "# Alice's phone\n" C},
    {A B "#PersistentKeepalive = 25\n# Carol\n" C, A "# Carol\n" C},
    /* The peer has no name; where the first one has a title, so have the others. */
    {"[Interface]\n# Alice\n" A "# Bob\n" B "# Carol\n" C,
     "[Interface]\n# Alice\n" A "# Carol\n" C},
    {"[Interface]\n# Alice\n" A "# This one is Alice's and may not go away at all\n" B,
     "[Interface]\n# Alice\n" A "# This one is Alice's and may not go away at all\n"},
    {"[Interface]\n# Alice\n" A "#Endpoint = 192.0.2.1:1\n" B,
     "[Interface]\n# Alice\n" A "#Endpoint = 192.0.2.1:1\n"},
    /* Labels, a blank line, a note. */
    {A "\n\n# ID:   x1\n# Name: b\n# Email:\n\n# Notes:\n# Given to him\n" B "\n\n" C,
     A "\n\n\n" C},
    {A "\n# ID:   x1\n# Name: b\n\n" B_NAMED, A},
    {A "\n# The family: all\n# Owner: Anna\n\n# Bob\n" B_NAMED,
     A "\n# The family: all\n# Owner: Anna\n"},
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

/* Files of which an edit that is right for Bob's lines would make something else. */
static const struct {
    const char *before, *message; /* NULL: the file is good */
} spoiled[] = {
    {A B, NULL},
    {A "\n" B "# seen = 2023\n" C, NULL},
    {A D_OFF B "#- seen = 2023\n" C,
     "after this change wg0.conf could not be read: wg0.conf:5: this setting is not known here"},
    {A D_OFF B "#- AllowedIPs = 10.0.0.9/32\n" C,
     "this change would also change laCrtsHM… in wg0.conf"},
    {A D_OFF B "#- # friendly_name = new\n" C,
     "this change would also change laCrtsHM… in wg0.conf"},
};

START_TEST(what_is_written_means_what_was_planned)
{
    WGCTL_SERVER server = server_of(spoiled[_i].before);
    WGCTL_TEXT text = {0}, expected = {0};
    struct wgctl_key key = key_from(BOB);
    struct wgctl_error err = {0};
    wgctl_server_remove(&server, wgctl_server_by_key(&server, &key));
    int rc = wgctl_server_render(&server, &text, &err);
    ck_assert_int_eq(rc, spoiled[_i].message ? WGCTL_UNSUPPORTED : WGCTL_OK);
    ck_assert_str_eq(err.message, spoiled[_i].message ? spoiled[_i].message : "");
    wgctl_document_render(&server.document, &expected);
    assert_text(&text, expected.data);
}
END_TEST

/* Each changes one thing in memory, as an edit that is wrong would. */
static void spoil(struct wgctl_server *server, int what)
{
    struct wgctl_peer *peer = &server->peers[0];
    bool *const flags[] = {&server->has_private_key, &server->has_listen_port, &server->has_fwmark,
                           &server->save_config, &peer->enabled};
    uint8_t *const bytes[] = {server->private_key.bytes,         (uint8_t *)&server->listen_port,
                              (uint8_t *)&server->fwmark,        (uint8_t *)&server->mtu,
                              (uint8_t *)server->dns.data,       server->addresses.items[0].bytes,
                              (uint8_t *)&server->hooks[0].kind, peer->public_key.bytes,
                              peer->preshared_key.bytes,         (uint8_t *)&peer->keepalive,
                              peer->allowed_ips.items[0].bytes};
    uint32_t *const counts[] = {&server->addresses.count, &peer->allowed_ips.count};
    size_t *const sizes[] = {&server->table.size, &server->hooks[0].command.size,
                             &server->hook_count, &server->peer_count, &server->commented_count};
    const int ends[] = {5, 5 + 11, 5 + 11 + 2, 5 + 11 + 2 + 5};
    if (what < ends[0])
        *flags[what] ^= 1;
    else if (what < ends[1])
        *bytes[what - ends[0]] ^= 1;
    else if (what < ends[2])
        --*counts[what - ends[1]];
    else if (what < ends[3])
        --*sizes[what - ends[2]];
    else
        peer->texts[what - ends[3]] = 0;
}
enum { SPOILS = 5 + 11 + 2 + 5 + WGCTL_PEER_TEXTS };

START_TEST(anything_that_differs_from_the_plan_is_noticed)
{
    WGCTL_SERVER server =
        server_of("[Interface]\nPrivateKey = " PRIVATE "\nListenPort = 2\nFwMark = 2\n"
                  "Address = 10.0.0.1/24\nMTU = 1400\nTable = 12\nDNS = 1.1.1.1\n"
                  "PostUp = true\n[Peer]\n# friendly_name = a\n# added = b\n# expires = c\n"
                  "# note = d\nPublicKey = " ALICE "\nPresharedKey = " PSK
                  "\nAllowedIPs = 10.0.0.2/32\nEndpoint = 192.0.2.1:1\n"
                  "PersistentKeepalive = 2\n\n#[Peer]\n#PublicKey = " BOB "\n");
    WGCTL_TEXT good = {0}, spoilt = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_server_render(&server, &good, &err), WGCTL_OK);
    struct wgctl_prefixes *const lists[] = {&server.addresses, &server.peers[0].allowed_ips};
    uint32_t counts[] = {lists[0]->count, lists[1]->count};
    size_t peers = server.peer_count, commented = server.commented_count;
    spoil(&server, _i);
    ck_assert_int_eq(wgctl_server_render(&server, &spoilt, &err), WGCTL_UNSUPPORTED);
    for (size_t i = 0; i < 2; i++)
        lists[i]->count = counts[i];
    server.peer_count = peers;
    server.commented_count = commented;
}
END_TEST

/* A random peer in a file, and the lines that belong to it. */
struct block {
    struct wgctl_key key;
    struct wgctl_text before; /* lines that stay, except the blank line above the peer */
    struct wgctl_text own;
};

static void put_marker(struct wgctl_text *text, const char *marker, unsigned number,
                       const char *end)
{
    for (; *marker; marker++)
        if (*marker != '%')
            wgctl_text_append(text, marker, 1);
        else if (*++marker == 'u')
            wgctl_text_format(text, "%u", number);
        else
            wgctl_text_string(text, end);
}

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
    wgctl_text_string(own, end); /* the line that separates it */
    static const char *const markers[][2] = {
        {"# BEGIN_PEER %u%s", "# END_PEER %u%s"},
        {"### begin %u ###%s", "### end %u ###%s"},
        {"### Client %u%s", ""},
        {"", ""},
    };
    const char *const *marker = markers[next_number(state) % 4];
    put_marker(own, marker[0], number, end);
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
    put_marker(own, marker[1], number, end);
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

        /* The value in memory equals what reading the file again gives. */
        WGCTL_SERVER again = server_of(now.data);
        describe_server(&server, &meaning);
        describe_server(&again, &meaning_again);
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

/* Puts the mark in front of every line of a peer. */
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
    describe_server(&server, &expected);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        WGCTL_TEXT marked = {0}, meaning = {0};
        struct wgctl_slice rest = {peer, sizeof peer - 2}, line;
        wgctl_text_string(&marked, A "\n");
        while (wgctl_slice_split(&rest, '\n', &line))
            wgctl_text_format(&marked, "%s%.*s\n", marks[i], (int)line.size, line.data);
        wgctl_text_string(&marked, "\n" C);
        WGCTL_SERVER other = server_of(marked.data);
        describe_server(&other, &meaning);
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

static Suite *server_edit_suite(void)
{
    Suite *suite = suite_create("server_edit");
    TCase *cases = tcase_create("changing");
    tcase_add_test(cases, a_peer_is_appended_after_a_blank_line_and_read_back);
    tcase_add_test(cases, only_what_is_set_of_a_peer_is_written);
    tcase_add_test(cases, a_peer_without_addresses_is_written_without_the_setting);
    tcase_add_loop_test(cases, a_peer_that_was_appended_and_removed_leaves_no_trace, 0, HOSTS);
    tcase_add_loop_test(
        cases, a_peer_that_was_appended_is_removed_as_well_after_the_file_was_read_again, 0, HOSTS);
    tcase_add_test(cases, a_file_without_a_last_newline_keeps_the_one_it_got);
    tcase_add_test(cases, a_file_of_another_system_gets_its_own_line_ends);
    tcase_add_loop_test(cases, a_peer_goes_with_what_is_its_own, 0, REMOVALS);
    tcase_add_loop_test(cases, what_is_written_means_what_was_planned, 0,
                        sizeof spoiled / sizeof *spoiled);
    tcase_add_loop_test(cases, anything_that_differs_from_the_plan_is_noticed, 0, SPOILS);
    tcase_add_loop_test(cases, removing_a_peer_changes_no_byte_of_anything_else, 0, 200);
    tcase_add_test(cases, a_peer_behind_marks_is_the_same_peer_disabled);
    tcase_add_test(cases, a_thousand_peers_can_be_added_and_removed);
    tcase_add_test(cases, what_the_interface_has_as_text_stays_good_whatever_is_appended);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(server_edit_suite());
}
