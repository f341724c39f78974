#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

static int fail(void *library, const char *package, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_UNSUPPORTED, "cannot load a library: %s", dlerror());
    if (library)
        dlclose(library);
    return wgctl_hint(err, "install it, as with 'sudo apt-get install %s'", package);
}

int wgctl_library_load(const char *file, const char *package, const struct wgctl_symbol *symbols,
                       size_t count, void **ret, struct wgctl_error *err)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return fail(NULL, package, err);
    for (size_t i = 0; i < count; i++)
        if (!dlsym(library, symbols[i].name))
            return fail(library, package, err);
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(library, symbols[i].name);
        memcpy(symbols[i].place, &address, sizeof address);
    }
    *ret = library;
    return WGCTL_OK;
}

void wgctl_library_unload(void *library)
{
    dlclose(library);
}
