/* Changes a device in the kernel through generic netlink (linux/wireguard.h). */
#include "device/kernel.h"

#include <errno.h>
#include <string.h>

#include <linux/wireguard.h>

/* New in Linux 6.16 and missing in older headers. */
enum { ALLOWEDIP_A_FLAGS = 4, ALLOWEDIP_F_REMOVE_ME = 1 };

/* The state of writing a plan. Only the first message may contain the device's own values. A
 * nest cannot exceed 64 KiB, because its length would wrap, so messages are kept short and each
 * one is sent as soon as it is full. */
struct writer {
    const char *interface;
    const struct wgctl_plan *plan;
    const struct wgctl_progress *progress;
    size_t done; /* number of completed steps */
    struct wgctl_netlink *netlink;
    uint16_t family;
    struct wgctl_netlink_message message;
    size_t empty_size;           /* size of a message that changes nothing */
    const struct wgctl_key *key; /* the peer whose nest is open */
    struct nlattr *peers, *peer, *allowed_ips;
    struct wgctl_error *err;
};

static void begin_message(struct writer *writer)
{
    wgctl_netlink_begin_generic(&writer->message, writer->family, WG_CMD_SET_DEVICE,
                                WG_GENL_VERSION, NLM_F_ACK);
    wgctl_netlink_put_string(&writer->message, WGDEVICE_A_IFNAME, writer->interface);
    writer->empty_size = wgctl_netlink_size(&writer->message);
}

/* Sends the message and begins the next one. Returns 0 or a negative errno. */
static int talk(struct writer *writer)
{
    int rc = 0;
    wgctl_netlink_nest_end(&writer->message, writer->peers);
    writer->peers = NULL;
    if (wgctl_netlink_size(&writer->message) > writer->empty_size)
        rc = wgctl_netlink_talk(writer->netlink, &writer->message, NULL, NULL);
    wgctl_netlink_message_clear(&writer->message);
    begin_message(writer);
    if (rc == 0)
        wgctl_progress_report(writer->progress, writer->done, writer->plan->count);
    return rc;
}

static int fail_refused(struct writer *writer, int negative_errno)
{
    return wgctl_netlink_fail(writer->netlink, negative_errno, writer->err,
                              "the kernel refused to set %s", writer->interface);
}

static int send_message(struct writer *writer)
{
    int rc = talk(writer);
    return rc < 0 ? fail_refused(writer, rc) : wgctl_progress_check(writer->progress, writer->err);
}

/* ---- parts of a message ---- */

static void put_device(struct writer *writer)
{
    const struct wgctl_device *wanted = writer->plan->wanted;
    for (; writer->done < writer->plan->count && !writer->plan->steps[writer->done].peer;
         writer->done++) {
        enum wgctl_plan_op op = writer->plan->steps[writer->done].op;
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
                         const union wgctl_sockaddr *endpoint)
{
    size_t size =
        endpoint->family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (endpoint->family != AF_UNSPEC)
        wgctl_netlink_put(message, WGPEER_A_ENDPOINT, endpoint, size);
}

static void put_allowed_ip(struct wgctl_netlink_message *message, const struct wgctl_prefix *prefix,
                           uint32_t flags)
{
    struct nlattr *nest = wgctl_netlink_nest(message, 0);
    wgctl_netlink_put_u16(message, WGALLOWEDIP_A_FAMILY, prefix->family);
    wgctl_netlink_put(message, WGALLOWEDIP_A_IPADDR, prefix->bytes,
                      wgctl_family_size(prefix->family));
    wgctl_netlink_put_u8(message, WGALLOWEDIP_A_CIDR_MASK, prefix->length);
    if (flags)
        wgctl_netlink_put_u32(message, ALLOWEDIP_A_FLAGS, flags);
    wgctl_netlink_nest_end(message, nest);
}

/* ---- one peer ---- */

static void open_peer(struct writer *writer, const struct wgctl_key *key, uint32_t flags)
{
    if (!writer->peers)
        writer->peers = wgctl_netlink_nest(&writer->message, WGDEVICE_A_PEERS);
    writer->key = key;
    writer->peer = wgctl_netlink_nest(&writer->message, 0);
    wgctl_netlink_put(&writer->message, WGPEER_A_PUBLIC_KEY, key->bytes, sizeof key->bytes);
    wgctl_netlink_put_u32(&writer->message, WGPEER_A_FLAGS, flags);
}

/* Puts the values that the steps [from, to) set, or all settings of a new peer. */
static void put_values(struct writer *writer, size_t from, size_t to)
{
    struct wgctl_netlink_message *message = &writer->message;
    const struct wgctl_plan *plan = writer->plan;
    const struct wgctl_device_peer *peer = plan->steps[from].peer;
    bool adds = plan->steps[from].op == WGCTL_ADD_PEER;
    if (wgctl_plan_has(plan, from, to, WGCTL_SET_PRESHARED_KEY) ||
        (adds && !wgctl_key_is_zero(&peer->preshared_key)))
        wgctl_netlink_put(message, WGPEER_A_PRESHARED_KEY, peer->preshared_key.bytes,
                          sizeof peer->preshared_key.bytes);
    if (adds || wgctl_plan_has(plan, from, to, WGCTL_SET_ENDPOINT))
        put_endpoint(message, &peer->endpoint);
    if (wgctl_plan_has(plan, from, to, WGCTL_SET_KEEPALIVE) || (adds && peer->keepalive))
        wgctl_netlink_put_u16(message, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, peer->keepalive);
}

static void close_peer(struct writer *writer)
{
    wgctl_netlink_nest_end(&writer->message, writer->allowed_ips);
    wgctl_netlink_nest_end(&writer->message, writer->peer);
    writer->allowed_ips = writer->peer = NULL;
}

/* Begins a peer with the values of the steps [from, to), but without allowed IPs. If the
 * message is full, the peer begins in the next one. */
static int begin_peer(struct writer *writer, const struct wgctl_key *key, uint32_t flags,
                      size_t from, size_t to)
{
    size_t before = wgctl_netlink_size(&writer->message);
    struct nlattr *peers = writer->peers;
    for (int tries = 0;; tries++) {
        open_peer(writer, key, flags);
        if (from < to)
            put_values(writer, from, to);
        if (!writer->message.full || tries > 0)
            return WGCTL_OK;
        wgctl_netlink_rewind(&writer->message, before);
        writer->peers = peers;
        int rc = send_message(writer);
        if (rc < 0)
            return rc;
    }
}

/* Adds an allowed IP to the open peer. If the message is full, the peer continues in the next
 * one. */
static int write_allowed_ip(struct writer *writer, const struct wgctl_prefix *prefix,
                            uint32_t flags)
{
    size_t before = wgctl_netlink_size(&writer->message);
    struct nlattr *allowed_ips = writer->allowed_ips;
    if (!allowed_ips)
        writer->allowed_ips = wgctl_netlink_nest(&writer->message, WGPEER_A_ALLOWEDIPS);
    put_allowed_ip(&writer->message, prefix, flags);
    if (!writer->message.full)
        return WGCTL_OK;
    wgctl_netlink_rewind(&writer->message, before);
    writer->allowed_ips = allowed_ips;
    close_peer(writer);
    int rc = send_message(writer);
    if (rc < 0)
        return rc;
    /* Without UPDATE_ONLY, a peer that was removed in between would come back without its PSK. */
    open_peer(writer, writer->key, WGPEER_F_UPDATE_ONLY);
    writer->allowed_ips = wgctl_netlink_nest(&writer->message, WGPEER_A_ALLOWEDIPS);
    put_allowed_ip(&writer->message, prefix, flags);
    return WGCTL_OK;
}

/* ---- groups of a plan ---- */

static int add_peer(struct writer *writer, size_t from)
{
    const struct wgctl_device_peer *peer = writer->plan->steps[from].peer;
    int rc = begin_peer(writer, &peer->public_key, 0, from, from + 1);
    for (size_t i = 0; rc == WGCTL_OK && i < peer->allowed_ips.count; i++)
        rc = write_allowed_ip(writer, &peer->allowed_ips.items[i], 0);
    close_peer(writer);
    return rc;
}

static int change_peer(struct writer *writer, size_t from, size_t to)
{
    const struct wgctl_plan_step *steps = writer->plan->steps;
    int rc = begin_peer(writer, &steps[from].peer->public_key, WGPEER_F_UPDATE_ONLY, from, to);
    for (size_t i = from; rc == WGCTL_OK && i < to; i++)
        if (steps[i].op == WGCTL_ADD_ALLOWED_IP)
            rc = write_allowed_ip(writer, steps[i].allowed_ip, 0);
    close_peer(writer);
    return rc;
}

static int remove_peer(struct writer *writer, const struct wgctl_key *key)
{
    int rc = begin_peer(writer, key, WGPEER_F_UPDATE_ONLY | WGPEER_F_REMOVE_ME, 0, 0);
    close_peer(writer);
    return rc;
}

/* ---- removed allowed IPs ---- */

static int remove_one_by_one(struct writer *writer, size_t from, size_t to)
{
    const struct wgctl_plan_step *steps = writer->plan->steps;
    int rc = WGCTL_OK;
    while (rc == WGCTL_OK && from < to) {
        size_t group = wgctl_plan_group_end(writer->plan, from), end = group < to ? group : to;
        rc = begin_peer(writer, &steps[from].peer->public_key, WGPEER_F_UPDATE_ONLY, 0, 0);
        for (; rc == WGCTL_OK && from < end; from++, writer->done++)
            rc = write_allowed_ip(writer, steps[from].allowed_ip, ALLOWEDIP_F_REMOVE_ME);
        close_peer(writer);
    }
    return rc;
}

/* A kernel that cannot remove a single allowed IP can still move it to a throwaway peer and
 * remove that. Replacing the peer's whole list would leave it without any for a moment. */
static int throw_away(struct writer *writer, size_t from, size_t to)
{
    struct wgctl_key key;
    wgctl_key_generate_preshared(&key);
    int rc = begin_peer(writer, &key, 0, 0, 0);
    for (; rc == WGCTL_OK && from < to; from++, writer->done++)
        rc = write_allowed_ip(writer, writer->plan->steps[from].allowed_ip, 0);
    close_peer(writer);
    return rc < 0 ? rc : remove_peer(writer, &key);
}

/* The first removal tells whether the kernel supports it. An older kernel refuses it without
 * changing anything, because the peer exists. */
static int remove_allowed_ips(struct writer *writer, size_t from, size_t to)
{
    int rc = send_message(writer);
    if (rc == WGCTL_OK)
        rc = remove_one_by_one(writer, from, from + 1);
    if (rc < 0)
        return rc;
    rc = talk(writer);
    if (rc == 0)
        return remove_one_by_one(writer, from + 1, to);
    if (rc != -EINVAL)
        return fail_refused(writer, rc);
    writer->done--;
    return throw_away(writer, from, to);
}

static size_t removals_end(const struct wgctl_plan *plan, size_t index)
{
    while (index < plan->count && plan->steps[index].op == WGCTL_REMOVE_ALLOWED_IP)
        index++;
    return index;
}

static int write_peers(struct writer *writer)
{
    const struct wgctl_plan *plan = writer->plan;
    int rc = WGCTL_OK;
    for (size_t i = writer->done, end; rc == WGCTL_OK && i < plan->count; i = writer->done = end) {
        enum wgctl_plan_op op = plan->steps[i].op;
        end = op == WGCTL_REMOVE_ALLOWED_IP ? removals_end(plan, i) : wgctl_plan_group_end(plan, i);
        if (op == WGCTL_REMOVE_ALLOWED_IP)
            rc = remove_allowed_ips(writer, i, end);
        else if (op == WGCTL_ADD_PEER)
            rc = add_peer(writer, i);
        else if (op == WGCTL_REMOVE_PEER)
            rc = remove_peer(writer, &plan->steps[i].peer->public_key);
        else
            rc = change_peer(writer, i, end);
    }
    return rc;
}

int wgctl_kernel_write(const char *interface, const struct wgctl_plan *plan,
                       const struct wgctl_progress *progress, struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = NULL;
    struct writer writer = {.interface = interface, .plan = plan, .progress = progress, .err = err};
    int rc = wgctl_kernel_open(&netlink, &writer.family, err);
    if (rc < 0)
        return rc;
    writer.netlink = netlink;
    begin_message(&writer);
    put_device(&writer);
    rc = write_peers(&writer);
    if (rc == WGCTL_OK)
        rc = send_message(&writer);
    wgctl_netlink_message_clear(&writer.message);
    return rc;
}
