#include "provision/facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/firewall.h"
#include "host/link.h"
#include "host/service.h"
#include "net/key.h"
#include "net/name.h"
#include "store/store.h"

/* A folder that does not exist has no tunnel; one that cannot be opened is an error. */
static int look_for_conf(const char *path, const char *interface, struct wgctl_facts *ret,
                         struct wgctl_error *err)
{
    char conf[WGCTL_FILE_NAME_SIZE];
    WGCTL_STORE *store = NULL;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return WGCTL_OK;
    snprintf(conf, sizeof conf, "%s.conf", interface);
    int rc = wgctl_store_open(path, &store, err);
    if (rc < 0)
        return rc;
    ret->interrupted = wgctl_store_is_interrupted(store);
    return wgctl_store_exists(store, conf, &ret->conf_exists, err);
}

static int look_for_way(uint8_t family, struct wgctl_way_out *ret, struct wgctl_error *err)
{
    int rc = wgctl_route_way_out(family, ret, err);
    if (rc == WGCTL_OK && ret->found && ret->mtu == 0)
        rc = wgctl_link_mtu(ret->interface, &ret->mtu, err);
    return rc;
}

/* A kernel without IPv6 does not have this file. */
static void look_for_ipv6(struct wgctl_facts *ret)
{
    char line[8] = "";
    if (!wgctl_file_first_line("/proc/sys/net/ipv6/conf/all/disable_ipv6", line, sizeof line) &&
        errno != ENOENT)
        ret->ipv6_errno = errno;
    ret->has_ipv6 = strcmp(line, "0") == 0;
}

int wgctl_facts_gather(const char *folder, const char *interface, struct wgctl_facts *ret,
                       struct wgctl_error *err)
{
    *ret = (struct wgctl_facts){0};
    int rc = look_for_conf(folder, interface, ret, err);
    if (rc == WGCTL_OK)
        rc = wgctl_device_backend(interface, &ret->backend, err);
    if (rc == WGCTL_OK)
        rc = look_for_way(AF_INET, &ret->way4, err);
    if (rc == WGCTL_OK)
        rc = look_for_way(AF_INET6, &ret->way6, err);
    if (rc == WGCTL_OK)
        rc = wgctl_route_list(&ret->routes, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_addresses(NULL, AF_UNSPEC, &ret->addresses, err);
    if (rc == WGCTL_OK)
        rc = wgctl_route_lan(&ret->lan, err);
    if (rc == WGCTL_OK)
        rc = wgctl_firewall_look(&ret->firewall, err);
    if (rc < 0)
        return rc;
    wgctl_udp_ports_look(&ret->ports);
    look_for_ipv6(ret);
    wgctl_forwarding_read(ret->way6.interface, &ret->forwarding);
    ret->has_systemd = wgctl_service_manager_runs();
    wgctl_random(&ret->random4, sizeof ret->random4);
    wgctl_random(ret->random6, sizeof ret->random6);
    return WGCTL_OK;
}

void wgctl_facts_clear(struct wgctl_facts *facts)
{
    wgctl_prefixes_clear(&facts->routes);
    wgctl_prefixes_clear(&facts->addresses);
    wgctl_prefixes_clear(&facts->lan);
}
