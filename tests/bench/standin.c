/* Stands in for a userspace WireGuard process, so that the cost of wg and wgctl themselves can
 * be told apart from the cost of the device. It has two states. It answers get=1 with the file
 * for the current one, and accepts any set=1, which switches to the other one.
 *
 * usage: bench_standin SOCKET FILE OTHER    prints "ready" and runs until it is killed
 *        bench_standin SOCKET REQUEST       sends it a request and prints the answer:
 *            other    whether it is in the other state
 *            count    the number and bytes of set=1 since the previous count */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct state {
    const char *data;
    size_t size;
};

static struct state states[2];
static unsigned current;
static size_t sets, bytes;

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static struct state load(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        die(path);
    size_t size = (size_t)status.st_size;
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (data == MAP_FAILED)
        die(path);
    close(fd);
    return (struct state){data, size};
}

/* Ignores errors, because the client may have closed the connection. */
static void say(int connection, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(connection, data, size, MSG_NOSIGNAL);
        if (sent < 0)
            return;
        data += sent;
        size -= (size_t)sent;
    }
}

static void act(int connection, const char *request, size_t size)
{
    char text[64] = "errno=0\n\n";
    if (strncmp(request, "get=1\n", 6) == 0) {
        say(connection, states[current].data, states[current].size);
        return;
    }
    if (strncmp(request, "set=1\n", 6) == 0) {
        sets++;
        bytes += size;
        current ^= 1;
    } else if (strncmp(request, "other=1\n", 8) == 0) {
        current ^= 1;
    } else if (strncmp(request, "count=1\n", 8) == 0) {
        snprintf(text, sizeof text, "%zu %zu\n\n", sets, bytes);
        sets = bytes = 0;
    }
    say(connection, text, strlen(text));
}

/* Reads a request, which ends with an empty line. Only its beginning matters. */
static void serve(int connection)
{
    static char buffer[1 << 18];
    char begin[16] = "", end[2] = "";
    size_t size = 0;
    while (end[0] != '\n' || end[1] != '\n') {
        ssize_t got = recv(connection, buffer, sizeof buffer, 0);
        if (got <= 0)
            return;
        for (size_t i = 0; i < (size_t)got && size + i < sizeof begin - 1; i++)
            begin[size + i] = buffer[i];
        end[0] = got > 1 ? buffer[got - 2] : end[1];
        end[1] = buffer[got - 1];
        size += (size_t)got;
    }
    act(connection, begin, size);
}

static int ask(const struct sockaddr_un *address, const char *request)
{
    char text[64];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        die(address->sun_path);
    int size = snprintf(text, sizeof text, "%s=1\n\n", request);
    say(fd, text, (size_t)size);
    ssize_t got = recv(fd, text, sizeof text, 0);
    if (got <= 0)
        die("recv");
    return fwrite(text, 1, (size_t)got, stdout) == (size_t)got ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if ((argc != 3 && argc != 4) || strlen(argv[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: bench_standin SOCKET FILE OTHER | SOCKET other|count\n");
        return 2;
    }
    strcpy(address.sun_path, argv[1]);
    if (argc == 3)
        return ask(&address, argv[2]);

    states[0] = load(argv[2]);
    states[1] = load(argv[3]);
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listening, 16) < 0)
        die(argv[1]);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int connection = accept(listening, NULL, NULL);
        if (connection < 0)
            continue;
        serve(connection);
        close(connection);
    }
}
