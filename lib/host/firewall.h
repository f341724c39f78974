/* The firewall: what this host has, and what it uses.
 */
#pragma once

#include "net/firewall.h"

/* Looks for the programs, and asks the kernel for its chains (nfnetlink). Without the right to
 * ask, or without nftables in the kernel, no chains are known. Fails with WGCTL_SYSTEM. */
int wgctl_firewall_look(struct wgctl_firewall_facts *ret, struct wgctl_error *err);
