/* Libraries that are loaded by whoever needs them. */
#include "base/library.h"

#include <string.h>

#include "suite.h"

static struct wgctl_error err;
static size_t (*length)(const char *);
static void (*nothing)(void);
static void *library;

static void setup(void)
{
    length = NULL;
    nothing = NULL;
}

START_TEST(a_function_of_a_library_can_be_called)
{
    const struct wgctl_symbol symbols[] = {{"strlen", &length}};
    ck_assert_int_eq(wgctl_library_load("libc.so.6", "libc6", symbols, 1, &library, &err),
                     WGCTL_OK);
    ck_assert_uint_eq(length("four"), 4);
    wgctl_library_unload(library);
}
END_TEST

START_TEST(a_library_that_is_missing_is_named_with_its_package)
{
    const struct wgctl_symbol symbols[] = {{"strlen", &length}};
    ck_assert_int_eq(
        wgctl_library_load("libnowhere.so.1", "libnowhere1", symbols, 1, &library, &err),
        WGCTL_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.message, "libnowhere.so.1"));
    ck_assert_str_eq(err.hint, "install it, as with 'sudo apt-get install libnowhere1'");
    ck_assert_ptr_null(length);
}
END_TEST

START_TEST(a_library_without_one_of_the_functions_sets_none)
{
    const struct wgctl_symbol symbols[] = {{"strlen", &length}, {"wgctl_is_not_in_it", &nothing}};
    ck_assert_int_eq(wgctl_library_load("libc.so.6", "libc6", symbols, 2, &library, &err),
                     WGCTL_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.message, "wgctl_is_not_in_it"));
    ck_assert_ptr_null(length);
    ck_assert_ptr_null(nothing);
}
END_TEST

static Suite *library_suite(void)
{
    Suite *suite = suite_create("library");
    TCase *tests = tcase_create("library");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_function_of_a_library_can_be_called);
    tcase_add_test(tests, a_library_that_is_missing_is_named_with_its_package);
    tcase_add_test(tests, a_library_without_one_of_the_functions_sets_none);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(library_suite());
}
