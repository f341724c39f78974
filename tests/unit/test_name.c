#include "net/name.h"

#include "texts.h"

START_TEST(a_name_is_what_every_app_takes)
{
    static const struct {
        const char *name, *fault; /* NULL: none */
    } cases[] = {
        {"phone", NULL},
        {"a", NULL},
        {"7", NULL},
        {"Z_=+.-9", NULL},
        {"fifteen-letters", NULL},
        {"a..", NULL},
        {"", "is empty"},
        {"sixteen-letters.", "is longer than 15 characters"},
        {".", "does not begin with a letter or digit"},
        {"..", "does not begin with a letter or digit"},
        {"-a", "does not begin with a letter or digit"},
        {"_a", "does not begin with a letter or digit"},
        {"\xc3\xa4", "does not begin with a letter or digit"},
        {"a b", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a/b", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a\n", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a\nPostUp = x", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a#", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a\xc3\xa4", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
        {"a%i", "has a character that is none of A-Z a-z 0-9 _ = + . -"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wgctl_error err = {0};
        int status = wgctl_peer_name_check(wgctl_slice_of(cases[i].name), &err);
        ck_assert_int_eq(status, cases[i].fault ? WGCTL_INVALID : WGCTL_OK);
        ck_assert(!cases[i].fault || contains(wgctl_slice_of(err.message), cases[i].fault));
        ck_assert(!cases[i].fault || err.hint[0]);
    }
}
END_TEST

static const char *const reserved[] = {
    "con",  "CON",     "Prn",        "aux",  "NUL",    "com0",     "COM1", "lpt9",
    "lpt0", "con.txt", "NUL.tar.gz", "aux.", "com9.a", "LPT1.b.c", "a..",  "phone."};
static const char *const not_reserved[] = {"con1", "connie", "nul-l", "com",    "com10", "coma",
                                           "lpt",  "a.con",  "xcon",  "con-1",  "com1-", "lpt-1",
                                           "con_", "com+",   "aux2",  "a.b.nul"};

START_TEST(a_new_name_is_one_that_windows_takes)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        struct wgctl_error err = {0};
        struct wgctl_slice name = wgctl_slice_of(reserved[i]);
        ck_assert_msg(wgctl_new_peer_name_check(name, &err) == WGCTL_INVALID, "%s", reserved[i]);
        ck_assert(contains(wgctl_slice_of(err.message), "Windows") && err.hint[0]);
        ck_assert_msg(wgctl_peer_name_check(name, &err) == WGCTL_OK, "%s in a file", reserved[i]);
    }
    for (size_t i = 0; i < sizeof not_reserved / sizeof *not_reserved; i++) {
        struct wgctl_error err = {0};
        ck_assert_msg(wgctl_new_peer_name_check(wgctl_slice_of(not_reserved[i]), &err) == WGCTL_OK,
                      "%s", not_reserved[i]);
    }
    struct wgctl_error err = {0};
    ck_assert_int_eq(wgctl_new_peer_name_check(wgctl_slice_of("a/b"), &err), WGCTL_INVALID);
}
END_TEST

START_TEST(each_byte_is_in_a_name_or_not_as_the_rule_says)
{
    for (unsigned byte = 1; byte < 256; byte++) {
        const char first[] = {(char)byte, '\0'}, second[] = {'a', (char)byte, '\0'};
        struct wgctl_error err;
        bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                            (byte >= 'A' && byte <= 'Z');
        ck_assert_int_eq(wgctl_peer_name_check(wgctl_slice_of(first), &err) == WGCTL_OK,
                         alphanumeric);
        ck_assert_int_eq(wgctl_peer_name_check(wgctl_slice_of(second), &err) == WGCTL_OK,
                         alphanumeric || strchr("_=+.-", (int)byte) != NULL);
    }
}
END_TEST

START_TEST(the_name_of_an_interface_is_what_wg_quick_takes)
{
    struct wgctl_error err;
    for (unsigned byte = 0; byte < 256; byte++) {
        char name[] = {'w', (char)byte};
        bool good = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                    (byte >= 'A' && byte <= 'Z') || (byte && strchr("_=+.-", (int)byte));
        ck_assert_msg(
            (wgctl_interface_name_check((struct wgctl_slice){name, 2}, &err) == WGCTL_OK) == good,
            "%02x", byte);
    }
    static const char *const good[] = {"w", "w-", "...", "fifteen-letters", "wg0"};
    static const char *const bad[] = {"", ".", "..", "-f", "sixteen-letters.", "a/b", "wg0 ", "%i"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_int_eq(wgctl_interface_name_check(wgctl_slice_of(good[i]), &err), WGCTL_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(wgctl_interface_name_check(wgctl_slice_of(bad[i]), &err), WGCTL_INVALID);
}
END_TEST

static Suite *name_suite(void)
{
    Suite *suite = suite_create("name");
    TCase *names = tcase_create("names");
    tcase_add_test(names, a_name_is_what_every_app_takes);
    tcase_add_test(names, a_new_name_is_one_that_windows_takes);
    tcase_add_test(names, each_byte_is_in_a_name_or_not_as_the_rule_says);
    tcase_add_test(names, the_name_of_an_interface_is_what_wg_quick_takes);
    suite_add_tcase(suite, names);
    return suite;
}

int main(void)
{
    return run_suite(name_suite());
}
