#include "provision/private.h"

#include <string.h>

#include "conf/server_read.h"
#include "texts.h"

/* The golden files are for these. */
static struct wgctl_provision *provision_of(const char *addresses, enum wgctl_firewall firewall,
                                            const char *egress)
{
    struct wgctl_provision *provision = calloc(1, sizeof *provision);
    struct wgctl_error err;
    snprintf(provision->folder, sizeof provision->folder, "golden/no-such-folder");
    snprintf(provision->interface, sizeof provision->interface, "vpn-home");
    provision->applies = true;
    provision->listen_port = 51820;
    provision->mtu = 1420;
    provision->private_key = key_of(20);
    ck_assert_int_eq(wgctl_prefixes_parse(&provision->addresses, wgctl_slice_of(addresses), &err),
                     WGCTL_OK);
    for (size_t i = 0; i < provision->addresses.count; i++)
        provision->ipv6 |= provision->addresses.items[i].family == AF_INET6;
    provision->settings = wgctl_settings_default;
    provision->settings.endpoint = endpoint_of("vpn.example.org:51820");
    provision->settings.firewall = firewall;
    provision->settings.mtu = 1420;
    snprintf(provision->settings.egress, sizeof provision->settings.egress, "%s", egress);
    wgctl_endpoint_format(&provision->settings.endpoint, &provision->endpoint_text);
    wgctl_prefixes_format(&provision->addresses, &provision->addresses_text);
    return provision;
}

#define BOTH "10.73.21.1/24, fd5c:1:2:3::1/64"
#define IPV4 "10.73.21.1/24"
#define IPV6 "fd5c:1:2:3::1/64"
#define MORE "10.73.21.1/24, 192.168.77.129/25, fd5c:1:2:3::1/64, fd5c:1:2:4::1/64"

static const struct {
    const char *golden, *addresses;
    enum wgctl_firewall firewall;
    const char *egress;
} servers[] = {
    {"server-nftables.conf", BOTH, WGCTL_FIREWALL_NFTABLES, ""},
    {"server-nftables-egress.conf", BOTH, WGCTL_FIREWALL_NFTABLES, "eth0.7"},
    {"server-nftables-ipv4.conf", IPV4, WGCTL_FIREWALL_NFTABLES, ""},
    {"server-nftables-ipv4-egress.conf", IPV4, WGCTL_FIREWALL_NFTABLES, "eth0.7"},
    {"server-nftables-ipv6.conf", IPV6, WGCTL_FIREWALL_NFTABLES, ""},
    {"server-nftables-more.conf", MORE, WGCTL_FIREWALL_NFTABLES, ""},
    {"server-iptables.conf", BOTH, WGCTL_FIREWALL_IPTABLES, ""},
    {"server-iptables-egress.conf", BOTH, WGCTL_FIREWALL_IPTABLES, "eth0.7"},
    {"server-iptables-ipv4.conf", IPV4, WGCTL_FIREWALL_IPTABLES, ""},
    {"server-iptables-ipv4-egress.conf", IPV4, WGCTL_FIREWALL_IPTABLES, "eth0.7"},
    {"server-iptables-ipv6.conf", IPV6, WGCTL_FIREWALL_IPTABLES, ""},
    {"server-iptables-more.conf", MORE, WGCTL_FIREWALL_IPTABLES, ""},
    {"server-none.conf", BOTH, WGCTL_FIREWALL_NONE, ""},
    {"server-none-ipv4.conf", IPV4, WGCTL_FIREWALL_NONE, "eth0.7"},
};
enum { SERVERS = sizeof servers / sizeof *servers };

static struct wgctl_provision *server_case(int index)
{
    return provision_of(servers[index].addresses, servers[index].firewall, servers[index].egress);
}

static struct wgctl_text conf_of(const struct wgctl_provision *provision)
{
    struct wgctl_text text = {0};
    struct wgctl_error err;
    int status = wgctl_provision_conf(provision, &text, &err);
    ck_assert_msg(status == WGCTL_OK, "%s", err.message);
    return text;
}

START_TEST(a_server_is_what_it_was)
{
    WGCTL_PROVISION *provision = server_case(_i);
    WGCTL_TEXT text = conf_of(provision), expected = read_golden(servers[_i].golden);
    assert_same(wgctl_text_slice_of(&text), wgctl_text_slice_of(&expected));
}
END_TEST

START_TEST(a_server_can_be_read_back)
{
    WGCTL_PROVISION *provision = server_case(_i);
    struct wgctl_text text = conf_of(provision);
    WGCTL_SERVER server = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_server_parse("wg0.conf", &text, &server, &err), WGCTL_OK);
    ck_assert(wgctl_key_equal(&server.private_key, &provision->private_key));
    ck_assert_uint_eq(server.listen_port, 51820);
    ck_assert_uint_eq(server.mtu, 1420);
    ck_assert_uint_eq(server.addresses.count, provision->addresses.count);
    for (size_t i = 0; i < server.addresses.count; i++)
        ck_assert(wgctl_prefix_equal(&server.addresses.items[i], &provision->addresses.items[i]));
    ck_assert_int_eq(server.hook_count > 0, servers[_i].firewall != WGCTL_FIREWALL_NONE);
}
END_TEST

static bool is_iptables(struct wgctl_slice command)
{
    return wgctl_slice_starts(command, "iptables ") || wgctl_slice_starts(command, "ip6tables ");
}

/* What undoes it: -I and -A become -D. */
static void mirror_of(struct wgctl_slice command, struct wgctl_text *ret)
{
    wgctl_text_slice(ret, command);
    char *flag = strstr(ret->data, " -I ");
    if (!flag)
        flag = strstr(ret->data, " -A ");
    ck_assert_msg(flag != NULL, "%s", ret->data);
    flag[2] = 'D';
}

static size_t count_hooks(const struct wgctl_server *server, enum wgctl_hook_kind kind,
                          struct wgctl_slice command)
{
    size_t found = 0;
    for (size_t i = 0; i < server->hook_count; i++)
        found +=
            server->hooks[i].kind == kind && wgctl_slice_equal(server->hooks[i].command, command);
    return found;
}

/* Every rule that comes goes; whatever goes has come. */
static void assert_mirrored(const struct wgctl_server *server)
{
    size_t ups = 0, downs = 0, tables = 0;
    for (size_t i = 0; i < server->hook_count; i++) {
        const struct wgctl_hook *hook = &server->hooks[i];
        ck_assert(hook->kind == WGCTL_POST_UP || hook->kind == WGCTL_POST_DOWN);
        if (!is_iptables(hook->command)) {
            ck_assert(wgctl_slice_starts(hook->command, "nft '"));
            tables += contains(hook->command, "'add table ");
            continue;
        }
        ups += hook->kind == WGCTL_POST_UP;
        downs += hook->kind == WGCTL_POST_DOWN;
        if (hook->kind == WGCTL_POST_UP) {
            WGCTL_TEXT mirror = {0};
            mirror_of(hook->command, &mirror);
            ck_assert_msg(count_hooks(server, WGCTL_POST_UP, hook->command) ==
                              count_hooks(server, WGCTL_POST_DOWN, wgctl_text_slice_of(&mirror)),
                          "nothing takes it back: %.*s", (int)hook->command.size,
                          hook->command.data);
        }
    }
    ck_assert_uint_eq(ups, downs);
    if (ups > 0) {
        ck_assert_uint_eq(tables, 0);
        return;
    }
    /* With nft all is in one table, which is made first and goes as a whole. */
    ck_assert_uint_eq(tables, 1);
    assert_slice(server->hooks[0].command, "nft 'add table inet wgctl_%i'");
    for (size_t i = 0; i < server->hook_count; i++) {
        bool down = server->hooks[i].kind == WGCTL_POST_DOWN;
        ck_assert(contains(server->hooks[i].command, " inet wgctl_%i"));
        ck_assert_int_eq(down, contains(server->hooks[i].command, "delete"));
        downs += down;
    }
    ck_assert_uint_eq(downs, 1);
    ck_assert_uint_eq(
        count_hooks(server, WGCTL_POST_DOWN, wgctl_slice_of("nft 'delete table inet wgctl_%i'")),
        1);
}

/* How many rules translate that family's addresses. */
static size_t count_masquerades(const struct wgctl_server *server, const char *subnet)
{
    size_t found = 0;
    for (size_t i = 0; i < server->hook_count; i++)
        found += server->hooks[i].kind == WGCTL_POST_UP &&
                 (contains(server->hooks[i].command, "MASQUERADE") ||
                  contains(server->hooks[i].command, "masquerade")) &&
                 contains(server->hooks[i].command, subnet);
    return found;
}

START_TEST(every_rule_that_comes_with_up_goes_with_down)
{
    if (servers[_i].firewall == WGCTL_FIREWALL_NONE)
        return;
    WGCTL_PROVISION *provision = server_case(_i);
    struct wgctl_text text = conf_of(provision);
    WGCTL_SERVER server = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_server_parse("wg0.conf", &text, &server, &err), WGCTL_OK);
    assert_mirrored(&server);
}
END_TEST

START_TEST(every_subnet_is_translated_once)
{
    if (servers[_i].firewall == WGCTL_FIREWALL_NONE)
        return;
    WGCTL_PROVISION *provision = server_case(_i);
    struct wgctl_text text = conf_of(provision);
    WGCTL_SERVER server = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_server_parse("wg0.conf", &text, &server, &err), WGCTL_OK);
    for (size_t i = 0; i < provision->addresses.count; i++) {
        char subnet[WGCTL_PREFIX_TEXT_SIZE + 2] = " ";
        struct wgctl_prefix network = wgctl_prefix_mask(provision->addresses.items[i]);
        wgctl_prefix_format(&network, subnet + 1);
        ck_assert_uint_eq(count_masquerades(&server, strcat(subnet, " ")), 1);
    }
    ck_assert_uint_eq(count_masquerades(&server, ""), provision->addresses.count);
}
END_TEST

START_TEST(no_rule_is_lost_silently_however_many_addresses_a_server_has)
{
    static const unsigned counts[] = {1, 8, 20, 24, 25, 40, 60, 61, 100, 250};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (enum wgctl_firewall firewall = WGCTL_FIREWALL_NFTABLES;
             firewall <= WGCTL_FIREWALL_IPTABLES; firewall++) {
            WGCTL_TEXT addresses = {0};
            WGCTL_SERVER server = {0};
            struct wgctl_error err;
            for (unsigned i = 0; i < counts[c]; i++)
                wgctl_text_format(&addresses, "%s10.77.%u.1/24", i ? "," : "", i);
            WGCTL_PROVISION *provision = provision_of(addresses.data, firewall, "");
            struct wgctl_text text = {0};
            if (wgctl_provision_conf(provision, &text, &err) == WGCTL_INVALID) {
                ck_assert_uint_gt(counts[c], 24);
                wgctl_text_clear(&text);
                continue;
            }
            ck_assert(contains(wgctl_text_slice_of(&text), "\nListenPort = 51820\n"));
            ck_assert(contains(wgctl_text_slice_of(&text), "dport 51820 "));
            ck_assert_int_eq(wgctl_server_parse("wg0.conf", &text, &server, &err), WGCTL_OK);
            assert_mirrored(&server);
            ck_assert_uint_eq(count_masquerades(&server, ""), counts[c]);
        }
    }
}
END_TEST

/* wg-quick before 2025 cuts a hook at '#', after that it does not. */
START_TEST(no_hook_holds_a_comment_sign_or_the_name_of_the_interface)
{
    WGCTL_PROVISION *provision = server_case(_i);
    WGCTL_TEXT text = conf_of(provision);
    ck_assert(!contains(wgctl_text_slice_of(&text), "#"));
    ck_assert(!contains(wgctl_text_slice_of(&text), "vpn-home"));
    struct wgctl_slice rest = wgctl_text_slice_of(&text);
    const char *sign;
    while ((sign = memchr(rest.data, '%', rest.size))) {
        ck_assert_int_eq(sign[1], 'i');
        rest = (struct wgctl_slice){sign + 1, rest.size - (size_t)(sign + 1 - rest.data)};
    }
    ck_assert(!contains(wgctl_text_slice_of(&text), "{{"));
}
END_TEST

START_TEST(nat_is_pinned_to_an_interface_only_where_that_was_asked_for)
{
    WGCTL_PROVISION *provision = server_case(_i);
    WGCTL_TEXT text = conf_of(provision);
    bool pinned = servers[_i].egress[0] && servers[_i].firewall != WGCTL_FIREWALL_NONE;
    ck_assert_int_eq(contains(wgctl_text_slice_of(&text), "eth0"), pinned);
}
END_TEST

START_TEST(only_the_families_that_the_tunnel_has_are_spoken_of)
{
    WGCTL_PROVISION *provision = server_case(_i);
    WGCTL_TEXT text = conf_of(provision);
    if (strcmp(servers[_i].addresses, IPV4) == 0) {
        ck_assert(!contains(wgctl_text_slice_of(&text), "ip6"));
        ck_assert(!contains(wgctl_text_slice_of(&text), "::"));
    }
}
END_TEST

START_TEST(a_preview_is_the_file_without_its_key)
{
    WGCTL_PROVISION *provision = server_case(_i);
    WGCTL_TEXT text = conf_of(provision), preview = {0}, expected = {0};
    struct wgctl_error err;
    char key[WGCTL_KEY_TEXT_SIZE];
    wgctl_key_format(&provision->private_key, key);
    ck_assert_int_eq(wgctl_provision_preview(provision, &preview, &err), WGCTL_OK);
    const char *place = strstr(text.data, key);
    ck_assert_ptr_nonnull(place);
    wgctl_text_append(&expected, text.data, (size_t)(place - text.data));
    wgctl_text_string(&expected, "(hidden)");
    wgctl_text_string(&expected, place + strlen(key));
    assert_same(wgctl_text_slice_of(&preview), wgctl_text_slice_of(&expected));
    for (size_t at = 0; at + 8 <= strlen(key); at++) {
        char part[9];
        snprintf(part, sizeof part, "%s", key + at);
        ck_assert(!contains(wgctl_text_slice_of(&preview), part));
    }
}
END_TEST

/* ---- the other files ---- */

static void assert_ini(const struct wgctl_provision *provision, const char *golden)
{
    WGCTL_TEXT text = {0}, expected = read_golden(golden);
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_provision_ini(provision, &text, &err), WGCTL_OK);
    assert_same(wgctl_text_slice_of(&text), wgctl_text_slice_of(&expected));
}

START_TEST(the_settings_are_what_they_were)
{
    WGCTL_PROVISION *provision = provision_of(BOTH, WGCTL_FIREWALL_NFTABLES, "");
    assert_ini(provision, "settings.ini");
    provision->settings.firewall = WGCTL_FIREWALL_NONE;
    provision->settings.dns[0] = '\0';
    provision->settings.keepalive = 0;
    snprintf(provision->settings.egress, sizeof provision->settings.egress, "eth0.7");
    assert_ini(provision, "settings-other.ini");
}
END_TEST

static void assert_ini_is_read_back(const struct wgctl_provision *provision)
{
    WGCTL_TEXT text = {0};
    WGCTL_SETTINGS settings = wgctl_settings_default;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_provision_ini(provision, &text, &err), WGCTL_OK);
    int status = wgctl_settings_parse("wg0.ini", wgctl_text_slice_of(&text), &settings, &err);
    ck_assert_msg(status == WGCTL_OK, "%s", err.message);
    ck_assert_str_eq(settings.endpoint.host, provision->settings.endpoint.host);
    ck_assert_uint_eq(settings.endpoint.port, provision->settings.endpoint.port);
    ck_assert_int_eq(settings.firewall, provision->settings.firewall);
    ck_assert_str_eq(settings.egress, provision->settings.egress);
    ck_assert_str_eq(settings.dns, provision->settings.dns);
    ck_assert_str_eq(wgctl_settings_allowed(&settings),
                     wgctl_settings_allowed(&provision->settings));
    ck_assert_uint_eq(settings.mtu, provision->settings.mtu);
    ck_assert_uint_eq(settings.keepalive, provision->settings.keepalive);
}

START_TEST(the_settings_can_be_read_back)
{
    for (int i = 0; i < SERVERS; i++) {
        WGCTL_PROVISION *provision = server_case(i);
        assert_ini_is_read_back(provision);
        provision->settings.dns[0] = '\0';
        provision->settings.keepalive = 0;
        assert_ini_is_read_back(provision);
    }
}
END_TEST

START_TEST(settings_with_an_automatic_mtu_can_be_read_back)
{
    WGCTL_PROVISION *provision = provision_of(BOTH, WGCTL_FIREWALL_NFTABLES, "");
    provision->settings.mtu = 0;
    assert_ini_is_read_back(provision);
}
END_TEST

START_TEST(settings_with_the_longest_lists_can_be_read_back)
{
    WGCTL_PROVISION *provision = provision_of(BOTH, WGCTL_FIREWALL_NFTABLES, "");
    WGCTL_TEXT list = {0};
    struct wgctl_error err;
    for (unsigned i = 0; i < 28; i++)
        wgctl_text_format(&list, "%s10.%u.128.0/18", i ? "," : "", 200 + i);
    ck_assert_int_eq(
        wgctl_settings_allowed_ips(wgctl_text_slice_of(&list), &provision->settings, &err),
        WGCTL_OK);
    assert_ini_is_read_back(provision);
}
END_TEST

START_TEST(forwarding_is_turned_on_for_the_families_that_the_tunnel_has)
{
    static const struct {
        const char *golden, *addresses, *router_advertised;
    } cases[] = {
        {"sysctl.conf", BOTH, ""},
        {"sysctl-router.conf", BOTH, "eth0.7"},
        {"sysctl-ipv4.conf", IPV4, ""},
        {"sysctl-ipv4.conf", IPV4, "eth0.7"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        WGCTL_PROVISION *provision = provision_of(cases[i].addresses, WGCTL_FIREWALL_NFTABLES, "");
        WGCTL_TEXT text = {0}, expected = read_golden(cases[i].golden);
        struct wgctl_error err;
        snprintf(provision->forwarding.router_advertised,
                 sizeof provision->forwarding.router_advertised, "%s", cases[i].router_advertised);
        ck_assert_int_eq(wgctl_provision_sysctl(provision, &text, &err), WGCTL_OK);
        assert_same(wgctl_text_slice_of(&text), wgctl_text_slice_of(&expected));
    }
}
END_TEST

static Suite *provision_suite(void)
{
    Suite *suite = suite_create("provision");
    TCase *conf = tcase_create("server");
    tcase_add_loop_test(conf, a_server_is_what_it_was, 0, SERVERS);
    tcase_add_loop_test(conf, a_server_can_be_read_back, 0, SERVERS);
    tcase_add_loop_test(conf, every_rule_that_comes_with_up_goes_with_down, 0, SERVERS);
    tcase_add_loop_test(conf, every_subnet_is_translated_once, 0, SERVERS);
    tcase_add_test(conf, no_rule_is_lost_silently_however_many_addresses_a_server_has);
    tcase_add_loop_test(conf, no_hook_holds_a_comment_sign_or_the_name_of_the_interface, 0,
                        SERVERS);
    tcase_add_loop_test(conf, nat_is_pinned_to_an_interface_only_where_that_was_asked_for, 0,
                        SERVERS);
    tcase_add_loop_test(conf, only_the_families_that_the_tunnel_has_are_spoken_of, 0, SERVERS);
    tcase_add_loop_test(conf, a_preview_is_the_file_without_its_key, 0, SERVERS);
    suite_add_tcase(suite, conf);

    TCase *others = tcase_create("other files");
    tcase_add_test(others, the_settings_are_what_they_were);
    tcase_add_test(others, the_settings_can_be_read_back);
    tcase_add_test(others, settings_with_an_automatic_mtu_can_be_read_back);
    tcase_add_test(others, settings_with_the_longest_lists_can_be_read_back);
    tcase_add_test(others, forwarding_is_turned_on_for_the_families_that_the_tunnel_has);
    suite_add_tcase(suite, others);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(provision_suite());
}
