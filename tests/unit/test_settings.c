#include "conf/settings.h"

#include <string.h>

#include "texts.h"

static int parse(const char *content, struct wgctl_settings *ret, struct wgctl_error *err)
{
    return wgctl_settings_parse("wg0.ini", wgctl_slice_of(content), ret, err);
}

static void describe(const struct wgctl_settings *settings, struct wgctl_text *text)
{
    if (settings->endpoint.port > 0)
        wgctl_endpoint_format(&settings->endpoint, text);
    wgctl_text_format(text, "|%s|%s|%s|%s|%u|%u", wgctl_firewall_kind(settings->firewall)->name,
                      settings->egress, settings->dns, wgctl_settings_allowed(settings),
                      settings->mtu, settings->keepalive);
}

#define DEFAULTS "|auto||1.1.1.1|0.0.0.0/0, ::/0|0|25"

/* ---- the file ---- */

static const struct {
    const char *content, *meaning;
} files[] = {
    {"", DEFAULTS},
    {"\n\n; nothing\n# nothing\n", DEFAULTS},
    {"[server]\n[clients]\n", DEFAULTS},
    {"[server]\nendpoint = vpn.example.org:51820\nfirewall = nftables\negress = eth0\n\n"
     "[clients]\ndns = 1.1.1.1, fd00::53, lan\nallowed-ips = 10.0.0.0/8,fd00::/8\nmtu = 1420\n"
     "keepalive = 15\n",
     "vpn.example.org:51820|nftables|eth0|1.1.1.1, fd00::53, lan|10.0.0.0/8, fd00::/8|1420|15"},
    {"[server]\r\nendpoint = [2001:db8::1]:1\r\n[clients]\r\nmtu = 576\r\n",
     "[2001:db8::1]:1|auto||1.1.1.1|0.0.0.0/0, ::/0|576|25"},
    {"[server]\nendpoint = a:1", "a:1" DEFAULTS},
    {"[server]\nendpoint=a:1\n[server]\nendpoint=b:2\n", "b:2" DEFAULTS},
    /* Sections and keys are found in any case. */
    {"[Server]\nEndpoint = a:1\nFIREWALL: none\n[CLIENTS]\nAllowed-IPs = 10.0.0.0/8\n",
     "a:1|none||1.1.1.1|10.0.0.0/8|0|25"},
    /* A blank at the start of a line makes no continuation. */
    {"  [server]\n  endpoint = a:1\n\tfirewall = none\n", "a:1|none||1.1.1.1|0.0.0.0/0, ::/0|0|25"},
    {"[server]\nendpoint = a:1 ; where it is\nfirewall = iptables\t; why\n",
     "a:1|iptables||1.1.1.1|0.0.0.0/0, ::/0|0|25"},
    {"\xef\xbb\xbf[server]\nendpoint = a:1\n", "a:1" DEFAULTS},
    {"[server]\negress = auto\nfirewall = auto\n[clients]\ndns = none\nkeepalive = off\n"
     "mtu = auto\nallowed-ips = full\n",
     "|auto|||0.0.0.0/0, ::/0|0|0"},
    {"[clients]\nallowed-ips = 10.0.0.7/8, fd00::1/64\n",
     "|auto||1.1.1.1|10.0.0.0/8, fd00::/64|0|25"},
    {"[clients]\ndns =\n[server]\negress =\n", "|auto|||0.0.0.0/0, ::/0|0|25"},
};
enum { FILES = sizeof files / sizeof *files };

START_TEST(a_file_is_read_and_what_is_not_in_it_is_the_default)
{
    WGCTL_SETTINGS settings = wgctl_settings_default;
    struct wgctl_error err;
    WGCTL_TEXT meaning = {0};
    int status = parse(files[_i].content, &settings, &err);
    ck_assert_msg(status == WGCTL_OK, "%s", err.message);
    describe(&settings, &meaning);
    ck_assert_str_eq(meaning.data, files[_i].meaning);
}
END_TEST

static const struct {
    const char *content, *message; /* without "wg0.ini:" */
} faults[] = {
    {"endpoint = a:1\n", "1: 'endpoint' is not known in []"},
    {"[server]\n\n# x\nendpoints = a:1\n", "4: 'endpoints' is not known in [server]"},
    {"[server]\ndns = 1.1.1.1\n", "2: 'dns' is not known in [server]"},
    {"[clients]\nendpoint = a:1\n", "2: 'endpoint' is not known in [clients]"},
    {"[ server ]\nendpoint = a:1\n", "2: 'endpoint' is not known in [ server ]"},
    {"[Server]\nEndpoints = a:1\n", "2: 'Endpoints' is not known in [Server]"},
    {"[peers]\nx = y\n", "2: 'x' is not known in [peers]"},
    {"[server]\nendpoint\n", "2: this is neither a [section] nor key = value"},
    {"[server\n", "1: this is neither a [section] nor key = value"},
    {"[server]\n\nnonsense\n[clients]\nmtu = 1420\n",
     "3: this is neither a [section] nor key = value"},
    {"[server]\nendpoint = vpn.example.org\n",
     "2: endpoint: 'vpn.example.org' needs a port at its end, a number from 1 to 65535"},
    {"[server]\nendpoint =\n", "2: endpoint: '' is neither an IP address nor a host name"},
    {"[server]\nendpoint = a:1 # x\n", "2: endpoint: '1 # x' is not a valid port"},
    {"[server]\nfirewall = pf\n", "2: firewall: 'pf' is not a firewall"},
    {"[server]\nfirewall = ufw\n", "2: firewall: 'ufw' is not a firewall"},
    {"[server]\negress = eth0 eth1\n", "2: egress: 'eth0 eth1' is not a valid interface name"},
    {"[clients]\ndns = 1.1.1.1,\n", "2: dns: '' is not a DNS server address"},
    {"[clients]\ndns = 1.1.1.1 9.9.9.9\n", "2: dns: '1.1.1.1 9.9.9.9' is not a DNS server address"},
    {"[clients]\nallowed-ips = 10.0.0.0/33\n",
     "2: allowed-ips: '10.0.0.0/33' needs a number from 0 to 32 after the '/'"},
    {"[clients]\nallowed-ips =\n", "2: allowed-ips: the list of addresses is empty"},
    {"[clients]\nmtu = 575\n", "2: mtu: '575' is not a valid MTU"},
    {"[clients]\nkeepalive = -1\n", "2: keepalive: '-1' is not a valid keepalive"},
    /* The first fault is the one that is named. */
    {"[server]\nfirewall = pf\nnonsense\n", "2: firewall: 'pf' is not a firewall"},
    {"[server]\nfirewall = pf\nfirewall = nftables\nx = y\n",
     "2: firewall: 'pf' is not a firewall"},
};
enum { FAULTS = sizeof faults / sizeof *faults };

START_TEST(a_fault_is_named_with_the_file_and_the_line)
{
    WGCTL_SETTINGS settings = wgctl_settings_default;
    struct wgctl_error err;
    char expected[200];
    ck_assert_int_eq(parse(faults[_i].content, &settings, &err), WGCTL_INVALID);
    snprintf(expected, sizeof expected, "wg0.ini:%s", faults[_i].message);
    ck_assert_str_eq(err.message, expected);
}
END_TEST

START_TEST(an_error_that_was_there_before_is_forgotten)
{
    WGCTL_SETTINGS settings = wgctl_settings_default;
    struct wgctl_error err;
    wgctl_fail(&err, WGCTL_SYSTEM, "something else");
    ck_assert_int_eq(parse("[server]\nendpoint = a:1\n", &settings, &err), WGCTL_OK);
    ck_assert_str_eq(settings.endpoint.host, "a");
}
END_TEST

START_TEST(a_failure_leaves_the_settings_alone)
{
    WGCTL_SETTINGS settings = {.mtu = 1234};
    struct wgctl_error err;
    ck_assert_int_eq(parse("[clients]\nmtu = 1420\nkeepalive = x\n", &settings, &err),
                     WGCTL_INVALID);
    ck_assert_uint_eq(settings.mtu, 1234);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_refused_not_cut)
{
    WGCTL_SETTINGS settings = wgctl_settings_default;
    struct wgctl_error err;
    WGCTL_TEXT content = {0};
    wgctl_text_string(&content, "[server]\nendpoint = ");
    for (unsigned i = 0; i < 10000; i++)
        wgctl_text_string(&content, "x");
    wgctl_text_string(&content, "\nfirewall = pf\n");
    ck_assert_int_eq(parse(content.data, &settings, &err), WGCTL_INVALID);
    ck_assert_str_eq(err.message, "wg0.ini:2: the line is too long");
}
END_TEST

/* As long as what init takes on the command line, and writes. */
START_TEST(the_longest_values_can_be_read_from_a_file)
{
    WGCTL_SETTINGS settings = {0}, again = {0};
    struct wgctl_error err;
    WGCTL_TEXT list = {0}, dns = {0}, content = {0};
    for (unsigned i = 0; i < 10000; i++)
        wgctl_text_format(&list, "%s10.%u.%u.0/25", i ? "," : "", i / 256, i % 256);
    for (unsigned i = 0; i < 18; i++)
        wgctl_text_format(&dns, "%s10.20.30.%u", i ? "," : "", 100 + i);
    ck_assert_int_eq(wgctl_settings_allowed_ips(wgctl_text_slice_of(&list), &settings, &err),
                     WGCTL_OK);
    ck_assert_int_eq(wgctl_settings_dns(wgctl_text_slice_of(&dns), &settings, &err), WGCTL_OK);
    wgctl_text_format(&content, "[clients]\nallowed-ips = %s\ndns = %s\n",
                      wgctl_settings_allowed(&settings), settings.dns);
    int status = parse(content.data, &again, &err);
    ck_assert_msg(status == WGCTL_OK, "%s", err.message);
    ck_assert_str_eq(wgctl_settings_allowed(&again), wgctl_settings_allowed(&settings));
    ck_assert_str_eq(again.dns, settings.dns);
}
END_TEST

START_TEST(a_nul_byte_hides_nothing)
{
    static const char content[] = "[server]\nendpoint = a:1\0, and more\n";
    WGCTL_SETTINGS settings = wgctl_settings_default;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_settings_parse("wg0.ini",
                                          (struct wgctl_slice){content, sizeof content - 1},
                                          &settings, &err),
                     WGCTL_INVALID);
}
END_TEST

START_TEST(what_may_be_a_key_is_never_shown)
{
    static const char *const lines[] = {
        "[server]\nendpoint = " PRIVATE "\n",
        "[server]\nfirewall = " PRIVATE "\n",
        "[server]\negress = " PRIVATE "\n",
        "[server]\n" PRIVATE " 1\n",
        "[server]\n" PRIVATE "\n",
        "[clients]\ndns = " PRIVATE "\n",
        "[clients]\nallowed-ips = " PRIVATE "\n",
        "[clients]\nmtu = " PRIVATE "\n",
        "[clients]\nkeepalive = " PRIVATE "\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        WGCTL_SETTINGS settings = wgctl_settings_default;
        struct wgctl_error err;
        ck_assert_int_eq(parse(lines[i], &settings, &err), WGCTL_INVALID);
        ck_assert_msg(!wgctl_secret_may_be_in(wgctl_slice_of(err.message)), "%s", err.message);
    }
}
END_TEST

/* ---- single values ---- */

typedef int (*setter)(struct wgctl_slice value, struct wgctl_settings *settings,
                      struct wgctl_error *err);

static int set_endpoint(struct wgctl_slice value, struct wgctl_settings *settings,
                        struct wgctl_error *err)
{
    return wgctl_settings_endpoint(value, 51820, settings, err);
}

static const struct {
    setter set;
    const char *value, *meaning; /* NULL: refused */
} values[] = {
    {set_endpoint, "vpn.example.org", "vpn.example.org:51820" DEFAULTS},
    {set_endpoint, "vpn.example.org:1", "vpn.example.org:1" DEFAULTS},
    {set_endpoint, "2001:db8::1", "[2001:db8::1]:51820" DEFAULTS},
    {set_endpoint, "", NULL},
    {set_endpoint, "a b", NULL},
    {set_endpoint, "a\nPostUp = x", NULL},
    {wgctl_settings_firewall, "auto", DEFAULTS},
    {wgctl_settings_firewall, "nftables", "|nftables||1.1.1.1|0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_firewall, "iptables", "|iptables||1.1.1.1|0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_firewall, "none", "|none||1.1.1.1|0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_firewall, "firewalld", NULL},
    {wgctl_settings_firewall, "Nftables", NULL},
    {wgctl_settings_firewall, "nft", NULL},
    {wgctl_settings_firewall, "", NULL},
    {wgctl_settings_egress, "auto", DEFAULTS},
    {wgctl_settings_egress, "", DEFAULTS},
    {wgctl_settings_egress, "eth0.7", "|auto|eth0.7|1.1.1.1|0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_egress, "fifteen-letters",
     "|auto|fifteen-letters|1.1.1.1|0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_egress, "sixteen-letters.", NULL},
    {wgctl_settings_egress, "eth0; reboot", NULL},
    {wgctl_settings_egress, "eth0\n", NULL},
    {wgctl_settings_egress, "%i", NULL},
    {wgctl_settings_egress, "..", NULL},
    {wgctl_settings_dns, "9.9.9.9", "|auto||9.9.9.9|0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_dns, " 9.9.9.9 ,2620:fe::fe,  home.lan ",
     "|auto||9.9.9.9, 2620:fe::fe, home.lan|0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_dns, "none", "|auto|||0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_dns, "", "|auto|||0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_dns, "none, 9.9.9.9", "|auto||none, 9.9.9.9|0.0.0.0/0, ::/0|0|25"},
    {wgctl_settings_dns, "9.9.9.9/32", NULL},
    {wgctl_settings_dns, "9.9.9.9:53", NULL},
    {wgctl_settings_dns, "[2620:fe::fe]", NULL},
    {wgctl_settings_dns, "9.9.9.9,,1.1.1.1", NULL},
    {wgctl_settings_dns, ",", NULL},
    {wgctl_settings_dns, "9.9.9", NULL},
    {wgctl_settings_dns, "a\nPostUp=x", NULL},
    {wgctl_settings_allowed_ips, "full", DEFAULTS},
    {wgctl_settings_allowed_ips, "10.0.0.0/8", "|auto||1.1.1.1|10.0.0.0/8|0|25"},
    {wgctl_settings_allowed_ips, "10.0.0.1/8 , ::1", "|auto||1.1.1.1|10.0.0.0/8, ::1/128|0|25"},
    {wgctl_settings_allowed_ips, "", NULL},
    {wgctl_settings_allowed_ips, "10.0.0.0/8,", NULL},
    {wgctl_settings_allowed_ips, "lan", NULL},
    {wgctl_settings_mtu, "576", "|auto||1.1.1.1|0.0.0.0/0, ::/0|576|25"},
    {wgctl_settings_mtu, "65535", "|auto||1.1.1.1|0.0.0.0/0, ::/0|65535|25"},
    {wgctl_settings_mtu, "auto", DEFAULTS},
    {wgctl_settings_mtu, "575", NULL},
    {wgctl_settings_mtu, "65536", NULL},
    {wgctl_settings_mtu, "0", NULL},
    {wgctl_settings_mtu, "", NULL},
    {wgctl_settings_mtu, "1420 ", NULL},
    {wgctl_settings_keepalive, "0", "|auto||1.1.1.1|0.0.0.0/0, ::/0|0|0"},
    {wgctl_settings_keepalive, "off", "|auto||1.1.1.1|0.0.0.0/0, ::/0|0|0"},
    {wgctl_settings_keepalive, "65535", "|auto||1.1.1.1|0.0.0.0/0, ::/0|0|65535"},
    {wgctl_settings_keepalive, "65536", NULL},
    {wgctl_settings_keepalive, "25s", NULL},
    {wgctl_settings_keepalive, "", NULL},
};
enum { VALUES = sizeof values / sizeof *values };

START_TEST(a_value_is_checked_and_taken_or_refused_and_all_else_stays)
{
    WGCTL_SETTINGS settings = wgctl_settings_default;
    struct wgctl_error err = {0};
    WGCTL_TEXT meaning = {0};
    int status = values[_i].set(wgctl_slice_of(values[_i].value), &settings, &err);
    ck_assert_int_eq(status, values[_i].meaning ? WGCTL_OK : WGCTL_INVALID);
    describe(&settings, &meaning);
    ck_assert_str_eq(meaning.data, values[_i].meaning ? values[_i].meaning : DEFAULTS);
    ck_assert(status == WGCTL_OK || err.message[0]);
}
END_TEST

START_TEST(a_list_that_does_not_fit_is_refused_not_cut)
{
    WGCTL_SETTINGS settings = wgctl_settings_default;
    struct wgctl_error err;
    WGCTL_TEXT list = {0};
    for (unsigned i = 0; i < 100; i++)
        wgctl_text_format(&list, "%s10.0.0.%u", i ? "," : "", i);
    ck_assert_int_eq(wgctl_settings_dns(wgctl_text_slice_of(&list), &settings, &err),
                     WGCTL_INVALID);
    ck_assert_str_eq(err.message, "the list of DNS servers is too long");
}
END_TEST

START_TEST(a_copy_has_its_own_list)
{
    WGCTL_SETTINGS settings = wgctl_settings_default, copy = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_settings_copy(&settings, &copy, &err), WGCTL_OK);
    ck_assert_str_eq(wgctl_settings_allowed(&copy), "0.0.0.0/0, ::/0");
    ck_assert_int_eq(wgctl_settings_allowed_ips(wgctl_slice_of("10.0.0.0/8"), &settings, &err),
                     WGCTL_OK);
    ck_assert_int_eq(wgctl_settings_copy(&settings, &copy, &err), WGCTL_OK);
    wgctl_settings_clear(&settings);
    ck_assert_str_eq(wgctl_settings_allowed(&settings), "0.0.0.0/0, ::/0");
    ck_assert_str_eq(wgctl_settings_allowed(&copy), "10.0.0.0/8");
}
END_TEST

START_TEST(a_firewall_goes_by_its_name)
{
    for (enum wgctl_firewall kind = WGCTL_FIREWALL_AUTO; kind <= WGCTL_FIREWALL_NONE; kind++) {
        WGCTL_SETTINGS settings = {.firewall = WGCTL_FIREWALL_AUTO};
        struct wgctl_error err;
        ck_assert_int_eq(wgctl_settings_firewall(wgctl_slice_of(wgctl_firewall_kind(kind)->name),
                                                 &settings, &err),
                         WGCTL_OK);
        ck_assert_int_eq(settings.firewall, kind);
    }
}
END_TEST

static Suite *settings_suite(void)
{
    Suite *suite = suite_create("settings");
    TCase *file = tcase_create("file");
    tcase_add_loop_test(file, a_file_is_read_and_what_is_not_in_it_is_the_default, 0, FILES);
    tcase_add_loop_test(file, a_fault_is_named_with_the_file_and_the_line, 0, FAULTS);
    tcase_add_test(file, an_error_that_was_there_before_is_forgotten);
    tcase_add_test(file, a_failure_leaves_the_settings_alone);
    tcase_add_test(file, a_line_that_is_too_long_is_refused_not_cut);
    tcase_add_test(file, the_longest_values_can_be_read_from_a_file);
    tcase_add_test(file, a_nul_byte_hides_nothing);
    tcase_add_test(file, what_may_be_a_key_is_never_shown);
    suite_add_tcase(suite, file);

    TCase *value = tcase_create("value");
    tcase_add_loop_test(value, a_value_is_checked_and_taken_or_refused_and_all_else_stays, 0,
                        VALUES);
    tcase_add_test(value, a_list_that_does_not_fit_is_refused_not_cut);
    tcase_add_test(value, a_copy_has_its_own_list);
    tcase_add_test(value, a_firewall_goes_by_its_name);
    suite_add_tcase(suite, value);
    return suite;
}

int main(void)
{
    return run_suite(settings_suite());
}
