/* What the files of lib/run share. For them, and their tests. */
#pragma once

#include "base/file.h"
#include "run/run.h"

/* ---- desired.c: what a file wants ---- */

/* When an endpoint that is a name is looked up. */
enum wgctl_lookup {
    WGCTL_LOOKUP_NEVER, /* the endpoint is left as it is */
    /* Unless `applied` has the same name and the peer is one of `running`: what the resolver says
     * from day to day is not what the owner wants. */
    WGCTL_LOOKUP_CHANGED,
};
/* The device that a file wants, sorted. `applied` (NULL: not known) and `running` (NULL: all its
 * peers are) are for WGCTL_LOOKUP_CHANGED. */
int wgctl_device_desired(const struct wgctl_server *server, enum wgctl_lookup lookup,
                         const struct wgctl_server *applied, const struct wgctl_device *running,
                         struct wgctl_device *ret, struct wgctl_error *err);
/* The rest of the state that a file wants, but for the mark and an MTU that it does not name. */
int wgctl_state_desired(const struct wgctl_server *server, struct wgctl_state *ret,
                        struct wgctl_error *err);

/* The MTU of an interface: that of its packets' way to the endpoints, or else of the default route
 * (0: there is none), less what WireGuard adds. Pure. */
uint32_t wgctl_mtu_choose(uint32_t to_endpoints, uint32_t by_default);
/* The same, from the ways to the device's endpoints. */
int wgctl_mtu_find(const struct wgctl_device *device, uint32_t *ret, struct wgctl_error *err);

/* ---- routes.c: the routes into the tunnel ---- */

/* Fails with WGCTL_NOT_FOUND if the table has a name that this host does not know. */
int wgctl_routing_read(struct wgctl_slice table, struct wgctl_routing *ret,
                       struct wgctl_error *err);
/* Adds the routes that the peers' networks need, the longest first, without the doubles. `there`
 * are the routes into the interface: those that came with its addresses need no second. `mark` is
 * the number of the table of default routes. Pure. */
int wgctl_routes_desired(const struct wgctl_routing *routing, const struct wgctl_prefixes *networks,
                         uint32_t mark, const struct wgctl_routes *there, struct wgctl_routes *ret,
                         struct wgctl_error *err);
/* Adds to `ret` those of `list` that are in `among`, or are not, as `wanted` says. Pure. */
int wgctl_routes_select(const struct wgctl_routes *list, const struct wgctl_routes *among,
                        bool wanted, struct wgctl_routes *ret, struct wgctl_error *err);
/* Whether routes or rules may have to change. For most servers they do not: all that their peers
 * have is in the interface's own networks. Pure. */
bool wgctl_routes_matter(const struct wgctl_state *applied, const struct wgctl_state *desired,
                         const struct wgctl_state *running);
/* Whether a default route of the family leads into the tunnel by policy rules. Pure. */
bool wgctl_state_has_default(const struct wgctl_state *state, uint8_t family);
/* The routes to add and to remove. Pure. */
int wgctl_routes_plan(const struct wgctl_state *applied, const struct wgctl_state *desired,
                      const struct wgctl_state *running, struct wgctl_routes *ret_add,
                      struct wgctl_routes *ret_remove, struct wgctl_error *err);

/* ---- states.c ---- */

/* Plans the transition once more, now with the names looked up. */
int wgctl_run_plan_again(struct wgctl_run *run, struct wgctl_error *err);

/* ---- transition.c ---- */

/* Makes the steps that lead from `running` to `desired`. What goes is what `applied` says, as far
 * as that is known, and not what the file says now. `begun` is how far a killed transition came.
 * Pure. */
int wgctl_transition_plan(const struct wgctl_state *applied, const struct wgctl_state *desired,
                          const struct wgctl_state *running, const struct wgctl_begun *begun,
                          struct wgctl_transition *ret, struct wgctl_error *err);
/* The configuration whose PreDown and PostDown undo what PostUp did: the file's, whose mistakes the
 * owner may have fixed, unless its PostUp is another one now. */
const struct wgctl_server *wgctl_hooks_that_undo(const struct wgctl_state *applied,
                                                 const struct wgctl_server *file);

/* ---- steps.c: what each kind of step does ---- */

int wgctl_step_do(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err);
int wgctl_step_undo(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err);
/* Whether a step of the kind that failed may have done a part of it, and is undone as well. */
bool wgctl_step_is_partial(const struct wgctl_step *step);
/* Whether it needs no undo of its own if the interface goes. */
bool wgctl_step_goes_with_interface(const struct wgctl_step *step);
/* What messages call it: "addresses". */
const char *wgctl_step_noun(const struct wgctl_step *step);
/* The op of that name; WGCTL_OPS if there is none. */
enum wgctl_op wgctl_op_by_name(struct wgctl_slice name);

/* ---- record.c: what is noted in /run/wgctl ---- */

/* What is noted about one interface of this network namespace. */
struct wgctl_run_record {
    bool exists;
    uint32_t mark;                            /* the number of the default routes' own table */
    enum wgctl_goal goal;                     /* of a transition that has not ended */
    enum wgctl_op op;                         /* its last step that was begun */
    unsigned item;                            /* of a command */
    struct wgctl_text text;                   /* of the file */
    struct wgctl_slice applied;               /* the configuration last applied; empty: not known */
    struct wgctl_slice target;                /* that the transition leads to; empty: none */
    struct wgctl_slice before, before_target; /* the same, as they were read */
    struct wgctl_server applied_server, target_server; /* parsed, if they were needed */
    struct wgctl_text rendered; /* what the file says now, if it was edited */
    int fd;                     /* of the file that this process wrote; -1: none */
};
void wgctl_run_record_clear(struct wgctl_run_record *record);
/* Reads it. One that is broken, or of an interface that is gone while another has its name,
 * counts as none. `ret` has to be all zero. */
int wgctl_run_record_read(const char *interface, struct wgctl_run_record *ret,
                          struct wgctl_error *err);
/* Parses its configurations: the target, and the applied one if `needs_applied`. */
int wgctl_run_record_parse(struct wgctl_run_record *record, bool needs_applied);
/* Writes it anew: a transition to `target` begins, or one ends. */
int wgctl_run_record_write(const char *interface, struct wgctl_run_record *record,
                           struct wgctl_slice target, struct wgctl_slice applied,
                           struct wgctl_error *err);
/* Notes in the file that was written how far the transition has come. */
int wgctl_run_record_note(const char *interface, struct wgctl_run_record *record,
                          struct wgctl_error *err);
/* The transition has ended: its target is what was applied. */
int wgctl_run_record_finish(const char *interface, struct wgctl_run_record *record,
                            struct wgctl_error *err);
/* Removes it, unless somebody else has written it since. */
int wgctl_run_record_remove(const char *interface, struct wgctl_run_record *record,
                            struct wgctl_error *err);

/* ---- save.c: SaveConfig ---- */

/* What the host, not the device, knows of the interface. */
struct wgctl_saved {
    struct wgctl_prefixes addresses;
    uint32_t mtu;
    struct wgctl_slice dns; /* empty: as the file has it */
};
/* Edits the document so that it says what runs, as wg-quick(8) would save it: what is the same
 * stays as it is written, with all comments and disabled peers. Of `server` only the document is
 * good for anything then. */
int wgctl_save_document(struct wgctl_server *server, const struct wgctl_device *device,
                        const struct wgctl_saved *host, struct wgctl_error *err);
/* Saves what runs, if it is not what the file says. */
int wgctl_save(const struct wgctl_run *run, struct wgctl_error *err);
