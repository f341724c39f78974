/* The kernel's WireGuard, whose side of the conversation is played by the test. */
#include "base/netlink.h"
#include "device/backend.h"
#include "devices.h"
#include "netlink_double.h"

#include <linux/time_types.h>
#include <linux/wireguard.h>

enum { FAMILY = 0x23 };

static struct wgctl_error err;

static void setup(void)
{
    forget_exchanges();
    say_family(FAMILY);
}

/* ---- what the kernel says of a device ---- */

static struct nlmsghdr *say_device(uint16_t flags)
{
    return say_generic(FAMILY, WG_CMD_GET_DEVICE, (uint16_t)(NLM_F_MULTI | flags));
}

static struct nlattr *begin_peer(struct nlmsghdr *message, unsigned number)
{
    struct wgctl_key key = key_of(number);
    struct nlattr *peer = mnl_attr_nest_start(message, 0);
    mnl_attr_put(message, WGPEER_A_PUBLIC_KEY, sizeof key.bytes, key.bytes);
    return peer;
}

static void put_allowed_ip(struct nlmsghdr *message, const struct wgctl_prefix *prefix)
{
    struct nlattr *nest = mnl_attr_nest_start(message, 0);
    mnl_attr_put_u16(message, WGALLOWEDIP_A_FAMILY, prefix->family);
    mnl_attr_put(message, WGALLOWEDIP_A_IPADDR, wgctl_family_size(prefix->family), prefix->bytes);
    mnl_attr_put_u8(message, WGALLOWEDIP_A_CIDR_MASK, prefix->length);
    mnl_attr_nest_end(message, nest);
}

static void put_allowed_ips(struct nlmsghdr *message, const char *text)
{
    struct wgctl_prefixes list = {0};
    ck_assert_int_eq(wgctl_prefixes_parse(&list, wgctl_slice_of(text), &err), WGCTL_OK);
    struct nlattr *nest = mnl_attr_nest_start(message, WGPEER_A_ALLOWEDIPS);
    for (size_t i = 0; i < list.count; i++)
        put_allowed_ip(message, &list.items[i]);
    mnl_attr_nest_end(message, nest);
    wgctl_prefixes_clear(&list);
}

/* A message about one peer and its allowed IPs. */
static void say_peer(unsigned number, const char *allowed_ips)
{
    struct nlmsghdr *message = say_device(0);
    struct nlattr *peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
    struct nlattr *peer = begin_peer(message, number);
    put_allowed_ips(message, allowed_ips);
    mnl_attr_nest_end(message, peer);
    mnl_attr_nest_end(message, peers);
}

static void assert_reads(const char *expected)
{
    WGCTL_DEVICE device = {0};
    int rc = wgctl_kernel_read("wg0", &device, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
    ck_assert_uint_eq(delivered, queued);
    assert_device(&device, expected);
}

static void assert_fails_to_read(int status, const char *message)
{
    WGCTL_DEVICE device = {0};
    ck_assert_int_eq(wgctl_kernel_read("wg0", &device, &err), status);
    ck_assert_str_eq(err.message, message);
}

/* ---- reading ---- */

START_TEST(a_device_is_asked_for_by_its_name)
{
    say_done(0, 0);
    assert_reads("device\n");
    const struct nlmsghdr *asked = sent_message(1);
    const struct genlmsghdr *generic = mnl_nlmsg_get_payload(asked);
    const struct nlattr *name = mnl_nlmsg_get_payload_offset(asked, sizeof *generic);
    ck_assert_uint_eq(asked->nlmsg_type, FAMILY);
    ck_assert_uint_eq(asked->nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
    ck_assert_uint_eq(generic->cmd, WG_CMD_GET_DEVICE);
    ck_assert_uint_eq(mnl_attr_get_type(name), WGDEVICE_A_IFNAME);
    ck_assert_str_eq(mnl_attr_get_str(name), "wg0");
}
END_TEST

START_TEST(everything_that_a_device_has_is_read)
{
    struct wgctl_key private_key = key_of(0), psk = key_of(4);
    struct sockaddr_storage endpoint = sockaddr_of("[2001:db8::1]:4242");
    const struct __kernel_timespec handshake = {.tv_sec = 1700000000, .tv_nsec = 5};
    struct nlmsghdr *message = say_device(0);
    mnl_attr_put(message, WGDEVICE_A_PRIVATE_KEY, sizeof private_key.bytes, private_key.bytes);
    mnl_attr_put_u16(message, WGDEVICE_A_LISTEN_PORT, 51820);
    mnl_attr_put_u32(message, WGDEVICE_A_FWMARK, 7);
    struct nlattr *peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
    struct nlattr *peer = begin_peer(message, 1);
    mnl_attr_put(message, WGPEER_A_PRESHARED_KEY, sizeof psk.bytes, psk.bytes);
    mnl_attr_put(message, WGPEER_A_ENDPOINT, sizeof(struct sockaddr_in6), &endpoint);
    mnl_attr_put_u16(message, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, 25);
    mnl_attr_put(message, WGPEER_A_LAST_HANDSHAKE_TIME, sizeof handshake, &handshake);
    mnl_attr_put_u64(message, WGPEER_A_RX_BYTES, 5000000000);
    mnl_attr_put_u64(message, WGPEER_A_TX_BYTES, 92);
    put_allowed_ips(message, "10.0.0.2/32, fd00::/64");
    mnl_attr_nest_end(message, peer);
    mnl_attr_nest_end(message, peers);
    say_done(0, 0);
    assert_reads("device key=010c1722 port=51820 mark=7\n"
                 " peer=26313c47 psk=95a0abb6 at [2001:db8::1]:4242 every 25 handshake 1700000000 "
                 "in 5000000000 out 92 for 10.0.0.2/32, fd00::/64\n");
}
END_TEST

START_TEST(what_is_not_set_is_none)
{
    const struct wgctl_key zero = {0};
    struct sockaddr_storage endpoint = sockaddr_of("192.0.2.1:1");
    struct nlmsghdr *message = say_device(0);
    mnl_attr_put(message, WGDEVICE_A_PRIVATE_KEY, sizeof zero.bytes, zero.bytes);
    struct nlattr *peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
    struct nlattr *peer = begin_peer(message, 1);
    mnl_attr_put(message, WGPEER_A_PRESHARED_KEY, sizeof zero.bytes, zero.bytes);
    mnl_attr_put(message, WGPEER_A_ENDPOINT, sizeof(struct sockaddr_in), &endpoint);
    mnl_attr_nest_end(message, peer);
    peer = begin_peer(message, 2);
    mnl_attr_put(message, WGPEER_A_ENDPOINT, 7, &endpoint); /* no address that we know */
    mnl_attr_nest_end(message, peer);
    mnl_attr_nest_end(message, peers);
    say_done(0, 0);
    WGCTL_DEVICE device = {0};
    ck_assert_int_eq(wgctl_kernel_read("wg0", &device, &err), WGCTL_OK);
    assert_device(&device, "device\n peer=26313c47 at 192.0.2.1:1\n peer=4b56616c\n");
    ck_assert(!device.has_private_key);
}
END_TEST

START_TEST(a_peer_in_several_messages_is_one_peer)
{
    say_peer(1, "10.0.0.1/32");
    say_peer(2, "10.0.0.2/32, 10.1.0.0/16");
    say_peer(2, "10.2.0.0/16, fd00::2/128");
    say_peer(2, "10.3.0.0/16");
    say_peer(3, "10.0.0.3/32");
    say_done(0, 0);
    assert_reads("device\n"
                 " peer=26313c47 for 10.0.0.1/32\n"
                 " peer=4b56616c for 10.0.0.2/32, 10.1.0.0/16, 10.2.0.0/16, fd00::2/128, "
                 "10.3.0.0/16\n"
                 " peer=707b8691 for 10.0.0.3/32\n");
}
END_TEST

START_TEST(a_dump_that_failed_is_not_taken_for_a_device_without_peers)
{
    say_done(ENODEV, 0);
    assert_fails_to_read(WGCTL_NOT_FOUND, "cannot read the state of wg0: No such device");
    setup();
    say_peer(1, "10.0.0.1/32");
    say_done(ENOMEM, 0);
    assert_fails_to_read(WGCTL_SYSTEM, "cannot read the state of wg0: Cannot allocate memory");
}
END_TEST

START_TEST(a_dump_that_was_interrupted_is_made_again_from_the_start)
{
    say_peer(1, "10.0.0.1/32");
    say_peer(2, "10.0.0.2/32");
    say_done(0, NLM_F_DUMP_INTR);
    say_peer(2, "10.0.0.9/32");
    say_done(0, 0);
    assert_reads("device\n peer=4b56616c for 10.0.0.9/32\n");
    ck_assert_uint_eq(sent_count, 1 + 2);
}
END_TEST

START_TEST(a_dump_that_is_always_interrupted_is_given_up)
{
    for (int i = 0; i < MOST_DATAGRAMS / 2 - 2; i++) {
        say_peer(1, "10.0.0.1/32");
        say_done(0, NLM_F_DUMP_INTR);
    }
    assert_fails_to_read(WGCTL_SYSTEM, "cannot read the state of wg0: Interrupted system call");
    ck_assert_uint_lt(delivered, queued);
}
END_TEST

/* An allowed IP with one of its three attributes left out, or of another size. */
static void say_broken_allowed_ip(int broken)
{
    struct nlmsghdr *message = say_device(0);
    struct nlattr *peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
    struct nlattr *peer = begin_peer(message, 1);
    struct nlattr *list = mnl_attr_nest_start(message, WGPEER_A_ALLOWEDIPS);
    struct nlattr *item = mnl_attr_nest_start(message, 0);
    if (broken != 0)
        mnl_attr_put_u16(message, WGALLOWEDIP_A_FAMILY, broken == 1 ? AF_INET6 : AF_INET);
    if (broken != 2)
        mnl_attr_put_u32(message, WGALLOWEDIP_A_IPADDR, 0x0100007f);
    if (broken == 3)
        mnl_attr_put_u32(message, WGALLOWEDIP_A_CIDR_MASK, 32);
    else if (broken != 4)
        mnl_attr_put_u8(message, WGALLOWEDIP_A_CIDR_MASK, 32);
    mnl_attr_nest_end(message, item);
    mnl_attr_nest_end(message, list);
    mnl_attr_nest_end(message, peer);
    mnl_attr_nest_end(message, peers);
    say_done(0, 0);
}

START_TEST(an_allowed_ip_that_is_none_is_an_error)
{
    for (int broken = 0; broken < 5; broken++) {
        setup();
        say_broken_allowed_ip(broken);
        assert_fails_to_read(WGCTL_SYSTEM, "cannot read the state of wg0: Bad message");
    }
}
END_TEST

START_TEST(a_kernel_without_wireguard_is_said_to_be_one)
{
    forget_exchanges();
    say_error(ENOENT, 0);
    assert_fails_to_read(WGCTL_NOT_FOUND,
                         "the kernel does not answer for WireGuard: No such file or directory");
}
END_TEST

/* ---- what the kernel is told ---- */

/* Walks what a nest holds, from NULL to NULL: all of it, to the last byte. */
static const struct nlattr *next_in(const struct nlattr *nest, const struct nlattr *cursor)
{
    const char *end = (const char *)nest + nest->nla_len;
    const struct nlattr *behind = cursor ? mnl_attr_next(cursor) : mnl_attr_get_payload(nest);
    ck_assert((const char *)behind == end ||
              mnl_attr_ok(behind, (int)(end - (const char *)behind)));
    return wgctl_attributes_next(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest),
                                 cursor);
}

static void describe_flags(uint32_t flags, struct wgctl_text *text)
{
    wgctl_text_string(text, flags & WGPEER_F_UPDATE_ONLY ? " known" : " new");
    wgctl_text_string(text, flags & WGPEER_F_REMOVE_ME ? " goes" : "");
    wgctl_text_string(text, flags & WGPEER_F_REPLACE_ALLOWEDIPS ? " instead" : "");
}

static void describe_allowed_ip(const struct nlattr *nest, struct wgctl_text *text)
{
    struct wgctl_prefix prefix = {0};
    char buffer[WGCTL_PREFIX_TEXT_SIZE];
    const struct nlattr *attribute = NULL;
    while ((attribute = next_in(nest, attribute))) {
        if (mnl_attr_get_type(attribute) == WGALLOWEDIP_A_FAMILY)
            prefix.family = (uint8_t)mnl_attr_get_u16(attribute);
        else if (mnl_attr_get_type(attribute) == WGALLOWEDIP_A_CIDR_MASK)
            prefix.length = mnl_attr_get_u8(attribute);
        else
            memcpy(prefix.bytes, mnl_attr_get_payload(attribute),
                   mnl_attr_get_payload_len(attribute));
    }
    wgctl_text_format(text, " %s", wgctl_prefix_format(&prefix, buffer));
}

static void describe_sent_peer(const struct nlattr *nest, struct wgctl_text *text)
{
    char buffer[WGCTL_ENDPOINT_TEXT_SIZE];
    struct sockaddr_storage endpoint = {0};
    const struct nlattr *attribute = NULL, *item = NULL;
    while ((attribute = next_in(nest, attribute))) {
        const void *data = mnl_attr_get_payload(attribute);
        switch (mnl_attr_get_type(attribute)) {
        case WGPEER_A_PUBLIC_KEY:
            describe_key("peer", data, text);
            break;
        case WGPEER_A_PRESHARED_KEY:
            describe_key("psk", data, text);
            break;
        case WGPEER_A_FLAGS:
            describe_flags(mnl_attr_get_u32(attribute), text);
            break;
        case WGPEER_A_ENDPOINT:
            memcpy(&endpoint, data, mnl_attr_get_payload_len(attribute)); /* for its alignment */
            wgctl_text_format(text, " at %s", wgctl_sockaddr_format(&endpoint, buffer));
            break;
        case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
            wgctl_text_format(text, " every %u", mnl_attr_get_u16(attribute));
            break;
        case WGPEER_A_ALLOWEDIPS:
            wgctl_text_string(text, " for");
            while ((item = next_in(attribute, item)))
                describe_allowed_ip(item, text);
            break;
        }
    }
    wgctl_text_string(text, "\n");
}

static void describe_sent(const struct nlmsghdr *message, struct wgctl_text *text)
{
    const struct nlattr *attribute = NULL, *peer = NULL;
    size_t size;
    const void *all = wgctl_netlink_payload(message, sizeof(struct genlmsghdr), &size);
    while ((attribute = wgctl_attributes_next(all, size, attribute))) {
        switch (mnl_attr_get_type(attribute)) {
        case WGDEVICE_A_IFNAME:
            wgctl_text_format(text, "set %s", mnl_attr_get_str(attribute));
            break;
        case WGDEVICE_A_PRIVATE_KEY:
            describe_key("key", mnl_attr_get_payload(attribute), text);
            break;
        case WGDEVICE_A_LISTEN_PORT:
            wgctl_text_format(text, " port=%u", mnl_attr_get_u16(attribute));
            break;
        case WGDEVICE_A_FWMARK:
            wgctl_text_format(text, " mark=%u", mnl_attr_get_u32(attribute));
            break;
        case WGDEVICE_A_PEERS:
            wgctl_text_string(text, "\n");
            while ((peer = next_in(attribute, peer)))
                describe_sent_peer(peer, text);
            break;
        default:
            wgctl_text_format(text, " attribute %u", mnl_attr_get_type(attribute));
        }
    }
}

static struct wgctl_device_peer *add_peer(struct wgctl_device *device, unsigned number,
                                          const char *allowed_ips)
{
    struct wgctl_device_peer *peer = wgctl_device_add_peer(device);
    peer->public_key = key_of(number);
    ck_assert_int_eq(wgctl_prefixes_parse(&peer->allowed_ips, wgctl_slice_of(allowed_ips), &err),
                     WGCTL_OK);
    return peer;
}

/* Makes the plan from one to the other and carries it out; takes both. */
static int write_difference(struct wgctl_device *wanted, struct wgctl_device *running)
{
    WGCTL_PLAN plan = {0};
    wgctl_device_sort(wanted);
    wgctl_device_sort(running);
    ck_assert_int_eq(wgctl_plan_make(NULL, wanted, running, &plan, &err), WGCTL_OK);
    int rc = wgctl_kernel_write("wg0", &plan, &err);
    wgctl_plan_clear(&plan);
    wgctl_device_clear(wanted);
    wgctl_device_clear(running);
    return rc;
}

static void assert_told(struct wgctl_device *wanted, struct wgctl_device *running,
                        const char *expected)
{
    WGCTL_TEXT text = {0};
    say_error(0, 0);
    ck_assert_int_eq(write_difference(wanted, running), WGCTL_OK);
    ck_assert_uint_eq(sent_count, 2);
    describe_sent(sent_message(1), &text);
    assert_text(&text, expected);
}

/* ---- writing ---- */

START_TEST(a_new_device_is_told_all_of_it)
{
    struct wgctl_device running = {0}, wanted = {.has_private_key = true,
                                                 .private_key = key_of(0),
                                                 .has_listen_port = true,
                                                 .listen_port = 51820,
                                                 .has_fwmark = true,
                                                 .fwmark = 7};
    struct wgctl_device_peer *peer = add_peer(&wanted, 1, "10.0.0.2/32, fd00::2/128");
    peer->preshared_key = key_of(4);
    peer->endpoint = sockaddr_of("192.0.2.1:4242");
    peer->keepalive = 25;
    add_peer(&wanted, 2, "10.0.0.3/32");
    assert_told(&wanted, &running,
                "set wg0 key=010c1722 port=51820 mark=7\n"
                " peer=26313c47 new psk=95a0abb6 at 192.0.2.1:4242 every 25 for 10.0.0.2/32 "
                "fd00::2/128\n"
                " peer=4b56616c new for 10.0.0.3/32\n");
    const struct nlmsghdr *set = sent_message(1);
    ck_assert_uint_eq(set->nlmsg_type, FAMILY);
    ck_assert_uint_eq(set->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
    ck_assert_uint_eq(((const struct genlmsghdr *)mnl_nlmsg_get_payload(set))->cmd,
                      WG_CMD_SET_DEVICE);
}
END_TEST

START_TEST(a_peer_that_goes_is_only_named)
{
    struct wgctl_device wanted = {0}, running = {0};
    add_peer(&running, 1, "10.0.0.2/32")->preshared_key = key_of(4);
    assert_told(&wanted, &running, "set wg0\n peer=26313c47 known goes\n");
}
END_TEST

START_TEST(an_allowed_ip_more_is_sent_alone)
{
    struct wgctl_device wanted = {0}, running = {0};
    add_peer(&wanted, 1, "10.0.0.2/32, 10.1.0.0/16")->preshared_key = key_of(4);
    add_peer(&running, 1, "10.0.0.2/32")->preshared_key = key_of(4);
    assert_told(&wanted, &running, "set wg0\n peer=26313c47 known for 10.1.0.0/16\n");
}
END_TEST

START_TEST(an_allowed_ip_less_sends_the_others_again)
{
    struct wgctl_device wanted = {0}, running = {0};
    add_peer(&wanted, 1, "10.0.0.2/32, 10.2.0.0/16");
    add_peer(&running, 1, "10.0.0.2/32, 10.1.0.0/16");
    assert_told(&wanted, &running,
                "set wg0\n peer=26313c47 known instead for 10.0.0.2/32 10.2.0.0/16\n");
}
END_TEST

START_TEST(a_change_of_a_value_leaves_the_allowed_ips_alone)
{
    struct wgctl_device wanted = {0}, running = {0};
    add_peer(&wanted, 1, "10.0.0.2/32")->keepalive = 0;
    add_peer(&running, 1, "10.0.0.2/32")->keepalive = 25;
    wanted.peers[0].preshared_key = key_of(4);
    assert_told(&wanted, &running, "set wg0\n peer=26313c47 known psk=95a0abb6 every 0 for\n");
}
END_TEST

/* Devices roam: where they were is not where they are. */
START_TEST(an_endpoint_that_did_not_change_is_not_sent)
{
    struct wgctl_device wanted = {0}, running = {0};
    add_peer(&wanted, 1, "10.0.0.2/32")->endpoint = sockaddr_of("192.0.2.1:4242");
    add_peer(&running, 1, "10.0.0.2/32")->endpoint = sockaddr_of("192.0.2.99:9");
    running.peers[0].last_handshake = 1700000000;
    wanted.peers[0].keepalive = 25;
    assert_told(&wanted, &running, "set wg0\n peer=26313c47 known every 25 for\n");
}
END_TEST

START_TEST(a_psk_that_goes_is_sent_as_zero)
{
    struct wgctl_device wanted = {0}, running = {0};
    add_peer(&wanted, 1, "10.0.0.2/32");
    add_peer(&running, 1, "10.0.0.2/32")->preshared_key = key_of(4);
    say_error(0, 0);
    ck_assert_int_eq(write_difference(&wanted, &running), WGCTL_OK);
    /* Header, interface, list, peer, key, flags: then it comes. */
    static const unsigned char psk[] = {36, 0, WGPEER_A_PRESHARED_KEY, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    ck_assert_ptr_nonnull(memmem(sent_message(1), sent[1].size, psk, sizeof psk));
}
END_TEST

START_TEST(a_refusal_is_an_error_with_the_kernel_s_reason)
{
    struct wgctl_device wanted = {.has_listen_port = true, .listen_port = 1}, running = {0};
    struct nlmsghdr *refusal = say_error(EADDRINUSE, NLM_F_ACK_TLVS | NLM_F_CAPPED);
    mnl_attr_put_strz(refusal, NLMSGERR_ATTR_MSG, "somebody has it");
    ck_assert_int_lt(write_difference(&wanted, &running), 0);
    ck_assert_str_eq(err.message,
                     "the kernel refused to set wg0: Address already in use (somebody has it)");
}
END_TEST

/* ---- what needs several messages ---- */

/* What all of them say, one after the other. */
static void describe_all_sent(struct wgctl_text *text)
{
    for (size_t i = 1; i < sent_count; i++) {
        ck_assert_uint_le(sent[i].size, SENT_SIZE);
        ck_assert_uint_eq(sent[i].size, sent_message(i)->nlmsg_len);
        describe_sent(sent_message(i), text);
    }
}

static size_t count_of(const struct wgctl_text *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text->data; (at = strstr(at, part)); at++)
        count++;
    return count;
}

START_TEST(many_peers_take_several_messages_and_each_goes_once)
{
    enum { PEERS = 200 };
    struct wgctl_device running = {0}, wanted = {.has_listen_port = true, .listen_port = 51820};
    WGCTL_TEXT text = {0};
    char part[64];
    for (unsigned i = 0; i < PEERS; i++) {
        snprintf(part, sizeof part, "10.1.%u.2/32, fd00::%x/128", i, i);
        add_peer(&wanted, 1, part);
        wanted.peers[i].public_key.bytes[31] = (uint8_t)i;
        wanted.peers[i].preshared_key = key_of(4);
    }
    for (int i = 0; i < 16; i++)
        say_error(0, 0);
    ck_assert_int_eq(write_difference(&wanted, &running), WGCTL_OK);
    describe_all_sent(&text);
    ck_assert_uint_gt(sent_count, 3);
    ck_assert_uint_eq(count_of(&text, "set wg0"), sent_count - 1);
    ck_assert_uint_eq(count_of(&text, "port=51820"), 1); /* in the first message only */
    ck_assert_uint_eq(count_of(&text, " peer="), PEERS);
    ck_assert_uint_eq(count_of(&text, " new"), PEERS);
    for (unsigned i = 0; i < PEERS; i++) {
        snprintf(part, sizeof part, " new psk=95a0abb6 for 10.1.%u.2/32 fd00::%x/128\n", i, i);
        if (i > 0)
            ck_assert_msg(count_of(&text, part) == 1, "peer %u", i);
    }
}
END_TEST

/* Tells of a peer with so many allowed IPs, and of one behind it. Returns in how
 * many parts the first one went. */
static size_t assert_goes_once(unsigned allowed_ips, bool is_new)
{
    struct wgctl_device wanted = {0}, running = {0};
    WGCTL_TEXT text = {0}, list = {0};
    char part[64];
    setup();
    for (unsigned i = 0; i < allowed_ips; i++)
        wgctl_text_format(&list, "%s10.%u.%u.2/32", i ? ", " : "", i / 256, i % 256);
    add_peer(&wanted, 1, list.data)->preshared_key = key_of(4);
    add_peer(&wanted, 2, "192.168.0.1/32");
    if (!is_new) { /* it loses one, so that all the others are sent */
        wgctl_text_string(&list, ", 172.16.0.0/12");
        add_peer(&running, 1, list.data)->preshared_key = key_of(4);
    }
    for (int i = 0; i < 32; i++)
        say_error(0, 0);
    ck_assert_int_eq(write_difference(&wanted, &running), WGCTL_OK);
    describe_all_sent(&text);
    size_t parts = count_of(&text, " peer=26313c47");
    /* What a continuation would spoil stands in the first part alone. */
    ck_assert_uint_eq(count_of(&text, " peer=26313c47 new"), is_new);
    ck_assert_uint_eq(count_of(&text, " peer=26313c47 known"), parts - is_new);
    ck_assert_uint_eq(count_of(&text, " instead"), !is_new);
    ck_assert_uint_eq(count_of(&text, " psk="), is_new);
    ck_assert_uint_eq(count_of(&text, " peer=4b56616c new"), 1);
    ck_assert_uint_eq(count_of(&text, " 192.168.0.1/32\n"), 1);
    for (unsigned i = 0; i < allowed_ips; i++) {
        snprintf(part, sizeof part, " 10.%u.%u.2/32", i / 256, i % 256);
        ck_assert_msg(count_of(&text, part) == 1, "%u of %u", i, allowed_ips);
    }
    return parts;
}

/* Around 290 the first peer, the second or an allowed IP is the first that does not
 * fit into the message. */
START_TEST(a_peer_that_continues_is_never_made_anew)
{
    for (unsigned count = 280; count < 300; count++) {
        assert_goes_once(count, true);
        assert_goes_once(count, false);
    }
    ck_assert_uint_gt(assert_goes_once(2000, true), 6);
    ck_assert_uint_gt(assert_goes_once(2000, false), 6);
}
END_TEST

START_TEST(a_refusal_on_the_way_ends_it)
{
    struct wgctl_device wanted = {0}, running = {0};
    WGCTL_TEXT list = {0};
    for (unsigned i = 0; i < 1000; i++)
        wgctl_text_format(&list, "%s10.%u.%u.2/32", i ? ", " : "", i / 256, i % 256);
    add_peer(&wanted, 1, list.data);
    say_error(0, 0);
    say_error(ENOMEM, 0);
    ck_assert_int_eq(write_difference(&wanted, &running), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "the kernel refused to set wg0: Cannot allocate memory");
    ck_assert_uint_eq(sent_count, 3);
}
END_TEST

static Suite *kernel_suite(void)
{
    Suite *suite = suite_create("kernel");
    TCase *reading = tcase_create("reading");
    tcase_add_checked_fixture(reading, setup, NULL);
    tcase_add_test(reading, a_device_is_asked_for_by_its_name);
    tcase_add_test(reading, everything_that_a_device_has_is_read);
    tcase_add_test(reading, what_is_not_set_is_none);
    tcase_add_test(reading, a_peer_in_several_messages_is_one_peer);
    tcase_add_test(reading, a_dump_that_failed_is_not_taken_for_a_device_without_peers);
    tcase_add_test(reading, a_dump_that_was_interrupted_is_made_again_from_the_start);
    tcase_add_test(reading, a_dump_that_is_always_interrupted_is_given_up);
    tcase_add_test(reading, an_allowed_ip_that_is_none_is_an_error);
    tcase_add_test(reading, a_kernel_without_wireguard_is_said_to_be_one);
    suite_add_tcase(suite, reading);
    TCase *writing = tcase_create("writing");
    tcase_add_checked_fixture(writing, setup, NULL);
    tcase_add_test(writing, a_new_device_is_told_all_of_it);
    tcase_add_test(writing, a_peer_that_goes_is_only_named);
    tcase_add_test(writing, an_allowed_ip_more_is_sent_alone);
    tcase_add_test(writing, an_allowed_ip_less_sends_the_others_again);
    tcase_add_test(writing, a_change_of_a_value_leaves_the_allowed_ips_alone);
    tcase_add_test(writing, an_endpoint_that_did_not_change_is_not_sent);
    tcase_add_test(writing, a_psk_that_goes_is_sent_as_zero);
    tcase_add_test(writing, a_refusal_is_an_error_with_the_kernel_s_reason);
    tcase_add_test(writing, many_peers_take_several_messages_and_each_goes_once);
    tcase_add_test(writing, a_peer_that_continues_is_never_made_anew);
    tcase_add_test(writing, a_refusal_on_the_way_ends_it);
    suite_add_tcase(suite, writing);
    return suite;
}

int main(void)
{
    return run_suite(kernel_suite());
}
