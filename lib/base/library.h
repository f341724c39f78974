/* A shared library that few commands need: whoever needs it loads it. All others start
 * sooner without it, and work where it is not installed.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* A function of the library, and where the pointer to it goes. */
struct wgctl_symbol {
    const char *name;
    void *place; /* of a pointer to a function of that type */
};

/* Loads the library of that file name (its SONAME, as in "libpng16.so.16"), and finds the
 * functions, which are good until it is unloaded. Where it is not there, fails with
 * WGCTL_UNSUPPORTED, sets none of the pointers, and names the Debian package `package`. */
int wgctl_library_load(const char *file, const char *package, const struct wgctl_symbol *symbols,
                       size_t count, void **ret, struct wgctl_error *err);
void wgctl_library_unload(void *library);
