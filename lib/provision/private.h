/* What a struct wgctl_provision contains. For the files of lib/provision only. */
#pragma once

#include <limits.h>

#include "base/file.h"
#include "conf/settings.h"
#include "host/forwarding.h"
#include "net/key.h"
#include "net/name.h"
#include "provision/facts.h"
#include "provision/provision.h"

#define WGCTL_SYSCTL_PATH "/etc/sysctl.d/90-wgctl.conf"

struct wgctl_provision {
    char folder[PATH_MAX];
    char interface[WGCTL_NAME_SIZE];
    char conf_name[WGCTL_FILE_NAME_SIZE], ini_name[WGCTL_FILE_NAME_SIZE]; /* in the folder */
    bool applies;                                                         /* it will be up */
    bool boots;    /* it will start at boot */
    bool forwards; /* forwarding will be on */
    bool ipv6;     /* it has IPv6 addresses */

    uint16_t listen_port;
    uint32_t mtu;
    struct wgctl_prefixes addresses; /* of the server in the tunnel */
    struct wgctl_settings settings;
    enum wgctl_endpoint_source endpoint_source;
    struct wgctl_key private_key;

    struct wgctl_forwarding forwarding; /* as it was found */

    /* To show. */
    char way_out[WGCTL_NAME_SIZE]; /* "": there is none */
    char dropping_table[64];
    char own_address[WGCTL_PREFIX_TEXT_SIZE]; /* if it is a private one, else "" */
    struct wgctl_text endpoint_text, addresses_text, conf_path, ini_path;
};

/* Checks that the name is one for an interface, and one that firewalls do not misread. Pure.
 * Fails with WGCTL_INVALID. */
int wgctl_provision_check_name(const char *interface, struct wgctl_error *err);

/* Fills in all of *ret, which starts with all zero, but its private key. Pure: the same request
 * and facts always give the same. Fails with WGCTL_INVALID if the request asks for something
 * impossible, WGCTL_EXISTS if there is such a tunnel, WGCTL_BUSY if its port is in use,
 * WGCTL_NOT_FOUND if programs are missing, WGCTL_FULL if no network is free. */
int wgctl_provision_decide(const struct wgctl_provision_request *request,
                           const struct wgctl_facts *facts, struct wgctl_provision *ret,
                           struct wgctl_error *err);
/* The part of it that chooses the addresses: those requested, or random ones that no route of
 * the host overlaps. */
int wgctl_provision_addresses(const struct wgctl_provision_request *request,
                              const struct wgctl_facts *facts, struct wgctl_provision *ret,
                              struct wgctl_error *err);

/* Each appends the text of a file. */
int wgctl_provision_conf(const struct wgctl_provision *provision, struct wgctl_text *ret,
                         struct wgctl_error *err);
int wgctl_provision_ini(const struct wgctl_provision *provision, struct wgctl_text *ret,
                        struct wgctl_error *err);
int wgctl_provision_sysctl(const struct wgctl_provision *provision, struct wgctl_text *ret,
                           struct wgctl_error *err);

/* What turning forwarding on has changed so far. Initialize it with zeros. */
struct wgctl_forward {
    struct wgctl_text before, written; /* the sysctl file; `before` is empty if there was none */
    bool wrote, turned_on;
};
/* Writes WGCTL_SYSCTL_PATH, durably, and turns forwarding on. After a failure *ret is to be
 * undone. Fails with the status of the file or sysctl that cannot be written. */
int wgctl_forward_turn_on(const struct wgctl_provision *provision, struct wgctl_forward *ret,
                          struct wgctl_error *err);
/* Puts back the file, unless somebody has edited it since, and the sysctls. */
void wgctl_forward_undo(const struct wgctl_provision *provision,
                        const struct wgctl_forward *forward);
/* Frees it; changes nothing. */
void wgctl_forward_clear(struct wgctl_forward *forward);
