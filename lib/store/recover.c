/* Carries out a journal record, either for the commit that wrote it or, if that was killed, for the
 * next process that locks the store. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/private.h"

/* ---- durability ---- */

bool wgctl_store_syncs_at_once(size_t count)
{
    enum { FEW = 8 }; /* syncfs(2) also writes what other programs have not written yet */
    return count > FEW;
}

int wgctl_store_sync_all(const struct wgctl_store *store, struct wgctl_error *err)
{
    int rc;
    do
        rc = syncfs(store->folder.fd);
    while (rc < 0 && errno == EINTR);
    return rc < 0 ? wgctl_fail_errno(err, "cannot write %s to the disk", store->folder.path)
                  : WGCTL_OK;
}

static int sync_folder_of(const struct wgctl_store *store, const char *path,
                          struct wgctl_error *err)
{
    WGCTL_LOCATION location;
    int rc = wgctl_location_open(store, path, &location, err);
    if (rc == WGCTL_OK && wgctl_fsync(location.folder->fd) < 0)
        rc = wgctl_fail_errno(err, "cannot write %s to the disk", location.folder->path);
    return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc; /* the folder has been removed */
}

static bool same_folder(const char *a, const char *b)
{
    const char *slash = strchr(a, '/');
    size_t size = slash ? (size_t)(slash - a) + 1 : 0;
    return slash ? strncmp(a, b, size) == 0 : !strchr(b, '/');
}

/* Makes the folders of a record's files durable. */
static int sync_folders(const struct wgctl_store *store, const struct wgctl_record *record,
                        struct wgctl_error *err)
{
    if (wgctl_store_syncs_at_once(record->count))
        return wgctl_store_sync_all(store, err);
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < record->count; i++) {
        bool done = false;
        for (size_t k = 0; k < i; k++)
            done |= same_folder(record->files[i].path, record->files[k].path);
        if (!done)
            rc = sync_folder_of(store, record->files[i].path, err);
    }
    return rc;
}

/* ---- the journal ---- */

/* The journal is created only once `.wgctl` is durable, and is never removed. */
static int open_journal(struct wgctl_store *store, struct wgctl_error *err)
{
    int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC;
    store->journal = openat(store->own.fd, WGCTL_STORE_JOURNAL, flags);
    if (store->journal < 0 && errno == ENOENT && wgctl_fsync(store->folder.fd) == 0)
        store->journal = openat(store->own.fd, WGCTL_STORE_JOURNAL, flags | O_CREAT, 0600);
    return store->journal < 0
               ? wgctl_fail_errno(err, "cannot write %s/" WGCTL_STORE_JOURNAL, store->own.path)
               : WGCTL_OK;
}

int wgctl_journal_read(struct wgctl_store *store, struct wgctl_record *ret, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    int rc = wgctl_file_read(&store->own, WGCTL_STORE_JOURNAL, WGCTL_SECRET, &text, err);
    if (rc == WGCTL_NOT_FOUND)
        return WGCTL_OK;
    store->journal_size = text.size;
    return rc < 0 ? rc : wgctl_record_parse(wgctl_text_slice_of(&text), ret, err);
}

int wgctl_journal_append(struct wgctl_store *store, const struct wgctl_record *record,
                         struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    wgctl_record_format(record, &text);
    int rc = wgctl_text_check(&text, err);
    if (rc < 0)
        return rc;
    if (lseek(store->journal, (off_t)store->journal_size, SEEK_SET) < 0 ||
        wgctl_write_all(store->journal, wgctl_text_slice_of(&text)) < 0 ||
        wgctl_fsync(store->journal) < 0)
        return wgctl_fail_errno(err, "cannot write %s/" WGCTL_STORE_JOURNAL, store->own.path);
    store->journal_size += text.size;
    return WGCTL_OK;
}

int wgctl_journal_clear(struct wgctl_store *store, struct wgctl_error *err)
{
    bool is_empty = ftruncate(store->journal, 0) == 0;
    if (is_empty)
        store->journal_size = 0;
    return is_empty && wgctl_fsync(store->journal) == 0
               ? WGCTL_OK
               : wgctl_fail_errno(err, "cannot write %s/" WGCTL_STORE_JOURNAL, store->own.path);
}

/* ---- carrying out ---- */

int wgctl_version_on_disk(const struct wgctl_store *store, const char *path,
                          struct wgctl_version *ret, struct wgctl_error *err)
{
    WGCTL_TEXT content = {0};
    bool exists;
    int rc = wgctl_store_look(store, path, &content, &exists, err);
    if (rc == WGCTL_OK)
        *ret = exists ? wgctl_version_of(wgctl_text_slice_of(&content)) : wgctl_version_none;
    return rc;
}

/* Changes a file that is still in its old state to its new one. `ret_lost` is set if the staged
 * file or the folder no longer exists. */
static int change_file(const struct wgctl_store *store, const struct wgctl_record_file *file,
                       bool *ret_lost, struct wgctl_error *err)
{
    WGCTL_LOCATION location;
    char staged[32];
    int rc = wgctl_location_open(store, file->path, &location, err);
    *ret_lost = rc == WGCTL_NOT_FOUND;
    if (rc < 0)
        return *ret_lost ? WGCTL_OK : rc;
    if (wgctl_version_equal(&file->after, &wgctl_version_none))
        return wgctl_file_remove(location.folder, location.name, err);
    wgctl_staged_name(file->staged, staged);
    if (renameat(store->own.fd, staged, location.folder->fd, location.name) == 0)
        return WGCTL_OK;
    *ret_lost = errno == ENOENT;
    return *ret_lost
               ? WGCTL_OK
               : wgctl_fail_errno(err, "cannot replace %s/%s", store->folder.path, file->path);
}

static int fail_edited(const struct wgctl_store *store, const char *path, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_BUSY, "%s/%s was edited in the meantime", store->folder.path, path);
    return wgctl_hint(err, "nothing was changed; run the command again");
}

static int carry_out_file(const struct wgctl_store *store, const struct wgctl_record_file *file,
                          struct wgctl_text *edited, struct wgctl_error *err)
{
    struct wgctl_version version;
    bool is_edited = false;
    int rc = wgctl_version_on_disk(store, file->path, &version, err);
    if (rc < 0 || wgctl_version_equal(&version, &file->after))
        return rc;
    if (!wgctl_version_equal(&version, &file->before))
        is_edited = true;
    else
        /* If the staged file no longer exists, it was already moved into place, and the owner has
         * restored the old file since. */
        rc = change_file(store, file, &is_edited, err);
    if (rc == WGCTL_OK && is_edited && !edited)
        return fail_edited(store, file->path, err);
    if (rc == WGCTL_OK && is_edited)
        wgctl_text_format(edited, "%s%s", edited->size > 0 ? ", " : "", file->path);
    return rc;
}

int wgctl_record_carry_out(struct wgctl_store *store, const struct wgctl_record *record,
                           struct wgctl_text *edited, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < record->count; i++)
        rc = carry_out_file(store, &record->files[i], edited, err);
    return rc < 0 ? rc : sync_folders(store, record, err);
}

/* ---- recovery ---- */

int wgctl_staged_discard(struct wgctl_store *store, struct wgctl_error *err)
{
    int fd = openat(store->own.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (!listing) {
        wgctl_fail_errno(err, "cannot list %s", store->own.path);
        wgctl_close_pointer(&fd);
        return err->status;
    }
    int rc = WGCTL_OK;
    for (const struct dirent *entry; rc == WGCTL_OK && (entry = readdir(listing));)
        if (strncmp(entry->d_name, WGCTL_STORE_STAGED, strlen(WGCTL_STORE_STAGED)) == 0)
            rc = wgctl_file_remove(&store->own, entry->d_name, err);
    closedir(listing);
    return rc;
}

int wgctl_store_recover(struct wgctl_store *store, struct wgctl_error *err)
{
    WGCTL_RECORD record = {0};
    int rc = wgctl_journal_read(store, &record, err);
    if (rc == WGCTL_OK)
        rc = open_journal(store, err);
    if (rc == WGCTL_OK && record.count > 0)
        rc = wgctl_record_carry_out(store, &record, &store->left_alone, err);
    if (rc == WGCTL_OK && store->journal_size > 0)
        rc = wgctl_journal_clear(store, err);
    if (rc == WGCTL_OK)
        rc = wgctl_staged_discard(store, err);
    return rc;
}
