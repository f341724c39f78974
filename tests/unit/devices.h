/* What suites of devices have in common: how they are compared.
 */
#pragma once

#include "describe.h"
#include "texts.h"

static inline void assert_device(const struct wgctl_device *device, const char *expected)
{
    WGCTL_TEXT text = {0};
    describe(device, &text);
    assert_text(&text, expected);
}
