/* Processes, with real programs in the test's own folder. */
#include "base/process.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/signals.h"
#include "host.h"

static char folder[] = "/tmp/wgctl-process-XXXXXX";
static struct wgctl_error err;

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void teardown(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    setenv("PATH", "/usr/bin:/bin", 1);
    ck_assert_int_eq(system(command), 0);
}

/* Runs a script in the test's folder. */
static int run(enum wgctl_output output, const char *script)
{
    char there[1024];
    snprintf(there, sizeof there, "cd %s; %s", folder, script);
    const char *const argv[] = {"sh", "-c", there, NULL};
    return wgctl_process_run(argv, output, &err);
}

static const char *content_of(const char *name)
{
    static char content[1024];
    FILE *file = fopen(name, "re");
    ck_assert_ptr_nonnull(file);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
    return content;
}

/* Runs a script with standard output and standard error in two files. */
static int run_captured(enum wgctl_output output, const char *script)
{
    int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600), saved_out = dup(1);
    int errors = open("errors", O_WRONLY | O_CREAT | O_TRUNC, 0600), saved_errors = dup(2);
    dup2(out, 1);
    dup2(errors, 2);
    int rc = run(output, script);
    dup2(saved_out, 1);
    dup2(saved_errors, 2);
    return rc;
}

/* ---- exit ---- */

START_TEST(a_program_that_succeeds_is_waited_for)
{
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "sleep 0.1; echo done >done"), WGCTL_OK);
    ck_assert_str_eq(content_of("done"), "done\n");
}
END_TEST

START_TEST(any_other_exit_status_is_an_error)
{
    ck_assert_int_eq(run(WGCTL_OUTPUT_SHOWN, "exit 3"), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "sh failed with exit status 3");
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "exit 255"), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "sh failed with exit status 255");
}
END_TEST

START_TEST(a_signal_that_ends_it_is_an_error)
{
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "kill -TERM $$"), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "sh was ended by signal 15");
}
END_TEST

START_TEST(a_program_that_is_not_there_is_not_found)
{
    const char *const argv[] = {"no-such-program", NULL};
    ck_assert_int_eq(wgctl_process_run(argv, WGCTL_OUTPUT_KEPT, &err), WGCTL_NOT_FOUND);
    ck_assert_str_eq(err.message, "the program 'no-such-program' is not installed");
}
END_TEST

START_TEST(a_file_that_is_no_program_cannot_be_started)
{
    const char *const argv[] = {"nonsense", NULL};
    FILE *file = fopen("nonsense", "we");
    ck_assert_int_ge(fputs("\x7f"
                           "ELF nonsense",
                           file),
                     0);
    fclose(file);
    chmod("nonsense", 0700);
    setenv("PATH", folder, 1);
    ck_assert_int_lt(wgctl_process_run(argv, WGCTL_OUTPUT_KEPT, &err), 0);
    ck_assert_str_eq(err.message, "cannot start nonsense: Exec format error");
}
END_TEST

/* The process that starts wgctl may have set SIGCHLD to be ignored. */
START_TEST(how_it_ends_is_known_also_where_children_are_ignored)
{
    signal(SIGCHLD, SIG_IGN);
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "exit 0"), WGCTL_OK);
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "exit 3"), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "sh failed with exit status 3");
    ck_assert_ptr_eq(signal(SIGCHLD, SIG_DFL), SIG_IGN); /* unchanged */
}
END_TEST

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

START_TEST(a_signal_does_not_end_the_waiting)
{
    const struct sigaction action = {.sa_handler = do_nothing}; /* without SA_RESTART */
    char script[64];
    sigaction(SIGUSR1, &action, NULL);
    snprintf(script, sizeof script, "sleep 0.1; kill -USR1 %d; sleep 0.1; exit 3", getpid());
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, script), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "sh failed with exit status 3");
}
END_TEST

/* ---- input and output ---- */

/* Starts a process that sends us a signal once the file `name` exists. */
static void signal_when(const char *name, int signal_number)
{
    pid_t target = getpid();
    if (fork() != 0)
        return;
    while (access(name, F_OK) != 0)
        usleep(1000);
    kill(target, signal_number);
    _exit(0);
}

/* Runs a program that would never end. */
static int run_stuck(const char *before)
{
    char script[128];
    sigset_t signals;
    snprintf(script, sizeof script, "%s touch begun; while :; do sleep 1; done", before);
    signal_when("begun", SIGTERM);
    wgctl_signals_hold(&signals);
    return run(WGCTL_OUTPUT_SHOWN, script);
}

static void raise_held(int signal_number)
{
    sigset_t signals;
    wgctl_signals_hold(&signals);
    raise(signal_number);
}

START_TEST(a_signal_that_is_held_ends_a_program_that_is_stuck)
{
    ck_assert_int_eq(run_stuck(""), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "sh was ended by signal 15");
    ck_assert(wgctl_signals_pending());
}
END_TEST

START_TEST(what_does_not_heed_it_is_made_to_end)
{
    ck_assert_int_eq(run_stuck("trap '' TERM;"), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "sh was ended by signal 9");
}
END_TEST

START_TEST(a_signal_that_waited_before_leaves_a_program_its_time)
{
    raise_held(SIGTERM);
    ck_assert_int_eq(run(WGCTL_OUTPUT_SHOWN, "sleep 0.2; echo done >done"), WGCTL_OK);
    ck_assert_str_eq(content_of("done"), "done\n");
}
END_TEST

/* Another signal interrupts the undo itself. */
START_TEST(another_signal_ends_what_was_started_after_the_first)
{
    raise_held(SIGINT);
    ck_assert_int_eq(run_stuck(""), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "sh was ended by signal 15");
}
END_TEST

START_TEST(what_it_has_started_ends_with_it)
{
    ck_assert_int_eq(run_stuck("sleep 600 & echo $! >child;"), WGCTL_SYSTEM);
    /* Gone, or a zombie that whoever inherited it has not reaped. */
    host("for i in $(seq 1000); do grep -qs '^State:.[^Z]' /proc/$(cat child)/status || exit 0; "
         "sleep 0.01; done; exit 1");
}
END_TEST

START_TEST(a_program_that_succeeds_all_the_same_has_succeeded)
{
    ck_assert_int_eq(run_stuck("trap 'exit 0' TERM;"), WGCTL_OK);
    ck_assert(wgctl_signals_pending());
}
END_TEST

/* As under nohup(1). */
START_TEST(a_signal_that_is_ignored_is_not_held)
{
    sigset_t signals;
    signal(SIGHUP, SIG_IGN);
    wgctl_signals_hold(&signals);
    raise(SIGHUP);
    ck_assert(!wgctl_signals_pending());
    raise(SIGTERM);
    ck_assert(wgctl_signals_pending());
}
END_TEST

START_TEST(nothing_that_our_caller_left_open_is_open_in_it)
{
    int left_open = open("left-open", O_WRONLY | O_CREAT, 0600); // NOLINT: without O_CLOEXEC
    ck_assert_int_gt(left_open, 2);
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "ls -l /proc/$$/fd >open"), WGCTL_OK);
    ck_assert_ptr_null(strstr(content_of("open"), "left-open"));
}
END_TEST

/* ---- surroundings ---- */

static int filter(const struct wgctl_process *process, struct wgctl_text *ret)
{
    return wgctl_process_filter_as(process, (struct wgctl_slice){"", 0}, ret, &err);
}

START_TEST(it_runs_in_the_root_with_a_umask_of_its_own)
{
    static const char *const argv[] = {"sh", "-c", "pwd; umask", NULL};
    static const struct wgctl_process private = {.argv = argv},
                                      public = {.argv = argv, .is_public = true};
    WGCTL_TEXT said = {0}, said_in_public = {0};
    umask(027);
    ck_assert_int_eq(filter(&private, &said), WGCTL_OK);
    ck_assert_str_eq(said.data, "/\n0077\n");
    ck_assert_int_eq(filter(&public, &said_in_public), WGCTL_OK);
    ck_assert_str_eq(said_in_public.data, "/\n0022\n");
    ck_assert_uint_eq(umask(0), 027); /* ours is unchanged */
    ck_assert_int_eq(run(WGCTL_OUTPUT_SHOWN, "umask >said"), WGCTL_OK);
    ck_assert_str_eq(content_of("said"), "0077\n");
}
END_TEST

/* The output of env(1), sorted. */
static void assert_environment(const char *const variables[], const char *expected)
{
    const char *const argv[] = {
        "sh", "-c", "env | grep -v '^\\(PWD\\|_\\|SHLVL\\|OLDPWD\\)=' | LC_ALL=C sort", NULL};
    WGCTL_TEXT said = {0};
    ck_assert_int_eq(filter(&(struct wgctl_process){.argv = argv, .variables = variables}, &said),
                     WGCTL_OK);
    ck_assert_str_eq(said.data, expected);
}

START_TEST(it_gets_the_variables_that_are_named_and_no_others)
{
    clearenv();
    assert_environment(NULL, "PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin\n");
    setenv("PATH", "", 1);
    assert_environment(NULL, "PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin\n");
    static const char *const others[] = {
        "LD_PRELOAD",    "LD_LIBRARY_PATH",
        "BASH_ENV",      "ENV",
        "SHELLOPTS",     "PS4",
        "IFS",           "PYTHONPATH",
        "WG_TUN_FD",     "LANGUAG",
        "LCX",           "HOMES",
        "WG_UAPI_FD",    "WG_PROCESS_FOREGROUND",
        "NOTIFY_SOCKET", "PATHS",
        "XPATH",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        setenv(others[i], "", 1);
    setenv("BASH_FUNC_id%%", "() { echo me; }", 1);
    setenv("PATH", "/usr/bin:/bin", 1);
    setenv("HOME", "/root", 1);
    setenv("LANG", "de_DE.UTF-8", 1);
    setenv("LC_TIME", "C", 1);
    setenv("TERM", "xterm", 1);
    setenv("WG_HIDE_KEYS", "never", 1);
    setenv("LOG_LEVEL", "verbose", 1);
    assert_environment(NULL, "HOME=/root\nLANG=de_DE.UTF-8\nLC_TIME=C\nLOG_LEVEL=verbose\n"
                             "PATH=/usr/bin:/bin\nTERM=xterm\nWG_HIDE_KEYS=never\n");
    assert_environment(
        (const char *const[]){"LC_TIME=en", "INTERFACE=wg0", NULL},
        "HOME=/root\nINTERFACE=wg0\nLANG=de_DE.UTF-8\nLC_TIME=en\nLOG_LEVEL=verbose\n"
        "PATH=/usr/bin:/bin\nTERM=xterm\nWG_HIDE_KEYS=never\n");
}
END_TEST

/* ---- output ---- */

START_TEST(a_box_of_text_is_no_reason)
{
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "echo why; echo '\xe2\x94\x8c\xe2\x94\x80'; exit 1"),
                     WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "sh failed with exit status 1: why");
}
END_TEST

START_TEST(arguments_are_given_as_they_are)
{
    const char *const argv[] = {"sh",   "-c",    "cd \"$0\"; printf '%s|' \"$@\" >said",
                                folder, "a b",   "$(id)",
                                "",     "'\"\n", NULL};
    ck_assert_int_eq(wgctl_process_run(argv, WGCTL_OUTPUT_KEPT, &err), WGCTL_OK);
    ck_assert_str_eq(content_of("said"), "a b|$(id)||'\"\n|");
}
END_TEST

START_TEST(its_input_is_empty)
{
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "cat >said"), WGCTL_OK);
    ck_assert_str_eq(content_of("said"), "");
}
END_TEST

START_TEST(what_is_shown_goes_to_standard_error_all_of_it)
{
    ck_assert_int_eq(run_captured(WGCTL_OUTPUT_SHOWN, "echo one; echo two >&2"), WGCTL_OK);
    ck_assert_str_eq(content_of("out"), "");
    ck_assert_str_eq(content_of("errors"), "one\ntwo\n");
}
END_TEST

START_TEST(what_is_kept_is_not_shown)
{
    ck_assert_int_eq(run_captured(WGCTL_OUTPUT_KEPT, "echo one; echo two >&2; exit 1"),
                     WGCTL_SYSTEM);
    ck_assert_str_eq(content_of("out"), "");
    ck_assert_str_eq(content_of("errors"), "");
    ck_assert_str_eq(err.message, "sh failed with exit status 1: two");
}
END_TEST

START_TEST(the_last_line_is_told_however_much_was_said)
{
    ck_assert_int_lt(run(WGCTL_OUTPUT_KEPT, "seq 10000; echo '  why  '; echo; exit 1"), 0);
    ck_assert_str_eq(err.message, "sh failed with exit status 1:   why");
    ck_assert_int_lt(run(WGCTL_OUTPUT_KEPT, "echo; exit 1"), 0);
    ck_assert_int_lt(run(WGCTL_OUTPUT_KEPT, "head -c 100000 /dev/zero | tr '\\0' x; exit 1"), 0);
    ck_assert_uint_lt(strlen(err.message), WGCTL_MESSAGE_SIZE);
}
END_TEST

START_TEST(a_program_that_stays_is_not_waited_for_where_its_output_is_kept)
{
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "sleep 30 & echo $! >stays"), WGCTL_OK);
    pid_t stays = (pid_t)strtol(content_of("stays"), NULL, 10);
    ck_assert_int_eq(kill(stays, 0), 0);
    ck_assert_int_ne(getsid(stays), getsid(0)); /* so it outlives the terminal */
    kill(stays, SIGKILL);
}
END_TEST

START_TEST(what_keeps_its_output_is_open_in_it_as_its_output_only)
{
    ck_assert_int_eq(run(WGCTL_OUTPUT_KEPT, "ls -l /proc/$$/fd | grep -c memfd >said"), WGCTL_OK);
    ck_assert_str_eq(content_of("said"), "2\n");
}
END_TEST

/* ---- lookup ---- */

static void make_program(const char *path, mode_t mode)
{
    close(open(path, O_WRONLY | O_CREAT, 0600));
    chmod(path, mode);
}

START_TEST(a_program_is_found_in_the_first_folder_that_has_it)
{
    char path[PATH_MAX], folders[3 * PATH_MAX], expected[PATH_MAX];
    ck_assert_int_eq(mkdir("a", 0700), 0);
    ck_assert_int_eq(mkdir("b", 0700), 0);
    make_program("a/wg-tool", 0600); /* not executable */
    make_program("b/wg-tool", 0700);
    snprintf(folders, sizeof folders, "/nowhere:%s/a:%s/b", folder, folder);
    snprintf(expected, sizeof expected, "%s/b/wg-tool", folder);
    setenv("PATH", folders, 1);
    ck_assert(!access("a/wg-tool", F_OK));
    ck_assert(wgctl_process_find("wg-tool", path, sizeof path));
    ck_assert_str_eq(path, expected);
    ck_assert(wgctl_process_find("wg-tool", NULL, 0));
}
END_TEST

/* "", "." and "sub" in PATH would depend on the working directory. */
START_TEST(folders_that_depend_on_where_we_are_are_passed_over)
{
    make_program("wg-tool", 0700);
    ck_assert_int_eq(mkdir("sub", 0700), 0);
    make_program("sub/wg-tool", 0700);
    setenv("PATH", ":.:sub:", 1);
    ck_assert(!wgctl_process_find("wg-tool", NULL, 0));
}
END_TEST

START_TEST(the_system_s_folders_are_looked_in_without_any_path)
{
    char path[PATH_MAX];
    setenv("PATH", "/nowhere", 1);
    ck_assert(wgctl_process_find("sh", path, sizeof path));
    unsetenv("PATH");
    ck_assert(wgctl_process_find("sh", path, sizeof path));
    ck_assert(path[0] == '/');
}
END_TEST

START_TEST(an_absolute_path_is_run_as_it_is)
{
    char program[PATH_MAX];
    snprintf(program, sizeof program, "%s/program", folder);
    const char *const argv[] = {program, NULL};
    FILE *file = fopen("program", "we");
    fprintf(file, "#!/bin/sh\necho \"$0\" >%s/said\n", folder);
    fclose(file);
    chmod("program", 0700);
    ck_assert_int_eq(wgctl_process_run(argv, WGCTL_OUTPUT_KEPT, &err), WGCTL_OK);
    snprintf(program + strlen(program), 2, "\n");
    ck_assert_str_eq(content_of("said"), program);
}
END_TEST

START_TEST(the_system_s_folders_can_be_the_only_ones)
{
    char path[PATH_MAX];
    make_program("wg-tool", 0700);
    setenv("PATH", folder, 1);
    ck_assert(wgctl_process_find("wg-tool", path, sizeof path));
    ck_assert(!wgctl_process_find_in_system("wg-tool", path, sizeof path));
    ck_assert(wgctl_process_find_in_system("sh", path, sizeof path));
}
END_TEST

START_TEST(a_path_that_does_not_fit_is_none)
{
    char path[5];
    ck_assert(!wgctl_process_find("sh", path, sizeof path));
}
END_TEST

static Suite *process_suite(void)
{
    Suite *suite = suite_create("process");
    TCase *process = tcase_create("process");
    tcase_add_checked_fixture(process, setup, teardown);
    tcase_add_test(process, a_program_that_succeeds_is_waited_for);
    tcase_add_test(process, any_other_exit_status_is_an_error);
    tcase_add_test(process, a_signal_that_ends_it_is_an_error);
    tcase_add_test(process, a_program_that_is_not_there_is_not_found);
    tcase_add_test(process, a_file_that_is_no_program_cannot_be_started);
    tcase_add_test(process, how_it_ends_is_known_also_where_children_are_ignored);
    tcase_add_test(process, a_signal_does_not_end_the_waiting);
    tcase_add_test(process, a_signal_that_is_held_ends_a_program_that_is_stuck);
    tcase_add_test(process, what_does_not_heed_it_is_made_to_end);
    tcase_add_test(process, a_signal_that_waited_before_leaves_a_program_its_time);
    tcase_add_test(process, another_signal_ends_what_was_started_after_the_first);
    tcase_add_test(process, what_it_has_started_ends_with_it);
    tcase_add_test(process, a_program_that_succeeds_all_the_same_has_succeeded);
    tcase_add_test(process, a_signal_that_is_ignored_is_not_held);
    tcase_add_test(process, nothing_that_our_caller_left_open_is_open_in_it);
    tcase_add_test(process, it_runs_in_the_root_with_a_umask_of_its_own);
    tcase_add_test(process, it_gets_the_variables_that_are_named_and_no_others);
    tcase_add_test(process, an_absolute_path_is_run_as_it_is);
    tcase_add_test(process, a_box_of_text_is_no_reason);
    tcase_add_test(process, arguments_are_given_as_they_are);
    tcase_add_test(process, its_input_is_empty);
    tcase_add_test(process, what_is_shown_goes_to_standard_error_all_of_it);
    tcase_add_test(process, what_is_kept_is_not_shown);
    tcase_add_test(process, the_last_line_is_told_however_much_was_said);
    tcase_add_test(process, a_program_that_stays_is_not_waited_for_where_its_output_is_kept);
    tcase_add_test(process, what_keeps_its_output_is_open_in_it_as_its_output_only);
    tcase_add_test(process, a_program_is_found_in_the_first_folder_that_has_it);
    tcase_add_test(process, folders_that_depend_on_where_we_are_are_passed_over);
    tcase_add_test(process, the_system_s_folders_are_looked_in_without_any_path);
    tcase_add_test(process, the_system_s_folders_can_be_the_only_ones);
    tcase_add_test(process, a_path_that_does_not_fit_is_none);
    suite_add_tcase(suite, process);
    return suite;
}

int main(void)
{
    return run_suite(process_suite());
}
