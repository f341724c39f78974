/* Provisioning: turns a host without WireGuard into a running server.
 *
 * First everything is looked up and chosen, which can be shown. Then it is carried out, as a whole
 * or not at all.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "net/key.h"

/* What the owner asks for. Strings are as on the command line, and are only read; what is NULL or
 * false is found out, or is the default. */
struct wgctl_provision_request {
    const char *folder;      /* for the files; not NULL */
    const char *interface;   /* "wg0"; not NULL */
    const char *endpoint;    /* "vpn.example.org", or with ":51820" */
    const char *listen_port; /* UDP: "51820" */
    const char *addresses;   /* of the server in the tunnel: "10.8.0.1/24,fd00::1/64" */
    const char *dns;         /* for clients: "1.1.1.1,9.9.9.9", "none" */
    const char *allowed_ips; /* for clients: a word of conf/typed.h, or a list of networks */
    const char *mtu;         /* in bytes, or "auto" */
    const char *firewall;    /* "auto", or a kind (net/firewall.h) */
    const char *egress;      /* the interface that NAT is limited to, or "auto" */
    bool no_ipv6;
    bool no_apply; /* write the files only */
    bool no_boot;  /* do not start it at boot */
    /* The key of a server that another program made and that is to go on here, with `no_apply`;
     * NULL: a new one. Its devices know its endpoint, so none is chosen. */
    const struct wgctl_key *private_key;
};

/* What was chosen. */
struct wgctl_provision;

/* Looks at the host and chooses; changes nothing. The caller frees *ret. Fails with
 *   WGCTL_INVALID    the request asks for something impossible
 *   WGCTL_EXISTS     there is a tunnel or an interface with that name
 *   WGCTL_BUSY       the requested port is in use
 *   WGCTL_NOT_FOUND  the firewall's programs are not installed
 *   WGCTL_FULL       no private network is left for the tunnel
 *   WGCTL_DENIED     the folder is not safe
 *   WGCTL_SYSTEM     the kernel does not answer */
int wgctl_provision_choose(const struct wgctl_provision_request *request,
                           struct wgctl_provision **ret, struct wgctl_error *err);
/* Wipes and frees, and sets the pointer to NULL. Does nothing if it is NULL already. */
void wgctl_provision_free(struct wgctl_provision **provision);
#define WGCTL_PROVISION __attribute__((cleanup(wgctl_provision_free))) struct wgctl_provision

/* Where the endpoint comes from. */
enum wgctl_endpoint_source {
    WGCTL_ENDPOINT_GIVEN,  /* the request */
    WGCTL_ENDPOINT_PUBLIC, /* the host's own address, which the internet reaches */
    WGCTL_ENDPOINT_LAN,    /* the host's private address: devices reach it in its network only */
};

/* What was chosen, as texts to show. They belong to the provision. */
struct wgctl_provision_info {
    const char *interface;
    const char *endpoint; /* "vpn.example.org:51820"; NULL: none was chosen */
    enum wgctl_endpoint_source endpoint_source;
    bool endpoint_is_local; /* only this host's own network knows it (net/endpoint.h) */
    uint16_t listen_port;
    const char *addresses; /* "10.73.21.1/24, fd5c::1/64" */
    uint32_t mtu;          /* in bytes */
    const char *dns;       /* "": there are none */
    const char *firewall;  /* "nftables", "iptables", "none" */
    /* A table of nftables that drops what the tunnel forwards, whatever our rules say; "" if there
     * is none. */
    const char *dropping_table;
    const char *way_out; /* the interface towards the internet; "" if there is none */
    /* The host's own address on that way if it is a private one, so that a router has to forward
     * the port to it; "" if not. */
    const char *own_address;
    const char *conf; /* the paths of the files */
    const char *ini;
    const char *sysctl; /* "" if forwarding is not turned on by this command */
    bool boots;         /* it will start at boot */
    bool applies;       /* it will be up */
};
/* Fills in *ret, which is valid as long as the provision. */
void wgctl_provision_show(const struct wgctl_provision *provision,
                          struct wgctl_provision_info *ret);
/* Appends the INTERFACE.conf that would be written, with "(hidden)" for its private key. Fails with
 * WGCTL_INVALID if one of the owner's templates is not valid. */
int wgctl_provision_preview(const struct wgctl_provision *provision, struct wgctl_text *ret,
                            struct wgctl_error *err);

/* Writes the files, turns forwarding on, brings the interface up, and has it start at boot. Takes
 * the folder's lock. If anything fails, or a signal arrives (base/signals.h), everything is undone,
 * and the error says what could not be. `ret_userspace` (may be NULL): a process runs the
 * interface, because the kernel has no WireGuard. */
int wgctl_provision_commit(struct wgctl_provision *provision, bool *ret_userspace,
                           struct wgctl_error *err);

/* ---- for a server that adopt/adopt.h writes ---- */

/* Appends the INTERFACE.conf and the INTERFACE.ini of the server. Fails as the preview does. */
int wgctl_provision_files(const struct wgctl_provision *provision, struct wgctl_text *ret_conf,
                          struct wgctl_text *ret_ini, struct wgctl_error *err);
/* Turns forwarding on, now and at every boot, and calls `commit`, which writes the files. If either
 * fails, or a signal arrives, forwarding is as it was. */
int wgctl_provision_forward(const struct wgctl_provision *provision,
                            int (*commit)(void *user, struct wgctl_error *err), void *user,
                            struct wgctl_error *err);
