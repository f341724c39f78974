/* The firewall: what this host has, and what it uses.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct wgctl_firewall_facts {
    bool has_nft; /* the programs that are installed */
    bool has_iptables;
    bool has_ip6tables;
    bool uses_iptables; /* there are rules of iptables: ufw, Docker, one's own */
    /* A table of nftables' own that drops what is passed on unless a rule of its
     * own takes it: "inet filter"; "" where there is none. */
    char dropping_table[64];
};

/* Asks the kernel (nfnetlink) and looks for the programs. */
int wgctl_firewall_look(struct wgctl_firewall_facts *ret, struct wgctl_error *err);
