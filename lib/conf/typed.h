/* Values as an owner types them. They are checked more strictly than in a file, which may have
 * worked for years: here a value that cannot work is refused, with the reason. Pure. */
#pragma once

#include "conf/settings.h"

/* The networks that words and checks refer to. */
struct wgctl_networks {
    const struct wgctl_prefixes *tunnel; /* the server's addresses in it, with their lengths */
    const struct wgctl_prefixes *lan;    /* the server's local networks: host/route.h */
};

/* All fail with WGCTL_INVALID, and then leave what they set as it was. */

/* Reads the public endpoint, as wgctl_endpoint_parse() does. Refuses a host that no device can
 * reach: loopback, unspecified and multicast addresses, "localhost", an address in the tunnel. */
int wgctl_typed_endpoint(struct wgctl_slice value, uint16_t default_port,
                         const struct wgctl_networks *networks, struct wgctl_endpoint *ret,
                         struct wgctl_error *err);
/* Refuses an endpoint at one of the host's own addresses with another port than the one it listens
 * on: no router is between that could translate it. A listen port of 0 is not known. */
int wgctl_typed_check_port(const struct wgctl_endpoint *endpoint, const struct wgctl_prefixes *own,
                           uint16_t listen_port, struct wgctl_error *err);
/* Sets the DNS servers, as wgctl_settings_dns() does. Refuses addresses that mean the device
 * itself, and names alone, which are search domains and answer nothing. */
int wgctl_typed_dns(struct wgctl_slice value, const struct wgctl_networks *networks,
                    struct wgctl_settings *settings, struct wgctl_error *err);
/* Appends the networks of "10.0.0.0/8, fd00::/64". Refuses 192.168.1.0 without a length. */
int wgctl_typed_networks(struct wgctl_slice value, struct wgctl_prefixes *list,
                         struct wgctl_error *err);

/* Sets what devices send through the tunnel:
 *   full             everything
 *   split            the tunnel's own networks
 *   lan              these, and the local networks
 *   full-except-lan  everything but the local networks
 *   a list           as for wgctl_typed_networks()
 * With a word, the tunnel's networks and the DNS servers in `settings`, which are to be set before,
 * stay reachable. Also fails with WGCTL_NOT_FOUND if the word needs a local network and there is
 * none. */
int wgctl_typed_allowed_ips(struct wgctl_slice value, const struct wgctl_networks *networks,
                            struct wgctl_settings *settings, struct wgctl_error *err);
/* Whether wgctl_typed_allowed_ips() would look at the local networks. */
bool wgctl_typed_needs_lan(struct wgctl_slice value);
