/* Feeds any bytes to the reader of the kernel's WireGuard, as the datagrams of a dump: reading must
 * be safe, and end, and no allowed IP may be longer than an address.
 *
 * An input is a sequence of datagrams, each behind its size in two bytes, in the order of the
 * machine. A message with the sequence number 0 gets the request's. */
#include "device/backend.h"
#include "fuzz.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t *rest; /* of the input */
static size_t left;
static struct nlmsghdr request;

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *data, size_t size);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
/* What it is called on 32-bit machines, with times of 64 bits. */
ssize_t __wrap___recvmsg64(int fd, struct msghdr *message, int flags)
    __attribute__((alias("__wrap_recvmsg")));

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *data, size_t size)
{
    (void)socket;
    memcpy(&request, data, sizeof request);
    return (ssize_t)size;
}

/* The answer to the question for the number of WireGuard's family. */
static size_t answer_family(char *buffer)
{
    struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
    header->nlmsg_type = GENL_ID_CTRL;
    header->nlmsg_seq = request.nlmsg_seq;
    mnl_nlmsg_put_extra_header(header, sizeof(struct genlmsghdr));
    mnl_attr_put_u16(header, CTRL_ATTR_FAMILY_ID, 30);
    size_t size = header->nlmsg_len;
    header = mnl_nlmsg_put_header(buffer + size);
    header->nlmsg_type = NLMSG_ERROR;
    header->nlmsg_seq = request.nlmsg_seq;
    mnl_nlmsg_put_extra_header(header, sizeof(struct nlmsgerr));
    return size + header->nlmsg_len;
}

static void number_messages(char *datagram, size_t size)
{
    struct nlmsghdr header;
    for (size_t at = 0; at < size && size - at >= sizeof header;) {
        memcpy(&header, datagram + at, sizeof header);
        if (header.nlmsg_seq == 0)
            header.nlmsg_seq = request.nlmsg_seq;
        memcpy(datagram + at, &header, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > size - at)
            return;
        at += NLMSG_ALIGN(header.nlmsg_len);
    }
}

static size_t next_datagram(char *buffer, size_t room)
{
    uint16_t size;
    memcpy(&size, rest, sizeof size);
    rest += sizeof size;
    left -= sizeof size;
    size_t taken = size < left ? size : left;
    taken = taken < room ? taken : room;
    memcpy(buffer, rest, taken);
    rest += taken;
    left -= taken;
    number_messages(buffer, taken);
    return taken;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
    (void)fd, (void)flags;
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    memcpy(message->msg_name, &kernel, sizeof kernel);
    if (request.nlmsg_type == GENL_ID_CTRL)
        return (ssize_t)answer_family(message->msg_iov->iov_base);
    if (left >= sizeof(uint16_t))
        return (ssize_t)next_datagram(message->msg_iov->iov_base, message->msg_iov->iov_len);
    errno = ECONNRESET;
    return -1;
}

static void check(const struct wgctl_device *device)
{
    for (size_t i = 0; i < device->peer_count; i++) {
        const struct wgctl_prefixes *list = &device->peers[i].allowed_ips;
        for (size_t j = 0; j < list->count; j++)
            if (list->items[j].length > 8 * wgctl_family_size(list->items[j].family))
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    WGCTL_DEVICE device = {0};
    struct wgctl_error err;
    rest = data;
    left = size;
    if (wgctl_kernel_read("wg0", &device, &err) == WGCTL_OK)
        check(&device);
    return 0;
}
