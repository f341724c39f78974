#include "conf/server_read.h"

#include <string.h>

#include "server_words.h"

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
    /* '#' anywhere except in a hook, where it belongs to bash. */
    {"#x\n[Interface] # y\nListenPort = 1 # = 2\nFwMark = 2#3\n#MTU = 9\n  # MTU = 8\n"
     "PostUp = a # b\n[Peer]#\nPublicKey = " ALICE "#" BOB "\nAllowedIPs = 10.0.0.2#, 10.0.0.3\n",
     "interface port=1 mark=2\nPostUp: a # b\npeer key=JjE8 ips=10.0.0.2/32\n"},
    /* Repeated settings: lists accumulate, otherwise the last one counts. */
    {"[Interface]\nAddress = 10.0.0.1/24\nAddress = fd00::1/64\nListenPort = 1\nListenPort = 2\n"
     "PostUp = a\nPostUp = b\n[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 10.0.0.9\n"
     "AllowedIPs = 10.0.0.3, 10.0.0.2\nPersistentKeepalive = 1\n"
     "PersistentKeepalive = off\n",
     "interface port=2 addresses=10.0.0.1/24, fd00::1/64\nPostUp: a\nPostUp: b\n"
     "peer key=JjE8 ips=10.0.0.9/32, 10.0.0.3/32, 10.0.0.2/32\n"},
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
     "interface\npeer key=JjE8 ips=10.0.0.7/24, 0.0.0.0/0, fd00::ff/64, ::/0\n"},
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
    /* Comments that only look like disabled peers. */
    {"#- a list\n#- of things\n[Interface]\n#- PrivateKey = x\n#-----\n[Peer]\n#- MTU\nPublicKey "
     "= " ALICE "\n#- PublicKey = " BOB "\n",
     "interface\npeer key=JjE8\n"},
    {"# - [Peer]\n#[Peer]\n# #- [Peer]\n [Peer]\nPublicKey = " ALICE "\n",
     "interface\npeer key=JjE8\n"},
    /* Peers that are commented out by hand. */
    {"#[Peer]\n#PublicKey = " ALICE "\n#AllowedIPs = 10.0.0.2/24\n#PersistentKeepalive = 25\n",
     "interface\ncommented key=JjE8 ips=10.0.0.2/24 keepalive=25\n"},
    {"[Peer]\n# friendly_name = a\nPublicKey = " ALICE "\n  ## [ peer ]\n## friendly_name = b\n"
     "## PublicKey = " BOB "\n##\tAllowedIPs = 10.0.0.3, 10.0.0.4\n## AllowedIPs = 10.0.0.5 # x\n",
     "interface\npeer key=JjE8 name=a\n"
     "commented key=S1Zh name=b ips=10.0.0.3/32, 10.0.0.4/32, 10.0.0.5/32\n"},
    {"#[Peer]\n# friendly_name = b\n#PublicKey = " BOB "\n#; a remark\n#-AllowedIPs = 10.0.0.3\n"
     "[Peer]\nPublicKey = " ALICE "\n",
     "interface\npeer key=JjE8\ncommented key=S1Zh name=b ips=10.0.0.3/32\n"},
    {"### begin b ###\n#[disabled] [Peer]\n#[disabled] PublicKey = " BOB
     "\n#[disabled] AllowedIPs = 10.0.0.3/32\n### end b ###\n#[Peer]\n#PublicKey = " CAROL "\n",
     "interface\ncommented key=S1Zh ips=10.0.0.3/32\ncommented key=cHuG\n"},
    /* Nothing in them is an error, and what follows them is not theirs. */
    {"#[Peer]\n#PublicKey = " BOB "\n#AllowedIPs = 10.0.0.300\n#Colour = red\n#MTU = 9\n"
     "#PublicKey = " CAROL "\n#PersistentKeepalive = soon\n",
     "interface\ncommented key=S1Zh\n"},
    {"[Peer]\nPublicKey = " ALICE "\n#[Peer]\n#PublicKey = " BOB "\nAllowedIPs = 10.0.0.2\n"
     "# AllowedIPs = 10.0.0.9\n# friendly_name = a\n",
     "interface\npeer key=JjE8 name=a ips=10.0.0.2/32\ncommented key=S1Zh\n"},
    {"#[Peer]\n#PublicKey = " BOB "\n\n#AllowedIPs = 10.0.0.9\n#- [Peer]\n#- PublicKey = " ALICE
     "\n#AllowedIPs = 10.0.0.8\n",
     "interface\ndisabled key=JjE8\ncommented key=S1Zh\n"},
    /* Without a key, it is an example. */
    {"# [Peer]\n# PublicKey = the device's key\n# AllowedIPs = 10.0.0.2/32\n[Interface]\n"
     "# [Peer] and so on\n#[Peer]\n",
     "interface\n"},
};
enum { FILES = sizeof files / sizeof *files };

START_TEST(a_file_is_read_as_wg_and_wg_quick_read_it)
{
    WGCTL_SERVER server = server_of(files[_i].content);
    WGCTL_TEXT meaning = {0};
    describe_server(&server, &meaning);
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
        describe_server(&server, &meaning);
        assert_text(&meaning, "interface\ndisabled key=JjE8\npeer key=S1Zh\n");
    }
}
END_TEST

/* The comment is not removed together with the peer before it. */
START_TEST(a_note_above_the_next_peer_is_none_of_the_peer_before)
{
    WGCTL_SERVER server = server_of("[Peer]\nPublicKey = " ALICE "\n\n# friendly_name = bob\n"
                                    "# note = b's\n[Peer]\nPublicKey = " BOB "\n");
    WGCTL_TEXT meaning = {0};
    describe_server(&server, &meaning);
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
                                    "# of Dave\n"
                                    "#[Peer]\n" /* 18 */
                                    "#PublicKey = " BOB "\n"
                                    "# the end");
    static const size_t expected[][2] = {{4, 9}, {10, 12}, {12, 14}, {15, 17}};
    ck_assert_uint_eq(server.peer_count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(server.peers[i].first_line, expected[i][0]);
        ck_assert_uint_eq(server.peers[i].end_line, expected[i][1]);
    }
    ck_assert_uint_eq(server.commented_count, 1);
    for (size_t line = 0; line < server.document.count; line++)
        ck_assert_int_eq(wgctl_server_is_commented(&server, line), line == 18 || line == 19);
}
END_TEST

static Suite *server_read_suite(void)
{
    Suite *suite = suite_create("server_read");
    TCase *cases = tcase_create("reading");
    tcase_add_loop_test(cases, a_file_is_read_as_wg_and_wg_quick_read_it, 0, FILES);
    tcase_add_test(cases, the_server_knows_its_own_public_key);
    tcase_add_test(cases, a_row_of_dashes_after_a_disabled_peer_is_a_comment);
    tcase_add_test(cases, a_note_above_the_next_peer_is_none_of_the_peer_before);
    tcase_add_test(cases, the_lines_of_a_peer_are_known);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(server_read_suite());
}
