#include "net/firewall.h"

/* An "accept" in a table of our own does not override a "drop" in the rules of iptables: if those
 * are in use, ours have to be among them. */
static unsigned iptables_preference(const struct wgctl_firewall_facts *facts)
{
    return !facts->has_iptables ? 0 : facts->uses_iptables ? 3 : 1;
}

static unsigned nftables_preference(const struct wgctl_firewall_facts *facts)
{
    return facts->has_nft ? 2 : 0;
}

static const char *iptables_missing(const struct wgctl_firewall_facts *facts, bool ipv6)
{
    return !facts->has_iptables ? "iptables" : ipv6 && !facts->has_ip6tables ? "ip6tables" : NULL;
}

static const char *nftables_missing(const struct wgctl_firewall_facts *facts, bool ipv6)
{
    (void)ipv6;
    return facts->has_nft ? NULL : "nft";
}

static const struct wgctl_firewall_kind kinds[] = {
    [WGCTL_FIREWALL_AUTO] = {"auto", NULL, NULL, NULL, NULL},
    [WGCTL_FIREWALL_NFTABLES] = {"nftables", "nftables", "nftables.hooks", nftables_preference,
                                 nftables_missing},
    [WGCTL_FIREWALL_IPTABLES] = {"iptables", "iptables", "iptables.hooks", iptables_preference,
                                 iptables_missing},
    [WGCTL_FIREWALL_NONE] = {"none", NULL, NULL, NULL, NULL},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const struct wgctl_firewall_kind *wgctl_firewall_kind(enum wgctl_firewall firewall)
{
    return &kinds[firewall];
}

bool wgctl_firewall_find(struct wgctl_slice name, enum wgctl_firewall *ret)
{
    for (unsigned i = 0; i < KINDS; i++)
        if (wgctl_slice_equal(name, wgctl_slice_of(kinds[i].name))) {
            *ret = (enum wgctl_firewall)i;
            return true;
        }
    return false;
}

const char *wgctl_firewall_missing(enum wgctl_firewall firewall,
                                   const struct wgctl_firewall_facts *facts, bool ipv6)
{
    return kinds[firewall].missing ? kinds[firewall].missing(facts, ipv6) : NULL;
}

enum wgctl_firewall wgctl_firewall_best(const struct wgctl_firewall_facts *facts)
{
    enum wgctl_firewall best = WGCTL_FIREWALL_NONE;
    unsigned highest = 0;
    for (unsigned i = 0; i < KINDS; i++) {
        unsigned preference = kinds[i].preference ? kinds[i].preference(facts) : 0;
        if (preference <= highest)
            continue;
        highest = preference;
        best = (enum wgctl_firewall)i;
    }
    return best;
}
