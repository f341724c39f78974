/* Settings: wg0.ini, for what WireGuard has no words for. Pure. conf/ini.h edits the file. */
#pragma once

#include "conf/document.h"
#include "net/endpoint.h"
#include "net/firewall.h"
#include "net/name.h"

struct wgctl_settings {
    struct wgctl_endpoint endpoint; /* of the server, for clients; port 0: not set */
    enum wgctl_firewall firewall;
    char egress[WGCTL_NAME_SIZE]; /* the interface that NAT is pinned to; "": none */
    char dns[256];                /* servers and search domains, separated by commas; "": none */
    char *allowed_ips;  /* what clients send through the tunnel: wgctl_settings_allowed() */
    uint16_t mtu;       /* 0: the client chooses */
    uint16_t keepalive; /* seconds; 0: off */
};

/* Applies if there is no wg0.ini, or if a key is missing. Owns nothing, so it can be assigned. */
extern const struct wgctl_settings wgctl_settings_default;
/* The networks that clients send through the tunnel, separated by commas. Valid until the settings
 * are changed. */
const char *wgctl_settings_allowed(const struct wgctl_settings *settings);
/* Copies the settings to `ret`, which owns nothing before. Fails with WGCTL_SYSTEM if memory runs
 * out. */
int wgctl_settings_copy(const struct wgctl_settings *settings, struct wgctl_settings *ret,
                        struct wgctl_error *err);
/* Frees what they own; then they are as if there was no wg0.ini. */
void wgctl_settings_clear(struct wgctl_settings *settings);
#define WGCTL_SETTINGS __attribute__((cleanup(wgctl_settings_clear))) struct wgctl_settings

/* Reads the text of a file called `file`. Sections and keys ignore case; if a key is repeated, the
 * last one counts. `ret` owns nothing before. Fails with WGCTL_INVALID for an unknown key or a bad
 * value, and names the line; `ret` is then as it was. */
int wgctl_settings_parse(const char *file, struct wgctl_slice text, struct wgctl_settings *ret,
                         struct wgctl_error *err);

/* Whether both say the same. */
bool wgctl_settings_same(const struct wgctl_settings *a, const struct wgctl_settings *b);

/* Each of these checks one value, as wg0.ini and the command line have it, and stores it. They fail
 * with WGCTL_INVALID, and leave the settings as they were. */

/* A port that is left out is `default_port`; if that is 0, it is required. */
int wgctl_settings_endpoint(struct wgctl_slice value, uint16_t default_port,
                            struct wgctl_settings *settings, struct wgctl_error *err);
/* A name from net/firewall.h. */
int wgctl_settings_firewall(struct wgctl_slice value, struct wgctl_settings *settings,
                            struct wgctl_error *err);
/* An interface; "auto" and "" are none. */
int wgctl_settings_egress(struct wgctl_slice value, struct wgctl_settings *settings,
                          struct wgctl_error *err);
/* Addresses and search domains, separated by commas; "none" and "" are none. */
int wgctl_settings_dns(struct wgctl_slice value, struct wgctl_settings *settings,
                       struct wgctl_error *err);
/* Networks, separated by commas; "full" is everything: 0.0.0.0/0, ::/0. */
int wgctl_settings_allowed_ips(struct wgctl_slice value, struct wgctl_settings *settings,
                               struct wgctl_error *err);
/* 576 to 65535 (RFC 791 asks for 576; IPv6 in the tunnel needs 1280), or "auto", which is 0. */
int wgctl_settings_mtu(struct wgctl_slice value, struct wgctl_settings *settings,
                       struct wgctl_error *err);
/* 0 to 65535 seconds, or "off", which is 0. */
int wgctl_settings_keepalive(struct wgctl_slice value, struct wgctl_settings *settings,
                             struct wgctl_error *err);
