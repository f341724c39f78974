/* Changing a device in the kernel, with the kernel's side faked: the exact messages. */
#include "base/netlink.h"
#include "device/backend.h"
#include "devices.h"
#include "netlink_double.h"
#include "wireguard_messages.h"

static struct wgctl_error err;

/* ---- messages to the kernel ---- */

static void describe_allowed_ip(const struct nlattr *nest, struct wgctl_text *text)
{
    char buffer[WGCTL_PREFIX_TEXT_SIZE];
    const struct sent_allowed_ip item = sent_allowed_ip(nest);
    wgctl_text_format(text, " %s%s", item.flags & ALLOWEDIP_REMOVE_ME ? "-" : "",
                      wgctl_prefix_format(&item.prefix, buffer));
}

static void describe_sent_peer(const struct nlattr *nest, struct wgctl_text *text)
{
    char buffer[WGCTL_ENDPOINT_TEXT_SIZE];
    const struct sent_peer peer = sent_peer(nest);
    const struct nlattr *item = NULL;
    describe_key("peer", &peer.key, text);
    wgctl_text_string(text, peer.flags & WGPEER_F_UPDATE_ONLY ? " known" : " new");
    wgctl_text_string(text, peer.flags & WGPEER_F_REMOVE_ME ? " goes" : "");
    wgctl_text_string(text, peer.flags & WGPEER_F_REPLACE_ALLOWEDIPS ? " instead" : "");
    if (peer.psk)
        wgctl_text_string(text, wgctl_key_is_zero(peer.psk) ? " psk=none" : "");
    if (peer.psk)
        describe_key("psk", peer.psk, text);
    if (peer.endpoint.family != AF_UNSPEC)
        wgctl_text_format(text, " at %s", wgctl_sockaddr_format(&peer.endpoint, buffer));
    if (peer.has_keepalive)
        wgctl_text_format(text, " every %u", peer.keepalive);
    wgctl_text_string(text, peer.allowed_ips ? " for" : "");
    while (peer.allowed_ips && (item = next_in(peer.allowed_ips, item)))
        describe_allowed_ip(item, text);
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

/* ---- devices ---- */

static struct wgctl_device wanted, running;

static void setup(void)
{
    ck_assert_int_eq(wgctl_key_setup(&err), WGCTL_OK);
    forget_exchanges();
    say_family(FAMILY);
}

static struct wgctl_device_peer *add_peer(struct wgctl_device *device, unsigned number,
                                          const char *allowed_ips)
{
    struct wgctl_device_peer *peer = wgctl_device_add_peer(device);
    peer->public_key = key_of(number);
    if (*allowed_ips)
        ck_assert_int_eq(
            wgctl_prefixes_parse(&peer->allowed_ips, wgctl_slice_of(allowed_ips), &err), WGCTL_OK);
    return peer;
}

/* Plans from the running to the desired device, executes the plan, and clears both. */
static int write_difference(void)
{
    WGCTL_PLAN plan = {0};
    wgctl_device_sort(&wanted);
    wgctl_device_sort(&running);
    ck_assert_int_eq(wgctl_plan_make(NULL, &wanted, &running, &plan, &err), WGCTL_OK);
    int rc = wgctl_kernel_write("wg0", &plan, NULL, &err);
    wgctl_plan_clear(&plan);
    wgctl_device_clear(&wanted);
    wgctl_device_clear(&running);
    return rc;
}

/* Compares all messages. */
static void assert_told(const char *expected)
{
    WGCTL_TEXT text = {0};
    int rc = write_difference();
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
    ck_assert_uint_eq(delivered, queued);
    for (size_t i = 1; i < sent_count; i++)
        describe_sent(sent_message(i), &text);
    assert_text(&text, expected);
}

/* Returns the random key of the throwaway peer from the messages. */
static const char *key_of_guest(void)
{
    static char hex[WGCTL_KEY_HEX_SIZE];
    const struct nlattr *table[WGDEVICE_A_PEERS + 1];
    size_t size;
    const void *all =
        wgctl_netlink_payload(sent_message(sent_count - 1), sizeof(struct genlmsghdr), &size);
    wgctl_attributes_sort(all, size, table, WGDEVICE_A_PEERS);
    ck_assert_ptr_nonnull(table[WGDEVICE_A_PEERS]);
    const struct sent_peer first = sent_peer(next_in(table[WGDEVICE_A_PEERS], NULL));
    wgctl_key_format_hex(&first.key, hex);
    hex[8] = '\0';
    return hex;
}

/* ---- additions and changes ---- */

START_TEST(a_new_device_is_told_all_of_it)
{
    wanted = (struct wgctl_device){.has_private_key = true,
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
    say_error(0, 0);
    assert_told("set wg0 key=010c1722 port=51820 mark=7\n"
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

START_TEST(nothing_is_sent_where_nothing_changes)
{
    add_peer(&wanted, 1, "10.0.0.2/32")->preshared_key = key_of(4);
    add_peer(&running, 1, "10.0.0.2/32")->preshared_key = key_of(4);
    assert_told("");
    ck_assert_uint_eq(sent_count, 1); /* the lookup of the family ID */
}
END_TEST

START_TEST(only_the_peer_that_changes_is_named)
{
    add_peer(&wanted, 1, "10.0.0.2/32");
    add_peer(&wanted, 2, "10.0.0.3/32")->keepalive = 25;
    add_peer(&running, 1, "10.0.0.2/32");
    add_peer(&running, 2, "10.0.0.3/32");
    say_error(0, 0);
    assert_told("set wg0\n peer=4b56616c known every 25\n");
}
END_TEST

START_TEST(a_peer_that_goes_is_only_named)
{
    add_peer(&running, 1, "10.0.0.2/32")->preshared_key = key_of(4);
    say_error(0, 0);
    assert_told("set wg0\n peer=26313c47 known goes\n");
}
END_TEST

START_TEST(an_allowed_ip_more_is_sent_alone)
{
    add_peer(&wanted, 1, "10.0.0.2/32, 10.1.0.0/16")->preshared_key = key_of(4);
    add_peer(&running, 1, "10.0.0.2/32")->preshared_key = key_of(4);
    say_error(0, 0);
    assert_told("set wg0\n peer=26313c47 known for 10.1.0.0/16\n");
}
END_TEST

START_TEST(a_change_of_a_value_leaves_the_allowed_ips_alone)
{
    add_peer(&wanted, 1, "10.0.0.2/32")->keepalive = 0;
    add_peer(&running, 1, "10.0.0.2/32")->keepalive = 25;
    wanted.peers[0].preshared_key = key_of(4);
    say_error(0, 0);
    assert_told("set wg0\n peer=26313c47 known psk=95a0abb6 every 0\n");
}
END_TEST

/* Devices roam, so the file's endpoint may be outdated. */
START_TEST(an_endpoint_that_did_not_change_is_not_sent)
{
    add_peer(&wanted, 1, "10.0.0.2/32")->endpoint = sockaddr_of("192.0.2.1:4242");
    add_peer(&running, 1, "10.0.0.2/32")->endpoint = sockaddr_of("192.0.2.99:9");
    running.peers[0].last_handshake = 1700000000;
    wanted.peers[0].keepalive = 25;
    say_error(0, 0);
    assert_told("set wg0\n peer=26313c47 known every 25\n");
}
END_TEST

START_TEST(a_psk_that_goes_is_sent_as_zero)
{
    add_peer(&wanted, 1, "10.0.0.2/32");
    add_peer(&running, 1, "10.0.0.2/32")->preshared_key = key_of(4);
    say_error(0, 0);
    assert_told("set wg0\n peer=26313c47 known psk=none\n");
}
END_TEST

START_TEST(a_refusal_is_an_error_with_the_kernel_s_reason)
{
    wanted = (struct wgctl_device){.has_listen_port = true, .listen_port = 1};
    struct nlmsghdr *refusal = say_error(EADDRINUSE, NLM_F_ACK_TLVS | NLM_F_CAPPED);
    mnl_attr_put_strz(refusal, NLMSGERR_ATTR_MSG, "somebody has it");
    ck_assert_int_lt(write_difference(), 0);
    ck_assert_str_eq(err.message,
                     "the kernel refused to set wg0: Address already in use (somebody has it)");
}
END_TEST

START_TEST(a_refusal_on_the_way_ends_it)
{
    WGCTL_TEXT list = {0};
    for (unsigned i = 0; i < 1000; i++)
        wgctl_text_format(&list, "%s10.%u.%u.2/32", i ? ", " : "", i / 256, i % 256);
    add_peer(&wanted, 1, list.data);
    say_error(0, 0);
    say_error(ENOMEM, 0);
    ck_assert_int_eq(write_difference(), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "the kernel refused to set wg0: Cannot allocate memory");
    ck_assert_uint_eq(sent_count, 3);
}
END_TEST

/* ---- allowed IPs that move ---- */

START_TEST(an_allowed_ip_that_moves_is_only_given)
{
    add_peer(&running, 1, "10.0.0.2/32, 10.1.0.0/16");
    add_peer(&running, 2, "10.0.0.3/32");
    add_peer(&wanted, 1, "10.0.0.2/32");
    add_peer(&wanted, 2, "10.0.0.3/32, 10.1.0.0/16");
    say_error(0, 0);
    assert_told("set wg0\n peer=4b56616c known for 10.1.0.0/16\n");
}
END_TEST

START_TEST(allowed_ips_that_are_swapped_are_only_given)
{
    add_peer(&running, 1, "10.0.0.2/32");
    add_peer(&running, 2, "10.0.0.3/32");
    add_peer(&wanted, 1, "10.0.0.3/32");
    add_peer(&wanted, 2, "10.0.0.2/32");
    say_error(0, 0);
    assert_told("set wg0\n"
                " peer=26313c47 known for 10.0.0.3/32\n"
                " peer=4b56616c known for 10.0.0.2/32\n");
}
END_TEST

START_TEST(what_a_leaving_peer_had_is_given_before_it_goes)
{
    add_peer(&running, 1, "10.0.0.2/32");
    add_peer(&running, 2, "10.0.0.3/32");
    add_peer(&wanted, 2, "10.0.0.2/32, 10.0.0.3/32");
    say_error(0, 0);
    assert_told("set wg0\n"
                " peer=4b56616c known for 10.0.0.2/32\n"
                " peer=26313c47 known goes\n");
}
END_TEST

/* ---- removed allowed IPs ---- */

/* One peer loses an allowed IP, another one two; a third peer is removed, and a value changes. */
static void lose_three(void)
{
    add_peer(&running, 1, "10.0.0.2/32, 10.1.0.0/16, fd00:1::/64");
    add_peer(&running, 2, "10.0.0.3/32, 10.2.0.0/16");
    add_peer(&running, 3, "10.0.0.4/32");
    add_peer(&wanted, 1, "10.0.0.2/32");
    add_peer(&wanted, 2, "10.0.0.3/32")->keepalive = 25;
}

START_TEST(a_new_kernel_takes_them_away_one_by_one)
{
    lose_three();
    say_error(0, 0); /* the changes */
    say_error(0, 0); /* the first removal, which it supports */
    say_error(0, 0);
    assert_told("set wg0\n peer=4b56616c known every 25\n"
                "set wg0\n peer=26313c47 known for -10.1.0.0/16\n"
                "set wg0\n peer=26313c47 known for -fd00:1::/64\n"
                " peer=4b56616c known for -10.2.0.0/16\n"
                " peer=707b8691 known goes\n");
}
END_TEST

START_TEST(a_single_one_that_a_new_kernel_takes_away_is_all_that_is_sent)
{
    add_peer(&running, 1, "10.0.0.2/32, 10.1.0.0/16");
    add_peer(&wanted, 1, "10.0.0.2/32");
    say_error(0, 0);
    assert_told("set wg0\n peer=26313c47 known for -10.1.0.0/16\n");
}
END_TEST

START_TEST(an_old_kernel_moves_them_to_a_peer_that_goes_at_once)
{
    WGCTL_TEXT text = {0}, expected = {0};
    lose_three();
    say_error(0, 0);
    say_error(EINVAL, 0); /* removal is not supported */
    say_error(0, 0);
    ck_assert_int_eq(write_difference(), WGCTL_OK);
    ck_assert_uint_eq(delivered, queued);
    for (size_t i = 1; i < sent_count; i++)
        describe_sent(sent_message(i), &text);
    const char *guest = key_of_guest();
    wgctl_text_format(&expected,
                      "set wg0\n peer=4b56616c known every 25\n"
                      "set wg0\n peer=26313c47 known for -10.1.0.0/16\n"
                      "set wg0\n peer=%s new for 10.1.0.0/16 fd00:1::/64 10.2.0.0/16\n"
                      " peer=%s known goes\n"
                      " peer=707b8691 known goes\n",
                      guest, guest);
    assert_text(&text, expected.data);
}
END_TEST

START_TEST(the_peer_that_nobody_has_is_another_one_each_time)
{
    char first[WGCTL_KEY_HEX_SIZE];
    for (int i = 0; i < 2; i++) {
        setup();
        lose_three();
        say_error(0, 0);
        say_error(EINVAL, 0);
        say_error(0, 0);
        ck_assert_int_eq(write_difference(), WGCTL_OK);
        if (i == 0)
            strcpy(first, key_of_guest());
    }
    ck_assert_str_ne(first, key_of_guest());
}
END_TEST

START_TEST(any_other_refusal_of_the_first_removal_is_an_error)
{
    static const int refusals[] = {EPERM, ENODEV, ENOMEM, EOPNOTSUPP, EBUSY};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        setup();
        lose_three();
        say_error(0, 0);
        say_error(refusals[i], 0);
        ck_assert_int_lt(write_difference(), 0);
        ck_assert_uint_eq(sent_count, 3);
    }
}
END_TEST

START_TEST(a_later_removal_that_is_refused_is_an_error)
{
    lose_three();
    say_error(0, 0);
    say_error(0, 0);
    say_error(EINVAL, 0);
    ck_assert_int_lt(write_difference(), 0);
    ck_assert_str_eq(err.message, "the kernel refused to set wg0: Invalid argument");
    ck_assert_uint_eq(sent_count, 4);
}
END_TEST

START_TEST(changes_that_are_refused_come_before_the_first_removal)
{
    lose_three();
    say_error(EINVAL, 0);
    ck_assert_int_lt(write_difference(), 0);
    ck_assert_uint_eq(sent_count, 2);
}
END_TEST

static Suite *kernel_suite(void)
{
    Suite *suite = suite_create("kernel, told");
    TCase *told = tcase_create("told");
    tcase_add_checked_fixture(told, setup, NULL);
    tcase_add_test(told, a_new_device_is_told_all_of_it);
    tcase_add_test(told, nothing_is_sent_where_nothing_changes);
    tcase_add_test(told, only_the_peer_that_changes_is_named);
    tcase_add_test(told, a_peer_that_goes_is_only_named);
    tcase_add_test(told, an_allowed_ip_more_is_sent_alone);
    tcase_add_test(told, a_change_of_a_value_leaves_the_allowed_ips_alone);
    tcase_add_test(told, an_endpoint_that_did_not_change_is_not_sent);
    tcase_add_test(told, a_psk_that_goes_is_sent_as_zero);
    tcase_add_test(told, a_refusal_is_an_error_with_the_kernel_s_reason);
    tcase_add_test(told, a_refusal_on_the_way_ends_it);
    tcase_add_test(told, an_allowed_ip_that_moves_is_only_given);
    tcase_add_test(told, allowed_ips_that_are_swapped_are_only_given);
    tcase_add_test(told, what_a_leaving_peer_had_is_given_before_it_goes);
    tcase_add_test(told, a_new_kernel_takes_them_away_one_by_one);
    tcase_add_test(told, a_single_one_that_a_new_kernel_takes_away_is_all_that_is_sent);
    tcase_add_test(told, an_old_kernel_moves_them_to_a_peer_that_goes_at_once);
    tcase_add_test(told, the_peer_that_nobody_has_is_another_one_each_time);
    tcase_add_test(told, any_other_refusal_of_the_first_removal_is_an_error);
    tcase_add_test(told, a_later_removal_that_is_refused_is_an_error);
    tcase_add_test(told, changes_that_are_refused_come_before_the_first_removal);
    suite_add_tcase(suite, told);
    return suite;
}

int main(void)
{
    return run_suite(kernel_suite());
}
