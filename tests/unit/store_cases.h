/* The cases that both suites of interrupted commits go through: every combination of up to three
 * files that are created, replaced or removed together, one of them in a subfolder. The suite is
 * linked with --wrap for each call that changes a folder, and says what happens before one. */
#pragma once

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

enum { CASE_FILES = 3, CASE_COUNT = 4 * 4 * 4 };
enum case_kind { CASE_UNUSED, CASE_CREATED, CASE_REPLACED, CASE_REMOVED };

static const char *const case_paths[CASE_FILES] = {"a.conf", "b.ini", "sub/c.conf"};
/* Of different sizes, so that a record's parts differ. */
static const char *const case_old[CASE_FILES] = {"old a\n", "old b, longer\n", "old c\n"};
static const char *const case_new[CASE_FILES] = {"new a, longer still\n", "new b\n", "new c\n"};
static const char case_edited[] = "edited by its owner\n";

static char case_folder[64];
static struct wgctl_error err;

static inline void assert_ok(int rc)
{
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
}

static inline enum case_kind case_kind(int number, int file)
{
    return (enum case_kind)(number >> 2 * file & 3);
}

static inline bool case_existed(int number, int file)
{
    return case_kind(number, file) == CASE_REPLACED || case_kind(number, file) == CASE_REMOVED;
}

/* What the file holds before, or after; NULL: there is none. */
static inline const char *case_content(int number, int file, bool after)
{
    bool exists = after ? case_kind(number, file) != CASE_REMOVED : case_existed(number, file);
    return exists ? after ? case_new[file] : case_old[file] : NULL;
}

static inline void case_write(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
    close(fd);
}

static inline void remove_all_in(const char *folder)
{
    DIR *listing = opendir(folder);
    for (const struct dirent *entry; listing && (entry = readdir(listing));)
        if (entry->d_type == DT_REG)
            unlinkat(dirfd(listing), entry->d_name, 0);
    if (listing)
        closedir(listing);
}

/* The current folder becomes empty. */
static inline void case_empty(void)
{
    remove_all_in(".");
    remove_all_in("sub");
    remove_all_in(".wgctl");
    rmdir("sub");
    rmdir(".wgctl");
}

/* In memory if that is possible: thousands of commits follow. */
static inline void case_setup(void)
{
    strcpy(case_folder, "/dev/shm/wgctl-store-XXXXXX");
    if (!mkdtemp(case_folder)) {
        strcpy(case_folder, "/tmp/wgctl-store-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(case_folder));
    }
    ck_assert_int_eq(chdir(case_folder), 0);
}

static inline void case_teardown(void)
{
    case_empty();
    rmdir(case_folder);
}

static inline void case_prepare(int number)
{
    case_empty();
    for (int i = 0; i < CASE_FILES; i++) {
        if (!case_existed(number, i))
            continue;
        mkdir("sub", 0700);
        case_write(case_paths[i], case_old[i], strlen(case_old[i]));
    }
}

static inline void case_collect(int number, struct wgctl_transaction *transaction)
{
    for (int i = 0; i < CASE_FILES; i++) {
        const struct wgctl_slice old = wgctl_slice_of(case_old[i]);
        const struct wgctl_slice *before = case_existed(number, i) ? &old : NULL;
        if (case_kind(number, i) == CASE_REMOVED)
            assert_ok(wgctl_transaction_remove(transaction, case_paths[i], before, &err));
        else if (case_kind(number, i) != CASE_UNUSED)
            assert_ok(wgctl_transaction_put(transaction, case_paths[i], before,
                                            wgctl_slice_of(case_new[i]), &err));
    }
}

/* Locks, and commits the case. */
static inline int case_commit(int number)
{
    WGCTL_STORE *store = NULL;
    WGCTL_TRANSACTION transaction = {0};
    int rc = wgctl_store_open(".", &store, &err);
    if (rc == WGCTL_OK)
        rc = wgctl_store_lock(store, &err);
    if (rc < 0)
        return rc;
    case_collect(number, &transaction);
    return wgctl_transaction_commit(store, &transaction, NULL, &err);
}

static inline bool case_file_is(const struct wgctl_store *store, int file, const char *content)
{
    WGCTL_TEXT text = {0};
    int rc = wgctl_store_read(store, case_paths[file], WGCTL_SECRET, &text, &err);
    if (rc == WGCTL_NOT_FOUND)
        return !content;
    assert_ok(rc);
    return content && wgctl_slice_equal(wgctl_text_slice_of(&text), wgctl_slice_of(content));
}

enum case_view { CASE_IS_OLD = 1, CASE_IS_NEW = 2 }; /* both: they do not differ */

/* How all files but `ignored` (-1: none) look; 0 if they do not belong together. */
static inline int case_find_view(const struct wgctl_store *store, int number, int ignored)
{
    int view = CASE_IS_OLD | CASE_IS_NEW;
    for (int i = 0; i < CASE_FILES; i++) {
        if (case_kind(number, i) == CASE_UNUSED || i == ignored)
            continue;
        bool is_old = case_file_is(store, i, case_content(number, i, false));
        bool is_new = case_file_is(store, i, case_content(number, i, true));
        view &= (is_old ? CASE_IS_OLD : 0) | (is_new ? CASE_IS_NEW : 0);
    }
    return view;
}

static inline int case_view(const struct wgctl_store *store, int number, int ignored)
{
    int view = case_find_view(store, number, ignored);
    ck_assert_msg(view != 0, "case %d: some files are old and some are new", number);
    return view;
}

/* Recovers, and checks that all is old or new, that a reader saw the same before, and that
 * nothing is left in `.wgctl`. Returns the view. */
static inline int case_recover(int number)
{
    WGCTL_STORE *store = NULL;
    struct stat status;
    assert_ok(wgctl_store_open(".", &store, &err));
    int seen = case_view(store, number, -1);
    assert_ok(wgctl_store_lock(store, &err));
    int view = case_view(store, number, -1);
    ck_assert_int_eq(seen, view);
    ck_assert_str_eq(wgctl_store_left_alone(store), "");
    ck_assert_int_eq(stat(".wgctl/journal", &status), 0);
    ck_assert_int_eq(status.st_size, 0);
    for (int i = 0; i < 2 * CASE_FILES; i++) {
        char name[32];
        snprintf(name, sizeof name, ".wgctl/new.%d", i);
        ck_assert_int_lt(access(name, F_OK), 0);
    }
    return view;
}

/* ---- calls that change something, as they are called with _FILE_OFFSET_BITS=64 ---- */

enum case_call {
    CALL_CREATE,
    CALL_MKDIR,
    CALL_WRITE,
    CALL_TRUNCATE,
    CALL_RENAME,
    CALL_UNLINK,
    CALL_FSYNC,
    CALL_SYNCFS,
};
/* Told before each; the suite defines it. `fd` is the file or the folder, `to` of a rename. */
static void before_call(enum case_call call, int fd, const char *name, int to_fd, const char *to,
                        const void *data, size_t size);

int __real_openat64(int fd, const char *name, int flags, ...);
int __real_mkdirat(int fd, const char *name, mode_t mode);
ssize_t __real_write(int fd, const void *data, size_t size);
int __real_ftruncate64(int fd, off_t size);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_unlinkat(int fd, const char *name, int flags);
int __wrap_openat64(int fd, const char *name, int flags, ...);
int __wrap_mkdirat(int fd, const char *name, mode_t mode);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_unlinkat(int fd, const char *name, int flags);
int __wrap_fsync(int fd);
int __wrap_syncfs(int fd);

int __wrap_openat64(int fd, const char *name, int flags, ...)
{
    if (flags & O_CREAT && faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        before_call(CALL_CREATE, fd, name, -1, NULL, NULL, 0);
    return __real_openat64(fd, name, flags, 0600);
}

int __wrap_mkdirat(int fd, const char *name, mode_t mode)
{
    if (faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        before_call(CALL_MKDIR, fd, name, -1, NULL, NULL, 0);
    return __real_mkdirat(fd, name, mode);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    before_call(CALL_WRITE, fd, NULL, -1, NULL, data, size);
    return __real_write(fd, data, size);
}

int __wrap_ftruncate64(int fd, off_t size)
{
    before_call(CALL_TRUNCATE, fd, NULL, -1, NULL, NULL, (size_t)size);
    return __real_ftruncate64(fd, size);
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    before_call(CALL_RENAME, from_fd, from, to_fd, to, NULL, 0);
    return __real_renameat(from_fd, from, to_fd, to);
}

int __wrap_unlinkat(int fd, const char *name, int flags)
{
    before_call(CALL_UNLINK, fd, name, -1, NULL, NULL, 0);
    return __real_unlinkat(fd, name, flags);
}

/* The disk of the suites is a model: nothing waits for the real one. */
int __wrap_fsync(int fd)
{
    before_call(CALL_FSYNC, fd, NULL, -1, NULL, NULL, 0);
    return 0;
}

int __wrap_syncfs(int fd)
{
    before_call(CALL_SYNCFS, fd, NULL, -1, NULL, NULL, 0);
    return 0;
}
