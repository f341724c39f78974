/* Feeds any bytes to the parser of wg0.ini: reading must be safe. */
#include "conf/settings.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct wgctl_slice file = {(const char *)data, size};
    struct wgctl_settings settings = wgctl_settings_default;
    struct wgctl_error err;
    wgctl_settings_parse("wg0.ini", file, &settings, &err);
    return 0;
}
