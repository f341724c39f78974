/* The state of reading a wg0.conf. Private to conf/server_read.c and conf/server_settings.c. */
#pragma once

#include "conf/server.h"

/* The texts that are notes in a peer's comments, `# key = value`, come first. */
enum { WGCTL_NOTES = WGCTL_PEER_ENDPOINT };

/* The section that a line belongs to. */
struct wgctl_block {
    enum { WGCTL_NOWHERE, WGCTL_IN_INTERFACE, WGCTL_IN_PEER } section;
    bool for_quick;  /* wg-quick(8), which minds white space, knows the section's name as well */
    size_t heading;  /* index of the line with the name */
    size_t peer;     /* index of the peer */
    size_t key, psk; /* numbers of the lines with its PublicKey and PresharedKey; 0: none yet */
    bool is_apart;   /* a blank line or a disabled one follows its last setting */
    wgctl_position notes[WGCTL_NOTES]; /* apart: they are the peer's if a setting follows */
};

struct wgctl_reader {
    struct wgctl_server *server;
    struct wgctl_error *err;
    size_t line;  /* index of the line being read */
    bool has_nul; /* the text has a NUL byte somewhere */
    /* wg(8) does not see the lines of disabled peers: what follows them belongs to the section
     * that they interrupt. */
    struct wgctl_block seen, disabled;
    /* A [Peer] that is commented out by hand. */
    struct wgctl_block commented;
    struct wgctl_block *block; /* the one of them that the line belongs to */
};

/* Reads one KEY = VALUE into what its section describes. */
int wgctl_setting_read(struct wgctl_reader *reader, struct wgctl_slice line,
                       const struct wgctl_line_parts *parts);
/* Fails with WGCTL_INVALID, "FILE:LINE: what". */
int wgctl_reader_fail(struct wgctl_reader *reader, const char *what);
