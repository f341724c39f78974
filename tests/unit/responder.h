/* A fake userspace WireGuard process: it gives prepared answers and records what it receives.
 */
#pragma once

#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "device/backend.h"
#include "devices.h"

#define PRIVATE_HEX "010c17222d38434e59646f7a85909ba6b1bcc7d2dde8f3fe09141f2a35404b56"
#define ALICE_HEX "26313c47525d68737e89949faab5c0cbd6e1ecf7020d18232e39444f5a65707b"
#define BOB_HEX "4b56616c77828d98a3aeb9c4cfdae5f0fb06111c27323d48535e69747f8a95a0"
#define PSK_HEX "95a0abb6c1ccd7e2edf8030e19242f3a45505b66717c87929da8b3bec9d4dfea"
#define ZERO_HEX "0000000000000000000000000000000000000000000000000000000000000000"

#define OK "errno=0\n\n"

/* ---- the process ---- */

enum { STAGE_SIZE = 1 << 20 };

/* Memory shared by both processes. */
struct stage {
    char answers[2][STAGE_SIZE]; /* to a get, before and after the first set */
    char reply[64];              /* to a set */
    size_t piece;                /* answers are sent in pieces of this many bytes */
    unsigned pause;              /* before each piece of what never ends, in microseconds */
    char endless[2048];          /* sent over and over instead of an answer, unless it is "" */
    bool is_deaf;                /* reads a byte at a time, with the pause before each, for ever */
    unsigned sets;
    size_t heard_size;
    char heard[STAGE_SIZE]; /* all requests */
};
static struct stage *stage;
static pid_t process;
static struct wgctl_error err;

/* Sends a text in pieces. Waits until each piece has been read. */
static inline void say(int client, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t size = left < stage->piece ? left : stage->piece;
        ssize_t sent = send(client, text, size, MSG_NOSIGNAL);
        if (sent < 0)
            return;
        text += sent;
        left -= (size_t)sent;
        int unread = 1;
        while (ioctl(client, SIOCOUTQ, &unread) == 0 && unread > 0)
            sched_yield();
    }
}

/* Both end when the client is gone. */
static inline void say_for_ever(int client)
{
    size_t size = strlen(stage->endless), at = 0;
    for (;;) {
        size_t piece = size - at < stage->piece ? size - at : stage->piece;
        if (stage->pause > 0)
            usleep(stage->pause);
        ssize_t sent = send(client, stage->endless + at, piece, MSG_NOSIGNAL);
        if (sent < 0)
            return;
        at = (at + (size_t)sent) % size;
    }
}

static inline void hardly_listen(int client)
{
    char byte;
    while (recv(client, &byte, 1, 0) > 0)
        usleep(stage->pause);
}

static inline void serve_client(int client)
{
    if (stage->is_deaf) {
        hardly_listen(client);
        return;
    }
    size_t begin = stage->heard_size;
    while (stage->heard_size < begin + 2 ||
           memcmp(stage->heard + stage->heard_size - 2, "\n\n", 2) != 0) {
        size_t room = STAGE_SIZE - 1 - stage->heard_size;
        ssize_t got = recv(client, stage->heard + stage->heard_size, room, 0);
        if (got <= 0)
            return; /* wg(8) first tests the connection */
        stage->heard_size += (size_t)got;
    }
    if (stage->endless[0]) {
        say_for_ever(client);
        return;
    }
    bool is_set = strncmp(stage->heard + begin, "set=1\n", 6) == 0;
    stage->sets += is_set;
    say(client, is_set ? stage->reply : stage->answers[stage->sets > 0]);
}

static inline void serve(int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        serve_client(client);
        close(client);
    }
}

static inline int listen_as(const char *interface)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/var/run/wireguard/%s.sock", interface);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    return listener;
}

/* Everything a test creates goes away with its process, even if it fails. */
static inline void setup(void)
{
    ck_assert_int_eq(wgctl_key_setup(&err), WGCTL_OK);
    ck_assert_int_eq(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
    ck_assert_int_eq(mkdir("/run/wireguard", 0755), 0);
    stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(stage, MAP_FAILED);
    strcpy(stage->reply, OK);
    stage->piece = STAGE_SIZE;
    int listener = listen_as("wgt0");
    process = fork();
    if (process == 0)
        serve(listener);
    close(listener);
}

static inline void teardown(void)
{
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
}

static inline void answer_with(const char *answer)
{
    ck_assert_uint_lt(strlen(answer), STAGE_SIZE);
    strcpy(stage->answers[0], answer);
    strcpy(stage->answers[1], answer);
}

/* Returns the requests received since the last call. */
static inline struct wgctl_text heard(void)
{
    struct wgctl_text text = {0};
    wgctl_text_append(&text, stage->heard, stage->heard_size);
    stage->heard_size = 0;
    return text;
}

static inline int read_userspace(const char *interface, struct wgctl_device *ret,
                                 struct wgctl_error *error)
{
    WGCTL_FD fd = -1;
    int rc = wgctl_userspace_connect(interface, &fd, error);
    if (rc == WGCTL_OK)
        rc = wgctl_userspace_ask(interface, fd, error);
    return rc < 0 ? rc : wgctl_userspace_answer(interface, fd, ret, error);
}

static inline int write_userspace(const char *interface, const struct wgctl_plan *plan,
                                  const struct wgctl_progress *progress, struct wgctl_error *error)
{
    WGCTL_FD fd = -1;
    int rc = wgctl_userspace_connect(interface, &fd, error);
    return rc < 0 ? rc : wgctl_userspace_write(interface, fd, plan, progress, error);
}
