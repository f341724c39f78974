/* The messages of the host's adapters, with the kernel's side faked. */
#include "host/link.h"
#include "host/route.h"
#include "host/rule.h"
#include "netlink_double.h"
#include "texts.h"

static struct wgctl_error err;

static const struct wgctl_prefix *an_address(void)
{
    static struct wgctl_prefix address;
    address = prefix_of("10.9.0.0/16");
    return &address;
}

/* To the kernel, an index, a table or a mark of 0 means any, so it must never be sent. */
START_TEST(nothing_is_sent_for_an_interface_that_does_not_exist)
{
    const struct wgctl_route route = {.destination = *an_address(), .table = WGCTL_TABLE_MAIN};
    forget_exchanges();
    ck_assert_int_lt(wgctl_route_add("wgt0", &route, &err), 0);
    ck_assert_str_eq(err.message, "cannot add the route to 10.9.0.0/16: No such device");
    ck_assert_int_eq(wgctl_route_remove("wgt0", &route, &err), WGCTL_OK);
    ck_assert_int_lt(wgctl_link_add_address("wgt0", an_address(), &err), 0);
    ck_assert_str_eq(err.message, "cannot give the address 10.9.0.0/16 to wgt0: No such device");
    ck_assert_int_eq(wgctl_link_remove_address("wgt0", an_address(), &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_link_delete("wgt0", &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_rules_remove(AF_INET, 0, &err), WGCTL_OK);
    ck_assert_uint_eq(sent_count, 0);
}
END_TEST

static Suite *host_messages_suite(void)
{
    Suite *suite = suite_create("host_messages");
    TCase *messages = tcase_create("messages");
    tcase_add_test(messages, nothing_is_sent_for_an_interface_that_does_not_exist);
    suite_add_tcase(suite, messages);
    return suite;
}

int main(void)
{
    return run_suite(host_messages_suite());
}
