/* Shared by the suites about devices: comparing them.
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
