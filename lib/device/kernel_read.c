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

static void take_key(const struct nlattr *attribute, struct wgctl_key *ret)
{
    if (attribute && wgctl_attribute_size(attribute) == sizeof ret->bytes)
        memcpy(ret->bytes, wgctl_attribute_data(attribute), sizeof ret->bytes);
}

static void take_endpoint(const struct nlattr *attribute, union wgctl_sockaddr *ret)
{
    size_t size = attribute ? wgctl_attribute_size(attribute) : 0;
    if (size == sizeof(struct sockaddr_in) || size == sizeof(struct sockaddr_in6))
        memcpy(ret, wgctl_attribute_data(attribute), size);
}

static int take_allowed_ip(const struct nlattr *nest, struct wgctl_prefixes *list)
{
    const struct nlattr *table[WGALLOWEDIP_A_MAX + 1];
    wgctl_attributes_sort(wgctl_attribute_data(nest), wgctl_attribute_size(nest), table,
                          WGALLOWEDIP_A_MAX);
    const struct nlattr *address = table[WGALLOWEDIP_A_IPADDR];
    const struct nlattr *length = table[WGALLOWEDIP_A_CIDR_MASK];
    struct wgctl_prefix prefix = {.family =
                                      (uint8_t)wgctl_attribute_u16(table[WGALLOWEDIP_A_FAMILY])};
    if (!address || !length || wgctl_attribute_size(length) != 1 ||
        wgctl_attribute_size(address) != wgctl_family_size(prefix.family))
        return -EBADMSG;
    memcpy(prefix.bytes, wgctl_attribute_data(address), wgctl_attribute_size(address));
    prefix.length = *(const uint8_t *)wgctl_attribute_data(length);
    struct wgctl_error ignored;
    return wgctl_prefixes_add(list, &prefix, &ignored) < 0 ? -ENOMEM : 0;
}

static void take_peer_values(const struct nlattr **table, struct wgctl_device_peer *peer)
{
    take_key(table[WGPEER_A_PRESHARED_KEY], &peer->preshared_key);
    take_endpoint(table[WGPEER_A_ENDPOINT], &peer->endpoint);
    peer->keepalive = wgctl_attribute_u16(table[WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL]);
    peer->received = wgctl_attribute_u64(table[WGPEER_A_RX_BYTES]);
    peer->sent = wgctl_attribute_u64(table[WGPEER_A_TX_BYTES]);

    struct __kernel_timespec handshake = {0};
    const struct nlattr *time = table[WGPEER_A_LAST_HANDSHAKE_TIME];
    if (time && wgctl_attribute_size(time) == sizeof handshake)
        memcpy(&handshake, wgctl_attribute_data(time), sizeof handshake);
    peer->last_handshake = handshake.tv_sec;
}

/* A peer with many allowed IPs comes in parts, one message after the other. NULL if memory has run
 * out. */
static struct wgctl_device_peer *peer_of(const struct nlattr **table, struct wgctl_device *device)
{
    struct wgctl_key key = {0};
    take_key(table[WGPEER_A_PUBLIC_KEY], &key);
    struct wgctl_device_peer *peer =
        device->peer_count > 0 ? &device->peers[device->peer_count - 1] : NULL;
    if (peer && wgctl_key_compare(&peer->public_key, &key) == 0)
        return peer;
    peer = wgctl_device_add_peer(device);
    if (peer) {
        peer->public_key = key;
        take_peer_values(table, peer);
    }
    return peer;
}

static int take_peer(const struct nlattr *nest, struct wgctl_device *device)
{
    const struct nlattr *table[WGPEER_A_MAX + 1];
    wgctl_attributes_sort(wgctl_attribute_data(nest), wgctl_attribute_size(nest), table,
                          WGPEER_A_MAX);
    struct wgctl_device_peer *peer = peer_of(table, device);
    if (!peer)
        return -ENOMEM;
    const struct nlattr *list = table[WGPEER_A_ALLOWEDIPS], *item = NULL;
    if (!list)
        return 0;
    while ((item = wgctl_attributes_next(wgctl_attribute_data(list), wgctl_attribute_size(list),
                                         item))) {
        int rc = take_allowed_ip(item, &peer->allowed_ips);
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

    if (table[WGDEVICE_A_PRIVATE_KEY]) {
        take_key(table[WGDEVICE_A_PRIVATE_KEY], &device->private_key);
        device->has_private_key = !wgctl_key_is_zero(&device->private_key);
    }
    if (table[WGDEVICE_A_LISTEN_PORT]) {
        device->listen_port = wgctl_attribute_u16(table[WGDEVICE_A_LISTEN_PORT]);
        device->has_listen_port = true;
    }
    if (table[WGDEVICE_A_FWMARK]) {
        device->fwmark = wgctl_attribute_u32(table[WGDEVICE_A_FWMARK]);
        device->has_fwmark = true;
    }
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
