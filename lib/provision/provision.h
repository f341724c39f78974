/* Provisioning: from a host without WireGuard to a server that runs.
 *
 * First everything is found out and chosen; that can be shown. Then it is carried
 * out, as a whole or not at all.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* What is wanted. NULL and false: found out, or the default. */
struct wgctl_provision_request {
    const char *folder;      /* where the files go */
    const char *interface;   /* "wg0" */
    const char *endpoint;    /* "vpn.example.org" or with ":51820" */
    const char *listen_port; /* "51820" */
    const char *addresses;   /* of the server in the tunnel: "10.8.0.1/24,fd00::1/64" */
    const char *dns;         /* for clients: "1.1.1.1,9.9.9.9", "none" */
    const char *allowed_ips; /* for clients: "full", "split", or a list */
    const char *mtu;
    const char *firewall; /* "auto", "nftables", "iptables", "none" */
    const char *egress;   /* interface that NAT is pinned to */
    bool no_ipv6;
    bool no_apply; /* write the files only */
    bool no_boot;  /* do not start it at boot */
};

struct wgctl_provision; /* what was chosen */

int wgctl_provision_choose(const struct wgctl_provision_request *request,
                           struct wgctl_provision **ret, struct wgctl_error *err);
/* Wipes and frees; sets the pointer to NULL. */
void wgctl_provision_free(struct wgctl_provision **provision);
#define WGCTL_PROVISION __attribute__((cleanup(wgctl_provision_free))) struct wgctl_provision

/* How the endpoint was come by. */
enum wgctl_endpoint_source {
    WGCTL_ENDPOINT_GIVEN,
    WGCTL_ENDPOINT_PUBLIC, /* the host's own address, which the internet reaches */
    WGCTL_ENDPOINT_LAN,    /* a private one: only devices in the same network reach it */
};

/* What was chosen, as texts to show; they belong to the provision. */
struct wgctl_provision_info {
    const char *interface;
    const char *endpoint;
    enum wgctl_endpoint_source endpoint_source;
    uint16_t listen_port;
    const char *addresses; /* "10.73.21.1/24, fd5c::1/64" */
    uint32_t mtu;
    const char *dns;      /* "" is none */
    const char *firewall; /* "nftables", "iptables", "none" */
    /* A table of nftables that drops what the tunnel forwards whatever our rules
     * say; "" where there is none. */
    const char *dropping_table;
    const char *way_out; /* the interface towards the internet; "" where none was found */
    /* This host's own address on that way, if it is a private one: a router then has
     * to forward the port to it. "" else. */
    const char *own_address;
    const char *conf; /* paths of what is written */
    const char *ini;
    const char *sysctl; /* "" where forwarding is not turned on by this command */
    bool boots;         /* it will start at boot */
    bool applies;       /* it will be up */
};
void wgctl_provision_show(const struct wgctl_provision *provision,
                          struct wgctl_provision_info *ret);
/* Appends the INTERFACE.conf that would be written, its private key left out. */
int wgctl_provision_preview(const struct wgctl_provision *provision, struct wgctl_text *ret,
                            struct wgctl_error *err);

/* Writes the files, turns forwarding on, brings the interface up, sees to its
 * start at boot. If anything fails, everything is undone, and the error says so.
 * `ret_userspace` (may be NULL): a process runs it, the kernel has no WireGuard. */
int wgctl_provision_commit(struct wgctl_provision *provision, bool *ret_userspace,
                           struct wgctl_error *err);
