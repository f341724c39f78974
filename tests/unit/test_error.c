#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "suite.h"

static const char *repeat(char *buffer, size_t size, char c)
{
    memset(buffer, c, size - 1);
    buffer[size - 1] = '\0';
    return buffer;
}

START_TEST(a_failure_returns_its_status_and_keeps_its_message)
{
    struct wgctl_error err;
    memset(&err, 0xa5, sizeof err);
    ck_assert_int_eq(wgctl_fail(&err, WGCTL_EXISTS, "peer '%s' already exists", "phone"),
                     WGCTL_EXISTS);
    ck_assert_int_eq(err.status, WGCTL_EXISTS);
    ck_assert_str_eq(err.message, "peer 'phone' already exists");
    ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(a_new_failure_replaces_the_old_one_and_its_hint)
{
    struct wgctl_error err;
    wgctl_fail(&err, WGCTL_EXISTS, "first");
    wgctl_hint(&err, "mend it");
    wgctl_fail(&err, WGCTL_FULL, "second");
    ck_assert_int_eq(err.status, WGCTL_FULL);
    ck_assert_str_eq(err.message, "second");
    ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(a_hint_leaves_the_rest_as_it_is)
{
    struct wgctl_error err;
    wgctl_fail(&err, WGCTL_FULL, "no address is free");
    ck_assert_int_eq(wgctl_hint(&err, "remove %d peers", 3), WGCTL_FULL);
    ck_assert_str_eq(err.message, "no address is free");
    ck_assert_str_eq(err.hint, "remove 3 peers");
}
END_TEST

START_TEST(context_goes_before_the_message_and_keeps_status_and_hint)
{
    struct wgctl_error err;
    wgctl_fail(&err, WGCTL_INVALID, "no key");
    wgctl_hint(&err, "add one");
    ck_assert_int_eq(wgctl_context(&err, "line %d", 7), WGCTL_INVALID);
    ck_assert_int_eq(wgctl_context(&err, "wg0.conf"), WGCTL_INVALID);
    ck_assert_str_eq(err.message, "wg0.conf: line 7: no key");
    ck_assert_str_eq(err.hint, "add one");
}
END_TEST

static const struct {
    int number;
    enum wgctl_status status;
} reasons[] = {
    {EACCES, WGCTL_DENIED},
    {EPERM, WGCTL_DENIED},
    {EROFS, WGCTL_DENIED},
    {ELOOP, WGCTL_DENIED},
    {ENOENT, WGCTL_NOT_FOUND},
    {ENODEV, WGCTL_NOT_FOUND},
    {ENXIO, WGCTL_NOT_FOUND},
    {EEXIST, WGCTL_EXISTS},
    {ENOSPC, WGCTL_FULL},
    {EDQUOT, WGCTL_FULL},
    {EBUSY, WGCTL_BUSY},
    {EAGAIN, WGCTL_BUSY},
    {EOPNOTSUPP, WGCTL_UNSUPPORTED},
    {ENOSYS, WGCTL_UNSUPPORTED},
    {EAFNOSUPPORT, WGCTL_UNSUPPORTED},
    {EPROTONOSUPPORT, WGCTL_UNSUPPORTED},
    {EIO, WGCTL_SYSTEM},
    {ENOMEM, WGCTL_SYSTEM},
    {EINVAL, WGCTL_SYSTEM},
};
enum { REASONS = sizeof reasons / sizeof *reasons };

START_TEST(status_and_reason_follow_errno)
{
    struct wgctl_error err;
    char expected[WGCTL_MESSAGE_SIZE] = "cannot open wg0.conf: ";
    strcat(expected, strerror(reasons[_i].number));
    errno = reasons[_i].number;
    ck_assert_int_eq(wgctl_fail_errno(&err, "cannot open %s", "wg0.conf"), reasons[_i].status);
    ck_assert_int_eq(err.status, reasons[_i].status);
    ck_assert_str_eq(err.message, expected);
}
END_TEST

START_TEST(the_commonest_reasons_have_a_hint_and_the_others_none)
{
    static const int with_hint[] = {EACCES, EPERM, ENOSPC, EDQUOT, EROFS, EIO};
    struct wgctl_error err;
    for (size_t i = 0; i < sizeof with_hint / sizeof *with_hint; i++) {
        errno = with_hint[i];
        wgctl_fail_errno(&err, "cannot write");
        ck_assert_str_ne(err.hint, "");
    }
    errno = ENXIO;
    wgctl_fail_errno(&err, "cannot read");
    ck_assert_str_eq(err.hint, "");
}
END_TEST

START_TEST(out_of_memory_is_the_systems_failure)
{
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_fail_memory(&err), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "out of memory");
}
END_TEST

/* What a text that was cut loses at its end: a part of a key could be there. */
enum { LOST = 44, MARK = sizeof "…" - 1 };

START_TEST(what_is_too_long_is_cut)
{
    struct wgctl_error err;
    char text[2 * WGCTL_MESSAGE_SIZE];
    repeat(text, sizeof text, 'x');
    wgctl_fail(&err, WGCTL_INVALID, "%s", text);
    ck_assert_uint_eq(strlen(err.message), WGCTL_MESSAGE_SIZE - 1 - LOST + MARK);
    wgctl_hint(&err, "%s", text);
    ck_assert_uint_eq(strlen(err.hint), WGCTL_HINT_SIZE - 1 - LOST + MARK);
    errno = EIO;
    ck_assert_int_eq(wgctl_fail_errno(&err, "%s", text), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message + WGCTL_MESSAGE_SIZE - 1 - LOST, "…: Input/output error");
}
END_TEST

START_TEST(a_key_is_in_no_message)
{
    static const char key[] = "mJ2tXkq7VYcO0RzLw8sHd5bEfPgUaNi3C1vT6yQx9BM=";
    struct wgctl_error err;
    wgctl_fail(&err, WGCTL_INVALID, "no peer %s", key);
    ck_assert_str_eq(err.message, "no peer …");
    wgctl_hint(&err, "not '%s'", key);
    ck_assert_str_eq(err.hint, "not '…'");
    wgctl_context(&err, "%s", key);
    ck_assert_str_eq(err.message, "…: no peer …");
    errno = EIO;
    wgctl_fail_errno(&err, "cannot read %s", key);
    ck_assert_str_eq(err.message, "cannot read …: Input/output error");
}
END_TEST

START_TEST(a_long_context_cuts_the_message_behind_it)
{
    struct wgctl_error err;
    char text[2 * WGCTL_MESSAGE_SIZE];
    for (size_t size = WGCTL_MESSAGE_SIZE - 10; size < WGCTL_MESSAGE_SIZE + 10; size++) {
        wgctl_fail(&err, WGCTL_INVALID, "the message");
        ck_assert_int_eq(wgctl_context(&err, "%s", repeat(text, size, 'x')), WGCTL_INVALID);
        ck_assert_uint_lt(strlen(err.message), WGCTL_MESSAGE_SIZE);
        ck_assert_uint_eq(strspn(err.message, "x"),
                          size <= WGCTL_MESSAGE_SIZE ? size - 1 : WGCTL_MESSAGE_SIZE - 1 - LOST);
    }
}
END_TEST

START_TEST(sudo_is_no_hint_for_root)
{
    struct wgctl_error err;
    errno = EPERM;
    if (geteuid() == 0) {
        wgctl_fail_errno(&err, "cannot create wg0");
        ck_assert_ptr_null(strstr(err.hint, "sudo"));
        ck_assert_ptr_nonnull(strstr(err.hint, "container"));
        ck_assert_int_eq(setuid(65534), 0);
    }
    errno = EPERM;
    wgctl_fail_errno(&err, "cannot create wg0");
    ck_assert_str_eq(err.hint, "run it again with sudo");
}
END_TEST

static Suite *error_suite(void)
{
    Suite *suite = suite_create("error");
    TCase *error = tcase_create("error");
    tcase_add_test(error, a_failure_returns_its_status_and_keeps_its_message);
    tcase_add_test(error, a_new_failure_replaces_the_old_one_and_its_hint);
    tcase_add_test(error, a_hint_leaves_the_rest_as_it_is);
    tcase_add_test(error, context_goes_before_the_message_and_keeps_status_and_hint);
    tcase_add_loop_test(error, status_and_reason_follow_errno, 0, REASONS);
    tcase_add_test(error, the_commonest_reasons_have_a_hint_and_the_others_none);
    tcase_add_test(error, out_of_memory_is_the_systems_failure);
    tcase_add_test(error, what_is_too_long_is_cut);
    tcase_add_test(error, a_key_is_in_no_message);
    tcase_add_test(error, a_long_context_cuts_the_message_behind_it);
    tcase_add_test(error, sudo_is_no_hint_for_root);
    suite_add_tcase(suite, error);
    return suite;
}

int main(void)
{
    return run_suite(error_suite());
}
