/* Sends numbered datagrams through a tunnel and reports losses.
 *
 *     traffic INTERVAL { NAME FROM_NAMESPACE FROM_ADDRESS TO_ADDRESS TO_NAMESPACE[,...] }...
 *
 * Five words describe a flow: every INTERVAL microseconds, a datagram goes from an address in
 * one network namespace (/proc/PID/ns/net) to an address in another. An address that moves
 * between hosts has several namespaces, and datagrams may arrive in any of them. This process
 * holds all ends and therefore knows how many datagrams are on their way. A flow pauses if
 * there are too many, so that slowness alone causes no loss.
 *
 * Prints "running" once datagrams arrive in every flow. After SIGTERM, waits until everything
 * sent has arrived, or nothing has arrived for a while. Then prints a line per flow, and fails
 * if a datagram was lost or a send failed:
 *
 *     NAME sent 1000 arrived 998 lost 2 (first 17, last 18) failed 1 (first: Network is down)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_FLOWS = 16,
    MOST_ENDS = 4,            /* where a flow may arrive */
    MOST_DATAGRAMS = 1 << 22, /* more than an hour */
    WINDOW = 32,              /* datagrams of a flow that may be on their way */
    RUNNING = 100,            /* arrivals after which a flow counts as running */
    FIRST_PORT = 7000,
    RECEIVE_BUFFER = 1 << 23,
    MICROSECONDS = 1000000,
    PATIENCE = 15 * MICROSECONDS,
};

/* With UDP and IPv4 headers, it has 48 bytes and needs no padding. The encrypted message has
 * 80 bytes. */
struct datagram {
    uint32_t flow, number;
    uint8_t rest[12];
};

struct flow {
    const char *name;
    int out, ends[MOST_ENDS];
    int end_count;
    struct sockaddr_in to;
    uint32_t sent; /* also the number of the next datagram */
    uint32_t arrived, newest;
    uint32_t failed;
    int first_error;
    int64_t last_sent;
    uint8_t *seen; /* one bit per datagram */
};

static struct flow flows[MOST_FLOWS];
static uint32_t flow_count;
static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    fputs("traffic: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, ": %s\n", strerror(error));
    exit(2);
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * (int64_t)MICROSECONDS + time.tv_nsec / 1000;
}

/* ---- the ends ---- */

static struct sockaddr_in parse_address(const char *text, uint32_t flow)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)(FIRST_PORT + flow))};
    errno = EINVAL;
    if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
        die("%s", text);
    return address;
}

/* A socket belongs to the namespace in which it is created. */
static int open_end(const char *namespace, const struct sockaddr_in *address)
{
    const int size = RECEIVE_BUFFER, on = 1;
    int file = open(namespace, O_RDONLY | O_CLOEXEC);
    if (file < 0 || setns(file, CLONE_NEWNET) < 0)
        die("%s", namespace);
    close(file);
    int end = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (end < 0 || bind(end, (const struct sockaddr *)address, sizeof *address) < 0)
        die("cannot bind in %s", namespace);
    /* With IP_RECVERR, a send also reports errors of earlier ones. */
    if (setsockopt(end, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0 ||
        setsockopt(end, IPPROTO_IP, IP_RECVERR, &on, sizeof on) < 0)
        die("cannot set up a socket");
    return end;
}

static void open_flow(char **words)
{
    if (flow_count == MOST_FLOWS) {
        errno = E2BIG;
        die("%s", words[0]);
    }
    struct flow *flow = &flows[flow_count];
    const struct sockaddr_in from = parse_address(words[2], flow_count);
    flow->name = words[0];
    flow->to = parse_address(words[3], flow_count);
    flow->out = open_end(words[1], &from);
    for (char *namespace = strtok(words[4], ","); namespace; namespace = strtok(NULL, ",")) {
        if (flow->end_count == MOST_ENDS) {
            errno = E2BIG;
            die("%s", words[0]);
        }
        flow->ends[flow->end_count++] = open_end(namespace, &flow->to);
    }
    flow->seen = calloc(1, MOST_DATAGRAMS / 8);
    if (!flow->seen)
        die("%s", words[0]);
    flow_count++;
}

/* ---- sending and receiving ---- */

static void note_failure(struct flow *flow)
{
    if (flow->failed++ == 0)
        flow->first_error = errno;
}

/* A failed send uses up no number. After one second without an arrival, sends another
 * datagram to find out whether the path works again. */
static void send_next(uint32_t index, int64_t time)
{
    struct flow *flow = &flows[index];
    const struct datagram datagram = {.flow = index, .number = flow->sent};
    if (flow->sent == MOST_DATAGRAMS ||
        (flow->sent - flow->newest >= WINDOW && time - flow->last_sent < MICROSECONDS))
        return;
    ssize_t size = sendto(flow->out, &datagram, sizeof datagram, 0,
                          (const struct sockaddr *)&flow->to, sizeof flow->to);
    flow->last_sent = time;
    if (size == (ssize_t)sizeof datagram)
        flow->sent++;
    else
        note_failure(flow);
}

static bool has_seen(const struct flow *flow, uint32_t number)
{
    return flow->seen[number / 8] & (1U << number % 8);
}

/* Returns whether a datagram was received. */
static bool receive(uint32_t index, int end)
{
    struct flow *flow = &flows[index];
    struct datagram datagram;
    ssize_t size = recv(end, &datagram, sizeof datagram, MSG_TRUNC);
    if (size < 0 && errno != EAGAIN && errno != EINTR)
        note_failure(flow);
    if (size != (ssize_t)sizeof datagram || datagram.flow != index || datagram.number >= flow->sent)
        return size >= 0;
    if (!has_seen(flow, datagram.number))
        flow->arrived++;
    flow->seen[datagram.number / 8] |= (uint8_t)(1U << datagram.number % 8);
    if (datagram.number >= flow->newest)
        flow->newest = datagram.number + 1;
    return true;
}

/* Receives all datagrams that arrive until `time`. Returns whether there were any. */
static bool receive_until(int64_t time)
{
    struct pollfd polls[MOST_FLOWS * MOST_ENDS];
    uint32_t flow_of[MOST_FLOWS * MOST_ENDS];
    nfds_t count = 0;
    bool any = false;
    for (uint32_t i = 0; i < flow_count; i++)
        for (int k = 0; k < flows[i].end_count; k++) {
            flow_of[count] = i;
            polls[count++] = (struct pollfd){.fd = flows[i].ends[k], .events = POLLIN};
        }
    int64_t left = time - now();
    if (left < 0)
        left = 0;
    const struct timespec timeout = {.tv_sec = (time_t)(left / MICROSECONDS),
                                     .tv_nsec = (long)(left % MICROSECONDS * 1000)};
    if (ppoll(polls, count, &timeout, NULL) <= 0)
        return false;
    for (nfds_t i = 0; i < count; i++)
        while (polls[i].revents && receive(flow_of[i], polls[i].fd))
            any = true;
    return any;
}

static bool all_run(void)
{
    for (uint32_t i = 0; i < flow_count; i++)
        if (flows[i].arrived < RUNNING)
            return false;
    return true;
}

static bool all_arrived(void)
{
    for (uint32_t i = 0; i < flow_count; i++)
        if (flows[i].arrived < flows[i].sent)
            return false;
    return true;
}

static void run(int64_t interval)
{
    bool running = false;
    int64_t due = now();
    while (!stopped) {
        int64_t time = now();
        if (time >= due) {
            for (uint32_t i = 0; i < flow_count; i++)
                send_next(i, time);
            /* If sends are late, do not send a burst to catch up. */
            due = due + interval > time ? due + interval : time + interval;
        }
        receive_until(due);
        if (!running && all_run()) {
            running = true;
            puts("running");
            fflush(stdout);
        }
    }
}

static void wait_for_the_last(void)
{
    for (int64_t last = now(); !all_arrived() && now() - last < PATIENCE;)
        if (receive_until(now() + MICROSECONDS / 10))
            last = now();
}

/* Returns whether nothing was lost. */
static bool report(const struct flow *flow)
{
    uint32_t lost = flow->sent - flow->arrived, first = 0, last = 0;
    for (uint32_t number = flow->sent; lost && number-- > 0;)
        if (!has_seen(flow, number)) {
            last = last ? last : number;
            first = number;
        }
    printf("%s sent %" PRIu32 " arrived %" PRIu32 " lost %" PRIu32, flow->name, flow->sent,
           flow->arrived, lost);
    if (lost)
        printf(" (first %" PRIu32 ", last %" PRIu32 ")", first, last);
    printf(" failed %" PRIu32, flow->failed);
    if (flow->failed)
        printf(" (first: %s)", strerror(flow->first_error));
    putchar('\n');
    return !lost && !flow->failed && flow->sent < MOST_DATAGRAMS;
}

int main(int argc, char **argv)
{
    enum { WORDS = 5 };
    const struct sigaction action = {.sa_handler = stop};
    if (argc < 2 + WORDS || (argc - 2) % WORDS != 0 || atoi(argv[1]) <= 0) {
        fputs("usage: traffic INTERVAL { NAME FROM_NAMESPACE FROM_ADDRESS TO_ADDRESS "
              "TO_NAMESPACE[,...] }...\n",
              stderr);
        return 2;
    }
    for (int i = 2; i < argc; i += WORDS)
        open_flow(argv + i);
    sigaction(SIGTERM, &action, NULL);
    run(atoi(argv[1]));
    wait_for_the_last();
    bool well = true;
    for (uint32_t i = 0; i < flow_count; i++)
        well &= report(&flows[i]);
    return well ? 0 : 1;
}
