/* What a client's file says, wherever it comes from. */
#pragma once

#include "net/key.h"

struct wgctl_client_facts {
    bool has_key;
    struct wgctl_key public_key; /* of its private key */
    bool is_of_server;           /* it names the server's key */
    char stranger[32];           /* a setting that no client's file may have; "" */
    bool is_plain;               /* nothing in it is a command to a terminal */
    char endpoint[300], dns[256], allowed_ips[512]; /* "" where there is none, or it is too long */
};

/* Fails only where memory has run out: what is no client's file has no key. */
int wgctl_client_look(struct wgctl_slice text, const struct wgctl_key *server_key,
                      struct wgctl_client_facts *ret, struct wgctl_error *err);
