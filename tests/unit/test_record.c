/* What is noted in /run/wgctl, on a host of the test's own. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "run/private.h"

static struct wgctl_error err;
static struct wgctl_run_record record;

static void setup(void)
{
    enter_host();
    ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
    record = (struct wgctl_run_record){.fd = -1};
}

static void teardown(void)
{
    wgctl_run_record_clear(&record);
}

static struct wgctl_slice slice(const char *string)
{
    return wgctl_slice_of(string);
}

static void write_record(enum wgctl_goal goal, const char *target, const char *applied)
{
    record.goal = goal;
    int rc = wgctl_run_record_write("left", &record, slice(target), slice(applied), &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
}

/* Reads it as the next command does. */
static struct wgctl_run_record read_record(const char *interface)
{
    struct wgctl_run_record ret = {0};
    ck_assert_int_eq(wgctl_run_record_read(interface, &ret, &err), WGCTL_OK);
    return ret;
}

static void assert_record(enum wgctl_goal goal, const char *target, const char *applied)
{
    struct wgctl_run_record now = read_record("left");
    ck_assert(now.exists);
    ck_assert_int_eq(now.goal, goal);
    ck_assert(wgctl_slice_equal(now.target, slice(target)));
    ck_assert(wgctl_slice_equal(now.applied, slice(applied)));
    wgctl_run_record_clear(&now);
}

static bool is_there(const char *interface)
{
    struct wgctl_run_record now = read_record(interface);
    bool exists = now.exists;
    wgctl_run_record_clear(&now);
    return exists;
}

/* Its path; NULL if there is none. Fails if another file is there too. */
static const char *find_file(void)
{
    static char path[512];
    DIR *folder = opendir("/run/wgctl");
    size_t count = 0;
    for (const struct dirent *entry; folder && (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            snprintf(path, sizeof path, "/run/wgctl/%s", entry->d_name);
            count++;
        }
    if (folder)
        closedir(folder);
    ck_assert_uint_le(count, 1);
    return count ? path : NULL;
}

/* ---- one transition ---- */

START_TEST(what_is_noted_is_read)
{
    struct stat status;
    ck_assert(!is_there("left"));
    write_record(WGCTL_GO_APPLY, "new text\n", "old text\n");
    assert_record(WGCTL_GO_APPLY, "new text\n", "old text\n");
    record.op = WGCTL_RUN_POST_UP;
    record.item = 3;
    record.mark = 51820;
    ck_assert_int_eq(wgctl_run_record_note("left", &record, &err), WGCTL_OK);
    struct wgctl_run_record now = read_record("left");
    ck_assert_int_eq(now.op, WGCTL_RUN_POST_UP);
    ck_assert_uint_eq(now.item, 3);
    ck_assert_uint_eq(now.mark, 51820);
    wgctl_run_record_clear(&now);
    ck_assert_int_eq(wgctl_run_record_finish("left", &record, &err), WGCTL_OK);
    assert_record(WGCTL_GO_NOWHERE, "", "new text\n");
    ck_assert_int_eq(stat(find_file(), &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert_int_eq(stat("/run/wgctl", &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0700);
}
END_TEST

/* A peer that was revoked may have been in it. */
START_TEST(nothing_of_the_old_text_stays)
{
    WGCTL_TEXT content = {0};
    write_record(WGCTL_GO_APPLY, "new text\n", "secret\n");
    ck_assert_int_eq(wgctl_run_record_finish("left", &record, &err), WGCTL_OK);
    ck_assert(wgctl_file_content(find_file(), &content));
    ck_assert_ptr_nonnull(strstr(content.data, "new text"));
    ck_assert_ptr_null(strstr(content.data, "secret"));
}
END_TEST

START_TEST(one_that_was_removed_is_gone)
{
    write_record(WGCTL_GO_DOWN, "", "text\n");
    ck_assert_int_eq(wgctl_run_record_remove("left", &record, &err), WGCTL_OK);
    ck_assert_ptr_null(find_file());
    ck_assert_int_eq(wgctl_run_record_remove("left", &record, &err), WGCTL_OK);
}
END_TEST

/* ---- others ---- */

START_TEST(each_network_namespace_has_its_own)
{
    write_record(WGCTL_GO_UP, "text\n", "");
    ck_assert(is_there("left"));
    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    ck_assert(!is_there("left"));
}
END_TEST

START_TEST(another_interface_of_that_name_has_none)
{
    write_record(WGCTL_GO_UP, "text\n", "");
    host("ip link delete left && ip link add left type veth peer name right");
    ck_assert(!is_there("left"));
    /* But of one that is gone it is known what it left. */
    host("ip link delete left");
    ck_assert(is_there("left"));
}
END_TEST

/* With another folder of configurations, a wgctl does not wait for our lock. */
START_TEST(what_another_wrote_since_stays)
{
    struct wgctl_run_record other = {.fd = -1, .goal = WGCTL_GO_UP};
    write_record(WGCTL_GO_UP, "ours\n", "");
    ck_assert_int_eq(wgctl_run_record_write("left", &other, slice("theirs\n"), slice(""), &err),
                     WGCTL_OK);
    ck_assert_int_eq(wgctl_run_record_remove("left", &record, &err), WGCTL_OK);
    assert_record(WGCTL_GO_UP, "theirs\n", "");
    wgctl_run_record_clear(&other);
}
END_TEST

START_TEST(one_that_cannot_be_written_leaves_the_old_one)
{
    write_record(WGCTL_GO_APPLY, "new text\n", "old text\n");
    ck_assert_int_eq(wgctl_run_record_finish("left", &record, &err), WGCTL_OK);
    host("mount --bind /run/wgctl /run/wgctl && mount -o remount,bind,ro /run/wgctl");
    ck_assert_int_lt(wgctl_run_record_write("left", &record, slice("x"), slice(""), &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot write /run/wgctl/left."));
    assert_record(WGCTL_GO_NOWHERE, "", "new text\n");
}
END_TEST

START_TEST(one_that_may_not_be_read_counts_as_none)
{
    write_record(WGCTL_GO_UP, "text\n", "");
    ck_assert_int_eq(chmod("/run/wgctl", 0755), 0);
    ck_assert_int_eq(chmod(find_file(), 0644), 0);
    ck_assert(!is_there("left"));
}
END_TEST

/* Makes what a kill in the middle of writing leaves. Returns its path. */
static const char *leave_half(void)
{
    static char path[512];
    char command[600];
    const char *name = strrchr(find_file(), '/') + 1;
    snprintf(path, sizeof path, "/run/wgctl/.%s.0123456789abcdef", name);
    snprintf(command, sizeof command, "echo key >%s", path);
    host(command);
    return path;
}

START_TEST(what_was_not_written_to_the_end_goes_with_it)
{
    write_record(WGCTL_GO_UP, "text\n", "");
    leave_half();
    ck_assert_int_eq(wgctl_run_record_remove("left", &record, &err), WGCTL_OK);
    ck_assert_ptr_null(find_file());
}
END_TEST

START_TEST(what_was_not_written_to_the_end_goes_when_the_next_is_written)
{
    write_record(WGCTL_GO_UP, "text\n", "");
    const char *path = leave_half();
    write_record(WGCTL_GO_UP, "other text\n", "");
    ck_assert_int_lt(access(path, F_OK), 0);
    assert_record(WGCTL_GO_UP, "other text\n", "");
}
END_TEST

START_TEST(what_another_is_writing_stays)
{
    write_record(WGCTL_GO_UP, "text\n", "");
    const char *path = leave_half();
    WGCTL_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    write_record(WGCTL_GO_UP, "other text\n", "");
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

/* As with EIO from pwrite(2). */
START_TEST(one_that_cannot_be_finished_is_still_on_its_way)
{
    write_record(WGCTL_GO_UP, "text\n", "");
    int fd = record.fd;
    record.fd = -1;
    ck_assert_int_lt(wgctl_run_record_finish("left", &record, &err), 0);
    record.fd = fd;
    ck_assert_int_eq(record.goal, WGCTL_GO_UP);
    ck_assert(wgctl_slice_equal(record.target, slice("text\n")));
    ck_assert_uint_eq(record.applied.size, 0);
}
END_TEST

/* ---- broken ---- */

static void put_content(const char *content, size_t size)
{
    FILE *file = fopen(find_file(), "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* Whatever is in it: it can be read, and what it says is within it. */
static void check_broken(void)
{
    struct wgctl_run_record now = read_record("left");
    if (now.exists) {
        ck_assert_uint_le(now.target.size + now.applied.size, now.text.size);
        wgctl_run_record_parse(&now, true);
    }
    wgctl_run_record_clear(&now);
}

START_TEST(one_that_was_cut_off_counts_as_none)
{
    WGCTL_TEXT whole = {0};
    write_record(WGCTL_GO_APPLY, "[Interface]\n", "[Interface]\nMTU = 1400\n");
    ck_assert(wgctl_file_content(find_file(), &whole));
    for (size_t size = 0; size < whole.size; size++) {
        put_content(whole.data, size);
        ck_assert_msg(!is_there("left"), "%zu bytes", size);
    }
}
END_TEST

START_TEST(one_with_any_other_byte_can_be_read)
{
    WGCTL_TEXT whole = {0};
    write_record(WGCTL_GO_APPLY, "[Interface]\n", "[Interface]\nMTU = 1400\n");
    ck_assert(wgctl_file_content(find_file(), &whole));
    for (size_t at = 0; at < whole.size; at++)
        for (const char *other = "\n 09-\xff"; *other; other++) {
            char before = whole.data[at];
            whole.data[at] = *other;
            put_content(whole.data, whole.size);
            check_broken();
            whole.data[at] = before;
        }
}
END_TEST

START_TEST(what_no_wgctl_wrote_can_be_read)
{
    static const char *const contents[] = {
        "",
        "# interface 5",
        "# interface 5\n",
        "# wgctl 1\n",
        "[Interface]\n",
        ("# wgctl 1\n# interface          0 mark          0\n# begun nothing  run_pre_down     "
         "         0\n# target 99999999999999999999 applied 99999999999999999999\n"),
    };
    write_record(WGCTL_GO_UP, "text\n", "");
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        put_content(contents[i], strlen(contents[i]));
        check_broken();
        ck_assert(!is_there("left"));
    }
}
END_TEST

static Suite *record_suite(void)
{
    Suite *suite = suite_create("record");
    TCase *tests = tcase_create("record");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_is_noted_is_read);
    tcase_add_test(tests, nothing_of_the_old_text_stays);
    tcase_add_test(tests, one_that_was_removed_is_gone);
    tcase_add_test(tests, each_network_namespace_has_its_own);
    tcase_add_test(tests, another_interface_of_that_name_has_none);
    tcase_add_test(tests, what_another_wrote_since_stays);
    tcase_add_test(tests, one_that_cannot_be_written_leaves_the_old_one);
    tcase_add_test(tests, what_was_not_written_to_the_end_goes_with_it);
    tcase_add_test(tests, what_was_not_written_to_the_end_goes_when_the_next_is_written);
    tcase_add_test(tests, what_another_is_writing_stays);
    tcase_add_test(tests, one_that_cannot_be_finished_is_still_on_its_way);
    tcase_add_test(tests, one_that_may_not_be_read_counts_as_none);
    tcase_add_test(tests, one_that_was_cut_off_counts_as_none);
    tcase_add_test(tests, one_with_any_other_byte_can_be_read);
    tcase_add_test(tests, what_no_wgctl_wrote_can_be_read);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(record_suite());
}
