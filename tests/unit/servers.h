/* Shared by the suites about servers: reading one from text.
 */
#pragma once

#include "conf/server_read.h"
#include "texts.h"

static inline struct wgctl_server server_of(const char *content)
{
    struct wgctl_text source = text_of(content);
    struct wgctl_server server = {0};
    struct wgctl_error why;
    ck_assert_msg(wgctl_server_parse("wg0.conf", &source, &server, &why) == WGCTL_OK, "%s\nin\n%s",
                  why.message, content);
    return server;
}
