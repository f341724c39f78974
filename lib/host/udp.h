/* UDP: which ports of this host are in use.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* A set of ports; start with all zero. */
struct wgctl_udp_ports {
    uint8_t bits[8192]; /* bit p % 8 of byte p / 8 */
};
void wgctl_udp_ports_add(struct wgctl_udp_ports *ports, uint16_t port);
bool wgctl_udp_ports_have(const struct wgctl_udp_ports *ports, uint16_t port);

/* Adds the local ports in the text of /proc/net/udp or /proc/net/udp6 (proc(5)). Pure. */
void wgctl_udp_ports_parse(struct wgctl_slice text, struct wgctl_udp_ports *ports);
/* Adds the ports in use in this network namespace, by IPv4 and IPv6 sockets and by the kernel
 * itself. None are known without /proc. */
void wgctl_udp_ports_look(struct wgctl_udp_ports *ports);
