/* Firewalls: the kinds that wgctl can set rules in, as one table. Pure; host/firewall.h looks
 * at the host.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

enum wgctl_firewall {
    WGCTL_FIREWALL_AUTO, /* not chosen yet */
    WGCTL_FIREWALL_NFTABLES,
    WGCTL_FIREWALL_IPTABLES,
    WGCTL_FIREWALL_NONE, /* no rules at all */
};

/* What a host has that matters for the choice. */
struct wgctl_firewall_facts {
    bool has_nft; /* these programs are installed */
    bool has_iptables;
    bool has_ip6tables;
    bool uses_iptables; /* iptables has rules: those of ufw, Docker or the owner */
    /* A table that nft made and whose policy drops forwarded or incoming packets, unless one of
     * its own rules accepts them: "inet filter"; "" if there is none. */
    char dropping_table[64];
};

/* A kind of firewall. */
struct wgctl_firewall_kind {
    const char *name;     /* in wg0.ini and for --firewall */
    const char *package;  /* of Debian, with its programs */
    const char *template; /* of its hooks, in conf-templates; NULL: it has none */
    /* How well it suits a host: the highest wins, 0 is not chosen. NULL: it never is. */
    unsigned (*preference)(const struct wgctl_firewall_facts *facts);
    /* See wgctl_firewall_missing(). NULL: it needs no programs. */
    const char *(*missing)(const struct wgctl_firewall_facts *facts, bool ipv6);
};

/* The row of a kind; static. */
const struct wgctl_firewall_kind *wgctl_firewall_kind(enum wgctl_firewall firewall);
/* The kind with that name: "auto", "nftables", "iptables" or "none". False if there is none. */
bool wgctl_firewall_find(struct wgctl_slice name, enum wgctl_firewall *ret);
/* A program that its hooks need and the host does not have; NULL if it has them all. `ipv6`: the
 * tunnel has IPv6 addresses. */
const char *wgctl_firewall_missing(enum wgctl_firewall firewall,
                                   const struct wgctl_firewall_facts *facts, bool ipv6);
/* The kind that suits the host best; WGCTL_FIREWALL_NONE if the host has none. */
enum wgctl_firewall wgctl_firewall_best(const struct wgctl_firewall_facts *facts);
