/* What a client's file says, no matter which program wrote it. */
#pragma once

#include "net/key.h"

struct wgctl_client_facts {
    bool has_key;
    struct wgctl_key public_key;   /* of its private key */
    bool is_of_server;             /* it names the server's key */
    char unknown_key[32];          /* a setting that not every app takes; "": none */
    bool is_plain;                 /* it has no control characters a terminal would obey */
    char endpoint[300], dns[256];  /* "": missing, or too long */
    struct wgctl_text allowed_ips; /* empty if missing; owned */
};
/* Frees what they own. */
void wgctl_client_facts_clear(struct wgctl_client_facts *facts);
#define WGCTL_CLIENT_FACTS \
    __attribute__((cleanup(wgctl_client_facts_clear))) struct wgctl_client_facts

/* Reads any text; one that is not a client's file has no key. Pure. */
struct wgctl_client_facts wgctl_client_facts_read(struct wgctl_slice text,
                                                  const struct wgctl_key *server_key);
