/* The content of struct wgctl_store, and the journal. Private to lib/store. */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "store/store.h"

#define WGCTL_STORE_FOLDER ".wgctl"
#define WGCTL_STORE_LOCK "lock"
#define WGCTL_STORE_JOURNAL "journal"
#define WGCTL_STORE_STAGED "new."

/* ---- journal.c ---- */

/* Tells versions of a file apart: "SIZE-CHECKSUM", or "-" for no file. */
enum { WGCTL_VERSION_SIZE = 40 };
struct wgctl_version {
    char text[WGCTL_VERSION_SIZE];
};
extern const struct wgctl_version wgctl_version_none;
struct wgctl_version wgctl_version_of(struct wgctl_slice content);
bool wgctl_version_equal(const struct wgctl_version *a, const struct wgctl_version *b);

/* One file of a record. */
struct wgctl_record_file {
    char *path;
    struct wgctl_version before, after;
    unsigned staged; /* N of new.N; unused if the file is removed */
};
struct wgctl_record {
    struct wgctl_record_file *files;
    size_t count, capacity;
};
void wgctl_record_clear(struct wgctl_record *record);
#define WGCTL_RECORD __attribute__((cleanup(wgctl_record_clear))) struct wgctl_record
int wgctl_record_add(struct wgctl_record *record, struct wgctl_slice path,
                     const struct wgctl_version *before, const struct wgctl_version *after,
                     unsigned staged, struct wgctl_error *err);
/* Returns whether a transaction can contain this path. */
bool wgctl_path_is_valid(struct wgctl_slice path);

/* Appends the record as text. */
void wgctl_record_format(const struct wgctl_record *record, struct wgctl_text *ret);
/* Reads the last whole record of a journal; an empty one if there is none. */
int wgctl_record_parse(struct wgctl_slice journal, struct wgctl_record *ret,
                       struct wgctl_error *err);

/* ---- store.c ---- */

/* The mode without the permissions of other users. */
static inline mode_t wgctl_tight_mode(mode_t mode)
{
    return mode & 07777 & (mode_t) ~(S_IRWXG | S_IRWXO);
}

struct wgctl_store {
    struct wgctl_folder folder;
    struct wgctl_folder own;      /* `.wgctl`; closed if there is none */
    int lock;                     /* -1: open for reading only */
    int journal;                  /* open while the store is locked and there is one, else -1 */
    size_t journal_size;          /* where the next record goes */
    unsigned staged;              /* N of the next new.N */
    struct wgctl_record pending;  /* a killed commit's record, which readers take into account */
    struct wgctl_text left_alone; /* paths */
};

/* The folder that `path` is in, and its name there. Not to be copied. */
struct wgctl_location {
    struct wgctl_folder subfolder; /* closed if the file is in the store's folder itself */
    const struct wgctl_folder *folder;
    const char *name; /* part of `path` */
};
/* Opens it. WGCTL_NOT_FOUND if there is no such subfolder. */
int wgctl_location_open(const struct wgctl_store *store, const char *path,
                        struct wgctl_location *ret, struct wgctl_error *err);
void wgctl_location_close(struct wgctl_location *location);
#define WGCTL_LOCATION_CLOSED \
    {                         \
        .subfolder.fd = -1    \
    }
#define WGCTL_LOCATION __attribute__((cleanup(wgctl_location_close))) struct wgctl_location
/* Makes the subfolder that `path` is in if it is missing, durably. */
int wgctl_location_make(const struct wgctl_store *store, const char *path, bool *ret_made,
                        struct wgctl_error *err);
/* Removes that subfolder if it is empty. */
void wgctl_location_unmake(const struct wgctl_store *store, const char *path);

/* Reads a file as it is on the disk, whatever the journal says. It need not exist. */
int wgctl_store_look(const struct wgctl_store *store, const char *path, struct wgctl_text *ret,
                     bool *ret_exists, struct wgctl_error *err);
int wgctl_version_on_disk(const struct wgctl_store *store, const char *path,
                          struct wgctl_version *ret, struct wgctl_error *err);
char *wgctl_staged_name(unsigned number, char text[32]);

/* ---- recover.c ---- */

/* Reads the record in force; an empty one if there is none. */
int wgctl_journal_read(struct wgctl_store *store, struct wgctl_record *ret,
                       struct wgctl_error *err);
/* Appends a record to the journal, durably: the commit point. */
int wgctl_journal_append(struct wgctl_store *store, const struct wgctl_record *record,
                         struct wgctl_error *err);
/* Empties the journal, durably. */
int wgctl_journal_clear(struct wgctl_store *store, struct wgctl_error *err);
/* Changes each file that is still in its old state to its new one, durably. A file in neither state
 * was edited by its owner: it is left alone, and its path is added to `edited`. If `edited` is
 * NULL, fails with WGCTL_BUSY instead. */
int wgctl_record_carry_out(struct wgctl_store *store, const struct wgctl_record *record,
                           struct wgctl_text *edited, struct wgctl_error *err);
/* Removes every new.N. */
int wgctl_staged_discard(struct wgctl_store *store, struct wgctl_error *err);
/* Completes or discards what a killed commit left. */
int wgctl_store_recover(struct wgctl_store *store, struct wgctl_error *err);
/* Returns whether this many files are made durable together with syncfs(2) instead of one by one.
 */
bool wgctl_store_syncs_at_once(size_t count);
int wgctl_store_sync_all(const struct wgctl_store *store, struct wgctl_error *err);
