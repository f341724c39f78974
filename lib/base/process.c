#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int spawn(const char *path, const char *const argv[], pid_t *ret)
{
    posix_spawn_file_actions_t actions;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return rc;
    rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    if (rc == 0)
        rc = posix_spawn(ret, path, &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

int wgctl_process_run(const char *const argv[], struct wgctl_error *err)
{
    char path[PATH_MAX];
    if (!wgctl_process_find(argv[0], path, sizeof path))
        return wgctl_fail(err, WGCTL_NOT_FOUND, "the program '%s' is not installed", argv[0]);

    pid_t child;
    errno = spawn(path, argv, &child);
    if (errno != 0)
        return wgctl_fail_errno(err, "cannot start %s", argv[0]);
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return wgctl_fail_errno(err, "cannot wait for %s", argv[0]);
    if (WIFSIGNALED(status))
        return wgctl_fail(err, WGCTL_SYSTEM, "%s was ended by signal %d", argv[0],
                          WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return wgctl_fail(err, WGCTL_SYSTEM, "%s failed with exit status %d", argv[0],
                          WEXITSTATUS(status));
    return WGCTL_OK;
}
