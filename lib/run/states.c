/* Reads the three states of an interface and plans the transition between them. */
#include <stdlib.h>

#include "conf/server_check.h"
#include "host/link.h"
#include "host/rule.h"
#include "run/private.h"

/* ---- applied ---- */

static bool is_edited(const struct wgctl_server *server)
{
    return server->document.is_edited;
}

/* Finds the applied configuration. Usually it equals the file, which is already parsed. */
static void read_applied(struct wgctl_run *run)
{
    struct wgctl_run_record *record = run->record;
    const struct wgctl_server *file = run->request.server;
    bool came_up = record->goal != WGCTL_GO_UP;
    struct wgctl_slice text = came_up ? record->applied : record->target;
    run->is_current = record->exists && !is_edited(file) &&
                      wgctl_slice_equal(text, wgctl_document_original(&file->document));
    run->begun = (struct wgctl_begun){.goal = record->goal, .op = record->op, .item = record->item};
    if (!record->exists || wgctl_run_record_parse(record, came_up && !run->is_current) < 0)
        return;
    if (came_up && record->target.size > 0)
        run->begun.target = &record->target_server;
    if (text.size > 0)
        run->applied.server = run->is_current ? file
                              : came_up       ? &record->applied_server
                                              : &record->target_server;
    run->applied.exists = text.size > 0;
}

/* Returns the applied state, which usually is the desired one. */
static const struct wgctl_state *applied_of(const struct wgctl_run *run)
{
    bool is_desired = run->is_current && run->request.goal == WGCTL_GO_APPLY;
    return is_desired ? &run->desired : &run->applied;
}

/* An applied copy that can no longer be parsed counts as unknown. */
static void complete_applied(struct wgctl_run *run)
{
    struct wgctl_state *applied = &run->applied;
    struct wgctl_error ignored;
    if (!applied->exists || applied_of(run) != applied)
        return;
    int rc = wgctl_state_desired(applied->server, applied, &ignored);
    if (rc == WGCTL_NOT_FOUND) { /* the routing table's name no longer exists */
        applied->routing = run->desired.routing;
        rc = WGCTL_OK;
    }
    if (rc == WGCTL_OK)
        rc = wgctl_device_desired(applied->server, WGCTL_LOOKUP_NEVER, NULL, NULL, &applied->device,
                                  &ignored);
    applied->mark = run->record->mark;
    if (rc < 0)
        wgctl_state_clear(applied);
}

/* ---- desired ---- */

static bool needs_mark(const struct wgctl_state *desired)
{
    return wgctl_state_has_default(desired, AF_INET) || wgctl_state_has_default(desired, AF_INET6);
}

/* The mark is also the number of a routing table, which must be free. */
static int choose_mark(struct wgctl_run *run, struct wgctl_error *err)
{
    enum { FIRST = 51820 };
    struct wgctl_device *device = &run->desired.device;
    int rc = WGCTL_OK;
    run->desired.mark = device->has_fwmark                    ? device->fwmark
                        : run->request.goal == WGCTL_GO_APPLY ? run->running.mark
                                                              : 0;
    if (run->desired.mark || !needs_mark(&run->desired))
        return WGCTL_OK;
    rc = wgctl_route_free_table(FIRST, &run->desired.mark, err);
    device->has_fwmark = true;
    device->fwmark = run->desired.mark;
    return rc;
}

/* A default is always needed to go up; otherwise, only if an MTU was removed from the file. */
static int choose_mtu(struct wgctl_run *run, struct wgctl_error *err)
{
    bool goes_up = run->request.goal == WGCTL_GO_UP;
    bool had_one = run->applied.exists && run->applied.mtu;
    if (run->desired.server->mtu || !(goes_up || had_one))
        return WGCTL_OK;
    return wgctl_mtu_find(&run->desired.device, &run->desired.usual_mtu, err);
}

static int complete_desired(struct wgctl_run *run, enum wgctl_lookup lookup,
                            struct wgctl_error *err)
{
    const struct wgctl_server *applied =
        run->request.goal == WGCTL_GO_APPLY ? run->applied.server : NULL;
    wgctl_device_clear(&run->desired.device);
    int rc = wgctl_device_desired(run->request.server, lookup, applied, &run->running.device,
                                  &run->desired.device, err);
    if (rc == WGCTL_OK)
        rc = choose_mtu(run, err);
    return rc < 0 ? rc : choose_mark(run, err);
}

/* ---- running ---- */

/* An interface can be taken down even if it does not answer any more, but not saved. */
static int read_device(struct wgctl_run *run, struct wgctl_device_query *query,
                       struct wgctl_error *err)
{
    bool stays = run->request.goal == WGCTL_GO_APPLY;
    bool saves = run->request.goal == WGCTL_GO_DOWN && run->request.server->save_config;
    struct wgctl_device *device = &run->running.device;
    int rc = wgctl_device_reserve(device, run->request.server->peer_count, err);
    if (rc < 0)
        return rc;
    rc = wgctl_device_answer(run->request.interface, query, device, err);
    run->running.exists = true;
    run->running.mark = device->fwmark;
    return rc < 0 && (stays || saves) ? rc : WGCTL_OK;
}

static int read_host(struct wgctl_run *run, struct wgctl_error *err)
{
    const char *interface = run->request.interface;
    int rc = wgctl_link_addresses(interface, AF_UNSPEC, &run->running.addresses, err);
    return rc < 0 ? rc : wgctl_link_mtu(interface, &run->running.mtu, err);
}

static int read_routes(struct wgctl_run *run, struct wgctl_error *err)
{
    struct wgctl_state *running = &run->running;
    static const uint8_t families[] = {[WGCTL_IPV4] = AF_INET, [WGCTL_IPV6] = AF_INET6};
    running->knows_routes = wgctl_routes_matter(applied_of(run), &run->desired, running);
    if (!running->knows_routes)
        return WGCTL_OK;
    int rc = wgctl_route_list_into(run->request.interface, &running->routes, err);
    for (size_t i = 0; rc == WGCTL_OK && running->mark && i < WGCTL_FAMILIES; i++)
        rc = wgctl_rules_find(families[i], running->mark, &running->rules[i].any,
                              &running->rules[i].whole, err);
    return rc;
}

/* ---- the transition ---- */

static int fail_half(const struct wgctl_run *run, struct wgctl_error *err)
{
    const char *interface = run->request.interface;
    if (run->begun.goal == WGCTL_GO_UP) {
        wgctl_fail(err, WGCTL_BUSY, "%s did not come up completely: that was interrupted",
                   interface);
        return wgctl_hint(err, "'sudo wgctl up' brings it up again");
    }
    wgctl_fail(err, WGCTL_BUSY, "%s did not go down completely: that was interrupted", interface);
    return wgctl_hint(err,
                      "'sudo wgctl down' finishes that, then 'sudo wgctl up' brings it up again");
}

static int check_goal(const struct wgctl_run *run, struct wgctl_error *err)
{
    const char *interface = run->request.interface;
    enum wgctl_goal goal = run->request.goal;
    bool is_half = run->begun.goal == WGCTL_GO_UP || run->begun.goal == WGCTL_GO_DOWN;
    if (goal == WGCTL_GO_UP && run->is_up && !is_half) {
        wgctl_fail(err, WGCTL_EXISTS, "%s is already up", interface);
        return wgctl_hint(err, "to apply changes to its file: sudo wgctl apply");
    }
    if (goal == WGCTL_GO_DOWN && !run->is_up && !run->record->exists) {
        wgctl_fail(err, WGCTL_NOT_FOUND, "%s is not up", interface);
        return wgctl_hint(err, "sudo wgctl up brings it up");
    }
    return goal == WGCTL_GO_APPLY && run->is_up && is_half ? fail_half(run, err) : WGCTL_OK;
}

static int read_states(struct wgctl_run *run, struct wgctl_device_query *query,
                       struct wgctl_error *err)
{
    enum wgctl_goal goal = run->request.goal;
    bool stays = goal == WGCTL_GO_APPLY, comes = goal != WGCTL_GO_DOWN;
    int rc = WGCTL_OK;
    if (comes && !run->is_current) /* what was applied has been checked */
        rc = wgctl_server_check(run->request.server, err);
    if (rc == WGCTL_OK && run->is_up)
        rc = read_device(run, query, err);
    if (rc == WGCTL_OK)
        rc = wgctl_state_desired(run->request.server, &run->desired, err);
    if (!comes && rc == WGCTL_NOT_FOUND)
        rc = WGCTL_OK; /* the table's name is not needed to go down */
    run->desired.exists = comes;
    if (rc == WGCTL_OK)
        complete_applied(run);
    if (rc == WGCTL_OK && comes)
        rc = complete_desired(run, stays ? WGCTL_LOOKUP_CHANGED : WGCTL_LOOKUP_NEVER, err);
    if (rc == WGCTL_OK && stays)
        rc = read_host(run, err);
    return rc < 0 || !stays ? rc : read_routes(run, err);
}

static int plan(struct wgctl_run *run, struct wgctl_error *err)
{
    wgctl_transition_clear(&run->transition);
    return wgctl_transition_plan(applied_of(run), &run->desired, &run->running, &run->begun,
                                 &run->transition, err);
}

/* ---- hooks ---- */

bool wgctl_op_is_hook(enum wgctl_op op)
{
    return op == WGCTL_RUN_PRE_DOWN || op == WGCTL_RUN_POST_DOWN || op == WGCTL_RUN_PRE_UP ||
           op == WGCTL_RUN_POST_UP;
}

static bool is_text_of(const struct wgctl_server *server, struct wgctl_slice text)
{
    const struct wgctl_text *source = server ? &server->document.source : NULL;
    return source && source->data && text.data >= source->data &&
           text.data < source->data + source->size;
}

/* Hooks that were applied before were checked before. */
static int check_hooks(const struct wgctl_run *run, struct wgctl_error *err)
{
    bool has_new = false;
    if (!run->request.folder || run->is_current)
        return WGCTL_OK;
    for (size_t i = 0; i < run->transition.count && !has_new; i++) {
        const struct wgctl_step *step = &run->transition.steps[i];
        has_new = wgctl_op_is_hook(step->op) && !is_text_of(run->applied.server, step->text) &&
                  !is_text_of(run->begun.target, step->text);
    }
    return has_new ? wgctl_folder_check_hooks(run->request.folder, err) : WGCTL_OK;
}

/* ---- all of it ---- */

int wgctl_run_prepare(const struct wgctl_run_request *request, struct wgctl_run *ret,
                      struct wgctl_error *err)
{
    WGCTL_DEVICE_QUERY own_query = {0};
    struct wgctl_device_query *query = request->query ? request->query : &own_query;
    ret->request = *request;
    ret->record = calloc(1, sizeof *ret->record);
    if (!ret->record)
        return wgctl_fail_memory(err);
    int rc = wgctl_run_record_read(request->interface, ret->record, err);
    if (rc == WGCTL_OK)
        rc = wgctl_device_ask(request->interface, query, err);
    if (rc < 0)
        return rc;
    ret->is_up = query->backend != WGCTL_NO_DEVICE;
    read_applied(ret);
    rc = check_goal(ret, err);
    if (rc == WGCTL_OK && request->goal == WGCTL_GO_APPLY && !ret->is_up)
        return wgctl_server_check(request->server, err);
    if (rc == WGCTL_OK)
        rc = read_states(ret, query, err);
    if (rc == WGCTL_OK)
        rc = plan(ret, err);
    return rc < 0 ? rc : check_hooks(ret, err);
}

int wgctl_run_plan_again(struct wgctl_run *run, struct wgctl_error *err)
{
    int rc = complete_desired(run, WGCTL_LOOKUP_CHANGED, err);
    return rc < 0 ? rc : plan(run, err);
}

void wgctl_run_clear(struct wgctl_run *run)
{
    wgctl_transition_clear(&run->transition);
    wgctl_state_clear(&run->applied);
    wgctl_state_clear(&run->desired);
    wgctl_state_clear(&run->running);
    if (run->record)
        wgctl_run_record_clear(run->record);
    free(run->record);
    *run = (struct wgctl_run){0};
}

int wgctl_run_is_up(const char *interface, bool *ret, struct wgctl_error *err)
{
    enum wgctl_backend backend;
    int rc = wgctl_device_find_wireguard(interface, &backend, err);
    if (rc == WGCTL_OK)
        *ret = backend != WGCTL_NO_DEVICE;
    return rc;
}
