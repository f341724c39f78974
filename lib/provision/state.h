/* What a struct wgctl_provision is. For lib/provision/ only. */
#pragma once

#include <limits.h>

#include "conf/settings.h"
#include "host/firewall.h"
#include "host/forwarding.h"
#include "host/route.h"
#include "net/key.h"
#include "provision/provision.h"

#define WGCTL_SYSCTL_FOLDER "/etc/sysctl.d"
#define WGCTL_SYSCTL_NAME "90-wgctl.conf"

struct wgctl_provision {
    char folder[PATH_MAX];
    char interface[WGCTL_NAME_SIZE];
    bool applies, boots, ipv6;

    struct wgctl_way_out way4, way6;
    struct wgctl_firewall_facts facts;

    uint16_t listen_port;
    uint32_t mtu;
    struct wgctl_prefixes addresses;
    struct wgctl_settings settings;
    enum wgctl_endpoint_source endpoint_source;
    struct wgctl_key private_key;

    /* For showing. */
    char own_address[WGCTL_PREFIX_TEXT_SIZE];
    struct wgctl_text endpoint_text, addresses_text, conf_path, ini_path;
};

/* Chooses `addresses`: those asked for, or random ones that no route of this host
 * overlaps. */
int wgctl_provision_addresses(const struct wgctl_provision_request *request,
                              struct wgctl_provision *provision, struct wgctl_error *err);

/* Appends the texts of the files. */
int wgctl_provision_conf(const struct wgctl_provision *provision, struct wgctl_text *ret,
                         struct wgctl_error *err);
int wgctl_provision_ini(const struct wgctl_provision *provision, struct wgctl_text *ret,
                        struct wgctl_error *err);
int wgctl_provision_sysctl(const struct wgctl_provision *provision,
                           const struct wgctl_forwarding *forwarding, struct wgctl_text *ret,
                           struct wgctl_error *err);
