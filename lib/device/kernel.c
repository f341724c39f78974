/* The kernel's WireGuard, over generic netlink (linux/wireguard.h). */
#include "device/backend.h"

#include <errno.h>
#include <string.h>

#include "base/netlink.h"

#include <linux/genetlink.h>
#include <linux/time_types.h>
#include <linux/wireguard.h>

static int open_family(struct wgctl_netlink **ret, uint16_t *ret_family, struct wgctl_error *err)
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

static void take_endpoint(const struct nlattr *attribute, struct sockaddr_storage *ret)
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
    take_key(table[WGPEER_A_PUBLIC_KEY], &peer->public_key);
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

static int take_peer(const struct nlattr *nest, struct wgctl_device *device)
{
    const struct nlattr *table[WGPEER_A_MAX + 1];
    wgctl_attributes_sort(wgctl_attribute_data(nest), wgctl_attribute_size(nest), table,
                          WGPEER_A_MAX);
    struct wgctl_key key = {0};
    take_key(table[WGPEER_A_PUBLIC_KEY], &key);

    /* A peer with many allowed IPs comes in parts, one message after the other. */
    struct wgctl_device_peer *peer =
        device->peer_count ? &device->peers[device->peer_count - 1] : NULL;
    if (!peer || wgctl_key_compare(&peer->public_key, &key) != 0) {
        peer = wgctl_device_add_peer(device);
        if (!peer)
            return -ENOMEM;
        take_peer_values(table, peer);
    }

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

int wgctl_kernel_read(const char *interface, struct wgctl_device *ret, struct wgctl_error *err)
{
    enum { MOST_TRIES = 16 };
    WGCTL_NETLINK *netlink = NULL;
    uint16_t family;
    int rc = open_family(&netlink, &family, err);
    if (rc < 0)
        return rc;

    /* A change during the dump makes it worthless; try again, but not for ever. */
    rc = -EINTR;
    for (int tries = 0; rc == -EINTR && tries < MOST_TRIES; tries++) {
        struct wgctl_netlink_message message;
        wgctl_device_clear(ret);
        wgctl_netlink_begin_generic(&message, family, WG_CMD_GET_DEVICE, WG_GENL_VERSION,
                                    NLM_F_DUMP);
        wgctl_netlink_put_string(&message, WGDEVICE_A_IFNAME, interface);
        rc = wgctl_netlink_talk(netlink, &message, take_device, ret);
    }
    if (rc < 0)
        return wgctl_netlink_fail(netlink, rc, err, "cannot read the state of %s", interface);
    return WGCTL_OK;
}

/* A SET under construction: full messages are sent on the way. */
struct writer {
    const char *interface;
    const struct wgctl_plan *plan;
    struct wgctl_netlink *netlink;
    uint16_t family;
    struct wgctl_netlink_message message;
    struct nlattr *peers; /* the nests that are open */
    struct nlattr *peer;
    struct nlattr *allowed_ips;
    struct wgctl_error *err;
};

static void begin_message(struct writer *writer)
{
    wgctl_netlink_begin_generic(&writer->message, writer->family, WG_CMD_SET_DEVICE,
                                WG_GENL_VERSION, NLM_F_ACK);
    wgctl_netlink_put_string(&writer->message, WGDEVICE_A_IFNAME, writer->interface);
}

static int send_message(struct writer *writer)
{
    wgctl_netlink_nest_end(&writer->message, writer->peers);
    writer->peers = NULL;
    int rc = wgctl_netlink_talk(writer->netlink, &writer->message, NULL, NULL);
    wgctl_netlink_message_clear(&writer->message);
    if (rc < 0)
        return wgctl_netlink_fail(writer->netlink, rc, writer->err, "the kernel refused to set %s",
                                  writer->interface);
    return WGCTL_OK;
}

static void put_device(struct writer *writer)
{
    const struct wgctl_device *wanted = writer->plan->wanted;
    for (size_t i = 0; i < writer->plan->count && !writer->plan->steps[i].peer; i++) {
        enum wgctl_plan_op op = writer->plan->steps[i].op;
        if (op == WGCTL_SET_PRIVATE_KEY)
            wgctl_netlink_put(&writer->message, WGDEVICE_A_PRIVATE_KEY, wanted->private_key.bytes,
                              sizeof wanted->private_key.bytes);
        else if (op == WGCTL_SET_LISTEN_PORT)
            wgctl_netlink_put_u16(&writer->message, WGDEVICE_A_LISTEN_PORT, wanted->listen_port);
        else if (op == WGCTL_SET_FWMARK)
            wgctl_netlink_put_u32(&writer->message, WGDEVICE_A_FWMARK, wanted->fwmark);
    }
}

static void put_endpoint(struct wgctl_netlink_message *message,
                         const struct sockaddr_storage *endpoint)
{
    size_t size =
        endpoint->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (endpoint->ss_family != AF_UNSPEC)
        wgctl_netlink_put(message, WGPEER_A_ENDPOINT, endpoint, size);
}

/* Opens a peer's nest with all that stands before its allowed IPs. */
static void begin_peer(struct writer *writer, size_t from, size_t to)
{
    struct wgctl_netlink_message *message = &writer->message;
    const struct wgctl_device_peer *peer = writer->plan->steps[from].peer;
    bool adds = writer->plan->steps[from].op == WGCTL_ADD_PEER;
    bool removes = writer->plan->steps[from].op == WGCTL_REMOVE_PEER;
    uint32_t flags = adds ? 0 : WGPEER_F_UPDATE_ONLY;
    if (removes)
        flags |= WGPEER_F_REMOVE_ME;
    if (wgctl_plan_has(writer->plan, from, to, WGCTL_REMOVE_ALLOWED_IP))
        flags |= WGPEER_F_REPLACE_ALLOWEDIPS;

    if (!writer->peers)
        writer->peers = wgctl_netlink_nest(message, WGDEVICE_A_PEERS);
    writer->peer = wgctl_netlink_nest(message, 0);
    wgctl_netlink_put(message, WGPEER_A_PUBLIC_KEY, peer->public_key.bytes,
                      sizeof peer->public_key.bytes);
    wgctl_netlink_put_u32(message, WGPEER_A_FLAGS, flags);
    if (wgctl_plan_has(writer->plan, from, to, WGCTL_SET_PRESHARED_KEY) ||
        (adds && !wgctl_key_is_zero(&peer->preshared_key)))
        wgctl_netlink_put(message, WGPEER_A_PRESHARED_KEY, peer->preshared_key.bytes,
                          sizeof peer->preshared_key.bytes);
    if (adds || wgctl_plan_has(writer->plan, from, to, WGCTL_SET_ENDPOINT))
        put_endpoint(message, &peer->endpoint);
    if (wgctl_plan_has(writer->plan, from, to, WGCTL_SET_KEEPALIVE) || (adds && peer->keepalive))
        wgctl_netlink_put_u16(message, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, peer->keepalive);
    writer->allowed_ips = removes ? NULL : wgctl_netlink_nest(message, WGPEER_A_ALLOWEDIPS);
}

static void end_peer(struct writer *writer)
{
    wgctl_netlink_nest_end(&writer->message, writer->allowed_ips);
    wgctl_netlink_nest_end(&writer->message, writer->peer);
    writer->allowed_ips = writer->peer = NULL;
}

static void continue_peer(struct writer *writer, const struct wgctl_device_peer *peer)
{
    writer->peers = wgctl_netlink_nest(&writer->message, WGDEVICE_A_PEERS);
    writer->peer = wgctl_netlink_nest(&writer->message, 0);
    wgctl_netlink_put(&writer->message, WGPEER_A_PUBLIC_KEY, peer->public_key.bytes,
                      sizeof peer->public_key.bytes);
    /* Without it a peer removed in between would come back, and without its PSK. */
    wgctl_netlink_put_u32(&writer->message, WGPEER_A_FLAGS, WGPEER_F_UPDATE_ONLY);
    writer->allowed_ips = wgctl_netlink_nest(&writer->message, WGPEER_A_ALLOWEDIPS);
}

static void put_allowed_ip(struct wgctl_netlink_message *message, const struct wgctl_prefix *prefix)
{
    struct nlattr *nest = wgctl_netlink_nest(message, 0);
    wgctl_netlink_put_u16(message, WGALLOWEDIP_A_FAMILY, prefix->family);
    wgctl_netlink_put(message, WGALLOWEDIP_A_IPADDR, prefix->bytes,
                      wgctl_family_size(prefix->family));
    wgctl_netlink_put_u8(message, WGALLOWEDIP_A_CIDR_MASK, prefix->length);
    wgctl_netlink_nest_end(message, nest);
}

static int write_allowed_ip(struct writer *writer, const struct wgctl_device_peer *peer,
                            const struct wgctl_prefix *prefix)
{
    size_t before = wgctl_netlink_size(&writer->message);
    put_allowed_ip(&writer->message, prefix);
    if (!writer->message.full)
        return WGCTL_OK;
    wgctl_netlink_rewind(&writer->message, before);
    end_peer(writer);
    int rc = send_message(writer);
    if (rc < 0)
        return rc;
    begin_message(writer);
    continue_peer(writer, peer);
    put_allowed_ip(&writer->message, prefix);
    return WGCTL_OK;
}

/* The allowed IPs of a new peer, or of one that loses some, are sent whole;
 * else only those that are new. */
static int write_allowed_ips(struct writer *writer, size_t from, size_t to)
{
    const struct wgctl_plan *plan = writer->plan;
    const struct wgctl_device_peer *peer = plan->steps[from].peer;
    bool whole = plan->steps[from].op == WGCTL_ADD_PEER ||
                 wgctl_plan_has(plan, from, to, WGCTL_REMOVE_ALLOWED_IP);
    int rc = WGCTL_OK;
    if (plan->steps[from].op == WGCTL_REMOVE_PEER)
        return rc;
    for (size_t i = 0; whole && rc == WGCTL_OK && i < peer->allowed_ips.count; i++)
        rc = write_allowed_ip(writer, peer, &peer->allowed_ips.items[i]);
    for (size_t i = from; !whole && rc == WGCTL_OK && i < to; i++)
        if (plan->steps[i].op == WGCTL_ADD_ALLOWED_IP)
            rc = write_allowed_ip(writer, peer, plan->steps[i].allowed_ip);
    return rc;
}

static int write_peer(struct writer *writer, size_t from, size_t to)
{
    size_t before = wgctl_netlink_size(&writer->message);
    struct nlattr *peers = writer->peers;
    begin_peer(writer, from, to);
    if (writer->message.full) {
        wgctl_netlink_rewind(&writer->message, before);
        writer->peers = peers;
        int rc = send_message(writer);
        if (rc < 0)
            return rc;
        begin_message(writer);
        begin_peer(writer, from, to);
    }
    int rc = write_allowed_ips(writer, from, to);
    if (rc == WGCTL_OK)
        end_peer(writer);
    return rc;
}

int wgctl_kernel_write(const char *interface, const struct wgctl_plan *plan,
                       struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    struct writer writer = {.interface = interface, .plan = plan, .err = err};
    int rc = open_family(&netlink, &writer.family, err);
    if (rc < 0)
        return rc;
    writer.netlink = netlink;

    begin_message(&writer);
    put_device(&writer);
    size_t i = 0;
    while (i < plan->count && !plan->steps[i].peer)
        i++;
    while (rc == WGCTL_OK && i < plan->count) {
        size_t end = wgctl_plan_peer_end(plan, i);
        rc = write_peer(&writer, i, end);
        i = end;
    }
    if (rc == WGCTL_OK)
        rc = send_message(&writer);
    wgctl_netlink_message_clear(&writer.message);
    return rc;
}
