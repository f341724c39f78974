/* Carrying a provision out, and undoing it if that fails. */
#include <stdio.h>
#include <unistd.h>

#include "base/signals.h"
#include "conf/server_read.h"
#include "host/service.h"
#include "provision/private.h"
#include "run/run.h"
#include "store/store.h"

/* What has been done so far. */
struct progress {
    const struct wgctl_provision *provision;
    struct wgctl_text conf; /* INTERFACE.conf */
    bool made_folder;
    struct wgctl_store *store; /* locked until the interface is up, or everything is undone */
    struct wgctl_transaction files;
    bool wrote_files;
    struct wgctl_forward forward;
    bool enabled; /* the service */
};

static int check_signals(struct wgctl_error *err)
{
    return wgctl_signals_pending() ? wgctl_fail(err, WGCTL_SYSTEM, "stopped by a signal")
                                   : WGCTL_OK;
}

/* ---- files ---- */

/* Opens and locks the folder. Fails if another init has created the tunnel meanwhile. */
static int open_store(struct progress *progress, struct wgctl_error *err)
{
    const struct wgctl_provision *provision = progress->provision;
    bool exists = false;
    int rc = wgctl_folder_make(provision->folder, 0700, &progress->made_folder, err);
    if (rc == WGCTL_OK)
        rc = wgctl_store_open(provision->folder, &progress->store, err);
    if (rc == WGCTL_OK)
        rc = wgctl_store_lock(progress->store, err);
    if (rc == WGCTL_OK)
        rc = wgctl_store_exists(progress->store, provision->conf_name, &exists, err);
    return rc == WGCTL_OK && exists
               ? wgctl_fail(err, WGCTL_EXISTS, "another init has just created %s/%s",
                            provision->folder, provision->conf_name)
               : rc;
}

/* An INTERFACE.ini without an INTERFACE.conf stays if it says the same. */
static int put_ini(struct progress *progress, struct wgctl_error *err)
{
    WGCTL_TEXT before = {0}, text = {0};
    const struct wgctl_provision *provision = progress->provision;
    const char *folder = provision->folder, *name = provision->ini_name;
    int rc = wgctl_store_read(progress->store, name, WGCTL_PUBLIC, &before, err);
    bool exists = rc == WGCTL_OK;
    if (rc == WGCTL_OK || rc == WGCTL_NOT_FOUND)
        rc = wgctl_provision_ini(provision, &text, err);
    if (rc < 0)
        return rc;
    const struct wgctl_slice old = wgctl_text_slice_of(&before), new = wgctl_text_slice_of(&text);
    if (old.size == 0 || wgctl_slice_equal(old, new))
        return wgctl_transaction_put(&progress->files, name, exists ? &old : NULL, new, err);
    wgctl_fail(err, WGCTL_EXISTS, "%s/%s exists already, with other settings", folder, name);
    return wgctl_hint(err, "if it is left over from an old server: sudo mv %s/%s %s/%s.old", folder,
                      name, folder, name);
}

static int write_files(struct progress *progress, struct wgctl_error *err)
{
    const struct wgctl_provision *provision = progress->provision;
    int rc = put_ini(progress, err);
    if (rc == WGCTL_OK)
        rc = wgctl_provision_conf(provision, &progress->conf, err);
    if (rc == WGCTL_OK)
        rc = wgctl_transaction_put(&progress->files, provision->conf_name, NULL,
                                   wgctl_text_slice_of(&progress->conf), err);
    if (rc == WGCTL_OK)
        rc = wgctl_transaction_commit(progress->store, &progress->files, NULL, err);
    progress->wrote_files = rc == WGCTL_OK;
    return rc;
}

/* ---- the interface ---- */

/* `wgctl up` in the service takes the lock itself. */
static int start_service(struct progress *progress, bool *ret_userspace, struct wgctl_error *err)
{
    const char *interface = progress->provision->interface;
    enum wgctl_backend backend = WGCTL_NO_DEVICE;
    wgctl_store_unlock(progress->store);
    progress->enabled = true;
    int rc = wgctl_service_enable(interface, err);
    if (rc == WGCTL_OK)
        rc = wgctl_device_backend(interface, &backend, err);
    *ret_userspace = backend == WGCTL_USERSPACE;
    return rc;
}

static int bring_up(struct progress *progress, bool *ret_userspace, struct wgctl_error *err)
{
    WGCTL_SERVER server = {0};
    WGCTL_DEVICE_QUERY query = {0};
    WGCTL_RUN run = {0};
    const struct wgctl_run_request request = {
        .goal = WGCTL_GO_UP,
        .interface = progress->provision->interface,
        .server = &server,
        .folder = wgctl_store_folder(progress->store),
        .query = &query,
    };
    int rc = wgctl_server_parse(progress->provision->conf_name, &progress->conf, &server, err);
    if (rc == WGCTL_OK)
        rc = wgctl_run_prepare(&request, &run, err);
    if (rc < 0)
        return rc;
    rc = wgctl_run_execute(&run, err);
    if (rc < 0)
        wgctl_run_revert(&run, err);
    *ret_userspace = run.is_userspace;
    return rc;
}

/* ---- all of it ---- */

static int carry_out(struct progress *progress, bool *ret_userspace, struct wgctl_error *err)
{
    const struct wgctl_provision *provision = progress->provision;
    int rc = WGCTL_OK;
    if (provision->applies)
        rc = wgctl_forward_turn_on(provision, &progress->forward, err);
    if (rc == WGCTL_OK)
        rc = check_signals(err);
    if (rc == WGCTL_OK)
        rc = write_files(progress, err);
    if (rc == WGCTL_OK)
        rc = check_signals(err);
    if (rc < 0 || !provision->applies)
        return rc;
    return provision->boots ? start_service(progress, ret_userspace, err)
                            : bring_up(progress, ret_userspace, err);
}

/* Files that somebody has changed since the service was started, when the lock was free, stay;
 * and so does what they need. */
static int undo_files(struct progress *progress, struct wgctl_error *err)
{
    const struct wgctl_provision *provision = progress->provision;
    struct wgctl_error why;
    if (!progress->wrote_files)
        return WGCTL_OK;
    int rc = wgctl_store_lock(progress->store, &why);
    if (rc == WGCTL_OK)
        rc = wgctl_transaction_revert(progress->store, &progress->files, &why);
    if (rc < 0)
        wgctl_hint(err, "%s/%s stays: %s", provision->folder, provision->conf_name, why.message);
    return rc;
}

static void undo(struct progress *progress, struct wgctl_error *err)
{
    struct wgctl_error ignored;
    if (progress->enabled)
        wgctl_service_disable(progress->provision->interface, &ignored);
    if (undo_files(progress, err) < 0)
        return;
    wgctl_forward_undo(progress->provision, &progress->forward);
    if (progress->made_folder)
        rmdir(progress->provision->folder); /* unless somebody uses it by now */
}

int wgctl_provision_commit(struct wgctl_provision *provision, bool *ret_userspace,
                           struct wgctl_error *err)
{
    struct progress progress = {.provision = provision};
    bool userspace = false;
    sigset_t signals;
    int rc = open_store(&progress, err); /* a signal ends the waiting for the lock */
    wgctl_signals_hold(&signals);
    if (rc == WGCTL_OK)
        rc = carry_out(&progress, &userspace, err);
    if (rc < 0)
        undo(&progress, err);
    wgctl_signals_release(&signals);
    if (ret_userspace)
        *ret_userspace = userspace;
    wgctl_forward_clear(&progress.forward);
    wgctl_transaction_clear(&progress.files);
    wgctl_store_close(&progress.store);
    wgctl_text_clear(&progress.conf);
    return rc;
}

int wgctl_provision_forward(const struct wgctl_provision *provision,
                            int (*commit)(void *user, struct wgctl_error *err), void *user,
                            struct wgctl_error *err)
{
    struct wgctl_forward forward = {0};
    sigset_t signals;
    wgctl_signals_hold(&signals);
    int rc = wgctl_forward_turn_on(provision, &forward, err);
    if (rc == WGCTL_OK)
        rc = check_signals(err);
    if (rc == WGCTL_OK)
        rc = commit(user, err);
    if (rc < 0)
        wgctl_forward_undo(provision, &forward);
    wgctl_signals_release(&signals);
    wgctl_forward_clear(&forward);
    return rc;
}
