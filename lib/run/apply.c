/* What runs: planned against the file, carried out, brought back. */
#include <stdio.h>
#include <string.h>

#include "host/link.h"
#include "tunnel/state.h"

void wgctl_application_clear(struct wgctl_application *application)
{
    wgctl_plan_clear(&application->plan);
    wgctl_wish_clear(&application->wish);
    wgctl_device_clear(&application->applied);
    wgctl_device_clear(&application->wanted);
    wgctl_device_clear(&application->running);
    wgctl_setup_clear(&application->setup);
    wgctl_routes_clear(&application->routes_to_add);
    wgctl_routes_clear(&application->routes_to_remove);
    wgctl_server_clear(&application->before);
    wgctl_server_clear(&application->interrupted);
    *application = (struct wgctl_application){0};
}

/* ---- plan ---- */

/* The configuration as last applied. Mostly it is the file as it was read, and need not be
 * parsed: what wgctl edits changes neither endpoints nor what the host has to do, and
 * only who wants to know what is drift asks for more. */
static const struct wgctl_server *read_applied(const struct wgctl_tunnel *tunnel, bool explain,
                                               struct wgctl_server *ret)
{
    if (!(explain && tunnel->conf_changed) && wgctl_applied_is_original(tunnel))
        return &tunnel->server;
    return wgctl_applied_parse(tunnel, WGCTL_APPLIED, ret) ? ret : NULL;
}

/* What `before` wanted of the device; NULL where that is not known. */
static const struct wgctl_device *device_before(struct wgctl_application *application)
{
    struct wgctl_error ignored;
    const struct wgctl_server *applied = application->is_applied;
    if (applied != &application->before)
        return applied ? &application->wanted : NULL;
    return wgctl_device_wanted(applied, &application->wish, applied, NULL, &application->applied,
                               &ignored) == WGCTL_OK
               ? &application->applied
               : NULL;
}

static int plan_setup(const struct wgctl_tunnel *tunnel, struct wgctl_application *ret,
                      struct wgctl_error *err)
{
    struct wgctl_setup_facts there = {0};
    int rc = wgctl_link_addresses(tunnel->interface, AF_UNSPEC, &there.addresses, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_mtu(tunnel->interface, &there.mtu, err);
    if (rc == WGCTL_OK && ret->is_applied && ret->is_applied->mtu && tunnel->server.mtu == 0)
        rc = wgctl_mtu_find(&ret->wanted, &there.usual_mtu, err);
    if (rc == WGCTL_OK)
        rc = wgctl_setup_plan(ret->is_applied, &tunnel->server, &there, &ret->setup, err);
    wgctl_prefixes_clear(&there.addresses);
    /* How far hooks came that a commit ran when it was killed is not known: all of them are
     * taken back, and done again. */
    if (ret->is_applied && wgctl_applied_parse(tunnel, WGCTL_RUNNING_HOOKS, &ret->interrupted))
        ret->setup.hooks = true;
    return rc;
}

/* What runs, against what the file wants. */
static int plan_running(struct wgctl_tunnel *tunnel, bool explain, struct wgctl_application *ret,
                        struct wgctl_error *err)
{
    const struct wgctl_device_filter filter = wgctl_wish_filter(&ret->wish);
    int rc = wgctl_device_answer(tunnel->interface, &tunnel->query, &filter, &ret->running, err);
    if (rc < 0)
        return rc;
    ret->is_applied = read_applied(tunnel, explain, &ret->before);
    rc = wgctl_device_wanted(&tunnel->server, &ret->wish, ret->is_applied, &ret->running,
                             &ret->wanted, err);
    if (rc == WGCTL_OK)
        rc = wgctl_plan_make(device_before(ret), &ret->wanted, &ret->running, &ret->plan, err);
    if (rc == WGCTL_OK)
        rc = plan_setup(tunnel, ret, err);
    return rc < 0 ? rc : wgctl_routes_plan(tunnel, ret, err);
}

int wgctl_application_plan(struct wgctl_tunnel *tunnel, bool explain, struct wgctl_application *ret,
                           struct wgctl_error *err)
{
    int rc = wgctl_device_ask(tunnel->interface, &tunnel->query, err);
    if (rc == WGCTL_OK)
        rc = wgctl_wish_make(&tunnel->server, &ret->wish, err);
    ret->is_up = tunnel->query.backend != WGCTL_NO_DEVICE;
    return rc < 0 || !ret->is_up ? rc : plan_running(tunnel, explain, ret, err);
}

/* ---- execute ---- */

/* What a plan is about; nothing else is touched. */
struct touched {
    const struct wgctl_device *wanted, *running;
    size_t right; /* how many peers were found to be as they are wanted */
};

static struct touched touched_by(const struct wgctl_application *application)
{
    return (struct touched){&application->wanted, &application->running, 0};
}

static bool is_untouched(const struct wgctl_key *public_key, void *context)
{
    const struct touched *touched = context;
    return !wgctl_device_find(touched->wanted, public_key) &&
           !wgctl_device_find(touched->running, public_key);
}

/* A device can roam between two looks: its endpoint is no sign of a failure. */
static bool is_right(struct wgctl_device_peer *now, void *context)
{
    struct touched *touched = context;
    const struct wgctl_device_peer *wanted = wgctl_device_find(touched->wanted, &now->public_key);
    bool right = wanted && wgctl_device_peer_has(now, &wanted->preshared_key, wanted->keepalive,
                                                 &wanted->allowed_ips);
    touched->right += right;
    return right;
}

static void start(void *context)
{
    struct touched *touched = context;
    touched->right = 0;
}

/* Of all that was touched, no peer is left that is not right, and none is missing. */
static int verify(const struct wgctl_tunnel *tunnel, const struct wgctl_application *application,
                  struct wgctl_error *err)
{
    WGCTL_DEVICE now = {0};
    WGCTL_PLAN left = {0};
    struct touched touched = touched_by(application);
    const struct wgctl_device_filter filter = {is_untouched, is_right, start, &touched};
    struct wgctl_device others = application->wanted;
    others.peer_count = 0;
    int rc = wgctl_device_read(tunnel->interface, &filter, &now, err);
    if (rc == WGCTL_OK)
        rc = wgctl_plan_make(&others, &others, &now, &left, err);
    if (rc == WGCTL_OK && (left.count > 0 || touched.right < application->wanted.peer_count))
        rc = wgctl_fail(err, WGCTL_SYSTEM,
                        "%s took the change without an error, but did not make it",
                        tunnel->interface);
    return rc;
}

int wgctl_application_write_device(const struct wgctl_tunnel *tunnel,
                                   const struct wgctl_application *application,
                                   struct wgctl_error *err)
{
    if (application->plan.count == 0)
        return WGCTL_OK;
    int rc = wgctl_device_write(tunnel->interface, &application->plan, &tunnel->progress, err);
    return rc < 0 ? rc : verify(tunnel, application, err);
}

/* With the last address of a family the kernel takes all routes of it. */
static int add_lost_routes(const struct wgctl_tunnel *tunnel, struct wgctl_application *application,
                           struct wgctl_error *err)
{
    WGCTL_ROUTES to_remove = application->routes_to_remove;
    application->routes_to_remove = (struct wgctl_routes){0};
    int rc = wgctl_routes_plan(tunnel, application, err);
    wgctl_routes_clear(&application->routes_to_remove);
    application->routes_to_remove = to_remove;
    to_remove = (struct wgctl_routes){0};
    return rc;
}

int wgctl_application_execute(const struct wgctl_tunnel *tunnel,
                              struct wgctl_application *application, struct wgctl_error *err)
{
    const struct wgctl_setup *setup = &application->setup;
    const struct wgctl_server *before = application->is_applied, *after = &tunnel->server;
    int rc = wgctl_application_write_device(tunnel, application, err);
    if (rc == WGCTL_OK)
        rc = wgctl_setup_change(tunnel->interface, setup, before, after, err);
    if (rc == WGCTL_OK && wgctl_setup_changes_addresses(setup))
        rc = add_lost_routes(tunnel, application, err);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_change(tunnel->interface, application, err);
    if (rc < 0 || !setup->hooks)
        return rc;
    application->ran_hooks = true;
    wgctl_applied_save(tunnel, WGCTL_RUNNING_HOOKS);
    wgctl_hooks_try(&application->interrupted, tunnel->interface, WGCTL_POST_DOWN);
    return wgctl_setup_run_hooks(tunnel->interface, before, after, err);
}

/* ---- bring back ---- */

static int revert_device(const struct wgctl_tunnel *tunnel,
                         const struct wgctl_application *application, struct wgctl_error *err)
{
    WGCTL_DEVICE now = {0};
    WGCTL_PLAN back = {0};
    /* Also where it had none: a default route may have been given one. */
    struct wgctl_device before = application->running;
    before.has_fwmark = true;
    struct touched touched = touched_by(application);
    const struct wgctl_device_filter filter = {.skips = is_untouched, .context = &touched};
    int rc = wgctl_device_read(tunnel->interface, &filter, &now, err);
    if (rc == WGCTL_OK)
        /* What was just wanted counts as applied: an endpoint of it goes again. */
        rc = wgctl_plan_make(&application->wanted, &before, &now, &back, err);
    return rc < 0 ? rc : wgctl_device_write(tunnel->interface, &back, NULL, err);
}

static int revert_hooks(const struct wgctl_tunnel *tunnel, const struct wgctl_server *before,
                        struct wgctl_error *err)
{
    int rc = wgctl_setup_run_hooks(tunnel->interface, &tunnel->server, before, err);
    return rc < 0 ? rc : wgctl_applied_remove(tunnel, WGCTL_RUNNING_HOOKS, err);
}

/* What could not be brought back, and why the first of it could not. */
struct remains {
    struct wgctl_error why;
    char what[96];
};

static void note_remains(struct remains *remains, const char *what, int rc,
                         const struct wgctl_error *why)
{
    size_t used = strlen(remains->what);
    if (rc >= 0)
        return;
    if (used == 0)
        remains->why = *why;
    snprintf(remains->what + used, sizeof remains->what - used, "%s%s", used ? ", " : "", what);
}

void wgctl_application_revert(const struct wgctl_tunnel *tunnel,
                              const struct wgctl_application *application, struct wgctl_error *err)
{
    struct wgctl_error why;
    struct remains remains = {0};
    const struct wgctl_server *before = application->is_applied;
    const char *interface = tunnel->interface;
    if (application->ran_hooks)
        note_remains(&remains, "what PostUp does", revert_hooks(tunnel, before, &why), &why);
    note_remains(&remains, "routes", wgctl_routes_revert(interface, application, &why), &why);
    note_remains(&remains, "addresses, MTU and DNS",
                 wgctl_setup_revert(interface, &application->setup, before, &tunnel->server, &why),
                 &why);
    note_remains(&remains, "keys and peers", revert_device(tunnel, application, &why), &why);
    if (remains.what[0])
        wgctl_hint(err,
                   "%s could not be brought back either (%s; %s): 'sudo wgctl apply' tries again",
                   interface, remains.what, remains.why.message);
}
