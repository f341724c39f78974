/* Shared by all suites of unit tests: running them.
 *     int main(void)
 *     {
 *         return run_suite(key_suite());
 *     }
 */
#pragma once

#include <check.h>
#include <stdlib.h>

/* Runs and frees the suite. Returns the exit status, which is 0 if all tests passed. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
