#include "host/src_valid_mark.h"

#include <string.h>

#include "base/file.h"

#define PATH "/proc/sys/net/ipv4/conf/all/src_valid_mark"

bool wgctl_src_valid_mark_get(void)
{
    char line[16];
    return wgctl_file_first_line(PATH, line, sizeof line) && strcmp(line, "1") == 0;
}

int wgctl_src_valid_mark_set(bool on, struct wgctl_error *err)
{
    if (wgctl_src_valid_mark_get() == on)
        return WGCTL_OK;
    int rc = wgctl_file_set(PATH, on ? "1\n" : "0\n", err);
    if (rc < 0 && on)
        wgctl_hint(err, "in a container, turn it on at its host: "
                        "sysctl -w net.ipv4.conf.all.src_valid_mark=1");
    return rc;
}
