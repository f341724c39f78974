/* Feeds any bytes to the readers of a client's file: reading must be safe, and once the endpoint
 * was replaced, replacing it again must change nothing. */
#include "adopt/client_facts.h"
#include "conf/client.h"
#include "fuzz.h"

#include <stdlib.h>

static void set_endpoint(struct wgctl_slice file, struct wgctl_text *ret, bool *ret_changed)
{
    static const struct wgctl_key server = {{1}};
    const struct wgctl_endpoint endpoint = {.host = "new.example", .port = 42};
    struct wgctl_text source = {0};
    struct wgctl_error err;
    wgctl_text_slice(&source, file);
    if (wgctl_client_set_endpoint(&source, &server, &endpoint, ret, ret_changed, &err) < 0)
        abort();
}

static void check_edit(struct wgctl_slice file)
{
    WGCTL_TEXT once = {0}, twice = {0};
    bool changed;
    set_endpoint(file, &once, &changed);
    if (!changed && !wgctl_slice_equal(wgctl_text_slice_of(&once), file))
        abort();
    set_endpoint(wgctl_text_slice_of(&once), &twice, &changed);
    if (changed || !wgctl_slice_equal(wgctl_text_slice_of(&once), wgctl_text_slice_of(&twice)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct wgctl_key server = {{1}};
    const struct wgctl_slice file = {(const char *)data, size};
    WGCTL_CLIENT_FACTS facts = wgctl_client_facts_read(file, &server);
    if (facts.has_key && size < WGCTL_KEY_TEXT_SIZE - 1)
        abort();
    check_edit(file);
    return 0;
}
