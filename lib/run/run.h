/* What runs: bringing an interface up, down, or into line with its file.
 *
 * Each of the three is a transition: a list of steps that leads from the running state to the
 * desired one. It is made first (struct wgctl_run), can be shown, and is then executed. How far
 * it came is noted in /run/wgctl, so that the next command can finish or undo what a killed one
 * began.
 *
 * Whoever executes a transition holds the lock of the folder with the interface's file. Making
 * one needs no lock.
 */
#pragma once

#include "base/progress.h"
#include "conf/server.h"
#include "device/wireguard.h"
#include "host/route.h"
#include "net/name.h"

/* ---- states ---- */

/* The routing tables that the routes into the tunnel belong to: what Table says. */
struct wgctl_routing {
    enum {
        WGCTL_ROUTES_AUTO, /* the main table; a default route by a mark, with policy rules */
        WGCTL_ROUTES_OFF,
        WGCTL_ROUTES_IN_TABLE,
    } kind;
    uint32_t table; /* for the last */
};

/* The policy rules that lead a family's packets into the tunnel. */
struct wgctl_rules_state {
    bool any;   /* some of them are there */
    bool whole; /* all of them are */
};
enum { WGCTL_IPV4, WGCTL_IPV6, WGCTL_FAMILIES };

/* An interface: as its file wants it (desired), as the kernel has it (running), or as a file
 * wanted it when it was last brought into line (applied). */
struct wgctl_state {
    bool exists;                       /* of an applied state: it is known */
    const struct wgctl_server *server; /* of a desired or applied state; else NULL */
    struct wgctl_device device;        /* sorted */
    struct wgctl_prefixes addresses;
    uint32_t mtu;       /* 0: the file names none */
    uint32_t usual_mtu; /* of a desired state: in place of one that the file does not name */
    struct wgctl_slice dns;
    struct wgctl_routing routing;
    uint32_t mark;              /* the number of the default routes' own table; 0: none */
    bool knows_routes;          /* `routes` and `rules` were read: some may have to change */
    struct wgctl_routes routes; /* of a running state: all into the interface */
    struct wgctl_rules_state rules[WGCTL_FAMILIES]; /* of a running state */
};
void wgctl_state_clear(struct wgctl_state *state);

/* ---- transitions ---- */

enum wgctl_goal { WGCTL_GO_NOWHERE, WGCTL_GO_UP, WGCTL_GO_DOWN, WGCTL_GO_APPLY };

/* The kinds of steps. An interface goes and comes in this order, which is wg-quick(8)'s; one
 * that stays changes in the order of wgctl_transition_plan(). */
enum wgctl_op {
    WGCTL_RUN_PRE_DOWN,
    WGCTL_SAVE_CONFIG,
    WGCTL_REMOVE_RULES,
    WGCTL_DELETE_INTERFACE,
    WGCTL_UNSET_DNS,
    WGCTL_RUN_POST_DOWN,
    WGCTL_RUN_PRE_UP,
    WGCTL_CREATE_INTERFACE,
    WGCTL_WRITE_DEVICE,
    WGCTL_REMOVE_ROUTE,
    WGCTL_ADD_ADDRESS,
    WGCTL_REMOVE_ADDRESS,
    WGCTL_SET_MTU,
    WGCTL_SET_UP,
    WGCTL_SET_DNS,
    WGCTL_ADD_ROUTE,
    WGCTL_ADD_RULES,
    WGCTL_RUN_POST_UP,
    WGCTL_OPS
};

/* One step. Only what its op is about is set. */
struct wgctl_step {
    enum wgctl_op op;
    bool may_fail;            /* the next step follows even so, and nothing is undone */
    bool turned_on;           /* by the step: a sysctl that it needs */
    unsigned item;            /* of a command: its place among those of the op */
    struct wgctl_slice text;  /* the command, or the DNS servers that are set */
    struct wgctl_slice was;   /* the DNS servers before */
    struct wgctl_route route; /* `destination` is also the address */
    uint8_t family;           /* of rules */
    uint32_t mark;            /* of rules */
    uint32_t mtu, mtu_was;
};

struct wgctl_transition {
    const struct wgctl_state *applied, *desired, *running; /* have to live as long */
    struct wgctl_plan device;                              /* what WGCTL_WRITE_DEVICE does */
    struct wgctl_step *steps;
    size_t count, capacity;
    size_t done; /* how many were begun or done */
};
void wgctl_transition_clear(struct wgctl_transition *transition);

/* The stable name of a step's op: "add_address". */
const char *wgctl_step_name(const struct wgctl_step *step);
/* Appends what the step sets, adds, runs or removes. */
void wgctl_step_value(const struct wgctl_step *step, struct wgctl_text *ret);
/* Appends what was there before; nothing if that is not known. */
void wgctl_step_before(const struct wgctl_step *step, struct wgctl_text *ret);

/* ---- a run ---- */

/* How far a transition came that was killed. */
struct wgctl_begun {
    enum wgctl_goal goal; /* WGCTL_GO_NOWHERE: none was */
    enum wgctl_op op;     /* the step that was begun last */
    unsigned item;
    const struct wgctl_server *target; /* of an apply: what it was on its way to; else NULL */
};

/* What is kept in /run/wgctl about an interface: private to lib/run. */
struct wgctl_run_record;

/* Saves the text of a file that says what runs (SaveConfig). */
struct wgctl_saver {
    int (*save)(void *context, struct wgctl_slice text, struct wgctl_error *err);
    void *context;
};

/* What is asked for. The caller owns all of it, and keeps it as long as the run. */
struct wgctl_run_request {
    enum wgctl_goal goal;
    const char *interface;
    const struct wgctl_server *server; /* what the file says */
    struct wgctl_device_query *query;  /* may have been asked already, which saves time */
    struct wgctl_progress progress;
    struct wgctl_saver saver; /* for WGCTL_GO_DOWN, if the file says SaveConfig */
};

struct wgctl_run {
    struct wgctl_run_request request;
    bool is_up;        /* a WireGuard interface of that name is there */
    bool is_userspace; /* once it was created: a process runs it */
    bool is_current;   /* what was applied is the file, byte for byte */
    struct wgctl_state applied, desired, running;
    struct wgctl_begun begun;
    struct wgctl_transition transition;
    struct wgctl_run_record *record;
    struct wgctl_error warning; /* what may_fail and did; no message: nothing */
};

/* Reads the states and plans the transition. `ret` has to be all zero; clear it also if this
 * fails. Changes nothing, and takes no lock. For WGCTL_GO_UP no name is looked up yet.
 *
 * If no interface is up, applying is an empty transition with `is_up` false. Fails with
 *   WGCTL_EXISTS       to go up: it is up
 *   WGCTL_NOT_FOUND    to go down: it is not up, and left nothing behind
 *   WGCTL_BUSY         to apply: a killed up or down has to be dealt with first
 *   WGCTL_UNSUPPORTED  another kind of interface has the name
 *   WGCTL_INVALID      the file wants what no device does */
int wgctl_run_prepare(const struct wgctl_run_request *request, struct wgctl_run *ret,
                      struct wgctl_error *err);
/* Executes it; the caller holds the lock and, if the run is not to be cut off, the signals
 * (base/signals.h). A step that fails, or a signal that waits, stops it: then
 * wgctl_run_revert() is to follow. Going down, only PreDown and SaveConfig can stop it. */
int wgctl_run_execute(struct wgctl_run *run, struct wgctl_error *err);
/* Undoes the steps that were done, in reverse. Adds to the hint what could not be undone. */
void wgctl_run_revert(struct wgctl_run *run, struct wgctl_error *err);
void wgctl_run_clear(struct wgctl_run *run);
#define WGCTL_RUN __attribute__((cleanup(wgctl_run_clear))) struct wgctl_run

/* Whether there is a WireGuard interface of that name. Fails with WGCTL_UNSUPPORTED if it is of
 * another kind. */
int wgctl_run_is_up(const char *interface, bool *ret, struct wgctl_error *err);
/* Whether an endpoint of the file is a name that has to be looked up. */
bool wgctl_run_has_names(const struct wgctl_server *server);
/* Waits until the endpoints' names can be looked up: when a host starts, its name server may
 * not answer yet. As patient as wg(8), about a minute; $WG_ENDPOINT_RESOLUTION_RETRIES says
 * otherwise. Hold no lock. */
void wgctl_run_await_names(const struct wgctl_server *server);
