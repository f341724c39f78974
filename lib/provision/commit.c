/* Carrying a provision out, and undoing it where it fails. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "host/service.h"
#include "provision/state.h"
#include "tunnel/state.h"
#include "tunnel/tunnel.h"

/* What has been done so far. */
struct progress {
    struct wgctl_provision *provision;
    struct wgctl_folder folder;
    int lock; /* held until the files are written, or what was written is undone */
    char conf_name[WGCTL_FILE_NAME_SIZE], ini_name[WGCTL_FILE_NAME_SIZE],
        peers_name[WGCTL_FILE_NAME_SIZE];
    bool made_folder, made_peers;
    bool wrote_ini, wrote_conf;
    struct wgctl_text ini_before; /* empty: there was none */

    bool changed_forwarding;
    struct wgctl_folder sysctl_folder;
    bool wrote_sysctl;
    struct wgctl_text sysctl_before; /* empty: there was none */
    bool enabled;
    bool left; /* something of it stays, and the error says so */
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

static int check_still_free(struct progress *progress, struct wgctl_error *err)
{
    if (!wgctl_file_exists(&progress->folder, progress->conf_name))
        return WGCTL_OK;
    progress->made_folder = false; /* whoever came first lives in it, under its lock */
    return wgctl_fail(err, WGCTL_EXISTS, "%s/%s has just been made by somebody else",
                      progress->folder.path, progress->conf_name);
}

/* The one that an init left which was killed says the same. */
static int fail_other_ini(const struct progress *progress, struct wgctl_error *err)
{
    const char *folder = progress->folder.path, *name = progress->ini_name;
    wgctl_fail(err, WGCTL_EXISTS, "%s/%s is there already, and says something else", folder, name);
    return wgctl_hint(err, "it belongs to a server that is gone: sudo mv %s/%s %s/%s.old", folder,
                      name, folder, name);
}

static int write_ini(struct progress *progress, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    int rc = wgctl_file_read(&progress->folder, progress->ini_name, WGCTL_PUBLIC,
                             &progress->ini_before, err);
    if (rc == WGCTL_OK || rc == WGCTL_NOT_FOUND)
        rc = wgctl_provision_ini(progress->provision, &text, err);
    struct wgctl_slice before = wgctl_text_slice_of(&progress->ini_before);
    if (rc == WGCTL_OK && before.size > 0 && !wgctl_slice_equal(before, wgctl_text_slice_of(&text)))
        return fail_other_ini(progress, err);
    if (rc < 0)
        return rc;
    progress->wrote_ini = true;
    return wgctl_file_write(&progress->folder, progress->ini_name, wgctl_text_slice_of(&text), 0600,
                            err);
}

static int write_conf(struct progress *progress, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    int rc = wgctl_provision_conf(progress->provision, &text, err);
    if (rc < 0)
        return rc;
    progress->wrote_conf = true;
    return wgctl_file_write(&progress->folder, progress->conf_name, wgctl_text_slice_of(&text),
                            0600, err);
}

static int make_peers(struct progress *progress, struct wgctl_error *err)
{
    struct wgctl_folder peers;
    progress->made_peers = !wgctl_file_exists(&progress->folder, progress->peers_name);
    int rc = wgctl_folder_open_in(&progress->folder, progress->peers_name, true, &peers, err);
    if (rc == WGCTL_OK)
        wgctl_folder_close(&peers);
    return rc;
}

/* INTERFACE.conf comes last: with it the tunnel is there. */
static int write_files(struct progress *progress, struct wgctl_error *err)
{
    int rc = wgctl_folder_make(progress->provision->folder, 0700, &progress->made_folder, err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_open(progress->provision->folder, &progress->folder, err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_lock(&progress->folder, WGCTL_LOCK_NAME, &progress->lock, err);
    if (rc == WGCTL_OK)
        rc = check_still_free(progress, err);
    if (rc == WGCTL_OK)
        rc = make_peers(progress, err);
    if (rc == WGCTL_OK)
        rc = write_ini(progress, err);
    if (rc == WGCTL_OK)
        rc = write_conf(progress, err);
    return rc;
}

/* ---- the interface ---- */

static int bring_up(struct progress *progress, bool *ret_userspace, struct wgctl_error *err)
{
    const struct wgctl_provision *provision = progress->provision;
    if (provision->boots) {
        enum wgctl_backend backend = WGCTL_NO_DEVICE;
        progress->enabled = true;
        int rc = wgctl_service_enable(provision->interface, err);
        if (rc == WGCTL_OK)
            rc = wgctl_device_backend(provision->interface, &backend, err);
        if (ret_userspace)
            *ret_userspace = backend == WGCTL_USERSPACE;
        return rc;
    }
    WGCTL_TUNNEL *tunnel = NULL;
    int rc = wgctl_tunnel_open(provision->folder, provision->interface, WGCTL_CHANGE, &tunnel, err);
    return rc < 0 ? rc : wgctl_tunnel_up(tunnel, ret_userspace, err);
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

/* The error says what stays, and the first of these is what matters most. */
static void note_left(struct progress *progress, const char *name, const char *what,
                      const char *why, struct wgctl_error *err)
{
    if (progress->left)
        return;
    progress->left = true;
    wgctl_hint(err, "%s%s%s could not be %s: %s", progress->provision->folder, *name ? "/" : "",
               name, what, why);
}

static void undo_file(struct progress *progress, const char *name, int flags,
                      struct wgctl_error *err)
{
    if (unlinkat(progress->folder.fd, name, flags) < 0 && errno != ENOENT)
        note_left(progress, name, "taken away again", strerror(errno), err);
}

/* What stood there before, without an INTERFACE.conf, is the owner's. */
static void undo_ini(struct progress *progress, struct wgctl_error *err)
{
    WGCTL_TEXT now = {0};
    struct wgctl_error why;
    struct wgctl_slice before = wgctl_text_slice_of(&progress->ini_before);
    if (before.size == 0) {
        undo_file(progress, progress->ini_name, 0, err);
        return;
    }
    if (wgctl_file_read(&progress->folder, progress->ini_name, WGCTL_PUBLIC, &now, &why) ==
            WGCTL_OK &&
        wgctl_slice_equal(wgctl_text_slice_of(&now), before))
        return;
    if (wgctl_file_write(&progress->folder, progress->ini_name, before, 0600, &why) < 0)
        note_left(progress, progress->ini_name, "put back", why.message, err);
}

static void undo(struct progress *progress, struct wgctl_error *err)
{
    struct wgctl_error ignored;
    if (progress->enabled)
        wgctl_service_disable(progress->provision->interface, &ignored);
    /* First: without it there is no tunnel, and what may stay does no harm. */
    if (progress->wrote_conf)
        undo_file(progress, progress->conf_name, 0, err);
    if (progress->wrote_ini)
        undo_file(progress, WGCTL_FILE_NEW, 0, err);
    if (progress->made_peers)
        undo_file(progress, progress->peers_name, AT_REMOVEDIR, err);
    if (progress->wrote_ini)
        undo_ini(progress, err);
    if (progress->wrote_sysctl)
        undo_sysctl(progress);
    if (progress->changed_forwarding)
        wgctl_forwarding_restore(&progress->provision->forwarding);
    if (progress->made_folder) {
        unlinkat(progress->folder.fd, WGCTL_LOCK_NAME, 0);
        if (rmdir(progress->provision->folder) < 0)
            note_left(progress, "", "taken away again", strerror(errno), err);
    }
}

int wgctl_provision_commit(struct wgctl_provision *provision, bool *ret_userspace,
                           struct wgctl_error *err)
{
    struct progress progress = {
        .provision = provision,
        .folder = WGCTL_FOLDER_CLOSED,
        .lock = -1,
        .sysctl_folder = WGCTL_FOLDER_CLOSED,
    };
    snprintf(progress.conf_name, sizeof progress.conf_name, "%s.conf", provision->interface);
    snprintf(progress.ini_name, sizeof progress.ini_name, "%s.ini", provision->interface);
    snprintf(progress.peers_name, sizeof progress.peers_name, "%s.peers", provision->interface);

    int rc = turn_on_forwarding(&progress, err);
    if (rc == WGCTL_OK)
        rc = write_files(&progress, err);
    if (rc == WGCTL_OK)
        wgctl_folder_unlock(&progress.lock); /* the interface takes the lock itself */
    if (rc == WGCTL_OK && provision->applies)
        rc = bring_up(&progress, ret_userspace, err);
    if (rc < 0)
        undo(&progress, err);
    wgctl_folder_unlock(&progress.lock);
    wgctl_text_clear(&progress.sysctl_before);
    wgctl_text_clear(&progress.ini_before);
    wgctl_folder_close(&progress.sysctl_folder);
    wgctl_folder_close(&progress.folder);
    return rc;
}
