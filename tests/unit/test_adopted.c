#include "adopt/blocks.h"
#include "adopt/client_facts.h"
#include "adopt/json.h"
#include "adopt/names.h"
#include "servers.h"
#include "texts.h"

/* ---- names in comments ---- */

#define KEY "PublicKey = " ALICE "\n"
#define OTHER "[Peer]\nPublicKey = " BOB "\nAllowedIPs = 10.0.0.9/32\n"

/* The name of the last peer. */
static const struct {
    const char *content, *name, *source;
} comments[] = {
    {"### begin phone ###\n[Peer]\n" KEY "### end phone ###\n", "phone", "pivpn"},
    {OTHER "### end bob ###\n### begin phone ###\n[Peer]\n" KEY, "phone", "pivpn"},
    {"\n### Client phone\n[Peer]\n" KEY, "phone", "angristan"},
    {"# BEGIN_PEER phone\n[Peer]\n" KEY "# END_PEER phone\n", "phone", "nyr"},
    {"# begin phone\n[Peer]\n" KEY "# end phone\n", "phone", "pivpn"},
    {OTHER "# end bob\n# begin phone\n[Peer]\n" KEY "# end phone\n", "phone", "pivpn"},
    {"## BEGIN PEER phone\n# mine\n[Peer]\n" KEY "## END PEER phone\n", "phone", "comment"},
    {"## BEGIN PEER-3\n[Peer]\n" KEY "## END PEER-3\n", "PEER-3", "comment"},
    {"# BEGIN PEER " BOB "\n[Peer]\n" KEY "# END PEER " BOB "\n", "", NULL},
    {"# begin family\n" OTHER "[Peer]\n" KEY "# end family\n", "", NULL},
    {OTHER "# beginner's phone\n[Peer]\n" KEY, "beginner's phone", "comment"},
    {OTHER "# END_PEER bob\n# BEGIN_PEER phone\n[Peer]\n" KEY, "phone", "nyr"},
    {"# Client: Anna's phone (721f6ac2-ab4f)\n[Peer]\n" KEY, "Anna's phone", "wg-easy"},
    {"# Client: Bob (work) (3)\n[Peer]\n" KEY, "Bob (work)", "wg-easy"},
    {"# Client: no id\n[Peer]\n" KEY, "no id", "wg-easy"},
    {"[Peer]\n# -WGP- Peer: x\n# -WGP- Display name: A tv\n" KEY, "A tv", "wg-portal"},
    {"[Peer]\n#Name# = Anna\n" KEY, "Anna", "wgdashboard"},
    {"# 10: tv > wgclient_tv.conf\n[Peer]\n" KEY, "tv", "easy-wg-quick"},
    {"# 10: tv\n[Peer]\n" KEY, "10: tv", "comment"},
    {"# friendly_name=tv\n[Peer]\n" KEY, "tv", "friendly_name"},
    {"# Laptop - Bob\n[Peer]\n" KEY, "Laptop - Bob", "comment"},
    {"#Laptop\n[Peer]\n" KEY, "Laptop", "comment"},
    {"[Peer]\n# Laptop\n" KEY, "Laptop", "comment"},
    {"[Peer] # Laptop\n" KEY, "Laptop", "comment"},
    {"[Peer]\nPublicKey = " ALICE " # Laptop\n", "Laptop", "comment"},
    {"[Peer]\n" KEY "# Laptop\n", "Laptop", "comment"},
    {"[Peer]\n" KEY "AllowedIPs = 10.0.0.2/32\n\n# Laptop\n\n", "", NULL},
    {"# Phones\n# Laptop\n[Peer]\n" KEY, "Laptop", "comment"},
    {"# Phones\n[Peer]\n# Laptop\n" KEY, "Laptop", "comment"},
    {"# Name: Laptop\n[Peer]\n" KEY, "Laptop", "comment"},
    {"# user = Laptop\n[Peer]\n" KEY, "Laptop", "comment"},
    {"# Bob: laptop\n[Peer]\n" KEY, "Bob: laptop", "comment"},
    {"# Client Name: Laptop\n[Peer]\n" KEY, "Laptop", "comment"},
    {"# ClientName: Laptop\n# AddedAt: 2025\n[Peer]\n" KEY, "Laptop", "comment"},
    {"# Peer: Pietro\n# Email: p@example.org\n# Device: MacBook Air\n# Added: 2025-05-20\n"
     "[Peer]\n" KEY,
     "Pietro", "comment"},
    {"[Peer]\n# Device: MacBook Air\n# Name: Pietro\n" KEY, "Pietro", "comment"},
    {"# Owner: Anna\n# Model: Pixel\n[Peer]\n" KEY, "Anna", "comment"},
    {"# Owner: Anna\n# phone\n[Peer]\n" KEY, "phone", "comment"},
    {"# phone\n# Owner: Anna\n[Peer]\n" KEY, "phone", "comment"},
    {"# Device: MacBook Air\n[Peer]\n" KEY, "MacBook Air", "comment"},
    {"# Bob: laptop\n# Device: MacBook Air\n[Peer]\n" KEY, "MacBook Air", "comment"},
    {"\n# ID:           x1\n# Name:         bob\n# Email:        \n"
     "# Created at:   2026-01-01 10:00:00 UTC\n\n# Notes:\n# Given to him on Monday\n[Peer]\n" KEY,
     "bob", "comment"},
    {"\n# ID:           x1\n# Name:         bob\n# Email:        \n[Peer]\n" KEY, "bob", "comment"},
    {"# \xd0\xa2\xd0\xb5\xd0\xbb\n[Peer]\n" KEY, "\xd0\xa2\xd0\xb5\xd0\xbb", "comment"},
    {"#- [Peer]\n#- # Laptop\n#- " KEY, "Laptop", "comment"},
    {"# Laptop\n#- [Peer]\n#- " KEY, "Laptop", "comment"},
    {"# Laptop\r\n[Peer]\r\nPublicKey = " ALICE "\r\n", "Laptop", "comment"},
    /* no names */
    {"[Peer]\n" KEY, "", NULL},
    {"# Laptop\n\n[Peer]\n" KEY, "", NULL},
    {OTHER "# bob\n\n[Peer]\n" KEY, "", NULL},
    {OTHER "### end bob ###\n[Peer]\n" KEY, "", NULL},
    {OTHER "# END_PEER bob\n[Peer]\n" KEY, "", NULL},
    {"# ------\n[Peer]\n" KEY, "", NULL},
    {"# \xe2\x94\x80\xe2\x94\x80\n[Peer]\n" KEY, "", NULL},
    {"# Location: kitchen\n# Model: Pixel\n# Notes:\n[Peer]\n" KEY, "", NULL},
    {"#[Peer]\n[Peer]\n" KEY, "", NULL},
    {"[Peer]\n# PersistentKeepalive = 25\n" KEY, "", NULL},
    {"[Peer]\n# Created: 2025\n# Email: a@example.org\n" KEY, "", NULL},
    {"[Peer]\n# added = 2025-01-01\n" KEY, "", NULL},
    {"# A sentence about what this is here for and why\n[Peer]\n" KEY, "", NULL},
    {"# " BOB "\n[Peer]\n" KEY, "", NULL},
    {"# Client: " BOB "\n[Peer]\n" KEY, "", NULL},
    {"\n### begin phone\n[Peer]\n" KEY, "phone", "pivpn"},
};
enum { COMMENTS = sizeof comments / sizeof *comments };

START_TEST(a_name_is_found_in_the_comment_where_it_stands)
{
    struct wgctl_server server = server_of(comments[_i].content);
    struct wgctl_found_name found =
        wgctl_adopt_find_name(&server, &server.peers[server.peer_count - 1]);
    ck_assert_msg(wgctl_slice_equal(found.text, wgctl_slice_of(comments[_i].name)),
                  "'%.*s' instead of '%s' in\n%s", (int)found.text.size, found.text.data,
                  comments[_i].name, comments[_i].content);
    ck_assert_pstr_eq(found.source, comments[_i].source);
    wgctl_server_clear(&server);
}
END_TEST

/* ---- names that wgctl takes ---- */

static const struct {
    const char *text, *name;
} adapted[] = {
    {"phone", "phone"},
    {"Laptop - Bob", "Laptop-Bob"},
    {"Anna's phone", "Annas-phone"},
    {"anna@work", "annawork"},
    {"B\xc3\xbcro", "Buro"},
    {"J\xc3\xbcrgens Ger\xc3\xa4t", "Jurgens-Gerat"},
    {"Stra\xc3\x9f"
     "e caf\xc3\xa9",
     "Strasse-cafe"},
    {"\xc3\xa6\xc3\xb8\xc3\xa5 \xc3\x86\xc3\x98\xc3\x85", "aeoa-AEOA"},
    {"\xc5\x81\xc3\xb3"
     "d\xc5\xba \xc5\xbc\xc3\xb3\xc5\x82w",
     "Lodz-zolw"},
    {"\xc4\xb0stanbul \xc4\xb1\xc5\x9f\xc4\xb1k", "Istanbul-isik"},
    {"\xc5\x99\xc5\x98\xc4\x8d\xc4\x9b\xc5\xa1", "rRces"},
    {"\xe1\xba\xbf \xe1\xbb\x87 \xc6\xb0", "e-e-u"},
    {"\xc8\x98tefan \xc5\x93uvre", "Stefan-oeuvre"},
    {"u\xcc\x88"
     "ber",
     "uber"}, /* the accent is a character of its own */
    {"a\xe2\x80\x93"
     "b\xc2\xa0"
     "c",
     "a-b-c"},
    {"\xd0\xa2\xd0\xb5\xd0\xbb", ""},
    {"\xd0\xa2\xd0\xb5\xd0\xbb 2", ""},
    {"\xd0\xa2\xd0\xb5\xd0\xbb Bob", "Bob"},
    {"\xf0\x9f\x93\xb1 2", "2"}, /* a picture is not a letter */
    {"\xce\xb1\xce\xb2", ""},
    {"bob.", "bob"},
    {"a.-.", "a.-"},
    {"", ""},
    {"---", ""},
    {"../../etc/passwd", "etcpasswd"},
    {"..", ""},
    {"-rf", "rf"},
    {"a\nPostUp = evil", "a-PostUp-=-evil"},
    {"a\x1b[31mb", "a31mb"},
    {"a\tb\rc", "a-b-c"},
    {"exactly15chars_", "exactly15chars_"},
    {"sixteen-chars-16", "sixteen-chars-1"},
    {"fourteen-chars -and", "fourteen-chars"},
    {"ends-in-hyphen-", "ends-in-hyphen-"},
    {"what?-", "what"},
    {"$(reboot)", "reboot"},
    {"a.b_c=d+e", "a.b_c=d+e"},
    {"phone.", "phone"},
    {"con", "peer-con"},
    {"NUL.txt", "peer-NUL.txt"},
};
enum { ADAPTED = sizeof adapted / sizeof *adapted };

START_TEST(of_any_text_a_name_is_made_or_none)
{
    char name[WGCTL_NAME_SIZE];
    struct wgctl_error err;
    bool made = wgctl_peer_name_adapt(wgctl_slice_of(adapted[_i].text), name);
    ck_assert_int_eq(made, adapted[_i].name[0] != '\0');
    ck_assert_str_eq(name, adapted[_i].name);
    if (made)
        ck_assert_int_eq(wgctl_new_peer_name_check(wgctl_slice_of(name), &err), WGCTL_OK);
}
END_TEST

START_TEST(whatever_bytes_it_is_made_of_a_name_is_one)
{
    char bytes[40], name[WGCTL_NAME_SIZE];
    struct wgctl_error err;
    for (int i = 0; i < 20000; i++) {
        size_t size = (size_t)(i % (int)sizeof bytes);
        wgctl_random(bytes, sizeof bytes);
        if (wgctl_peer_name_adapt((struct wgctl_slice){bytes, size}, name))
            ck_assert_msg(wgctl_new_peer_name_check(wgctl_slice_of(name), &err) == WGCTL_OK, "%s",
                          err.message);
    }
}
END_TEST

/* Windows reserves them. */
START_TEST(a_reserved_name_becomes_a_valid_one)
{
    static const char *const names[] = {"con",  "NUL",  "aux",     "prn",         "com1",
                                        "LPT9", "con.", "nul.txt", "con.abcd.efg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[WGCTL_NAME_SIZE];
        struct wgctl_error err;
        ck_assert(wgctl_peer_name_adapt(wgctl_slice_of(names[i]), name));
        ck_assert_int_eq(wgctl_new_peer_name_check(wgctl_slice_of(name), &err), WGCTL_OK);
    }
}
END_TEST

START_TEST(a_number_makes_a_name_another_one_of_the_same_length_at_most)
{
    char name[WGCTL_NAME_SIZE];
    wgctl_peer_name_number("phone", 2, name);
    ck_assert_str_eq(name, "phone-2");
    wgctl_peer_name_number("exactly15chars_", 2, name);
    ck_assert_str_eq(name, "exactly15char-2");
    wgctl_peer_name_number("exactly15chars_", 12345, name);
    ck_assert_str_eq(name, "exactly15-12345");
    wgctl_peer_name_number("exactly15chars_", 4294967295U, name);
    ck_assert_str_eq(name, "exac-4294967295");
}
END_TEST

START_TEST(a_files_name_has_a_peers_in_it)
{
    assert_slice(wgctl_adopt_name_of_file("/root/phone.conf", "wg0"), "phone");
    assert_slice(wgctl_adopt_name_of_file("/root/wg0-client-phone.conf", "wg0"), "phone");
    assert_slice(wgctl_adopt_name_of_file("/root/wg1-client-phone.conf", "wg0"),
                 "wg1-client-phone");
    assert_slice(wgctl_adopt_name_of_file("wgclient_10.conf", "wg0"), "10");
    assert_slice(wgctl_adopt_name_of_file("peer_.conf", "wg0"), "peer_");
    assert_slice(wgctl_adopt_name_of_file("/root/wg_config/users/bob/client.conf", "wg0"), "bob");
    assert_slice(wgctl_adopt_name_of_file("/users/bob/client.all.conf", "wg0"), "bob");
    assert_slice(wgctl_adopt_name_of_file("/users/bob/client.conf.conf", "wg0"), "client.conf");
    assert_slice(wgctl_adopt_name_of_file("/users/client.conf", "wg0"), "client");
}
END_TEST

/* ---- edits ---- */

static void assert_edited(struct wgctl_document *document, const char *expected)
{
    WGCTL_TEXT text = {0};
    wgctl_document_render(document, &text);
    assert_text(&text, expected);
    wgctl_document_clear(document);
}

static struct wgctl_document document_of(const char *content)
{
    struct wgctl_text source = text_of(content);
    struct wgctl_document document;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_document_parse(&source, &document, &err), WGCTL_OK);
    return document;
}

static void assert_enabled_as(const char *before, const char *after, size_t lines, size_t left)
{
    struct wgctl_document document = document_of(before);
    struct wgctl_error err;
    size_t got_lines, got_left;
    ck_assert_int_eq(wgctl_adopt_convert_disabled(&document, &got_lines, &got_left, &err),
                     WGCTL_OK);
    ck_assert_uint_eq(got_lines, lines);
    ck_assert_uint_eq(got_left, left);
    assert_edited(&document, after);
}

START_TEST(what_pivpn_disabled_becomes_a_disabled_peer)
{
    assert_enabled_as("[Interface]\n"
                      "#[disabled] ### begin a ###\r\n"
                      "#[disabled] [Peer]\r\n"
                      "#[disabled] PublicKey = " ALICE "  \r\n"
                      "#[disabled] # mine\n"
                      "#[disabled] ### end a ###\n"
                      "#[disabled] ### begin b ###\n"
                      "#[disabled] [Peer]\n"
                      "#[disabled] PublicKey = " BOB "\n"
                      "#[disabled] ### end b ###",
                      "[Interface]\n"
                      "### begin a ###\r\n"
                      "#- [Peer]\r\n"
                      "#- PublicKey = " ALICE "  \r\n"
                      "#- # mine\n"
                      "### end a ###\n"
                      "### begin b ###\n"
                      "#- [Peer]\n"
                      "#- PublicKey = " BOB "\n"
                      "### end b ###",
                      9, 0);
}
END_TEST

START_TEST(what_is_disabled_and_no_peer_stays_as_it_is)
{
    static const char *const blocks[] = {
        "#[disabled] [Peer]\n#[disabled] PublicKey = x\n",
        "#[disabled] [Peer]\n",
        "#[disabled] # only a comment\n",
        "#[disabled] [Interface]\n#[disabled] PrivateKey = " PRIVATE "\n#[disabled] [Peer]\n"
        "#[disabled] PublicKey = " ALICE "\n",
        "#[disabled] PostUp = evil\n",
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        size_t lines = 0;
        for (const char *c = blocks[i]; *c; c++)
            lines += *c == '\n';
        assert_enabled_as(blocks[i], blocks[i], 0, lines);
    }
}
END_TEST

START_TEST(save_config_goes_where_it_is_true)
{
    struct wgctl_document document =
        document_of("[Interface]\nSaveConfig = true\n saveconfig=TRUE # x\n# SaveConfig = true\n"
                    "SaveConfig = false\n");
    ck_assert_uint_eq(wgctl_adopt_remove_save_config(&document), 2);
    assert_edited(&document, "[Interface]\n# SaveConfig = true\nSaveConfig = false\n");
}
END_TEST

static const struct {
    const char *before, *after;
} named[] = {
    {"[Peer]\n" KEY, "[Peer]\n# friendly_name = tv\n" KEY},
    {"[Peer]\r\nPublicKey = " ALICE "\r\n",
     "[Peer]\r\n# friendly_name = tv\r\nPublicKey = " ALICE "\r\n"},
    {"#- [Peer]\n#- " KEY, "#- [Peer]\n#- # friendly_name = tv\n#- " KEY},
    {"[Peer]\n  #  friendly_name=A tv \n" KEY, "[Peer]\n  #  friendly_name = tv \n" KEY},
    {"[Peer]\n" KEY "# friendly_name = a\n# friendly_name = b",
     "[Peer]\n" KEY "# friendly_name = a\n# friendly_name = tv"},
    {"#- [Peer]\n#- " KEY "#- # friendly_name = A tv\n",
     "#- [Peer]\n#- " KEY "#- # friendly_name = tv\n"},
};
static const char *const noted[] = {
    "[Peer]\n# friendly_name = tv\n# note = T\xc3\xa4 V\n" KEY,
    "[Peer]\r\n# friendly_name = tv\r\n# note = T\xc3\xa4 V\r\nPublicKey = " ALICE "\r\n",
    "#- [Peer]\n#- # friendly_name = tv\n#- # note = T\xc3\xa4 V\n#- " KEY,
    "[Peer]\n  #  friendly_name = tv \n# note = T\xc3\xa4 V\n" KEY,
    "[Peer]\n" KEY "# friendly_name = a\n# friendly_name = tv\n# note = T\xc3\xa4 V\n",
    "#- [Peer]\n#- " KEY "#- # friendly_name = tv\n#- # note = T\xc3\xa4 V\n",
};
enum { NAMED = sizeof named / sizeof *named };

static void write_and_compare(const char *before, const char *note, const char *after)
{
    struct wgctl_error err;
    struct wgctl_server server = server_of(before);
    ck_assert_int_eq(
        wgctl_adopt_write_name(&server, &server.peers[0], "tv", wgctl_slice_of(note), &err),
        WGCTL_OK);
    WGCTL_TEXT text = {0};
    wgctl_document_render(&server.document, &text);
    assert_text(&text, after);
    wgctl_server_clear(&server);
    server = server_of(text.data);
    assert_slice(wgctl_peer_text(&server, &server.peers[0], WGCTL_PEER_NAME), "tv");
    assert_slice(wgctl_peer_text(&server, &server.peers[0], WGCTL_PEER_NOTE), note);
    wgctl_server_clear(&server);
}

START_TEST(a_name_is_written_where_it_is_read)
{
    write_and_compare(named[_i].before, "", named[_i].after);
    write_and_compare(named[_i].before, "T\xc3\xa4 V", noted[_i]);
}
END_TEST

/* ---- clients' files ---- */

/* Valid until the next call. */
static struct wgctl_client_facts look_at(const char *content)
{
    static struct wgctl_client_facts facts;
    struct wgctl_key server_key;
    struct wgctl_error err;
    wgctl_client_facts_clear(&facts);
    ck_assert_int_eq(wgctl_key_parse(wgctl_slice_of(ALICE), &server_key, &err), WGCTL_OK);
    facts = wgctl_client_facts_read(wgctl_slice_of(content), &server_key);
    return facts;
}

#define CLIENT "[Interface]\nPrivateKey = " PRIVATE "\nAddress = 10.0.0.2/32\nDNS = 1.1.1.1\n"
#define SERVER "[Peer]\nPublicKey = " ALICE "\nEndpoint = a.example.org:1\nAllowedIPs = ::/0\n"

START_TEST(a_clients_file_tells_whose_it_is)
{
    char text[WGCTL_KEY_TEXT_SIZE];
    const struct wgctl_client_facts facts = look_at(CLIENT SERVER "AllowedIPs=0.0.0.0/0\n");
    ck_assert(facts.has_key && facts.is_of_server && facts.is_plain);
    ck_assert_str_eq(wgctl_key_format(&facts.public_key, text), PUBLIC);
    ck_assert_str_eq(facts.unknown_key, "");
    ck_assert_str_eq(facts.endpoint, "a.example.org:1");
    ck_assert_str_eq(facts.dns, "1.1.1.1");
    assert_text(&facts.allowed_ips, "::/0, 0.0.0.0/0");
    ck_assert(look_at(CLIENT "\t# tab\r\n" SERVER).is_plain);
    ck_assert_str_eq(look_at(CLIENT "ListenPort = 51820\n" SERVER).unknown_key, "");
}
END_TEST

START_TEST(a_clients_file_that_is_none_or_not_for_everybody_is_known)
{
    ck_assert(!look_at("").has_key);
    ck_assert(!look_at(SERVER).has_key);
    ck_assert(!look_at("PrivateKey = " PRIVATE "\n" SERVER).has_key);
    ck_assert(!look_at("[Interface]\nPrivateKey = AAAA\n" SERVER).has_key);
    ck_assert(!look_at(CLIENT "[Peer]\nPublicKey = " BOB "\n").is_of_server);
    ck_assert_str_eq(look_at(CLIENT "PostUp = x\n" SERVER).unknown_key, "PostUp");
    ck_assert_str_eq(look_at(CLIENT "Table = off\n" SERVER).unknown_key, "Table");
    ck_assert_str_eq(look_at(CLIENT SERVER "[Other]\nx = y\n").unknown_key, "x");
    ck_assert(!look_at(CLIENT "# \x1b[31m\n" SERVER).is_plain);
    ck_assert(!look_at(CLIENT "# \xe2\x80\xae\n" SERVER).is_plain);
    ck_assert(!look_at(CLIENT "# \xff\n" SERVER).is_plain);
    ck_assert(!look_at(CLIENT "# a\rb\n" SERVER).is_plain);
    ck_assert_str_eq(look_at(CLIENT SERVER SERVER).endpoint, "");
}
END_TEST

/* ---- JSON ---- */

static int parse_json(const char *text, struct wgctl_other_server *ret, struct wgctl_error *err)
{
    return wgctl_other_server_parse_json("x.json", wgctl_slice_of(text), ret, err);
}

#define EASY(client)                                                                            \
    "{\"server\": {\"privateKey\": \"" PRIVATE "\", \"address\": \"10.8.0.1\"}, \"clients\": {" \
    "\"id\\u001b\": " client "}}"
#define DSNET(more, peer)                                                                     \
    "{\"ListenPort\": 51820, \"PrivateKey\": \"" PRIVATE "\", \"Network\": \"10.1.0.0/22\", " \
    "\"IP\": \"10.1.0.1\"" more ", \"Peers\": [" peer "]}"

START_TEST(names_in_json_are_taken_as_they_are)
{
    WGCTL_OTHER_SERVER server = {0};
    struct wgctl_error err;
    char text[WGCTL_PREFIX_TEXT_SIZE];
    int rc = parse_json(EASY("{\"name\": \"a\\nb\\u001b[31m\\\"../x\", \"publicKey\": \"" ALICE
                             "\", \"address\": \"10.8.0.2\", \"enabled\": false, \"createdAt\": "
                             "\"2025-03-02T18:22:41.120Z\"}"),
                        &server, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
    ck_assert_str_eq(server.source, "wg-easy");
    ck_assert_str_eq(wgctl_prefix_format(&server.addresses.items[0], text), "10.8.0.1/24");
    ck_assert_uint_eq(server.peer_count, 1);
    ck_assert_str_eq(server.peers[0].name, "a\nb\x1b[31m\"../x");
    ck_assert_str_eq(server.peers[0].added, "2025-03-02");
    ck_assert(!server.peers[0].enabled);
    ck_assert_ptr_eq(wgctl_other_server_by_key(&server, &server.peers[0].public_key), server.peers);
}
END_TEST

static const struct {
    const char *json, *message;
} bad_json[] = {
    {"", "is not JSON"},
    {"{", "is not JSON"},
    {"[]", "neither"},
    {"{\"a\": \"\\u0000\"}", "is not JSON"},
    {"{\"server\": {}}", "the server: privateKey is not a key"},
    {"{\"server\": {\"privateKey\": 1}}", "the server: privateKey is not a key"},
    {EASY("1"), "publicKey is not a key"},
    {EASY("{\"publicKey\": \"" ALICE "\\n\"}"), "publicKey is not a key"},
    {EASY("{\"publicKey\": \"" ALICE "\", \"address\": \"10.8.0.2\\nPostUp = x\"}"),
     "address is not an address"},
    {EASY("{\"publicKey\": \"" ALICE "\", \"preSharedKey\": \"x\"}"), "preSharedKey is not a key"},
    {DSNET("", "{}"), "peer 1: PublicKey is not a key"},
    {DSNET(", \"PostUp\": \"a\\nb\"", ""), "PostUp has a line break"},
    {DSNET(", \"PostUp\": \"a # b\"", ""), "PostUp has a line break"},
    {DSNET(", \"Networks\": [1]", ""), "Networks has an entry"},
    {DSNET(", \"IP6\": \"::1\", \"Network6\": \"x\"", ""), "Network6 is not a network"},
};
enum { BAD_JSON = sizeof bad_json / sizeof *bad_json };

START_TEST(bad_json_is_refused_and_no_key_is_shown)
{
    WGCTL_OTHER_SERVER server = {0};
    struct wgctl_error err;
    ck_assert_int_eq(parse_json(bad_json[_i].json, &server, &err), WGCTL_INVALID);
    ck_assert_msg(strstr(err.message, bad_json[_i].message), "%s", err.message);
    ck_assert_str_ne(err.hint, "");
    ck_assert(!wgctl_secret_may_be_in(wgctl_slice_of(err.message)));
}
END_TEST

static const struct {
    const char *json;
    int status;
    const char *message;
} of_wireguard_ui[] = {
    {"{\"client\": \"none\"}", WGCTL_OK, ""},
    {"[]", WGCTL_OK, ""},
    {"{", WGCTL_OK, ""},
    {"{\"private_key\": \"" PRIVATE "\"}", WGCTL_OK, ""},
    {"{\"private_key\": \"" PRIVATE "x\"}", WGCTL_INVALID, "private_key is not a key"},
    {"{\"listen_port\": \"1\", \"addresses\": [\"10.0.0.1\\nPostUp = x\"]}", WGCTL_INVALID,
     "addresses is not a list"},
    {"{\"listen_port\": \"1\", \"post_up\": \"a\\nb\"}", WGCTL_INVALID, "post_up has a line break"},
    {"{\"endpoint_address\": 1, \"dns_servers\": 1, \"mtu\": \"-1\"}", WGCTL_OK, ""},
    {"{\"allocated_ips\": []}", WGCTL_INVALID, "public_key is not a key"},
    {"{\"allocated_ips\": [\"x\"], \"public_key\": \"" ALICE "\"}", WGCTL_INVALID,
     "allocated_ips is not a list"},
};
enum { OF_WIREGUARD_UI = sizeof of_wireguard_ui / sizeof *of_wireguard_ui };

START_TEST(what_wireguard_ui_keeps_is_checked)
{
    WGCTL_OTHER_SERVER server = {0};
    struct wgctl_error err = {0};
    int rc = wgctl_other_server_add_json("x.json", wgctl_slice_of(of_wireguard_ui[_i].json),
                                         &server, &err);
    ck_assert_int_eq(rc, of_wireguard_ui[_i].status);
    ck_assert_msg(strstr(err.message, of_wireguard_ui[_i].message), "%s", err.message);
    ck_assert(!wgctl_secret_may_be_in(wgctl_slice_of(err.message)));
}
END_TEST

static Suite *adopted_suite(void)
{
    Suite *suite = suite_create("adopted");
    TCase *tests = tcase_create("adopted");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_name_is_found_in_the_comment_where_it_stands, 0, COMMENTS);
    tcase_add_loop_test(tests, of_any_text_a_name_is_made_or_none, 0, ADAPTED);
    tcase_add_test(tests, whatever_bytes_it_is_made_of_a_name_is_one);
    tcase_add_test(tests, a_reserved_name_becomes_a_valid_one);
    tcase_add_test(tests, a_number_makes_a_name_another_one_of_the_same_length_at_most);
    tcase_add_test(tests, a_files_name_has_a_peers_in_it);
    tcase_add_test(tests, what_pivpn_disabled_becomes_a_disabled_peer);
    tcase_add_test(tests, what_is_disabled_and_no_peer_stays_as_it_is);
    tcase_add_test(tests, save_config_goes_where_it_is_true);
    tcase_add_loop_test(tests, a_name_is_written_where_it_is_read, 0, NAMED);
    tcase_add_test(tests, a_clients_file_tells_whose_it_is);
    tcase_add_test(tests, a_clients_file_that_is_none_or_not_for_everybody_is_known);
    tcase_add_test(tests, names_in_json_are_taken_as_they_are);
    tcase_add_loop_test(tests, bad_json_is_refused_and_no_key_is_shown, 0, BAD_JSON);
    tcase_add_loop_test(tests, what_wireguard_ui_keeps_is_checked, 0, OF_WIREGUARD_UI);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(adopted_suite());
}
