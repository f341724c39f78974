#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

/* A service or a sudo that keeps PATH short must not hide nft from us. */
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

static int add_streams(posix_spawn_file_actions_t *actions, int output)
{
    int rc = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
    return rc;
}

/* In a session of its own, a program that stays (wireguard-go) outlives the
 * terminal: where sudo gives each command one, that goes with the command. */
static int spawn(const char *path, const char *const argv[], int output, bool own_session,
                 pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc == 0) {
        rc = add_streams(&actions, output);
        if (rc == 0 && own_session)
            rc = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
        if (rc == 0)
            rc = posix_spawn(ret, path, &actions, &attributes, (char *const *)argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int wait_for(pid_t child, const char *name, struct wgctl_error *err)
{
    int status;
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

static void add_last_line(int kept, struct wgctl_error *err)
{
    char text[512];
    off_t size = lseek(kept, 0, SEEK_END);
    off_t from = size > (off_t)sizeof text ? size - (off_t)sizeof text : 0;
    ssize_t got = size > 0 ? pread(kept, text, sizeof text, from) : 0;
    if (got <= 0)
        return;
    struct wgctl_slice last = wgctl_slice_trim((struct wgctl_slice){text, (size_t)got});
    const char *newline = memrchr(last.data, '\n', last.size);
    if (newline)
        last.size -= (size_t)(newline + 1 - last.data);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %.*s", (int)last.size,
             newline ? newline + 1 : last.data);
}

int wgctl_process_run(const char *const argv[], enum wgctl_output output, struct wgctl_error *err)
{
    char path[PATH_MAX];
    if (!wgctl_process_find(argv[0], path, sizeof path))
        return wgctl_fail(err, WGCTL_NOT_FOUND, "the program '%s' is not installed", argv[0]);

    /* Memory, not a pipe: a service that stays would hold a pipe open for ever. */
    WGCTL_FD kept = -1;
    if (output == WGCTL_OUTPUT_KEPT)
        kept = memfd_create("wgctl-output", MFD_CLOEXEC);
    pid_t child = -1;
    errno =
        spawn(path, argv, kept >= 0 ? kept : STDERR_FILENO, output == WGCTL_OUTPUT_KEPT, &child);
    if (errno != 0)
        return wgctl_fail_errno(err, "cannot start %s", argv[0]);
    int rc = wait_for(child, argv[0], err);
    if (rc < 0 && kept >= 0)
        add_last_line(kept, err);
    return rc;
}
