/* Executes and undoes steps. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/signals.h"
#include "run/private.h"

/* ---- progress ---- */

/* Returns the configuration file's current text. */
static struct wgctl_slice text_of(const struct wgctl_run *run)
{
    const struct wgctl_run_request *request = &run->request;
    return request->text.size > 0 ? request->text
                                  : wgctl_document_original(&request->server->document);
}

/* If the interface was brought up without wgctl, the file counts as applied. */
static int begin(struct wgctl_run *run, enum wgctl_goal goal, struct wgctl_error *err)
{
    struct wgctl_run_record *record = run->record;
    struct wgctl_slice text = text_of(run), none = {"", 0};
    struct wgctl_slice before = run->applied.exists ? record->before : none;
    const char *interface = run->request.interface;
    record->goal = goal;
    if (goal == WGCTL_GO_DOWN) {
        record->mark = run->running.exists ? run->running.mark : record->mark;
        return wgctl_run_record_write(interface, record,
                                      run->begun.target ? record->before_target : none,
                                      before.size > 0 ? before : text, err);
    }
    record->mark = run->desired.mark;
    return wgctl_run_record_write(interface, record, text, goal == WGCTL_GO_APPLY ? before : none,
                                  err);
}

/* Returns whether the step takes something down. When going up, leftovers are removed first. */
static bool is_of_going(const struct wgctl_run *run, const struct wgctl_step *step)
{
    return run->request.goal == WGCTL_GO_UP && step->op < WGCTL_RUN_PRE_UP;
}

static int note(struct wgctl_run *run, const struct wgctl_step *step, struct wgctl_error *err)
{
    struct wgctl_run_record *record = run->record;
    enum wgctl_goal goal = is_of_going(run, step) ? WGCTL_GO_DOWN : run->request.goal;
    bool begins = record->fd < 0 || record->goal != goal, same = record->op == step->op;
    /* Taking down what a killed `up` left does not make the record any more precise. */
    if (goal == WGCTL_GO_DOWN && run->begun.goal == WGCTL_GO_UP)
        return WGCTL_OK;
    record->op = step->op;
    record->item = step->item;
    if (begins)
        return begin(run, goal, err);
    return same && !wgctl_op_is_hook(step->op)
               ? WGCTL_OK
               : wgctl_run_record_note(run->request.interface, record, err);
}

/* ---- forward ---- */

static bool can_stop(const struct wgctl_run *run, const struct wgctl_step *step)
{
    return run->request.goal != WGCTL_GO_DOWN || step->op <= WGCTL_SAVE_CONFIG;
}

static int check_signals(struct wgctl_error *err)
{
    return wgctl_signals_pending() ? wgctl_fail(err, WGCTL_SYSTEM, "stopped by a signal")
                                   : WGCTL_OK;
}

/* Ignores failures to remove what a killed command may never have added. */
static void note_failure(struct wgctl_run *run, const struct wgctl_error *why)
{
    bool is_plain_down =
        run->request.goal == WGCTL_GO_DOWN && run->is_up && run->begun.goal == WGCTL_GO_NOWHERE;
    if (is_plain_down && !run->warning.message[0])
        run->warning = *why;
}

static int execute_step(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    struct wgctl_error why;
    int rc = can_stop(run, step) ? check_signals(err) : WGCTL_OK;
    if (rc == WGCTL_OK)
        rc = note(run, step, err);
    if (rc < 0)
        return rc;
    rc = wgctl_step_do(run, step, &why);
    /* Whatever existed before belongs to someone else. */
    bool is_partial = wgctl_step_is_partial(step) && rc != WGCTL_EXISTS;
    run->transition.done += rc == WGCTL_OK || is_partial || step->may_fail;
    if (rc < 0 && step->may_fail) {
        note_failure(run, &why);
        return WGCTL_OK;
    }
    if (rc < 0)
        *err = why;
    return rc;
}

/* After PreUp has run, hostnames can be looked up and routes found. */
static int plan_rest(struct wgctl_run *run, struct wgctl_error *err)
{
    size_t done = run->transition.done;
    int rc = wgctl_run_plan_again(run, err);
    run->transition.done = rc == WGCTL_OK ? done : 0;
    return rc;
}

static int end(struct wgctl_run *run, struct wgctl_error *err)
{
    struct wgctl_run_record *record = run->record;
    const char *interface = run->request.interface;
    struct wgctl_error ignored;
    if (run->request.goal == WGCTL_GO_DOWN) {
        wgctl_run_record_remove(interface, record, &ignored);
        return WGCTL_OK;
    }
    bool is_noted = record->fd < 0 && record->exists && record->goal == WGCTL_GO_NOWHERE &&
                    wgctl_slice_equal(record->applied, text_of(run));
    if (is_noted)
        return WGCTL_OK;
    int rc = check_signals(err);
    if (rc == WGCTL_OK && record->fd < 0)
        rc = begin(run, run->request.goal, err);
    return rc < 0 ? rc : wgctl_run_record_finish(interface, record, err);
}

int wgctl_run_execute(struct wgctl_run *run, struct wgctl_error *err)
{
    struct wgctl_transition *transition = &run->transition;
    bool planned_again = false;
    int rc = WGCTL_OK;
    if (run->request.goal == WGCTL_GO_APPLY && !run->is_up)
        return WGCTL_OK;
    while (rc == WGCTL_OK && transition->done < transition->count) {
        struct wgctl_step *step = &transition->steps[transition->done];
        if (step->op == WGCTL_CREATE_INTERFACE && !planned_again) {
            planned_again = true;
            rc = plan_rest(run, err);
            step = &transition->steps[transition->done];
        }
        if (rc == WGCTL_OK)
            rc = execute_step(run, step, err);
    }
    return rc < 0 ? rc : end(run, err);
}

/* ---- undo ---- */

/* What could not be undone, and the reason for the first of it. */
struct remains {
    struct wgctl_error why;
    char what[96];
};

static void note_remains(struct remains *remains, const char *what, const struct wgctl_error *why)
{
    size_t used = strlen(remains->what);
    if (strstr(remains->what, what))
        return;
    if (used == 0)
        remains->why = *why;
    snprintf(remains->what + used, sizeof remains->what - used, "%s%s", used ? ", " : "", what);
}

static bool goes_as_a_whole(const struct wgctl_run *run)
{
    for (size_t i = 0; i < run->transition.done; i++)
        if (run->transition.steps[i].op == WGCTL_CREATE_INTERFACE)
            return true;
    return false;
}

static void undo_steps(struct wgctl_run *run, struct remains *remains)
{
    bool as_a_whole = goes_as_a_whole(run);
    struct wgctl_error why;
    for (size_t i = run->transition.done; i-- > 0;) {
        struct wgctl_step *step = &run->transition.steps[i];
        if (is_of_going(run, step) || (as_a_whole && wgctl_step_goes_with_interface(step)))
            continue;
        if (wgctl_step_undo(run, step, &why) < 0)
            note_remains(remains, wgctl_step_noun(step), &why);
    }
}

/* Restores the record. */
static void restore_record(struct wgctl_run *run)
{
    struct wgctl_run_record *record = run->record;
    struct wgctl_slice none = {"", 0};
    struct wgctl_error ignored;
    bool was_known = run->applied.exists && run->request.goal != WGCTL_GO_UP;
    if (record->fd < 0 || record->goal != run->request.goal)
        return; /* it was not changed, or already describes what was removed */
    record->goal = run->begun.goal;
    record->op = run->begun.op;
    record->item = run->begun.item;
    if (!was_known)
        wgctl_run_record_remove(run->request.interface, record, &ignored);
    else
        wgctl_run_record_write(run->request.interface, record,
                               run->begun.target ? record->before_target : none, record->before,
                               &ignored);
}

void wgctl_run_revert(struct wgctl_run *run, struct wgctl_error *err)
{
    struct remains remains = {0};
    const char *interface = run->request.interface;
    bool goes_down = run->request.goal == WGCTL_GO_DOWN;
    if (!goes_down)
        undo_steps(run, &remains);
    if (remains.what[0])
        wgctl_hint(err, "%s could not be restored either (%s; %s): 'sudo wgctl %s' tries again",
                   interface, remains.what, remains.why.message,
                   run->request.goal == WGCTL_GO_UP ? "down" : "apply");
    else if (!goes_down || run->record->op <= WGCTL_SAVE_CONFIG)
        restore_record(run);
}

/* ---- names ---- */

static bool is_name(const struct wgctl_server *server, const struct wgctl_peer *peer,
                    struct wgctl_endpoint *ret)
{
    return peer->enabled && wgctl_peer_endpoint(server, peer, ret) &&
           !wgctl_endpoint_is_address(ret, NULL);
}

bool wgctl_run_has_names(const struct wgctl_server *server)
{
    struct wgctl_endpoint endpoint;
    for (size_t i = 0; i < server->peer_count; i++)
        if (is_name(server, &server->peers[i], &endpoint))
            return true;
    return false;
}

void wgctl_run_await_names(const struct wgctl_server *server)
{
    enum { USUAL = 15 }; /* as in wg(8) */
    const char *tries = getenv("WG_ENDPOINT_RESOLUTION_RETRIES");
    struct wgctl_endpoint endpoint;
    unsigned long again = USUAL;
    if (tries)
        again = strcmp(tries, "infinity") == 0 ? UINT_MAX : strtoul(tries, NULL, 10);
    for (size_t i = 0; i < server->peer_count; i++)
        if (is_name(server, &server->peers[i], &endpoint))
            wgctl_endpoint_await(&endpoint, (unsigned)again);
}
