#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/signals.h"
#include "base/text.h"

/* nft must be found even if a service or sudo sets a short PATH. */
#define SYSTEM_FOLDERS "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"

static bool find_in(const char *folders, const char *program, char *path, size_t size)
{
    struct wgctl_slice rest = wgctl_slice_of(folders), folder;
    while (wgctl_slice_split(&rest, ':', &folder)) {
        int length = snprintf(path, size, "%.*s/%s", (int)folder.size, folder.data, program);
        if (folder.size > 0 && folder.data[0] == '/' && length > 0 && (size_t)length < size &&
            access(path, X_OK) == 0)
            return true;
    }
    return false;
}

bool wgctl_process_find(const char *program, char *path, size_t size)
{
    char buffer[PATH_MAX];
    if (!path) {
        path = buffer;
        size = sizeof buffer;
    }
    const char *folders = getenv("PATH");
    return find_in(folders ? folders : "", program, path, size) ||
           find_in(SYSTEM_FOLDERS, program, path, size);
}

/* What a program is started with. An `input` of -1 means nothing to read. */
struct start {
    const char *const *argv;
    char *const *environment;
    int input, output, errors;
    bool own_session;
    int signals;    /* readable when one arrives */
    bool signalled; /* one had arrived before */
    bool cleans_up;
};

static int add_streams(posix_spawn_file_actions_t *actions, const struct start *start)
{
    int rc =
        start->input >= 0
            ? posix_spawn_file_actions_adddup2(actions, start->input, STDIN_FILENO)
            : posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, start->output, STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, start->errors, STDERR_FILENO);
    /* Our caller may have left some open, such as the lock of flock(1): wireguard-go would hold
     * it for as long as it runs. */
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    return rc;
}

/* A program that stays (wireguard-go) gets a session of its own, so that it outlives the
 * terminal: sudo may give each command a terminal, and close it when the command ends. Any
 * other gets a process group of its own, so that everything it started can be ended with it. */
static int spawn(const char *path, const struct start *start, pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        sigset_t blocked;
        short group = start->own_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
        wgctl_signals_for_child(&blocked);
        rc = add_streams(&actions, start);
        if (rc == 0)
            rc = posix_spawnattr_setsigmask(&attributes, &blocked);
        if (rc == 0)
            rc = posix_spawnattr_setflags(&attributes, (short)(POSIX_SPAWN_SETSIGMASK | group));
        if (rc == 0)
            rc = posix_spawn(ret, path, &actions, &attributes, (char *const *)start->argv,
                             start->environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* Waits until the program has ended (true), a signal arrives, or `ms` milliseconds have passed
 * (negative: never). poll(2) ignores a descriptor of -1. */
static bool await_end(int ended, int signals, int ms)
{
    struct pollfd files[] = {{.fd = ended, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    while (poll(files, 2, ms) < 0)
        if (errno != EINTR)
            return true;
    return files[0].revents != 0;
}

/* Ends the program if a signal arrives. One that had arrived before the program was started
 * does not count, because the program is part of undoing the work; it gets a limited time. */
static void pass_signal_on(pid_t child, const struct start *start)
{
    enum { TO_CLEAN_UP_MS = 10000, TO_END_MS = 5000 };
    WGCTL_FD ended = pidfd_open(child, 0);
    if (ended < 0 || await_end(ended, start->signals, start->signalled ? TO_CLEAN_UP_MS : -1))
        return;
    if (start->cleans_up && !start->signalled && await_end(ended, -1, TO_CLEAN_UP_MS))
        return;
    kill(-child, SIGTERM);
    if (!await_end(ended, -1, TO_END_MS))
        kill(-child, SIGKILL);
}

static int wait_for(pid_t child, const struct start *start, struct wgctl_error *err)
{
    const char *name = start->argv[0];
    int status;
    pass_signal_on(child, start);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return wgctl_fail_errno(err, "cannot wait for %s", name);
    if (WIFSIGNALED(status))
        return wgctl_fail(err, WGCTL_SYSTEM, "%s was ended by signal %d", name, WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return wgctl_fail(err, WGCTL_SYSTEM, "%s failed with exit status %d", name,
                          WEXITSTATUS(status));
    return WGCTL_OK;
}

/* wireguard-go prints a banner in a box, which does not tell why it failed. */
static bool is_of_box(struct wgctl_slice line)
{
    return wgctl_slice_starts(line, "\xe2\x94") || wgctl_slice_starts(line, "\xe2\x95");
}

static void add_last_line(int kept, struct wgctl_error *err)
{
    char text[2048];
    off_t size = lseek(kept, 0, SEEK_END);
    off_t from = size > (off_t)sizeof text ? size - (off_t)sizeof text : 0;
    ssize_t got = size > 0 ? pread(kept, text, sizeof text, from) : 0;
    struct wgctl_slice rest = {text, got > 0 ? (size_t)got : 0}, line, last = {text, 0};
    while (wgctl_slice_split(&rest, '\n', &line)) {
        while (line.size > 0 && wgctl_is_space(line.data[line.size - 1]))
            line.size--;
        if (line.size > 0 && !is_of_box(line))
            last = line;
    }
    size_t used = strlen(err->message);
    if (last.size > 0)
        snprintf(err->message + used, sizeof err->message - used, ": %.*s", (int)last.size,
                 last.data);
}

static int run_path(const char *path, struct start *start, int kept, struct wgctl_error *err)
{
    pid_t child = -1;
    WGCTL_FD signals = wgctl_signals_watch(); /* first, so that none is missed */
    start->signals = signals;
    start->signalled = wgctl_signals_pending();
    errno = spawn(path, start, &child);
    if (errno != 0)
        return wgctl_fail_errno(err, "cannot start %s", start->argv[0]);
    int rc = wait_for(child, start, err);
    if (rc < 0 && kept >= 0)
        add_last_line(kept, err);
    return rc;
}

static int run(struct start *start, int kept, struct wgctl_error *err)
{
    char path[PATH_MAX];
    const char *program = start->argv[0];
    if (!wgctl_process_find(program, path, sizeof path))
        return wgctl_fail(err, WGCTL_NOT_FOUND, "the program '%s' is not installed", program);

    /* If our caller ignores SIGCHLD, the kernel does not tell how a child ended. */
    const struct sigaction heed = {.sa_handler = SIG_DFL};
    struct sigaction before;
    sigaction(SIGCHLD, &heed, &before);
    int rc = run_path(path, start, kept, err);
    sigaction(SIGCHLD, &before, NULL);
    return rc;
}

/* The environment with `variables` in front, where a program looks first. The caller frees the
 * array; NULL if memory has run out. */
static char **extend_environment(const char *const variables[])
{
    size_t more = 0, there = 0, used = 0;
    while (variables[more])
        more++;
    while (environ[there])
        there++;
    char **extended = calloc(more + there + 1, sizeof *extended);
    if (!extended)
        return NULL;
    for (; used < more; used++)
        extended[used] = (char *)variables[used];
    for (char **old = environ; *old; old++) {
        bool replaced = false;
        for (size_t i = 0; i < more && !replaced; i++)
            replaced = strncmp(*old, variables[i], strcspn(variables[i], "=") + 1) == 0;
        if (!replaced)
            extended[used++] = *old;
    }
    return extended;
}

int wgctl_process_run_with(const char *const argv[], const char *const variables[],
                           enum wgctl_output output, bool cleans_up, struct wgctl_error *err)
{
    /* A memfd, not a pipe: a service that stays would hold a pipe open forever. */
    WGCTL_FD kept = -1;
    if (output == WGCTL_OUTPUT_KEPT)
        kept = memfd_create("wgctl-output", MFD_CLOEXEC);
    WGCTL_FREE char **extended = variables ? extend_environment(variables) : NULL;
    if (variables && !extended)
        return wgctl_fail_memory(err);
    int shown = kept >= 0 ? kept : STDERR_FILENO;
    struct start start = {
        .argv = argv,
        .environment = extended ? extended : environ,
        .input = -1,
        .output = shown,
        .errors = shown,
        .own_session = output == WGCTL_OUTPUT_KEPT,
        .cleans_up = cleans_up,
    };
    return run(&start, kept, err);
}

int wgctl_process_run(const char *const argv[], enum wgctl_output output, struct wgctl_error *err)
{
    return wgctl_process_run_with(argv, NULL, output, false, err);
}

static int rewind_to_start(int fd)
{
    return lseek(fd, 0, SEEK_SET) < 0 ? -1 : 0;
}

int wgctl_process_filter(const char *const argv[], struct wgctl_slice input,
                         struct wgctl_text *ret_output, struct wgctl_error *err)
{
    enum { USUAL = 4096 };
    /* Memfds again: with pipes, the two processes could wait for each other. */
    WGCTL_FD in = memfd_create("wgctl-input", MFD_CLOEXEC);
    WGCTL_FD out = memfd_create("wgctl-output", MFD_CLOEXEC);
    WGCTL_FD errors = memfd_create("wgctl-errors", MFD_CLOEXEC);
    if (in < 0 || out < 0 || errors < 0 || wgctl_write_all(in, input) < 0 ||
        rewind_to_start(in) < 0)
        return wgctl_fail_errno(err, "cannot prepare the input of %s", argv[0]);
    struct start start = {
        .argv = argv, .environment = environ, .input = in, .output = out, .errors = errors};
    int rc = run(&start, errors, err);
    if (rc == WGCTL_OK && ret_output &&
        (rewind_to_start(out) < 0 || wgctl_read_all(out, USUAL, SIZE_MAX, ret_output) < 0))
        return wgctl_fail_errno(err, "cannot read the output of %s", argv[0]);
    return rc < 0 || !ret_output ? rc : wgctl_text_check(ret_output, err);
}
