#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/private.h"

/* ---- collecting ---- */

static void clear_change(struct wgctl_file_change *change)
{
    free(change->path);
    wgctl_text_clear(&change->before);
    wgctl_text_clear(&change->after);
}

void wgctl_transaction_clear(struct wgctl_transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++)
        clear_change(&transaction->changes[i]);
    free(transaction->changes);
    *transaction = (struct wgctl_transaction){0};
}

static struct wgctl_file_change *find(const struct wgctl_transaction *transaction, const char *path)
{
    for (size_t i = 0; i < transaction->count; i++)
        if (strcmp(transaction->changes[i].path, path) == 0)
            return &transaction->changes[i];
    return NULL;
}

void wgctl_transaction_tighten(struct wgctl_transaction *transaction, const char *path)
{
    struct wgctl_file_change *change = find(transaction, path);
    if (change)
        change->tighten = true;
}

const struct wgctl_file_change *wgctl_transaction_find(const struct wgctl_transaction *transaction,
                                                       const char *path)
{
    return find(transaction, path);
}

static int add(struct wgctl_transaction *transaction, const char *path,
               const struct wgctl_slice *before, struct wgctl_file_change **ret,
               struct wgctl_error *err)
{
    if (!wgctl_path_is_valid(wgctl_slice_of(path)))
        return wgctl_fail(err, WGCTL_INVALID, "'%s' is not a valid path in the folder", path);
    struct wgctl_file_change *changes = wgctl_array_grow(transaction->changes, transaction->count,
                                                         &transaction->capacity, sizeof *changes);
    if (!changes)
        return wgctl_fail_memory(err);
    transaction->changes = changes;
    struct wgctl_file_change *change = &changes[transaction->count];
    *change = (struct wgctl_file_change){.path = wgctl_slice_dup(wgctl_slice_of(path)),
                                         .existed = before != NULL};
    if (before)
        wgctl_text_slice(&change->before, *before);
    if (!change->path || change->before.failed) {
        clear_change(change);
        return wgctl_fail_memory(err);
    }
    transaction->count++;
    *ret = change;
    return WGCTL_OK;
}

int wgctl_transaction_put(struct wgctl_transaction *transaction, const char *path,
                          const struct wgctl_slice *before, struct wgctl_slice after,
                          struct wgctl_error *err)
{
    struct wgctl_file_change *change = find(transaction, path);
    int rc = change ? WGCTL_OK : add(transaction, path, before, &change, err);
    if (rc < 0)
        return rc;
    change->exists = true;
    wgctl_text_clear(&change->after);
    wgctl_text_slice(&change->after, after);
    return wgctl_text_check(&change->after, err);
}

int wgctl_transaction_remove(struct wgctl_transaction *transaction, const char *path,
                             const struct wgctl_slice *before, struct wgctl_error *err)
{
    struct wgctl_file_change *change = find(transaction, path);
    int rc = change ? WGCTL_OK : add(transaction, path, before, &change, err);
    if (rc < 0)
        return rc;
    change->exists = false;
    wgctl_text_clear(&change->after);
    return WGCTL_OK;
}

/* ---- checking, before anything is written ---- */

static int fail_mount(const char *path, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_UNSUPPORTED, "%s is a mount point, and cannot be replaced", path);
    return wgctl_hint(err, "give the container the folder that holds it, not the single file");
}

/* Whether what a descriptor and a name lead to can be replaced or removed. */
static int check_replaceable(int fd, const char *name, int flags, const char *path,
                             struct wgctl_error *err)
{
    struct statx status;
    if (statx(fd, name, flags | AT_SYMLINK_NOFOLLOW, STATX_MODE, &status) < 0)
        return errno == ENOENT ? WGCTL_OK : wgctl_fail_errno(err, "cannot look at %s", path);
    bool is_file = !(flags & AT_EMPTY_PATH);
    if (is_file && status.stx_attributes & STATX_ATTR_MOUNT_ROOT)
        return fail_mount(path, err);
    if (status.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) {
        wgctl_fail(err, WGCTL_DENIED, "%s cannot be changed: it is marked %s", path,
                   status.stx_attributes & STATX_ATTR_IMMUTABLE ? "immutable" : "append-only");
        return wgctl_hint(err, "nothing was changed; sudo chattr -i -a %s allows it", path);
    }
    return WGCTL_OK;
}

static void note_mode(struct wgctl_file_change *change, const struct wgctl_location *location)
{
    struct stat status;
    if (fstatat(location->folder->fd, location->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    change->has_mode = true;
    change->mode = status.st_mode & 07777;
    change->uid = status.st_uid;
    change->gid = status.st_gid;
}

static int check_location(const struct wgctl_store *store, struct wgctl_file_change *change,
                          struct wgctl_error *err)
{
    WGCTL_LOCATION location;
    char path[sizeof store->folder.path + 2 * NAME_MAX + 3];
    int rc = wgctl_location_open(store, change->path, &location, err);
    if (rc < 0)
        return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc;
    snprintf(path, sizeof path, "%s/%s", store->folder.path, change->path);
    note_mode(change, &location);
    rc = check_replaceable(location.folder->fd, location.name, 0, path, err);
    return rc < 0 ? rc
                  : check_replaceable(location.folder->fd, "", AT_EMPTY_PATH, location.folder->path,
                                      err);
}

/* A file has to be the one that was read. */
static int check_change(const struct wgctl_store *store, struct wgctl_file_change *change,
                        struct wgctl_error *err)
{
    WGCTL_TEXT now = {0};
    bool exists;
    int rc = wgctl_store_look(store, change->path, &now, &exists, err);
    if (rc < 0)
        return rc;
    if (exists != change->existed ||
        !wgctl_slice_equal(wgctl_text_slice_of(&now), wgctl_text_slice_of(&change->before))) {
        wgctl_fail(err, WGCTL_BUSY, "%s/%s was edited in the meantime", store->folder.path,
                   change->path);
        return wgctl_hint(err, "nothing was changed; run the command again");
    }
    return check_location(store, change, err);
}

/* ---- staging ---- */

static int write_staged(const struct wgctl_store *store, const struct wgctl_file_change *change,
                        const char *name, bool sync)
{
    int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    WGCTL_FD fd = openat(store->own.fd, name, flags, 0600);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0)
        return -1;
    mode_t mode = change->tighten ? wgctl_tight_mode(change->mode) : change->mode;
    bool is_others =
        change->has_mode && (change->uid != status.st_uid || change->gid != status.st_gid);
    if ((is_others && fchown(fd, change->uid, change->gid) < 0) ||
        (change->has_mode && mode != 0600 && fchmod(fd, mode) < 0) ||
        wgctl_write_all(fd, wgctl_text_slice_of(&change->after)) < 0 ||
        (sync && wgctl_fsync(fd) < 0))
        return -1;
    int closing = fd;
    fd = -1;
    /* Some file systems (NFS, quotas) report a full disk only here. After EINTR
     * the descriptor is closed all the same (close(2)). */
    return close(closing) < 0 && errno != EINTR ? -1 : 0;
}

static int stage_file(struct wgctl_store *store, const struct wgctl_file_change *change, bool sync,
                      struct wgctl_record *record, struct wgctl_error *err)
{
    struct wgctl_version before = wgctl_version_none, after = wgctl_version_none;
    char name[32];
    unsigned number = store->staged++;
    if (change->existed)
        before = wgctl_version_of(wgctl_text_slice_of(&change->before));
    if (change->exists)
        after = wgctl_version_of(wgctl_text_slice_of(&change->after));
    if (change->exists && write_staged(store, change, wgctl_staged_name(number, name), sync) < 0)
        return wgctl_fail_errno(err, "cannot write %s/%s", store->folder.path, change->path);
    return wgctl_record_add(record, wgctl_slice_of(change->path), &before, &after, number, err);
}

/* Writes all new contents, durably, and makes the record of them. */
static int stage(struct wgctl_store *store, struct wgctl_transaction *transaction,
                 const struct wgctl_progress *progress, struct wgctl_record *ret,
                 struct wgctl_error *err)
{
    const size_t count = transaction->count;
    bool at_once = wgctl_store_syncs_at_once(count);
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < count; i++) {
        struct wgctl_file_change *change = &transaction->changes[i];
        if (change->exists && !change->made_folder)
            rc = wgctl_location_make(store, change->path, &change->made_folder, err);
        if (rc == WGCTL_OK)
            rc = stage_file(store, change, !at_once, ret, err);
        if (at_once)
            wgctl_progress_report(progress, i + 1, count);
        if (rc == WGCTL_OK)
            rc = wgctl_progress_check(progress, err);
    }
    if (rc < 0)
        return rc;
    if (at_once)
        return wgctl_store_sync_all(store, err);
    return wgctl_fsync(store->own.fd) < 0
               ? wgctl_fail_errno(err, "cannot write %s to the disk", store->own.path)
               : WGCTL_OK;
}

/* ---- commit ---- */

static void exchange(struct wgctl_transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++) {
        struct wgctl_file_change *change = &transaction->changes[i];
        struct wgctl_text text = change->before;
        bool existed = change->existed;
        change->before = change->after;
        change->existed = change->exists;
        change->after = text;
        change->exists = existed;
    }
}

/* Removes the folders that were made for files which are not there after all. */
static void remove_made_folders(const struct wgctl_store *store,
                                struct wgctl_transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++) {
        struct wgctl_file_change *change = &transaction->changes[i];
        if (change->made_folder)
            wgctl_location_unmake(store, change->path);
        change->made_folder = false;
    }
}

/* After a commit that did not take place. Adds to the message what is left. */
static void clean_up(struct wgctl_store *store, struct wgctl_transaction *transaction,
                     struct wgctl_error *err)
{
    struct wgctl_error why;
    remove_made_folders(store, transaction);
    if (wgctl_staged_discard(store, &why) < 0)
        wgctl_hint(err, "what it wrote could not be cleaned up: the next command does that");
}

static void note_unfinished(const struct wgctl_error *why, struct wgctl_error *err)
{
    wgctl_hint(err, "it could not be undone either (%s): the next command finishes or undoes it",
               why->message);
}

/* Takes back a commit that failed between two files. Its record stays in force until the one of
 * the way back is whole. What was edited meanwhile stays as its owner left it. */
static void roll_back(struct wgctl_store *store, struct wgctl_transaction *transaction,
                      struct wgctl_error *err)
{
    WGCTL_RECORD record = {0};
    WGCTL_TEXT edited = {0};
    struct wgctl_error why;
    exchange(transaction);
    int rc = stage(store, transaction, NULL, &record, &why);
    if (rc == WGCTL_OK)
        rc = wgctl_journal_append(store, &record, &why);
    if (rc == WGCTL_OK)
        rc = wgctl_record_carry_out(store, &record, &edited, &why);
    if (rc == WGCTL_OK)
        rc = wgctl_journal_clear(store, &why);
    exchange(transaction);
    if (rc == WGCTL_OK)
        clean_up(store, transaction, err);
    else
        note_unfinished(&why, err);
}

/* Nothing has been put in its place yet. */
static void drop(struct wgctl_store *store, struct wgctl_transaction *transaction,
                 struct wgctl_error *err)
{
    struct wgctl_error why;
    if (wgctl_journal_clear(store, &why) == WGCTL_OK)
        clean_up(store, transaction, err);
    else
        note_unfinished(&why, err); /* The record may be whole */
}

int wgctl_transaction_commit(struct wgctl_store *store, struct wgctl_transaction *transaction,
                             const struct wgctl_progress *progress, struct wgctl_error *err)
{
    WGCTL_RECORD record = {0};
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < transaction->count; i++)
        rc = check_change(store, &transaction->changes[i], err);
    if (rc < 0 || transaction->count == 0)
        return rc;
    rc = stage(store, transaction, progress, &record, err);
    if (rc == WGCTL_OK)
        rc = wgctl_journal_append(store, &record, err);
    if (rc < 0) {
        drop(store, transaction, err);
        return rc;
    }
    rc = wgctl_record_carry_out(store, &record, NULL, err);
    if (rc == WGCTL_OK)
        rc = wgctl_journal_clear(store, err);
    if (rc < 0)
        roll_back(store, transaction, err);
    return rc;
}

int wgctl_transaction_revert(struct wgctl_store *store, struct wgctl_transaction *transaction,
                             struct wgctl_error *err)
{
    exchange(transaction);
    int rc = wgctl_transaction_commit(store, transaction, NULL, err);
    exchange(transaction);
    if (rc == WGCTL_OK)
        remove_made_folders(store, transaction);
    return rc;
}
