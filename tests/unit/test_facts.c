/* What init finds out about the host, on a host of the test's own. */
#include "provision/facts.h"

#include <sys/stat.h>

#include "host.h"
#include "texts.h"

static struct wgctl_error err;
static struct wgctl_facts facts;
static char folder[] = "/tmp/wgctl-facts-XXXXXX";

static void setup(void)
{
    enter_host();
    host("ip link set left up && ip link set right up");
    host("ip address add 192.0.2.2/24 dev left");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    wgctl_facts_clear(&facts);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    host(command);
}

static void gather(void)
{
    wgctl_facts_clear(&facts);
    int rc = wgctl_facts_gather(folder, "wg0", &facts, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
}

START_TEST(the_mtu_of_a_way_out_is_the_route_s_or_the_interface_s)
{
    gather();
    ck_assert(!facts.way4.found && !facts.way6.found);
    host("ip link set left mtu 1492 && ip route add default via 192.0.2.1");
    gather();
    ck_assert(facts.way4.found);
    ck_assert_str_eq(facts.way4.interface, "left");
    ck_assert_uint_eq(facts.way4.mtu, 1492);
    host("ip route replace default via 192.0.2.1 mtu 1300");
    gather();
    ck_assert_uint_eq(facts.way4.mtu, 1300);
}
END_TEST

static void use_port(int family, const void *address, socklen_t size)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, address, size), 0);
}

START_TEST(ports_are_in_use_whatever_the_family_and_the_address)
{
    const struct sockaddr_in four = {
        .sin_family = AF_INET, .sin_port = htons(51820), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
    gather();
    ck_assert(!wgctl_udp_ports_have(&facts.ports, 51820));
    ck_assert(!wgctl_udp_ports_have(&facts.ports, 443));
    use_port(AF_INET, &four, sizeof four);
    use_port(AF_INET6, &six, sizeof six);
    gather();
    ck_assert(wgctl_udp_ports_have(&facts.ports, 51820));
    ck_assert(wgctl_udp_ports_have(&facts.ports, 443));
    ck_assert(!wgctl_udp_ports_have(&facts.ports, 51821));
}
END_TEST

START_TEST(ports_are_read_as_the_kernel_writes_them)
{
    static const char text[] =
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"
        "  375: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000\n"
        " 1219: 00000000000000000000000000000000:CA6C 00000000000000000000000000000000:0000 07\n"
        "    x: 00000000:12 z\n"
        "    y: 0:fff\n"
        "cut off: 0";
    struct wgctl_udp_ports ports = {0};
    wgctl_udp_ports_parse(wgctl_slice_of(text), &ports);
    for (unsigned port = 0; port <= UINT16_MAX; port++)
        ck_assert_int_eq(wgctl_udp_ports_have(&ports, (uint16_t)port), port == 68 || port == 51820);
}
END_TEST

START_TEST(routes_ipv6_and_forwarding_are_the_host_s)
{
    struct wgctl_prefix network = prefix_of("192.0.2.0/24");
    bool listed = false;
    host("echo 1 >/proc/sys/net/ipv4/ip_forward");
    gather();
    for (size_t i = 0; i < facts.routes.count; i++)
        listed |= wgctl_prefix_equal(&facts.routes.items[i], &network);
    ck_assert(listed);
    ck_assert(facts.forwarding.ipv4 && !facts.forwarding.ipv6);
    ck_assert(facts.has_ipv6 && facts.ipv6_errno == 0);
    host("echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6");
    gather();
    ck_assert(!facts.has_ipv6 && facts.ipv6_errno == 0);
}
END_TEST

START_TEST(a_tunnel_of_that_name_is_known_by_its_file_or_its_interface)
{
    gather();
    ck_assert(!facts.conf_exists);
    ck_assert_int_eq(facts.backend, WGCTL_NO_DEVICE);
    char path[64];
    snprintf(path, sizeof path, "%s/wg0.conf", folder);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    host("ip link add wg0 type bridge");
    gather();
    ck_assert(facts.conf_exists);
    ck_assert_int_eq(facts.backend, WGCTL_NOT_WIREGUARD);
}
END_TEST

START_TEST(a_folder_that_is_not_there_has_no_tunnel_and_an_unsafe_one_is_refused)
{
    chmod(folder, 0777);
    ck_assert_int_eq(wgctl_facts_gather(folder, "wg0", &facts, &err), WGCTL_DENIED);
    ck_assert_int_eq(rmdir(folder), 0);
    gather();
    ck_assert(!facts.conf_exists);
}
END_TEST

static Suite *facts_suite(void)
{
    Suite *suite = suite_create("facts");
    TCase *tests = tcase_create("facts");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_mtu_of_a_way_out_is_the_route_s_or_the_interface_s);
    tcase_add_test(tests, ports_are_in_use_whatever_the_family_and_the_address);
    tcase_add_test(tests, ports_are_read_as_the_kernel_writes_them);
    tcase_add_test(tests, routes_ipv6_and_forwarding_are_the_host_s);
    tcase_add_test(tests, a_tunnel_of_that_name_is_known_by_its_file_or_its_interface);
    tcase_add_test(tests, a_folder_that_is_not_there_has_no_tunnel_and_an_unsafe_one_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(facts_suite());
}
