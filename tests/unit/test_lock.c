/* Waiting for a lock that another process holds. */
#include "base/lock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
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
    return suite;
}

int main(void)
{
    return run_suite(lock_suite());
}
