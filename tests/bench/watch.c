/* A library to preload into a program that talks to the kernel's WireGuard. It counts and times
 * the messages that set something. The kernel processes such a message before send() returns,
 * and holds the lock for all network settings meanwhile. The time in send() is therefore the
 * time for which everyone else is blocked. At exit, it appends a line to the file $BENCH_WATCH:
 *
 *     SETS BYTES PEERS ALL GETS NANOSECONDS...
 *
 * SETS is the number of messages that set something, BYTES and PEERS are the largest numbers in
 * one of them, ALL is their total time, GETS is the number of messages that ask for the state,
 * and NANOSECONDS are the times of the individual messages that set something. */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wireguard.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST_SETS = 65536 };

static struct {
    unsigned long sets, bytes, peers, all, gets;
    unsigned long times[MOST_SETS]; /* of each call that sends some */
    size_t calls;
} seen;

static bool is_generic(int fd)
{
    int domain = 0, protocol = 0;
    socklen_t size = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK &&
           getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
           protocol == NETLINK_GENERIC;
}

/* ---- messages ---- */

/* Calls `take` for each attribute. Ignores truncated ones, which the kernel rejects. */
static unsigned long count(const char *data, size_t size, int wanted,
                           unsigned long (*take)(const char *data, size_t size))
{
    unsigned long sum = 0;
    struct nlattr attribute;
    while (size >= sizeof attribute) {
        memcpy(&attribute, data, sizeof attribute);
        if (attribute.nla_len < sizeof attribute || attribute.nla_len > size)
            break;
        if (wanted < 0 || (attribute.nla_type & NLA_TYPE_MASK) == wanted)
            sum += take(data + NLA_HDRLEN, (size_t)attribute.nla_len - NLA_HDRLEN);
        size_t step = NLA_ALIGN((size_t)attribute.nla_len);
        step = step < size ? step : size;
        data += step;
        size -= step;
    }
    return sum;
}

static unsigned long one(const char *data, size_t size)
{
    (void)data, (void)size;
    return 1;
}

static unsigned long count_items(const char *data, size_t size)
{
    return count(data, size, -1, one);
}

/* Returns whether the message sets something. Apart from looking up its family ID, wg and wgctl
 * use generic netlink only for WireGuard. */
static bool look_at(const char *data, size_t size)
{
    const size_t before = NLMSG_HDRLEN + GENL_HDRLEN;
    struct nlmsghdr header;
    struct genlmsghdr generic;
    bool sets = false;
    while (size >= before) {
        memcpy(&header, data, sizeof header);
        memcpy(&generic, data + NLMSG_HDRLEN, sizeof generic);
        if (header.nlmsg_len < before || header.nlmsg_len > size)
            break;
        if (header.nlmsg_type > GENL_ID_CTRL && generic.cmd == WG_CMD_GET_DEVICE)
            seen.gets++;
        if (header.nlmsg_type > GENL_ID_CTRL && generic.cmd == WG_CMD_SET_DEVICE) {
            unsigned long peers =
                count(data + before, header.nlmsg_len - before, WGDEVICE_A_PEERS, count_items);
            sets = true;
            seen.sets++;
            seen.bytes = header.nlmsg_len > seen.bytes ? header.nlmsg_len : seen.bytes;
            seen.peers = peers > seen.peers ? peers : seen.peers;
        }
        size_t step = NLMSG_ALIGN((size_t)header.nlmsg_len);
        step = step < size ? step : size;
        data += step;
        size -= step;
    }
    return sets;
}

/* ---- wrapped calls ---- */

static unsigned long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (unsigned long)time.tv_sec * 1000000000UL + (unsigned long)time.tv_nsec;
}

static void note_time(unsigned long since)
{
    unsigned long took = now() - since;
    seen.all += took;
    if (seen.calls == MOST_SETS)
        abort();
    seen.times[seen.calls++] = took;
}

static void *find(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (!function)
        abort();
    return function;
}

/* libmnl uses this one. */
ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
               socklen_t to_size)
{
    static ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    if (!next)
        *(void **)&next = find("sendto");
    bool sets = is_generic(fd) && look_at(data, size);
    unsigned long since = sets ? now() : 0;
    ssize_t sent = next(fd, data, size, flags, to, to_size);
    if (sets)
        note_time(since);
    return sent;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    return sendto(fd, data, size, flags, NULL, 0);
}

/* Messages in several pieces are ignored, because nobody sends them. */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    static ssize_t (*next)(int, const struct msghdr *, int);
    if (!next)
        *(void **)&next = find("sendmsg");
    if (is_generic(fd) && message->msg_iovlen != 1)
        abort();
    bool sets =
        is_generic(fd) && look_at(message->msg_iov[0].iov_base, message->msg_iov[0].iov_len);
    unsigned long since = sets ? now() : 0;
    ssize_t sent = next(fd, message, flags);
    if (sets)
        note_time(since);
    return sent;
}

__attribute__((destructor)) static void report(void)
{
    const char *path = getenv("BENCH_WATCH");
    FILE *file = path ? fopen(path, "ae") : NULL;
    if (!file)
        return;
    fprintf(file, "%lu %lu %lu %lu %lu", seen.sets, seen.bytes, seen.peers, seen.all, seen.gets);
    for (size_t i = 0; i < seen.calls; i++)
        fprintf(file, " %lu", seen.times[i]);
    fprintf(file, "\n");
    fclose(file);
}
