/* Compares reading a wg0.conf and sending it to a device with `wg setconf`, in time and
 * memory. Both send it to the same process, which accepts everything. Needs root, because it
 * creates namespaces.
 *
 * usage: parse                    measures, and prints a table
 *        parse FILE INTERFACE     does what `wg setconf INTERFACE FILE` does
 */
#include <fcntl.h>
#include <linux/limits.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "conf/server_check.h"
#include "conf/server_read.h"
#include "device/backend.h"
#include "run/private.h"

#define CONF "/run/wgb0.conf"
#define INTERFACE "wgb0"

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* ---- our side ---- */

static int send_file(const char *path, const char *interface)
{
    struct wgctl_folder folder;
    struct wgctl_error err;
    WGCTL_TEXT source = {0};
    WGCTL_SERVER server = {0};
    WGCTL_DEVICE wanted = {0}, nothing = {0};
    WGCTL_PLAN plan = {0};
    WGCTL_FD fd = -1;
    int rc = wgctl_key_setup(&err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_open("/run", &folder, &err);
    if (rc == WGCTL_OK)
        rc = wgctl_file_read(&folder, path, WGCTL_SECRET, &source, &err);
    if (rc == WGCTL_OK)
        rc = wgctl_server_parse(path, &source, &server, &err);
    if (rc == WGCTL_OK)
        rc = wgctl_server_check(&server, &err);
    if (rc == WGCTL_OK)
        rc = wgctl_device_desired(&server, WGCTL_LOOKUP_CHANGED, NULL, NULL, &wanted, &err);
    if (rc == WGCTL_OK)
        rc = wgctl_plan_make(NULL, &wanted, &nothing, &plan, &err);
    if (rc == WGCTL_OK)
        rc = wgctl_userspace_connect(interface, &fd, &err);
    if (rc == WGCTL_OK)
        rc = wgctl_userspace_write(interface, fd, &plan, NULL, &err);
    if (rc < 0)
        fprintf(stderr, "%s\n", err.message);
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- the process that accepts everything ---- */

static void answer(int client)
{
    static char buffer[1 << 20];
    char end[2] = "";
    while (end[0] != '\n' || end[1] != '\n') {
        ssize_t got = recv(client, buffer, sizeof buffer, 0);
        if (got <= 0)
            return;
        end[0] = got > 1 ? buffer[got - 2] : end[1];
        end[1] = buffer[got - 1];
    }
    if (send(client, "errno=0\n\n", 9, MSG_NOSIGNAL) < 0)
        perror("send");
}

static pid_t start_process(void)
{
    struct sockaddr_un address = {AF_UNIX, "/run/wireguard/" INTERFACE ".sock"};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 8) < 0)
        die("listen");
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int client = accept(listener, NULL, NULL);
            answer(client);
            close(client);
        }
    }
    close(listener);
    return pid;
}

/* ---- measuring ---- */

static void put_key(FILE *file, const char *name)
{
    struct wgctl_key key;
    char text[WGCTL_KEY_TEXT_SIZE];
    if (getrandom(key.bytes, sizeof key.bytes, 0) != sizeof key.bytes)
        die("getrandom");
    fprintf(file, "%s = %s\n", name, wgctl_key_format(&key, text));
}

/* Returns the file's size in bytes. */
static long make_file(unsigned peers)
{
    FILE *file = fopen(CONF, "we");
    if (!file)
        die(CONF);
    fputs("[Interface]\nListenPort = 51820\n", file);
    for (unsigned i = 0; i < peers; i++) {
        fprintf(file, "\n[Peer]\n# friendly_name = peer%u\n# added = 2026-01-01\n", i);
        put_key(file, "PublicKey");
        put_key(file, "PresharedKey");
        fprintf(file, "AllowedIPs = 10.%u.%u.%u/32, fd00::%x:%x/128\n", i >> 16, i >> 8 & 255,
                i & 255, i >> 16, i & 0xffff);
    }
    long size = ftell(file);
    if (fclose(file) != 0 || chmod(CONF, 0600) < 0)
        die(CONF);
    return size;
}

struct cost {
    double milliseconds; /* user and system time */
    long kibibytes;      /* peak resident memory */
};

static struct cost run(char *const argv[])
{
    extern char **environ;
    struct rusage usage;
    pid_t pid;
    int status = 0;
    if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0 ||
        wait4(pid, &status, 0, &usage) != pid)
        die(argv[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "%s has failed\n", argv[0]);
        exit(EXIT_FAILURE);
    }
    double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
    double microseconds = (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    return (struct cost){seconds * 1e3 + microseconds / 1e3, usage.ru_maxrss};
}

static int compare(const void *a, const void *b)
{
    const struct cost *left = a, *right = b;
    return (left->milliseconds > right->milliseconds) - (left->milliseconds < right->milliseconds);
}

static void measure(unsigned peers, char *self)
{
    enum { RUNS = 9 };
    char *ours[] = {self, "wgb0.conf", INTERFACE, NULL};
    char *theirs[] = {"wg", "setconf", INTERFACE, CONF, NULL};
    struct cost our_costs[RUNS], their_costs[RUNS];
    long size = make_file(peers);
    for (int i = 0; i < RUNS; i++) { /* alternately */
        our_costs[i] = run(ours);
        their_costs[i] = run(theirs);
    }
    qsort(our_costs, RUNS, sizeof *our_costs, compare);
    qsort(their_costs, RUNS, sizeof *their_costs, compare);
    const struct cost *we = &our_costs[RUNS / 2], *they = &their_costs[RUNS / 2];
    printf("%7u %8ld %10.1f %10.1f %7.2f %10ld %10ld %7.2f\n", peers, size / 1024, we->milliseconds,
           they->milliseconds, we->milliseconds / they->milliseconds, we->kibibytes,
           they->kibibytes, (double)we->kibibytes / (double)they->kibibytes);
}

int main(int argc, char **argv)
{
    static const unsigned sizes[] = {100, 1000, 10000, 100000};
    static char self[PATH_MAX];
    if (argc == 3)
        return send_file(argv[1], argv[2]);
    struct wgctl_error err;
    if (wgctl_key_setup(&err) < 0 || readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        die("readlink");
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0 || mkdir("/run/wireguard", 0755) < 0)
        die("namespaces need root");
    pid_t process = start_process();
    printf("%7s %8s %21s %7s %21s %7s\n", "", "file", "ms of processor time", "", "KiB of memory",
           "");
    printf("%7s %8s %10s %10s %7s %10s %10s %7s\n", "peers", "KiB", "wgctl", "wg", "ratio", "wgctl",
           "wg", "ratio");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        measure(sizes[i], self);
    kill(process, SIGKILL);
    return EXIT_SUCCESS;
}
