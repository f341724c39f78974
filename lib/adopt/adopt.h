/* Adopting: takes over a tunnel that another program, or somebody with an editor, has made.
 *
 * It looks at INTERFACE.conf, at what the known programs keep next to it, and at the clients' files
 * on this host, and decides what would change: names in other programs' comments become
 * `# friendly_name`, peers that PiVPN disabled become disabled peers of wgctl's, clients' files are
 * copied to INTERFACE.peers, and the endpoint goes to INTERFACE.ini. Every other byte stays, and so
 * does what runs: nothing is sent to a device.
 *
 * A server that only exists in another program's file gets an INTERFACE.conf. How the rest of it is
 * made, with its firewall, is not adopt's to know: the caller hands that in.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "net/key.h"
#include "net/name.h"

/* A server without an INTERFACE.conf, as texts that a command line could have. */
struct wgctl_adopt_server {
    const char *interface;
    const struct wgctl_key *private_key;
    const char *addresses;   /* in the tunnel: "10.8.0.1/24, fd00::1/64" */
    const char *listen_port; /* NULL: unknown */
    const char *mtu;         /* NULL: unknown */
    bool has_hooks;          /* its own PostUp or PostDown are added to the file */
};
/* Appends the INTERFACE.conf, without peers, and the INTERFACE.ini of that server. */
typedef int wgctl_adopt_make(void *user, const struct wgctl_adopt_server *server,
                             struct wgctl_text *ret_conf, struct wgctl_text *ret_ini,
                             struct wgctl_error *err);

/* All strings belong to the caller, and have to outlive the call only. */
struct wgctl_adopt_request {
    const char *folder;    /* of INTERFACE.conf */
    const char *interface; /* NULL: what `file` says, or else wg0 */
    const char *endpoint;  /* "HOST" or "HOST:PORT"; NULL: what is found */
    /* Another program's own file. If there is no INTERFACE.conf, one is made from it; otherwise it
     * has to be of that server. NULL: what is found next to it, or where programs keep it. */
    const char *file;
    wgctl_adopt_make *make; /* called if there is no INTERFACE.conf */
    void *user;             /* handed to it */
    const char *root;       /* put before /home, /root and /etc/pivpn; NULL: nothing */
    bool dry_run;           /* there will be no commit: takes no lock, creates no folder */
};

/* What happens to a peer. The strings belong to the struct wgctl_adopt, and come from files of
 * others: escape them before a terminal sees them. */
struct wgctl_adopt_peer {
    char name[WGCTL_NAME_SIZE]; /* from now on; "": it stays without one */
    char public_key[WGCTL_KEY_TEXT_SIZE];
    bool enabled;
    enum {
        WGCTL_ADOPT_KEPT,    /* it has that name already */
        WGCTL_ADOPT_NAMED,   /* it gets the name as it was found */
        WGCTL_ADOPT_RENAMED, /* the name that was found is not valid for wgctl, or is taken */
        WGCTL_ADOPT_UNNAMED, /* no name was found */
    } action;
    const char *found;  /* the name as it was found; NULL: none */
    const char *source; /* where: "pivpn", "angristan", "nyr", "wg-easy", "wg-portal",
                           "wgdashboard", "wireguard-ui", "easy-wg-quick", "dsnet", "friendly_name",
                           "comment", "file_name"; NULL: nowhere */
    const char
        *file;       /* where its own file, or the data to make it from, was found; NULL: nowhere */
    bool file_taken; /* the file is copied to INTERFACE.peers */
    const char *refused; /* why it is not: "it has PostUp"; NULL: nothing speaks against it */
};

struct wgctl_adopt_info {
    const char *interface;
    const char *conf;            /* the path of INTERFACE.conf */
    const char *made_from;       /* the program whose file it is made from; NULL: it exists */
    const char *hooks[2];        /* "PostUp = ...": come along with that file, to run as root: ask
                                    before the commit; NULL: none */
    bool removes_save_config;    /* removes `SaveConfig = true`: ask before the commit */
    unsigned mode_before;        /* of the file, if other users lose their permissions; else 0 */
    size_t disabled_lines;       /* lines that PiVPN disabled, and that get wgctl's mark */
    size_t lines_left;           /* lines that PiVPN disabled, that are not a peer, and stay */
    size_t peers_added;          /* disabled peers that only the program's own file has */
    const char *endpoint;        /* "host:port"; NULL: unknown */
    const char *endpoint_source; /* the file it was found in, "given" or "clients' files"; NULL: it
                                    was set before */
    const char *dns;             /* what new clients get from now on; NULL: as before */
    const char *allowed_ips;     /* likewise */
    const char *mtu, *keepalive; /* likewise */
    uint16_t endpoint_port;      /* 0: unknown */
    uint16_t listen_port;        /* of INTERFACE.conf; 0: none */
    const struct wgctl_adopt_peer *peers; /* in the order of the file */
    size_t peer_count;
    size_t without_file; /* peers whose file is neither found nor kept here */
    const struct wgctl_adopt_peer *first_without_file;
    struct wgctl_error port_fault; /* why devices cannot find the server; status 0: they can */
    bool changes_something;
};

struct wgctl_adopt;

/* Opens the tunnel, looks, and decides; changes nothing. Takes the lock, unless for a dry run, and
 * holds it until the close. Fails with WGCTL_NOT_FOUND if there is no INTERFACE.conf, with
 * WGCTL_EXISTS if there is one and `file` is another server's, with WGCTL_DENIED if a file can be
 * written to by others, with WGCTL_INVALID if one cannot be read as what it should be, and with the
 * status of `make`. */
int wgctl_adopt_open(const struct wgctl_adopt_request *request, struct wgctl_adopt **ret,
                     struct wgctl_error *err);
/* What was decided. Valid until the close. */
const struct wgctl_adopt_info *wgctl_adopt_show(const struct wgctl_adopt *adopt);
/* Carries it out, as a whole or not at all. */
int wgctl_adopt_commit(struct wgctl_adopt *adopt, struct wgctl_error *err);
/* Wipes and frees; sets the pointer to NULL. */
void wgctl_adopt_close(struct wgctl_adopt **adopt);
#define WGCTL_ADOPTION __attribute__((cleanup(wgctl_adopt_close))) struct wgctl_adopt
