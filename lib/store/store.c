#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lock.h"
#include "store/private.h"

char *wgctl_staged_name(unsigned number, char text[32])
{
    snprintf(text, 32, WGCTL_STORE_STAGED "%u", number);
    return text;
}

/* ---- locations ---- */

int wgctl_location_open(const struct wgctl_store *store, const char *path,
                        struct wgctl_location *ret, struct wgctl_error *err)
{
    const char *slash = strchr(path, '/');
    char name[NAME_MAX + 1];
    ret->subfolder = WGCTL_FOLDER_CLOSED;
    ret->folder = slash ? &ret->subfolder : &store->folder;
    ret->name = slash ? slash + 1 : path;
    if (!slash)
        return WGCTL_OK;
    wgctl_slice_string((struct wgctl_slice){path, (size_t)(slash - path)}, name, sizeof name);
    return wgctl_folder_open_in(&store->folder, name, false, &ret->subfolder, err);
}

void wgctl_location_close(struct wgctl_location *location)
{
    wgctl_folder_close(&location->subfolder);
}

int wgctl_location_make(const struct wgctl_store *store, const char *path, bool *ret_made,
                        struct wgctl_error *err)
{
    const char *slash = strchr(path, '/');
    char name[NAME_MAX + 1];
    *ret_made = false;
    if (!slash)
        return WGCTL_OK;
    wgctl_slice_string((struct wgctl_slice){path, (size_t)(slash - path)}, name, sizeof name);
    *ret_made = mkdirat(store->folder.fd, name, 0700) == 0;
    if (!*ret_made && errno == EEXIST)
        return WGCTL_OK;
    /* Files in a new folder are durable only if the folder is. */
    if (!*ret_made || wgctl_fsync(store->folder.fd) < 0)
        return wgctl_fail_errno(err, "cannot create the folder %s/%s", store->folder.path, name);
    return WGCTL_OK;
}

void wgctl_location_unmake(const struct wgctl_store *store, const char *path)
{
    const char *slash = strchr(path, '/');
    char name[NAME_MAX + 1];
    wgctl_slice_string((struct wgctl_slice){path, slash ? (size_t)(slash - path) : 0}, name,
                       sizeof name);
    unlinkat(store->folder.fd, name, AT_REMOVEDIR);
}

/* ---- opening ---- */

/* Opens `.wgctl` if it exists. A user who may not look into it may not read the files either, and
 * gets the message about those. */
static int open_own(struct wgctl_store *store, struct wgctl_error *err)
{
    int rc = wgctl_folder_open_in(&store->folder, WGCTL_STORE_FOLDER, false, &store->own, err);
    return rc == WGCTL_NOT_FOUND || rc == WGCTL_DENIED ? WGCTL_OK : rc;
}

int wgctl_store_open(const char *path, struct wgctl_store **ret, struct wgctl_error *err)
{
    WGCTL_STORE *store = calloc(1, sizeof *store);
    if (!store)
        return wgctl_fail_memory(err);
    store->folder = store->own = WGCTL_FOLDER_CLOSED;
    store->lock = store->journal = -1;
    int rc = wgctl_folder_open(path, &store->folder, err);
    if (rc == WGCTL_OK)
        rc = open_own(store, err);
    if (rc == WGCTL_OK && store->own.fd >= 0)
        rc = wgctl_journal_read(store, &store->pending, err);
    if (rc < 0)
        return rc;
    *ret = store;
    store = NULL;
    return WGCTL_OK;
}

int wgctl_store_lock(struct wgctl_store *store, struct wgctl_error *err)
{
    if (wgctl_store_is_locked(store))
        return WGCTL_OK;
    wgctl_folder_close(&store->own);
    wgctl_record_clear(&store->pending);
    int rc = wgctl_folder_open_in(&store->folder, WGCTL_STORE_FOLDER, true, &store->own, err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_lock(&store->own, WGCTL_STORE_LOCK, &store->lock, err);
    if (rc == WGCTL_OK)
        rc = wgctl_store_recover(store, err);
    if (rc < 0)
        wgctl_store_unlock(store);
    return rc;
}

void wgctl_store_unlock(struct wgctl_store *store)
{
    wgctl_close_pointer(&store->journal);
    store->journal = -1;
    wgctl_folder_unlock(&store->lock);
}

bool wgctl_store_is_interrupted(const struct wgctl_store *store)
{
    return store->pending.count > 0;
}

bool wgctl_store_is_locked(const struct wgctl_store *store)
{
    return store->lock >= 0;
}

void wgctl_store_close(struct wgctl_store **pointer)
{
    struct wgctl_store *store = *pointer;
    if (!store)
        return;
    wgctl_store_unlock(store);
    wgctl_record_clear(&store->pending);
    wgctl_text_clear(&store->left_alone);
    wgctl_folder_close(&store->own);
    wgctl_folder_close(&store->folder);
    free(store);
    *pointer = NULL;
}

const struct wgctl_folder *wgctl_store_folder(const struct wgctl_store *store)
{
    return &store->folder;
}

const char *wgctl_store_left_alone(const struct wgctl_store *store)
{
    return store->left_alone.size > 0 ? store->left_alone.data : "";
}

/* ---- reading ---- */

int wgctl_store_look(const struct wgctl_store *store, const char *path, struct wgctl_text *ret,
                     bool *ret_exists, struct wgctl_error *err)
{
    WGCTL_LOCATION location;
    *ret_exists = false;
    int rc = wgctl_location_open(store, path, &location, err);
    if (rc == WGCTL_OK)
        rc = wgctl_file_read(location.folder, location.name, WGCTL_PUBLIC, ret, err);
    *ret_exists = rc == WGCTL_OK;
    return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc;
}

/* Finds the new state of a file in a commit that is under way or was killed. Returns NULL if the
 * commit does not contain the file, or the file is already in its new state or was edited since. */
static int find_pending(const struct wgctl_store *store, const char *path,
                        const struct wgctl_record_file **ret, struct wgctl_error *err)
{
    *ret = NULL;
    for (size_t i = 0; i < store->pending.count; i++) {
        const struct wgctl_record_file *file = &store->pending.files[i];
        struct wgctl_version version;
        if (strcmp(file->path, path) != 0)
            continue;
        int rc = wgctl_version_on_disk(store, path, &version, err);
        if (rc < 0)
            return rc;
        if (wgctl_version_equal(&version, &file->before))
            *ret = file;
    }
    return WGCTL_OK;
}

static int fail_removed(const struct wgctl_store *store, const char *path, struct wgctl_error *err)
{
    errno = ENOENT;
    return wgctl_fail_errno(err, "cannot open %s/%s", store->folder.path, path);
}

int wgctl_store_read(const struct wgctl_store *store, const char *path,
                     enum wgctl_exposure exposure, struct wgctl_text *ret, struct wgctl_error *err)
{
    const struct wgctl_record_file *pending;
    WGCTL_LOCATION location = WGCTL_LOCATION_CLOSED;
    char staged[32];
    int rc = find_pending(store, path, &pending, err);
    if (rc < 0)
        return rc;
    if (pending && wgctl_version_equal(&pending->after, &wgctl_version_none))
        return fail_removed(store, path, err);
    if (pending)
        rc = wgctl_file_read(&store->own, wgctl_staged_name(pending->staged, staged), exposure, ret,
                             err);
    /* If it no longer exists, the commit is still running and has moved it into place. */
    if (pending && rc != WGCTL_NOT_FOUND)
        return rc;
    rc = wgctl_location_open(store, path, &location, err);
    return rc < 0 ? rc : wgctl_file_read(location.folder, location.name, exposure, ret, err);
}

/* Opens a file to look at it. The caller closes it. */
static int open_at(const struct wgctl_store *store, const char *path, int *ret_fd, struct stat *ret,
                   struct wgctl_error *err)
{
    WGCTL_LOCATION location = WGCTL_LOCATION_CLOSED;
    int rc = wgctl_location_open(store, path, &location, err);
    if (rc < 0)
        return rc;
    *ret_fd =
        openat(location.folder->fd, location.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return *ret_fd < 0 || fstat(*ret_fd, ret) < 0
               ? wgctl_fail_errno(err, "cannot look at %s/%s", store->folder.path, path)
               : WGCTL_OK;
}

int wgctl_store_mode(const struct wgctl_store *store, const char *path, mode_t *ret,
                     struct wgctl_error *err)
{
    WGCTL_FD fd = -1;
    struct stat status;
    int rc = open_at(store, path, &fd, &status, err);
    if (rc == WGCTL_OK)
        *ret = status.st_mode & 07777;
    return rc;
}

int wgctl_store_tighten(const struct wgctl_store *store, const char *path, struct wgctl_error *err)
{
    WGCTL_FD fd = -1;
    struct stat status;
    int rc = open_at(store, path, &fd, &status, err);
    if (rc < 0)
        return rc;
    return fchmod(fd, wgctl_tight_mode(status.st_mode)) < 0 || wgctl_fsync(fd) < 0
               ? wgctl_fail_errno(err, "cannot change the mode of %s/%s", store->folder.path, path)
               : WGCTL_OK;
}

int wgctl_store_exists(const struct wgctl_store *store, const char *path, bool *ret,
                       struct wgctl_error *err)
{
    const struct wgctl_record_file *pending;
    WGCTL_LOCATION location = WGCTL_LOCATION_CLOSED;
    struct stat status;
    *ret = false;
    int rc = find_pending(store, path, &pending, err);
    if (rc == WGCTL_OK && pending) {
        *ret = !wgctl_version_equal(&pending->after, &wgctl_version_none);
        return rc;
    }
    if (rc == WGCTL_OK)
        rc = wgctl_location_open(store, path, &location, err);
    if (rc < 0)
        return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc;
    *ret = fstatat(location.folder->fd, location.name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    return *ret || errno == ENOENT
               ? WGCTL_OK
               : wgctl_fail_errno(err, "cannot look at %s/%s", store->folder.path, path);
}
