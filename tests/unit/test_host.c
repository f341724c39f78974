/* The pure parts of the host's adapters: rules, tables, DNS, the firewall of a default route.
 * These tests do not touch the host. */
#include "host/default_route_firewall.h"
#include "host/dns.h"
#include "host/rule.h"
#include "host/table.h"
#include "texts.h"

/* ---- rules ---- */

#define LOCAL                \
    {                        \
        0, 255, false, false \
    }
#define MAIN                     \
    {                            \
        32766, 254, false, false \
    }
#define BUT(priority)              \
    {                              \
        priority, 254, false, true \
    }
#define MARK(priority, table)        \
    {                                \
        priority, table, true, false \
    }
#define OTHER(priority, table)        \
    {                                 \
        priority, table, false, false \
    }

static const struct choice {
    struct wgctl_rule rules[7];
    size_t count;
    uint32_t mark;
    const char *going; /* priorities of the rules to remove */
} choices[] = {
    {{LOCAL, BUT(10), MARK(11, 51820), MAIN}, 4, 51820, "10 11 "},
    /* Each of two tunnels removes its own. */
    {{LOCAL, BUT(8), MARK(9, 51821), BUT(10), MARK(11, 51820), MAIN}, 6, 51820, "10 11 "},
    {{LOCAL, BUT(8), MARK(9, 51821), BUT(10), MARK(11, 51820), MAIN}, 6, 51821, "8 9 "},
    /* Brought up twice, and never taken down. */
    {{LOCAL, BUT(8), MARK(9, 51820), BUT(10), MARK(11, 51820), MAIN}, 6, 51820, "8 9 10 11 "},
    /* The second rule is missing; one of another tunnel does not replace it. */
    {{LOCAL, MARK(11, 51820), BUT(12), MAIN}, 4, 51820, "11 "},
    /* The owner's rules: those for the table are removed as well, as in wg-quick. */
    {{LOCAL, OTHER(5, 51820), BUT(6), OTHER(7, 100), MAIN}, 5, 51820, "5 "},
    {{LOCAL, BUT(6), OTHER(7, 100), MAIN}, 4, 51820, ""},
    /* A mark with the number of one of the system's tables. */
    {{LOCAL, BUT(10), MARK(11, 254), MAIN}, 4, 254, "10 11 "},
    {{LOCAL, MAIN}, 2, 255, ""},
    /* Somebody removed the rule by mark, as a restart of systemd-networkd does. */
    {{LOCAL, BUT(32764), MAIN}, 3, 51820, "32764 "},
    {{LOCAL, BUT(8), MARK(9, 51821), BUT(10), MAIN}, 5, 51820, "10 "},
    {{LOCAL, BUT(8), MARK(9, 51821), MAIN}, 4, 51820, ""},
};

START_TEST(chooses_rules)
{
    const struct choice *choice = &choices[_i];
    bool going[7];
    WGCTL_TEXT text = {0};
    wgctl_text_string(&text, "");
    wgctl_rules_choose(choice->rules, choice->count, choice->mark, going);
    for (size_t i = 0; i < choice->count; i++)
        if (going[i])
            wgctl_text_format(&text, "%u ", choice->rules[i].priority);
    assert_text(&text, choice->going);
}
END_TEST

START_TEST(knows_whether_both_rules_are_there)
{
    const struct wgctl_rule whole[] = {LOCAL, BUT(10), MARK(11, 51820), MAIN};
    const struct wgctl_rule without_mark[] = {LOCAL, BUT(10), MAIN};
    const struct wgctl_rule without_partner[] = {LOCAL, MARK(11, 51820), MAIN};
    ck_assert(wgctl_rules_are_whole(whole, 4, 51820));
    ck_assert(!wgctl_rules_are_whole(whole, 4, 51821));
    ck_assert(!wgctl_rules_are_whole(without_mark, 3, 51820));
    ck_assert(!wgctl_rules_are_whole(without_partner, 3, 51820));
}
END_TEST

/* ---- tables ---- */

static const struct name {
    const char *text, *name;
    int64_t number; /* -1 if not found */
} names[] = {
    {"255 local\n254\tmain\n# 9 no\n777  vpn # mine\n", "vpn", 777},
    {"255 local\n254\tmain\n# 9 no\n777  vpn\n", "no", -1},
    {"0x309 hex", "hex", 0x309},
    {" 12   blanks \n", "blanks", 12},
    {"12 first\n13 first\n", "first", 12},
    {"4294967295 last\n", "last", UINT32_MAX},
    {"4294967296 more\n", "more", -1},
    {"-1 less\n", "less", -1},
    {"12 vpns\n", "vpn", -1},
    {"12\n", "", -1},
    {"", "vpn", -1},
};

START_TEST(finds_names)
{
    const struct name *name = &names[_i];
    uint32_t number = 0;
    bool found = wgctl_table_find(wgctl_slice_of(name->text), wgctl_slice_of(name->name), &number);
    ck_assert_int_eq(found, name->number >= 0);
    if (found)
        ck_assert_int_eq(number, name->number);
}
END_TEST

START_TEST(reads_numbers)
{
    struct wgctl_error err;
    uint32_t number;
    ck_assert_int_eq(wgctl_table_number(wgctl_slice_of("51820"), &number, &err), WGCTL_OK);
    ck_assert_uint_eq(number, 51820);
    ck_assert_int_eq(wgctl_table_number(wgctl_slice_of("0xca6c"), &number, &err), WGCTL_OK);
    ck_assert_uint_eq(number, 51820);
    ck_assert_int_eq(wgctl_table_number(wgctl_slice_of("main"), &number, &err), WGCTL_OK);
    ck_assert_uint_eq(number, 254);
    ck_assert_int_eq(wgctl_table_number(wgctl_slice_of("12x"), &number, &err), WGCTL_NOT_FOUND);
    ck_assert_int_eq(wgctl_table_number(wgctl_slice_of("4294967296"), &number, &err),
                     WGCTL_NOT_FOUND);
}
END_TEST

/* ---- DNS ---- */

static const struct resolver {
    const char *list, *text;
} resolvers[] = {
    {"1.1.1.1", "nameserver 1.1.1.1\n"},
    {"1.1.1.1,9.9.9.9 2606::1", "nameserver 1.1.1.1\nnameserver 9.9.9.9\nnameserver 2606::1\n"},
    {"home.arpa, 1.1.1.1,\texample.org ,", "nameserver 1.1.1.1\nsearch home.arpa example.org\n"},
    {"1.2.3", "nameserver 1.2.3\n"}, /* wg-quick accepts this too */
    {"1.1.1.1a", "search 1.1.1.1a\n"},
    {"fe80::1%eth0", "nameserver fe80::1%eth0\n"},
    {" , ", ""},
    {"", ""},
};

START_TEST(parses_dns)
{
    struct wgctl_error err;
    WGCTL_DNS dns = {0};
    WGCTL_TEXT text = {0};
    wgctl_text_string(&text, "");
    ck_assert_int_eq(wgctl_dns_parse(wgctl_slice_of(resolvers[_i].list), &dns, &err), WGCTL_OK);
    wgctl_dns_format(&dns, &text);
    assert_text(&text, resolvers[_i].text);
}
END_TEST

static const struct label {
    const char *order, *label;
} labels[] = {
    {"", "wg0"},
    {"lo.inet*\nlo\ntun*\nwlan*\n", "tun.wg0"},
    {"  tap*  \n", "tap.wg0"},
    {"# tun*\n*\neth0\n", "wg0"},
};

START_TEST(names_the_interface)
{
    WGCTL_TEXT text = {0};
    wgctl_dns_label(wgctl_slice_of(labels[_i].order), "wg0", &text);
    assert_text(&text, labels[_i].label);
}
END_TEST

START_TEST(reads_servers)
{
    WGCTL_TEXT text = {0};
    wgctl_dns_servers(
        wgctl_slice_of("# x\nnameserver 1.1.1.1\nsearch a b\nnameserver 2606::1\nnameserverx\n"),
        &text);
    assert_text(&text, "1.1.1.1, 2606::1");
}
END_TEST

/* ---- the firewall of a default route ---- */

static struct wgctl_default_route_firewall rules_of(uint8_t family, const char *addresses)
{
    struct wgctl_error err;
    struct wgctl_default_route_firewall rules = {
        .interface = "wg0", .family = family, .mark = 51820};
    ck_assert_int_eq(wgctl_prefixes_parse(&rules.addresses, wgctl_slice_of(addresses), &err),
                     WGCTL_OK);
    return rules;
}

START_TEST(writes_nft)
{
    WGCTL_TEXT text = {0};
    struct wgctl_default_route_firewall rules = rules_of(AF_INET6, "fd5c::2/64, fd5d::2/128");
    wgctl_default_route_firewall_nft(&rules, &text);
    assert_text(&text, "table ip6 wg-quick-wg0 {\n"
                       " chain preraw {\n"
                       "  type filter hook prerouting priority -300\n"
                       "  iifname != \"wg0\" ip6 daddr fd5c::2 fib saddr type != local drop\n"
                       "  iifname != \"wg0\" ip6 daddr fd5d::2 fib saddr type != local drop\n"
                       " }\n"
                       " chain premangle {\n"
                       "  type filter hook prerouting priority -150\n"
                       "  meta l4proto udp meta mark set ct mark\n"
                       " }\n"
                       " chain postmangle {\n"
                       "  type filter hook postrouting priority -150\n"
                       "  meta l4proto udp meta mark 51820 ct mark set meta mark\n"
                       " }\n"
                       "}\n");
    wgctl_prefixes_clear(&rules.addresses);
}
END_TEST

START_TEST(undoes_iptables)
{
    static const char ours[] = "-m comment --comment \"wg-quick(8) rule for wg0\"";
    static const char others[] = "-m comment --comment \"wg-quick(8) rule for wg01\"";
    WGCTL_TEXT saved = {0}, text = {0};
    wgctl_text_string(&text, "");
    wgctl_text_format(
        &saved,
        "# Generated\n*raw\n:PREROUTING ACCEPT [1:2]\n-A PREROUTING -d 10.0.0.1/32 %s "
        "-j DROP\n-A PREROUTING %s -j DROP\n-A PREROUTING -j DROP\nCOMMIT\n# Done\n",
        ours, others);
    wgctl_default_route_firewall_iptables_undo(wgctl_text_slice_of(&saved), "wg2", &text);
    assert_text(&text, "");
    WGCTL_TEXT expected = {0};
    wgctl_text_format(&expected, "*raw\n-D PREROUTING -d 10.0.0.1/32 %s -j DROP\nCOMMIT\n", ours);
    wgctl_default_route_firewall_iptables_undo(wgctl_text_slice_of(&saved), "wg0", &text);
    assert_same(wgctl_text_slice_of(&text), wgctl_text_slice_of(&expected));
}
END_TEST

START_TEST(writes_iptables)
{
    WGCTL_TEXT text = {0};
    struct wgctl_default_route_firewall rules = rules_of(AF_INET, "10.0.0.1/24");
    wgctl_default_route_firewall_iptables(&rules, &text);
#define NOTE "-m comment --comment \"wg-quick(8) rule for wg0\" "
    assert_text(&text,
                "*raw\n-I PREROUTING ! -i wg0 -d 10.0.0.1 -m addrtype ! --src-type LOCAL " NOTE
                "-j DROP\nCOMMIT\n*mangle\n-I POSTROUTING -p udp -m mark --mark 51820 " NOTE
                "-j CONNMARK --save-mark\n-I PREROUTING -p udp " NOTE
                "-j CONNMARK --restore-mark\nCOMMIT\n");
    wgctl_prefixes_clear(&rules.addresses);
}
END_TEST

#define ADD_ALL(test, table) \
    tcase_add_loop_test(tests, test, 0, (int)(sizeof(table) / sizeof *(table)))

static Suite *host_suite(void)
{
    Suite *suite = suite_create("host");
    TCase *tests = tcase_create("host");
    ADD_ALL(chooses_rules, choices);
    tcase_add_test(tests, knows_whether_both_rules_are_there);
    ADD_ALL(finds_names, names);
    tcase_add_test(tests, reads_numbers);
    ADD_ALL(parses_dns, resolvers);
    ADD_ALL(names_the_interface, labels);
    tcase_add_test(tests, reads_servers);
    tcase_add_test(tests, writes_nft);
    tcase_add_test(tests, writes_iptables);
    tcase_add_test(tests, undoes_iptables);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(host_suite());
}
