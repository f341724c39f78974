/* Settings: wg0.ini, what WireGuard has no words for. */
#pragma once

#include "conf/document.h"
#include "net/endpoint.h"
#include "net/firewall.h"
#include "net/name.h"

struct wgctl_settings {
    struct wgctl_endpoint endpoint; /* of the server, for clients; port 0: not set */
    enum wgctl_firewall firewall;
    char egress[WGCTL_NAME_SIZE]; /* interface that NAT is pinned to; "auto" and "" are none */
    char dns[256];                /* a list of servers and search domains; "" is none */
    char allowed_ips[512];        /* what clients send through the tunnel: a list of networks */
    uint16_t mtu;                 /* 0: the client's own choice */
    uint16_t keepalive;           /* seconds; 0: off */
};

/* What holds where there is no wg0.ini, or a key is not in it. */
extern const struct wgctl_settings wgctl_settings_default;

/* Reads the text of the file `file` (for messages). An unknown key or a bad value
 * is an error that names the line. */
int wgctl_settings_parse(const char *file, struct wgctl_slice text, struct wgctl_settings *ret,
                         struct wgctl_error *err);

/* Each checks and takes one value as wg0.ini and the command line give it. */
int wgctl_settings_endpoint(struct wgctl_slice value, uint16_t default_port,
                            struct wgctl_settings *settings, struct wgctl_error *err);
int wgctl_settings_firewall(struct wgctl_slice value, struct wgctl_settings *settings,
                            struct wgctl_error *err);
int wgctl_settings_egress(struct wgctl_slice value, struct wgctl_settings *settings,
                          struct wgctl_error *err);
/* "none" is the empty list. */
int wgctl_settings_dns(struct wgctl_slice value, struct wgctl_settings *settings,
                       struct wgctl_error *err);
/* "full" is everything: 0.0.0.0/0, ::/0. */
int wgctl_settings_allowed_ips(struct wgctl_slice value, struct wgctl_settings *settings,
                               struct wgctl_error *err);
/* 576 to 65535 (RFC 791 asks for 576; IPv6 in the tunnel wants 1280), or "auto": 0. */
int wgctl_settings_mtu(struct wgctl_slice value, struct wgctl_settings *settings,
                       struct wgctl_error *err);
/* 0 to 65535 seconds, or "off". */
int wgctl_settings_keepalive(struct wgctl_slice value, struct wgctl_settings *settings,
                             struct wgctl_error *err);
