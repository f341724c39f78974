#include "device/wireguard.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/netlink.h"
#include "device/backend.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

static int take_kind(const struct nlmsghdr *header, void *context)
{
    size_t size;
    const void *attributes = wgctl_netlink_payload(header, sizeof(struct ifinfomsg), &size);
    const struct nlattr *table[IFLA_LINKINFO + 1];
    wgctl_attributes_sort(attributes, size, table, IFLA_LINKINFO);

    enum wgctl_backend *backend = context;
    *backend = WGCTL_NOT_WIREGUARD;
    if (!table[IFLA_LINKINFO])
        return 0;
    const struct nlattr *info[IFLA_INFO_KIND + 1];
    wgctl_attributes_sort(wgctl_attribute_data(table[IFLA_LINKINFO]),
                          wgctl_attribute_size(table[IFLA_LINKINFO]), info, IFLA_INFO_KIND);
    if (strcmp(wgctl_attribute_string(info[IFLA_INFO_KIND]), "wireguard") == 0)
        *backend = WGCTL_KERNEL;
    return 0;
}

/* Finds the backend. `ret_socket` gets a connection to the process, if it is one. */
static int find(const char *interface, enum wgctl_backend *ret, int *ret_socket,
                struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    struct wgctl_error ignored;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    struct wgctl_netlink_message message;
    wgctl_netlink_begin(&message, RTM_GETLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
    wgctl_netlink_put_string(&message, IFLA_IFNAME, interface);
    enum wgctl_backend backend = WGCTL_NO_DEVICE;
    rc = wgctl_netlink_talk(netlink, &message, take_kind, &backend);
    if (rc == -ENODEV)
        rc = 0;
    if (rc < 0)
        return wgctl_netlink_fail(netlink, rc, err, "cannot look for the interface %s", interface);
    /* The interface decides: a socket may be left over from a process that is gone. */
    if (backend == WGCTL_NOT_WIREGUARD &&
        wgctl_userspace_connect(interface, ret_socket, &ignored) == WGCTL_OK)
        backend = WGCTL_USERSPACE;
    *ret = backend;
    return WGCTL_OK;
}

int wgctl_device_backend(const char *interface, enum wgctl_backend *ret, struct wgctl_error *err)
{
    WGCTL_FD socket = -1;
    return find(interface, ret, &socket, err);
}

static int find_wireguard(const char *interface, enum wgctl_backend *ret, int *ret_socket,
                          struct wgctl_error *err)
{
    int rc = find(interface, ret, ret_socket, err);
    if (rc < 0 || *ret != WGCTL_NOT_WIREGUARD)
        return rc;
    wgctl_fail(err, WGCTL_UNSUPPORTED, "%s exists, and is not a WireGuard interface", interface);
    return wgctl_hint(err,
                      "choose another name for the tunnel with -i, as in: sudo wgctl -i wg1 …");
}

int wgctl_device_find_wireguard(const char *interface, enum wgctl_backend *ret,
                                struct wgctl_error *err)
{
    WGCTL_FD socket = -1;
    return find_wireguard(interface, ret, &socket, err);
}

void wgctl_device_await_end(const char *interface)
{
    enum { TRIES = 200 };
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    for (int i = 0; i < TRIES && wgctl_userspace_serves(interface); i++)
        nanosleep(&pause, NULL);
}

static int fail_not_up(const char *interface, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_NOT_FOUND, "%s is not up", interface);
    return wgctl_hint(err, "sudo wgctl up");
}

void wgctl_device_query_clear(struct wgctl_device_query *query)
{
    if (query->asked && query->backend == WGCTL_USERSPACE)
        close(query->socket);
    *query = (struct wgctl_device_query){0};
}

int wgctl_device_ask(const char *interface, struct wgctl_device_query *query,
                     struct wgctl_error *err)
{
    if (query->asked)
        return WGCTL_OK;
    WGCTL_FD socket = -1;
    int rc = find_wireguard(interface, &query->backend, &socket, err);
    if (rc == WGCTL_OK && query->backend == WGCTL_USERSPACE)
        rc = wgctl_userspace_ask(interface, socket, err);
    if (rc < 0)
        return rc;
    query->asked = true;
    query->socket = socket;
    socket = -1;
    return WGCTL_OK;
}

int wgctl_device_answer(const char *interface, struct wgctl_device_query *query,
                        struct wgctl_device *ret, struct wgctl_error *err)
{
    int rc = query->backend == WGCTL_NO_DEVICE ? fail_not_up(interface, err)
             : query->backend == WGCTL_KERNEL
                 ? wgctl_kernel_read(interface, ret, err)
                 : wgctl_userspace_answer(interface, query->socket, ret, err);
    wgctl_device_query_clear(query);
    if (rc < 0)
        wgctl_device_clear(ret);
    else
        wgctl_device_sort(ret);
    return rc;
}

int wgctl_device_read(const char *interface, struct wgctl_device *ret, struct wgctl_error *err)
{
    WGCTL_DEVICE_QUERY query = {0};
    int rc = wgctl_device_ask(interface, &query, err);
    return rc < 0 ? rc : wgctl_device_answer(interface, &query, ret, err);
}

int wgctl_device_write(const char *interface, const struct wgctl_plan *plan,
                       const struct wgctl_progress *progress, struct wgctl_error *err)
{
    enum wgctl_backend backend;
    WGCTL_FD socket = -1;
    if (plan->count == 0)
        return WGCTL_OK;
    int rc = find_wireguard(interface, &backend, &socket, err);
    if (rc < 0)
        return rc;
    if (backend == WGCTL_NO_DEVICE)
        return fail_not_up(interface, err);
    return backend == WGCTL_KERNEL ? wgctl_kernel_write(interface, plan, progress, err)
                                   : wgctl_userspace_write(interface, socket, plan, progress, err);
}
