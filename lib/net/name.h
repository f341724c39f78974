/* Names of interfaces and peers, and the sizes of the buffers that hold them. */
#pragma once

#include "base/error.h"
#include "base/text.h"

enum {
    WGCTL_NAME_SIZE = 16,      /* an interface or a peer, with the NUL: IFNAMSIZ */
    WGCTL_LABEL_SIZE = 64,     /* a peer as messages show it; longer names are cut */
    WGCTL_FILE_NAME_SIZE = 32, /* either name with an ending: "wg0.peers", "phone.conf" */
};

/* Checks an interface name as wg-quick(8) does: [a-zA-Z0-9_=+.-]{1,15}, but not
 * "." or "..", and not with a leading '-'.
 * Fails with WGCTL_INVALID. */
int wgctl_interface_name_check(struct wgctl_slice name, struct wgctl_error *err);

/* Checks a peer name: [A-Za-z0-9][A-Za-z0-9_=+.-]{0,14}, which every WireGuard app accepts as
 * the name of a tunnel. Fails with WGCTL_INVALID. */
int wgctl_peer_name_check(struct wgctl_slice name, struct wgctl_error *err);
