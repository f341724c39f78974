#include "host/forwarding.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define IPV4 "/proc/sys/net/ipv4/ip_forward"
#define IPV6 "/proc/sys/net/ipv6/conf/all/forwarding"

enum { ACCEPT_RA_PATH_SIZE = 80 };

static char *accept_ra_path(const char *interface, char path[ACCEPT_RA_PATH_SIZE])
{
    snprintf(path, ACCEPT_RA_PATH_SIZE, "/proc/sys/net/ipv6/conf/%s/accept_ra", interface);
    return path;
}

static bool is_one(const char *path)
{
    char line[16];
    return wgctl_file_first_line(path, line, sizeof line) && strcmp(line, "1") == 0;
}

void wgctl_forwarding_read(const char *egress6, struct wgctl_forwarding *ret)
{
    char path[ACCEPT_RA_PATH_SIZE];
    *ret = (struct wgctl_forwarding){.ipv4 = is_one(IPV4), .ipv6 = is_one(IPV6)};
    if (egress6[0] && is_one(accept_ra_path(egress6, path)))
        snprintf(ret->router_advertised, sizeof ret->router_advertised, "%s", egress6);
}

int wgctl_forwarding_turn_on(const struct wgctl_forwarding *before, bool ipv6,
                             struct wgctl_error *err)
{
    char path[ACCEPT_RA_PATH_SIZE];
    int rc = before->ipv4 ? WGCTL_OK : wgctl_file_set(IPV4, "1\n", err);
    if (rc == WGCTL_OK && ipv6 && before->router_advertised[0])
        rc = wgctl_file_set(accept_ra_path(before->router_advertised, path), "2\n", err);
    if (rc == WGCTL_OK && ipv6 && !before->ipv6)
        rc = wgctl_file_set(IPV6, "1\n", err);
    if (rc < 0)
        wgctl_hint(err, "in a container, turn forwarding on at its host: "
                        "sysctl -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    return rc;
}

void wgctl_forwarding_restore(const struct wgctl_forwarding *before)
{
    char path[ACCEPT_RA_PATH_SIZE];
    struct wgctl_error ignored;
    if (!before->ipv4)
        wgctl_file_set(IPV4, "0\n", &ignored);
    if (!before->ipv6 && is_one(IPV6))
        wgctl_file_set(IPV6, "0\n", &ignored);
    if (before->router_advertised[0])
        wgctl_file_set(accept_ra_path(before->router_advertised, path), "1\n", &ignored);
}
