/* Reading the kernel's WireGuard, over generic netlink (linux/wireguard.h). */
#include "device/kernel.h"

#include <errno.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/time_types.h>
#include <linux/wireguard.h>

int wgctl_kernel_open(struct wgctl_netlink **ret, uint16_t *ret_family, struct wgctl_error *err)
{
    int rc = wgctl_netlink_open(NETLINK_GENERIC, ret, err);
    if (rc < 0)
        return rc;
    rc = wgctl_netlink_family(*ret, WG_GENL_NAME, ret_family);
    if (rc < 0)
        return wgctl_netlink_fail(*ret, rc, err, "the kernel does not answer for WireGuard");
    return WGCTL_OK;
}

/* Copies a value that may be missing, but not have another size. */
static bool take(const struct nlattr *attribute, void *ret, size_t size)
{
    if (attribute && wgctl_attribute_size(attribute) != size)
        return false;
    if (attribute)
        memcpy(ret, wgctl_attribute_data(attribute), size);
    return true;
}

static bool take_key(const struct nlattr *attribute, struct wgctl_key *ret)
{
    return take(attribute, ret->bytes, sizeof ret->bytes);
}

/* An address of another kind is passed over: a peer with it is none the worse. */
static void take_endpoint(const struct nlattr *attribute, union wgctl_sockaddr *ret)
{
    union wgctl_sockaddr endpoint = {0};
    size_t size = attribute ? wgctl_attribute_size(attribute) : 0;
    if (size > sizeof endpoint || size < sizeof endpoint.family)
        return;
    memcpy(&endpoint, wgctl_attribute_data(attribute), size);
    if ((endpoint.family == AF_INET && size == sizeof(struct sockaddr_in)) ||
        (endpoint.family == AF_INET6 && size == sizeof(struct sockaddr_in6)))
        *ret = endpoint;
}

static int take_allowed_ip(const struct nlattr *nest, struct wgctl_prefixes *list)
{
    const struct nlattr *table[WGALLOWEDIP_A_MAX + 1];
    wgctl_attributes_sort(wgctl_attribute_data(nest), wgctl_attribute_size(nest), table,
                          WGALLOWEDIP_A_MAX);
    const struct nlattr *address = table[WGALLOWEDIP_A_IPADDR];
    struct wgctl_prefix prefix;
    uint8_t length = 0;
    if (!address || !table[WGALLOWEDIP_A_CIDR_MASK] ||
        !take(table[WGALLOWEDIP_A_CIDR_MASK], &length, sizeof length) ||
        !wgctl_prefix_make(wgctl_attribute_u16(table[WGALLOWEDIP_A_FAMILY]),
                           wgctl_attribute_data(address), wgctl_attribute_size(address), length,
                           &prefix))
        return -EBADMSG;
    struct wgctl_error ignored;
    return wgctl_prefixes_add(list, &prefix, &ignored) < 0 ? -ENOMEM : 0;
}

static bool take_peer_values(const struct nlattr **table, struct wgctl_device_peer *peer)
{
    struct __kernel_timespec handshake = {0};
    bool valid = take_key(table[WGPEER_A_PRESHARED_KEY], &peer->preshared_key) &&
                 take(table[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL], &peer->keepalive,
                      sizeof peer->keepalive) &&
                 take(table[WGPEER_A_RX_BYTES], &peer->received, sizeof peer->received) &&
                 take(table[WGPEER_A_TX_BYTES], &peer->sent, sizeof peer->sent) &&
                 take(table[WGPEER_A_LAST_HANDSHAKE_TIME], &handshake, sizeof handshake);
    take_endpoint(table[WGPEER_A_ENDPOINT], &peer->endpoint);
    peer->last_handshake = handshake.tv_sec;
    return valid;
}

/* A peer with many allowed IPs comes in parts, one message after the other. */
static int peer_of(const struct nlattr **table, struct wgctl_device *device,
                   struct wgctl_device_peer **ret)
{
    struct wgctl_key key;
    if (!table[WGPEER_A_PUBLIC_KEY] || !take_key(table[WGPEER_A_PUBLIC_KEY], &key))
        return -EBADMSG;
    *ret = device->peer_count > 0 ? &device->peers[device->peer_count - 1] : NULL;
    if (*ret && wgctl_key_compare(&(*ret)->public_key, &key) == 0)
        return 0;
    *ret = wgctl_device_add_peer(device);
    if (!*ret)
        return -ENOMEM;
    (*ret)->public_key = key;
    return take_peer_values(table, *ret) ? 0 : -EBADMSG;
}

static int take_peer(const struct nlattr *nest, struct wgctl_device *device)
{
    const struct nlattr *table[WGPEER_A_MAX + 1];
    wgctl_attributes_sort(wgctl_attribute_data(nest), wgctl_attribute_size(nest), table,
                          WGPEER_A_MAX);
    struct wgctl_device_peer *peer;
    int rc = peer_of(table, device, &peer);
    if (rc < 0)
        return rc;
    const struct nlattr *list = table[WGPEER_A_ALLOWEDIPS], *item = NULL;
    if (!list)
        return 0;
    while ((item = wgctl_attributes_next(wgctl_attribute_data(list), wgctl_attribute_size(list),
                                         item))) {
        rc = take_allowed_ip(item, &peer->allowed_ips);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int take_device(const struct nlmsghdr *header, void *context)
{
    struct wgctl_device *device = context;
    size_t size;
    const void *attributes = wgctl_netlink_payload(header, sizeof(struct genlmsghdr), &size);
    const struct nlattr *table[WGDEVICE_A_MAX + 1];
    wgctl_attributes_sort(attributes, size, table, WGDEVICE_A_MAX);

    if (!take_key(table[WGDEVICE_A_PRIVATE_KEY], &device->private_key) ||
        !take(table[WGDEVICE_A_LISTEN_PORT], &device->listen_port, sizeof device->listen_port) ||
        !take(table[WGDEVICE_A_FWMARK], &device->fwmark, sizeof device->fwmark))
        return -EBADMSG;
    device->has_private_key = !wgctl_key_is_zero(&device->private_key);
    device->has_listen_port |= table[WGDEVICE_A_LISTEN_PORT] != NULL;
    device->has_fwmark |= table[WGDEVICE_A_FWMARK] != NULL;
    const struct nlattr *list = table[WGDEVICE_A_PEERS], *item = NULL;
    if (!list)
        return 0;
    while ((item = wgctl_attributes_next(wgctl_attribute_data(list), wgctl_attribute_size(list),
                                         item))) {
        int rc = take_peer(item, device);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* A dump that was interrupted comes again from the start. */
static void forget(void *context)
{
    wgctl_device_clear(context);
}

int wgctl_kernel_read(const char *interface, struct wgctl_device *ret, struct wgctl_error *err)
{
    struct wgctl_netlink_message message;
    WGCTL_NETLINK *netlink = NULL;
    uint16_t family;
    int rc = wgctl_kernel_open(&netlink, &family, err);
    if (rc < 0)
        return rc;

    wgctl_netlink_begin_generic(&message, family, WG_CMD_GET_DEVICE, WG_GENL_VERSION, NLM_F_DUMP);
    wgctl_netlink_put_string(&message, WGDEVICE_A_IFNAME, interface);
    rc = wgctl_netlink_dump(netlink, &message, forget, take_device, ret);
    if (rc < 0)
        return wgctl_netlink_fail(netlink, rc, err, "cannot read the state of %s", interface);
    return WGCTL_OK;
}
