/* Reading a device through the userspace protocol, from a process that the test provides. */
#include "device/userspace.h"
#include "responder.h"

static const struct {
    const char *answer, *meaning;
} answers[] = {
    {OK, "device\n"},
    {"private_key=" PRIVATE_HEX "\nlisten_port=51820\nfwmark=51820\n" OK,
     "device key=010c1722 port=51820 mark=51820\n"},
    {"listen_port=0\nfwmark=0\n" OK, "device port=0 mark=0\n"},
    {"listen_port=65535\nfwmark=4294967295\n" OK, "device port=65535 mark=4294967295\n"},
    {"public_key=" ALICE_HEX "\n" OK, "device\n peer=26313c47\n"},
    {"listen_port=1\npublic_key=" ALICE_HEX "\npreshared_key=" PSK_HEX
     "\nprotocol_version=1\nendpoint=192.0.2.1:51820\nlast_handshake_time_sec=1700000000\n"
     "last_handshake_time_nsec=5\ntx_bytes=18446744073\nrx_bytes=7\n"
     "persistent_keepalive_interval=65535\nallowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\n"
     "public_key=" BOB_HEX "\npreshared_key=" ZERO_HEX "\nlast_handshake_time_sec=0\n"
     "last_handshake_time_nsec=0\ntx_bytes=0\nrx_bytes=0\npersistent_keepalive_interval=0\n"
     "endpoint=[fe80::1%lo]:1\nallowed_ip=0.0.0.0/0\n" OK,
     "device port=1\n"
     " peer=26313c47 psk=95a0abb6 at 192.0.2.1:51820 every 65535"
     " handshake 1700000000 in 7 out 18446744073 for 10.0.0.2/32, fd00::/64\n"
     " peer=4b56616c at [fe80::1%lo]:1 for 0.0.0.0/0\n"},
    /* Keys of a later version. */
    {"colour=red\nlisten_port=1\npublic_key=" ALICE_HEX "\nmood=\nallowed_ip=::/0\n" OK,
     "device port=1\n peer=26313c47 for ::/0\n"},
};
enum { ANSWERS = sizeof answers / sizeof *answers };

START_TEST(an_answer_is_read_in_whatever_pieces_it_comes)
{
    static const size_t pieces[] = {STAGE_SIZE, 1, 2, 7, 64};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        WGCTL_DEVICE device = {0};
        WGCTL_TEXT request = {0};
        stage->piece = pieces[i];
        answer_with(answers[_i].answer);
        ck_assert_int_eq(read_userspace("wgt0", &device, &err), WGCTL_OK);
        assert_device(&device, answers[_i].meaning);
        request = heard();
        assert_text(&request, "get=1\n\n");
    }
}
END_TEST

static const char *const refused_answers[] = {
    "",
    "\n\n",
    "nonsense\n\n",
    "errno=0",
    "errno=0\n",
    "listen_port=1\n\n",
    "listen_port=1\nerrno=\n\n",
    "listen_port=1\nerrno=x\n\n",
    "listen_port=1\nerrno=1\n\n",
    "listen_port=1\nerrno=-22\n\n",
    "errno=00\n\n",
    "errno=0 \n\n",
    "errno=0\nlisten_port=1\n\n",
    "errno=-2147483648\n\n",
    "errno=99999999999999999999\n\n",
    "nonsense\n" OK,
    "private_key=\n" OK,
    "private_key=01\n" OK,
    "private_key=" PRIVATE_HEX "0\n" OK,
    "private_key=" PRIVATE "\n" OK,
    "public_key=" ALICE "\n" OK,
    "public_key=\n" OK,
    "public_key=x" ALICE_HEX "\n" OK,
    "public_key=" ALICE_HEX "\npreshared_key=01\n" OK,
    "public_key=" ALICE_HEX "\nendpoint=\n" OK,
    "public_key=" ALICE_HEX "\nendpoint=192.0.2.1\n" OK,
    "public_key=" ALICE_HEX "\nendpoint=2001:db8::1:51820\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip=\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip=10.0.0.1/33\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip=10.0.0\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip=fd00::/129\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip\n" OK,
};
enum { REFUSED_ANSWERS = sizeof refused_answers / sizeof *refused_answers };

static void assert_refused(const char *answer)
{
    WGCTL_DEVICE device = {0};
    answer_with(answer);
    ck_assert_msg(read_userspace("wgt0", &device, &err) < 0, "was taken: %s", answer);
    ck_assert_ptr_nonnull(strstr(err.message, "the process that runs wgt0 "));
    ck_assert_ptr_null(strstr(err.message, "Success"));
}

START_TEST(an_answer_that_makes_no_sense_or_ends_early_is_refused)
{
    assert_refused(refused_answers[_i]);
}
END_TEST

static const char *const refused_numbers[] = {
    "listen_port=65536\n" OK,
    "listen_port=x\n" OK,
    "listen_port=-1\n" OK,
    "fwmark=4294967296\n" OK,
    "public_key=" ALICE_HEX "\npersistent_keepalive_interval=65536\n" OK,
    "public_key=" ALICE_HEX "\npersistent_keepalive_interval=x\n" OK,
    "public_key=" ALICE_HEX "\nlast_handshake_time_sec=\n" OK,
    "public_key=" ALICE_HEX "\nrx_bytes=-1\n" OK,
};
enum { REFUSED_NUMBERS = sizeof refused_numbers / sizeof *refused_numbers };

START_TEST(a_number_that_is_none_or_too_large_is_refused)
{
    assert_refused(refused_numbers[_i]);
}
END_TEST

START_TEST(what_the_process_gives_as_its_reason_is_told)
{
    assert_refused("errno=-22\n\n");
    ck_assert_str_eq(err.message, "the process that runs wgt0 refused: Invalid argument");
}
END_TEST

START_TEST(a_thousand_peers_and_ten_thousand_allowed_ips_are_read)
{
    enum { PEERS = 1000, ALLOWED = 10000 };
    static const size_t pieces[] = {STAGE_SIZE, 16384, 4093};
    WGCTL_TEXT answer = {0};
    char hex[WGCTL_KEY_HEX_SIZE];
    for (unsigned i = 0; i < PEERS; i++) {
        struct wgctl_key key = key_of(i);
        wgctl_text_format(&answer, "public_key=%s\nrx_bytes=%u\n", wgctl_key_format_hex(&key, hex),
                          i);
    }
    for (unsigned i = 0; i < ALLOWED; i++)
        wgctl_text_format(&answer, "allowed_ip=10.1.%u.%u/32\n", i / 100, i % 100);
    wgctl_text_string(&answer, OK);
    answer_with(answer.data);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        WGCTL_DEVICE device = {0};
        stage->piece = pieces[i];
        ck_assert_int_eq(read_userspace("wgt0", &device, &err), WGCTL_OK);
        ck_assert_uint_eq(device.peer_count, PEERS);
        ck_assert_uint_eq(device.peers[PEERS - 2].received, PEERS - 2);
        ck_assert_uint_eq(device.peers[PEERS - 2].allowed_ips.count, 0);
        const struct wgctl_prefixes *list = &device.peers[PEERS - 1].allowed_ips;
        ck_assert_uint_eq(list->count, ALLOWED);
        struct wgctl_prefix last = prefix_of("10.1.99.99/32");
        ck_assert(wgctl_prefix_equal(&list->items[ALLOWED - 1], &last));
    }
}
END_TEST

/* However slow the machine is, what never ends takes longer than the first, and what has no bound
 * would take longer than the second. */
enum { SHORT = 100, LONG = 600 * 1000 };

static void assert_ends_with(const char *why)
{
    WGCTL_DEVICE device = {0};
    ck_assert_int_eq(read_userspace("wgt0", &device, &err), WGCTL_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err.message, why));
    ck_assert_ptr_nonnull(strstr(err.hint, "wgctl down"));
}

static const struct {
    const char *text;
    size_t piece;
    unsigned pause;
} slow[] = {
    {"listen_port=1\n", 1, 1000},
    {"listen_port=1", 1, 1000},
    {"\n", 1, 10000000},
    {"listen_port=1\n", 14, 1000},
};

START_TEST(an_answer_has_one_deadline_however_often_a_part_of_it_comes)
{
    wgctl_userspace_set_patience(SHORT);
    strcpy(stage->endless, slow[_i].text);
    stage->piece = slow[_i].piece;
    stage->pause = slow[_i].pause;
    assert_ends_with("the process that runs wgt0 does not answer: Connection timed out");
}
END_TEST

START_TEST(an_answer_that_never_ends_is_too_large)
{
    wgctl_userspace_set_patience(LONG);
    memset(stage->endless, 'x', sizeof stage->endless - 1);
    stage->endless[5] = '=';
    if (_i == 0)
        stage->endless[sizeof stage->endless - 2] = '\n';
    assert_ends_with("the process that runs wgt0 sends more than any answer has");
}
END_TEST

START_TEST(a_process_that_hardly_reads_a_request_has_a_deadline)
{
    WGCTL_FD fd = -1;
    WGCTL_TEXT request = {0};
    enum { MORE_THAN_A_SOCKET_HOLDS = 8 << 20 };
    char *room = wgctl_text_room(&request, MORE_THAN_A_SOCKET_HOLDS);
    memset(room, '\n', MORE_THAN_A_SOCKET_HOLDS);
    request.size = MORE_THAN_A_SOCKET_HOLDS;
    wgctl_userspace_set_patience(SHORT);
    stage->is_deaf = true;
    stage->pause = 1000;
    ck_assert_int_eq(wgctl_userspace_connect("wgt0", &fd, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_userspace_send("wgt0", fd, wgctl_text_slice_of(&request), &err),
                     WGCTL_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err.message, "timed out"));
}
END_TEST

START_TEST(a_process_that_goes_on_after_a_failure_is_not_waited_for_for_ever)
{
    WGCTL_FD fd = -1;
    wgctl_userspace_set_patience(SHORT);
    strcpy(stage->endless, "listen_port=1\n");
    stage->piece = 1;
    stage->pause = 1000;
    ck_assert_int_eq(wgctl_userspace_connect("wgt0", &fd, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_userspace_ask("wgt0", fd, &err), WGCTL_OK);
    wgctl_userspace_outlast(fd);
}
END_TEST

START_TEST(a_socket_without_a_process_does_not_serve)
{
    WGCTL_DEVICE device = {0};
    close(listen_as("wgt1"));
    ck_assert(wgctl_userspace_serves("wgt0"));
    ck_assert(!wgctl_userspace_serves("wgt1"));
    ck_assert(!wgctl_userspace_serves("wgt2"));
    ck_assert_int_lt(read_userspace("wgt1", &device, &err), 0);
    ck_assert_int_lt(read_userspace("wgt2", &device, &err), 0);
}
END_TEST

static Suite *userspace_suite(void)
{
    Suite *suite = suite_create("userspace");
    TCase *tests = tcase_create("read");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, an_answer_is_read_in_whatever_pieces_it_comes, 0, ANSWERS);
    tcase_add_loop_test(tests, an_answer_that_makes_no_sense_or_ends_early_is_refused, 0,
                        REFUSED_ANSWERS);
    tcase_add_loop_test(tests, a_number_that_is_none_or_too_large_is_refused, 0, REFUSED_NUMBERS);
    tcase_add_test(tests, what_the_process_gives_as_its_reason_is_told);
    tcase_add_test(tests, a_thousand_peers_and_ten_thousand_allowed_ips_are_read);
    tcase_add_loop_test(tests, an_answer_has_one_deadline_however_often_a_part_of_it_comes, 0,
                        sizeof slow / sizeof *slow);
    tcase_add_loop_test(tests, an_answer_that_never_ends_is_too_large, 0, 2);
    tcase_add_test(tests, a_process_that_hardly_reads_a_request_has_a_deadline);
    tcase_add_test(tests, a_process_that_goes_on_after_a_failure_is_not_waited_for_for_ever);
    tcase_add_test(tests, a_socket_without_a_process_does_not_serve);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(userspace_suite());
}
