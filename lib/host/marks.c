#include "host/marks.h"

#include <string.h>

#include "base/file.h"

#define SRC_VALID_MARK "/proc/sys/net/ipv4/conf/all/src_valid_mark"

bool wgctl_marks_are_heeded(void)
{
    char line[16];
    return wgctl_file_first_line(SRC_VALID_MARK, line, sizeof line) && strcmp(line, "1") == 0;
}

int wgctl_marks_heed(bool heed, struct wgctl_error *err)
{
    if (wgctl_marks_are_heeded() == heed)
        return WGCTL_OK;
    int rc = wgctl_file_set(SRC_VALID_MARK, heed ? "1\n" : "0\n", err);
    if (rc < 0 && heed)
        wgctl_hint(err, "in a container, turn it on at its host: "
                        "sysctl -w net.ipv4.conf.all.src_valid_mark=1");
    return rc;
}
