/* The store: a folder whose files change all together or not at all.
 *
 * The store knows paths and bytes, but not what the files mean. A path is relative to the folder
 * and at most one folder deep: "wg0.conf", "wg0.peers/phone.conf".
 *
 * The store keeps its own files in a subfolder `.wgctl` (0700):
 *     lock      flock(2); never renamed or removed, unless others could hold it (base/lock.h)
 *     journal   what a commit is about to do; normally empty
 *     new.N     new contents that a commit has not moved into place yet
 *
 * A commit writes all new contents to new.N and makes them durable. Then it writes the journal
 * record, which is the commit point for all files at once. Then it renames and removes files, makes
 * the folders durable, and empties the journal. The next process that locks the store carries out a
 * complete record, and discards a broken one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/text.h"

struct wgctl_store;

/* Opens the folder for reading: takes no lock and writes nothing. If a killed commit has left a
 * complete journal record, reading takes it into account, so that all files look committed.
 * Fails with WGCTL_NOT_FOUND if there is no such folder, and as wgctl_folder_open() does. */
int wgctl_store_open(const char *path, struct wgctl_store **ret, struct wgctl_error *err);
/* Locks the store for changing files, waiting as wgctl_lock_take() does, and completes or discards
 * what a killed commit left. Creates `.wgctl` if it is missing. No effect if it is locked. */
int wgctl_store_lock(struct wgctl_store *store, struct wgctl_error *err);
/* Releases the lock. Reading stays possible. No effect if it is not locked. */
void wgctl_store_unlock(struct wgctl_store *store);
bool wgctl_store_is_locked(const struct wgctl_store *store);
/* Whether the journal had a whole record when the store was opened: a commit was under way, or
 * had been killed. False once the store is locked. */
bool wgctl_store_is_interrupted(const struct wgctl_store *store);
/* Releases the lock, closes and frees; sets the pointer to NULL. */
void wgctl_store_close(struct wgctl_store **store);
#define WGCTL_STORE __attribute__((cleanup(wgctl_store_close))) struct wgctl_store

/* Returns the folder, which belongs to the store. */
const struct wgctl_folder *wgctl_store_folder(const struct wgctl_store *store);
/* Returns the paths, separated by ", ", of files that locking left alone because their owner edited
 * them after a commit was killed; "" if there are none. Valid until the store is closed. */
const char *wgctl_store_left_alone(const struct wgctl_store *store);

/* Appends the content of a file, with the checks of wgctl_file_read(). Needs no lock.
 * Fails with WGCTL_NOT_FOUND if the file or its folder does not exist. */
int wgctl_store_read(const struct wgctl_store *store, const char *path,
                     enum wgctl_exposure exposure, struct wgctl_text *ret, struct wgctl_error *err);
/* Finds out whether the path exists, as a file of any kind. Needs no lock. */
int wgctl_store_exists(const struct wgctl_store *store, const char *path, bool *ret,
                       struct wgctl_error *err);

/* Returns the mode of a file, for example 0600. Needs no lock. */
int wgctl_store_mode(const struct wgctl_store *store, const char *path, mode_t *ret,
                     struct wgctl_error *err);
/* Removes all permissions of other users from a file, durably. Its content stays. Needs the lock.
 */
int wgctl_store_tighten(const struct wgctl_store *store, const char *path, struct wgctl_error *err);

/* ---- transactions ---- */

/* One file of a transaction. `before` and `after` are contents; they hold nothing if the file
 * does not exist then. */
struct wgctl_file_change {
    char *path;
    bool existed, exists; /* before, after */
    struct wgctl_text before, after;
    bool tighten;     /* other users lose their permissions */
    bool made_folder; /* the commit made the folder that it is in */
    bool has_mode;    /* the next three are known: those of the file that existed */
    mode_t mode;
    uid_t uid;
    gid_t gid;
};
/* A set of files that change together, each named once. Initialize it with zeros. Its members may
 * be read, but only the functions below change it. */
struct wgctl_transaction {
    struct wgctl_file_change *changes;
    size_t count, capacity;
};
/* Wipes and frees the transaction, which can be used again. */
void wgctl_transaction_clear(struct wgctl_transaction *transaction);
#define WGCTL_TRANSACTION __attribute__((cleanup(wgctl_transaction_clear))) struct wgctl_transaction

/* Adds a file to write. `before` is the content that the caller has read, or NULL if there was no
 * file; the commit fails if the file has changed since. Both are copied. A path that is already in
 * the transaction gets the new `after` and keeps its `before`.
 * Fails with WGCTL_INVALID if the path leaves the folder or is the store's own. */
int wgctl_transaction_put(struct wgctl_transaction *transaction, const char *path,
                          const struct wgctl_slice *before, struct wgctl_slice after,
                          struct wgctl_error *err);
/* Adds a file to remove, in the same way. */
int wgctl_transaction_remove(struct wgctl_transaction *transaction, const char *path,
                             const struct wgctl_slice *before, struct wgctl_error *err);
/* Removes all permissions of other users from a file that the transaction writes. */
void wgctl_transaction_tighten(struct wgctl_transaction *transaction, const char *path);
/* Returns the change of a path, or NULL. */
const struct wgctl_file_change *wgctl_transaction_find(const struct wgctl_transaction *transaction,
                                                       const char *path);

/* Commits the transaction. Existing files keep their mode and owner, unless they
 * are tightened; new ones get 0600, and missing
 * folders are created with 0700. After success, everything is durable. After a failure, all files
 * are unchanged, or the hint says which are not.
 * `progress` may be NULL; with it, a signal that is held (base/signals.h) stops the commit
 * before the commit point. Needs the lock. Fails with
 *   WGCTL_BUSY         a file was edited since it was read
 *   WGCTL_DENIED       a symbolic link, another user's file, an immutable one
 *   WGCTL_UNSUPPORTED  a file that is a mount point, and cannot be replaced
 *   WGCTL_FULL, WGCTL_SYSTEM */
int wgctl_transaction_commit(struct wgctl_store *store, struct wgctl_transaction *transaction,
                             const struct wgctl_progress *progress, struct wgctl_error *err);
/* Reverts a committed transaction: commits it with before and after exchanged. Fails with
 * WGCTL_BUSY and changes nothing if one of the files was edited since. Requires the lock. */
int wgctl_transaction_revert(struct wgctl_store *store, struct wgctl_transaction *transaction,
                             struct wgctl_error *err);
