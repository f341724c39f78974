/* What an owner types: a value, and what becomes of it or why it is refused. */
#include "conf/typed.h"

#include "texts.h"

static struct wgctl_error err;

static struct wgctl_prefixes list_of(const char *text)
{
    struct wgctl_prefixes list = {0};
    if (text && text[0])
        ck_assert_int_eq(wgctl_prefixes_parse(&list, wgctl_slice_of(text), &err), WGCTL_OK);
    return list;
}

#define TUNNEL "10.73.21.1/24, fd5c::1/64"

/* ---- the endpoint ---- */

static const struct {
    const char *value, *expected; /* or the message */
    bool is_local;
} endpoints[] = {
    {"vpn.example.org", "vpn.example.org:51820", false},
    {"vpn.example.org:443", "vpn.example.org:443", false},
    {"203.0.113.5", "203.0.113.5:51820", false},
    {"[2001:db8::5]:443", "[2001:db8::5]:443", false},
    {"localhost.example.org", "localhost.example.org:51820", false},
    {"192.168.1.2", "192.168.1.2:51820", true},
    {"100.64.0.1", "100.64.0.1:51820", true},
    {"fd00::5", "[fd00::5]:51820", true},
    {"raspberrypi", "raspberrypi:51820", true},
    {"Pi.LOCAL.", "Pi.LOCAL.:51820", true},
    {"pi.home.arpa", "pi.home.arpa:51820", true},
    {"notlocal.example", "notlocal.example:51820", false},
    {"127.0.0.1", "devices cannot reach this server at 127.0.0.1: it is always the device itself",
     false},
    {"127.8.9.10:443",
     "devices cannot reach this server at 127.8.9.10: it is always the device itself", false},
    {"::1", "devices cannot reach this server at ::1: it is always the device itself", false},
    {"[::1]:443", "devices cannot reach this server at ::1: it is always the device itself", false},
    {"localhost", "devices cannot reach this server at localhost: it is always the device itself",
     false},
    {"LocalHost.:443",
     "devices cannot reach this server at LocalHost.: it is always the device itself", false},
    {"vpn.localhost",
     "devices cannot reach this server at vpn.localhost: it is always the device itself", false},
    {"0.0.0.0", "devices cannot reach this server at 0.0.0.0: it is not the address of a host",
     false},
    {"0.1.2.3", "devices cannot reach this server at 0.1.2.3: it is not the address of a host",
     false},
    {"::", "devices cannot reach this server at ::: it is not the address of a host", false},
    {"255.255.255.255",
     "devices cannot reach this server at 255.255.255.255: it is not the address of a host", false},
    {"239.1.1.1", "devices cannot reach this server at 239.1.1.1: it is a multicast address",
     false},
    {"ff02::1", "devices cannot reach this server at ff02::1: it is a multicast address", false},
    {"fe80::1%eth0",
     "devices cannot reach this server at fe80::1%eth0: it is valid only on one network link",
     false},
    {"::ffff:127.0.0.1",
     "devices cannot reach this server at ::ffff:127.0.0.1: it is an IPv4 address in IPv6 form",
     false},
    {"10.73.21.1",
     "devices cannot reach this server at 10.73.21.1: it is inside the tunnel, which is only there "
     "once they have reached it",
     false},
    {"fd5c::99",
     "devices cannot reach this server at fd5c::99: it is inside the tunnel, which is only there "
     "once they have reached it",
     false},
    {"vpn.example.org:99999", "'99999' is not a valid port", false},
    {"vpn.example.org:0", "'0' is not a valid port", false},
    {"http://vpn.example.org", "'http://vpn.example.org' is a web address", false},
};

START_TEST(an_endpoint_is_one_that_devices_can_reach)
{
    WGCTL_PREFIXES tunnel = list_of(TUNNEL);
    WGCTL_TEXT text = {0};
    const struct wgctl_networks networks = {&tunnel, NULL};
    struct wgctl_endpoint endpoint = {.port = 0};
    int rc = wgctl_typed_endpoint(wgctl_slice_of(endpoints[_i].value), 51820, &networks, &endpoint,
                                  &err);
    if (rc == WGCTL_OK) {
        wgctl_endpoint_format(&endpoint, &text);
        ck_assert_int_eq(wgctl_endpoint_is_local(&endpoint), endpoints[_i].is_local);
    } else {
        ck_assert_int_eq(rc, WGCTL_INVALID);
        ck_assert_uint_eq(endpoint.port, 0);
        ck_assert(err.hint[0]);
    }
    ck_assert_str_eq(rc == WGCTL_OK ? text.data : err.message, endpoints[_i].expected);
}
END_TEST

START_TEST(the_port_of_an_own_address_is_the_one_it_listens_on)
{
    static const struct {
        const char *endpoint;
        uint16_t listen_port;
        bool is_refused;
    } cases[] = {
        {"203.0.113.5:51820", 51820, false}, {"203.0.113.5:443", 51820, true},
        {"203.0.113.5:443", 443, false},     {"203.0.113.5:443", 0, false},
        {"203.0.113.6:443", 51820, false},   {"[2001:db8::5]:443", 51820, true},
        {"[2001:db8::6]:443", 51820, false}, {"vpn.example.org:443", 51820, false},
    };
    WGCTL_PREFIXES own = list_of("127.0.0.1/8, 203.0.113.5/24, 2001:db8::5/64");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wgctl_endpoint endpoint = endpoint_of(cases[i].endpoint);
        int rc = wgctl_typed_check_port(&endpoint, &own, cases[i].listen_port, &err);
        ck_assert_msg((rc == WGCTL_INVALID) == cases[i].is_refused, "%s", cases[i].endpoint);
        ck_assert(rc == WGCTL_OK || contains(wgctl_slice_of(err.message),
                                             "own address, where it listens on port 51820, not "
                                             "443"));
    }
}
END_TEST

/* ---- DNS servers ---- */

static const struct {
    const char *value, *expected; /* or the message */
} dns[] = {
    {"1.1.1.1, 9.9.9.9", "1.1.1.1, 9.9.9.9"},
    {"192.168.1.2,home.lan", "192.168.1.2, home.lan"},
    {"lan,192.168.1.2", "lan, 192.168.1.2"},
    {"10.73.21.1", "10.73.21.1"},
    {"none", ""},
    {"pihole", "'pihole' is a name, and a DNS server is given by its address"},
    {"pi.hole,home.lan", "'pi.hole' is a name, and a DNS server is given by its address"},
    {"localhost", "'localhost' is a name, and a DNS server is given by its address"},
    {"127.0.0.1",
     "devices cannot use '127.0.0.1' as their DNS server: it is always the device itself"},
    {"127.0.0.53",
     "devices cannot use '127.0.0.53' as their DNS server: it is always the device itself"},
    {"1.1.1.1,::1", "devices cannot use '::1' as their DNS server: it is always the device itself"},
    {"0.0.0.0",
     "devices cannot use '0.0.0.0' as their DNS server: it is not the address of a host"},
    {"fe80::1",
     "devices cannot use 'fe80::1' as their DNS server: it is valid only on one network link"},
    {"1.1.1.1,", "'' is not a DNS server address"},
};

START_TEST(a_dns_server_is_one_that_devices_can_ask)
{
    WGCTL_PREFIXES tunnel = list_of(TUNNEL);
    const struct wgctl_networks networks = {&tunnel, NULL};
    struct wgctl_settings settings = wgctl_settings_default;
    int rc = wgctl_typed_dns(wgctl_slice_of(dns[_i].value), &networks, &settings, &err);
    ck_assert_str_eq(rc == WGCTL_OK ? settings.dns : err.message, dns[_i].expected);
    if (rc == WGCTL_OK)
        return;
    ck_assert_str_eq(settings.dns, wgctl_settings_default.dns);
    ck_assert(err.hint[0]);
}
END_TEST

/* ---- networks ---- */

static const struct {
    const char *value;
    const char *hint; /* NULL: it is taken */
} networks_typed[] = {
    {"192.168.1.0/24", NULL},
    {"192.168.1.0/32", NULL},
    {"192.168.1.5", NULL},
    {"10.0.0.10", NULL},
    {"0.0.0.0/0, ::/0", NULL},
    {"fd00::5", NULL},
    {"2001:db8:1:2:3::", NULL},
    {"192.168.1.0", "did you mean 192.168.1.0/24? A single address would be 192.168.1.0/32"},
    {"10.9.8.7, 172.16.0.0", "did you mean 172.16.0.0/16? A single address would be 172.16.0.0/32"},
    {"10.0.0.0", "did you mean 10.0.0.0/8? A single address would be 10.0.0.0/32"},
    {"0.0.0.0", "did you mean 0.0.0.0/0? A single address would be 0.0.0.0/32"},
    {"fd00:1::", "did you mean fd00:1::/64? A single address would be fd00:1::/128"},
    {"::", "did you mean ::/0? A single address would be ::/128"},
};

START_TEST(a_network_without_its_length_is_refused)
{
    WGCTL_PREFIXES list = {0};
    int rc = wgctl_typed_networks(wgctl_slice_of(networks_typed[_i].value), &list, &err);
    ck_assert_int_eq(rc == WGCTL_OK, networks_typed[_i].hint == NULL);
    ck_assert_int_eq(list.count > 0, rc == WGCTL_OK);
    if (rc < 0)
        ck_assert_str_eq(err.hint, networks_typed[_i].hint);
}
END_TEST

/* ---- what devices send ---- */

#define EXCEPT_192_168_1                                                                    \
    "0.0.0.0/1, 128.0.0.0/2, 192.0.0.0/9, 192.128.0.0/11, 192.160.0.0/13, 192.168.0.0/24, " \
    "192.168.2.0/23, 192.168.4.0/22, 192.168.8.0/21, 192.168.16.0/20, 192.168.32.0/19, "    \
    "192.168.64.0/18, 192.168.128.0/17, 192.169.0.0/16, 192.170.0.0/15, 192.172.0.0/14, "   \
    "192.176.0.0/12, 192.192.0.0/10, 193.0.0.0/8, 194.0.0.0/7, 196.0.0.0/6, 200.0.0.0/5, "  \
    "208.0.0.0/4, 224.0.0.0/3"

static const struct {
    const char *value, *lan, *dns;
    const char *expected; /* or the message */
} sent[] = {
    {"full", "192.168.1.0/24", "1.1.1.1", "0.0.0.0/0, ::/0"},
    {"split", "192.168.1.0/24", "1.1.1.1", "10.73.21.0/24, fd5c::/64"},
    {"split", "", "192.168.1.2, home.lan", "10.73.21.0/24, fd5c::/64, 192.168.1.2/32"},
    {"split", "", "10.73.21.1, fd5c::1", "10.73.21.0/24, fd5c::/64"},
    {"lan", "192.168.1.0/24", "1.1.1.1", "10.73.21.0/24, fd5c::/64, 192.168.1.0/24"},
    {"lan", "192.168.1.0/24, fd99::/64", "192.168.1.2",
     "10.73.21.0/24, fd5c::/64, 192.168.1.0/24, fd99::/64"},
    {"lan", "", "1.1.1.1", "this host has no private network that could be the LAN"},
    {"full-except-lan", "192.168.1.0/24", "1.1.1.1", EXCEPT_192_168_1 ", ::/0"},
    {"full-except-lan", "192.168.1.0/24", "192.168.1.2, 9.9.9.9",
     EXCEPT_192_168_1 ", ::/0, 192.168.1.2/32"},
    {"full-except-lan", "10.0.0.0/8", "1.1.1.1",
     "0.0.0.0/5, 8.0.0.0/7, 11.0.0.0/8, 12.0.0.0/6, 16.0.0.0/4, 32.0.0.0/3, 64.0.0.0/2, "
     "128.0.0.0/1, ::/0, 10.73.21.0/24"},
    {"full-except-lan", "", "1.1.1.1", "this host has no private network that could be the LAN"},
    {"10.0.0.0/8, 192.168.1.5/24", "", "192.168.7.7", "10.0.0.0/8, 192.168.1.0/24"},
    {"192.168.1.0", "", "1.1.1.1", "192.168.1.0 is a network, and its length is missing"},
    {"Full", "", "1.1.1.1", "'Full' is not an IP address"},
    {"full,10.0.0.0/8", "", "1.1.1.1", "'full' is not an IP address"},
};

START_TEST(a_word_stands_for_networks)
{
    WGCTL_PREFIXES tunnel = list_of(TUNNEL), lan = list_of(sent[_i].lan);
    const struct wgctl_networks networks = {&tunnel, &lan};
    WGCTL_SETTINGS settings = wgctl_settings_default;
    snprintf(settings.dns, sizeof settings.dns, "%s", sent[_i].dns);
    int rc = wgctl_typed_allowed_ips(wgctl_slice_of(sent[_i].value), &networks, &settings, &err);
    ck_assert_str_eq(rc == WGCTL_OK ? wgctl_settings_allowed(&settings) : err.message,
                     sent[_i].expected);
    ck_assert(rc == WGCTL_OK || err.hint[0]);
}
END_TEST

static Suite *typed_suite(void)
{
    Suite *suite = suite_create("typed");
    TCase *tests = tcase_create("typed");
    tcase_add_loop_test(tests, an_endpoint_is_one_that_devices_can_reach, 0,
                        sizeof endpoints / sizeof *endpoints);
    tcase_add_test(tests, the_port_of_an_own_address_is_the_one_it_listens_on);
    tcase_add_loop_test(tests, a_dns_server_is_one_that_devices_can_ask, 0,
                        sizeof dns / sizeof *dns);
    tcase_add_loop_test(tests, a_network_without_its_length_is_refused, 0,
                        sizeof networks_typed / sizeof *networks_typed);
    tcase_add_loop_test(tests, a_word_stands_for_networks, 0, sizeof sent / sizeof *sent);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(typed_suite());
}
