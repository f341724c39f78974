/* Forwarding, in the test's own network namespace. */
#include "host/forwarding.h"

#include <stdbool.h>

#include "host.h"

#define IPV4 "/proc/sys/net/ipv4/ip_forward"
#define IPV6 "/proc/sys/net/ipv6/conf/all/forwarding"
#define ACCEPT_RA "/proc/sys/net/ipv6/conf/left/accept_ra"

static struct wgctl_error err;

static void set(const char *path, int value)
{
    char command[100];
    snprintf(command, sizeof command, "echo %d >%s", value, path);
    host(command);
}

static void assert_is(const char *path, int value)
{
    char command[100];
    snprintf(command, sizeof command, "test $(cat %s) = %d", path, value);
    host(command);
}

static void setup(void)
{
    enter_host();
    set(IPV4, 0);
    set(IPV6, 0);
}

static struct wgctl_forwarding turn_on(const char *egress, bool ipv6)
{
    struct wgctl_forwarding before;
    memset(&before, 0xa5, sizeof before);
    wgctl_forwarding_read(egress, &before);
    ck_assert_msg(wgctl_forwarding_turn_on(&before, ipv6, &err) == WGCTL_OK, "%s", err.message);
    return before;
}

START_TEST(both_are_turned_on_and_back)
{
    struct wgctl_forwarding before = turn_on("", true);
    ck_assert(!before.ipv4 && !before.ipv6);
    assert_is(IPV4, 1);
    assert_is(IPV6, 1);
    wgctl_forwarding_restore(&before);
    assert_is(IPV4, 0);
    assert_is(IPV6, 0);
}
END_TEST

START_TEST(what_was_on_stays_on)
{
    set(IPV4, 1);
    set(IPV6, 1);
    struct wgctl_forwarding before = turn_on("", true);
    ck_assert(before.ipv4 && before.ipv6);
    wgctl_forwarding_restore(&before);
    assert_is(IPV4, 1);
    assert_is(IPV6, 1);
}
END_TEST

START_TEST(without_ipv6_only_ipv4_is_turned_on)
{
    set(ACCEPT_RA, 1);
    turn_on("left", false);
    assert_is(IPV4, 1);
    assert_is(IPV6, 0);
    assert_is(ACCEPT_RA, 1);
}
END_TEST

/* With forwarding on, the kernel would ignore router advertisements. */
START_TEST(the_way_out_stays_open_to_its_router)
{
    set(ACCEPT_RA, 1);
    struct wgctl_forwarding before = turn_on("left", true);
    ck_assert_str_eq(before.router_advertised, "left");
    assert_is(ACCEPT_RA, 2);
    wgctl_forwarding_restore(&before);
    assert_is(ACCEPT_RA, 1);
}
END_TEST

START_TEST(a_way_out_that_does_not_listen_to_routers_is_left_alone)
{
    static const int values[] = {0, 2};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        set(ACCEPT_RA, values[i]);
        struct wgctl_forwarding before = turn_on("left", true);
        ck_assert_str_eq(before.router_advertised, "");
        assert_is(ACCEPT_RA, values[i]);
        wgctl_forwarding_restore(&before);
        assert_is(ACCEPT_RA, values[i]);
    }
}
END_TEST

START_TEST(forwarding_that_cannot_be_turned_on_is_an_error_with_the_mend)
{
    struct wgctl_forwarding before;
    wgctl_forwarding_read("", &before);
    ck_assert_int_eq(mount("/dev/full", IPV4, NULL, MS_BIND, NULL), 0);
    ck_assert_int_eq(wgctl_forwarding_turn_on(&before, true, &err), WGCTL_FULL);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot write " IPV4 ": "));
    ck_assert_ptr_nonnull(strstr(err.hint, "turn forwarding on at its host"));
    assert_is(IPV6, 0);
}
END_TEST

/* In a container, the sysctls cannot be written. */
START_TEST(what_is_on_is_not_written)
{
    struct wgctl_forwarding before;
    set(IPV4, 1);
    set(IPV6, 1);
    wgctl_forwarding_read("", &before);
    ck_assert_int_eq(mount("/dev/full", IPV4, NULL, MS_BIND, NULL), 0);
    ck_assert_int_eq(mount("/dev/full", IPV6, NULL, MS_BIND, NULL), 0);
    ck_assert_int_eq(wgctl_forwarding_turn_on(&before, true, &err), WGCTL_OK);
}
END_TEST

START_TEST(a_host_without_ipv6_forwards_none)
{
    struct wgctl_forwarding before;
    ck_assert_int_eq(mount("tmpfs", "/proc/sys/net/ipv6", "tmpfs", 0, NULL), 0);
    wgctl_forwarding_read("left", &before);
    ck_assert(!before.ipv6);
    ck_assert_str_eq(before.router_advertised, "");
    ck_assert_int_eq(wgctl_forwarding_turn_on(&before, false, &err), WGCTL_OK);
    assert_is(IPV4, 1);
}
END_TEST

static Suite *forwarding_suite(void)
{
    Suite *suite = suite_create("forwarding");
    TCase *forwarding = tcase_create("forwarding");
    tcase_add_checked_fixture(forwarding, setup, NULL);
    tcase_add_test(forwarding, both_are_turned_on_and_back);
    tcase_add_test(forwarding, what_was_on_stays_on);
    tcase_add_test(forwarding, without_ipv6_only_ipv4_is_turned_on);
    tcase_add_test(forwarding, the_way_out_stays_open_to_its_router);
    tcase_add_test(forwarding, a_way_out_that_does_not_listen_to_routers_is_left_alone);
    tcase_add_test(forwarding, forwarding_that_cannot_be_turned_on_is_an_error_with_the_mend);
    tcase_add_test(forwarding, what_is_on_is_not_written);
    tcase_add_test(forwarding, a_host_without_ipv6_forwards_none);
    suite_add_tcase(suite, forwarding);
    return suite;
}

int main(void)
{
    return run_suite(forwarding_suite());
}
