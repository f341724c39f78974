/* Commits: plans for files and the running interface, shown or executed; also up and down. */
#include "base/signals.h"
#include "conf/server_check.h"
#include "conf/server_read.h"
#include "conf/server_render.h"
#include "tunnel/state.h"

/* ---- what is written has to mean what was planned ---- */

static int check_ini(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_SETTINGS written = {0};
    int rc =
        wgctl_settings_parse(tunnel->ini_name, wgctl_text_slice_of(&tunnel->ini), &written, err);
    if (rc < 0 || wgctl_settings_same(&written, &tunnel->settings))
        return rc;
    wgctl_fail(err, WGCTL_UNSUPPORTED, "this change would also change other settings in %s",
               tunnel->ini_name);
    return wgctl_hint(err, "nothing was changed; make that change with an editor");
}

/* Renders the new wg0.conf if there is one. */
static int render(const struct wgctl_tunnel *tunnel, struct wgctl_text *ret_conf,
                  struct wgctl_error *err)
{
    int rc = tunnel->ini_changed ? check_ini(tunnel, err) : WGCTL_OK;
    return rc == WGCTL_OK && tunnel->conf_changed
               ? wgctl_server_render(&tunnel->server, ret_conf, err)
               : rc;
}

/* ---- plans ---- */

static int save_conf(void *context, struct wgctl_slice text, struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = context;
    WGCTL_TRANSACTION files = {0};
    int rc = wgctl_transaction_put(&files, tunnel->conf_name, &tunnel->original, text, err);
    return rc < 0 ? rc : wgctl_transaction_commit(tunnel->store, &files, NULL, err);
}

static int prepare(struct wgctl_tunnel *tunnel, enum wgctl_goal goal, struct wgctl_run *ret,
                   struct wgctl_error *err)
{
    const struct wgctl_run_request request = {
        .goal = goal,
        .interface = tunnel->interface,
        .server = &tunnel->server,
        .folder = wgctl_tunnel_folder(tunnel),
        .query = &tunnel->query,
        .progress = tunnel->progress,
        .saver = {save_conf, tunnel},
    };
    return wgctl_run_prepare(&request, ret, err);
}

static int prepare_commit(struct wgctl_tunnel *tunnel, struct wgctl_run *ret,
                          struct wgctl_error *err)
{
    return tunnel->applies ? prepare(tunnel, WGCTL_GO_APPLY, ret, err)
                           : wgctl_server_check(&tunnel->server, err);
}

int wgctl_tunnel_plan(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                      struct wgctl_error *err)
{
    WGCTL_RUN run = {0};
    WGCTL_TEXT conf = {0};
    int rc = prepare_commit(tunnel, &run, err);
    if (rc == WGCTL_OK)
        rc = render(tunnel, &conf, err);
    return rc < 0 ? rc : wgctl_changes_describe(tunnel, &run, ret, err);
}

static int plan_goal(struct wgctl_tunnel *tunnel, enum wgctl_goal goal, struct wgctl_changes *ret,
                     struct wgctl_error *err)
{
    WGCTL_RUN run = {0};
    int rc = prepare(tunnel, goal, &run, err);
    return rc < 0 ? rc : wgctl_changes_describe(tunnel, &run, ret, err);
}

int wgctl_tunnel_plan_up(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                         struct wgctl_error *err)
{
    return plan_goal(tunnel, WGCTL_GO_UP, ret, err);
}

int wgctl_tunnel_plan_down(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                           struct wgctl_error *err)
{
    return plan_goal(tunnel, WGCTL_GO_DOWN, ret, err);
}

/* ---- commit ---- */

/* Adds wg0.conf and wg0.ini to the transaction. */
static int collect(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_TEXT conf = {0};
    const struct wgctl_slice ini = wgctl_text_slice_of(&tunnel->ini_original);
    int rc = render(tunnel, &conf, err);
    if (rc == WGCTL_OK && tunnel->ini_changed)
        rc = wgctl_transaction_put(&tunnel->files, tunnel->ini_name, tunnel->has_ini ? &ini : NULL,
                                   wgctl_text_slice_of(&tunnel->ini), err);
    if (rc == WGCTL_OK && tunnel->conf_changed)
        rc = wgctl_transaction_put(&tunnel->files, tunnel->conf_name,
                                   tunnel->has_conf ? &tunnel->original : NULL,
                                   wgctl_text_slice_of(&conf), err);
    if (rc == WGCTL_OK && tunnel->conf_changed && tunnel->tightens_conf)
        wgctl_transaction_tighten(&tunnel->files, tunnel->conf_name);
    return rc;
}

/* If this fails, the message says so. */
static void revert_files(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    struct wgctl_error why;
    if (wgctl_transaction_revert(tunnel->store, &tunnel->files, &why) < 0)
        wgctl_hint(err, "the files could not be put back: %s", why.message);
}

/* Changes the files. A new wg0.conf gets its mode as it is written; otherwise only the mode
 * changes.
 */
static int change_files(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    int rc = wgctl_transaction_commit(tunnel->store, &tunnel->files, &tunnel->progress, err);
    if (rc < 0 || !tunnel->tightens_conf || tunnel->conf_changed)
        return rc;
    rc = wgctl_store_tighten(tunnel->store, tunnel->conf_name, err);
    if (rc < 0)
        revert_files(tunnel, err);
    return rc;
}

/* Changes the running interface as planned. If this fails, rolls back the interface and the files.
 */
static int change_running(struct wgctl_tunnel *tunnel, struct wgctl_run *run,
                          struct wgctl_error *err)
{
    int rc = wgctl_run_execute(run, err);
    if (rc == WGCTL_OK)
        return rc;
    wgctl_hint(err, "nothing was changed: %s and %s are as they were", tunnel->conf_name,
               tunnel->interface);
    wgctl_run_revert(run, err);
    revert_files(tunnel, err);
    return rc;
}

int wgctl_tunnel_commit(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                        struct wgctl_error *err)
{
    WGCTL_RUN run = {0};
    int rc = prepare_commit(tunnel, &run, err);
    if (rc == WGCTL_OK && ret)
        rc = wgctl_changes_describe(tunnel, &run, ret, err);
    if (rc == WGCTL_OK)
        rc = collect(tunnel, err);
    if (rc < 0)
        return rc;
    const struct wgctl_file_change *conf =
        wgctl_transaction_find(&tunnel->files, tunnel->conf_name);
    if (conf)
        run.request.text = wgctl_text_slice_of(&conf->after);
    /* Signals wait until everything is done or undone. */
    sigset_t signals;
    wgctl_signals_hold(&signals);
    rc = change_files(tunnel, err);
    if (rc == WGCTL_OK && run.is_up)
        rc = change_running(tunnel, &run, err);
    wgctl_signals_release(&signals);
    return rc;
}

/* ---- up and down ---- */

int wgctl_tunnel_is_up(const char *interface, bool *ret, struct wgctl_error *err)
{
    return wgctl_run_is_up(interface, ret, err);
}

/* The file may have been edited while the lock was free. */
static int read_again(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_TEXT now = {0};
    WGCTL_SERVER server = {0};
    int rc = wgctl_store_read(tunnel->store, tunnel->conf_name, WGCTL_SECRET, &now, err);
    if (rc < 0 || wgctl_slice_equal(wgctl_text_slice_of(&now), tunnel->original))
        return rc;
    rc = wgctl_server_parse(tunnel->conf_name, &now, &server, err);
    if (rc < 0)
        return rc;
    wgctl_server_clear(&tunnel->server);
    tunnel->server = server;
    server = (struct wgctl_server){0};
    tunnel->original = wgctl_document_original(&tunnel->server.document);
    return WGCTL_OK;
}

/* Releases the lock meanwhile, because a name server may take a minute to answer. */
static int await_names(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    if (!wgctl_store_is_locked(tunnel->store) || !wgctl_run_has_names(&tunnel->server))
        return WGCTL_OK;
    wgctl_store_unlock(tunnel->store);
    wgctl_run_await_names(&tunnel->server);
    int rc = wgctl_store_lock(tunnel->store, err);
    return rc < 0 ? rc : read_again(tunnel, err);
}

static int execute_or_revert(struct wgctl_run *run, struct wgctl_error *err)
{
    int rc = wgctl_run_execute(run, err);
    if (rc < 0)
        wgctl_run_revert(run, err);
    return rc;
}

static int check_can_go_up(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_RUN run = {0};
    return prepare(tunnel, WGCTL_GO_UP, &run, err);
}

int wgctl_tunnel_up(struct wgctl_tunnel *tunnel, bool *ret_userspace, struct wgctl_error *err)
{
    WGCTL_RUN run = {0};
    int rc = check_can_go_up(tunnel, err);
    if (rc == WGCTL_OK)
        rc = await_names(tunnel, err);
    if (rc < 0)
        return rc;
    sigset_t signals;
    wgctl_signals_hold(&signals);
    rc = prepare(tunnel, WGCTL_GO_UP, &run, err);
    if (rc == WGCTL_OK)
        rc = execute_or_revert(&run, err);
    wgctl_signals_release(&signals);
    if (rc == WGCTL_OK && ret_userspace)
        *ret_userspace = run.is_userspace;
    return rc;
}

int wgctl_tunnel_down(struct wgctl_tunnel *tunnel, struct wgctl_error *ret_warning,
                      struct wgctl_error *err)
{
    WGCTL_RUN run = {0};
    int rc = prepare(tunnel, WGCTL_GO_DOWN, &run, err);
    if (rc < 0)
        return rc;
    sigset_t signals;
    wgctl_signals_hold(&signals);
    rc = execute_or_revert(&run, err);
    wgctl_signals_release(&signals);
    if (ret_warning)
        *ret_warning = run.warning;
    return rc;
}
