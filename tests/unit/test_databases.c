/* Databases of other programs, also such as an attacker would make. */
#include <sqlite3.h>

#include "adopt/databases.h"
#include "servers.h"
#include "texts.h"

/* ---- the tables that are read ---- */

#define EASY                                                                           \
    "CREATE TABLE interfaces_table (name, port, private_key, ipv4_cidr, ipv6_cidr);"   \
    "CREATE TABLE user_configs_table (id, default_mtu, default_persistent_keepalive,"  \
    " default_dns, default_allowed_ips, host, port);"                                  \
    "INSERT INTO interfaces_table VALUES ('wg0', 4500, '" PRIVATE "', '10.8.0.0/24',"  \
    " 'fd00::/64');"                                                                   \
    "INSERT INTO user_configs_table VALUES ('wg0', 1380, 25, '[\"1.1.1.1\",\"::1\"]'," \
    " '[\"0.0.0.0/0\"]', '2001:db8::1', 443);"
#define EASY_CLIENTS                                                                        \
    "CREATE TABLE clients_table (id, interface_id, name, public_key, private_key,"          \
    " pre_shared_key, ipv4_address, ipv6_address, server_allowed_ips, enabled, expires_at," \
    " created_at, dns, allowed_ips, mtu, persistent_keepalive);"
#define EASY_CLIENT(name, key, address, expires)                                              \
    "INSERT INTO clients_table VALUES (1, 'wg0', " name ", " key ", '', '', " address         \
    ", 'fd00::2', '[\"192.168.7.0/24\"]', 0, " expires ", '2026-01-02 03:04:05', NULL, NULL," \
    " 1420, 0);"
#define PORTAL                                                                                  \
    "CREATE TABLE interfaces (identifier, listen_port, private_key, peer_def_endpoint,"         \
    " peer_def_dns_str, peer_def_allowed_ips_str, peer_def_mtu, peer_def_persistent_keepalive," \
    " type);"                                                                                   \
    "CREATE TABLE interface_addresses (interface_identifier, cidr_cidr);"                       \
    "CREATE TABLE peer_addresses (peer_identifier, cidr_cidr);"                                 \
    "CREATE TABLE peers (identifier, display_name, private_key, preshared_key,"                 \
    " extra_allowed_ips_str, disabled, expires_at, created_at, notes, iface_dns_str_v,"         \
    " allowed_ips_str_v, iface_mtu_v, persistent_keep_alive_v, interface_identifier);"          \
    "INSERT INTO interfaces VALUES ('wg9', 1, 'x', '', '', '', 0, 0, 'client'),"                \
    " ('wg1', 51820, '" PRIVATE "', 'a.example.org:51820', '9.9.9.9', '10.0.0.0/8', 1400, 16,"  \
    " 'server');"                                                                               \
    "INSERT INTO interface_addresses VALUES ('wg1', '10.0.0.1/24'), ('wg1', 'fd00::1/64');"     \
    "INSERT INTO peer_addresses VALUES ('" ALICE "', '10.0.0.2/24'), ('" BOB "', '10.0.0.3/32');"
#define PORTAL_PEER(key, private_key, disabled)                                                    \
    "INSERT INTO peers VALUES ('" key "', 'A', '" private_key "', '', '192.168.7.0/24', " disabled \
    ", NULL, '2026-05-02 23:04:46.33+02:00', 'hers', '', '', 1380, 0, 'wg1');"
#define DASHBOARD(table)                                                                 \
    "CREATE TABLE \"" table "\" (id, name, private_key, preshared_key, allowed_ip, DNS," \
    " endpoint_allowed_ip, mtu, keepalive, remote_endpoint);"
#define DASHBOARD_PEER(table, key, address)                                               \
    "INSERT INTO \"" table "\" VALUES ('" key "', 'A', '', '', '" address "', '1.1.1.1'," \
    " '0.0.0.0/0', 1420, 21, 'vpn.example.org');"

static void make(const char *sql, struct wgctl_text *ret)
{
    sqlite3 *database;
    sqlite3_int64 size = 0;
    char *message = NULL;
    ck_assert_int_eq(sqlite3_open(":memory:", &database), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(database, sql, NULL, NULL, &message) == SQLITE_OK, "%s", message);
    unsigned char *image = sqlite3_serialize(database, "main", &size, 0);
    wgctl_text_append(ret, image, (size_t)size);
    sqlite3_free(image);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_shutdown(), SQLITE_OK); /* so that the library can set its memory */
}

static int parse(const char *sql, const char *interface, struct wgctl_other_server *ret,
                 struct wgctl_error *err)
{
    WGCTL_TEXT image = {0};
    make(sql, &image);
    return wgctl_other_server_parse_sqlite("x.db", &image, interface, ret, err);
}

static void parse_well(const char *sql, const char *interface, struct wgctl_other_server *ret)
{
    struct wgctl_error err = {0};
    ck_assert_msg(parse(sql, interface, ret, &err) == WGCTL_OK, "%s", err.message);
}

static void assert_list(const struct wgctl_prefixes *list, const char *expected)
{
    WGCTL_TEXT text = {0};
    wgctl_prefixes_format(list, &text);
    assert_slice(wgctl_text_slice_of(&text), expected);
}

/* ---- what they say ---- */

START_TEST(wg_easys_database_says_all_that_it_shows)
{
    WGCTL_OTHER_SERVER server = {0};
    parse_well(EASY EASY_CLIENTS EASY_CLIENT("'a\n\x1b[31m'", "'" ALICE "'", "'10.8.0.2'", "NULL"),
               NULL, &server);
    ck_assert_str_eq(server.source, "wg-easy");
    ck_assert_str_eq(server.interface, "wg0");
    ck_assert_str_eq(server.endpoint, "[2001:db8::1]:443");
    ck_assert_str_eq(server.dns, "1.1.1.1, ::1");
    ck_assert_str_eq(server.allowed_ips, "0.0.0.0/0");
    ck_assert_uint_eq(server.listen_port, 4500);
    ck_assert_uint_eq(server.mtu, 1380);
    ck_assert_uint_eq(server.keepalive, 25);
    assert_list(&server.addresses, "10.8.0.1/24, fd00::1/64");
    ck_assert_uint_eq(server.peer_count, 1);
    ck_assert_str_eq(server.peers[0].name, "a\n\x1b[31m");
    ck_assert_str_eq(server.peers[0].added, "2026-01-02");
    ck_assert_str_eq(server.peers[0].expires, "");
    ck_assert(!server.peers[0].enabled);
    assert_list(&server.peers[0].allowed_ips, "10.8.0.2/32, fd00::2/128, 192.168.7.0/24");
}
END_TEST

START_TEST(wg_portals_database_says_all_that_it_shows)
{
    WGCTL_OTHER_SERVER server = {0};
    parse_well(PORTAL PORTAL_PEER(ALICE, "", "NULL") PORTAL_PEER(BOB, "", "'2026-06-01 00:00:00'"),
               NULL, &server);
    ck_assert_str_eq(server.source, "wg-portal");
    ck_assert_str_eq(server.interface, "wg1");
    ck_assert_str_eq(server.endpoint, "a.example.org:51820");
    ck_assert_str_eq(server.dns, "9.9.9.9");
    ck_assert_uint_eq(server.mtu, 1400);
    assert_list(&server.addresses, "10.0.0.1/24, fd00::1/64");
    ck_assert_uint_eq(server.peer_count, 2);
    ck_assert(server.peers[0].enabled && !server.peers[1].enabled);
    assert_list(&server.peers[0].allowed_ips, "10.0.0.2/32, 192.168.7.0/24");
    assert_list(&server.peers[1].allowed_ips, "10.0.0.3/32, 192.168.7.0/24");
    ck_assert_str_eq(server.peers[0].note, "hers");
    ck_assert_str_eq(server.peers[0].added, "2026-05-02");
    ck_assert_uint_eq(server.peers[0].mtu, 1380);
}
END_TEST

START_TEST(wgdashboards_database_says_which_peers_are_restricted)
{
    WGCTL_OTHER_SERVER server = {0};
    parse_well(DASHBOARD("wg0") DASHBOARD("wg0_restrict_access") DASHBOARD("wg_1")
                   DASHBOARD("wg_1_restrict_access") DASHBOARD_PEER("wg_1", ALICE, "10.0.0.2/32")
                       DASHBOARD_PEER("wg_1_restrict_access", BOB, "N/A"),
               "wg_1", &server);
    ck_assert_str_eq(server.source, "wgdashboard");
    ck_assert(wgctl_key_is_zero(&server.private_key));
    ck_assert_str_eq(server.endpoint, "vpn.example.org");
    ck_assert_uint_eq(server.peer_count, 2);
    ck_assert(server.peers[0].enabled && !server.peers[1].enabled);
    ck_assert_str_eq(server.peers[0].dns, "1.1.1.1");
    ck_assert_str_eq(server.peers[0].routes, "0.0.0.0/0");
    ck_assert_uint_eq(server.peers[1].keepalive, 21);
    ck_assert_uint_eq(server.peers[1].allowed_ips.count, 0);
}
END_TEST

static const struct {
    const char *sql, *expires;
} expiries[] = {
    {"'2026-12-24'", "2026-12-24T23:59:59Z"},
    {"'2026-12-24T18:00:00.000Z'", "2026-12-24T18:00:00Z"},
    {"'2026-12-24T18:00'", "2026-12-24T18:00:00Z"},
    {"'2026-12-24 18:00:00+02:00'", "2026-12-24T16:00:00Z"},
    {"'2026-12-24 18:00:00.5 +0000 UTC'", "2026-12-24T18:00:00Z"},
    {"'2026-12-24T18:00:00Z\n# friendly_name = x'", "2026-12-24T18:00:00Z"},
    {"'soon'", ""},
    {"''", ""},
    {"1234567890", ""},
    {"x'00ff'", ""},
};
enum { EXPIRIES = sizeof expiries / sizeof *expiries };

START_TEST(a_time_is_read_in_every_form)
{
    WGCTL_OTHER_SERVER server = {0};
    WGCTL_TEXT sql = {0};
    wgctl_text_format(
        &sql, "%s INSERT INTO clients_table (interface_id, public_key, expires_at) VALUES %s, %s);",
        EASY EASY_CLIENTS, "('wg0', '" ALICE "'", expiries[_i].sql);
    parse_well(sql.data, "wg0", &server);
    ck_assert_str_eq(server.peers[0].expires, expiries[_i].expires);
}
END_TEST

/* ---- what is refused ---- */

#define BAD_CLIENT(name, key, address) EASY EASY_CLIENTS EASY_CLIENT(name, key, address, "NULL")

static const struct {
    const char *sql;
    int status;
    const char *message;
} bad[] = {
    {"CREATE TABLE x (y)", WGCTL_INVALID, "is not a database of"},
    {"CREATE VIEW clients_table AS SELECT 1", WGCTL_INVALID, "is not a database of"},
    {"CREATE VIRTUAL TABLE clients_table USING fts5(name)", WGCTL_INVALID, "is not a database of"},
    {EASY_CLIENTS "CREATE VIEW interfaces_table AS SELECT 1 AS name, 1 AS port, 1 AS private_key,"
                  " 1 AS ipv4_cidr, 1 AS ipv6_cidr",
     WGCTL_INVALID, "cannot be read"},
    {EASY_CLIENTS
     "CREATE TABLE interfaces_table (name, port, ipv4_cidr, ipv6_cidr, private_key AS"
     " (hex(zeroblob(100000000)))); INSERT INTO interfaces_table VALUES ('wg0', 1, '', '')",
     WGCTL_INVALID, "cannot be read"},
    {EASY "CREATE TABLE clients_table (id)", WGCTL_INVALID, "cannot be read"},
    {EASY EASY_CLIENTS "DELETE FROM interfaces_table", WGCTL_NOT_FOUND, "knows nothing about wg0"},
    {EASY EASY_CLIENTS "UPDATE interfaces_table SET private_key = '---default---'", WGCTL_INVALID,
     "row 1 of interfaces_table: private_key is not a key"},
    {BAD_CLIENT("''", "'" PRIVATE "\nx'", "'10.8.0.2'"), WGCTL_INVALID,
     "row 1 of clients_table: public_key is not a key"},
    {BAD_CLIENT("''", "NULL", "'10.8.0.2'"), WGCTL_INVALID, "public_key is not a key"},
    {BAD_CLIENT("''", "'" ALICE "'", "'10.8.0.2\nPostUp = x'"), WGCTL_INVALID,
     "ipv4_address is not a list of addresses"},
    {BAD_CLIENT("zeroblob(2000000)", "'" ALICE "'", "'10.8.0.2'"), WGCTL_INVALID, "too big"},
    {PORTAL PORTAL_PEER(ALICE, "WG_ENC_c29tZXRoaW5n",
                        "NULL") "UPDATE interfaces SET identifier = 'wg0' WHERE type = 'server';"
                                "UPDATE peers SET interface_identifier = 'wg0'",
     WGCTL_UNSUPPORTED, "keys are encrypted"},
};
enum { BAD = sizeof bad / sizeof *bad };

START_TEST(a_bad_database_is_refused_and_no_key_is_shown)
{
    WGCTL_OTHER_SERVER server = {0};
    struct wgctl_error err = {0};
    ck_assert_int_eq(parse(bad[_i].sql, "wg0", &server, &err), bad[_i].status);
    ck_assert_msg(strstr(err.message, bad[_i].message), "%s", err.message);
    ck_assert(!wgctl_secret_may_be_in(wgctl_slice_of(err.message)));
    ck_assert(wgctl_slice_is_plain(wgctl_slice_of(err.message)));
}
END_TEST

/* Every byte of it may be any other. */
START_TEST(whatever_bytes_it_is_made_of_nothing_breaks)
{
    WGCTL_TEXT good = {0};
    struct wgctl_error err;
    make(BAD_CLIENT("'a'", "'" ALICE "'", "'10.8.0.2'"), &good);
    for (size_t i = 0; i < good.size; i += 7) {
        WGCTL_OTHER_SERVER server = {0};
        WGCTL_TEXT image = {0};
        wgctl_text_slice(&image, wgctl_text_slice_of(&good));
        image.data[i] = (char)(image.data[i] ^ (1 << i % 8));
        image.size = i % 3 ? image.size : i;
        (void)wgctl_other_server_parse_sqlite("x.db", &image, "wg0", &server, &err);
    }
}
END_TEST

static Suite *databases_suite(void)
{
    Suite *suite = suite_create("databases");
    TCase *tests = tcase_create("databases");
    tcase_add_test(tests, wg_easys_database_says_all_that_it_shows);
    tcase_add_test(tests, wg_portals_database_says_all_that_it_shows);
    tcase_add_test(tests, wgdashboards_database_says_which_peers_are_restricted);
    tcase_add_loop_test(tests, a_time_is_read_in_every_form, 0, EXPIRIES);
    tcase_add_loop_test(tests, a_bad_database_is_refused_and_no_key_is_shown, 0, BAD);
    tcase_add_test(tests, whatever_bytes_it_is_made_of_nothing_breaks);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(databases_suite());
}
