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
#include <sys/stat.h>
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

bool wgctl_process_find_in_system(const char *program, char *path, size_t size)
{
    return find_in(SYSTEM_FOLDERS, program, path, size);
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
           wgctl_process_find_in_system(program, path, size);
}

/* ---- the environment ---- */

/* LC_ stands for all that begin with it. */
static const char *const kept_variables[] = {
    "PATH", "HOME", "USER", "LOGNAME", "TERM", "TZ", "LANG", "LANGUAGE", "LC_",
    /* wg(8) and wg-quick(8) */
    "WG_COLOR_MODE", "WG_HIDE_KEYS", "WG_ENDPOINT_RESOLUTION_RETRIES",
    "WG_QUICK_USERSPACE_IMPLEMENTATION",
    /* wireguard-go. Its others name descriptors, or would keep it from going into the background.
     */
    "LOG_LEVEL"};

static bool is_kept(const char *variable)
{
    size_t size = strcspn(variable, "=");
    for (size_t i = 0; i < sizeof kept_variables / sizeof *kept_variables; i++) {
        size_t kept = strlen(kept_variables[i]);
        if (strncmp(variable, kept_variables[i], kept) == 0 &&
            (size == kept || kept_variables[i][kept - 1] == '_'))
            return true;
    }
    return false;
}

/* `variables` (NULL: none) come first, where a program looks first. The caller frees the array;
 * NULL if memory has run out. */
static char **make_environment(const char *const variables[])
{
    static char default_path[] = "PATH=" SYSTEM_FOLDERS;
    const char *path = getenv("PATH");
    size_t more = 0, there = 0, used = 0;
    while (variables && variables[more])
        more++;
    while (environ && environ[there])
        there++;
    char **made = calloc(more + there + 2, sizeof *made);
    if (!made)
        return NULL;
    for (; used < more; used++)
        made[used] = (char *)variables[used];
    if (!path || !*path)
        made[used++] = default_path;
    for (size_t old = 0; old < there; old++) {
        bool replaced = strcmp(environ[old], "PATH=") == 0;
        for (size_t i = 0; i < more && !replaced; i++)
            replaced = strncmp(environ[old], variables[i], strcspn(variables[i], "=") + 1) == 0;
        if (!replaced && is_kept(environ[old]))
            made[used++] = environ[old];
    }
    return made;
}

/* ---- starting ---- */

/* What a program is started with. An `input` of -1 means nothing to read. */
struct start {
    const struct wgctl_process *process;
    int input, output, errors;
    bool own_session;
    int signals;    /* readable when one arrives */
    bool signalled; /* one had arrived before */
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
    /* A program that stays would keep a file system from being unmounted. */
    if (rc == 0)
        rc = posix_spawn_file_actions_addchdir_np(actions, "/");
    return rc;
}

/* The child takes the umask over. */
static int spawn_with_umask(pid_t *ret, const char *path, const struct start *start,
                            const posix_spawn_file_actions_t *actions,
                            const posix_spawnattr_t *attributes)
{
    const struct wgctl_process *process = start->process;
    WGCTL_FREE char **environment = make_environment(process->variables);
    if (!environment)
        return ENOMEM;
    mode_t before = umask(process->is_public ? 022 : 077);
    int rc = posix_spawn(ret, path, actions, attributes, (char *const *)process->argv, environment);
    umask(before);
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
            rc = spawn_with_umask(ret, path, start, &actions, &attributes);
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
    if (start->process->cleans_up && !start->signalled && await_end(ended, -1, TO_CLEAN_UP_MS))
        return;
    kill(-child, SIGTERM);
    if (!await_end(ended, -1, TO_END_MS))
        kill(-child, SIGKILL);
}

static int wait_for(pid_t child, const struct start *start, struct wgctl_error *err)
{
    const char *name = start->process->argv[0];
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
        return wgctl_fail_errno(err, "cannot start %s", start->process->argv[0]);
    int rc = wait_for(child, start, err);
    if (rc < 0 && kept >= 0)
        add_last_line(kept, err);
    return rc;
}

static int run(struct start *start, int kept, struct wgctl_error *err)
{
    char path[PATH_MAX];
    const char *program = start->process->argv[0];
    bool is_found = program[0] == '/'
                        ? snprintf(path, sizeof path, "%s", program) < (int)sizeof path
                        : wgctl_process_find(program, path, sizeof path);
    if (!is_found)
        return wgctl_fail(err, WGCTL_NOT_FOUND, "the program '%s' is not installed", program);

    /* If our caller ignores SIGCHLD, the kernel does not tell how a child ended. */
    const struct sigaction heed = {.sa_handler = SIG_DFL};
    struct sigaction before;
    sigaction(SIGCHLD, &heed, &before);
    int rc = run_path(path, start, kept, err);
    sigaction(SIGCHLD, &before, NULL);
    return rc;
}

int wgctl_process_run_as(const struct wgctl_process *process, enum wgctl_output output,
                         struct wgctl_error *err)
{
    /* A memfd, not a pipe: a service that stays would hold a pipe open forever. */
    WGCTL_FD kept = -1;
    if (output == WGCTL_OUTPUT_KEPT)
        kept = memfd_create("wgctl-output", MFD_CLOEXEC);
    int shown = kept >= 0 ? kept : STDERR_FILENO;
    struct start start = {
        .process = process,
        .input = -1,
        .output = shown,
        .errors = shown,
        .own_session = output == WGCTL_OUTPUT_KEPT,
    };
    return run(&start, kept, err);
}

int wgctl_process_run(const char *const argv[], enum wgctl_output output, struct wgctl_error *err)
{
    return wgctl_process_run_as(&(struct wgctl_process){.argv = argv}, output, err);
}

static int rewind_to_start(int fd)
{
    return lseek(fd, 0, SEEK_SET) < 0 ? -1 : 0;
}

int wgctl_process_filter_as(const struct wgctl_process *process, struct wgctl_slice input,
                            struct wgctl_text *ret_output, struct wgctl_error *err)
{
    const char *program = process->argv[0];
    enum { USUAL = 4096 };
    /* Memfds again: with pipes, the two processes could wait for each other. */
    WGCTL_FD in = memfd_create("wgctl-input", MFD_CLOEXEC);
    WGCTL_FD out = memfd_create("wgctl-output", MFD_CLOEXEC);
    WGCTL_FD errors = memfd_create("wgctl-errors", MFD_CLOEXEC);
    if (in < 0 || out < 0 || errors < 0 || wgctl_write_all(in, input) < 0 ||
        rewind_to_start(in) < 0)
        return wgctl_fail_errno(err, "cannot prepare the input of %s", program);
    struct start start = {.process = process, .input = in, .output = out, .errors = errors};
    int rc = run(&start, errors, err);
    if (rc == WGCTL_OK && ret_output &&
        (rewind_to_start(out) < 0 || wgctl_read_all(out, USUAL, SIZE_MAX, ret_output) < 0))
        return wgctl_fail_errno(err, "cannot read the output of %s", program);
    return rc < 0 || !ret_output ? rc : wgctl_text_check(ret_output, err);
}

int wgctl_process_filter(const char *const argv[], struct wgctl_slice input,
                         struct wgctl_text *ret_output, struct wgctl_error *err)
{
    return wgctl_process_filter_as(&(struct wgctl_process){.argv = argv}, input, ret_output, err);
}
