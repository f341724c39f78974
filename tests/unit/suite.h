/* Shared by all suites of unit tests: running them.
 *     int main(void)
 *     {
 *         return run_suite(key_suite());
 *     }
 */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* Whether all generated cases are tried. By default about 1 of 8 is, always the same ones. */
static inline bool is_long(void)
{
    return getenv("WGCTL_LONG") != NULL;
}

static inline size_t cases_of(size_t all)
{
    return is_long() ? all : all / 8;
}

/* Runs and frees the suite. Returns the exit status, which is 0 if all tests passed. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
