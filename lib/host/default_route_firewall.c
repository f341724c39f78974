#include "host/default_route_firewall.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/netlink.h"
#include "base/process.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* As wg-quick(8) names them. */
#define TABLE_PREFIX "wg-quick-"
#define COMMENT "-m comment --comment \"wg-quick(8) rule for %s\""

/* ---- the rules as text ---- */

void wgctl_default_route_firewall_nft(const struct wgctl_default_route_firewall *rules,
                                      struct wgctl_text *ret)
{
    const char *family = rules->family == AF_INET ? "ip" : "ip6";
    char text[WGCTL_PREFIX_TEXT_SIZE];
    wgctl_text_format(ret, "table %s " TABLE_PREFIX "%s {\n", family, rules->interface);
    wgctl_text_string(ret, " chain preraw {\n  type filter hook prerouting priority -300\n");
    for (size_t i = 0; i < rules->addresses.count; i++)
        wgctl_text_format(ret, "  iifname != \"%s\" %s daddr %s fib saddr type != local drop\n",
                          rules->interface, family,
                          wgctl_address_format(&rules->addresses.items[i], text));
    wgctl_text_format(ret,
                      " }\n chain premangle {\n  type filter hook prerouting priority -150\n"
                      "  meta l4proto udp meta mark set ct mark\n }\n"
                      " chain postmangle {\n  type filter hook postrouting priority -150\n"
                      "  meta l4proto udp meta mark %u ct mark set meta mark\n }\n}\n",
                      rules->mark);
}

void wgctl_default_route_firewall_iptables(const struct wgctl_default_route_firewall *rules,
                                           struct wgctl_text *ret)
{
    const char *interface = rules->interface;
    char text[WGCTL_PREFIX_TEXT_SIZE];
    wgctl_text_string(ret, "*raw\n");
    for (size_t i = 0; i < rules->addresses.count; i++)
        wgctl_text_format(
            ret, "-I PREROUTING ! -i %s -d %s -m addrtype ! --src-type LOCAL " COMMENT " -j DROP\n",
            interface, wgctl_address_format(&rules->addresses.items[i], text), interface);
    wgctl_text_string(ret, "COMMIT\n*mangle\n");
    wgctl_text_format(
        ret, "-I POSTROUTING -p udp -m mark --mark %u " COMMENT " -j CONNMARK --save-mark\n",
        rules->mark, interface);
    wgctl_text_format(ret, "-I PREROUTING -p udp " COMMENT " -j CONNMARK --restore-mark\nCOMMIT\n",
                      interface);
}

static bool contains(struct wgctl_slice line, const char *text)
{
    return memmem(line.data, line.size, text, strlen(text));
}

void wgctl_default_route_firewall_iptables_undo(struct wgctl_slice saved, const char *interface,
                                                struct wgctl_text *ret)
{
    char comment[96];
    struct wgctl_slice line;
    snprintf(comment, sizeof comment, COMMENT, interface);
    size_t before = ret->size;
    bool any = false;
    while (saved.data && wgctl_slice_split(&saved, '\n', &line)) {
        if (wgctl_slice_starts(line, "-A ") && contains(line, comment)) {
            wgctl_text_format(ret, "-D %.*s\n", (int)line.size - 3, line.data + 3);
            any = true;
        } else if (wgctl_slice_starts(line, "*") || wgctl_slice_starts(line, "COMMIT"))
            wgctl_text_format(ret, "%.*s\n", (int)line.size, line.data);
    }
    if (!any)
        ret->size = before;
}

/* ---- adding ---- */

int wgctl_default_route_firewall_set(const struct wgctl_default_route_firewall *rules,
                                     struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    bool has_nft = wgctl_process_find("nft", NULL, 0);
    const char *restore = rules->family == AF_INET ? "iptables-restore" : "ip6tables-restore";
    const char *const nft[] = {"nft", "-f", "-", NULL}, *const iptables[] = {restore, "-n", NULL};
    if (has_nft)
        wgctl_default_route_firewall_nft(rules, &text);
    else
        wgctl_default_route_firewall_iptables(rules, &text);
    int rc = wgctl_text_check(&text, err);
    if (rc == WGCTL_OK)
        rc = wgctl_process_filter(has_nft ? nft : iptables, wgctl_text_slice_of(&text), NULL, err);
    if (rc == WGCTL_NOT_FOUND) {
        wgctl_context(err, "a default route needs a firewall");
        return wgctl_hint(err, "sudo apt install nftables");
    }
    return rc < 0 ? wgctl_context(err, "the firewall of the default route") : rc;
}

/* ---- removing ---- */

struct look {
    const char *name; /* of our table */
    uint8_t family;   /* AF_UNSPEC: any */
    struct wgctl_text commands;
    bool has_iptables[2]; /* IPv4, IPv6: there are tables that may be those of iptables */
};

static int take_table(const struct nlmsghdr *header, void *context)
{
    struct look *look = context;
    const struct nfgenmsg *message = NLMSG_DATA(header);
    size_t size;
    const void *attributes = wgctl_netlink_payload(header, sizeof *message, &size);
    const struct nlattr *table[NFTA_TABLE_NAME + 1];
    wgctl_attributes_sort(attributes, size, table, NFTA_TABLE_NAME);
    const char *name = wgctl_attribute_string(table[NFTA_TABLE_NAME]);
    bool is4 = message->nfgen_family == NFPROTO_IPV4, is6 = message->nfgen_family == NFPROTO_IPV6;
    if (!is4 && !is6)
        return 0;
    if (strcmp(name, look->name) == 0 && look->family != (is4 ? AF_INET6 : AF_INET))
        wgctl_text_format(&look->commands, "delete table %s %s\n", is4 ? "ip" : "ip6", name);
    if (strcmp(name, "raw") == 0 || strcmp(name, "mangle") == 0)
        look->has_iptables[is6] = true;
    return 0;
}

static void restart_look(void *context)
{
    wgctl_text_clear(&((struct look *)context)->commands);
}

static int look_at_tables(struct look *look, struct wgctl_error *err)
{
    struct wgctl_netlink_message message;
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_netlink_open(NETLINK_NETFILTER, &netlink, err);
    if (rc < 0)
        return rc;
    wgctl_netlink_begin_nftables(&message, NFT_MSG_GETTABLE);
    rc = wgctl_netlink_dump(netlink, &message, restart_look, take_table, look);
    /* A kernel without nftables has none of its tables. */
    if (rc == -EINVAL || rc == -EOPNOTSUPP)
        rc = 0;
    return rc < 0 ? wgctl_netlink_fail(netlink, rc, err, "cannot look at the firewall")
                  : wgctl_text_check(&look->commands, err);
}

/* Starts iptables only if it may have rules: in the kernel's old tables (iptables-legacy), or in
 * those that iptables-nft keeps in nftables. */
static int unset_iptables(const char *interface, bool is6, bool in_nftables,
                          struct wgctl_error *err)
{
    char line[64];
    WGCTL_TEXT saved = {0}, commands = {0};
    const char *const save[] = {is6 ? "ip6tables-save" : "iptables-save", NULL};
    const char *const restore[] = {is6 ? "ip6tables-restore" : "iptables-restore", "-n", NULL};
    const char *legacy = is6 ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names";
    bool in_legacy = wgctl_file_first_line(legacy, line, sizeof line) && line[0];
    if ((!in_nftables && !in_legacy) || !wgctl_process_find(save[0], NULL, 0))
        return WGCTL_OK;
    const struct wgctl_slice nothing = {"", 0};
    int rc = wgctl_process_filter(save, nothing, &saved, err);
    if (rc < 0)
        return rc;
    wgctl_default_route_firewall_iptables_undo(wgctl_text_slice_of(&saved), interface, &commands);
    rc = wgctl_text_check(&commands, err);
    return rc < 0 || commands.size == 0
               ? rc
               : wgctl_process_filter(restore, wgctl_text_slice_of(&commands), NULL, err);
}

int wgctl_default_route_firewall_unset(const char *interface, uint8_t family,
                                       struct wgctl_error *err)
{
    char name[64];
    snprintf(name, sizeof name, TABLE_PREFIX "%s", interface);
    struct look look = {.name = name, .family = family};
    int rc = look_at_tables(&look, err);
    if (rc == WGCTL_OK && look.commands.size > 0) {
        const char *const nft[] = {"nft", "-f", "-", NULL};
        rc = wgctl_process_filter(nft, wgctl_text_slice_of(&look.commands), NULL, err);
    }
    wgctl_text_clear(&look.commands);
    if (rc == WGCTL_OK && family != AF_INET6)
        rc = unset_iptables(interface, false, look.has_iptables[0], err);
    if (rc == WGCTL_OK && family != AF_INET)
        rc = unset_iptables(interface, true, look.has_iptables[1], err);
    return rc < 0 ? wgctl_context(err, "the firewall of the default route") : rc;
}
