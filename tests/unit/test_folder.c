/* Folders, in the test's own folder. */
#include "base/folder.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "texts.h"

enum { NOBODY = 65534 };

static char path[] = "/tmp/wgctl-folder-XXXXXX";
static struct wgctl_folder folder;
static struct wgctl_error err;

static void assert_ok(int rc)
{
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
}

static void assert_mode(const char *name, mode_t mode)
{
    struct stat status;
    ck_assert_int_eq(lstat(name, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, mode);
}

static void setup(void)
{
    umask(0); /* the modes of new folders must not depend on it */
    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(chdir(path), 0);
    assert_ok(wgctl_folder_open(path, &folder, &err));
}

static void teardown(void)
{
    char command[64];
    wgctl_folder_close(&folder);
    snprintf(command, sizeof command, "rm -rf %s", path);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(a_folder_that_others_can_write_to_is_refused)
{
    static const mode_t modes[] = {0720, 0702, 0777, 01777};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct wgctl_folder opened = WGCTL_FOLDER_CLOSED;
        chmod(path, modes[i]);
        ck_assert_int_eq(wgctl_folder_open(path, &opened, &err), WGCTL_DENIED);
        ck_assert_ptr_nonnull(strstr(err.message, "can be written to by other users"));
        ck_assert_ptr_nonnull(strstr(err.hint, "sudo chmod go-w /tmp/wgctl-folder-"));
        ck_assert_int_eq(opened.fd, -1);
    }
    chmod(path, 0755);
    struct wgctl_folder opened;
    assert_ok(wgctl_folder_open(path, &opened, &err));
    ck_assert_str_eq(opened.path, path);
    wgctl_folder_close(&opened);
}
END_TEST

START_TEST(a_folder_of_somebody_else_is_refused)
{
    struct wgctl_folder opened;
    ck_assert_int_eq(chown(path, NOBODY, 0), 0);
    ck_assert_int_eq(wgctl_folder_open(path, &opened, &err), WGCTL_DENIED);
    ck_assert_ptr_nonnull(strstr(err.message, "belongs to another user (uid 65534)"));
}
END_TEST

START_TEST(a_folder_of_root_or_of_the_caller_is_taken)
{
    struct wgctl_folder opened;
    chmod(path, 0755);
    ck_assert_int_eq(mkdir("own", 0700), 0);
    ck_assert_int_eq(chown("own", NOBODY, 0), 0);
    ck_assert_int_eq(seteuid(NOBODY), 0);
    assert_ok(wgctl_folder_open(path, &opened, &err));
    wgctl_folder_close(&opened);
    assert_ok(wgctl_folder_open("own", &opened, &err));
    wgctl_folder_close(&opened);
    ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(what_is_no_folder_is_an_error)
{
    struct wgctl_folder opened;
    char long_path[PATH_MAX + 10];
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    close(open("file", O_WRONLY | O_CREAT, 0600));
    ck_assert_int_lt(wgctl_folder_open("file", &opened, &err), 0);
    ck_assert_int_eq(wgctl_folder_open("nowhere", &opened, &err), WGCTL_NOT_FOUND);
    ck_assert_int_lt(wgctl_folder_open(long_path, &opened, &err), 0);
    ck_assert_int_lt(wgctl_folder_open_in(&folder, long_path, true, &opened, &err), 0);
}
END_TEST

START_TEST(a_folder_is_made_with_its_mode_once)
{
    bool made = false;
    assert_ok(wgctl_folder_make("new", 0700, &made, &err));
    ck_assert(made);
    assert_mode("new", 0700);
    assert_ok(wgctl_folder_make("new", 0755, &made, &err));
    ck_assert(!made);
    assert_mode("new", 0700);
    assert_ok(wgctl_folder_make("new", 0755, NULL, &err));
    ck_assert_int_eq(wgctl_folder_make("a/b", 0700, &made, &err), WGCTL_NOT_FOUND);
}
END_TEST

START_TEST(a_folder_in_a_folder_is_made_only_where_that_is_asked_for)
{
    struct wgctl_folder opened = WGCTL_FOLDER_CLOSED;
    ck_assert_int_eq(wgctl_folder_open_in(&folder, "peers", false, &opened, &err), WGCTL_NOT_FOUND);
    ck_assert_int_ne(access("peers", F_OK), 0);
    assert_ok(wgctl_folder_open_in(&folder, "peers", true, &opened, &err));
    assert_mode("peers", 0700);
    ck_assert_ptr_nonnull(strstr(opened.path, "/peers"));
    wgctl_folder_close(&opened);
    ck_assert_int_eq(opened.fd, -1);
    wgctl_folder_close(&opened); /* closing twice has no effect */
}
END_TEST

START_TEST(a_link_is_no_folder_in_a_folder)
{
    struct wgctl_folder opened = WGCTL_FOLDER_CLOSED;
    ck_assert_int_eq(mkdir("other", 0700), 0);
    ck_assert_int_eq(symlink("other", "peers"), 0);
    ck_assert_int_lt(wgctl_folder_open_in(&folder, "peers", true, &opened, &err), 0);
    ck_assert_int_eq(opened.fd, -1);
}
END_TEST

START_TEST(a_folder_in_a_folder_is_looked_at_as_well)
{
    struct wgctl_folder opened = WGCTL_FOLDER_CLOSED;
    ck_assert_int_eq(mkdir("peers", 0777), 0);
    ck_assert_int_eq(wgctl_folder_open_in(&folder, "peers", true, &opened, &err), WGCTL_DENIED);
    ck_assert_int_eq(opened.fd, -1);
}
END_TEST

/* ---- the folders above ---- */

/* Makes a/b/c, opens the innermost and expects what is in the error; NULL: that it can be opened.
 */
static void assert_opens(const char *name, const char *why, const char *fix)
{
    struct wgctl_folder opened = WGCTL_FOLDER_CLOSED;
    int rc = wgctl_folder_open(name, &opened, &err);
    if (!why) {
        assert_ok(rc);
        wgctl_folder_close(&opened);
        return;
    }
    ck_assert_int_eq(rc, WGCTL_DENIED);
    ck_assert_int_eq(opened.fd, -1);
    ck_assert_msg(strstr(err.message, why) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.hint, fix) != NULL, "%s", err.hint);
}

static void make_nested(void)
{
    ck_assert_int_eq(mkdir("a", 0755), 0);
    ck_assert_int_eq(mkdir("a/b", 0755), 0);
    ck_assert_int_eq(mkdir("a/b/c", 0700), 0);
}

START_TEST(a_folder_in_one_that_others_can_write_to_is_refused)
{
    static const struct {
        const char *above;
        mode_t mode;
        bool opens;
    } cases[] = {
        {"a", 0775, false},   {"a", 0757, false},  {"a/b", 0777, false}, {"a", 01777, true},
        {"a/b", 01775, true}, {"a/b", 0711, true}, {"a/b", 0555, true},
    };
    make_nested();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char why[200], fix[200];
        snprintf(why, sizeof why, "a/b/c is in %s/%s, which other users can write to", path,
                 cases[i].above);
        snprintf(fix, sizeof fix, "sudo chmod go-w %s/%s", path, cases[i].above);
        chmod("a", 0755);
        chmod("a/b", 0755);
        chmod(cases[i].above, cases[i].mode);
        assert_opens("a/b/c", cases[i].opens ? NULL : why, fix);
    }
}
END_TEST

START_TEST(a_folder_in_one_of_somebody_else_is_refused)
{
    static const char *const above[] = {"a", "a/b"};
    make_nested();
    for (size_t i = 0; i < 2; i++) {
        char why[200];
        snprintf(why, sizeof why, "is in %s/%s, which belongs to another user (uid 65534)", path,
                 above[i]);
        ck_assert_int_eq(chown(above[i], NOBODY, 0), 0);
        assert_opens("a/b/c", why, "sudo mv a/b/c /etc/");
        /* Also where the sticky bit keeps all but its owner from renaming. */
        chmod(above[i], 01755);
        assert_opens("a/b/c", why, "sudo mv a/b/c /etc/");
        chmod(above[i], 0755);
        ck_assert_int_eq(chown(above[i], 0, 0), 0);
    }
    assert_opens("a/b/c", NULL, "");
}
END_TEST

START_TEST(a_folder_in_one_of_the_caller_or_of_root_is_taken)
{
    make_nested();
    chmod(path, 0755);
    ck_assert_int_eq(chown("a", NOBODY, 0), 0);
    ck_assert_int_eq(chown("a/b/c", NOBODY, 0), 0);
    ck_assert_int_eq(seteuid(NOBODY), 0);
    assert_opens("a/b/c", NULL, "");
    ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

/* What counts is where the folder is, not how the path leads to it. */
START_TEST(a_link_leads_past_no_check)
{
    make_nested();
    ck_assert_int_eq(symlink("a/b/c", "link"), 0);
    assert_opens("link", NULL, "");
    chmod("a", 0777);
    assert_opens("link", "/a, which other users can write to", "sudo chmod go-w /tmp/");
    ck_assert_int_eq(chdir("a/b/c"), 0);
    assert_opens(".", "/a, which other users can write to", "sudo chmod go-w /tmp/");
}
END_TEST

/* A folder whose parent is itself is not the root for that. */
START_TEST(a_mount_on_one_s_own_folder_hides_none_above)
{
    make_nested();
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("a/b", "a/b/c", NULL, MS_BIND, NULL), 0);
    chmod("a", 0777);
    assert_opens("a/b/c", "/a, which other users can write to", "sudo chmod go-w /tmp/");
    ck_assert_int_eq(umount("a/b/c"), 0);
    ck_assert_int_eq(mount("/", "a/b/c", NULL, MS_BIND, NULL), 0);
    assert_opens("a/b/c/etc", "/a, which other users can write to", "sudo chmod go-w /tmp/");
    ck_assert_int_eq(umount("a/b/c"), 0);
}
END_TEST

START_TEST(hooks_are_not_run_from_a_file_system_that_users_may_mount)
{
    struct wgctl_folder opened;
    ck_assert_int_eq(mkdir("a", 0700), 0);
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("none", "a", "tmpfs", 0, "mode=700"), 0);
    assert_ok(wgctl_folder_open("a", &opened, &err));
    assert_ok(wgctl_folder_check_hooks(&opened, &err));
    ck_assert_int_eq(mount(NULL, "a", NULL, MS_REMOUNT | MS_NOSUID, NULL), 0);
    ck_assert_int_eq(wgctl_folder_check_hooks(&opened, &err), WGCTL_DENIED);
    ck_assert_str_eq(err.message, "a is on a file system that is mounted nosuid, from which no "
                                  "hooks are run");
    ck_assert_ptr_nonnull(strstr(err.hint, "sudo mv a /etc/"));
    wgctl_folder_close(&opened);
    ck_assert_int_eq(umount("a"), 0);
}
END_TEST

/* As for whoever is root in a user namespace only: `/` belongs to somebody outside. */
START_TEST(what_is_above_a_user_namespace_is_taken)
{
    make_nested();
    chmod(path, 0755);
    ck_assert_int_eq(chown("a/b/c", 1000, 1000), 0);
    pid_t child = fork();
    if (child == 0) {
        struct wgctl_folder opened;
        _exit(seteuid(1000) < 0 || unshare(CLONE_NEWUSER) < 0         ? 1
              : wgctl_folder_open("a/b/c", &opened, &err) == WGCTL_OK ? 7
                                                                      : 2);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

static Suite *folder_suite(void)
{
    Suite *suite = suite_create("folder");
    TCase *folders = tcase_create("folders");
    tcase_add_checked_fixture(folders, setup, teardown);
    tcase_add_test(folders, a_folder_that_others_can_write_to_is_refused);
    tcase_add_test(folders, a_folder_of_somebody_else_is_refused);
    tcase_add_test(folders, a_folder_of_root_or_of_the_caller_is_taken);
    tcase_add_test(folders, what_is_no_folder_is_an_error);
    tcase_add_test(folders, a_folder_is_made_with_its_mode_once);
    tcase_add_test(folders, a_folder_in_a_folder_is_made_only_where_that_is_asked_for);
    tcase_add_test(folders, a_link_is_no_folder_in_a_folder);
    tcase_add_test(folders, a_folder_in_a_folder_is_looked_at_as_well);
    tcase_add_test(folders, a_folder_in_one_that_others_can_write_to_is_refused);
    tcase_add_test(folders, a_folder_in_one_of_somebody_else_is_refused);
    tcase_add_test(folders, a_folder_in_one_of_the_caller_or_of_root_is_taken);
    tcase_add_test(folders, a_link_leads_past_no_check);
    tcase_add_test(folders, a_mount_on_one_s_own_folder_hides_none_above);
    tcase_add_test(folders, hooks_are_not_run_from_a_file_system_that_users_may_mount);
    tcase_add_test(folders, what_is_above_a_user_namespace_is_taken);
    suite_add_tcase(suite, folders);
    return suite;
}

int main(void)
{
    return run_suite(folder_suite());
}
