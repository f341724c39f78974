/* The commit: one plan for files and what runs, shown or carried out. */
#include "base/signals.h"
#include "tunnel/state.h"

/* `explain`: it will be looked at. */
static int make_plan(struct wgctl_tunnel *tunnel, bool explain, struct wgctl_application *ret,
                     struct wgctl_error *err)
{
    bool is_there = tunnel->query.asked && tunnel->query.backend != WGCTL_NO_DEVICE;
    if (tunnel->applies && is_there && wgctl_applied_exists(tunnel, WGCTL_STARTING)) {
        wgctl_fail(err, WGCTL_BUSY, "%s did not come up completely: that was interrupted",
                   tunnel->interface);
        return wgctl_hint(err, "sudo wgctl up brings it up anew");
    }
    return tunnel->applies ? wgctl_application_plan(tunnel, explain, ret, err)
                           : wgctl_wish_make(&tunnel->server, &ret->wish, err);
}

int wgctl_tunnel_plan(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                      struct wgctl_error *err)
{
    WGCTL_APPLICATION application = {0};
    int rc = make_plan(tunnel, true, &application, err);
    return rc < 0 ? rc : wgctl_changes_describe(tunnel, &application, ret, err);
}

/* What runs becomes what was planned, or stays as it was, and the files with it. */
static int change_running(struct wgctl_tunnel *tunnel, struct wgctl_application *application,
                          struct wgctl_error *err)
{
    struct wgctl_error ignored;
    int rc = wgctl_application_execute(tunnel, application, err);
    if (rc == WGCTL_OK && wgctl_signals_pending())
        rc = wgctl_fail(err, WGCTL_SYSTEM, "stopped by a signal");
    if (rc < 0) {
        wgctl_hint(err, "nothing was changed: %s and %s are as they were", tunnel->conf_name,
                   tunnel->interface);
        wgctl_application_revert(tunnel, application, err);
        wgctl_files_restore(tunnel, err);
        return rc;
    }
    if (application->is_applied != &tunnel->server || tunnel->conf_changed)
        wgctl_applied_save(tunnel, WGCTL_APPLIED);
    if (application->ran_hooks)
        wgctl_applied_remove(tunnel, WGCTL_RUNNING_HOOKS, &ignored);
    return WGCTL_OK;
}

int wgctl_tunnel_commit(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                        struct wgctl_error *err)
{
    WGCTL_APPLICATION application = {0};
    int rc = make_plan(tunnel, ret != NULL, &application, err);
    if (rc == WGCTL_OK && ret)
        rc = wgctl_changes_describe(tunnel, &application, ret, err);
    if (rc < 0)
        return rc;
    /* A signal waits until all is done, or undone. */
    sigset_t signals;
    wgctl_signals_hold(&signals);
    rc = wgctl_files_write(tunnel, err);
    if (rc == WGCTL_OK && application.is_up)
        rc = change_running(tunnel, &application, err);
    if (rc == WGCTL_OK)
        wgctl_files_finish(tunnel);
    wgctl_signals_release(&signals);
    return rc;
}
