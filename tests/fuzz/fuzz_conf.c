/* Feeds any bytes to the parser of wg0.conf: reading must be safe, and a change must leave the
 * rest of the file alone. */
#include "../unit/keeping.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static void fails(const char *what, struct wgctl_slice file)
{
    fprintf(stderr, "it does not hold that %s:\n%.*s\n", what, (int)file.size, file.data);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_keeping((struct wgctl_slice){(const char *)data, size});
    return 0;
}
