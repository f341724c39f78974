/* How the lines of a wg0.conf become a struct wgctl_server. Inside conf/ only. */
#pragma once

#include "conf/server.h"

/* What may stand in a peer's comments as `# key = value`: the first texts of a peer. */
enum { WGCTL_NOTES = WGCTL_PEER_ENDPOINT };

/* The section that a line belongs to. */
struct wgctl_block {
    enum { WGCTL_NOWHERE, WGCTL_IN_INTERFACE, WGCTL_IN_PEER } section;
    bool for_quick; /* its name is written as wg-quick(8) knows it, which heeds white space */
    size_t heading; /* index of the line with its name */
    size_t peer;    /* index of the peer, in one */
    bool has_key;   /* this peer's PublicKey was read */
    bool is_apart;  /* a blank line or a disabled one stands below its last setting */
    wgctl_position notes[WGCTL_NOTES]; /* apart: they are its own if another setting follows */
};

struct wgctl_reader {
    struct wgctl_server *server;
    struct wgctl_error *err;
    size_t line;  /* index of the line being read */
    bool has_nul; /* a NUL byte stands somewhere */
    /* wg(8) does not see the lines of disabled peers: what follows them belongs to
     * the section in which they stand. */
    struct wgctl_block seen, disabled;
    struct wgctl_block *block; /* the one of the two that the line belongs to */
};

/* Reads the document's lines from `first` on, where a section begins or the file
 * does, to before `end`, and adds what they say. */
int wgctl_server_parse_lines(struct wgctl_server *server, size_t first, size_t end,
                             struct wgctl_error *err);
/* Reads one KEY = VALUE into what its section describes. */
int wgctl_setting_read(struct wgctl_reader *reader, struct wgctl_slice line,
                       const struct wgctl_line_parts *parts);
/* Fails with "FILE:LINE: what". */
int wgctl_reader_fail(struct wgctl_reader *reader, const char *what);
/* Whether the mark of a disabled peer stands before the line: "#-", then white
 * space or nothing. A row of dashes has no such mark. */
bool wgctl_line_is_marked(struct wgctl_slice line);
