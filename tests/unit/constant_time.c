/* Checks that keys are parsed in constant time: no branch and no address depends on a digit.
 * Runs under valgrind, with the digits marked as undefined: valgrind tracks such bytes and
 * reports each decision that depends on one. Only the final result, whether all the digits
 * together form a key, may depend on them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "net/key.h"

static unsigned long decisions_in_base64(void)
{
    char text[] = "laCrtsHM1+Lt+AMOGSQvOkVQW2ZxfIeSnaizvsnU3+o=";
    struct wgctl_key key;
    struct wgctl_error err;
    unsigned long before = VALGRIND_COUNT_ERRORS;
    VALGRIND_MAKE_MEM_UNDEFINED(text, strlen(text) - 1);
    wgctl_key_parse((struct wgctl_slice){text, sizeof text - 1}, &key, &err);
    return VALGRIND_COUNT_ERRORS - before;
}

static unsigned long decisions_in_hex(void)
{
    char text[] = "95a0abb6c1ccd7e2edf8030e19242f3a45505b66717c87929da8b3bec9d4dfea";
    struct wgctl_key key;
    unsigned long before = VALGRIND_COUNT_ERRORS;
    VALGRIND_MAKE_MEM_UNDEFINED(text, sizeof text - 1);
    if (!wgctl_key_parse_hex((struct wgctl_slice){text, sizeof text - 1}, &key))
        puts("is no key");
    return VALGRIND_COUNT_ERRORS - before;
}

int main(void)
{
    struct wgctl_error err;
    if (!RUNNING_ON_VALGRIND || wgctl_key_setup(&err) < 0) {
        puts("usage: valgrind constant_time");
        return EXIT_FAILURE;
    }
    unsigned long base64 = decisions_in_base64(), hex = decisions_in_hex();
    printf("decided by digits: base64 %lu times, hex %lu times; once or twice is right\n", base64,
           hex);
    bool right = base64 >= 1 && base64 <= 2 && hex >= 1 && hex <= 2;
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
