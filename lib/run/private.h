/* Shared by the files of lib/run and their tests. */
#pragma once

#include "base/file.h"
#include "run/run.h"

/* ---- desired.c: the desired state ---- */

/* When to look up endpoints that are hostnames. */
enum wgctl_lookup {
    WGCTL_LOOKUP_NEVER, /* such endpoints stay unset */
    /* Only if the hostname has changed since `applied`, or the peer is not in `running`: a new
     * answer of the resolver is not a change by the owner. */
    WGCTL_LOOKUP_CHANGED,
};
/* Makes the desired device from a file, sorted. WGCTL_LOOKUP_CHANGED uses `applied` (NULL if not
 * known) and `running` (NULL if all peers are running). Fails with WGCTL_SYSTEM or WGCTL_NOT_FOUND
 * if a hostname cannot be resolved. */
int wgctl_device_desired(const struct wgctl_server *server, enum wgctl_lookup lookup,
                         const struct wgctl_server *applied, const struct wgctl_device *running,
                         struct wgctl_device *ret, struct wgctl_error *err);
/* Makes the rest of the desired state, except the mark, and the MTU if the file sets none. */
int wgctl_state_desired(const struct wgctl_server *server, struct wgctl_state *ret,
                        struct wgctl_error *err);

/* Returns the MTU for an interface: that of the routes to the endpoints, or else that of the
 * default route (0 if there is none), minus WireGuard's overhead. Pure. */
uint32_t wgctl_mtu_choose(uint32_t to_endpoints, uint32_t by_default);
/* The same for the endpoints of a device. */
int wgctl_mtu_find(const struct wgctl_device *device, uint32_t *ret, struct wgctl_error *err);

/* ---- routes.c: the routes into the tunnel ---- */

/* Whether the list has that very address. Pure. */
bool wgctl_addresses_have(const struct wgctl_prefixes *list, const struct wgctl_prefix *address);
/* Reads the value of Table. Fails with WGCTL_NOT_FOUND if this host has no table of that name. */
int wgctl_routing_read(struct wgctl_slice table, struct wgctl_routing *ret,
                       struct wgctl_error *err);
/* Adds the routes for the peers' networks, longest prefixes first and without duplicates. `there`
 * are the existing routes into the interface; networks that have one because of the interface's
 * addresses need no other. `mark` is the number of the table for default routes. Pure. */
int wgctl_routes_desired(const struct wgctl_routing *routing, const struct wgctl_prefixes *networks,
                         uint32_t mark, const struct wgctl_routes *there, struct wgctl_routes *ret,
                         struct wgctl_error *err);
/* Adds the routes of `list` to `ret` that are in `among`, or, if not `wanted`, those that are not.
 * Pure. */
int wgctl_routes_select(const struct wgctl_routes *list, const struct wgctl_routes *among,
                        bool wanted, struct wgctl_routes *ret, struct wgctl_error *err);
/* Returns whether routes or rules may have to change. On most servers they do not, because all
 * allowed IPs are in the interface's own networks. Pure. */
bool wgctl_routes_matter(const struct wgctl_state *applied, const struct wgctl_state *desired,
                         const struct wgctl_state *running);
/* Returns whether policy rules send the family's default route into the tunnel. Pure. */
bool wgctl_state_has_default(const struct wgctl_state *state, uint8_t family);
/* Finds the routes to add and to remove. Pure. */
int wgctl_routes_plan(const struct wgctl_state *applied, const struct wgctl_state *desired,
                      const struct wgctl_state *running, struct wgctl_routes *ret_add,
                      struct wgctl_routes *ret_remove, struct wgctl_error *err);

/* ---- states.c ---- */

/* Returns whether a step of this kind runs a hook. Pure. */
bool wgctl_op_is_hook(enum wgctl_op op);

/* Plans the transition again, with hostnames looked up. */
int wgctl_run_plan_again(struct wgctl_run *run, struct wgctl_error *err);

/* ---- transition.c ---- */

/* Plans the steps from `running` to `desired`. They remove what was `applied`, if that is known,
 * and not what the file says now. `begun` is the progress of a killed transition. Pure. */
int wgctl_transition_plan(const struct wgctl_state *applied, const struct wgctl_state *desired,
                          const struct wgctl_state *running, const struct wgctl_begun *begun,
                          struct wgctl_transition *ret, struct wgctl_error *err);
/* Returns the configuration whose PreDown and PostDown undo what PostUp did: the file, because the
 * owner may have fixed mistakes in it, unless its PostUp has changed. */
const struct wgctl_server *wgctl_hooks_that_undo(const struct wgctl_state *applied,
                                                 const struct wgctl_server *file);

/* ---- steps.c: the table of steps ---- */

/* Execute and undo a step. */
int wgctl_step_do(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err);
int wgctl_step_undo(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err);
/* Returns whether a step that failed may have been done in part, so that it must be undone. */
bool wgctl_step_is_partial(const struct wgctl_step *step);
/* Returns whether removing the interface undoes the step as well. */
bool wgctl_step_goes_with_interface(const struct wgctl_step *step);
/* Returns the name for messages, such as "addresses". */
const char *wgctl_step_noun(const struct wgctl_step *step);
/* Returns the op with that name, or WGCTL_OPS. */
enum wgctl_op wgctl_op_by_name(struct wgctl_slice name);

/* ---- write.c: keys and peers ---- */

/* Executes the plan for the device, and reads back whether that was done. */
int wgctl_run_write_device(const struct wgctl_run *run, struct wgctl_error *err);
/* Undoes as much of it as was done. */
int wgctl_run_undo_device(const struct wgctl_run *run, struct wgctl_error *err);

/* ---- record.c: the record in /run/wgctl ---- */

/* The record about an interface in this network namespace. */
struct wgctl_run_record {
    bool exists;
    uint32_t mark;                            /* the number of the table for default routes */
    enum wgctl_goal goal;                     /* of a transition that has not ended */
    enum wgctl_op op;                         /* its last step that was started */
    unsigned item;                            /* for hooks */
    struct wgctl_text text;                   /* content of the record's file */
    struct wgctl_slice applied;               /* the applied configuration; empty if not known */
    struct wgctl_slice target;                /* the transition's target; empty if there is none */
    struct wgctl_slice before, before_target; /* the same, as originally read */
    struct wgctl_server applied_server, target_server; /* parsed, if needed */
    int fd; /* of the file that this process wrote, or -1 */
};
/* Wipes the record, closes its file and frees what it owns. */
void wgctl_run_record_clear(struct wgctl_run_record *record);
/* Reads the record. A broken one, one that the user may not read, or one about a previous interface
 * of that name counts as none.
 * `ret` must be all zero. */
int wgctl_run_record_read(const char *interface, struct wgctl_run_record *ret,
                          struct wgctl_error *err);
/* Parses the target and, if `needs_applied`, the applied configuration. */
int wgctl_run_record_parse(struct wgctl_run_record *record, bool needs_applied);
/* Writes a new record, when a transition to `target` begins or ends. */
int wgctl_run_record_write(const char *interface, struct wgctl_run_record *record,
                           struct wgctl_slice target, struct wgctl_slice applied,
                           struct wgctl_error *err);
/* Updates the transition's progress in the file. */
int wgctl_run_record_note(const char *interface, struct wgctl_run_record *record,
                          struct wgctl_error *err);
/* Records the end of the transition: its target is now the applied configuration. */
int wgctl_run_record_finish(const char *interface, struct wgctl_run_record *record,
                            struct wgctl_error *err);
/* Removes the record, unless another process has written it since. */
int wgctl_run_record_remove(const char *interface, struct wgctl_run_record *record,
                            struct wgctl_error *err);

/* ---- save.c: SaveConfig ---- */

/* The interface's settings on the host, outside of the device. */
struct wgctl_saved {
    struct wgctl_prefixes addresses;
    uint32_t mtu;
    struct wgctl_slice dns; /* empty if the file's value is current */
};
/* Edits the document so that it describes what is running, as wg-quick(8) would save it. Keeps
 * unchanged lines, comments and disabled peers. Afterwards, only the document in `server` is
 * valid. */
int wgctl_save_document(struct wgctl_server *server, const struct wgctl_device *device,
                        const struct wgctl_saved *host, struct wgctl_error *err);
/* Saves what is running, if it differs from the file. */
int wgctl_save(const struct wgctl_run *run, struct wgctl_error *err);
