/* Commits that are killed before each call that changes something. */
#include <sys/wait.h>

#include "store_cases.h"
#include "suite.h"

/* What happens before the call of that number, counted from 1; 0: nothing. */
static int call_count, event_at;
static enum { KILL, EDIT } event;
static int edited_file;

static bool is_name_of(const char *name, const char *path)
{
    const char *slash = strrchr(path, '/');
    return name && strcmp(name, slash ? slash + 1 : path) == 0;
}

static void before_call(enum case_call call, int fd, const char *name, int to_fd, const char *to,
                        const void *data, size_t size)
{
    (void)fd, (void)to_fd, (void)data, (void)size;
    /* An edit between the comparison and the change of the same file cannot be noticed. */
    const char *changed = call == CALL_RENAME ? to : call == CALL_UNLINK ? name : NULL;
    if (event == EDIT && is_name_of(changed, case_paths[edited_file]))
        return;
    if (++call_count != event_at)
        return;
    if (event == KILL)
        _exit(1);
    event_at = 0; /* what follows is the test's own */
    mkdir("sub", 0700);
    case_write(case_paths[edited_file], case_edited, strlen(case_edited));
}

static void teardown(void)
{
    event = KILL;
    event_at = 0;
    case_teardown();
}

/* Returns whether `run` was killed before its call of that number; false: it came to its end. */
static bool is_killed(int at, int (*run)(int number), int number)
{
    pid_t child = fork();
    if (child == 0) {
        event = KILL;
        event_at = at;
        call_count = 0;
        _exit(run(number) == WGCTL_OK ? 0 : 2);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) < 2);
    return WEXITSTATUS(status) == 1;
}

START_TEST(a_killed_commit_is_old_or_new_as_a_whole)
{
    bool seen_old = false, seen_new = false;
    int at = 1;
    for (bool killed = true; killed; at++) {
        case_prepare(_i);
        killed = is_killed(at, case_commit, _i);
        int view = case_recover(_i);
        /* Once it is new it stays new: there is one commit point. */
        ck_assert(!seen_new || view & CASE_IS_NEW);
        ck_assert(killed || view & CASE_IS_NEW);
        seen_old |= view == CASE_IS_OLD;
        seen_new |= view == CASE_IS_NEW;
    }
    ck_assert(seen_old && seen_new && at > 10);
}
END_TEST

static int recover(int number)
{
    WGCTL_STORE *store = NULL;
    (void)number;
    int rc = wgctl_store_open(".", &store, &err);
    return rc < 0 ? rc : wgctl_store_lock(store, &err);
}

/* One case in which every kind of change occurs. */
START_TEST(a_killed_recovery_is_finished_by_the_next)
{
    const int number = CASE_CREATED | CASE_REPLACED << 2 | CASE_REMOVED << 4;
    bool killed = true;
    for (int at = 1; killed; at++) {
        bool killed_again = true;
        for (int again = 1; killed_again; again++) {
            case_prepare(number);
            killed = is_killed(at, case_commit, number);
            killed_again = is_killed(again, recover, number);
            case_recover(number);
        }
    }
}
END_TEST

/* Returns whether the commit made a call of that number, before which the file was edited. */
static bool edit_during_commit(int number, int at)
{
    WGCTL_STORE *store = NULL;
    case_prepare(number);
    event = EDIT;
    event_at = at;
    call_count = 0;
    int rc = case_commit(number);
    bool edited = event_at == 0;
    event = KILL;
    event_at = 0;
    if (!edited)
        return false;
    assert_ok(wgctl_store_open(".", &store, &err));
    assert_ok(wgctl_store_lock(store, &err));
    ck_assert_msg(case_file_is(store, edited_file, case_edited), "case %d, call %d", number, at);
    int view = case_view(store, number, edited_file);
    ck_assert(view & (rc == WGCTL_OK ? CASE_IS_NEW : CASE_IS_OLD));
    ck_assert_str_eq(wgctl_store_left_alone(store), "");
    return true;
}

START_TEST(a_file_edited_during_a_commit_is_kept)
{
    for (edited_file = 0; edited_file < CASE_FILES; edited_file++)
        for (int at = 1; case_kind(_i, edited_file) != CASE_UNUSED; at++)
            if (!edit_during_commit(_i, at))
                break;
}
END_TEST

static Suite *store_kill_suite(void)
{
    Suite *suite = suite_create("store_kill");
    TCase *tests = tcase_create("killed");
    tcase_add_checked_fixture(tests, case_setup, teardown);
    tcase_add_loop_test(tests, a_killed_commit_is_old_or_new_as_a_whole, 1, CASE_COUNT);
    tcase_add_test(tests, a_killed_recovery_is_finished_by_the_next);
    tcase_add_loop_test(tests, a_file_edited_during_a_commit_is_kept, 1, CASE_COUNT);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(store_kill_suite());
}
