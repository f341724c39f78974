#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "net/endpoint.h"
#include "suite.h"

#define TEN "0123456789"
#define LABEL_63 TEN TEN TEN TEN TEN TEN "abc"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." TEN TEN TEN TEN TEN TEN "a"

static int parse(const char *text, uint16_t default_port, struct wgctl_endpoint *ret)
{
    struct wgctl_error err;
    return wgctl_endpoint_parse(wgctl_slice_of(text), default_port, ret, &err);
}

static struct wgctl_endpoint endpoint_of(const char *text)
{
    struct wgctl_endpoint endpoint;
    ck_assert_msg(parse(text, 51820, &endpoint) == WGCTL_OK, "%s", text);
    return endpoint;
}

static const struct {
    const char *text, *host;
    uint16_t port;
} with_port[] = {
    {"vpn.example.org:51820", "vpn.example.org", 51820},
    {"VPN.example.org:1", "VPN.example.org", 1},
    {"vpn.example.org.:65535", "vpn.example.org.", 65535},
    {"localhost:51820", "localhost", 51820},
    {"my_host-1:51820", "my_host-1", 51820},
    {"1and1.example:51820", "1and1.example", 51820},
    {"3com:51820", "3com", 51820},
    {"a--b:51820", "a--b", 51820},
    {"0xcafe.example:51820", "0xcafe.example", 51820},
    {"192.0.2.1:51820", "192.0.2.1", 51820},
    {"0.0.0.0:00080", "0.0.0.0", 80},
    {"[2001:db8::1]:51820", "2001:db8::1", 51820},
    {"[::]:1", "::", 1},
    {"[::ffff:192.0.2.1]:51820", "::ffff:192.0.2.1", 51820},
    {"[fe80::1%eth0]:51820", "fe80::1%eth0", 51820},
    {"[fe80::1%eth0.100]:51820", "fe80::1%eth0.100", 51820},
    {"[fe80::1%2]:51820", "fe80::1%2", 51820},
    {"[fe80::1%abcdefghijklmno]:51820", "fe80::1%abcdefghijklmno", 51820},
    {LABEL_63 ":51820", LABEL_63, 51820},
    {NAME_253 ":51820", NAME_253, 51820},
    {NAME_253 ".:51820", NAME_253 ".", 51820},
};
enum { WITH_PORT = sizeof with_port / sizeof *with_port };

static const struct {
    const char *text, *host;
} without_port[] = {
    {"vpn.example.org", "vpn.example.org"},
    {"192.0.2.1", "192.0.2.1"},
    {"[2001:db8::1]", "2001:db8::1"},
    {"2001:db8::1", "2001:db8::1"},
    {"fe80::1%eth0", "fe80::1%eth0"},
    {"[fe80::1%eth0]", "fe80::1%eth0"},
    {"::", "::"},
    {"2001:db8::1:5182", "2001:db8::1:5182"},
};
enum { WITHOUT_PORT = sizeof without_port / sizeof *without_port };

/* Refused with and without a default port. */
static const char *const refused[] = {
    "",
    ":",
    ":51820",
    "[]",
    "[]:51820",
    "[",
    "]",
    "[2001:db8::1",
    "[2001:db8::1:51820",
    "[2001:db8::1]51820",
    "[2001:db8::1]]:51820",
    "[[2001:db8::1]]:51820",
    "2001:db8::1]:51820",
    "2001:db8::1:51820",
    "[192.0.2.1]:51820",
    "[vpn.example.org]:51820",
    "[2001:db8::1/64]:51820",
    "[2001:db8::g]:51820",
    "[2001:db8::1]:",
    "[fe80::1%]:51820",
    "[%eth0]:51820",
    "[fe80::1%eth0%eth1]:51820",
    "[fe80::1%et h0]:51820",
    "[fe80::1%eth/0]:51820",
    "[fe80::1%abcdefghijklmnop]:51820",
    "192.0.2.1%eth0:51820",
    "vpn.example.org%eth0:51820",
    "vpn.example.org:",
    "vpn.example.org:0",
    "vpn.example.org:65536",
    "vpn.example.org:70000",
    "vpn.example.org:18446744073709551617",
    "vpn.example.org:-1",
    "vpn.example.org:+1",
    "vpn.example.org:0x50",
    "vpn.example.org:http",
    "vpn.example.org: 51820",
    "vpn.example.org:51820 ",
    "vpn.example.org:51820:51820",
    " vpn.example.org:51820",
    "vpn example.org:51820",
    "vpn.example.org\n:51820",
    "vpn\x1b.example.org:51820",
    "v\xc3\xb6.example.org:51820",
    "vpn/example.org:51820",
    "user@example.org:51820",
    "*.example.org:51820",
    ".:51820",
    "..:51820",
    ".example.org:51820",
    "vpn..example.org:51820",
    "vpn.example.org..:51820",
    "-vpn.example.org:51820",
    "vpn-.example.org:51820",
    "vpn.-example.org:51820",
    "vpn.example.org-:51820",
    "-:51820",
    LABEL_63 "d:51820",
    "vpn." LABEL_63 "d.org:51820",
    NAME_253 "b:51820",
    NAME_253 "b.:51820",
    "300.1.1.1:51820",
    "010.0.0.1:51820",
    "10.0.0:51820",
    "10.0.0.1.:51820",
    "10.0.0.1.1:51820",
    "10.0.0.1/24:51820",
    "1:51820",
    "3221225985:51820",
    "0x7f.1:51820",
    "0xc0000201:51820",
    "192.0.2.0x1:51820",
};
enum { REFUSED = sizeof refused / sizeof *refused };

START_TEST(host_and_port_are_read)
{
    struct wgctl_endpoint endpoint;
    for (unsigned default_port = 0; default_port < 2; default_port++) {
        ck_assert_msg(parse(with_port[_i].text, (uint16_t)default_port, &endpoint) == WGCTL_OK,
                      "%s", with_port[_i].text);
        ck_assert_str_eq(endpoint.host, with_port[_i].host);
        ck_assert_uint_eq(endpoint.port, with_port[_i].port);
    }
}
END_TEST

START_TEST(a_port_left_out_is_the_default_one)
{
    struct wgctl_endpoint endpoint = endpoint_of(without_port[_i].text);
    ck_assert_str_eq(endpoint.host, without_port[_i].host);
    ck_assert_uint_eq(endpoint.port, 51820);
}
END_TEST

START_TEST(a_port_left_out_is_refused_where_there_is_no_default)
{
    struct wgctl_endpoint endpoint;
    ck_assert_int_eq(parse(without_port[_i].text, 0, &endpoint), WGCTL_INVALID);
}
END_TEST

START_TEST(what_is_no_endpoint_is_refused)
{
    struct wgctl_endpoint endpoint, before;
    memset(&endpoint, 0xa5, sizeof endpoint);
    before = endpoint;
    for (unsigned default_port = 0; default_port < 2; default_port++) {
        struct wgctl_error err = {0};
        ck_assert_msg(wgctl_endpoint_parse(wgctl_slice_of(refused[_i]), (uint16_t)default_port,
                                           &endpoint, &err) == WGCTL_INVALID,
                      "%s", refused[_i]);
        ck_assert_int_eq(err.status, WGCTL_INVALID);
        ck_assert_str_ne(err.message, "");
        ck_assert_str_ne(err.hint, "");
        ck_assert_mem_eq(&endpoint, &before, sizeof endpoint);
    }
}
END_TEST

START_TEST(no_text_and_a_nul_are_refused)
{
    struct wgctl_endpoint endpoint;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_endpoint_parse((struct wgctl_slice){NULL, 0}, 1, &endpoint, &err),
                     WGCTL_INVALID);
    ck_assert_int_eq(
        wgctl_endpoint_parse((struct wgctl_slice){"vpn\0x:51820", 11}, 0, &endpoint, &err),
        WGCTL_INVALID);
    ck_assert_int_eq(
        wgctl_endpoint_parse((struct wgctl_slice){"192.0.2.1\0:1", 12}, 0, &endpoint, &err),
        WGCTL_INVALID);
    ck_assert_int_eq(
        wgctl_endpoint_parse((struct wgctl_slice){"[fe80::1%a\0]:1", 14}, 0, &endpoint, &err),
        WGCTL_INVALID);
}
END_TEST

START_TEST(only_letters_digits_hyphens_underscores_and_dots_make_a_name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    for (unsigned value = 1; value < 256; value++) {
        char text[] = "a?b.example:51820";
        struct wgctl_endpoint endpoint;
        text[1] = (char)value;
        if (value != ':')
            ck_assert_int_eq(parse(text, 0, &endpoint) == WGCTL_OK,
                             strchr(allowed, (int)value) != NULL);
    }
}
END_TEST

START_TEST(the_message_names_what_is_wrong)
{
    static const struct {
        const char *text, *message;
    } messages[] = {
        {"300.1.1.1:51820", "'300.1.1.1' looks like an IP address, but is not one"},
        {"v p n:51820", "'v p n' is neither an IP address nor a host name"},
        {"vpn:70000", "'70000' is not a valid port"},
        {"vpn:", "'' is not a valid port"},
        {"vpn", "'vpn' needs a port at its end, a number from 1 to 65535"},
        {"2001:db8::1", "'2001:db8::1' needs an IPv6 address in [], and then ':' and the port"},
        {"[2001:db8::1", "'[2001:db8::1' needs a ']' after the address, and then ':' and the port"},
        {"[192.0.2.1]:1", "'192.0.2.1' is not an IPv6 address: leave out the []"},
        {"[2001:db8:1]:1", "'2001:db8:1' is not an IPv6 address"},
    };
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        struct wgctl_endpoint endpoint;
        struct wgctl_error err;
        wgctl_endpoint_parse(wgctl_slice_of(messages[i].text), 0, &endpoint, &err);
        ck_assert_str_eq(err.message, messages[i].message);
    }
}
END_TEST

START_TEST(a_web_address_is_refused_with_what_to_leave_out)
{
    static const struct {
        const char *text, *hint;
    } urls[] = {
        {"http://vpn.example.org", "leave out http://: write 'vpn.example.org'"},
        {"https://vpn.example.org:51820", "leave out https://: write 'vpn.example.org:51820'"},
        {"HTTP://192.0.2.1/", "leave out HTTP:// and what follows the name: write '192.0.2.1'"},
        {"https://[2001:db8::1]:80/a/b",
         "leave out https:// and what follows the name: write '[2001:db8::1]:80'"},
        {"udp://", "leave out udp://: write ''"},
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        for (uint16_t port = 0; port < 2; port++) {
            struct wgctl_endpoint endpoint;
            struct wgctl_error err;
            ck_assert_int_eq(
                wgctl_endpoint_parse(wgctl_slice_of(urls[i].text), port, &endpoint, &err),
                WGCTL_INVALID);
            ck_assert_ptr_nonnull(strstr(err.message, "is a web address"));
            ck_assert_str_eq(err.hint, urls[i].hint);
        }
}
END_TEST

START_TEST(an_endpoint_is_written_as_it_is_read)
{
    WGCTL_TEXT text = {0};
    struct wgctl_endpoint endpoint = endpoint_of(with_port[_i].text), again;
    wgctl_endpoint_format(&endpoint, &text);
    ck_assert_int_eq(parse(text.data, 0, &again), WGCTL_OK);
    ck_assert_str_eq(again.host, endpoint.host);
    ck_assert_uint_eq(again.port, endpoint.port);
}
END_TEST

START_TEST(an_ipv6_host_is_written_in_brackets)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"2001:db8::1", "[2001:db8::1]:51820"},
        {"fe80::1%eth0", "[fe80::1%eth0]:51820"},
        {"192.0.2.1", "192.0.2.1:51820"},
        {"vpn.example.org", "vpn.example.org:51820"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        WGCTL_TEXT text = {0};
        struct wgctl_endpoint endpoint = endpoint_of(cases[i].text);
        wgctl_endpoint_format(&endpoint, &text);
        ck_assert_str_eq(text.data, cases[i].written);
    }
}
END_TEST

START_TEST(a_host_that_is_an_address_is_told_from_a_name)
{
    static const struct {
        const char *text, *address; /* NULL for a name */
    } cases[] = {
        {"192.0.2.1", "192.0.2.1/32"},   {"2001:db8::1", "2001:db8::1/128"},
        {"fe80::1%eth0", "fe80::1/128"}, {"::ffff:192.0.2.1", "::ffff:192.0.2.1/128"},
        {"vpn.example.org", NULL},       {"cafe", NULL},
        {"1and1.example", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wgctl_endpoint endpoint = endpoint_of(cases[i].text);
        struct wgctl_prefix address;
        char text[WGCTL_PREFIX_TEXT_SIZE];
        ck_assert_int_eq(wgctl_endpoint_is_address(&endpoint, NULL), cases[i].address != NULL);
        ck_assert_int_eq(wgctl_endpoint_is_address(&endpoint, &address), cases[i].address != NULL);
        if (cases[i].address)
            ck_assert_str_eq(wgctl_prefix_format(&address, text), cases[i].address);
    }
}
END_TEST

static union wgctl_sockaddr resolve(const char *text)
{
    struct wgctl_endpoint endpoint = endpoint_of(text);
    union wgctl_sockaddr address;
    struct wgctl_error err;
    memset(&address, 0xa5, sizeof address);
    int status = wgctl_endpoint_resolve(&endpoint, &address, &err);
    ck_assert_msg(status == WGCTL_OK, "%s: %s", text, err.message);
    return address;
}

START_TEST(an_address_is_resolved_to_itself)
{
    static const char *const texts[] = {
        "192.0.2.1:1",
        "255.255.255.255:65535",
        "[2001:db8::1]:51820",
        "[::]:51820",
        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        "[fe80::1%lo]:51820",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        union wgctl_sockaddr address = resolve(texts[i]);
        char text[WGCTL_ENDPOINT_TEXT_SIZE];
        ck_assert_ptr_eq(wgctl_sockaddr_format(&address, text), text);
        ck_assert_str_eq(text, texts[i]);
    }
}
END_TEST

START_TEST(a_zone_becomes_the_index_of_the_interface)
{
    union wgctl_sockaddr address = resolve("[fe80::1%lo]:51820");
    const struct sockaddr_in6 *ipv6 = (const void *)&address;
    ck_assert_uint_eq(ipv6->sin6_scope_id, if_nametoindex("lo"));
    ck_assert_uint_eq(ntohs(ipv6->sin6_port), 51820);
}
END_TEST

START_TEST(the_rest_of_a_resolved_address_is_zero)
{
    union wgctl_sockaddr address = resolve("192.0.2.1:51820"), expected = {0};
    struct sockaddr_in *ipv4 = (void *)&expected;
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(51820);
    ipv4->sin_addr.s_addr = htonl(0xc0000201);
    ck_assert_mem_eq(&address, &expected, sizeof expected);
}
END_TEST

START_TEST(localhost_is_resolved_without_a_network)
{
    union wgctl_sockaddr address = resolve("localhost:51820");
    char text[WGCTL_ENDPOINT_TEXT_SIZE];
    wgctl_sockaddr_format(&address, text);
    ck_assert(strcmp(text, "127.0.0.1:51820") == 0 || strcmp(text, "[::1]:51820") == 0);
}
END_TEST

/* .invalid never exists (RFC 6761). Depending on the machine, the resolver says so or cannot be
 * reached. */
START_TEST(a_name_that_does_not_exist_is_named_in_the_error)
{
    struct wgctl_endpoint endpoint = endpoint_of("wgctl.invalid:51820");
    union wgctl_sockaddr address;
    struct wgctl_error err;
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
    int status = wgctl_endpoint_resolve(&endpoint, &address, &err);
    ck_assert(status == WGCTL_NOT_FOUND || status == WGCTL_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot find the address of 'wgctl.invalid': "));
    ck_assert_str_ne(err.hint, "");
}
END_TEST

START_TEST(a_zone_that_does_not_exist_is_not_found)
{
    struct wgctl_endpoint endpoint = endpoint_of("[fe80::1%nosuchlink]:51820");
    union wgctl_sockaddr address;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_endpoint_resolve(&endpoint, &address, &err), WGCTL_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "'fe80::1%nosuchlink'"));
}
END_TEST

START_TEST(an_address_without_a_family_is_written_as_nothing)
{
    union wgctl_sockaddr address = {0};
    char text[WGCTL_ENDPOINT_TEXT_SIZE] = "x";
    ck_assert_str_eq(wgctl_sockaddr_format(&address, text), "");
    memset(text, 'x', sizeof text);
    address.family = AF_UNIX;
    ck_assert_str_eq(wgctl_sockaddr_format(&address, text), "");
}
END_TEST

START_TEST(the_longest_endpoint_fits)
{
    union wgctl_sockaddr address = resolve("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
    char text[WGCTL_ENDPOINT_TEXT_SIZE];
    ((struct sockaddr_in6 *)&address)->sin6_scope_id = UINT32_MAX;
    wgctl_sockaddr_format(&address, text);
    ck_assert_str_eq(text, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}
END_TEST

START_TEST(addresses_are_equal_where_family_address_port_and_scope_are)
{
    static const char *const different[] = {
        "192.0.2.1:51820",     "192.0.2.2:51820",     "192.0.2.1:51821",
        "[2001:db8::1]:51820", "[2001:db8::2]:51820", "[2001:db8::1]:51821",
        "[fe80::1]:51820",     "[fe80::1%1]:51820",   "[fe80::1%2]:51820",
    };
    for (size_t i = 0; i < sizeof different / sizeof *different; i++) {
        for (size_t j = 0; j < sizeof different / sizeof *different; j++) {
            union wgctl_sockaddr a = resolve(different[i]), b = resolve(different[j]);
            ck_assert_int_eq(wgctl_sockaddr_equal(&a, &b), i == j);
        }
    }
}
END_TEST

START_TEST(what_is_no_part_of_an_address_does_not_matter_to_equality)
{
    union wgctl_sockaddr a = resolve("192.0.2.1:51820"), b = a;
    struct sockaddr_in *ipv4 = (void *)&b;
    memset(ipv4->sin_zero, 0xff, sizeof ipv4->sin_zero);
    ck_assert(wgctl_sockaddr_equal(&a, &b));
    a = b = resolve("[2001:db8::1]:51820");
    ((struct sockaddr_in6 *)&b)->sin6_flowinfo = 1;
    ck_assert(wgctl_sockaddr_equal(&a, &b));
}
END_TEST

START_TEST(no_address_equals_no_address_only)
{
    union wgctl_sockaddr none = {0}, also_none = {0}, some = resolve("192.0.2.1:51820");
    ck_assert(wgctl_sockaddr_equal(&none, &also_none));
    ck_assert(!wgctl_sockaddr_equal(&none, &some));
    ck_assert(!wgctl_sockaddr_equal(&some, &none));
}
END_TEST

static Suite *endpoint_suite(void)
{
    Suite *suite = suite_create("endpoint");
    TCase *text = tcase_create("text");
    tcase_add_loop_test(text, host_and_port_are_read, 0, WITH_PORT);
    tcase_add_loop_test(text, a_port_left_out_is_the_default_one, 0, WITHOUT_PORT);
    tcase_add_loop_test(text, a_port_left_out_is_refused_where_there_is_no_default, 0,
                        WITHOUT_PORT);
    tcase_add_loop_test(text, what_is_no_endpoint_is_refused, 0, REFUSED);
    tcase_add_test(text, no_text_and_a_nul_are_refused);
    tcase_add_test(text, only_letters_digits_hyphens_underscores_and_dots_make_a_name);
    tcase_add_test(text, the_message_names_what_is_wrong);
    tcase_add_test(text, a_web_address_is_refused_with_what_to_leave_out);
    tcase_add_loop_test(text, an_endpoint_is_written_as_it_is_read, 0, WITH_PORT);
    tcase_add_test(text, an_ipv6_host_is_written_in_brackets);
    tcase_add_test(text, a_host_that_is_an_address_is_told_from_a_name);
    suite_add_tcase(suite, text);

    TCase *resolver = tcase_create("resolver");
    tcase_add_test(resolver, an_address_is_resolved_to_itself);
    tcase_add_test(resolver, a_zone_becomes_the_index_of_the_interface);
    tcase_add_test(resolver, the_rest_of_a_resolved_address_is_zero);
    tcase_add_test(resolver, localhost_is_resolved_without_a_network);
    tcase_add_test(resolver, a_name_that_does_not_exist_is_named_in_the_error);
    tcase_add_test(resolver, a_zone_that_does_not_exist_is_not_found);
    suite_add_tcase(suite, resolver);

    TCase *address = tcase_create("address");
    tcase_add_test(address, an_address_without_a_family_is_written_as_nothing);
    tcase_add_test(address, the_longest_endpoint_fits);
    tcase_add_test(address, addresses_are_equal_where_family_address_port_and_scope_are);
    tcase_add_test(address, what_is_no_part_of_an_address_does_not_matter_to_equality);
    tcase_add_test(address, no_address_equals_no_address_only);
    suite_add_tcase(suite, address);
    return suite;
}

int main(void)
{
    return run_suite(endpoint_suite());
}
