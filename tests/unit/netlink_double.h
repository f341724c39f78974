/* A fake kernel side of netlink. It records what the library sends, and lets the library
 * receive what the test has queued. tests/CMakeLists.txt links it in place of the functions
 * that send and receive (--wrap), so the library needs no hooks for it.
 */
#pragma once

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "suite.h"

enum { MOST_DATAGRAMS = 80, MOST_SENT = 256, SENT_SIZE = 8192, DATAGRAM_SIZE = 32768 };

static struct sent {
    size_t size;
    _Alignas(8) char data[SENT_SIZE];
} sent[MOST_SENT];
static size_t sent_count;

static struct datagram {
    int error;        /* an errno with which receiving fails, instead of a datagram */
    uint32_t sender;  /* 0: the kernel */
    bool is_too_long; /* for the reader's buffer */
    struct nlmsghdr *last;
    _Alignas(8) char data[DATAGRAM_SIZE];
} queue[MOST_DATAGRAMS];
static size_t queued, delivered;

static int send_error; /* an errno with which the next send fails */
/* Unless this is 0, the first message of each datagram claims to have this length. */
static uint32_t claimed_length;
/* If set, returns 0 or an errno as the immediate answer to each request. */
static int (*answer_request)(const struct nlmsghdr *request);
static const char *receive_buffer;                    /* belongs to the library */
enum { FROM_ANOTHER_EXCHANGE = 0xdead0000, NOW = 0 }; /* sequence numbers */

static inline void forget_exchanges(void)
{
    sent_count = queued = delivered = 0;
    send_error = 0;
    claimed_length = 0;
    answer_request = NULL;
}

static inline const struct nlmsghdr *sent_message(size_t index)
{
    ck_assert_uint_lt(index, sent_count);
    return (const void *)sent[index].data;
}

/* ---- messages from the kernel ---- */

static inline void begin_datagram(void)
{
    ck_assert_uint_lt(queued, MOST_DATAGRAMS);
    memset(&queue[queued], 0, sizeof *queue);
    queued++;
}

static inline void fail_to_receive(int number)
{
    begin_datagram();
    queue[queued - 1].error = number;
}

/* Begins another message in the last datagram. */
static inline struct nlmsghdr *say_more(uint16_t type, uint16_t flags)
{
    struct datagram *datagram = &queue[queued - 1];
    char *at = datagram->data;
    if (datagram->last)
        at = (char *)datagram->last + NLMSG_ALIGN(datagram->last->nlmsg_len);
    datagram->last = mnl_nlmsg_put_header(at);
    datagram->last->nlmsg_type = type;
    datagram->last->nlmsg_flags = flags;
    datagram->last->nlmsg_seq = NOW;
    return datagram->last;
}

static inline struct nlmsghdr *say(uint16_t type, uint16_t flags)
{
    begin_datagram();
    return say_more(type, flags);
}

static inline void add_int(struct nlmsghdr *message, int value)
{
    memcpy(mnl_nlmsg_put_extra_header(message, sizeof value), &value, sizeof value);
}

/* Queues an acknowledgement (0) or an error (an errno). */
static inline struct nlmsghdr *say_error(int number, uint16_t flags)
{
    struct nlmsghdr *message = say(NLMSG_ERROR, flags);
    struct nlmsgerr *error = mnl_nlmsg_put_extra_header(message, sizeof *error);
    error->error = -number;
    error->msg.nlmsg_len = NLMSG_HDRLEN;
    return message;
}

/* Queues the end of a dump. */
static inline struct nlmsghdr *say_done(int number, uint16_t flags)
{
    struct nlmsghdr *message = say(NLMSG_DONE, (uint16_t)(NLM_F_MULTI | flags));
    add_int(message, -number);
    return message;
}

static inline struct nlmsghdr *say_generic(uint16_t family, uint8_t command, uint16_t flags)
{
    struct nlmsghdr *message = say(family, flags);
    struct genlmsghdr *generic = mnl_nlmsg_put_extra_header(message, sizeof *generic);
    generic->cmd = command;
    return message;
}

static inline void say_family(uint16_t number)
{
    struct nlmsghdr *message = say_generic(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, 0);
    mnl_attr_put_u16(message, CTRL_ATTR_FAMILY_ID, number);
    say_error(0, 0);
}

/* ---- replacements ---- */

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *data, size_t size);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
/* What it is called on 32-bit machines, with times of 64 bits. */
ssize_t __wrap___recvmsg64(int fd, struct msghdr *message, int flags)
    __attribute__((alias("__wrap_recvmsg")));

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *data, size_t size)
{
    (void)socket;
    if (send_error) {
        errno = send_error;
        send_error = 0;
        return -1;
    }
    ck_assert_uint_lt(sent_count, MOST_SENT);
    ck_assert_uint_le(size, SENT_SIZE);
    memcpy(sent[sent_count].data, data, size);
    sent[sent_count++].size = size;
    const struct nlmsghdr *request = sent_message(sent_count - 1);
    if (answer_request && request->nlmsg_type != GENL_ID_CTRL) {
        queued = delivered = 0;
        say_error(answer_request(request), 0);
    }
    return (ssize_t)size;
}

/* Gives the messages of this exchange the sequence number of its request. */
static inline void number_messages(struct datagram *datagram)
{
    char *at = datagram->data;
    for (struct nlmsghdr *message = NULL; message != datagram->last;
         at += NLMSG_ALIGN(message->nlmsg_len)) {
        message = (void *)at;
        uint32_t number = sent_count ? sent_message(sent_count - 1)->nlmsg_seq : 0;
        message->nlmsg_seq = message->nlmsg_seq == NOW ? number : number - 1;
    }
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    (void)fd, (void)flags;
    const struct iovec *piece = message->msg_iov;
    receive_buffer = piece->iov_base;
    ck_assert_uint_eq(piece->iov_len, DATAGRAM_SIZE); /* a smaller buffer would truncate dumps */
    ck_assert_msg(delivered < queued, "it waits for more than the kernel has to say");
    struct datagram *datagram = &queue[delivered++];
    if (datagram->error) {
        errno = datagram->error;
        return -1;
    }
    number_messages(datagram);
    size_t length =
        (size_t)((char *)datagram->last - datagram->data) + NLMSG_ALIGN(datagram->last->nlmsg_len);
    memcpy(piece->iov_base, datagram->data, length);
    if (claimed_length)
        ((struct nlmsghdr *)piece->iov_base)->nlmsg_len = claimed_length;
    const struct sockaddr_nl sender = {.nl_family = AF_NETLINK, .nl_pid = datagram->sender};
    memcpy(message->msg_name, &sender, sizeof sender);
    message->msg_flags = datagram->is_too_long ? MSG_TRUNC : 0;
    return (ssize_t)length;
}
