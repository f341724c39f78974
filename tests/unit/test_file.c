/* Files, in the test's own folder. Ownership is tested only as root. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lock.h"
#include "texts.h"

enum { NOBODY = 65534 };

static char path[] = "/tmp/wgctl-file-XXXXXX";
static struct wgctl_folder folder;
static struct wgctl_error err;

static void assert_ok(int rc)
{
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
}

static void setup(void)
{
    umask(0); /* the modes of new files must not depend on it */
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
    assert_ok(wgctl_file_read(&folder, name, WGCTL_PUBLIC, &text, &err));
    assert_text(&text, expected);
}

static void assert_mode(const char *name, mode_t mode)
{
    struct stat status;
    ck_assert_int_eq(lstat(name, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, mode);
}

static bool is_there(const char *name)
{
    return access(name, F_OK) == 0;
}

static int write_text(const char *name, const char *content)
{
    return wgctl_file_write(&folder, name, wgctl_slice_of(content), 0600, &err);
}

/* ---- reading ---- */

START_TEST(a_file_is_read_whole_behind_what_is_there)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        WGCTL_TEXT text = {0};
        char *content = calloc(1, sizes[i] + 1);
        memset(content, 'x', sizes[i]);
        make("file", content, 0600);
        wgctl_text_string(&text, "before");
        assert_ok(wgctl_file_read(&folder, "file", WGCTL_SECRET, &text, &err));
        ck_assert_uint_eq(text.size, sizes[i] + 6);
        ck_assert_str_eq(text.data + 6, content);
        free(content);
    }
}
END_TEST

START_TEST(a_file_whose_size_is_not_known_before_is_read_whole)
{
    WGCTL_TEXT text = {0};
    struct wgctl_folder proc;
    assert_ok(wgctl_folder_open("/proc/self", &proc, &err));
    assert_ok(wgctl_file_read(&proc, "smaps", WGCTL_PUBLIC, &text, &err)); /* page by page */
    ck_assert_uint_gt(text.size, 10000);
    wgctl_folder_close(&proc);
}
END_TEST

static void assert_refused(const char *name, enum wgctl_exposure exposure, const char *why,
                           const char *mend)
{
    WGCTL_TEXT text = {0};
    ck_assert_int_eq(wgctl_file_read(&folder, name, exposure, &text, &err), WGCTL_DENIED);
    ck_assert_msg(strstr(err.message, why) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.hint, mend) != NULL, "%s", err.hint);
    ck_assert_uint_eq(text.size, 0);
}

/* Opens the folder again, with another mode. */
static void reopen(mode_t mode)
{
    wgctl_folder_close(&folder);
    ck_assert_int_eq(chmod(path, mode), 0);
    assert_ok(wgctl_folder_open(path, &folder, &err));
}

START_TEST(a_secret_that_others_can_read_is_refused)
{
    reopen(0755);
    static const mode_t modes[] = {0640, 0604, 0610, 0601, 0644};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        make("wg0.conf", "secret", modes[i]);
        assert_refused("wg0.conf", WGCTL_SECRET, "other users can read it", "sudo chmod 600 /tmp/");
    }
    make("wg0.conf", "secret", 0644);
    assert_content("wg0.conf", "secret"); /* if it is not one */
}
END_TEST

START_TEST(a_folder_that_others_cannot_enter_protects_what_is_in_it)
{
    static const mode_t modes[] = {0700, 0744, 0500};
    WGCTL_TEXT text = {0};
    struct wgctl_folder inner;
    ck_assert_int_eq(mkdir("peers", 0755), 0);
    make("wg0.conf", "secret", 0755);
    make("wg0.ini", "secret", 0666);
    make("peers/phone.conf", "secret", 0644);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        reopen(modes[i]);
        assert_ok(wgctl_file_read(&folder, "wg0.conf", WGCTL_SECRET, &text, &err));
        assert_ok(wgctl_file_read(&folder, "wg0.ini", WGCTL_PUBLIC, &text, &err));
        assert_ok(wgctl_folder_open_in(&folder, "peers", false, &inner, &err));
        assert_ok(wgctl_file_read(&inner, "phone.conf", WGCTL_SECRET, &text, &err));
        wgctl_folder_close(&inner);
    }
    reopen(0710); /* the group may enter it */
    text.size = 0;
    assert_refused("wg0.conf", WGCTL_SECRET, "other users can read it", "sudo chmod 600 /tmp/");
}
END_TEST

START_TEST(a_folder_does_not_protect_a_file_with_another_name_elsewhere)
{
    ck_assert_int_eq(mkdir("public", 0755), 0);
    make("wg0.conf", "secret", 0644);
    ck_assert_int_eq(link("wg0.conf", "public/copy"), 0);
    assert_refused("wg0.conf", WGCTL_SECRET, "other users can read it", "sudo chmod 600 /tmp/");
    ck_assert_int_eq(chmod("wg0.conf", 0600), 0);
    assert_content("wg0.conf", "secret");
}
END_TEST

START_TEST(a_file_that_others_can_write_to_is_refused)
{
    reopen(0755);
    make("wg0.ini", "", 0622);
    assert_refused("wg0.ini", WGCTL_PUBLIC, "can be written to by other users", "sudo chmod go-w");
    make("wg0.ini", "", 0602);
    assert_refused("wg0.ini", WGCTL_PUBLIC, "can be written to by other users", "sudo chmod go-w");
}
END_TEST

START_TEST(a_file_of_somebody_else_is_refused)
{
    make("wg0.conf", "", 0600);
    ck_assert_int_eq(chown("wg0.conf", NOBODY, 0), 0);
    assert_refused("wg0.conf", WGCTL_SECRET, "belongs to another user (uid 65534)", "chown root");
}
END_TEST

START_TEST(a_link_is_not_followed)
{
    make("file", "", 0600);
    ck_assert_int_eq(symlink("file", "wg0.conf"), 0);
    assert_refused("wg0.conf", WGCTL_SECRET, "is a symbolic link", "cp --remove-destination");
    ck_assert_int_eq(symlink("nowhere", "wg1.conf"), 0);
    assert_refused("wg1.conf", WGCTL_SECRET, "is a symbolic link", "cp --remove-destination");
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_and_keeps_nobody_waiting)
{
    ck_assert_int_eq(mkfifo("wg0.conf", 0600), 0);
    assert_refused("wg0.conf", WGCTL_SECRET, "is not a regular file", "ls -ld");
    ck_assert_int_eq(mkdir("wg1.conf", 0700), 0);
    assert_refused("wg1.conf", WGCTL_SECRET, "is not a regular file", "ls -ld");
}
END_TEST

START_TEST(a_file_that_is_not_there_is_not_found)
{
    WGCTL_TEXT text = {0};
    ck_assert_int_eq(wgctl_file_read(&folder, "wg0.conf", WGCTL_SECRET, &text, &err),
                     WGCTL_NOT_FOUND);
}
END_TEST

/* ---- writing ---- */

START_TEST(a_file_is_made_or_replaced)
{
    assert_ok(write_text("wg0.conf", "one"));
    assert_content("wg0.conf", "one");
    assert_ok(write_text("wg0.conf", ""));
    assert_content("wg0.conf", "");
    ck_assert(!is_there(WGCTL_FILE_NEW));
}
END_TEST

START_TEST(a_file_gets_the_mode_that_is_asked_for_whatever_it_had)
{
    make("wg0.conf", "", 0644);
    assert_ok(write_text("wg0.conf", "x"));
    assert_mode("wg0.conf", 0600);
    umask(077);
    assert_ok(wgctl_file_write(&folder, "public", wgctl_slice_of("x"), 0644, &err));
    assert_mode("public", 0644);
}
END_TEST

START_TEST(whoever_has_the_old_file_open_keeps_it)
{
    char content[8] = "";
    make("wg0.conf", "old", 0600);
    int fd = open("wg0.conf", O_RDONLY);
    assert_ok(write_text("wg0.conf", "new"));
    ck_assert_int_eq(read(fd, content, sizeof content - 1), 3);
    ck_assert_str_eq(content, "old");
    close(fd);
}
END_TEST

START_TEST(a_link_is_replaced_and_what_it_leads_to_is_not)
{
    make("other", "mine", 0600);
    ck_assert_int_eq(symlink("other", "wg0.conf"), 0);
    assert_ok(write_text("wg0.conf", "new"));
    assert_content("wg0.conf", "new");
    assert_content("other", "mine");
}
END_TEST

START_TEST(a_link_in_the_place_of_the_new_file_is_not_followed)
{
    make("other", "mine", 0600);
    ck_assert_int_eq(symlink("other", WGCTL_FILE_NEW), 0);
    assert_ok(write_text("wg0.conf", "new"));
    assert_content("other", "mine");
    assert_content("wg0.conf", "new");
}
END_TEST

START_TEST(where_there_is_no_room_nothing_is_changed)
{
    char much[4096];
    const struct rlimit limit = {1000, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    memset(much, 'x', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    make("wg0.conf", "old", 0600);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int rc = write_text("wg0.conf", much), other = write_text("new", much);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_assert_int_lt(rc, 0);
    ck_assert_int_lt(other, 0);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot write /tmp/wgctl-file-"));
    assert_content("wg0.conf", "old");
    ck_assert(!is_there("new"));
    ck_assert(!is_there(WGCTL_FILE_NEW));
}
END_TEST

START_TEST(a_file_does_not_take_the_place_of_a_folder)
{
    ck_assert_int_eq(mkdir("wg0.conf", 0700), 0);
    ck_assert_int_lt(write_text("wg0.conf", "new"), 0);
    ck_assert(!is_there(WGCTL_FILE_NEW));
}
END_TEST

START_TEST(what_a_killed_one_left_is_in_nobody_s_way)
{
    make(WGCTL_FILE_NEW, "half", 0600);
    assert_ok(write_text("wg0.conf", "whole"));
    assert_content("wg0.conf", "whole");
    ck_assert(!is_there(WGCTL_FILE_NEW));
}
END_TEST

START_TEST(a_file_is_removed_and_one_that_is_not_there_is_no_error)
{
    make("wg0.conf", "", 0600);
    assert_ok(wgctl_file_remove(&folder, "wg0.conf", &err));
    ck_assert(!is_there("wg0.conf"));
    assert_ok(wgctl_file_remove(&folder, "wg0.conf", &err));
    ck_assert_int_eq(mkdir("wg0.conf", 0700), 0);
    ck_assert_int_lt(wgctl_file_remove(&folder, "wg0.conf", &err), 0);
}
END_TEST

/* ---- durability ---- */

/* Replacements for functions of the C library (--wrap, tests/CMakeLists.txt): they record the
 * calls, and one of them can fail. */
static char calls[256];
static const char *failing = "";
static int failure;

int __wrap_fsync(int fd);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);

static int note_call(const char *name)
{
    strncat(calls, name, sizeof calls - strlen(calls) - 1);
    if (strcmp(failing, name) != 0)
        return 0;
    failing = "";
    errno = failure;
    return -1;
}

int __wrap_fsync(int fd)
{
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    return note_call(S_ISDIR(status.st_mode) ? "folder " : "file ");
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    int rc = note_call("rename ");
    return rc < 0 ? rc : renameat2(from_fd, from, to_fd, to, 0);
}

static void fail_at(const char *call, int number)
{
    calls[0] = '\0';
    failing = call;
    failure = number;
}

START_TEST(content_name_and_folder_reach_the_disk_in_this_order)
{
    assert_ok(write_text("wg0.conf", "new"));
    ck_assert_str_eq(calls, "file rename folder ");
}
END_TEST

START_TEST(what_does_not_reach_the_disk_does_not_take_its_place)
{
    static const char *const steps[] = {"file ", "rename "};
    make("wg0.conf", "old", 0600);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        fail_at(steps[i], ENOSPC);
        ck_assert_int_eq(write_text("wg0.conf", "new"), WGCTL_FULL);
        assert_content("wg0.conf", "old");
        ck_assert(!is_there(WGCTL_FILE_NEW));
    }
}
END_TEST

START_TEST(a_folder_that_does_not_reach_the_disk_is_an_error)
{
    fail_at("folder ", EIO);
    ck_assert_int_eq(write_text("wg0.conf", "new"), WGCTL_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err.message, "to the disk: Input/output error"));
    assert_content("wg0.conf", "new");
}
END_TEST

START_TEST(a_signal_does_not_keep_it_from_the_disk)
{
    fail_at("file ", EINTR);
    assert_ok(write_text("wg0.conf", "new"));
    ck_assert_str_eq(calls, "file file rename folder ");
    fail_at("folder ", EINTR);
    assert_ok(write_text("wg0.conf", "new"));
    ck_assert_str_eq(calls, "file rename folder folder ");
}
END_TEST

START_TEST(a_new_folder_reaches_the_disk_in_the_folder_above)
{
    assert_ok(wgctl_folder_make("new", 0700, NULL, &err));
    ck_assert_str_eq(calls, "folder ");
    fail_at("folder ", EIO);
    ck_assert_int_eq(wgctl_folder_make("newer", 0700, NULL, &err), WGCTL_SYSTEM);
    fail_at("", 0);
    assert_ok(wgctl_folder_make("new", 0700, NULL, &err)); /* which exists */
    ck_assert_str_eq(calls, "");
}
END_TEST

/* ---- system files ---- */

START_TEST(a_system_s_file_is_written_in_place_and_never_made)
{
    make("switch", "0\n", 0644);
    int fd = open("switch", O_RDONLY);
    assert_ok(wgctl_file_set("switch", "1\n", &err));
    char content[8] = "";
    ck_assert_int_eq(read(fd, content, sizeof content - 1), 2);
    ck_assert_str_eq(content, "1\n");
    close(fd);
    ck_assert_int_eq(wgctl_file_set("nowhere", "1\n", &err), WGCTL_NOT_FOUND);
    ck_assert(!is_there("nowhere"));
    ck_assert_int_eq(wgctl_file_set("/dev/full", "1\n", &err), WGCTL_FULL);
}
END_TEST

START_TEST(the_first_line_is_read_without_its_end)
{
    char line[4] = "???";
    make("file", "12\n34\n", 0600);
    ck_assert(wgctl_file_first_line("file", line, sizeof line));
    ck_assert_str_eq(line, "12");
    make("file", "123456", 0600);
    ck_assert(wgctl_file_first_line("file", line, sizeof line));
    ck_assert_str_eq(line, "123");
    make("file", "", 0600);
    ck_assert(wgctl_file_first_line("file", line, sizeof line));
    ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(why_a_line_cannot_be_read_stands_in_errno)
{
    char line[4];
    ck_assert(!wgctl_file_first_line("nowhere", line, sizeof line));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert(!wgctl_file_first_line("/tmp", line, sizeof line));
    ck_assert_int_eq(errno, EISDIR);
}
END_TEST

/* ---- the lock ---- */

/* Returns whether another process could take the lock at once. */
static bool is_free(const char *name)
{
    char command[64];
    snprintf(command, sizeof command, "flock -n %s true", name);
    return system(command) == 0;
}

START_TEST(a_lock_keeps_others_out_until_it_is_let_go)
{
    int lock = -1;
    assert_ok(wgctl_folder_lock(&folder, ".lock", &lock, &err));
    ck_assert_int_ge(lock, 0);
    assert_mode(".lock", 0600);
    ck_assert(!is_free(".lock"));
    wgctl_folder_unlock(&lock);
    ck_assert_int_eq(lock, -1);
    ck_assert(is_free(".lock"));
    ck_assert(is_there(".lock"));
    wgctl_folder_unlock(&lock); /* has no effect */
}
END_TEST

START_TEST(a_lock_that_is_let_go_is_free_whoever_has_inherited_it)
{
    int lock = -1, again = -1;
    assert_ok(wgctl_folder_lock(&folder, ".lock", &lock, &err));
    int inherited = dup(lock);
    wgctl_folder_unlock(&lock);
    assert_ok(wgctl_folder_lock(&folder, ".lock", &again, &err));
    wgctl_folder_unlock(&again);
    close(inherited);
}
END_TEST

START_TEST(a_lock_is_not_inherited_by_programs)
{
    WGCTL_FD lock = -1;
    assert_ok(wgctl_folder_lock(&folder, ".lock", &lock, &err));
    ck_assert_int_eq(fcntl(lock, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(folder.fd, F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(whoever_comes_second_waits)
{
    int taken[2], second = -1;
    char byte;
    ck_assert_int_eq(pipe(taken), 0);
    pid_t child = fork();
    if (child == 0) {
        int first = -1;
        if (wgctl_folder_lock(&folder, ".lock", &first, &err) < 0 || write(taken[1], "", 1) != 1)
            _exit(1);
        usleep(100000);
        close(open("released", O_CREAT | O_WRONLY, 0600));
        wgctl_folder_unlock(&first);
        _exit(7);
    }
    int status;
    ck_assert_int_eq(read(taken[0], &byte, 1), 1);
    assert_ok(wgctl_folder_lock(&folder, ".lock", &second, &err));
    ck_assert(is_there("released"));
    wgctl_folder_unlock(&second);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

START_TEST(a_signal_does_not_end_the_waiting)
{
    int first = -1, second = -1;
    const struct sigaction action = {.sa_handler = do_nothing}; /* without SA_RESTART */
    sigaction(SIGUSR1, &action, NULL);
    assert_ok(wgctl_folder_lock(&folder, ".lock", &first, &err));
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        usleep(50000);
        kill(parent, SIGUSR1);
        usleep(50000);
        _exit(0); /* releases the lock */
    }
    close(first);
    assert_ok(wgctl_folder_lock(&folder, ".lock", &second, &err));
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    wgctl_folder_unlock(&second);
}
END_TEST

static void add_reading_tests(Suite *suite)
{
    TCase *reading = tcase_create("reading");
    tcase_add_checked_fixture(reading, setup, teardown);
    tcase_add_test(reading, a_file_is_read_whole_behind_what_is_there);
    tcase_add_test(reading, a_file_whose_size_is_not_known_before_is_read_whole);
    tcase_add_test(reading, a_secret_that_others_can_read_is_refused);
    tcase_add_test(reading, a_folder_that_others_cannot_enter_protects_what_is_in_it);
    tcase_add_test(reading, a_folder_does_not_protect_a_file_with_another_name_elsewhere);
    tcase_add_test(reading, a_file_that_others_can_write_to_is_refused);
    tcase_add_test(reading, a_file_of_somebody_else_is_refused);
    tcase_add_test(reading, a_link_is_not_followed);
    tcase_add_test(reading, what_is_no_regular_file_is_refused_and_keeps_nobody_waiting);
    tcase_add_test(reading, a_file_that_is_not_there_is_not_found);
    tcase_add_test(reading, the_first_line_is_read_without_its_end);
    tcase_add_test(reading, why_a_line_cannot_be_read_stands_in_errno);
    suite_add_tcase(suite, reading);
}

static void add_writing_and_lock_tests(Suite *suite)
{
    TCase *writing = tcase_create("writing");
    tcase_add_checked_fixture(writing, setup, teardown);
    tcase_add_test(writing, a_file_is_made_or_replaced);
    tcase_add_test(writing, a_file_gets_the_mode_that_is_asked_for_whatever_it_had);
    tcase_add_test(writing, whoever_has_the_old_file_open_keeps_it);
    tcase_add_test(writing, a_link_is_replaced_and_what_it_leads_to_is_not);
    tcase_add_test(writing, a_link_in_the_place_of_the_new_file_is_not_followed);
    tcase_add_test(writing, where_there_is_no_room_nothing_is_changed);
    tcase_add_test(writing, a_file_does_not_take_the_place_of_a_folder);
    tcase_add_test(writing, what_a_killed_one_left_is_in_nobody_s_way);
    tcase_add_test(writing, a_file_is_removed_and_one_that_is_not_there_is_no_error);
    tcase_add_test(writing, a_system_s_file_is_written_in_place_and_never_made);
    suite_add_tcase(suite, writing);
    TCase *disk = tcase_create("disk");
    tcase_add_checked_fixture(disk, setup, teardown);
    tcase_add_test(disk, content_name_and_folder_reach_the_disk_in_this_order);
    tcase_add_test(disk, what_does_not_reach_the_disk_does_not_take_its_place);
    tcase_add_test(disk, a_folder_that_does_not_reach_the_disk_is_an_error);
    tcase_add_test(disk, a_signal_does_not_keep_it_from_the_disk);
    tcase_add_test(disk, a_new_folder_reaches_the_disk_in_the_folder_above);
    suite_add_tcase(suite, disk);
    TCase *lock = tcase_create("lock");
    tcase_add_checked_fixture(lock, setup, teardown);
    tcase_add_test(lock, a_lock_keeps_others_out_until_it_is_let_go);
    tcase_add_test(lock, a_lock_that_is_let_go_is_free_whoever_has_inherited_it);
    tcase_add_test(lock, a_lock_is_not_inherited_by_programs);
    tcase_add_test(lock, whoever_comes_second_waits);
    tcase_add_test(lock, a_signal_does_not_end_the_waiting);
    suite_add_tcase(suite, lock);
}

int main(void)
{
    Suite *suite = suite_create("file");
    add_reading_tests(suite);
    add_writing_and_lock_tests(suite);
    return run_suite(suite);
}
