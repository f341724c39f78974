/* The store: reading, locking, commits that succeed and commits that fail. */
#include "store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/signals.h"
#include "store/private.h"
#include "suite.h"
#include "texts.h"

enum { NOBODY = 65534 };

static char path[] = "/tmp/wgctl-store-XXXXXX";
static struct wgctl_store *store;
static struct wgctl_transaction transaction;
static struct wgctl_error err;

/* What the wrapped calls do: a rename of that number (counted from 1) fails with this, and statx
 * reports these attributes. */
static int failing_rename, rename_errno;
static uint64_t attributes;
static unsigned fsyncs, syncfss;

int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_statx(int fd, const char *name, int flags, unsigned mask, struct statx *ret);
int __wrap_statx(int fd, const char *name, int flags, unsigned mask, struct statx *ret);
int __wrap_fsync(int fd);
int __wrap_syncfs(int fd);

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    if (failing_rename > 0 && --failing_rename == 0) {
        errno = rename_errno;
        return -1;
    }
    return __real_renameat(from_fd, from, to_fd, to);
}

int __wrap_statx(int fd, const char *name, int flags, unsigned mask, struct statx *ret)
{
    int rc = __real_statx(fd, name, flags, mask, ret);
    ret->stx_attributes |= flags & AT_EMPTY_PATH ? 0 : attributes;
    return rc;
}

int __wrap_fsync(int fd)
{
    (void)fd;
    fsyncs++;
    return 0;
}

int __wrap_syncfs(int fd)
{
    (void)fd;
    syncfss++;
    return 0;
}

static void assert_ok(int rc)
{
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
}

static void setup(void)
{
    umask(0); /* what the store makes may not depend on it */
    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(chdir(path), 0);
    assert_ok(wgctl_store_open(path, &store, &err));
    assert_ok(wgctl_store_lock(store, &err));
}

static void teardown(void)
{
    char command[64];
    wgctl_transaction_clear(&transaction);
    wgctl_store_close(&store);
    snprintf(command, sizeof command, "rm -rf %s", path);
    ck_assert_int_eq(system(command), 0);
}

static void make(const char *name, const char *content, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_content(const char *name, const char *expected)
{
    WGCTL_TEXT text = {0};
    assert_ok(wgctl_store_read(store, name, WGCTL_PUBLIC, &text, &err));
    assert_text(&text, expected);
}

static void assert_missing(const char *name)
{
    WGCTL_TEXT text = {0};
    bool exists = true;
    ck_assert_int_eq(wgctl_store_read(store, name, WGCTL_PUBLIC, &text, &err), WGCTL_NOT_FOUND);
    assert_ok(wgctl_store_exists(store, name, &exists, &err));
    ck_assert(!exists);
}

static void put(const char *name, const char *before, const char *after)
{
    struct wgctl_slice old = wgctl_slice_of(before ? before : "");
    assert_ok(wgctl_transaction_put(&transaction, name, before ? &old : NULL, wgctl_slice_of(after),
                                    &err));
}

static void remove_file(const char *name, const char *before)
{
    struct wgctl_slice old = wgctl_slice_of(before);
    assert_ok(wgctl_transaction_remove(&transaction, name, &old, &err));
}

static int commit(void)
{
    return wgctl_transaction_commit(store, &transaction, NULL, &err);
}

/* Nothing but the lock and an empty journal is in `.wgctl`. */
static void assert_at_rest(void)
{
    struct stat status;
    ck_assert_int_eq(stat(".wgctl/journal", &status), 0);
    ck_assert_int_eq(status.st_size, 0);
    DIR *listing = opendir(".wgctl");
    for (const struct dirent *entry; (entry = readdir(listing));)
        ck_assert_msg(strncmp(entry->d_name, "new.", 4) != 0, "%s is left", entry->d_name);
    closedir(listing);
}

static void assert_mode(const char *name, mode_t mode, uid_t uid, gid_t gid)
{
    struct stat status;
    ck_assert_int_eq(lstat(name, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, mode);
    ck_assert_uint_eq(status.st_uid, uid);
    ck_assert_uint_eq(status.st_gid, gid);
}

/* ---- opening ---- */

START_TEST(reading_takes_no_lock_and_writes_nothing)
{
    wgctl_store_close(&store);
    ck_assert_int_eq(system("rm -r .wgctl"), 0);
    make("a.conf", "a", 0600);
    assert_ok(wgctl_store_open(path, &store, &err));
    ck_assert(!wgctl_store_is_locked(store));
    assert_content("a.conf", "a");
    assert_missing("b.conf");
    assert_missing("sub/c.conf");
    ck_assert_int_lt(access(".wgctl", F_OK), 0);
}
END_TEST

START_TEST(the_lock_is_held_until_it_is_released)
{
    int fd = open(".wgctl/lock", O_RDWR);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_lt(flock(fd, LOCK_EX | LOCK_NB), 0);
    wgctl_store_unlock(store);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    close(fd);
    assert_mode(".wgctl", 0700, getuid(), getgid());
    assert_mode(".wgctl/lock", 0600, getuid(), getgid());
    assert_mode(".wgctl/journal", 0600, getuid(), getgid());
    assert_ok(wgctl_store_lock(store, &err));
    assert_ok(wgctl_store_lock(store, &err));
}
END_TEST

START_TEST(a_store_of_its_own_that_is_a_link_is_refused)
{
    wgctl_store_close(&store);
    ck_assert_int_eq(system("mv .wgctl elsewhere && ln -s elsewhere .wgctl"), 0);
    ck_assert_int_lt(wgctl_store_open(path, &store, &err), 0);
}
END_TEST

START_TEST(a_name_exists_whatever_has_it)
{
    bool exists = false;
    ck_assert_int_eq(symlink("nowhere", "name"), 0);
    assert_ok(wgctl_store_exists(store, "name", &exists, &err));
    ck_assert(exists);
    ck_assert_int_eq(mkdir("other", 0700), 0);
    assert_ok(wgctl_store_exists(store, "other", &exists, &err));
    ck_assert(exists);
}
END_TEST

START_TEST(a_file_that_cannot_be_looked_at_is_an_error)
{
    bool exists;
    make("file", "", 0600);
    ck_assert_int_lt(wgctl_store_exists(store, "file/a.conf", &exists, &err), 0);
}
END_TEST

/* ---- commits ---- */

START_TEST(files_are_created_replaced_and_removed_together)
{
    make("b.ini", "old", 0600);
    make("c.conf", "gone", 0600);
    put("sub/a.conf", NULL, "a");
    put("b.ini", "old", "new");
    remove_file("c.conf", "gone");
    assert_ok(commit());
    assert_content("sub/a.conf", "a");
    assert_content("b.ini", "new");
    assert_missing("c.conf");
    assert_mode("sub", 0700, getuid(), getgid());
    assert_mode("sub/a.conf", 0600, getuid(), getgid());
    assert_at_rest();

    assert_ok(wgctl_transaction_revert(store, &transaction, &err));
    assert_missing("sub/a.conf");
    ck_assert_int_lt(access("sub", F_OK), 0);
    assert_content("b.ini", "old");
    assert_content("c.conf", "gone");
    assert_at_rest();
}
END_TEST

START_TEST(other_users_lose_their_permissions_if_asked)
{
    static const mode_t modes[][2] = {{0644, 0600}, {0755, 0700}, {0440, 0400}, {0600, 0600}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        mode_t mode;
        make("a.conf", "old", modes[i][0]);
        assert_ok(wgctl_store_mode(store, "a.conf", &mode, &err));
        ck_assert_uint_eq(mode, modes[i][0]);
        put("a.conf", "old", "new");
        wgctl_transaction_tighten(&transaction, "a.conf");
        wgctl_transaction_tighten(&transaction, "b.conf"); /* which is not in it */
        assert_ok(commit());
        assert_mode("a.conf", modes[i][1], getuid(), getgid());
        wgctl_transaction_clear(&transaction);
        make("a.conf", "old", modes[i][0]);
        assert_ok(wgctl_store_tighten(store, "a.conf", &err));
        assert_mode("a.conf", modes[i][1], getuid(), getgid());
        assert_content("a.conf", "old");
    }
    ck_assert_int_eq(wgctl_store_tighten(store, "c.conf", &err), WGCTL_NOT_FOUND);
}
END_TEST

START_TEST(modes_and_owners_are_kept)
{
    static const mode_t modes[] = {0600, 0644, 0640, 0400, 0755};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        make("a.conf", "old", modes[i]);
        make("b.conf", "old", modes[i]);
        if (getuid() == 0)
            ck_assert_int_eq(chown("a.conf", 0, NOBODY) | chown("b.conf", 0, NOBODY), 0);
        gid_t gid = getuid() == 0 ? NOBODY : getgid();
        put("a.conf", "old", "new");
        remove_file("b.conf", "old");
        assert_ok(commit());
        assert_mode("a.conf", modes[i], getuid(), gid);
        assert_ok(wgctl_transaction_revert(store, &transaction, &err));
        assert_mode("a.conf", modes[i], getuid(), gid);
        assert_mode("b.conf", modes[i], getuid(), gid);
        wgctl_transaction_clear(&transaction);
    }
}
END_TEST

START_TEST(a_path_is_put_once_and_its_last_content_counts)
{
    put("a.conf", NULL, "first");
    put("a.conf", NULL, "second");
    ck_assert_uint_eq(transaction.count, 1);
    ck_assert_ptr_eq(wgctl_transaction_find(&transaction, "a.conf"), &transaction.changes[0]);
    ck_assert_ptr_null(wgctl_transaction_find(&transaction, "b.conf"));
    assert_ok(commit());
    assert_content("a.conf", "second");
}
END_TEST

START_TEST(a_file_that_is_put_and_removed_is_not_made)
{
    put("sub/a.conf", NULL, "first");
    assert_ok(wgctl_transaction_remove(&transaction, "sub/a.conf", NULL, &err));
    assert_ok(commit());
    assert_missing("sub/a.conf");
}
END_TEST

START_TEST(a_path_stays_in_the_folder)
{
    static const char *const paths[] = {
        "",       "/",     "/a",     "a/",           ".",    "..",        "../a", "a/..",
        "a/../b", "a/b/c", ".wgctl", ".wgctl/new.0", "a\nb", "sub/a\x7f", "a//b", "./a",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        ck_assert_int_eq(
            wgctl_transaction_put(&transaction, paths[i], NULL, wgctl_slice_of("x"), &err),
            WGCTL_INVALID);
    ck_assert_uint_eq(transaction.count, 0);
}
END_TEST

START_TEST(an_empty_transaction_does_nothing)
{
    fsyncs = 0;
    assert_ok(commit());
    ck_assert_uint_eq(fsyncs, 0);
}
END_TEST

/* ---- refused ---- */

static void assert_refused(int status, const char *message)
{
    int rc = commit();
    ck_assert_msg(rc == status && strstr(err.message, message), "%d: %s", rc, err.message);
    assert_at_rest();
    ck_assert_int_lt(access("sub", F_OK), 0);
}

START_TEST(a_file_edited_since_it_was_read_is_kept)
{
    make("a.conf", "edited", 0600);
    put("b.conf", NULL, "b");
    put("sub/c.conf", NULL, "c");
    put("a.conf", "old", "new");
    assert_refused(WGCTL_BUSY, "a.conf was edited in the meantime");
    assert_content("a.conf", "edited");
    assert_missing("b.conf");
}
END_TEST

START_TEST(a_file_made_or_removed_since_is_noticed)
{
    make("a.conf", "somebody's", 0600);
    put("a.conf", NULL, "new");
    assert_refused(WGCTL_BUSY, "a.conf was edited in the meantime");
    assert_content("a.conf", "somebody's");
    wgctl_transaction_clear(&transaction);
    remove_file("b.conf", "old");
    assert_refused(WGCTL_BUSY, "b.conf was edited in the meantime");
}
END_TEST

START_TEST(a_link_is_not_followed)
{
    make("target", "old", 0600);
    ck_assert_int_eq(symlink("target", "a.conf"), 0);
    put("sub/c.conf", NULL, "c");
    put("a.conf", "old", "new");
    assert_refused(WGCTL_DENIED, "symbolic link");
    assert_content("target", "old");
}
END_TEST

START_TEST(a_mount_point_is_named_before_anything_changes)
{
    make("a.conf", "old", 0600);
    put("sub/c.conf", NULL, "c");
    put("a.conf", "old", "new");
    attributes = STATX_ATTR_MOUNT_ROOT;
    assert_refused(WGCTL_UNSUPPORTED, "a.conf is a mount point");
    assert_content("a.conf", "old");
}
END_TEST

START_TEST(an_immutable_file_is_named_before_anything_changes)
{
    make("a.conf", "old", 0600);
    put("sub/c.conf", NULL, "c");
    remove_file("a.conf", "old");
    attributes = STATX_ATTR_IMMUTABLE;
    assert_refused(WGCTL_DENIED, "marked immutable");
    attributes = STATX_ATTR_APPEND;
    assert_refused(WGCTL_DENIED, "marked append-only");
    assert_content("a.conf", "old");
}
END_TEST

START_TEST(a_commit_that_fails_between_two_files_is_taken_back)
{
    for (failing_rename = 1; failing_rename <= 2; failing_rename++) {
        int at = failing_rename;
        make("a.conf", "old", 0644);
        make("c.conf", "gone", 0600);
        remove_file("c.conf", "gone");
        put("a.conf", "old", "new");
        put("sub/b.conf", NULL, "b");
        rename_errno = EIO;
        assert_refused(WGCTL_SYSTEM, "cannot replace");
        ck_assert_int_eq(failing_rename, 0);
        assert_content("a.conf", "old");
        assert_mode("a.conf", 0644, getuid(), getgid());
        assert_content("c.conf", "gone");
        assert_missing("sub/b.conf");
        assert_ok(commit());
        assert_ok(wgctl_transaction_revert(store, &transaction, &err));
        wgctl_transaction_clear(&transaction);
        failing_rename = at;
    }
}
END_TEST

START_TEST(what_was_edited_since_is_not_taken_back)
{
    make("a.conf", "old", 0600);
    put("a.conf", "old", "new");
    put("b.conf", NULL, "b");
    assert_ok(commit());
    make("a.conf", "edited", 0600);
    ck_assert_int_eq(wgctl_transaction_revert(store, &transaction, &err), WGCTL_BUSY);
    assert_content("a.conf", "edited");
    assert_content("b.conf", "b");
    assert_at_rest();
}
END_TEST

/* ---- many ---- */

struct told {
    size_t calls, last;
};

static void tell(void *context, size_t done, size_t total)
{
    struct told *told = context;
    ck_assert_uint_le(done, total);
    told->calls++;
    told->last = done;
}

START_TEST(ten_thousand_files_are_made_durable_together)
{
    enum { MANY = 10000 };
    struct told told = {0};
    const struct wgctl_progress progress = {tell, &told};
    struct timespec start, end;
    for (unsigned i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "sub/%u.conf", i);
        put(name, NULL, "content");
    }
    fsyncs = syncfss = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    assert_ok(wgctl_transaction_commit(store, &transaction, &progress, &err));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    ck_assert_uint_le(fsyncs, 4);
    ck_assert_uint_eq(syncfss, 2);
    ck_assert_uint_eq(told.last, MANY);
    ck_assert_int_le(end.tv_sec - start.tv_sec, 20); /* not quadratic, even with sanitizers */
    assert_content("sub/9999.conf", "content");
}
END_TEST

START_TEST(a_signal_stops_a_commit_before_its_commit_point)
{
    struct told told = {0};
    const struct wgctl_progress progress = {tell, &told};
    sigset_t before;
    put("a.conf", NULL, "a");
    put("sub/b.conf", NULL, "b");
    signal(SIGTERM, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    wgctl_signals_hold(&before);
    raise(SIGTERM);
    int rc = wgctl_transaction_commit(store, &transaction, &progress, &err);
    signal(SIGTERM, SIG_IGN);
    wgctl_signals_release(&before);
    ck_assert_int_eq(rc, WGCTL_SYSTEM);
    assert_missing("a.conf");
    ck_assert_int_lt(access("sub", F_OK), 0);
    assert_at_rest();
}
END_TEST

/* ---- the journal ---- */

START_TEST(only_a_whole_record_counts)
{
    WGCTL_RECORD record = {0};
    WGCTL_TEXT text = {0};
    struct wgctl_version version = wgctl_version_of(wgctl_slice_of("content"));
    assert_ok(wgctl_record_add(&record, wgctl_slice_of("a name.conf"), &version,
                               &wgctl_version_none, 7, &err));
    assert_ok(wgctl_record_add(&record, wgctl_slice_of("sub/b.conf"), &wgctl_version_none, &version,
                               8, &err));
    wgctl_record_format(&record, &text);
    for (size_t size = 0; size <= text.size; size++) {
        WGCTL_RECORD read = {0};
        assert_ok(wgctl_record_parse((struct wgctl_slice){text.data, size}, &read, &err));
        ck_assert_uint_eq(read.count, size == text.size ? 2 : 0);
    }
    for (size_t i = 0; i < text.size; i++) {
        WGCTL_RECORD read = {0};
        text.data[i] ^= 1;
        assert_ok(wgctl_record_parse(wgctl_text_slice_of(&text), &read, &err));
        ck_assert_uint_eq(read.count, 0);
        text.data[i] ^= 1;
    }
    WGCTL_RECORD read = {0};
    assert_ok(wgctl_record_parse(wgctl_text_slice_of(&text), &read, &err));
    ck_assert_str_eq(read.files[0].path, "a name.conf");
    ck_assert(wgctl_version_equal(&read.files[1].after, &version));
    ck_assert_uint_eq(read.files[1].staged, 8);
}
END_TEST

START_TEST(the_last_whole_record_is_in_force)
{
    WGCTL_RECORD first = {0}, second = {0}, read = {0};
    WGCTL_TEXT text = {0};
    struct wgctl_version version = wgctl_version_of(wgctl_slice_of("x"));
    assert_ok(wgctl_record_add(&first, wgctl_slice_of("a"), &version, &version, 0, &err));
    assert_ok(wgctl_record_add(&second, wgctl_slice_of("b"), &version, &version, 1, &err));
    wgctl_record_format(&first, &text);
    size_t one = text.size;
    wgctl_record_format(&second, &text);
    for (size_t size = one; size <= text.size; size++) {
        assert_ok(wgctl_record_parse((struct wgctl_slice){text.data, size}, &read, &err));
        ck_assert_str_eq(read.files[0].path, size == text.size ? "b" : "a");
    }
}
END_TEST

START_TEST(a_journal_of_garbage_is_dropped)
{
    wgctl_store_close(&store);
    make(".wgctl/journal", "- 1-2 0 a.conf\nend 0000000000000000\n\xff", 0600);
    make(".wgctl/new.0", "a key", 0600);
    make("a.conf", "a", 0600);
    assert_ok(wgctl_store_open(path, &store, &err));
    assert_content("a.conf", "a");
    assert_ok(wgctl_store_lock(store, &err));
    assert_content("a.conf", "a");
    assert_at_rest();
}
END_TEST

/* Whoever recovers a record with such a path would write or remove a file elsewhere. */
START_TEST(a_record_with_a_path_out_of_the_folder_does_not_count)
{
    static const char *const paths[] = {"../wg0.conf", "/etc/shadow", "wg0.peers/../../x",
                                        ".wgctl/lock", "a/b/c"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        WGCTL_RECORD record = {0}, parsed = {0};
        WGCTL_TEXT text = {0};
        assert_ok(wgctl_record_add(&record, wgctl_slice_of(paths[i]), &wgctl_version_none,
                                   &wgctl_version_none, 0, &err));
        wgctl_record_format(&record, &text);
        assert_ok(wgctl_record_parse(wgctl_text_slice_of(&text), &parsed, &err));
        ck_assert_msg(parsed.count == 0, "%s", paths[i]);
    }
}
END_TEST

static Suite *store_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, reading_takes_no_lock_and_writes_nothing);
    tcase_add_test(tests, the_lock_is_held_until_it_is_released);
    tcase_add_test(tests, a_store_of_its_own_that_is_a_link_is_refused);
    tcase_add_test(tests, a_name_exists_whatever_has_it);
    tcase_add_test(tests, a_file_that_cannot_be_looked_at_is_an_error);
    tcase_add_test(tests, files_are_created_replaced_and_removed_together);
    tcase_add_test(tests, modes_and_owners_are_kept);
    tcase_add_test(tests, other_users_lose_their_permissions_if_asked);
    tcase_add_test(tests, a_path_is_put_once_and_its_last_content_counts);
    tcase_add_test(tests, a_file_that_is_put_and_removed_is_not_made);
    tcase_add_test(tests, a_path_stays_in_the_folder);
    tcase_add_test(tests, an_empty_transaction_does_nothing);
    tcase_add_test(tests, a_file_edited_since_it_was_read_is_kept);
    tcase_add_test(tests, a_file_made_or_removed_since_is_noticed);
    tcase_add_test(tests, a_link_is_not_followed);
    tcase_add_test(tests, a_mount_point_is_named_before_anything_changes);
    tcase_add_test(tests, an_immutable_file_is_named_before_anything_changes);
    tcase_add_test(tests, a_commit_that_fails_between_two_files_is_taken_back);
    tcase_add_test(tests, what_was_edited_since_is_not_taken_back);
    tcase_add_test(tests, ten_thousand_files_are_made_durable_together);
    tcase_add_test(tests, a_signal_stops_a_commit_before_its_commit_point);
    tcase_add_test(tests, only_a_whole_record_counts);
    tcase_add_test(tests, a_record_with_a_path_out_of_the_folder_does_not_count);
    tcase_add_test(tests, the_last_whole_record_is_in_force);
    tcase_add_test(tests, a_journal_of_garbage_is_dropped);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(store_suite());
}
