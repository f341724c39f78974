/* Carrying a provision out, and undoing it if that fails. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/signals.h"
#include "host/service.h"
#include "provision/state.h"
#include "tunnel/state.h"
#include "tunnel/tunnel.h"

/* What has been done so far. */
struct progress {
    struct wgctl_provision *provision;
    struct wgctl_tunnel *tunnel; /* holds the lock until it is up, or everything is undone */
    bool made_folder;
    bool wrote_files;

    bool changed_forwarding;
    struct wgctl_folder sysctl_folder;
    bool wrote_sysctl;
    struct wgctl_text sysctl_before; /* empty: there was none */
    bool enabled;
};

/* ---- forwarding ---- */

static int persist_forwarding(struct progress *progress, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    struct wgctl_folder *folder = &progress->sysctl_folder;
    int rc = wgctl_provision_sysctl(progress->provision, &text, err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_make(WGCTL_SYSCTL_FOLDER, 0755, NULL, err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_open(WGCTL_SYSCTL_FOLDER, folder, err);
    if (rc < 0)
        return rc;
    rc = wgctl_file_read(folder, WGCTL_SYSCTL_NAME, WGCTL_PUBLIC, &progress->sysctl_before, err);
    if (rc < 0 && rc != WGCTL_NOT_FOUND)
        return rc;
    /* No lock of ours covers that folder. */
    rc = wgctl_file_remove(folder, WGCTL_FILE_NEW, err);
    if (rc == WGCTL_OK)
        rc = wgctl_file_write(folder, WGCTL_SYSCTL_NAME, wgctl_text_slice_of(&text), 0644, err);
    progress->wrote_sysctl = true;
    return rc;
}

static int turn_on_forwarding(struct progress *progress, struct wgctl_error *err)
{
    const struct wgctl_provision *provision = progress->provision;
    if (!provision->applies)
        return WGCTL_OK;
    int rc = persist_forwarding(progress, err);
    if (rc < 0)
        return rc;
    progress->changed_forwarding = true;
    return wgctl_forwarding_turn_on(&provision->forwarding, provision->ipv6, err);
}

/* ---- files ---- */

/* Opens and locks the folder, which has no such tunnel. */
static int open_tunnel(struct progress *progress, struct wgctl_error *err)
{
    const struct wgctl_provision *provision = progress->provision;
    bool exists = false;
    int rc = wgctl_tunnel_new(provision->interface, &progress->tunnel, err);
    struct wgctl_tunnel *tunnel = progress->tunnel;
    if (rc == WGCTL_OK)
        rc = wgctl_folder_make(provision->folder, 0700, &progress->made_folder, err);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_open_folder(tunnel, provision->folder, err);
    if (rc == WGCTL_OK)
        rc = wgctl_store_lock(tunnel->store, err);
    if (rc == WGCTL_OK)
        rc = wgctl_store_exists(tunnel->store, tunnel->conf_name, &exists, err);
    if (rc == WGCTL_OK && exists)
        rc = wgctl_fail(err, WGCTL_EXISTS, "%s/%s has just been made by somebody else",
                        provision->folder, tunnel->conf_name);
    return rc;
}

static int fail_other_ini(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    const char *folder = tunnel->folder_path, *name = tunnel->ini_name;
    wgctl_fail(err, WGCTL_EXISTS, "%s/%s is there already, and says something else", folder, name);
    return wgctl_hint(err, "it belongs to a server that is gone: sudo mv %s/%s %s/%s.old", folder,
                      name, folder, name);
}

static int put_ini(struct progress *progress, struct wgctl_error *err)
{
    WGCTL_TEXT before = {0}, text = {0};
    struct wgctl_tunnel *tunnel = progress->tunnel;
    int rc = wgctl_store_read(tunnel->store, tunnel->ini_name, WGCTL_PUBLIC, &before, err);
    bool exists = rc == WGCTL_OK;
    if (rc == WGCTL_OK || rc == WGCTL_NOT_FOUND)
        rc = wgctl_provision_ini(progress->provision, &text, err);
    const struct wgctl_slice old = wgctl_text_slice_of(&before), new = wgctl_text_slice_of(&text);
    if (rc == WGCTL_OK && old.size > 0 && !wgctl_slice_equal(old, new))
        return fail_other_ini(tunnel, err);
    return rc < 0 ? rc
                  : wgctl_transaction_put(&tunnel->files, tunnel->ini_name, exists ? &old : NULL,
                                          new, err);
}

static int write_files(struct progress *progress, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    struct wgctl_tunnel *tunnel = progress->tunnel;
    int rc = put_ini(progress, err);
    if (rc == WGCTL_OK)
        rc = wgctl_provision_conf(progress->provision, &text, err);
    if (rc == WGCTL_OK)
        rc = wgctl_transaction_put(&tunnel->files, tunnel->conf_name, NULL,
                                   wgctl_text_slice_of(&text), err);
    if (rc == WGCTL_OK)
        rc = wgctl_transaction_commit(tunnel->store, &tunnel->files, NULL, err);
    progress->wrote_files = rc == WGCTL_OK;
    return rc;
}

/* ---- the interface ---- */

/* The service takes the lock itself. */
static int start_service(struct progress *progress, bool *ret_userspace, struct wgctl_error *err)
{
    const char *interface = progress->provision->interface;
    enum wgctl_backend backend = WGCTL_NO_DEVICE;
    wgctl_store_unlock(progress->tunnel->store);
    progress->enabled = true;
    int rc = wgctl_service_enable(interface, err);
    if (rc == WGCTL_OK)
        rc = wgctl_device_backend(interface, &backend, err);
    *ret_userspace = backend == WGCTL_USERSPACE;
    return rc;
}

static int bring_up(struct progress *progress, bool *ret_userspace, struct wgctl_error *err)
{
    if (progress->provision->boots)
        return start_service(progress, ret_userspace, err);
    int rc = wgctl_tunnel_read(progress->tunnel, err);
    return rc < 0 ? rc : wgctl_tunnel_up(progress->tunnel, ret_userspace, err);
}

/* ---- undoing ---- */

static void undo_sysctl(struct progress *progress)
{
    struct wgctl_error ignored;
    struct wgctl_slice before = wgctl_text_slice_of(&progress->sysctl_before);
    if (before.size > 0)
        wgctl_file_write(&progress->sysctl_folder, WGCTL_SYSCTL_NAME, before, 0644, &ignored);
    else
        wgctl_file_remove(&progress->sysctl_folder, WGCTL_SYSCTL_NAME, &ignored);
}

/* What somebody else has changed since the service was started without our lock stays, and so
 * does what it needs. */
static int undo_files(const struct progress *progress, struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = progress->tunnel;
    struct wgctl_error why;
    int rc = wgctl_store_lock(tunnel->store, &why);
    if (rc == WGCTL_OK)
        rc = wgctl_transaction_revert(tunnel->store, &tunnel->files, &why);
    if (rc < 0)
        wgctl_hint(err, "%s/%s stays: %s", tunnel->folder_path, tunnel->conf_name, why.message);
    return rc;
}

static void undo(struct progress *progress, struct wgctl_error *err)
{
    struct wgctl_error ignored;
    if (progress->enabled)
        wgctl_service_disable(progress->provision->interface, &ignored);
    if (progress->wrote_files && undo_files(progress, err) < 0)
        return;
    if (progress->wrote_sysctl)
        undo_sysctl(progress);
    if (progress->changed_forwarding)
        wgctl_forwarding_restore(&progress->provision->forwarding);
    if (progress->made_folder)
        rmdir(progress->provision->folder); /* unless it is in use already */
}

static int check_signal(struct wgctl_error *err)
{
    return wgctl_signals_pending()
               ? wgctl_fail(err, WGCTL_SYSTEM, "stopped by a signal: nothing was changed")
               : WGCTL_OK;
}

static int carry_out(struct progress *progress, bool *ret_userspace, struct wgctl_error *err)
{
    int rc = turn_on_forwarding(progress, err);
    if (rc == WGCTL_OK)
        rc = check_signal(err);
    if (rc == WGCTL_OK)
        rc = write_files(progress, err);
    if (rc == WGCTL_OK)
        rc = check_signal(err);
    if (rc == WGCTL_OK && progress->provision->applies)
        rc = bring_up(progress, ret_userspace, err);
    return rc;
}

int wgctl_provision_commit(struct wgctl_provision *provision, bool *ret_userspace,
                           struct wgctl_error *err)
{
    struct progress progress = {.provision = provision, .sysctl_folder = WGCTL_FOLDER_CLOSED};
    bool userspace = false;
    /* A signal ends the waiting for the lock, and then waits until everything is done or undone. */
    sigset_t signals;
    int rc = open_tunnel(&progress, err);
    wgctl_signals_hold(&signals);
    if (rc == WGCTL_OK)
        rc = carry_out(&progress, &userspace, err);
    if (rc < 0)
        undo(&progress, err);
    wgctl_signals_release(&signals);
    if (ret_userspace)
        *ret_userspace = userspace;
    wgctl_text_clear(&progress.sysctl_before);
    wgctl_folder_close(&progress.sysctl_folder);
    wgctl_tunnel_close(&progress.tunnel);
    return rc;
}
