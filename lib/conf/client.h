/* A client's configuration: the file that a device imports. Pure. */
#pragma once

#include "conf/document.h"
#include "net/endpoint.h"
#include "net/key.h"

/* What goes into it. The strings belong to the caller and have to outlive the struct; "" and
 * NULL leave the line out. */
struct wgctl_client {
    bool has_private_key; /* false: only the device has it, and the file says so */
    struct wgctl_key private_key;
    struct wgctl_prefixes addresses; /* its own; owned */
    const char *dns;                 /* servers and search domains, separated by commas */
    uint16_t mtu;                    /* 0: left out */
    struct wgctl_key server_key;     /* the server's public key */
    struct wgctl_key preshared_key;  /* all zero: none */
    const char *allowed_ips;         /* what it sends through the tunnel */
    struct wgctl_endpoint endpoint;  /* of the server */
    uint16_t keepalive;              /* seconds; 0: left out */
};
/* Wipes it and frees what it owns. */
void wgctl_client_clear(struct wgctl_client *client);
#define WGCTL_CLIENT __attribute__((cleanup(wgctl_client_clear))) struct wgctl_client

/* Appends the file: `template`, the text of client.conf, filled in (conf/template.h). */
int wgctl_client_render(const struct wgctl_client *client, struct wgctl_slice template,
                        struct wgctl_text *ret, struct wgctl_error *err);

/* Replaces the endpoint in each [Peer] with the key `server_key`; nothing else changes. Takes
 * ownership of `source`, on failure as well, and appends the result to `ret`. `ret_changed` says
 * whether any endpoint was another one. Fails only if memory runs out. */
int wgctl_client_set_endpoint(struct wgctl_text *source, const struct wgctl_key *server_key,
                              const struct wgctl_endpoint *endpoint, struct wgctl_text *ret,
                              bool *ret_changed, struct wgctl_error *err);

/* Whether the file has a private key, so that a device can import it as it is. */
bool wgctl_client_has_private_key(struct wgctl_slice text);
/* Whether a [Peer] of the file has the key `server_key`: whether the client is one of that
 * server's. */
bool wgctl_client_is_of(struct wgctl_slice text, const struct wgctl_key *server_key);
