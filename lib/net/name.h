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

/* Checks the name of a peer in a file: [A-Za-z0-9][A-Za-z0-9_=+.-]{0,14}. Only such a name is that
 * of a device file. Fails with WGCTL_INVALID. */
int wgctl_peer_name_check(struct wgctl_slice name, struct wgctl_error *err);

/* Checks the name for a new peer, which every WireGuard app accepts as the name of a tunnel: one of
 * the above, but not the name of a device on Windows (con, prn, aux, nul, com0 to com9, lpt0 to
 * lpt9, in any case and with any ending, as in NUL.txt), and without a dot at its end. Fails with
 * WGCTL_INVALID. */
int wgctl_new_peer_name_check(struct wgctl_slice name, struct wgctl_error *err);

/* Turns a text into a peer name: letters with accents lose them (ü becomes u, ß ss), blanks become
 * hyphens, other characters that are not allowed are dropped, and it is cut after 15 characters.
 * False if it may hold a key, if nothing is left, or nothing that people would recognize: the text
 * is in another script than Latin. */
bool wgctl_peer_name_adapt(struct wgctl_slice text, char ret[WGCTL_NAME_SIZE]);
/* Appends "-2" or the like, over the last characters if the name would get too long. */
void wgctl_peer_name_number(const char *name, unsigned number, char ret[WGCTL_NAME_SIZE]);
/* Whether the text has a letter of any script, or a digit. */
bool wgctl_text_has_letter(struct wgctl_slice text);
