/* Reading a device in the kernel, with the kernel's side faked. */
#include "base/netlink.h"
#include "device/backend.h"
#include "devices.h"
#include "netlink_double.h"
#include "wireguard_messages.h"

#include <linux/time_types.h>

static struct wgctl_error err;

static void setup(void)
{
    forget_exchanges();
    say_family(FAMILY);
}

/* ---- messages about a device ---- */

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

/* Queues a message about one peer and its allowed IPs. */
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
    union wgctl_sockaddr endpoint = sockaddr_of("[2001:db8::1]:4242");
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
    union wgctl_sockaddr endpoint = sockaddr_of("192.0.2.1:1");
    struct nlmsghdr *message = say_device(0);
    mnl_attr_put(message, WGDEVICE_A_PRIVATE_KEY, sizeof zero.bytes, zero.bytes);
    struct nlattr *peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
    struct nlattr *peer = begin_peer(message, 1);
    mnl_attr_put(message, WGPEER_A_PRESHARED_KEY, sizeof zero.bytes, zero.bytes);
    mnl_attr_put(message, WGPEER_A_ENDPOINT, sizeof(struct sockaddr_in), &endpoint);
    mnl_attr_nest_end(message, peer);
    peer = begin_peer(message, 2);
    mnl_attr_put(message, WGPEER_A_ENDPOINT, 7, &endpoint); /* an unknown kind of address */
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

/* Queues an allowed IP with one of its three attributes missing, of the wrong size or too large. */
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
    else if (broken == 5)
        mnl_attr_put_u8(message, WGALLOWEDIP_A_CIDR_MASK, 33);
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
    for (int broken = 0; broken < 6; broken++) {
        setup();
        say_broken_allowed_ip(broken);
        assert_fails_to_read(WGCTL_SYSTEM, "cannot read the state of wg0: Bad message");
    }
}
END_TEST

static const struct {
    uint16_t type;
    bool of_peer;
    uint16_t right_size;
} sizes[] = {
    {WGDEVICE_A_PRIVATE_KEY, false, WGCTL_KEY_SIZE},
    {WGDEVICE_A_LISTEN_PORT, false, sizeof(uint16_t)},
    {WGDEVICE_A_FWMARK, false, sizeof(uint32_t)},
    {WGPEER_A_PUBLIC_KEY, true, WGCTL_KEY_SIZE},
    {WGPEER_A_PRESHARED_KEY, true, WGCTL_KEY_SIZE},
    {WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, true, sizeof(uint16_t)},
    {WGPEER_A_LAST_HANDSHAKE_TIME, true, sizeof(struct __kernel_timespec)},
    {WGPEER_A_RX_BYTES, true, sizeof(uint64_t)},
    {WGPEER_A_TX_BYTES, true, sizeof(uint64_t)},
};

static void say_value(size_t row, size_t size)
{
    static const char value[64] = {1};
    struct nlmsghdr *message = say_device(0);
    if (!sizes[row].of_peer) {
        mnl_attr_put(message, sizes[row].type, size, value);
    } else {
        struct nlattr *peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
        struct nlattr *peer = mnl_attr_nest_start(message, 0);
        if (sizes[row].type != WGPEER_A_PUBLIC_KEY)
            mnl_attr_put(message, WGPEER_A_PUBLIC_KEY, WGCTL_KEY_SIZE, value);
        mnl_attr_put(message, sizes[row].type, size, value);
        mnl_attr_nest_end(message, peer);
        mnl_attr_nest_end(message, peers);
    }
    say_done(0, 0);
}

START_TEST(a_value_of_another_size_is_an_error)
{
    for (size_t size = 0; size <= 40; size++) {
        WGCTL_DEVICE device = {0};
        setup();
        say_value((size_t)_i, size);
        int rc = wgctl_kernel_read("wg0", &device, &err);
        ck_assert_int_eq(rc, size == sizes[_i].right_size ? WGCTL_OK : WGCTL_SYSTEM);
    }
}
END_TEST

START_TEST(an_endpoint_whose_size_is_not_that_of_its_family_is_none)
{
    static const char *const texts[] = {"192.0.2.1:1", "[2001:db8::1]:1"};
    for (unsigned size = 0; size <= sizeof(union wgctl_sockaddr) + 8; size++)
        for (unsigned i = 0; i < 2; i++) {
            WGCTL_DEVICE device = {0};
            struct {
                union wgctl_sockaddr address;
                char more[8];
            } endpoint = {.address = sockaddr_of(texts[i])};
            bool fits = size == (i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
            setup();
            struct nlmsghdr *message = say_device(0);
            struct nlattr *peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
            struct nlattr *peer = begin_peer(message, 1);
            mnl_attr_put(message, WGPEER_A_ENDPOINT, size, &endpoint);
            mnl_attr_nest_end(message, peer);
            mnl_attr_nest_end(message, peers);
            say_done(0, 0);
            ck_assert_int_eq(wgctl_kernel_read("wg0", &device, &err), WGCTL_OK);
            ck_assert_int_eq(device.peers[0].endpoint.family != AF_UNSPEC, fits);
        }
}
END_TEST

START_TEST(a_peer_without_a_key_is_an_error)
{
    struct nlmsghdr *message = say_device(0);
    struct nlattr *peers = mnl_attr_nest_start(message, WGDEVICE_A_PEERS);
    mnl_attr_nest_end(message, mnl_attr_nest_start(message, 0));
    mnl_attr_nest_end(message, peers);
    say_done(0, 0);
    assert_fails_to_read(WGCTL_SYSTEM, "cannot read the state of wg0: Bad message");
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
    tcase_add_loop_test(reading, a_value_of_another_size_is_an_error, 0,
                        sizeof sizes / sizeof *sizes);
    tcase_add_test(reading, an_endpoint_whose_size_is_not_that_of_its_family_is_none);
    tcase_add_test(reading, a_peer_without_a_key_is_an_error);
    tcase_add_test(reading, a_kernel_without_wireguard_is_said_to_be_one);
    suite_add_tcase(suite, reading);
    return suite;
}

int main(void)
{
    return run_suite(kernel_suite());
}
