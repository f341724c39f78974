/* Feeds any bytes to the readers of other programs' JSON: reading must be safe, and a file that is
 * refused must leave nothing behind. */
#include "adopt/json.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct wgctl_slice file = {(const char *)data, size};
    WGCTL_OTHER_SERVER whole = {0};
    WGCTL_OTHER_SERVER parts = {0};
    struct wgctl_error err;
    if (wgctl_other_server_parse_json("wg0.json", file, &whole, &err) < 0 && whole.peer_count > 0)
        abort();
    wgctl_other_server_add_json("clients/a.json", file, &parts, &err);
    return 0;
}
