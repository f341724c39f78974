/* DNS: the servers that this host uses while the tunnel is up. They are registered with
 * resolvconf(8) or, if that is not installed, with systemd-resolved(8).
 */
#pragma once

#include "base/text.h"

/* The value of DNS in wg0.conf. Initialize it with zeros. The strings point into `words`. */
struct wgctl_dns {
    char *words;
    char **servers; /* NULL-terminated */
    size_t server_count;
    char **domains; /* search domains, NULL-terminated */
    size_t domain_count;
};

/* Parses a list that is separated by commas or white space. A word with a colon, or with only
 * digits and dots, is a server; any other is a search domain. The caller clears `ret`. Fails with
 * WGCTL_SYSTEM if memory has run out. Pure. */
int wgctl_dns_parse(struct wgctl_slice list, struct wgctl_dns *ret, struct wgctl_error *err);
/* Frees it. */
void wgctl_dns_clear(struct wgctl_dns *dns);
#define WGCTL_DNS __attribute__((cleanup(wgctl_dns_clear))) struct wgctl_dns

/* Appends it in the format of resolv.conf(5). Pure. */
void wgctl_dns_format(const struct wgctl_dns *dns, struct wgctl_text *ret);
/* Appends the interface's name for resolvconf, as wg-quick(8) does. `order` is the content of
 * /etc/resolvconf/interface-order; its first "NAME*" becomes the prefix "NAME.". Pure. */
void wgctl_dns_label(struct wgctl_slice order, const char *interface, struct wgctl_text *ret);

/* Removes the registration. systemd-resolved does so itself when the interface disappears. */
int wgctl_dns_unset(const char *interface, const struct wgctl_dns *dns, struct wgctl_error *err);
/* Registers the servers of `after` as the preferred ones, in place of those of `before`. Either
 * can be empty. Fails with WGCTL_NOT_FOUND if neither program is installed, and with WGCTL_SYSTEM
 * if it fails. */
int wgctl_dns_replace(const char *interface, const struct wgctl_dns *before,
                      const struct wgctl_dns *after, struct wgctl_error *err);
/* Appends the servers in a text in the format of resolv.conf(5), separated by commas. Pure. */
void wgctl_dns_servers(struct wgctl_slice resolv_conf, struct wgctl_text *ret);
/* Appends the servers that are registered with resolvconf for the interface, one line with
 * "nameserver ADDRESS" for each. */
void wgctl_dns_current(const char *interface, struct wgctl_text *ret);
