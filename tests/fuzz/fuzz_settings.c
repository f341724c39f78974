/* Feeds any bytes to the parser of wg0.ini: reading must be safe, and a file that can be read must
 * say the new endpoint, and nothing else new, once it was edited. */
#include "conf/ini.h"
#include "conf/settings.h"
#include "fuzz.h"

#include <stdlib.h>

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool same_but_endpoint(const struct wgctl_settings *a, const struct wgctl_settings *b)
{
    return a->firewall == b->firewall && strcmp(a->egress, b->egress) == 0 &&
           strcmp(a->dns, b->dns) == 0 &&
           strcmp(wgctl_settings_allowed(a), wgctl_settings_allowed(b)) == 0 && a->mtu == b->mtu &&
           a->keepalive == b->keepalive;
}

static void check_edit(struct wgctl_slice file, const struct wgctl_settings *before)
{
    WGCTL_DOCUMENT document = {0};
    WGCTL_TEXT edited = {0};
    struct wgctl_text source = {0};
    WGCTL_SETTINGS after = {0};
    struct wgctl_error err;
    wgctl_text_slice(&source, file);
    check(wgctl_document_parse(&source, &document, &err) == WGCTL_OK);
    check(wgctl_ini_set(&document, "server", "endpoint", wgctl_slice_of("new.example:42"), &err) ==
          WGCTL_OK);
    wgctl_document_render(&document, &edited);
    check(wgctl_settings_parse("wg0.ini", wgctl_text_slice_of(&edited), &after, &err) == WGCTL_OK);
    check(strcmp(after.endpoint.host, "new.example") == 0 && after.endpoint.port == 42);
    check(same_but_endpoint(before, &after));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct wgctl_slice file = {(const char *)data, size};
    WGCTL_SETTINGS settings = wgctl_settings_default;
    struct wgctl_error err;
    if (wgctl_settings_parse("wg0.ini", file, &settings, &err) == WGCTL_OK)
        check_edit(file, &settings);
    return 0;
}
