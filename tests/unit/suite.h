/* What every suite of unit tests has in common: how it is run.
 *     int main(void)
 *     {
 *         return run_suite(key_suite());
 *     }
 */
#pragma once

#include <check.h>
#include <stdlib.h>

/* Runs it, frees it, and returns the exit status: 0 where every test has passed. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
