/* Facts: what init finds out about the host. They are gathered once, before anything is
 * chosen, so that choosing is pure.
 */
#pragma once

#include "device/wireguard.h"
#include "host/forwarding.h"
#include "host/route.h"
#include "host/udp.h"
#include "net/firewall.h"

struct wgctl_facts {
    /* Of the tunnel that is wanted. */
    bool conf_exists;           /* its folder has an INTERFACE.conf */
    bool interrupted;           /* that file, or another, is still in the journal of a commit */
    enum wgctl_backend backend; /* what has the interface's name, if anything */

    /* Of the host. */
    struct wgctl_way_out way4, way6; /* to the internet; `mtu` is never 0 if found */
    struct wgctl_prefixes routes;    /* the destinations of all routes but default ones */
    struct wgctl_prefixes addresses; /* of all its interfaces */
    struct wgctl_prefixes lan;       /* its local networks (host/route.h) */
    struct wgctl_udp_ports ports;    /* in use */
    bool has_ipv6;                   /* the kernel has it, and it is not disabled */
    int ipv6_errno;                  /* why that is not known; 0: it is */
    struct wgctl_firewall_facts firewall;
    struct wgctl_forwarding forwarding;
    bool has_systemd; /* it runs this host */

    /* Random numbers for what is chosen at random: the subnets in the tunnel. */
    uint16_t random4;   /* of 10.X.Y.0/24, or of a smaller block */
    uint8_t random6[7]; /* of a unique local /64, behind its first byte */
};

/* Looks at the host, changing nothing. `folder`, where the files will go, may not exist.
 * `interface` is a valid name. The caller clears *ret, also after a failure. Fails with the
 * status of wgctl_folder_open(), or with WGCTL_SYSTEM if the kernel does not answer. */
int wgctl_facts_gather(const char *folder, const char *interface, struct wgctl_facts *ret,
                       struct wgctl_error *err);
void wgctl_facts_clear(struct wgctl_facts *facts);
#define WGCTL_FACTS __attribute__((cleanup(wgctl_facts_clear))) struct wgctl_facts
