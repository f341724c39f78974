#include "host/firewall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/netlink.h"
#include "base/process.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* The tables of iptables-nft, which nft lists like any other. */
static bool is_iptables_table(uint8_t family, const char *table)
{
    static const char *const names[] = {"filter", "nat", "mangle", "raw", "security"};
    if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(table, names[i]) == 0)
            return true;
    return false;
}

/* The names of iptables' base chains are in capitals; by custom, those of nft are not. */
static bool is_capital(const char *name)
{
    return name[0] >= 'A' && name[0] <= 'Z';
}

static const char *family_name(uint8_t family)
{
    return family == NFPROTO_INET ? "inet" : family == NFPROTO_IPV4 ? "ip" : "ip6";
}

static int take_chain(const struct nlmsghdr *header, void *context)
{
    struct wgctl_firewall_facts *found = context;
    const struct nfgenmsg *message = NLMSG_DATA(header);
    size_t size;
    const void *attributes = wgctl_netlink_payload(header, sizeof *message, &size);
    const struct nlattr *table[NFTA_CHAIN_TYPE + 1];
    wgctl_attributes_sort(attributes, size, table, NFTA_CHAIN_TYPE);
    if (!table[NFTA_CHAIN_HOOK])
        return 0;

    const char *name = wgctl_attribute_string(table[NFTA_CHAIN_TABLE]);
    if (is_iptables_table(message->nfgen_family, name) &&
        is_capital(wgctl_attribute_string(table[NFTA_CHAIN_NAME]))) {
        found->uses_iptables = true;
        return 0;
    }

    const struct nlattr *hook[NFTA_HOOK_HOOKNUM + 1];
    wgctl_attributes_sort(wgctl_attribute_data(table[NFTA_CHAIN_HOOK]),
                          wgctl_attribute_size(table[NFTA_CHAIN_HOOK]), hook, NFTA_HOOK_HOOKNUM);
    uint32_t number = ntohl(wgctl_attribute_u32(hook[NFTA_HOOK_HOOKNUM]));
    bool is_ip = message->nfgen_family == NFPROTO_INET || message->nfgen_family == NFPROTO_IPV4 ||
                 message->nfgen_family == NFPROTO_IPV6;
    if (is_ip && table[NFTA_CHAIN_POLICY] &&
        (number == NF_INET_FORWARD || number == NF_INET_LOCAL_IN) &&
        ntohl(wgctl_attribute_u32(table[NFTA_CHAIN_POLICY])) == NF_DROP)
        snprintf(found->dropping_table, sizeof found->dropping_table, "%s %s",
                 family_name(message->nfgen_family), name);
    return 0;
}

static void restart_chains(void *context)
{
    *(struct wgctl_firewall_facts *)context = (struct wgctl_firewall_facts){0};
}

static int look_at_chains(struct wgctl_firewall_facts *facts, struct wgctl_error *err)
{
    struct wgctl_firewall_facts found;
    struct wgctl_netlink_message message;
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_netlink_open(NETLINK_NETFILTER, &netlink, err);
    if (rc < 0)
        return rc;
    wgctl_netlink_begin_nftables(&message, NFT_MSG_GETCHAIN);
    rc = wgctl_netlink_dump(netlink, &message, restart_chains, take_chain, &found);
    /* The kernel has no nftables, or does not let this user look: nothing is known then. */
    if (rc == -EINVAL || rc == -EOPNOTSUPP || rc == -EPERM || rc == -EINTR)
        return WGCTL_OK;
    if (rc < 0)
        return wgctl_netlink_fail(netlink, rc, err, "cannot look at the firewall");
    facts->uses_iptables |= found.uses_iptables;
    memcpy(facts->dropping_table, found.dropping_table, sizeof facts->dropping_table);
    return WGCTL_OK;
}

int wgctl_firewall_look(struct wgctl_firewall_facts *ret, struct wgctl_error *err)
{
    char line[64];
    *ret = (struct wgctl_firewall_facts){
        .has_nft = wgctl_process_find("nft", NULL, 0),
        .has_iptables = wgctl_process_find("iptables", NULL, 0),
        .has_ip6tables = wgctl_process_find("ip6tables", NULL, 0),
    };
    /* The tables of iptables-legacy, if it has used them since boot. */
    ret->uses_iptables =
        wgctl_file_first_line("/proc/net/ip_tables_names", line, sizeof line) && line[0];
    return look_at_chains(ret, err);
}
