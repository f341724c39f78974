/* Adopting: taking over a tunnel that another program, or somebody with an editor,
 * has made.
 *
 * It looks at INTERFACE.conf, at what the known programs keep beside it, and at
 * the clients' files on this host, and decides what would change: names that stand
 * in others' comments become `# friendly_name`, peers that PiVPN disabled become
 * disabled peers of wgctl's, clients' files are copied to INTERFACE.peers, and the
 * endpoint goes to INTERFACE.ini. Every other byte stays, and so does what runs:
 * nothing is sent to a device.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "net/name.h"

struct wgctl_adopt_request {
    const char *folder;
    const char *interface; /* NULL: what `file` says, else wg0 */
    const char *endpoint;  /* "HOST" or "HOST:PORT"; NULL: what is found */
    const char *file;      /* JSON of wg-easy or dsnet that a new INTERFACE.conf is made from; NULL:
                              there is one */
    const char *root;      /* before /home, /root, /etc/pivpn; NULL: nothing */
    bool dry_run;          /* there will be no commit: makes no folder either */
};

/* What becomes of a peer. The texts belong to the struct wgctl_adopt, and come from
 * files of others: escape them before a terminal sees them. */
struct wgctl_adopt_peer {
    char name[WGCTL_NAME_SIZE]; /* from now on; "": it goes on without one */
    char public_key[45];
    bool enabled;
    enum {
        WGCTL_ADOPT_KEPT,    /* it had that name already */
        WGCTL_ADOPT_NAMED,   /* as it was found */
        WGCTL_ADOPT_RENAMED, /* what was found is no name for wgctl, or another's */
        WGCTL_ADOPT_UNNAMED, /* nothing was found, or nothing is left of it */
    } fate;
    const char *found;  /* the name as it was found; NULL: none */
    const char *source; /* where: "pivpn", "angristan", "nyr", "wg-easy", "wg-portal",
                           "wgdashboard", "easy-wg-quick", "dsnet", "friendly_name", "comment",
                           "file_name"; NULL: none */
    const char *file;   /* where its own file was found, or whose data it is made from; NULL: not */
    bool file_taken;    /* it comes to INTERFACE.peers now */
    const char *refused; /* why it does not: "it has PostUp"; NULL: nothing against it */
};

struct wgctl_adopt_info {
    const char *interface;
    const char *conf;            /* the path of INTERFACE.conf */
    const char *made_from;       /* the program whose JSON it is made from; NULL: it is there */
    bool removes_save_config;    /* `SaveConfig = true` goes: ask before the commit */
    size_t disabled_lines;       /* lines that PiVPN disabled and that get wgctl's mark */
    size_t lines_left;           /* those of them that are no peer and stay */
    size_t peers_added;          /* disabled ones that only the program's own file knew */
    const char *endpoint;        /* "host:port"; NULL: none is known */
    const char *endpoint_source; /* the file it was found in, "given" or "clients' files"; NULL: it
                                    was set already */
    const char *dns;             /* what new clients get from now on; NULL: stays */
    const char *allowed_ips;     /* likewise */
    const struct wgctl_adopt_peer *peers;
    size_t peer_count;
    bool changes_something;
};

struct wgctl_adopt;

/* Opens the tunnel, looks, and decides. Changes nothing. */
int wgctl_adopt_open(const struct wgctl_adopt_request *request, struct wgctl_adopt **ret,
                     struct wgctl_error *err);
/* What was decided; good until the close. */
const struct wgctl_adopt_info *wgctl_adopt_show(const struct wgctl_adopt *adopt);
/* Carries it out, as a whole or not at all. */
int wgctl_adopt_commit(struct wgctl_adopt *adopt, struct wgctl_error *err);
/* Wipes and frees; sets the pointer to NULL. */
void wgctl_adopt_close(struct wgctl_adopt **adopt);
#define WGCTL_ADOPTION __attribute__((cleanup(wgctl_adopt_close))) struct wgctl_adopt
