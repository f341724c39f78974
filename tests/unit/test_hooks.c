/* Hooks: the owner's commands, compared with wg-quick. */
#include "host/hooks.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "texts.h"

static char folder[] = "/tmp/wgctl-hooks-XXXXXX";
static struct wgctl_error err;

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void teardown(void)
{
    char command[64];
    setenv("PATH", "/usr/bin:/bin", 1);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static int run(const char *command)
{
    return wgctl_hook_run(wgctl_slice_of(command), "wg0", WGCTL_OUTPUT_SHOWN, false, &err);
}

/* Runs it in the test's folder. */
static int run_there(const char *command)
{
    WGCTL_TEXT there = {0};
    wgctl_text_format(&there, "cd %s; %s", folder, command);
    return run(there.data);
}

static void assert_says(const char *command, const char *expected)
{
    char content[1024];
    ck_assert_msg(run_there(command) == WGCTL_OK, "%s", err.message);
    FILE *file = fopen("said", "re");
    ck_assert_ptr_nonnull(file);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
    ck_assert_str_eq(content, expected);
}

START_TEST(every_mark_becomes_the_interface_s_name)
{
    assert_says("printf '%i-%i' >said", "wg0-wg0");
    assert_says("echo %i%i %>said", "wg0wg0 %\n");
}
END_TEST

START_TEST(what_is_no_mark_stays_as_it_is)
{
    assert_says("printf '%s' '%I%' >said", "%I%");
    assert_says("printf '%s' '# no comment' >said", "# no comment");
    assert_says("printf '%s' \"a  b\" >said", "a  b");
}
END_TEST

START_TEST(the_command_is_no_longer_than_its_slice)
{
    WGCTL_TEXT text = {0};
    wgctl_text_format(&text, "echo one >%s/said; echo %%i >%s/said", folder, folder);
    struct wgctl_slice first = {text.data, (size_t)(strchr(text.data, ';') - text.data)};
    ck_assert_int_eq(wgctl_hook_run(first, "wg0", WGCTL_OUTPUT_SHOWN, false, &err), WGCTL_OK);
    assert_says("true", "one\n");
}
END_TEST

START_TEST(a_command_can_be_what_bash_alone_understands)
{
    assert_says("[[ %i == wg* ]] && cat <(echo bash) >said", "bash\n");
}
END_TEST

START_TEST(a_command_that_fails_is_named_with_its_marks_filled_in)
{
    ck_assert_int_eq(run("exit 3 # %i"), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "the command 'exit 3 # wg0' in the configuration: bash failed "
                                  "with exit status 3");
}
END_TEST

/* Not where and how wgctl was called. */
START_TEST(a_command_has_surroundings_of_its_own)
{
    setenv("BASH_ENV", "/nowhere", 1);
    setenv("MINE", "1", 1);
    setenv("LANG", "de_DE.UTF-8", 1);
    umask(0);
    ck_assert_int_eq(run("test $PWD = / && test $(umask) = 0077 && test $LC_ALL = C"), WGCTL_OK);
    ck_assert_int_eq(run("test $INTERFACE = wg0 && test $LANG = de_DE.UTF-8"), WGCTL_OK);
    ck_assert_int_eq(run("test ! -v MINE && test ! -v BASH_ENV"), WGCTL_OK);
}
END_TEST

START_TEST(what_a_command_says_is_shown_on_standard_error)
{
    int errors = open("said", O_WRONLY | O_CREAT, 0600), saved = dup(STDERR_FILENO);
    dup2(errors, STDERR_FILENO);
    int rc = run("echo one; echo two >&2");
    dup2(saved, STDERR_FILENO);
    ck_assert_int_eq(rc, WGCTL_OK);
    assert_says("true", "one\ntwo\n");
}
END_TEST

START_TEST(a_command_that_fails_ends_the_hook_also_in_a_pipe)
{
    ck_assert_int_eq(run("false || true"), WGCTL_OK);
    ck_assert_int_lt(run("true && false"), 0);
    ck_assert_int_lt(run("false; true"), 0);
    ck_assert_int_lt(run("false | true"), 0);
}
END_TEST

START_TEST(an_overlong_command_runs_and_is_cut_in_the_error)
{
    WGCTL_TEXT command = {0};
    wgctl_text_string(&command, "exit 3 # ");
    for (int i = 0; i < 1000; i++)
        wgctl_text_string(&command, "%i");
    ck_assert_int_eq(run(command.data), WGCTL_SYSTEM);
    ck_assert_ptr_nonnull(
        strstr(err.message, "' in the configuration: bash failed with exit status 3"));
    ck_assert_uint_lt(strlen(err.message), 300);
}
END_TEST

static Suite *hooks_suite(void)
{
    Suite *suite = suite_create("hooks");
    TCase *hooks = tcase_create("hooks");
    tcase_add_checked_fixture(hooks, setup, teardown);
    tcase_add_test(hooks, every_mark_becomes_the_interface_s_name);
    tcase_add_test(hooks, what_is_no_mark_stays_as_it_is);
    tcase_add_test(hooks, the_command_is_no_longer_than_its_slice);
    tcase_add_test(hooks, a_command_can_be_what_bash_alone_understands);
    tcase_add_test(hooks, a_command_that_fails_is_named_with_its_marks_filled_in);
    tcase_add_test(hooks, a_command_has_surroundings_of_its_own);
    tcase_add_test(hooks, what_a_command_says_is_shown_on_standard_error);
    tcase_add_test(hooks, a_command_that_fails_ends_the_hook_also_in_a_pipe);
    tcase_add_test(hooks, an_overlong_command_runs_and_is_cut_in_the_error);
    suite_add_tcase(suite, hooks);
    return suite;
}

int main(void)
{
    return run_suite(hooks_suite());
}
