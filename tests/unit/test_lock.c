/* Waiting for a lock that another process holds, and locks that are not to be trusted. */
#include "base/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

static char path[] = "/tmp/wgctl-lock-XXXXXX";
static int fd;
static pid_t holder;
static struct wgctl_error err;

static void setup(void)
{
    fd = mkostemp(path, O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    holder = 0;
}

static void release(void)
{
    if (holder > 0) {
        kill(holder, SIGKILL);
        waitpid(holder, NULL, 0);
    }
    holder = 0;
}

static void teardown(void)
{
    release();
    close(fd);
    unlink(path);
}

static int lock_again(void)
{
    int own = open(path, O_RDWR | O_CLOEXEC);
    return own < 0 ? -1 : flock(own, LOCK_EX);
}

/* Another process holds the lock when this returns, until release(). */
static void let_another_hold_it(void)
{
    int taken[2];
    char byte;
    ck_assert_int_eq(pipe(taken), 0);
    holder = fork();
    if (holder == 0) {
        if (lock_again() < 0 || write(taken[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(taken[0], &byte, 1), 1);
    close(taken[0]);
    close(taken[1]);
}

static void assert_names(const char *text)
{
    char pid[32];
    snprintf(pid, sizeof pid, "test_lock' (pid %d)", (int)holder);
    ck_assert_msg(strstr(text, pid) != NULL, "no %s in: %s", pid, text);
}

START_TEST(a_free_lock_is_taken)
{
    ck_assert_int_eq(wgctl_lock_take(fd, path, &err), WGCTL_OK);
    int other = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_lt(flock(other, LOCK_EX | LOCK_NB), 0);
    close(other);
}
END_TEST

START_TEST(without_patience_a_held_lock_is_busy_at_once)
{
    wgctl_lock_set_patience((struct wgctl_patience){.seconds = 0});
    let_another_hold_it();
    ck_assert_int_eq(wgctl_lock_take(fd, path, &err), WGCTL_BUSY);
    assert_names(err.message);
}
END_TEST

START_TEST(patience_ends)
{
    wgctl_lock_set_patience((struct wgctl_patience){.seconds = 1});
    let_another_hold_it();
    ck_assert_int_eq(wgctl_lock_take(fd, path, &err), WGCTL_BUSY);
    assert_names(err.message);
    ck_assert_ptr_nonnull(strstr(err.message, "after 1 second"));
}
END_TEST

/* Checks the name, and ends the waiting. */
static void hear_and_release(void *context, const char *name)
{
    int *calls = context;
    ++*calls;
    assert_names(name);
    release();
}

START_TEST(who_waits_hears_for_whom_and_gets_the_lock_afterwards)
{
    int calls = 0;
    wgctl_lock_set_patience((struct wgctl_patience){60, hear_and_release, &calls});
    let_another_hold_it();
    ck_assert_int_eq(wgctl_lock_take(fd, path, &err), WGCTL_OK);
    ck_assert_int_eq(calls, 1);
}
END_TEST

/* As a hook that calls wgctl: its caller waits for it, and it must not wait for its caller. */
START_TEST(a_lock_that_an_ancestor_holds_is_not_waited_for)
{
    ck_assert_int_eq(lock_again(), 0);
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0)
            _exit(wgctl_lock_take(fd, path, &err) == WGCTL_BUSY &&
                          strstr(err.message, "is waiting for this command")
                      ? 7
                      : 1);
        int status;
        waitpid(grandchild, &status, 0);
        _exit(WEXITSTATUS(status));
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

START_TEST(what_cannot_be_locked_is_an_error)
{
    ck_assert_int_lt(wgctl_lock_take(-1, path, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, path));
}
END_TEST

/* ---- a lock that is not ours ---- */

enum { NOBODY = 65534 };

static struct wgctl_folder folder = {.fd = -1};
static char folder_path[] = "/tmp/wgctl-lock-XXXXXX";
static char command[128];

static void shell(const char *line)
{
    snprintf(command, sizeof command, "cd %s && %s", folder_path, line);
    ck_assert_int_eq(system(command), 0);
}

static void setup_folder(void)
{
    umask(077);
    ck_assert_ptr_nonnull(mkdtemp(folder_path));
    ck_assert_int_eq(wgctl_folder_open(folder_path, &folder, &err), WGCTL_OK);
    wgctl_lock_set_patience((struct wgctl_patience){.seconds = 0});
}

static void teardown_folder(void)
{
    release();
    wgctl_folder_close(&folder);
    snprintf(command, sizeof command, "rm -rf %s", folder_path);
    ck_assert_int_eq(system(command), 0);
}

static int lock_in_folder(int *ret)
{
    return wgctl_folder_lock(&folder, "lock", ret, &err);
}

/* Opens and locks the lock in another process, as `user`, until release(). */
static void let_hold_in_folder(uid_t user)
{
    int file = openat(folder.fd, "lock", O_RDONLY), taken[2];
    char byte;
    ck_assert_int_eq(pipe(taken), 0);
    holder = fork();
    if (holder == 0) {
        if (setuid(user) < 0 || flock(file, LOCK_EX) < 0 || write(taken[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(file);
    ck_assert_int_eq(read(taken[0], &byte, 1), 1);
    close(taken[0]);
    close(taken[1]);
}

static void assert_locked(int lock)
{
    struct stat locked, named;
    ck_assert_int_eq(fstat(lock, &locked), 0);
    ck_assert_int_eq(fstatat(folder.fd, "lock", &named, AT_SYMLINK_NOFOLLOW), 0);
    ck_assert_uint_eq(locked.st_ino, named.st_ino);
    ck_assert_uint_eq(named.st_mode, S_IFREG | 0600);
    ck_assert_uint_eq(named.st_nlink, 1);
    ck_assert_uint_eq(named.st_uid, 0);
    int other = openat(folder.fd, "lock", O_RDWR | O_CLOEXEC);
    ck_assert_int_lt(flock(other, LOCK_EX | LOCK_NB), 0);
    close(other);
}

static const char *const strange_locks[] = {
    "ln -s other lock",
    "ln -s nowhere lock",
    "mkfifo lock",
    "mkdir lock",
    "mknod lock c 1 3",
    "touch lock && ln lock second",
    "touch lock && chmod 644 lock",
    "touch lock && chmod 620 lock",
    "touch lock && chmod 400 lock",
    "touch lock && chown 65534 lock",
    "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"lock\")'",
};

START_TEST(a_lock_that_is_not_ours_is_replaced)
{
    int lock = -1;
    shell("echo mine >other");
    shell(strange_locks[_i]);
    ck_assert_msg(lock_in_folder(&lock) == WGCTL_OK, "%s: %s", strange_locks[_i], err.message);
    assert_locked(lock);
    shell("test ! -e nowhere && test \"$(cat other)\" = mine && test $(stat -c %h other) = 1");
    wgctl_folder_unlock(&lock);
}
END_TEST

START_TEST(one_that_cannot_be_replaced_is_an_error)
{
    int lock = -1;
    shell("mkdir lock && touch lock/file");
    ck_assert_int_lt(lock_in_folder(&lock), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot replace the lock /tmp/wgctl-lock-"));
    ck_assert_int_eq(lock, -1);
}
END_TEST

/* A backup with hard links may have been made while a command had the lock. */
START_TEST(a_lock_that_is_held_is_replaced_only_afterwards)
{
    int lock = -1;
    shell("touch lock && ln lock second");
    let_hold_in_folder(0);
    ck_assert_int_eq(lock_in_folder(&lock), WGCTL_BUSY);
    shell("test lock -ef second");
    release();
    ck_assert_int_eq(lock_in_folder(&lock), WGCTL_OK);
    assert_locked(lock);
    shell("test ! lock -ef second");
    wgctl_folder_unlock(&lock);
}
END_TEST

START_TEST(another_user_cannot_hold_it_forever)
{
    int lock = -1;
    shell("touch lock && chmod 644 lock");
    let_hold_in_folder(NOBODY);
    ck_assert_msg(lock_in_folder(&lock) == WGCTL_OK, "%s", err.message);
    assert_locked(lock);
    wgctl_folder_unlock(&lock);
}
END_TEST

static void replace_and_release(void *context, const char *name)
{
    (void)context;
    (void)name;
    shell("touch new && mv new lock");
    release();
}

START_TEST(a_lock_that_is_replaced_meanwhile_does_not_count)
{
    int lock = -1;
    wgctl_lock_set_patience((struct wgctl_patience){60, replace_and_release, NULL});
    shell("touch lock");
    let_hold_in_folder(0);
    ck_assert_int_eq(lock_in_folder(&lock), WGCTL_OK);
    assert_locked(lock);
    wgctl_folder_unlock(&lock);
}
END_TEST

/* Stands before the call that removes a strange lock (--wrap, tests/CMakeLists.txt): there, another
 * process tries to do the same. */
enum { NOT_TRIED = 1 };
static int result_of_other = NOT_TRIED;

int __real_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags);
int __wrap_unlinkat(int at, const char *name, int flags)
{
    struct wgctl_folder own;
    int lock = -1, status;
    if (result_of_other != NOT_TRIED)
        return __real_unlinkat(at, name, flags);
    result_of_other = WGCTL_OK;
    pid_t child = fork();
    if (child == 0)
        _exit(wgctl_folder_open(folder_path, &own, &err) < 0
                  ? 99
                  : -wgctl_folder_lock(&own, "lock", &lock, &err));
    waitpid(child, &status, 0);
    result_of_other = -WEXITSTATUS(status);
    return __real_unlinkat(at, name, flags);
}

START_TEST(two_never_replace_it_at_the_same_time)
{
    int lock = -1;
    shell("ln -s nowhere lock");
    ck_assert_int_eq(lock_in_folder(&lock), WGCTL_OK);
    ck_assert_int_eq(result_of_other, WGCTL_BUSY);
    assert_locked(lock);
    wgctl_folder_unlock(&lock);
}
END_TEST

static Suite *lock_suite(void)
{
    Suite *suite = suite_create("lock");
    TCase *tcase = tcase_create("lock");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_free_lock_is_taken);
    tcase_add_test(tcase, without_patience_a_held_lock_is_busy_at_once);
    tcase_add_test(tcase, patience_ends);
    tcase_add_test(tcase, who_waits_hears_for_whom_and_gets_the_lock_afterwards);
    tcase_add_test(tcase, a_lock_that_an_ancestor_holds_is_not_waited_for);
    tcase_add_test(tcase, what_cannot_be_locked_is_an_error);
    suite_add_tcase(suite, tcase);
    TCase *strange = tcase_create("strange");
    tcase_add_checked_fixture(strange, setup_folder, teardown_folder);
    tcase_add_loop_test(strange, a_lock_that_is_not_ours_is_replaced, 0,
                        sizeof strange_locks / sizeof *strange_locks);
    tcase_add_test(strange, one_that_cannot_be_replaced_is_an_error);
    tcase_add_test(strange, a_lock_that_is_held_is_replaced_only_afterwards);
    tcase_add_test(strange, another_user_cannot_hold_it_forever);
    tcase_add_test(strange, a_lock_that_is_replaced_meanwhile_does_not_count);
    tcase_add_test(strange, two_never_replace_it_at_the_same_time);
    suite_add_tcase(suite, strange);
    return suite;
}

int main(void)
{
    return run_suite(lock_suite());
}
