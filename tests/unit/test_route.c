/* Routes, in the test's own network namespace. */
#include "host/route.h"

#include "host.h"
#include "host/link.h"
#include "host/rule.h"
#include "texts.h"

static struct wgctl_error err;

static void setup(void)
{
    enter_host();
    host("ip link set left up && ip link set right up");
    host("ip address add 192.0.2.2/24 dev left && ip address add 2001:db8:2::2/64 dev left");
    /* The kernel notices the link and adds its addresses a moment later. */
    host("for i in $(seq 1000); do ip -6 address show dev left up | grep -q 'scope link' && "
         "! ip -6 address show dev left tentative | grep -q . && exit 0; sleep 0.01; done; exit 1");
}

static void assert_ok(int rc)
{
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
}

/* ---- the way out ---- */

static struct wgctl_way_out way_out(uint8_t family)
{
    struct wgctl_way_out way;
    memset(&way, 0xa5, sizeof way);
    assert_ok(wgctl_route_way_out(family, &way, &err));
    if (way.found && way.mtu == 0)
        assert_ok(wgctl_link_mtu(way.interface, &way.mtu, &err));
    return way;
}

static void assert_source(const struct wgctl_way_out *way, const char *expected)
{
    struct wgctl_prefix source = prefix_of(expected);
    ck_assert(wgctl_prefix_equal(&way->source, &source));
}

START_TEST(a_host_without_a_way_out_has_none_and_that_is_no_error)
{
    ck_assert(!way_out(AF_INET).found);
    ck_assert(!way_out(AF_INET6).found);
    host("ip link delete left");
    ck_assert(!way_out(AF_INET).found);
    ck_assert(!way_out(AF_INET6).found);
}
END_TEST

START_TEST(a_host_that_refuses_to_go_out_has_no_way_out)
{
    static const char *const kinds[] = {"blackhole", "unreachable", "prohibit"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char command[100];
        snprintf(command, sizeof command, "ip -4 route replace %s default", kinds[i]);
        host(command);
        snprintf(command, sizeof command, "ip -6 route replace %s default", kinds[i]);
        host(command);
        ck_assert(!way_out(AF_INET).found);
        ck_assert(!way_out(AF_INET6).found);
        host("ip -4 route flush default; ip -6 route flush default");
    }
}
END_TEST

START_TEST(a_host_that_takes_the_internet_for_itself_has_no_way_out)
{
    host("ip -4 route add local default dev lo && ip -6 route add local default dev lo");
    ck_assert(!way_out(AF_INET).found);
    ck_assert(!way_out(AF_INET6).found);
}
END_TEST

START_TEST(a_host_without_ipv6_has_no_way_out_for_it)
{
    host("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6");
    ck_assert(!way_out(AF_INET6).found);
}
END_TEST

START_TEST(the_way_out_has_its_interface_its_mtu_and_its_address)
{
    host("ip link set left mtu 1492");
    host("ip route add default via 192.0.2.1 && ip -6 route add default via 2001:db8:2::1");
    struct wgctl_way_out four = way_out(AF_INET), six = way_out(AF_INET6);
    ck_assert(four.found && six.found);
    ck_assert_str_eq(four.interface, "left");
    ck_assert_str_eq(six.interface, "left");
    ck_assert_uint_eq(four.mtu, 1492);
    ck_assert_uint_eq(six.mtu, 1492);
    assert_source(&four, "192.0.2.2/32");
    assert_source(&six, "2001:db8:2::2/128");
}
END_TEST

START_TEST(the_mtu_of_the_route_counts_more_than_the_interface_s)
{
    host("ip route add default via 192.0.2.1 mtu 1300");
    ck_assert_uint_eq(way_out(AF_INET).mtu, 1300);
}
END_TEST

START_TEST(the_way_out_is_found_where_rules_choose_another_table)
{
    host("ip route add default via 192.0.2.1 table 77 && ip rule add lookup 77 priority 100");
    ck_assert(way_out(AF_INET).found);
}
END_TEST

/* ---- the local networks ---- */

START_TEST(the_local_networks_are_private_and_on_the_way_out)
{
    WGCTL_PREFIXES none = {0}, lan = {0};
    WGCTL_TEXT text = {0};
    assert_ok(wgctl_route_lan(&none, &err));
    ck_assert_uint_eq(none.count, 0);
    host("ip address add 192.168.1.2/24 dev left && ip address add fd99::2/64 dev left nodad");
    host("ip address add 10.5.0.1/16 dev right && ip route add 169.254.0.0/16 dev left");
    host("ip route add 10.6.0.0/16 dev left table 77 && ip route add default via 192.0.2.1");
    assert_ok(wgctl_route_lan(&lan, &err));
    wgctl_prefixes_sort(&lan);
    wgctl_prefixes_format(&lan, &text);
    ck_assert_str_eq(text.data, "192.168.1.0/24, fd99::/64");
}
END_TEST

/* ---- lists ---- */

static bool is_listed(const char *wanted)
{
    WGCTL_PREFIXES list = {0};
    struct wgctl_prefix prefix = prefix_of(wanted);
    assert_ok(wgctl_route_list(&list, &err));
    for (size_t i = 0; i < list.count; i++)
        if (wgctl_prefix_equal(&list.items[i], &prefix))
            return true;
    return false;
}

/* Returns the table of the route into an interface, or 0 if there is none. */
static uint32_t table_of(const char *interface, const char *wanted)
{
    WGCTL_ROUTES list = {0};
    struct wgctl_prefix prefix = prefix_of(wanted);
    assert_ok(wgctl_route_list_into(interface, &list, &err));
    for (size_t i = 0; i < list.count; i++)
        if (wgctl_prefix_equal(&list.items[i].destination, &prefix))
            return list.items[i].table;
    return 0;
}

static struct wgctl_route main_route(const char *destination)
{
    return (struct wgctl_route){.destination = prefix_of(destination), .table = WGCTL_TABLE_MAIN};
}

START_TEST(every_network_and_own_address_is_listed)
{
    host("ip route add 10.9.0.0/16 dev left && ip -6 route add fd00:9::/48 dev left");
    host("ip route add 10.77.0.0/16 dev left table 77");
    ck_assert(is_listed("192.0.2.0/24"));
    ck_assert(is_listed("192.0.2.2/32"));
    ck_assert(is_listed("10.9.0.0/16"));
    ck_assert(is_listed("10.77.0.0/16"));
    ck_assert(is_listed("fd00:9::/48"));
    ck_assert(is_listed("2001:db8:2::/64"));
    ck_assert(!is_listed("10.10.0.0/16"));
}
END_TEST

START_TEST(default_routes_are_not_listed)
{
    host("ip route add default via 192.0.2.1 && ip -6 route add default via 2001:db8:2::1");
    ck_assert(!is_listed("0.0.0.0/0"));
    ck_assert(!is_listed("::/0"));
}
END_TEST

START_TEST(a_list_is_added_to_what_is_there)
{
    WGCTL_PREFIXES list = {0};
    struct wgctl_prefix first = prefix_of("10.1.2.3/32");
    assert_ok(wgctl_prefixes_add(&list, &first, &err));
    assert_ok(wgctl_route_list(&list, &err));
    ck_assert_uint_gt(list.count, 2);
    ck_assert(wgctl_prefix_equal(&list.items[0], &first));
}
END_TEST

START_TEST(into_an_interface_only_its_own_are_listed_with_their_table)
{
    host("ip route add 10.9.0.0/16 dev left && ip route add 10.8.0.0/16 dev right");
    host("ip route add 10.77.0.0/16 dev left table 77");
    ck_assert_uint_eq(table_of("left", "10.9.0.0/16"), WGCTL_TABLE_MAIN);
    ck_assert_uint_eq(table_of("left", "10.8.0.0/16"), 0);
    ck_assert_uint_eq(table_of("left", "10.77.0.0/16"), 77);
    ck_assert_uint_eq(table_of("right", "10.8.0.0/16"), WGCTL_TABLE_MAIN);
    ck_assert_uint_eq(table_of("wgt0", "10.9.0.0/16"),
                      0); /* does not exist, which is not an error */
}
END_TEST

START_TEST(a_route_that_came_with_an_address_is_known_as_such)
{
    WGCTL_ROUTES list = {0};
    bool by_kernel = false, by_us = true;
    struct wgctl_prefix own = prefix_of("192.0.2.0/24"), other = prefix_of("10.9.0.0/16");
    host("ip route add 10.9.0.0/16 dev left");
    assert_ok(wgctl_route_list_into("left", &list, &err));
    for (size_t i = 0; i < list.count; i++) {
        if (wgctl_prefix_equal(&list.items[i].destination, &own))
            by_kernel = list.items[i].by_kernel;
        if (wgctl_prefix_equal(&list.items[i].destination, &other))
            by_us = list.items[i].by_kernel;
    }
    ck_assert(by_kernel);
    ck_assert(!by_us);
}
END_TEST

START_TEST(many_routes_are_all_listed)
{
    WGCTL_ROUTES list = {0};
    host("for i in $(seq 0 255); do for k in $(seq 0 7); do "
         "echo \"route add 10.$k.$i.0/24 dev left\"; done; done | ip -batch -");
    assert_ok(wgctl_route_list_into("left", &list, &err));
    ck_assert_uint_ge(list.count, 2048);
    ck_assert_uint_eq(table_of("left", "10.7.255.0/24"), WGCTL_TABLE_MAIN);
}
END_TEST

/* ---- changes ---- */

START_TEST(a_route_goes_into_the_interface_as_wg_quick_has_it)
{
    const struct wgctl_route four = main_route("10.9.0.0/16"), six = main_route("fd00:9::/48");
    assert_ok(wgctl_route_add("left", &four, &err));
    assert_ok(wgctl_route_add("left", &six, &err));
    host("ip route show | grep -q '^10.9.0.0/16 dev left scope link'");
    host("ip -6 route show | grep -q '^fd00:9::/48 dev left '");
    assert_ok(wgctl_route_remove("left", &four, &err));
    assert_ok(wgctl_route_remove("left", &six, &err));
    host("! ip route show | grep '^10.9.0.0/16' && ! ip -6 route show | grep ^fd00:9");
}
END_TEST

START_TEST(a_route_goes_into_the_table_that_is_named)
{
    struct wgctl_route route = main_route("10.9.0.0/16");
    route.table = 51820;
    assert_ok(wgctl_route_add("left", &route, &err));
    host("ip route show table 51820 | grep -q '^10.9.0.0/16 dev left'");
    host("! ip route show | grep '^10.9.0.0/16'");
    assert_ok(wgctl_route_remove("left", &route, &err));
    host("! ip route show table 51820 | grep .");
}
END_TEST

START_TEST(a_route_that_is_there_already_exists_and_one_that_is_gone_is_no_error)
{
    const char *const destinations[] = {"10.9.0.0/16", "fd00:9::/48"};
    for (size_t i = 0; i < 2; i++) {
        const struct wgctl_route route = main_route(destinations[i]);
        assert_ok(wgctl_route_add("left", &route, &err));
        ck_assert_int_eq(wgctl_route_add("left", &route, &err), WGCTL_EXISTS);
        assert_ok(wgctl_route_remove("left", &route, &err));
        assert_ok(wgctl_route_remove("left", &route, &err));
    }
}
END_TEST

START_TEST(a_route_into_another_interface_is_not_removed)
{
    const struct wgctl_route route = main_route("10.9.0.0/16");
    host("ip route add 10.9.0.0/16 dev right");
    assert_ok(wgctl_route_remove("left", &route, &err));
    host("ip route show | grep -q '^10.9.0.0/16 dev right'");
}
END_TEST

/* To the kernel, an index of 0 means any interface. */
START_TEST(without_its_interface_no_route_is_removed)
{
    const struct wgctl_route four = main_route("10.9.0.0/16"), six = main_route("fd00:9::/48");
    host("ip route add 10.9.0.0/16 dev left metric 500 && ip route add fd00:9::/48 dev left");
    assert_ok(wgctl_route_remove("wgt0", &four, &err));
    assert_ok(wgctl_route_remove("wgt0", &six, &err));
    host("ip route show | grep -q '^10.9.0.0/16 dev left'");
    host("ip -6 route show | grep -q '^fd00:9::/48 dev left'");
}
END_TEST

START_TEST(without_a_mark_no_rule_is_removed)
{
    host("ip rule add blackhole from 10.9.0.0/16 && ip -6 rule add blackhole from fd00:9::/48");
    assert_ok(wgctl_rules_remove(AF_INET, 0, &err));
    assert_ok(wgctl_rules_remove(AF_INET6, 0, &err));
    host("ip rule show | grep -q blackhole && ip -6 rule show | grep -q blackhole");
}
END_TEST

START_TEST(a_route_in_another_table_is_not_removed)
{
    const struct wgctl_route route = main_route("10.9.0.0/16");
    host("ip route add 10.9.0.0/16 dev left table 77");
    assert_ok(wgctl_route_remove("left", &route, &err));
    host("ip route show table 77 | grep -q '^10.9.0.0/16 dev left'");
}
END_TEST

START_TEST(a_route_that_cannot_be_added_is_an_error)
{
    const struct wgctl_route route = main_route("10.9.0.0/16");
    host("ip link set left down");
    ck_assert_int_lt(wgctl_route_add("left", &route, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot add the route to 10.9.0.0/16"));
    ck_assert_int_lt(wgctl_route_add("wgt0", &route, &err), 0);
}
END_TEST

static Suite *route_suite(void)
{
    Suite *suite = suite_create("route");
    TCase *routes = tcase_create("routes");
    tcase_add_checked_fixture(routes, setup, NULL);
    tcase_add_test(routes, a_host_without_a_way_out_has_none_and_that_is_no_error);
    tcase_add_test(routes, a_host_that_refuses_to_go_out_has_no_way_out);
    tcase_add_test(routes, a_host_that_takes_the_internet_for_itself_has_no_way_out);
    tcase_add_test(routes, a_host_without_ipv6_has_no_way_out_for_it);
    tcase_add_test(routes, the_way_out_has_its_interface_its_mtu_and_its_address);
    tcase_add_test(routes, the_mtu_of_the_route_counts_more_than_the_interface_s);
    tcase_add_test(routes, the_way_out_is_found_where_rules_choose_another_table);
    tcase_add_test(routes, the_local_networks_are_private_and_on_the_way_out);
    tcase_add_test(routes, every_network_and_own_address_is_listed);
    tcase_add_test(routes, default_routes_are_not_listed);
    tcase_add_test(routes, a_list_is_added_to_what_is_there);
    tcase_add_test(routes, into_an_interface_only_its_own_are_listed_with_their_table);
    tcase_add_test(routes, a_route_that_came_with_an_address_is_known_as_such);
    tcase_add_test(routes, many_routes_are_all_listed);
    tcase_add_test(routes, a_route_goes_into_the_interface_as_wg_quick_has_it);
    tcase_add_test(routes, a_route_goes_into_the_table_that_is_named);
    tcase_add_test(routes, a_route_that_is_there_already_exists_and_one_that_is_gone_is_no_error);
    tcase_add_test(routes, a_route_into_another_interface_is_not_removed);
    tcase_add_test(routes, without_its_interface_no_route_is_removed);
    tcase_add_test(routes, without_a_mark_no_rule_is_removed);
    tcase_add_test(routes, a_route_in_another_table_is_not_removed);
    tcase_add_test(routes, a_route_that_cannot_be_added_is_an_error);
    suite_add_tcase(suite, routes);
    return suite;
}

int main(void)
{
    return run_suite(route_suite());
}
