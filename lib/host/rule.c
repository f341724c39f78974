#include "host/rule.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/netlink.h"
#include "base/text.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

/* Marks the nearest rule above `below` that lets all but the default route pass. */
static void take_partner(const struct wgctl_rule *rules, size_t below, bool *taken)
{
    for (size_t i = below; i-- > 0;)
        if (rules[i].but_the_default && !taken[i]) {
            taken[i] = true;
            return;
        }
}

/* The rule by mark was directly below its partner. If somebody removed it, that priority is
 * free. */
static bool is_orphan(const struct wgctl_rule *rules, size_t count, size_t index)
{
    return rules[index].but_the_default &&
           (index + 1 == count || rules[index + 1].priority != rules[index].priority + 1);
}

void wgctl_rules_choose(const struct wgctl_rule *rules, size_t count, uint32_t table,
                        bool *ret_going)
{
    /* A mark may have the number of a table that every host needs the rules of. */
    bool is_own = table < RT_TABLE_DEFAULT || table > RT_TABLE_LOCAL, has_mark = false;
    for (size_t i = 0; i < count; i++) {
        ret_going[i] = rules[i].table == table && (is_own || rules[i].by_mark);
        has_mark |= ret_going[i] && rules[i].by_mark;
    }
    for (size_t i = count; i-- > 0;)
        if (ret_going[i] && rules[i].by_mark)
            take_partner(rules, i, ret_going);
    for (size_t i = 0; !has_mark && i < count; i++)
        if (is_orphan(rules, count, i)) {
            ret_going[i] = true;
            return;
        }
}

bool wgctl_rules_are_whole(const struct wgctl_rule *rules, size_t count, uint32_t table)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; rules[i].by_mark && rules[i].table == table && k < i; k++)
            if (rules[k].but_the_default)
                return true;
    return false;
}

/* ---- listing ---- */

struct listing {
    struct wgctl_rule *rules;
    size_t count, capacity;
};

/* Whether it applies to all addresses and interfaces, as the rules of a tunnel do. */
static bool applies_to_all(const struct fib_rule_hdr *header, const struct nlattr **table)
{
    return header->src_len == 0 && header->dst_len == 0 && header->tos == 0 &&
           header->action == FR_ACT_TO_TBL && !table[FRA_IIFNAME] && !table[FRA_OIFNAME];
}

static int take_rule(const struct nlmsghdr *message, void *context)
{
    const struct fib_rule_hdr *header = NLMSG_DATA(message);
    struct listing *listing = context;
    size_t size;
    const void *attributes = wgctl_netlink_payload(message, sizeof *header, &size);
    const struct nlattr *table[FRA_OIFNAME + 1];
    wgctl_attributes_sort(attributes, size, table, FRA_OIFNAME);

    struct wgctl_rule *rules = wgctl_array_grow(listing->rules, listing->count, &listing->capacity,
                                                sizeof *listing->rules);
    if (!rules)
        return -ENOMEM;
    listing->rules = rules;
    struct wgctl_rule *rule = &rules[listing->count++];
    *rule = (struct wgctl_rule){
        .priority = wgctl_attribute_u32(table[FRA_PRIORITY]),
        .table = table[FRA_TABLE] ? wgctl_attribute_u32(table[FRA_TABLE]) : header->table,
    };
    bool to_all = applies_to_all(header, table), inverted = header->flags & FIB_RULE_INVERT;
    uint32_t mark = wgctl_attribute_u32(table[FRA_FWMARK]);
    rule->by_mark = to_all && inverted && mark == rule->table;
    rule->but_the_default = to_all && !inverted && mark == 0 && rule->table == RT_TABLE_MAIN &&
                            table[FRA_SUPPRESS_PREFIXLEN] &&
                            wgctl_attribute_u32(table[FRA_SUPPRESS_PREFIXLEN]) == 0;
    return 0;
}

static void restart_rules(void *context)
{
    ((struct listing *)context)->count = 0;
}

static int list_rules(struct wgctl_netlink *netlink, uint8_t family, struct listing *ret)
{
    struct wgctl_netlink_message message;
    struct fib_rule_hdr *header =
        wgctl_netlink_begin(&message, RTM_GETRULE, NLM_F_DUMP, sizeof *header);
    header->family = family;
    return wgctl_netlink_dump(netlink, &message, restart_rules, take_rule, ret);
}

/* ---- changes ---- */

static const char *family_name(uint8_t family)
{
    return family == AF_INET ? "IPv4" : "IPv6";
}

static void begin_rule(struct wgctl_netlink_message *message, uint16_t type, uint16_t flags,
                       uint8_t family, uint32_t table, bool inverted)
{
    struct fib_rule_hdr *header =
        wgctl_netlink_begin(message, type, (uint16_t)(NLM_F_ACK | flags), sizeof *header);
    header->family = family;
    header->table = table < 256 ? (uint8_t)table : RT_TABLE_UNSPEC;
    header->action = type == RTM_NEWRULE ? FR_ACT_TO_TBL : FR_ACT_UNSPEC;
    header->flags = inverted ? FIB_RULE_INVERT : 0;
    wgctl_netlink_put_u32(message, FRA_TABLE, table);
}

int wgctl_rules_add(uint8_t family, uint32_t mark, struct wgctl_error *err)
{
    struct wgctl_netlink_message message;
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    /* Without a priority, the kernel puts each above the existing ones. */
    begin_rule(&message, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, family, mark, true);
    wgctl_netlink_put_u32(&message, FRA_FWMARK, mark);
    rc = wgctl_netlink_talk(netlink, &message, NULL, NULL);
    if (rc >= 0) {
        begin_rule(&message, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, family, RT_TABLE_MAIN, false);
        wgctl_netlink_put_u32(&message, FRA_SUPPRESS_PREFIXLEN, 0);
        rc = wgctl_netlink_talk(netlink, &message, NULL, NULL);
    }
    return rc < 0 ? wgctl_netlink_fail(netlink, rc, err, "cannot add the routing rules of %s",
                                       family_name(family))
                  : WGCTL_OK;
}

static int remove_rule(struct wgctl_netlink *netlink, uint8_t family, const struct wgctl_rule *rule)
{
    struct wgctl_netlink_message message;
    begin_rule(&message, RTM_DELRULE, 0, family, rule->table, false);
    wgctl_netlink_put_u32(&message, FRA_PRIORITY, rule->priority);
    if (rule->but_the_default)
        wgctl_netlink_put_u32(&message, FRA_SUPPRESS_PREFIXLEN, 0);
    int rc = wgctl_netlink_talk(netlink, &message, NULL, NULL);
    return rc == -ENOENT ? 0 : rc;
}

/* Lists the rules of a family, and chooses among them. The caller frees `listing->rules` and
 * *ret_going, also after a failure. A kernel without rules for the family has none. */
static int list_and_choose(struct wgctl_netlink *netlink, uint8_t family, uint32_t mark,
                           struct listing *listing, bool **ret_going)
{
    int rc = list_rules(netlink, family, listing);
    if (rc < 0 && rc != -EAFNOSUPPORT && rc != -EOPNOTSUPP)
        return rc;
    *ret_going = calloc(listing->count + 1, sizeof **ret_going);
    if (!*ret_going)
        return -ENOMEM;
    wgctl_rules_choose(listing->rules, listing->count, mark, *ret_going);
    return 0;
}

int wgctl_rules_find(uint8_t family, uint32_t mark, bool *ret_any, bool *ret_whole,
                     struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    WGCTL_FREE bool *going = NULL;
    struct listing listing = {0};
    *ret_any = *ret_whole = false;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    rc = list_and_choose(netlink, family, mark, &listing, &going);
    for (size_t i = 0; rc == 0 && i < listing.count; i++)
        *ret_any |= going[i];
    *ret_whole = rc == 0 && wgctl_rules_are_whole(listing.rules, listing.count, mark);
    free(listing.rules);
    return rc < 0 ? wgctl_netlink_fail(netlink, rc, err, "cannot read the routing rules of %s",
                                       family_name(family))
                  : WGCTL_OK;
}

int wgctl_rules_remove(uint8_t family, uint32_t mark, struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    WGCTL_FREE bool *going = NULL;
    struct listing listing = {0};
    /* Rules without a table, such as a blackhole, have number 0, which to the kernel means any. */
    if (mark == 0)
        return WGCTL_OK;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    rc = list_and_choose(netlink, family, mark, &listing, &going);
    for (size_t i = 0; rc == 0 && i < listing.count; i++)
        if (going[i])
            rc = remove_rule(netlink, family, &listing.rules[i]);
    free(listing.rules);
    return rc < 0 ? wgctl_netlink_fail(netlink, rc, err, "cannot remove the routing rules of %s",
                                       family_name(family))
                  : WGCTL_OK;
}
