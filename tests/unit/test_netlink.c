/* Netlink, with the kernel's side faked. */
#include "base/netlink.h"

#include "netlink_double.h"

enum { PRIVATE = 0x40, REQUEST = 0x30 }; /* arbitrary message types */

static struct wgctl_error err;
static struct wgctl_netlink *netlink;
static struct wgctl_netlink_message message;

static void setup(void)
{
    forget_exchanges();
    ck_assert_int_eq(wgctl_netlink_open(NETLINK_GENERIC, &netlink, &err), WGCTL_OK);
    wgctl_netlink_begin(&message, REQUEST, NLM_F_DUMP, 4);
}

static void teardown(void)
{
    wgctl_netlink_close(&netlink);
}

/* ---- messages ---- */

START_TEST(a_message_has_its_header_and_its_attributes_aligned)
{
    static const unsigned char expected[] = {
        36, 0, 0, 0, REQUEST, 0,   5, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* header: request, acknowledge */
        7,  0, 0, 0,                                             /* the protocol's header */
        5,  0, 9, 0, 42,      0,   0, 0,                         /* u8 */
        7,  0, 8, 0, 'w',     'g', 0, 0,                         /* string with its NUL */
    };
    memset(&message, 0, sizeof message); /* libmnl does not clear the padding */
    *(char *)wgctl_netlink_begin(&message, REQUEST, NLM_F_ACK, 4) = 7;
    wgctl_netlink_put_u8(&message, 9, 42);
    wgctl_netlink_put_string(&message, 8, "wg");
    ck_assert_uint_eq(wgctl_netlink_size(&message), sizeof expected);
    ck_assert_mem_eq(message.buffer, expected, sizeof expected);
}
END_TEST

START_TEST(numbers_are_in_the_order_of_the_host)
{
    wgctl_netlink_put_u16(&message, 1, 0x0102);
    wgctl_netlink_put_u32(&message, 2, 0x01020304);
    const struct nlmsghdr *header = (const void *)message.buffer;
    size_t size;
    const void *attributes = wgctl_netlink_payload(header, 4, &size);
    const struct nlattr *table[3];
    wgctl_attributes_sort(attributes, size, table, 2);
    ck_assert_uint_eq(wgctl_attribute_u16(table[1]), 0x0102);
    ck_assert_uint_eq(wgctl_attribute_u32(table[2]), 0x01020304);
}
END_TEST

START_TEST(a_nest_holds_what_is_put_until_its_end)
{
    struct nlattr *nest = wgctl_netlink_nest(&message, 5);
    wgctl_netlink_put_u8(&message, 1, 1);
    wgctl_netlink_nest_end(&message, nest);
    wgctl_netlink_put_u8(&message, 6, 2);
    ck_assert_uint_eq(nest->nla_type, 5 | NLA_F_NESTED);
    ck_assert_uint_eq(nest->nla_len, 4 + 8);
}
END_TEST

START_TEST(what_does_not_fit_is_remembered_and_changes_nothing_else)
{
    static const char much[WGCTL_NETLINK_MESSAGE_SIZE] = {0};
    size_t before = wgctl_netlink_size(&message);
    size_t room = sizeof message.buffer - before;
    wgctl_netlink_put(&message, 1, much, room - 3);
    ck_assert(message.full);
    ck_assert_uint_eq(wgctl_netlink_size(&message), before);
    wgctl_netlink_rewind(&message, before);
    wgctl_netlink_put(&message, 1, much, room - 4);
    ck_assert(!message.full);
    ck_assert_uint_eq(wgctl_netlink_size(&message), sizeof message.buffer);
    ck_assert_ptr_null(wgctl_netlink_nest(&message, 2));
    ck_assert(message.full);
    wgctl_netlink_nest_end(&message, NULL);
}
END_TEST

START_TEST(what_is_taken_back_is_wiped)
{
    static const char secret[] = "a private key", nothing[64] = {0};
    size_t before = wgctl_netlink_size(&message);
    wgctl_netlink_put_string(&message, 1, secret);
    wgctl_netlink_rewind(&message, before);
    ck_assert_uint_eq(wgctl_netlink_size(&message), before);
    ck_assert_mem_eq(message.buffer + before, nothing, sizeof nothing);
    wgctl_netlink_put_string(&message, 1, secret);
    wgctl_netlink_message_clear(&message);
    ck_assert_mem_eq(message.buffer + before, nothing, sizeof nothing);
}
END_TEST

/* ---- attributes ---- */

/* Returns the attributes of a message: one of type 1 and `size` bytes. */
static const struct nlattr *one_attribute(const void *data, size_t size)
{
    size_t all;
    const struct nlattr *table[2];
    wgctl_netlink_begin(&message, REQUEST, 0, 0);
    wgctl_netlink_put(&message, 1, data, size);
    const void *attributes = wgctl_netlink_payload((const void *)message.buffer, 0, &all);
    wgctl_attributes_sort(attributes, all, table, 1);
    ck_assert_ptr_null(table[0]);
    return table[1];
}

START_TEST(a_value_of_another_size_is_none)
{
    static const unsigned char bytes[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    ck_assert_uint_eq(wgctl_attribute_u16(one_attribute(bytes, 4)), 0);
    ck_assert_uint_eq(wgctl_attribute_u32(one_attribute(bytes, 2)), 0);
    ck_assert_uint_eq(wgctl_attribute_u64(one_attribute(bytes, 4)), 0);
    ck_assert_uint_eq(wgctl_attribute_u64(one_attribute(bytes, 8)), 0x0101010101010101);
    ck_assert_uint_eq(wgctl_attribute_u16(NULL), 0);
    ck_assert_uint_eq(wgctl_attribute_u32(NULL), 0);
}
END_TEST

START_TEST(a_string_without_its_end_is_none)
{
    ck_assert_str_eq(wgctl_attribute_string(one_attribute("wg0", 4)), "wg0");
    ck_assert_str_eq(wgctl_attribute_string(one_attribute("wg0", 3)), "");
    ck_assert_str_eq(wgctl_attribute_string(one_attribute("", 0)), "");
    ck_assert_str_eq(wgctl_attribute_string(NULL), "");
}
END_TEST

START_TEST(attributes_above_the_table_are_passed_over)
{
    size_t size;
    const struct nlattr *table[3];
    wgctl_netlink_put_u8(&message, 3, 1);
    wgctl_netlink_put_u8(&message, 200, 1);
    wgctl_netlink_put_u8(&message, 2, 2);
    const void *attributes = wgctl_netlink_payload((const void *)message.buffer, 4, &size);
    wgctl_attributes_sort(attributes, size, table, 2);
    ck_assert_ptr_null(table[1]);
    ck_assert_uint_eq(wgctl_attribute_size(table[2]), 1);
}
END_TEST

START_TEST(attributes_that_claim_more_than_there_is_end_the_walk)
{
    static const uint16_t lengths[] = {0, 3, 9, 200, UINT16_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct nlattr list[2] = {{.nla_len = 4, .nla_type = 1}, {.nla_len = lengths[i]}};
        const struct nlattr *first = wgctl_attributes_next(list, sizeof list, NULL);
        ck_assert_ptr_eq(first, list);
        ck_assert_ptr_null(wgctl_attributes_next(list, sizeof list, first));
    }
    ck_assert_ptr_null(wgctl_attributes_next(NULL, 0, NULL));
}
END_TEST

START_TEST(a_message_shorter_than_its_header_has_no_attributes)
{
    size_t size;
    wgctl_netlink_begin(&message, REQUEST, 0, 4);
    wgctl_netlink_payload((const void *)message.buffer, 16, &size);
    ck_assert_uint_eq(size, 0);
}
END_TEST

/* ---- exchanges ---- */

/* Counts messages, and ends the exchange at a given one. */
struct count {
    int calls, end_at, restarts;
};

static int count_message(const struct nlmsghdr *header, void *context)
{
    struct count *count = context;
    ck_assert_uint_eq(header->nlmsg_type, PRIVATE);
    return ++count->calls == count->end_at ? -EBADMSG : 0;
}

static int talk(struct count *count)
{
    int rc = wgctl_netlink_talk(netlink, &message, count_message, count);
    ck_assert_uint_eq(delivered, queued);
    return rc;
}

START_TEST(a_dump_is_taken_to_its_end)
{
    struct count count = {0};
    say(PRIVATE, NLM_F_MULTI);
    say_more(PRIVATE, NLM_F_MULTI);
    say_more(PRIVATE, NLM_F_MULTI);
    say(PRIVATE, NLM_F_MULTI);
    say_done(0, 0);
    ck_assert_int_eq(talk(&count), 0);
    ck_assert_int_eq(count.calls, 4);
}
END_TEST

START_TEST(a_dump_can_end_in_the_datagram_of_its_last_message)
{
    struct count count = {0};
    say(PRIVATE, NLM_F_MULTI);
    say_more(NLMSG_DONE, NLM_F_MULTI);
    ck_assert_int_eq(talk(&count), 0);
    ck_assert_int_eq(count.calls, 1);
}
END_TEST

START_TEST(an_acknowledgement_ends_an_exchange)
{
    struct count count = {0};
    say(PRIVATE, 0);
    say_error(0, 0);
    ck_assert_int_eq(talk(&count), 0);
    ck_assert_int_eq(count.calls, 1);
}
END_TEST

START_TEST(a_refusal_is_its_errno)
{
    struct count count = {0};
    say_error(EPERM, 0);
    ck_assert_int_eq(talk(&count), -EPERM);
}
END_TEST

/* mnl_cb_run() would report success. */
START_TEST(a_dump_that_failed_at_its_end_has_failed)
{
    struct count count = {0};
    say(PRIVATE, NLM_F_MULTI);
    say_done(EMSGSIZE, 0);
    ck_assert_int_eq(talk(&count), -EMSGSIZE);
}
END_TEST

START_TEST(a_dump_that_was_interrupted_is_said_so_whichever_message_says_it)
{
    for (int which = 0; which < 3; which++) {
        struct count count = {0};
        forget_exchanges();
        say(PRIVATE, (uint16_t)(NLM_F_MULTI | (which == 0 ? NLM_F_DUMP_INTR : 0)));
        say(PRIVATE, (uint16_t)(NLM_F_MULTI | (which == 1 ? NLM_F_DUMP_INTR : 0)));
        say_done(0, which == 2 ? NLM_F_DUMP_INTR : 0);
        ck_assert_int_eq(talk(&count), -EINTR);
        ck_assert_int_eq(count.calls, 2);
    }
}
END_TEST

START_TEST(an_error_counts_more_than_an_interruption)
{
    struct count count = {0};
    say(PRIVATE, NLM_F_MULTI | NLM_F_DUMP_INTR);
    say_done(ENODEV, NLM_F_DUMP_INTR);
    ck_assert_int_eq(talk(&count), -ENODEV);
}
END_TEST

START_TEST(late_answers_to_another_exchange_are_passed_over)
{
    struct count count = {0};
    say(PRIVATE, NLM_F_MULTI | NLM_F_DUMP_INTR)->nlmsg_seq = FROM_ANOTHER_EXCHANGE;
    say_more(NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR)->nlmsg_seq = FROM_ANOTHER_EXCHANGE;
    say_error(EPERM, 0)->nlmsg_seq = FROM_ANOTHER_EXCHANGE;
    say(PRIVATE, NLM_F_MULTI);
    say_done(0, 0);
    ck_assert_int_eq(talk(&count), 0);
    ck_assert_int_eq(count.calls, 1);
}
END_TEST

START_TEST(a_signal_ends_neither_sending_nor_receiving)
{
    struct count count = {0};
    send_error = EINTR;
    fail_to_receive(EINTR);
    say(PRIVATE, NLM_F_MULTI);
    fail_to_receive(EINTR);
    say_done(0, 0);
    ck_assert_int_eq(talk(&count), 0);
    ck_assert_int_eq(count.calls, 1);
    ck_assert_uint_eq(sent_count, 1);
}
END_TEST

START_TEST(what_cannot_be_sent_or_received_is_an_error)
{
    struct count count = {0};
    send_error = ENOBUFS;
    ck_assert_int_eq(talk(&count), -ENOBUFS);
    fail_to_receive(ENOSPC); /* libmnl's errno for a truncated message */
    ck_assert_int_eq(talk(&count), -ENOSPC);
}
END_TEST

START_TEST(what_takes_a_message_can_end_the_exchange)
{
    struct count count = {.end_at = 2};
    say(PRIVATE, NLM_F_MULTI);
    say_more(PRIVATE, NLM_F_MULTI);
    say_more(PRIVATE, NLM_F_MULTI);
    ck_assert_int_eq(talk(&count), -EBADMSG);
    ck_assert_int_eq(count.calls, 2);
}
END_TEST

/* The last two lengths do not fit an int, so libmnl takes them for negative and accepts them. */
START_TEST(a_message_whose_length_is_wrong_ends_the_exchange)
{
    static const uint32_t lengths[] = {1, NLMSG_HDRLEN - 1, NLMSG_HDRLEN + 8, 0x80000000U,
                                       UINT32_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct count count = {0};
        forget_exchanges();
        say(PRIVATE, NLM_F_MULTI);
        claimed_length = lengths[i];
        ck_assert_int_eq(talk(&count), -EBADMSG);
        ck_assert_int_eq(count.calls, 0);
    }
}
END_TEST

START_TEST(what_another_process_sends_is_ignored)
{
    struct count count = {0};
    say(PRIVATE, NLM_F_MULTI);
    say_error(EPERM, 0);
    queue[1].sender = 4711;
    say_done(0, NLM_F_DUMP_INTR);
    queue[2].sender = UINT32_MAX;
    say(PRIVATE, NLM_F_MULTI);
    queue[3].sender = 1;
    say_done(0, 0);
    ck_assert_int_eq(talk(&count), 0);
    ck_assert_int_eq(count.calls, 1);
}
END_TEST

START_TEST(a_datagram_that_was_cut_is_an_error)
{
    struct count count = {0};
    say(PRIVATE, NLM_F_MULTI);
    queue[0].is_too_long = true;
    ck_assert_int_eq(talk(&count), -ENOSPC);
    ck_assert_int_eq(count.calls, 0);
}
END_TEST

/* ---- repeated dumps ---- */

static void restart_count(void *context)
{
    ((struct count *)context)->calls = 0;
    ((struct count *)context)->restarts++;
}

static int dump(struct count *count)
{
    return wgctl_netlink_dump(netlink, &message, restart_count, count_message, count);
}

START_TEST(a_dump_that_was_interrupted_is_repeated_from_the_start)
{
    struct count count = {0};
    say(PRIVATE, NLM_F_MULTI);
    say(PRIVATE, NLM_F_MULTI);
    say_done(0, NLM_F_DUMP_INTR);
    say(PRIVATE, NLM_F_MULTI);
    say_done(0, 0);
    ck_assert_int_eq(dump(&count), 0);
    ck_assert_int_eq(count.restarts, 2);
    ck_assert_int_eq(count.calls, 1);
    ck_assert_uint_eq(sent_count, 2);
}
END_TEST

START_TEST(a_dump_is_not_repeated_for_ever)
{
    struct count count = {0};
    for (int i = 0; i < 20; i++)
        say_done(0, NLM_F_DUMP_INTR);
    ck_assert_int_eq(dump(&count), -EINTR);
    ck_assert_uint_eq(sent_count, 16);
}
END_TEST

START_TEST(a_dump_that_fails_is_not_repeated)
{
    struct count count = {0};
    say_error(EPERM, 0);
    ck_assert_int_eq(dump(&count), -EPERM);
    ck_assert_uint_eq(sent_count, 1);
}
END_TEST

START_TEST(messages_that_are_the_protocol_s_own_are_passed_over)
{
    struct count count = {0};
    say(NLMSG_NOOP, 0);
    say(PRIVATE, NLM_F_MULTI);
    say_done(0, 0);
    ck_assert_int_eq(talk(&count), 0);
    ck_assert_int_eq(count.calls, 1);
}
END_TEST

START_TEST(nobody_has_to_take_the_messages)
{
    say(PRIVATE, 0);
    say_error(0, 0);
    ck_assert_int_eq(wgctl_netlink_talk(netlink, &message, NULL, NULL), 0);
}
END_TEST

START_TEST(each_exchange_has_a_number_of_its_own)
{
    struct count count = {0};
    say_error(0, 0);
    talk(&count);
    say_error(0, 0);
    talk(&count);
    ck_assert_uint_ne(sent_message(0)->nlmsg_seq, sent_message(1)->nlmsg_seq);
}
END_TEST

START_TEST(what_was_received_is_wiped)
{
    static const char nothing[256] = {0};
    struct count count = {0};
    char secret[32];
    memset(secret, 0xa5, sizeof secret);
    mnl_attr_put(say(PRIVATE, 0), 1, sizeof secret, secret);
    say_error(0, 0);
    ck_assert_int_eq(talk(&count), 0);
    ck_assert_mem_eq(receive_buffer, nothing, sizeof nothing);
}
END_TEST

/* ---- the kernel's reason ---- */

static void refuse_because(const char *reason, bool capped)
{
    struct nlmsghdr *refusal = say_error(EINVAL, NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0));
    struct nlmsgerr *error = mnl_nlmsg_get_payload(refusal);
    /* The kernel includes the request, unless it is capped. */
    error->msg.nlmsg_len = NLMSG_HDRLEN + 12;
    if (!capped)
        mnl_nlmsg_put_extra_header(refusal, 12);
    mnl_attr_put_strz(refusal, NLMSGERR_ATTR_MSG, reason);
}

START_TEST(the_kernel_s_reason_is_told)
{
    for (int capped = 0; capped < 2; capped++) {
        struct count count = {0};
        forget_exchanges();
        refuse_because("the port is taken", capped);
        ck_assert_int_eq(talk(&count), -EINVAL);
        ck_assert_str_eq(wgctl_netlink_reason(netlink), "the port is taken");
        ck_assert_int_eq(wgctl_netlink_fail(netlink, -EINVAL, &err, "cannot set %s", "wg0"),
                         WGCTL_SYSTEM);
        ck_assert_str_eq(err.message, "cannot set wg0: Invalid argument (the port is taken)");
    }
}
END_TEST

START_TEST(an_old_reason_is_not_told_again)
{
    struct count count = {0};
    for (int how = 0; how < 3; how++) {
        forget_exchanges();
        refuse_because("the port is taken", true);
        talk(&count);
        if (how == 0)
            send_error = EPERM;
        else if (how == 1)
            say_done(EPERM, 0);
        else
            say_error(EPERM, 0);
        ck_assert_int_eq(talk(&count), -EPERM);
        ck_assert_str_eq(wgctl_netlink_reason(netlink), "");
    }
    wgctl_netlink_fail(netlink, -EPERM, &err, "cannot set wg0");
    ck_assert_str_eq(err.message, "cannot set wg0: Operation not permitted");
}
END_TEST

START_TEST(a_reason_cut_short_is_none)
{
    static const uint32_t lengths[] = {0, 5, NLMSG_HDRLEN - 1, 4000, 0x80000000U, UINT32_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct count count = {0};
        forget_exchanges();
        struct nlmsghdr *refusal = say_error(EINVAL, NLM_F_ACK_TLVS);
        ((struct nlmsgerr *)mnl_nlmsg_get_payload(refusal))->msg.nlmsg_len = lengths[i];
        mnl_attr_put_strz(refusal, NLMSGERR_ATTR_MSG, "the port is taken");
        ck_assert_int_eq(talk(&count), -EINVAL);
        ck_assert_str_eq(wgctl_netlink_reason(netlink), "");
    }
}
END_TEST

/* ---- families ---- */

START_TEST(a_family_is_asked_for_by_its_name)
{
    uint16_t family = 0;
    say_family(0x23);
    ck_assert_int_eq(wgctl_netlink_family(netlink, "wireguard", &family), 0);
    ck_assert_uint_eq(family, 0x23);
    const struct nlmsghdr *asked = sent_message(0);
    ck_assert_uint_eq(asked->nlmsg_type, GENL_ID_CTRL);
    const struct nlattr *name = mnl_nlmsg_get_payload_offset(asked, sizeof(struct genlmsghdr));
    ck_assert_uint_eq(mnl_attr_get_type(name), CTRL_ATTR_FAMILY_NAME);
    ck_assert_str_eq(mnl_attr_get_str(name), "wireguard");
}
END_TEST

START_TEST(a_family_that_is_not_there_is_an_error)
{
    uint16_t family = 7;
    say_error(ENOENT, 0);
    ck_assert_int_eq(wgctl_netlink_family(netlink, "wireguard", &family), -ENOENT);
    say_error(0, 0); /* without the family ID */
    ck_assert_int_eq(wgctl_netlink_family(netlink, "wireguard", &family), -ENOENT);
    ck_assert_uint_eq(family, 7);
}
END_TEST

static void add_exchange_tests(TCase *exchanges)
{
    tcase_add_test(exchanges, a_dump_is_taken_to_its_end);
    tcase_add_test(exchanges, a_dump_can_end_in_the_datagram_of_its_last_message);
    tcase_add_test(exchanges, an_acknowledgement_ends_an_exchange);
    tcase_add_test(exchanges, a_refusal_is_its_errno);
    tcase_add_test(exchanges, a_dump_that_failed_at_its_end_has_failed);
    tcase_add_test(exchanges, a_dump_that_was_interrupted_is_said_so_whichever_message_says_it);
    tcase_add_test(exchanges, an_error_counts_more_than_an_interruption);
    tcase_add_test(exchanges, late_answers_to_another_exchange_are_passed_over);
    tcase_add_test(exchanges, a_signal_ends_neither_sending_nor_receiving);
    tcase_add_test(exchanges, what_cannot_be_sent_or_received_is_an_error);
    tcase_add_test(exchanges, what_takes_a_message_can_end_the_exchange);
    tcase_add_test(exchanges, a_message_whose_length_is_wrong_ends_the_exchange);
    tcase_add_test(exchanges, what_another_process_sends_is_ignored);
    tcase_add_test(exchanges, a_datagram_that_was_cut_is_an_error);
    tcase_add_test(exchanges, a_dump_that_was_interrupted_is_repeated_from_the_start);
    tcase_add_test(exchanges, a_dump_is_not_repeated_for_ever);
    tcase_add_test(exchanges, a_dump_that_fails_is_not_repeated);
    tcase_add_test(exchanges, messages_that_are_the_protocol_s_own_are_passed_over);
    tcase_add_test(exchanges, nobody_has_to_take_the_messages);
    tcase_add_test(exchanges, each_exchange_has_a_number_of_its_own);
    tcase_add_test(exchanges, what_was_received_is_wiped);
    tcase_add_test(exchanges, the_kernel_s_reason_is_told);
    tcase_add_test(exchanges, an_old_reason_is_not_told_again);
    tcase_add_test(exchanges, a_reason_cut_short_is_none);
    tcase_add_test(exchanges, a_family_is_asked_for_by_its_name);
    tcase_add_test(exchanges, a_family_that_is_not_there_is_an_error);
}

static Suite *netlink_suite(void)
{
    Suite *suite = suite_create("netlink");
    TCase *messages = tcase_create("messages");
    tcase_add_checked_fixture(messages, setup, teardown);
    tcase_add_test(messages, a_message_has_its_header_and_its_attributes_aligned);
    tcase_add_test(messages, numbers_are_in_the_order_of_the_host);
    tcase_add_test(messages, a_nest_holds_what_is_put_until_its_end);
    tcase_add_test(messages, what_does_not_fit_is_remembered_and_changes_nothing_else);
    tcase_add_test(messages, what_is_taken_back_is_wiped);
    tcase_add_test(messages, a_value_of_another_size_is_none);
    tcase_add_test(messages, a_string_without_its_end_is_none);
    tcase_add_test(messages, attributes_above_the_table_are_passed_over);
    tcase_add_test(messages, attributes_that_claim_more_than_there_is_end_the_walk);
    tcase_add_test(messages, a_message_shorter_than_its_header_has_no_attributes);
    suite_add_tcase(suite, messages);
    TCase *exchanges = tcase_create("exchanges");
    tcase_add_checked_fixture(exchanges, setup, teardown);
    add_exchange_tests(exchanges);
    suite_add_tcase(suite, exchanges);
    return suite;
}

int main(void)
{
    return run_suite(netlink_suite());
}
