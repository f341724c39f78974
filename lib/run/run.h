/* Running interfaces: brings an interface up, takes it down, or applies its file to it.
 *
 * Each of these is a transition: a list of steps from the running state to the desired one. It is
 * planned first (struct wgctl_run), can be shown, and is then executed. Its progress is recorded
 * in /run/wgctl, so that the next command can finish or undo what a killed one began.
 *
 * Planning needs no lock. Executing requires the lock of the folder with the interface's file.
 */
#pragma once

#include "base/progress.h"
#include "conf/server.h"
#include "device/wireguard.h"
#include "host/route.h"
#include "net/name.h"

/* ---- states ---- */

/* The value of Table: the routing table for routes into the tunnel. */
struct wgctl_routing {
    enum {
        WGCTL_ROUTES_AUTO, /* the main table; a default route gets its own, with policy rules */
        WGCTL_ROUTES_OFF,
        WGCTL_ROUTES_IN_TABLE,
    } kind;
    uint32_t table; /* for WGCTL_ROUTES_IN_TABLE */
};

/* The policy rules that lead a family's packets into the tunnel. */
struct wgctl_rules_state {
    bool any;   /* at least one exists */
    bool whole; /* all of them exist */
};
enum { WGCTL_IPV4, WGCTL_IPV6, WGCTL_FAMILIES };

/* The state of an interface: as its file describes it (desired), as it is in the kernel (running),
 * or as its file described it when it was last applied (applied). */
struct wgctl_state {
    bool exists;                       /* for an applied state: whether it is known */
    const struct wgctl_server *server; /* NULL for a running state */
    struct wgctl_device device;        /* sorted */
    struct wgctl_prefixes addresses;
    uint32_t mtu;       /* 0 if the file sets none */
    uint32_t usual_mtu; /* for a desired state: the default, if the file sets none */
    struct wgctl_slice dns;
    struct wgctl_routing routing;
    uint32_t mark;              /* fwmark and table number of default routes; 0 if there are none */
    bool knows_routes;          /* `routes` and `rules` were read, because they may change */
    struct wgctl_routes routes; /* for a running state: all routes into the interface */
    struct wgctl_rules_state rules[WGCTL_FAMILIES]; /* for a running state */
};
/* Wipes the state and frees what it owns; not the server. */
void wgctl_state_clear(struct wgctl_state *state);

/* ---- transitions ---- */

/* The command that a transition belongs to. */
enum wgctl_goal { WGCTL_GO_NOWHERE, WGCTL_GO_UP, WGCTL_GO_DOWN, WGCTL_GO_APPLY };

/* The kinds of steps. To take an interface down or bring one up, they are executed in this order,
 * which is that of wg-quick(8). For an interface that stays up, wgctl_transition_plan() defines
 * the order. */
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

/* A step. Only the fields that its op needs are set. */
struct wgctl_step {
    enum wgctl_op op;
    bool may_fail;            /* if it fails, the transition continues and undoes nothing */
    bool turned_on;           /* the step has turned on a sysctl that it needs */
    unsigned item;            /* for hooks: the index among those of the op */
    struct wgctl_slice text;  /* the hook, or the new DNS servers */
    struct wgctl_slice was;   /* the previous DNS servers */
    struct wgctl_route route; /* for addresses, only `destination` is set */
    uint8_t family;           /* for rules */
    uint32_t mark;            /* for rules */
    uint32_t mtu, mtu_was;
};

/* The steps from one state to another. */
struct wgctl_transition {
    const struct wgctl_state *applied, *desired, *running; /* must outlive the transition */
    struct wgctl_plan device;                              /* executed by WGCTL_WRITE_DEVICE */
    struct wgctl_step *steps;
    size_t count, capacity;
    size_t done; /* the number of steps that were started */
};
/* Frees the steps. */
void wgctl_transition_clear(struct wgctl_transition *transition);

/* Returns the name of a step's op for JSON, such as "add_address". It never changes. */
const char *wgctl_step_name(const struct wgctl_step *step);
/* Appends the value that the step sets, adds, runs or removes. */
void wgctl_step_value(const struct wgctl_step *step, struct wgctl_text *ret);
/* Appends the previous value, if it is known. */
void wgctl_step_before(const struct wgctl_step *step, struct wgctl_text *ret);

/* ---- a run ---- */

/* The progress of a transition that was killed. */
struct wgctl_begun {
    enum wgctl_goal goal; /* WGCTL_GO_NOWHERE if none was killed */
    enum wgctl_op op;     /* the last step that was started */
    unsigned item;
    const struct wgctl_server *target; /* what an apply was applying; otherwise NULL */
};

/* The record about an interface in /run/wgctl. Private to lib/run. */
struct wgctl_run_record;

/* Saves the file's new text, for SaveConfig. */
struct wgctl_saver {
    int (*save)(void *context, struct wgctl_slice text, struct wgctl_error *err);
    void *context;
};

/* A request. The caller owns everything in it, and must keep it as long as the run. */
struct wgctl_run_request {
    enum wgctl_goal goal;
    const char *interface;
    const struct wgctl_server *server; /* the parsed file */
    struct wgctl_slice text; /* the file's new text, if it was edited; only needed to execute */
    /* The folder that the file is in. NULL: its hooks may run wherever it is. */
    const struct wgctl_folder *folder;
    struct wgctl_device_query *query; /* may already be under way, which saves time */
    struct wgctl_progress progress;
    struct wgctl_saver saver; /* for WGCTL_GO_DOWN with SaveConfig */
};

/* A transition with the states that it is made from. */
struct wgctl_run {
    struct wgctl_run_request request;
    bool is_up;        /* the WireGuard interface exists */
    bool is_userspace; /* the interface was created, and a userspace process runs it */
    bool is_current;   /* the file equals the applied one, byte for byte */
    struct wgctl_state applied, desired, running;
    struct wgctl_begun begun;
    struct wgctl_transition transition;
    struct wgctl_run_record *record;
    struct wgctl_error warning; /* the first failure of a step that may fail; or no message */
};

/* Reads the states and plans the transition. Changes nothing and needs no lock. `ret` must be all
 * zero; clear it even after a failure. For WGCTL_GO_UP, hostnames are looked up later.
 *
 * If the interface is down, WGCTL_GO_APPLY gives an empty transition with `is_up` false. Fails with
 *   WGCTL_EXISTS       for WGCTL_GO_UP, if the interface is up
 *   WGCTL_NOT_FOUND    for WGCTL_GO_DOWN, if the interface is down and left nothing behind
 *   WGCTL_BUSY         for WGCTL_GO_APPLY, if an up or down was killed and must be completed first
 *   WGCTL_UNSUPPORTED  if the name belongs to another kind of interface
 *   WGCTL_INVALID      if no device can do what the file asks for
 *   WGCTL_DENIED       if a hook would run that was not run before, from a file system mounted
 *                      nosuid (base/folder.h)
 *   WGCTL_SYSTEM       if the kernel or the device does not answer */
int wgctl_run_prepare(const struct wgctl_run_request *request, struct wgctl_run *ret,
                      struct wgctl_error *err);
/* Executes the transition. Requires the lock; hold the signals (base/signals.h) so that they do not
 * interrupt it. A step that fails or a pending signal stops it; then call wgctl_run_revert(). For
 * WGCTL_GO_DOWN, only PreDown and SaveConfig can stop it. */
int wgctl_run_execute(struct wgctl_run *run, struct wgctl_error *err);
/* Undoes the steps in reverse order. Requires the lock. Adds what could not be undone to the hint
 * of `err`. */
void wgctl_run_revert(struct wgctl_run *run, struct wgctl_error *err);
/* Wipes the run and frees what it owns. */
void wgctl_run_clear(struct wgctl_run *run);
#define WGCTL_RUN __attribute__((cleanup(wgctl_run_clear))) struct wgctl_run

/* Finds out whether the WireGuard interface exists. Fails with WGCTL_UNSUPPORTED if the name
 * belongs to another kind of interface. */
int wgctl_run_is_up(const char *interface, bool *ret, struct wgctl_error *err);
/* Returns whether an enabled peer's endpoint is a hostname. */
bool wgctl_run_has_names(const struct wgctl_server *server);
/* Waits until the endpoints' hostnames can be resolved, because the name server may not answer
 * yet right after boot. Waits as long as wg(8), about a minute, unless
 * $WG_ENDPOINT_RESOLUTION_RETRIES says otherwise. Do not hold the lock meanwhile. */
void wgctl_run_await_names(const struct wgctl_server *server);
