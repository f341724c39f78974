/* WireGuard in a process (wireguard-go, boringtun): the cross-platform protocol
 * of https://www.wireguard.com/xplatform/, lines of key=value over a socket. */
#include "device/userspace.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#define SOCKET_FOLDER "/var/run/wireguard"

static int connect_to(const char *interface)
{
    /* A process that hangs must not hang us. */
    const struct timeval longest = {.tv_sec = 10};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, SOCKET_FOLDER "/%s.sock", interface);
    WGCTL_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest) < 0 ||
        connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return -1;
    int connected = fd;
    fd = -1;
    return connected;
}

bool wgctl_userspace_serves(const char *interface)
{
    WGCTL_FD fd = connect_to(interface);
    return fd >= 0;
}

/* ---- deadlines ---- */

static unsigned patience = 30 * 1000; /* milliseconds */

void wgctl_userspace_set_patience(unsigned milliseconds)
{
    patience = milliseconds;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t deadline_from_now(void)
{
    return now_ms() + patience;
}

/* Waits until the socket can be read (POLLIN) or written (POLLOUT). Fails with ETIMEDOUT. */
static int await(int fd, short events, int64_t deadline)
{
    struct pollfd waiting = {.fd = fd, .events = events};
    int ready;
    do {
        int64_t left = deadline - now_ms();
        ready = left > 0 ? poll(&waiting, 1, (int)left) : 0;
    } while (ready < 0 && errno == EINTR);
    if (ready == 0)
        errno = ETIMEDOUT;
    return ready > 0 ? 0 : -1;
}

static bool is_try_again(void)
{
    return errno == EINTR || errno == EAGAIN;
}

static int send_all(int fd, struct wgctl_slice data)
{
    int64_t deadline = deadline_from_now();
    while (data.size > 0) {
        if (await(fd, POLLOUT, deadline) < 0)
            return -1;
        ssize_t sent = send(fd, data.data, data.size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && is_try_again())
            continue;
        if (sent < 0)
            return -1;
        data.data += sent;
        data.size -= (size_t)sent;
    }
    return 0;
}

/* Receives what there is, 0 at the end. */
static ssize_t receive(int fd, void *ret, size_t size, int64_t deadline)
{
    ssize_t got;
    do {
        if (await(fd, POLLIN, deadline) < 0)
            return -1;
        got = recv(fd, ret, size, MSG_DONTWAIT);
    } while (got < 0 && is_try_again());
    return got;
}

void wgctl_userspace_outlast(int fd)
{
    char ignored[4096];
    int64_t deadline = deadline_from_now();
    if (fd < 0 || shutdown(fd, SHUT_WR) < 0)
        return;
    while (receive(fd, ignored, sizeof ignored, deadline) > 0)
        ;
    explicit_bzero(ignored, sizeof ignored);
}

/* ---- failures ---- */

static int fail_nonsense(const char *interface, struct wgctl_error *err)
{
    return wgctl_fail(err, WGCTL_SYSTEM, "the process that runs %s gave an invalid answer",
                      interface);
}

static int hint_restart(struct wgctl_error *err)
{
    return wgctl_hint(err, "start it anew: 'sudo wgctl down', then 'sudo wgctl up'");
}

static int fail_too_large(const char *interface, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_SYSTEM, "the process that runs %s sends more than any answer has",
               interface);
    return hint_restart(err);
}

static int fail_no_answer(const char *interface, int fd, struct wgctl_error *err)
{
    bool timed_out = errno == ETIMEDOUT || errno == EAGAIN;
    wgctl_fail_errno(err, "the process that runs %s does not answer", interface);
    if (timed_out)
        return hint_restart(err);
    wgctl_userspace_outlast(fd);
    return err->status;
}

int wgctl_userspace_connect(const char *interface, int *ret, struct wgctl_error *err)
{
    int fd = connect_to(interface);
    if (fd < 0)
        return fail_no_answer(interface, fd, err);
    *ret = fd;
    return WGCTL_OK;
}

int wgctl_userspace_send(const char *interface, int fd, struct wgctl_slice data,
                         struct wgctl_error *err)
{
    return send_all(fd, data) < 0 ? fail_no_answer(interface, fd, err) : WGCTL_OK;
}

/* ---- values ---- */

/* "192.0.2.1:51820", "[2001:db8::1%3]:51820" */
static bool parse_sockaddr(struct wgctl_slice text, union wgctl_sockaddr *ret)
{
    struct wgctl_endpoint endpoint;
    struct wgctl_error ignored;
    return wgctl_endpoint_parse(text, 0, &endpoint, &ignored) == WGCTL_OK &&
           wgctl_endpoint_is_address(&endpoint, NULL) &&
           wgctl_endpoint_resolve(&endpoint, ret, &ignored) == WGCTL_OK;
}

static bool take_peer_line(struct wgctl_device_peer *peer, struct wgctl_slice key,
                           struct wgctl_slice value)
{
    struct wgctl_prefix prefix;
    struct wgctl_error ignored;
    uint64_t number;
    if (wgctl_slice_equal(key, wgctl_slice_of("preshared_key")))
        return wgctl_key_parse_hex(value, &peer->preshared_key);
    if (wgctl_slice_equal(key, wgctl_slice_of("endpoint")))
        return parse_sockaddr(value, &peer->endpoint);
    if (wgctl_slice_equal(key, wgctl_slice_of("allowed_ip")))
        return wgctl_prefix_parse(value, &prefix, &ignored) == WGCTL_OK &&
               wgctl_prefixes_add(&peer->allowed_ips, &prefix, &ignored) == WGCTL_OK;
    if (wgctl_slice_equal(key, wgctl_slice_of("persistent_keepalive_interval"))) {
        bool valid = wgctl_slice_number(value, UINT16_MAX, &number);
        peer->keepalive = valid ? (uint16_t)number : 0;
        return valid;
    }
    bool valid = wgctl_slice_number(value, INT64_MAX, &number);
    if (!valid)
        number = 0;
    if (wgctl_slice_equal(key, wgctl_slice_of("last_handshake_time_sec")))
        peer->last_handshake = (int64_t)number;
    else if (wgctl_slice_equal(key, wgctl_slice_of("rx_bytes")))
        peer->received = number;
    else if (wgctl_slice_equal(key, wgctl_slice_of("tx_bytes")))
        peer->sent = number;
    else
        return true; /* a key of a later version */
    return valid;
}

static bool take_device_line(struct wgctl_device *device, struct wgctl_slice key,
                             struct wgctl_slice value)
{
    uint64_t number;
    if (wgctl_slice_equal(key, wgctl_slice_of("private_key"))) {
        device->has_private_key = true;
        return wgctl_key_parse_hex(value, &device->private_key);
    }
    if (wgctl_slice_equal(key, wgctl_slice_of("listen_port"))) {
        device->has_listen_port = wgctl_slice_number(value, UINT16_MAX, &number);
        device->listen_port = device->has_listen_port ? (uint16_t)number : 0;
        return device->has_listen_port;
    }
    if (wgctl_slice_equal(key, wgctl_slice_of("fwmark"))) {
        device->has_fwmark = wgctl_slice_number(value, UINT32_MAX, &number);
        device->fwmark = device->has_fwmark ? (uint32_t)number : 0;
        return device->has_fwmark;
    }
    return true; /* a key of a later version */
}

static bool take_line(struct wgctl_device *device, struct wgctl_slice line)
{
    struct wgctl_slice key, value = line;
    if (!wgctl_slice_split(&value, '=', &key) || !value.data)
        return false;
    if (wgctl_slice_equal(key, wgctl_slice_of("public_key"))) {
        struct wgctl_device_peer *peer = wgctl_device_add_peer(device);
        return peer && wgctl_key_parse_hex(value, &peer->public_key);
    }
    if (device->peer_count > 0)
        return take_peer_line(&device->peers[device->peer_count - 1], key, value);
    return take_device_line(device, key, value);
}

/* ---- answers: lines, then errno=NUMBER, then an empty line ---- */

enum {
    PIECE = 65536,  /* also more than any line has */
    MOST = 64 << 20 /* 160,000 peers */
};

struct answer {
    struct wgctl_device *device; /* NULL: only the number counts */
    int64_t deadline;
    size_t received;
    bool has_number, ended;
    int number;
};

static bool take_number(struct wgctl_slice line, struct answer *answer)
{
    enum { MAX_ERRNO = 4095 }; /* as in the kernel */
    char text[16];
    long number = 0;
    answer->has_number = true;
    if (wgctl_slice_equal(line, wgctl_slice_of("errno=0")))
        return true;
    if (sscanf(wgctl_slice_string(line, text, sizeof text), "errno=%ld", &number) != 1 ||
        number == 0 || number < -MAX_ERRNO || number > MAX_ERRNO)
        return false;
    answer->number = abs((int)number);
    return true;
}

static bool take_answer_line(struct wgctl_slice line, struct answer *answer)
{
    answer->ended = answer->has_number || line.size == 0;
    if (answer->ended)
        return answer->has_number && line.size == 0;
    if (wgctl_slice_starts(line, "errno="))
        return take_number(line, answer);
    return !answer->device || take_line(answer->device, line);
}

/* Appends what has arrived. */
static int receive_more(int fd, struct answer *answer, struct wgctl_text *ret)
{
    char *room = wgctl_text_room(ret, PIECE);
    if (!room) {
        errno = ENOMEM;
        return -1;
    }
    ssize_t got = receive(fd, room, PIECE, answer->deadline);
    if (got == 0)
        errno = ECONNRESET;
    if (got <= 0)
        return -1;
    ret->size += (size_t)got;
    answer->received += (size_t)got;
    return 0;
}

/* Takes the complete lines out of the text. */
static bool take_lines(struct wgctl_text *text, struct answer *answer)
{
    const char *at = text->data, *end = text->data + text->size, *newline;
    while (!answer->ended && (newline = memchr(at, '\n', (size_t)(end - at)))) {
        if (!take_answer_line((struct wgctl_slice){at, (size_t)(newline - at)}, answer))
            return false;
        at = newline + 1;
    }
    text->size = (size_t)(end - at);
    memmove(text->data, at, text->size);
    return true;
}

int wgctl_userspace_ask(const char *interface, int fd, struct wgctl_error *err)
{
    return wgctl_userspace_send(interface, fd, wgctl_slice_of("get=1\n\n"), err);
}

/* Takes each line as it arrives, so that the whole answer is never in memory. */
int wgctl_userspace_answer(const char *interface, int fd, struct wgctl_device *device,
                           struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    struct answer answer = {.device = device, .deadline = deadline_from_now()};
    while (!answer.ended) {
        if (receive_more(fd, &answer, &text) < 0)
            return fail_no_answer(interface, fd, err);
        if (!take_lines(&text, &answer))
            return fail_nonsense(interface, err);
        if (answer.received > MOST || text.size > PIECE)
            return fail_too_large(interface, err);
    }
    errno = answer.number;
    return answer.number == 0
               ? WGCTL_OK
               : wgctl_fail_errno(err, "the process that runs %s refused", interface);
}
