/* DNS: the servers that this host asks while the tunnel is up, given to resolvconf(8)
 * or, where that is not installed, to systemd-resolved.
 */
#pragma once

#include "base/text.h"

/* Start with all zero. The strings point into `words`. */
struct wgctl_dns {
    char *words;
    char **servers; /* with NULL at the end */
    size_t server_count;
    char **domains; /* to look names up in, with NULL at the end */
    size_t domain_count;
};

/* Takes a list apart, with commas or white space between: what has a colon, or only
 * digits and dots, is a server. */
int wgctl_dns_parse(struct wgctl_slice list, struct wgctl_dns *ret, struct wgctl_error *err);
void wgctl_dns_clear(struct wgctl_dns *dns);
#define WGCTL_DNS __attribute__((cleanup(wgctl_dns_clear))) struct wgctl_dns

/* Appends them as resolv.conf(5) has them. */
void wgctl_dns_format(const struct wgctl_dns *dns, struct wgctl_text *ret);
/* The name that resolvconf shall know the interface by: `order` is the content of
 * /etc/resolvconf/interface-order, whose first "NAME*" goes before it, with a dot. */
void wgctl_dns_label(struct wgctl_slice order, const char *interface, struct wgctl_text *ret);

/* Makes them the ones that are asked first; without a server nothing is done.
 * WGCTL_NOT_FOUND where the host has neither program. */
int wgctl_dns_set(const char *interface, const struct wgctl_dns *dns, struct wgctl_error *err);
/* Takes that back. With systemd-resolved it goes with the interface. */
int wgctl_dns_unset(const char *interface, const struct wgctl_dns *dns, struct wgctl_error *err);
/* Makes `after` the ones in the place of `before`, of an interface that stays. */
int wgctl_dns_replace(const char *interface, const struct wgctl_dns *before,
                      const struct wgctl_dns *after, struct wgctl_error *err);
/* Appends the servers in such a text, with commas between. */
void wgctl_dns_servers(struct wgctl_slice resolv_conf, struct wgctl_text *ret);
/* Appends the servers that resolvconf has of the interface, "nameserver ADDRESS" a
 * line; nothing where it has none. */
void wgctl_dns_current(const char *interface, struct wgctl_text *ret);
