/* Devices: found, sorted and asked, whatever they are. */
#include "device/wireguard.h"

#include "responder.h"

#define ANSWER "listen_port=51820\npublic_key=" BOB_HEX "\npublic_key=" ALICE_HEX "\n" OK

static void make_interface(void)
{
    ck_assert_int_eq(system("ip link add wgt0 type veth peer name wgt1"), 0);
}

START_TEST(where_there_is_no_interface_there_is_no_device)
{
    enum wgctl_backend backend;
    WGCTL_DEVICE device = {0};
    ck_assert_int_eq(wgctl_device_backend("wgt0", &backend, &err), WGCTL_OK);
    ck_assert_int_eq(backend, WGCTL_NO_DEVICE);
    ck_assert_int_eq(wgctl_device_read("wgt0", &device, &err), WGCTL_NOT_FOUND);
    ck_assert_str_eq(err.message, "wgt0 is not up");
}
END_TEST

START_TEST(an_interface_with_a_process_behind_its_socket_is_a_device)
{
    enum wgctl_backend backend;
    make_interface();
    ck_assert_int_eq(wgctl_device_find_wireguard("wgt0", &backend, &err), WGCTL_OK);
    ck_assert_int_eq(backend, WGCTL_USERSPACE);
}
END_TEST

START_TEST(an_interface_of_another_kind_is_none)
{
    enum wgctl_backend backend;
    make_interface();
    ck_assert_int_eq(wgctl_device_backend("wgt1", &backend, &err), WGCTL_OK);
    ck_assert_int_eq(backend, WGCTL_NOT_WIREGUARD);
    ck_assert_int_eq(wgctl_device_find_wireguard("wgt1", &backend, &err), WGCTL_UNSUPPORTED);
}
END_TEST

START_TEST(what_is_read_is_sorted_and_found_by_its_key)
{
    WGCTL_DEVICE device = {0};
    struct wgctl_key alice = key_from(ALICE), bob = key_from(BOB), other = key_from(PSK);
    make_interface();
    answer_with(ANSWER);
    ck_assert_int_eq(wgctl_device_read("wgt0", &device, &err), WGCTL_OK);
    ck_assert_uint_eq(device.peer_count, 2);
    ck_assert(wgctl_key_equal(&device.peers[0].public_key, &alice));
    ck_assert_ptr_eq(wgctl_device_find(&device, &bob), &device.peers[1]);
    ck_assert_ptr_null(wgctl_device_find(&device, &other));
}
END_TEST

START_TEST(a_device_that_was_asked_answers_once_and_can_be_asked_again)
{
    make_interface();
    answer_with(ANSWER);
    WGCTL_DEVICE_QUERY query = {0};
    for (int times = 0; times < 2; times++) {
        WGCTL_DEVICE device = {0};
        ck_assert_int_eq(wgctl_device_ask("wgt0", &query, &err), WGCTL_OK);
        ck_assert_int_eq(wgctl_device_ask("wgt0", &query, &err), WGCTL_OK);
        ck_assert(query.asked);
        ck_assert_int_eq(wgctl_device_answer("wgt0", &query, &device, &err), WGCTL_OK);
        ck_assert_uint_eq(device.peer_count, 2);
        ck_assert(!query.asked);
    }
    WGCTL_TEXT requests = heard();
    ck_assert_str_eq(requests.data, "get=1\n\nget=1\n\n");
}
END_TEST

/* One that is gone was not waited for; one that goes was, and not for ever. */
START_TEST(the_end_of_a_process_is_waited_for)
{
    int listening = listen_as("wgt2");
    pid_t child = fork();
    if (child == 0) {
        usleep(100 * 1000);
        _exit(0);
    }
    close(listening);
    ck_assert(wgctl_userspace_serves("wgt2"));
    wgctl_device_await_end("wgt2");
    ck_assert(!wgctl_userspace_serves("wgt2"));
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    wgctl_device_await_end("wgt2");
    wgctl_device_await_end("wgt3");
}
END_TEST

static Suite *device_suite(void)
{
    Suite *suite = suite_create("device");
    TCase *tests = tcase_create("device");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, where_there_is_no_interface_there_is_no_device);
    tcase_add_test(tests, an_interface_with_a_process_behind_its_socket_is_a_device);
    tcase_add_test(tests, an_interface_of_another_kind_is_none);
    tcase_add_test(tests, what_is_read_is_sorted_and_found_by_its_key);
    tcase_add_test(tests, a_device_that_was_asked_answers_once_and_can_be_asked_again);
    tcase_add_test(tests, the_end_of_a_process_is_waited_for);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(device_suite());
}
