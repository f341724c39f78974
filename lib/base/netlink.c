#include "base/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel fills dump messages up to the size of the reader's buffer, 32 KiB at most, and
 * truncates those that do not fit a smaller one. */
enum { RECEIVE_SIZE = 32768 };

struct wgctl_netlink {
    struct mnl_socket *socket;
    unsigned sequence;
    char reason[128];
    _Alignas(8) char buffer[RECEIVE_SIZE];
    char zeros[64]; /* for a last message that is shorter than its protocol's header */
};

int wgctl_netlink_open(int protocol, struct wgctl_netlink **ret, struct wgctl_error *err)
{
    WGCTL_NETLINK *netlink = calloc(1, sizeof *netlink);
    if (!netlink)
        return wgctl_fail_memory(err);
    /* Sending binds the socket. */
    netlink->socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
    if (!netlink->socket)
        return wgctl_fail_errno(err, "cannot talk to the kernel over netlink");

    /* Old kernels lack these options: their errors then come without a reason. */
    int on = 1;
    mnl_socket_setsockopt(netlink->socket, NETLINK_CAP_ACK, &on, sizeof on);
    mnl_socket_setsockopt(netlink->socket, NETLINK_EXT_ACK, &on, sizeof on);

    *ret = netlink;
    netlink = NULL;
    return WGCTL_OK;
}

void wgctl_netlink_close(struct wgctl_netlink **netlink)
{
    if (!*netlink)
        return;
    if ((*netlink)->socket)
        mnl_socket_close((*netlink)->socket);
    explicit_bzero((*netlink)->buffer, RECEIVE_SIZE);
    free(*netlink);
    *netlink = NULL;
}

static struct nlmsghdr *header_of(struct wgctl_netlink_message *message)
{
    return (struct nlmsghdr *)(void *)message->buffer;
}

void *wgctl_netlink_begin(struct wgctl_netlink_message *message, uint16_t type, uint16_t flags,
                          size_t header_size)
{
    message->full = false;
    struct nlmsghdr *header = mnl_nlmsg_put_header(message->buffer);
    header->nlmsg_type = type;
    header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    return mnl_nlmsg_put_extra_header(header, header_size);
}

void wgctl_netlink_begin_generic(struct wgctl_netlink_message *message, uint16_t family,
                                 uint8_t command, uint8_t version, uint16_t flags)
{
    struct genlmsghdr *generic = wgctl_netlink_begin(message, family, flags, sizeof *generic);
    generic->cmd = command;
    generic->version = version;
}

void wgctl_netlink_begin_nftables(struct wgctl_netlink_message *message, uint8_t type)
{
    struct nfgenmsg *header = wgctl_netlink_begin(
        message, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), NLM_F_DUMP, sizeof *header);
    header->nfgen_family = AF_UNSPEC;
    header->version = NFNETLINK_V0;
}

void wgctl_netlink_put(struct wgctl_netlink_message *message, uint16_t type, const void *data,
                       size_t size)
{
    struct nlmsghdr *header = header_of(message);
    size_t end = header->nlmsg_len + sizeof(struct nlattr) + size;
    if (!mnl_attr_put_check(header, sizeof message->buffer, type, size, data))
        message->full = true;
    else /* libmnl before 1.0.5 leaves the padding as it is */
        memset(message->buffer + end, 0, header->nlmsg_len - end);
}

void wgctl_netlink_put_u8(struct wgctl_netlink_message *message, uint16_t type, uint8_t value)
{
    wgctl_netlink_put(message, type, &value, sizeof value);
}

void wgctl_netlink_put_u16(struct wgctl_netlink_message *message, uint16_t type, uint16_t value)
{
    wgctl_netlink_put(message, type, &value, sizeof value);
}

void wgctl_netlink_put_u32(struct wgctl_netlink_message *message, uint16_t type, uint32_t value)
{
    wgctl_netlink_put(message, type, &value, sizeof value);
}

void wgctl_netlink_put_string(struct wgctl_netlink_message *message, uint16_t type,
                              const char *string)
{
    wgctl_netlink_put(message, type, string, strlen(string) + 1);
}

struct nlattr *wgctl_netlink_nest(struct wgctl_netlink_message *message, uint16_t type)
{
    struct nlattr *nest =
        mnl_attr_nest_start_check(header_of(message), sizeof message->buffer, type);
    if (!nest)
        message->full = true;
    return nest;
}

void wgctl_netlink_nest_end(struct wgctl_netlink_message *message, struct nlattr *nest)
{
    if (nest)
        mnl_attr_nest_end(header_of(message), nest);
}

size_t wgctl_netlink_size(const struct wgctl_netlink_message *message)
{
    return ((const struct nlmsghdr *)(const void *)message->buffer)->nlmsg_len;
}

void wgctl_netlink_rewind(struct wgctl_netlink_message *message, size_t size)
{
    explicit_bzero(message->buffer + size, sizeof message->buffer - size);
    header_of(message)->nlmsg_len = (uint32_t)size;
    message->full = false;
}

void wgctl_netlink_message_clear(struct wgctl_netlink_message *message)
{
    explicit_bzero(message, sizeof *message);
}

/* Keeps the text that the kernel attaches to an error (NETLINK_EXT_ACK). */
static void note_reason(struct wgctl_netlink *netlink, const struct nlmsghdr *header)
{
    const struct nlmsgerr *error = mnl_nlmsg_get_payload(header);
    netlink->reason[0] = '\0';
    if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) ||
        mnl_nlmsg_get_payload_len(header) < sizeof *error)
        return;
    /* The request itself, with its header in `error`, comes before the attributes. */
    size_t skip = sizeof *error, left = header->nlmsg_len - NLMSG_HDRLEN - skip;
    if (!(header->nlmsg_flags & NLM_F_CAPPED)) {
        size_t request = NLMSG_ALIGN((size_t)error->msg.nlmsg_len);
        if (error->msg.nlmsg_len < sizeof error->msg || request - sizeof error->msg > left)
            return;
        skip += request - sizeof error->msg;
        left -= request - sizeof error->msg;
    }
    const struct nlattr *table[NLMSGERR_ATTR_MSG + 1];
    wgctl_attributes_sort((const char *)error + skip, left, table, NLMSGERR_ATTR_MSG);
    const struct nlattr *text = table[NLMSGERR_ATTR_MSG];
    if (text)
        snprintf(netlink->reason, sizeof netlink->reason, "%.*s", (int)wgctl_attribute_size(text),
                 (const char *)wgctl_attribute_data(text));
}

enum progress { MORE = 1, END = 0 }; /* or a negative errno */

static int take_message(struct wgctl_netlink *netlink, const struct nlmsghdr *header,
                        wgctl_netlink_callback callback, void *context)
{
    enum { MOST_ERRNO = 4095 }; /* linux/err.h */
    /* A late answer to an earlier exchange that was abandoned. */
    if (header->nlmsg_seq != netlink->sequence)
        return MORE;

    if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
        int error = 0; /* both start with it; a bare NLMSG_DONE means success */
        if (mnl_nlmsg_get_payload_len(header) >= sizeof error)
            memcpy(&error, mnl_nlmsg_get_payload(header), sizeof error);
        if (header->nlmsg_type == NLMSG_ERROR)
            note_reason(netlink, header);
        if (error < -MOST_ERRNO)
            return -EBADMSG;
        return error < 0 ? error : END;
    }
    if (header->nlmsg_type < NLMSG_MIN_TYPE || !callback)
        return MORE;
    int rc = callback(header, context);
    return rc < 0 ? rc : MORE;
}

/* mnl_nlmsg_ok() compares lengths as int, and accepts one of 2^31 or more. */
static bool is_whole(const struct nlmsghdr *header, size_t left)
{
    return left >= sizeof *header && header->nlmsg_len >= sizeof *header &&
           header->nlmsg_len <= left;
}

static int take_datagram(struct wgctl_netlink *netlink, size_t size, bool *interrupted,
                         wgctl_netlink_callback callback, void *context)
{
    int rc = MORE;
    for (size_t at = 0; rc == MORE && at < size;) {
        const struct nlmsghdr *header = (const void *)(netlink->buffer + at);
        if (!is_whole(header, size - at)) {
            rc = -EBADMSG;
            break;
        }
        *interrupted |=
            header->nlmsg_seq == netlink->sequence && header->nlmsg_flags & NLM_F_DUMP_INTR;
        rc = take_message(netlink, header, callback, context);
        at += NLMSG_ALIGN(header->nlmsg_len);
    }
    explicit_bzero(netlink->buffer, size);
    return rc;
}

/* Returns the size of a datagram of the kernel's; 0 for one that another process sent. */
static ssize_t receive(struct wgctl_netlink *netlink)
{
    struct sockaddr_nl sender = {0};
    struct iovec piece = {netlink->buffer, RECEIVE_SIZE};
    struct msghdr message = {
        .msg_name = &sender,
        .msg_namelen = sizeof sender,
        .msg_iov = &piece,
        .msg_iovlen = 1,
    };
    ssize_t got = recvmsg(mnl_socket_get_fd(netlink->socket), &message, 0);
    if (got < 0)
        return got;
    if (message.msg_namelen != sizeof sender || sender.nl_pid != 0)
        return 0;
    if (message.msg_flags & MSG_TRUNC) {
        errno = ENOSPC;
        return -1;
    }
    return got;
}

int wgctl_netlink_talk(struct wgctl_netlink *netlink, struct wgctl_netlink_message *message,
                       wgctl_netlink_callback callback, void *context)
{
    struct nlmsghdr *header = header_of(message);
    header->nlmsg_seq = ++netlink->sequence;
    netlink->reason[0] = '\0';

    ssize_t done;
    do
        done = mnl_socket_sendto(netlink->socket, header, header->nlmsg_len);
    while (done < 0 && errno == EINTR);
    if (done < 0)
        return -errno;

    bool interrupted = false;
    int rc = MORE;
    while (rc == MORE) {
        done = receive(netlink);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        rc = take_datagram(netlink, (size_t)done, &interrupted, callback, context);
    }
    return rc == END && interrupted ? -EINTR : rc;
}

int wgctl_netlink_dump(struct wgctl_netlink *netlink, struct wgctl_netlink_message *message,
                       void (*restart)(void *context), wgctl_netlink_callback callback,
                       void *context)
{
    enum { MOST_TRIES = 16 };
    int rc = -EINTR;
    for (int tries = 0; rc == -EINTR && tries < MOST_TRIES; tries++) {
        restart(context);
        rc = wgctl_netlink_talk(netlink, message, callback, context);
    }
    return rc;
}

const char *wgctl_netlink_reason(const struct wgctl_netlink *netlink)
{
    return netlink->reason;
}

int wgctl_netlink_fail(struct wgctl_netlink *netlink, int negative_errno, struct wgctl_error *err,
                       const char *format, ...)
{
    char what[WGCTL_MESSAGE_SIZE / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    errno = -negative_errno;
    wgctl_fail_errno(err, "%s", what);
    if (netlink->reason[0]) {
        size_t used = strlen(err->message);
        snprintf(err->message + used, sizeof err->message - used, " (%s)", netlink->reason);
    }
    return err->status;
}

static int take_family(const struct nlmsghdr *header, void *context)
{
    size_t size;
    const void *attributes = wgctl_netlink_payload(header, sizeof(struct genlmsghdr), &size);
    const struct nlattr *table[CTRL_ATTR_FAMILY_ID + 1];
    wgctl_attributes_sort(attributes, size, table, CTRL_ATTR_FAMILY_ID);
    *(uint16_t *)context = wgctl_attribute_u16(table[CTRL_ATTR_FAMILY_ID]);
    return 0;
}

int wgctl_netlink_family(struct wgctl_netlink *netlink, const char *name, uint16_t *ret)
{
    struct wgctl_netlink_message message;
    uint16_t family = 0;
    wgctl_netlink_begin_generic(&message, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, NLM_F_ACK);
    wgctl_netlink_put_string(&message, CTRL_ATTR_FAMILY_NAME, name);
    int rc = wgctl_netlink_talk(netlink, &message, take_family, &family);
    if (rc == 0 && family == 0)
        rc = -ENOENT;
    if (rc == 0)
        *ret = family;
    return rc;
}

const void *wgctl_netlink_payload(const struct nlmsghdr *header, size_t header_size,
                                  size_t *ret_size)
{
    size_t skip = (header_size + 3) & ~(size_t)3, size = mnl_nlmsg_get_payload_len(header);
    *ret_size = size > skip ? size - skip : 0;
    return mnl_nlmsg_get_payload_offset(header, header_size);
}

const struct nlattr *wgctl_attributes_next(const void *attributes, size_t size,
                                           const struct nlattr *cursor)
{
    const char *start = attributes;
    const struct nlattr *next = cursor ? mnl_attr_next(cursor) : attributes;
    size_t offset = (size_t)((const char *)next - start);
    bool fits = offset < size && size - offset >= sizeof *next && next->nla_len >= sizeof *next &&
                next->nla_len <= size - offset;
    return fits ? next : NULL;
}

void wgctl_attributes_sort(const void *attributes, size_t size, const struct nlattr **table,
                           uint16_t max)
{
    memset(table, 0, (max + 1U) * sizeof *table);
    const struct nlattr *attribute = NULL;
    while ((attribute = wgctl_attributes_next(attributes, size, attribute))) {
        uint16_t type = attribute->nla_type & (uint16_t)NLA_TYPE_MASK;
        if (type <= max)
            table[type] = attribute;
    }
}

const void *wgctl_attribute_data(const struct nlattr *attribute)
{
    return attribute + 1;
}

size_t wgctl_attribute_size(const struct nlattr *attribute)
{
    return attribute->nla_len - sizeof *attribute;
}

static void copy_value(const struct nlattr *attribute, void *value, size_t size)
{
    if (attribute && wgctl_attribute_size(attribute) == size)
        memcpy(value, wgctl_attribute_data(attribute), size);
}

uint32_t wgctl_attribute_u32(const struct nlattr *attribute)
{
    uint32_t value = 0;
    copy_value(attribute, &value, sizeof value);
    return value;
}

uint16_t wgctl_attribute_u16(const struct nlattr *attribute)
{
    uint16_t value = 0;
    copy_value(attribute, &value, sizeof value);
    return value;
}

uint64_t wgctl_attribute_u64(const struct nlattr *attribute)
{
    uint64_t value = 0;
    copy_value(attribute, &value, sizeof value);
    return value;
}

const char *wgctl_attribute_string(const struct nlattr *attribute)
{
    if (!attribute)
        return "";
    const char *data = wgctl_attribute_data(attribute);
    size_t size = wgctl_attribute_size(attribute);
    return size > 0 && data[size - 1] == '\0' ? data : "";
}
