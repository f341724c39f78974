#include "conf/server.h"

#include <string.h>

#include "servers.h"

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
    {"S1Zh", WGCTL_OK, 3}, /* a name takes precedence over the beginning of a key */
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
        char expected[200], quoted[WGCTL_QUOTE_SIZE];
        snprintf(expected, sizeof expected,
                 names[_i].status == WGCTL_INVALID ? "more than one peer is called %s"
                                                   : "there is no peer %s in wg0.conf",
                 wgctl_quote(wgctl_slice_of(names[_i].name), quoted));
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
    char label[WGCTL_LABEL_SIZE], small[6];
    ck_assert_str_eq(wgctl_peer_label(&server, &server.peers[0], label, sizeof label), "alice");
    ck_assert_str_eq(wgctl_peer_label(&server, &server.peers[1], label, sizeof label), "S1ZhbHeC…");
    ck_assert_str_eq(wgctl_peer_label(&server, &server.peers[4], small, sizeof small), "twin");
    ck_assert_str_eq(wgctl_peer_label(&server, &server.peers[1], small, sizeof small), "S1Zhb");
}
END_TEST

static Suite *server_find_suite(void)
{
    Suite *suite = suite_create("server_find");
    TCase *cases = tcase_create("finding");
    tcase_add_loop_test(cases, a_peer_is_found_by_its_name_its_key_or_a_beginning_of_the_key, 0,
                        NAMES);
    tcase_add_test(cases, it_is_known_whether_a_name_and_a_key_are_taken);
    tcase_add_test(cases, a_peer_is_called_by_its_name_or_the_beginning_of_its_key);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(server_find_suite());
}
