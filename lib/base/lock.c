#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum {
    DEFAULT_SECONDS = 60,
    PAUSE_MS = 20, /* between two tries */
    SHOWN = 60,    /* characters of a command line */
    HOLDER_SIZE = 128,
};

static struct wgctl_patience patience = {.seconds = DEFAULT_SECONDS};

void wgctl_lock_set_patience(struct wgctl_patience wanted)
{
    patience = wanted;
}

/* Reads a line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 812 fd:01:131 0 EOF". A line about
 * a process that waits has "->" in the second column, and does not match. */
static pid_t pid_of_line(const char *line, const struct stat *file)
{
    unsigned major_number, minor_number;
    unsigned long long inode;
    int pid;
    if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_number, &minor_number,
               &inode) != 4)
        return 0;
    bool same = inode == file->st_ino && major_number == major(file->st_dev) &&
                minor_number == minor(file->st_dev);
    return same ? pid : 0;
}

/* 0 if it cannot be found out: it runs in another PID namespace, or the file system has one
 * device number for stat(2) and another one for locks. */
static pid_t find_holder(int fd)
{
    struct stat file;
    WGCTL_TEXT locks = {0};
    if (fstat(fd, &file) < 0 || !wgctl_file_content("/proc/locks", &locks))
        return 0;
    struct wgctl_slice rest = wgctl_text_slice_of(&locks), line;
    while (wgctl_slice_split(&rest, '\n', &line)) {
        char text[128];
        wgctl_slice_string(line, text, sizeof text);
        pid_t pid = pid_of_line(text, &file);
        if (pid > 0)
            return pid;
    }
    return 0;
}

/* The process's command line, with its program's name only: "wgctl -C /tmp add-peer phone". */
static void describe_holder(pid_t pid, char holder[HOLDER_SIZE])
{
    char path[64];
    WGCTL_TEXT words = {0};
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    if (pid == 0 || !wgctl_file_content(path, &words) || words.size == 0) {
        snprintf(holder, HOLDER_SIZE, pid == 0 ? "another process" : "process %d", (int)pid);
        return;
    }
    const char *slash = strrchr(words.data, '/'); /* the first word ends with a NUL */
    size_t start = slash ? (size_t)(slash + 1 - words.data) : 0;
    for (size_t i = 0; i + 1 < words.size; i++)
        if (words.data[i] == '\0')
            words.data[i] = ' ';
    const char *command = words.data + start;
    snprintf(holder, HOLDER_SIZE, "'%.*s%s' (pid %d)", SHOWN, command,
             strlen(command) > SHOWN ? "..." : "", (int)pid);
}

/* 0 for the first process, and if it cannot be found out. */
static pid_t parent_of(pid_t pid)
{
    char path[64];
    WGCTL_TEXT status = {0};
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (!wgctl_file_content(path, &status))
        return 0;
    const char *end_of_name = strrchr(status.data, ')'); /* the name may hold anything */
    int parent;
    return end_of_name && sscanf(end_of_name, ") %*c %d", &parent) == 1 ? parent : 0;
}

static bool is_ancestor(pid_t pid)
{
    pid_t ancestor = getppid();
    while (ancestor > 1 && ancestor != pid)
        ancestor = parent_of(ancestor);
    return ancestor > 1 && ancestor == pid;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Returns 0 once it is locked, 1 if somebody else holds it, and -1 on an error. */
static int try_lock(int fd)
{
    int rc;
    do
        rc = flock(fd, LOCK_EX | LOCK_NB);
    while (rc < 0 && errno == EINTR);
    return rc < 0 && errno == EWOULDBLOCK ? 1 : rc;
}

static int fail_called_by_holder(const char *path, const char *holder, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_BUSY, "cannot lock %s: %s holds it, and is waiting for this command",
               path, holder);
    return wgctl_hint(err, "a hook (PreUp, PostUp, PreDown, PostDown) cannot change its own "
                           "tunnel: remove that call from the hook");
}

static int fail_too_long(const char *path, const char *holder, struct wgctl_error *err)
{
    if (patience.seconds == 0)
        wgctl_fail(err, WGCTL_BUSY, "cannot lock %s: %s holds it", path, holder);
    else
        wgctl_fail(err, WGCTL_BUSY, "cannot lock %s: %s still holds it after %u second%s", path,
                   holder, patience.seconds, patience.seconds == 1 ? "" : "s");
    return wgctl_hint(err, "try again once it has finished; nothing was changed");
}

int wgctl_lock_take(int fd, const char *path, struct wgctl_error *err)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    char holder[HOLDER_SIZE];
    int rc = try_lock(fd);
    if (rc <= 0)
        return rc < 0 ? wgctl_fail_errno(err, "cannot lock %s", path) : WGCTL_OK;

    pid_t pid = find_holder(fd);
    describe_holder(pid, holder);
    if (pid > 0 && is_ancestor(pid))
        return fail_called_by_holder(path, holder, err);
    if (patience.seconds > 0 && patience.on_wait)
        patience.on_wait(patience.context, holder);
    int64_t end = now_ms() + (int64_t)patience.seconds * 1000;
    while ((rc = try_lock(fd)) > 0 && now_ms() < end)
        nanosleep(&pause, NULL);
    if (rc < 0)
        return wgctl_fail_errno(err, "cannot lock %s", path);
    if (rc > 0) {
        describe_holder(find_holder(fd), holder); /* it may be another one by now */
        return fail_too_long(path, holder, err);
    }
    return WGCTL_OK;
}

/* ---- the file that is locked ---- */

/* Whether a lock is one that only the caller and root can open, and that is only in this folder.
 * Some file systems set an x bit everywhere. */
static bool is_ours(const struct stat *file)
{
    return S_ISREG(file->st_mode) && file->st_nlink == 1 && (file->st_mode & 0677) == 0600 &&
           (file->st_uid == geteuid() || file->st_uid == 0);
}

/* Whether another user's process holds the lock. If that cannot be found out: no. */
static bool is_held_by_stranger(int fd)
{
    char path[64];
    WGCTL_TEXT status = {0};
    unsigned user;
    snprintf(path, sizeof path, "/proc/%d/status", (int)find_holder(fd));
    if (!wgctl_file_content(path, &status))
        return false;
    const char *line = strstr(status.data, "\nUid:");
    return line && sscanf(line, " Uid: %*u %u", &user) == 1 && user != 0 && user != geteuid();
}

/* Removes a lock that is not ours. Two processes that have seen it must not both do so, because the
 * second one would remove the first one's new lock: they take turns by locking the folder. */
static int remove_strange(const struct wgctl_folder *folder, const char *name,
                          struct wgctl_error *err)
{
    struct stat file;
    int rc = wgctl_lock_take(folder->fd, folder->path, err);
    if (rc < 0)
        return rc;
    if (fstatat(folder->fd, name, &file, AT_SYMLINK_NOFOLLOW) == 0 && !is_ours(&file) &&
        unlinkat(folder->fd, name, S_ISDIR(file.st_mode) ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
        rc = wgctl_fail_errno(err, "cannot replace the lock %s/%s", folder->path, name);
    flock(folder->fd, LOCK_UN);
    return rc;
}

/* Opens the lock and waits for it. It is *ret_is_held only if `name` still is the file that was
 * locked, and that is ours. One that is not may be held by a process that locked it earlier; but
 * another user could hold it forever. */
static int try_file(const struct wgctl_folder *folder, const char *name, const char *path, int *fd,
                    bool *ret_is_held, struct wgctl_error *err)
{
    struct stat opened, named;
    *fd = openat(folder->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    int why = errno;
    if (*fd < 0 &&
        (fstatat(folder->fd, name, &named, AT_SYMLINK_NOFOLLOW) < 0 || is_ours(&named))) {
        errno = why;
        return wgctl_fail_errno(err, "cannot lock %s", path);
    }
    if (*fd < 0)
        return WGCTL_OK;
    if (fstat(*fd, &opened) < 0)
        return wgctl_fail_errno(err, "cannot lock %s", path);
    if (!S_ISREG(opened.st_mode) || (!is_ours(&opened) && is_held_by_stranger(*fd)))
        return WGCTL_OK;
    int rc = wgctl_lock_take(*fd, path, err);
    *ret_is_held = rc == WGCTL_OK && fstatat(folder->fd, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
                   is_ours(&named) && opened.st_dev == named.st_dev &&
                   opened.st_ino == named.st_ino;
    return rc;
}

int wgctl_folder_lock(const struct wgctl_folder *folder, const char *name, int *ret_fd,
                      struct wgctl_error *err)
{
    enum { TRIES = 100 };
    char path[sizeof folder->path + NAME_MAX + 2];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    for (int i = 0; i < TRIES; i++) {
        WGCTL_FD fd = -1;
        bool is_held = false;
        int rc = try_file(folder, name, path, &fd, &is_held, err);
        if (rc == WGCTL_OK && !is_held)
            rc = remove_strange(folder, name, err);
        if (rc < 0)
            return rc;
        if (is_held) {
            *ret_fd = fd;
            fd = -1;
            return WGCTL_OK;
        }
    }
    return wgctl_fail(err, WGCTL_BUSY, "cannot lock %s: it is replaced all the time", path);
}

void wgctl_folder_unlock(int *fd)
{
    if (*fd < 0)
        return;
    /* close(2) can fail, and then this process would wait for its own lock. */
    flock(*fd, LOCK_UN);
    close(*fd);
    *fd = -1;
}
