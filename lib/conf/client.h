/* A client's configuration: the file that a device imports. */
#pragma once

#include "base/file.h"
#include "conf/document.h"
#include "net/address.h"
#include "net/key.h"

/* What goes into it. Strings are the caller's; "" and NULL leave the line out. */
struct wgctl_client {
    bool has_private_key; /* false: the device keeps it, and the file says so */
    struct wgctl_key private_key;
    struct wgctl_prefixes addresses;
    const char *dns;
    uint16_t mtu; /* 0: left out */
    struct wgctl_key server_key;
    struct wgctl_key preshared_key; /* all zero: none */
    const char *allowed_ips;
    struct wgctl_endpoint endpoint;
    uint16_t keepalive; /* 0: left out */
};
/* Wipes and frees what it owns. */
void wgctl_client_clear(struct wgctl_client *client);
#define WGCTL_CLIENT __attribute__((cleanup(wgctl_client_clear))) struct wgctl_client

/* Appends the file, made from the template client.conf (`folder` as in
 * wgctl_template_load()). */
int wgctl_client_render(const struct wgctl_client *client, const struct wgctl_folder *folder,
                        struct wgctl_text *ret, struct wgctl_error *err);

/* Puts `endpoint` into a client's file in the place of the old one, in every
 * [Peer] that is the server; nothing else changes. Takes `source` over, also
 * where it fails. `ret_changed` says whether there was anything to change. */
int wgctl_client_set_endpoint(struct wgctl_text *source, const struct wgctl_key *server_key,
                              const struct wgctl_endpoint *endpoint, struct wgctl_text *ret,
                              bool *ret_changed, struct wgctl_error *err);

/* Whether the file has a private key, and so can be imported as it is. */
int wgctl_client_has_private_key(struct wgctl_slice text, bool *ret, struct wgctl_error *err);
/* Whether the file names that key as a peer's: is it a client of this server's? */
int wgctl_client_is_of(struct wgctl_slice text, const struct wgctl_key *server_key, bool *ret,
                       struct wgctl_error *err);
