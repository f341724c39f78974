/* The store: a folder whose files change together or not at all.
 *
 * Knows paths and bytes, and nothing of what the files mean. A path is relative to the folder and
 * at most one folder deep: "wg0.conf", "wg0.peers/phone.conf".
 *
 * The folder has a subfolder `.wgctl` (0700) of the store's own:
 *     lock      flock(2); never renamed or removed
 *     journal   what a commit is about to do; empty at rest
 *     new.N     new contents that a commit has not put in their place yet
 *
 * A commit writes all new contents to new.N and makes them durable, then writes the journal
 * record, which is the commit point of all files at once, then renames and removes, makes the
 * folders durable and empties the journal. Whoever locks the store next carries a whole record
 * forward and drops a broken one.
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
 * whole journal record, reading goes through it, so that all files look committed.
 * Fails with WGCTL_NOT_FOUND if there is no such folder, and as wgctl_folder_open() does. */
int wgctl_store_open(const char *path, struct wgctl_store **ret, struct wgctl_error *err);
/* Locks the store for changing files, waiting as wgctl_lock_take() does, and finishes or drops
 * what a killed commit left. Creates `.wgctl` if it is missing. No effect if it is locked. */
int wgctl_store_lock(struct wgctl_store *store, struct wgctl_error *err);
/* Releases the lock. Reading stays possible. No effect if it is not locked. */
void wgctl_store_unlock(struct wgctl_store *store);
bool wgctl_store_is_locked(const struct wgctl_store *store);
/* Releases the lock, closes and frees; sets the pointer to NULL. */
void wgctl_store_close(struct wgctl_store **store);
#define WGCTL_STORE __attribute__((cleanup(wgctl_store_close))) struct wgctl_store

/* The folder itself. It belongs to the store. */
const struct wgctl_folder *wgctl_store_folder(const struct wgctl_store *store);
/* The paths that locking left alone, ", " between them, because their owner edited the files
 * after a commit was killed; "" if there are none. Valid until the store is closed. */
const char *wgctl_store_left_alone(const struct wgctl_store *store);

/* Appends the content of a file, with the checks of wgctl_file_read(). Needs no lock.
 * Fails with WGCTL_NOT_FOUND if the file or its folder does not exist. */
int wgctl_store_read(const struct wgctl_store *store, const char *path,
                     enum wgctl_exposure exposure, struct wgctl_text *ret, struct wgctl_error *err);
/* Whether there is something of that path, of whatever kind. Needs no lock. */
int wgctl_store_exists(const struct wgctl_store *store, const char *path, bool *ret,
                       struct wgctl_error *err);

/* ---- transactions ---- */

/* One file of a transaction. `before` and `after` are contents; they hold nothing if the file
 * does not exist then. */
struct wgctl_file_change {
    char *path;
    bool existed, exists; /* before, after */
    struct wgctl_text before, after;
    bool made_folder; /* the commit made the folder that it is in */
    bool has_mode;    /* the next three are known: those of the file that existed */
    mode_t mode;
    uid_t uid;
    gid_t gid;
};
/* Files that are to change together, each named once. Start with all zero. Read its members, and
 * change it with the functions below only. */
struct wgctl_transaction {
    struct wgctl_file_change *changes;
    size_t count, capacity;
};
/* Wipes and frees; it can be used again. */
void wgctl_transaction_clear(struct wgctl_transaction *transaction);
#define WGCTL_TRANSACTION __attribute__((cleanup(wgctl_transaction_clear))) struct wgctl_transaction

/* Adds a file to be written. `before` is the content that the caller read, NULL if there was no
 * file: the commit fails if the file is a different one by then. Both are copied. A path that is
 * in the transaction already gets the new `after`, and keeps its `before`.
 * Fails with WGCTL_INVALID if the path leaves the folder or is the store's own. */
int wgctl_transaction_put(struct wgctl_transaction *transaction, const char *path,
                          const struct wgctl_slice *before, struct wgctl_slice after,
                          struct wgctl_error *err);
/* Adds a file to be removed, in the same way. */
int wgctl_transaction_remove(struct wgctl_transaction *transaction, const char *path,
                             const struct wgctl_slice *before, struct wgctl_error *err);
/* The change of that path; NULL if there is none. */
const struct wgctl_file_change *wgctl_transaction_find(const struct wgctl_transaction *transaction,
                                                       const char *path);

/* Carries the transaction out. A file that exists keeps its mode and owner; a new one gets 0600,
 * and a folder that is missing is made (0700). After success all of it is durable. After a
 * failure every file is as it was, or the hint says what is not.
 * `progress` may be NULL; with it, a signal that is held (base/signals.h) stops the commit
 * before the commit point. Needs the lock. Fails with
 *   WGCTL_BUSY         a file was edited since it was read
 *   WGCTL_DENIED       a symbolic link, another user's file, an immutable one
 *   WGCTL_UNSUPPORTED  a file that is a mount point, and cannot be replaced
 *   WGCTL_FULL, WGCTL_SYSTEM */
int wgctl_transaction_commit(struct wgctl_store *store, struct wgctl_transaction *transaction,
                             const struct wgctl_progress *progress, struct wgctl_error *err);
/* Takes a committed transaction back: commits it with before and after exchanged. It fails, and
 * changes nothing, if one of the files was edited since. Needs the lock. */
int wgctl_transaction_revert(struct wgctl_store *store, struct wgctl_transaction *transaction,
                             struct wgctl_error *err);
