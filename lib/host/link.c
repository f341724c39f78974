#include "host/link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/netlink.h"
#include "base/process.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

/* One request on a socket of its own: these are few and rare. */
static int request(struct wgctl_netlink_message *message, wgctl_netlink_callback callback,
                   void *context, struct wgctl_error *err, const char *what, const char *name)
{
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    rc = wgctl_netlink_talk(netlink, message, callback, context);
    return rc < 0 ? wgctl_netlink_fail(netlink, rc, err, "cannot %s %s", what, name) : WGCTL_OK;
}

int wgctl_link_create(const char *interface, struct wgctl_error *err)
{
    struct wgctl_netlink_message message;
    wgctl_netlink_begin(&message, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                        sizeof(struct ifinfomsg));
    wgctl_netlink_put_string(&message, IFLA_IFNAME, interface);
    struct nlattr *info = wgctl_netlink_nest(&message, IFLA_LINKINFO);
    wgctl_netlink_put_string(&message, IFLA_INFO_KIND, "wireguard");
    wgctl_netlink_nest_end(&message, info);
    return request(&message, NULL, NULL, err, "make the interface", interface);
}

/* ---- the userspace program ---- */

#define VARIABLE "WG_QUICK_USERSPACE_IMPLEMENTATION"

static int fail_no_program(const char *program, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_UNSUPPORTED, "this kernel has no WireGuard, and %s is not installed",
               program);
    return wgctl_hint(err, "sudo apt install wireguard-go; in a container, the host's kernel "
                           "counts: 'modprobe wireguard' on the host");
}

/* Nobody but root, or the caller, may be able to change what is run: neither the file nor what a
 * link on the way leads to. */
static int check_program(const char *program, char real[PATH_MAX], struct wgctl_error *err)
{
    struct wgctl_folder folder;
    struct stat status;
    if (!realpath(program, real))
        return fail_no_program(program, err);
    char *slash = strrchr(real, '/');
    *slash = '\0';
    int rc = wgctl_folder_open(slash == real ? "/" : real, &folder, err);
    *slash = '/';
    if (rc < 0)
        return wgctl_context(err, VARIABLE " cannot be used");
    int looked = fstatat(folder.fd, slash + 1, &status, AT_SYMLINK_NOFOLLOW);
    wgctl_folder_close(&folder);
    if (looked < 0 || !S_ISREG(status.st_mode))
        return fail_no_program(program, err);
    rc = wgctl_owner_check(&status, real, err);
    if (rc < 0)
        return wgctl_context(err, VARIABLE " cannot be used");
    if (status.st_mode & (S_IWGRP | S_IWOTH)) {
        wgctl_fail(err, WGCTL_DENIED, VARIABLE " cannot be used: other users can write to %s",
                   real);
        return wgctl_hint(err, "sudo chmod go-w %s", real);
    }
    return WGCTL_OK;
}

static int find_program(const char *program, char ret[PATH_MAX], struct wgctl_error *err)
{
    if (program[0] == '/')
        return check_program(program, ret, err);
    if (!strchr(program, '/'))
        return wgctl_process_find_in_system(program, ret, PATH_MAX) ? WGCTL_OK
                                                                    : fail_no_program(program, err);
    wgctl_fail(err, WGCTL_INVALID, VARIABLE " is a relative path: %s", program);
    return wgctl_hint(err, "set it to the name of a program, or to a path that begins with /");
}

int wgctl_link_create_userspace(const char *interface, struct wgctl_error *err)
{
    char path[PATH_MAX];
    const char *program = getenv(VARIABLE);
    int rc = find_program(program && *program ? program : "wireguard-go", path, err);
    const char *const argv[] = {path, interface, NULL};
    return rc < 0 ? rc : wgctl_process_run(argv, WGCTL_OUTPUT_KEPT, err);
}

/* ---- changing it ---- */

int wgctl_link_delete(const char *interface, struct wgctl_error *err)
{
    struct wgctl_netlink_message message;
    if (if_nametoindex(interface) == 0)
        return WGCTL_OK;
    wgctl_netlink_begin(&message, RTM_DELLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
    wgctl_netlink_put_string(&message, IFLA_IFNAME, interface);
    return request(&message, NULL, NULL, err, "remove the interface", interface);
}

int wgctl_link_set_mtu(const char *interface, uint32_t mtu, struct wgctl_error *err)
{
    struct wgctl_netlink_message message;
    wgctl_netlink_begin(&message, RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
    wgctl_netlink_put_string(&message, IFLA_IFNAME, interface);
    wgctl_netlink_put_u32(&message, IFLA_MTU, mtu);
    return request(&message, NULL, NULL, err, "set the MTU of", interface);
}

int wgctl_link_set_up(const char *interface, struct wgctl_error *err)
{
    struct wgctl_netlink_message message;
    struct ifinfomsg *info =
        wgctl_netlink_begin(&message, RTM_NEWLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
    info->ifi_flags = IFF_UP;
    info->ifi_change = IFF_UP;
    wgctl_netlink_put_string(&message, IFLA_IFNAME, interface);
    return request(&message, NULL, NULL, err, "turn on", interface);
}

/* Returns 0 or a negative errno: -ENODEV if the interface does not exist. */
static int change_address(uint16_t type, uint16_t flags, const char *interface,
                          const struct wgctl_prefix *address, struct wgctl_netlink *netlink)
{
    struct wgctl_netlink_message message;
    const uint32_t index = if_nametoindex(interface);
    if (index == 0)
        return -ENODEV;
    struct ifaddrmsg *header =
        wgctl_netlink_begin(&message, type, (uint16_t)(NLM_F_ACK | flags), sizeof *header);
    header->ifa_family = address->family;
    header->ifa_prefixlen = address->length;
    header->ifa_index = index;
    /* As ip-address(8) does: an address of 127.0.0.0/8 is for this host alone. */
    if (address->family == AF_INET && address->bytes[0] == 127)
        header->ifa_scope = RT_SCOPE_HOST;
    unsigned size = wgctl_family_size(address->family);
    wgctl_netlink_put(&message, IFA_LOCAL, address->bytes, size);
    wgctl_netlink_put(&message, IFA_ADDRESS, address->bytes, size);
    return wgctl_netlink_talk(netlink, &message, NULL, NULL);
}

int wgctl_link_add_address(const char *interface, const struct wgctl_prefix *address,
                           struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    char text[WGCTL_PREFIX_TEXT_SIZE];
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    rc = change_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, interface, address, netlink);
    return rc < 0 ? wgctl_netlink_fail(netlink, rc, err, "cannot give the address %s to %s",
                                       wgctl_prefix_format(address, text), interface)
                  : WGCTL_OK;
}

int wgctl_link_remove_address(const char *interface, const struct wgctl_prefix *address,
                              struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    char text[WGCTL_PREFIX_TEXT_SIZE];
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    rc = change_address(RTM_DELADDR, 0, interface, address, netlink);
    if (rc >= 0 || rc == -EADDRNOTAVAIL || rc == -ENODEV)
        return WGCTL_OK;
    return wgctl_netlink_fail(netlink, rc, err, "cannot remove the address %s from %s",
                              wgctl_prefix_format(address, text), interface);
}

enum { SYSCTL_PATH_SIZE = 64 + IF_NAMESIZE };

static const char *promotion_path(const char *interface, char path[SYSCTL_PATH_SIZE])
{
    snprintf(path, SYSCTL_PATH_SIZE, "/proc/sys/net/ipv4/conf/%s/promote_secondaries", interface);
    return path;
}

bool wgctl_link_keeps_addresses(const char *interface)
{
    char path[SYSCTL_PATH_SIZE], line[16];
    return wgctl_file_first_line(promotion_path(interface, path), line, sizeof line) &&
           strcmp(line, "1") == 0;
}

int wgctl_link_keep_addresses(const char *interface, bool keep, struct wgctl_error *err)
{
    char path[SYSCTL_PATH_SIZE];
    return wgctl_file_set(promotion_path(interface, path), keep ? "1\n" : "0\n", err);
}

struct address_listing {
    bool of_all;
    uint32_t index; /* of the interface; 0: there is none */
    struct wgctl_prefixes *list;
    uint32_t before; /* how many the list had already */
    struct wgctl_error *err;
};

static int take_address(const struct nlmsghdr *header, void *context)
{
    const struct ifaddrmsg *message = NLMSG_DATA(header);
    struct address_listing *listing = context;
    size_t size;
    const void *attributes = wgctl_netlink_payload(header, sizeof *message, &size);
    const struct nlattr *table[IFA_LOCAL + 1];
    wgctl_attributes_sort(attributes, size, table, IFA_LOCAL);
    const struct nlattr *own = table[IFA_LOCAL] ? table[IFA_LOCAL] : table[IFA_ADDRESS];
    struct wgctl_prefix address;
    if ((!listing->of_all && message->ifa_index != listing->index) || !own ||
        !wgctl_prefix_make(message->ifa_family, wgctl_attribute_data(own),
                           wgctl_attribute_size(own), message->ifa_prefixlen, &address))
        return 0;
    return wgctl_prefixes_add(listing->list, &address, listing->err) < 0 ? -ENOMEM : 0;
}

static void restart_addresses(void *context)
{
    struct address_listing *listing = context;
    listing->list->count = listing->before;
}

int wgctl_link_addresses(const char *interface, uint8_t family, struct wgctl_prefixes *ret,
                         struct wgctl_error *err)
{
    struct address_listing listing = {
        .of_all = !interface,
        .index = interface ? if_nametoindex(interface) : 0,
        .list = ret,
        .before = ret->count,
        .err = err,
    };
    struct wgctl_netlink_message message;
    WGCTL_NETLINK *netlink = NULL;
    int rc = wgctl_netlink_open(NETLINK_ROUTE, &netlink, err);
    if (rc < 0)
        return rc;
    struct ifaddrmsg *header =
        wgctl_netlink_begin(&message, RTM_GETADDR, NLM_F_DUMP, sizeof *header);
    header->ifa_family = family;
    rc = wgctl_netlink_dump(netlink, &message, restart_addresses, take_address, &listing);
    return rc < 0 ? wgctl_netlink_fail(netlink, rc, err, "cannot read the addresses of %s",
                                       interface ? interface : "this host")
                  : WGCTL_OK;
}

static int take_mtu(const struct nlmsghdr *header, void *context)
{
    size_t size;
    const void *attributes = wgctl_netlink_payload(header, sizeof(struct ifinfomsg), &size);
    const struct nlattr *table[IFLA_MTU + 1];
    wgctl_attributes_sort(attributes, size, table, IFLA_MTU);
    *(uint32_t *)context = wgctl_attribute_u32(table[IFLA_MTU]);
    return 0;
}

int wgctl_link_mtu(const char *interface, uint32_t *ret, struct wgctl_error *err)
{
    struct wgctl_netlink_message message;
    uint32_t mtu = 0;
    wgctl_netlink_begin(&message, RTM_GETLINK, NLM_F_ACK, sizeof(struct ifinfomsg));
    wgctl_netlink_put_string(&message, IFLA_IFNAME, interface);
    int rc = request(&message, take_mtu, &mtu, err, "read the MTU of", interface);
    if (rc == WGCTL_OK)
        *ret = mtu;
    return rc;
}
