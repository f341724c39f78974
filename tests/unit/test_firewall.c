/* Detecting the firewall, in the test's own network namespace. */
#include "host/firewall.h"

#include "host.h"
#include "texts.h"

static struct wgctl_error err;

static struct wgctl_firewall_facts look(void)
{
    struct wgctl_firewall_facts facts;
    int rc = wgctl_firewall_look(&facts, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
    return facts;
}

START_TEST(a_host_without_rules_uses_no_iptables_and_drops_nothing)
{
    struct wgctl_firewall_facts facts = look();
    ck_assert(!facts.uses_iptables);
    ck_assert_str_eq(facts.dropping_table, "");
}
END_TEST

START_TEST(the_programs_are_looked_for_in_path)
{
    ck_assert(look().has_nft);
    ck_assert(look().has_iptables);
    ck_assert(look().has_ip6tables);
}
END_TEST

START_TEST(a_rule_of_iptables_shows_that_iptables_is_in_use)
{
    host("iptables-nft -A INPUT -p udp --dport 1 -j ACCEPT");
    ck_assert(look().uses_iptables);
    ck_assert_str_eq(look().dropping_table, "");
}
END_TEST

START_TEST(so_does_one_of_ip6tables)
{
    host("ip6tables-nft -A FORWARD -j ACCEPT");
    ck_assert(look().uses_iptables);
}
END_TEST

START_TEST(a_policy_of_iptables_is_no_table_that_drops)
{
    host("iptables-nft -P FORWARD DROP");
    ck_assert(look().uses_iptables);
    ck_assert_str_eq(look().dropping_table, "");
}
END_TEST

static const struct {
    const char *family, *hook, *policy, *found;
} chains[] = {
    {"inet", "forward", "drop", "inet filter"}, {"inet", "input", "drop", "inet filter"},
    {"ip", "forward", "drop", "ip filter"},     {"ip6", "input", "drop", "ip6 filter"},
    {"inet", "forward", "accept", ""},          {"inet", "output", "drop", ""},
    {"inet", "prerouting", "drop", ""},
};
enum { CHAINS = sizeof chains / sizeof *chains };

START_TEST(a_table_of_nftables_own_that_drops_what_comes_in_or_goes_through_is_named)
{
    char command[200];
    snprintf(command, sizeof command,
             "nft add table %s filter && nft add chain %s filter mine "
             "'{ type filter hook %s priority 0; policy %s; }'",
             chains[_i].family, chains[_i].family, chains[_i].hook, chains[_i].policy);
    host(command);
    ck_assert_str_eq(look().dropping_table, chains[_i].found);
    ck_assert(!look().uses_iptables);
}
END_TEST

static Suite *firewall_suite(void)
{
    Suite *suite = suite_create("firewall");
    TCase *tests = tcase_create("look");
    tcase_add_checked_fixture(tests, enter_host, NULL);
    tcase_add_test(tests, a_host_without_rules_uses_no_iptables_and_drops_nothing);
    tcase_add_test(tests, the_programs_are_looked_for_in_path);
    tcase_add_test(tests, a_rule_of_iptables_shows_that_iptables_is_in_use);
    tcase_add_test(tests, so_does_one_of_ip6tables);
    tcase_add_test(tests, a_policy_of_iptables_is_no_table_that_drops);
    tcase_add_loop_test(tests,
                        a_table_of_nftables_own_that_drops_what_comes_in_or_goes_through_is_named,
                        0, CHAINS);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(firewall_suite());
}
