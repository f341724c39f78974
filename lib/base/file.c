#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8 && sizeof(time_t) == 8,
               "see _FILE_OFFSET_BITS in CMakeLists.txt");

void wgctl_close_pointer(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

int wgctl_fsync(int fd)
{
    int rc;
    do
        rc = fsync(fd);
    while (rc < 0 && errno == EINTR);
    return rc;
}

static int check_file(const struct stat *status, enum wgctl_exposure exposure, const char *path,
                      struct wgctl_error *err)
{
    if (!S_ISREG(status->st_mode)) {
        wgctl_fail(err, WGCTL_DENIED, "%s is not a regular file", path);
        return wgctl_hint(err, "'ls -ld %s' shows what it is; put a file in its place", path);
    }
    int rc = wgctl_owner_check(status, path, err);
    if (rc < 0)
        return rc;
    if (exposure == WGCTL_SECRET && status->st_mode & (S_IRWXG | S_IRWXO)) {
        wgctl_fail(err, WGCTL_DENIED, "%s holds keys, and other users can read it", path);
        return wgctl_hint(err, "sudo chmod 600 %s", path);
    }
    if (status->st_mode & (S_IWGRP | S_IWOTH)) {
        wgctl_fail(err, WGCTL_DENIED, "%s can be written to by other users", path);
        return wgctl_hint(err, "sudo chmod go-w %s", path);
    }
    return WGCTL_OK;
}

int wgctl_read_all(int fd, size_t expected, size_t most, struct wgctl_text *ret)
{
    const size_t start = ret->size;
    /* One byte more than expected finds the end of the file without growing the buffer. */
    size_t want = expected + 1;
    for (;;) {
        char *room = wgctl_text_room(ret, want);
        if (!room)
            return 0;
        ssize_t got = read(fd, room, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        ret->size += (size_t)got;
        ret->data[ret->size] = '\0';
        if (got == 0)
            return 0;
        if (ret->size - start > most) {
            errno = EFBIG;
            return -1;
        }
        want = want > (size_t)got ? want - (size_t)got : 4096;
    }
}

/* The caller closes *ret_fd. */
static int open_file(const struct wgctl_folder *folder, const char *name,
                     enum wgctl_exposure exposure, int *ret_fd, size_t *ret_size,
                     struct wgctl_error *err)
{
    char path[PATH_MAX + NAME_MAX + 2];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);

    /* O_NONBLOCK: opening a FIFO would wait for a writer. */
    WGCTL_FD fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ELOOP) {
        wgctl_fail(err, WGCTL_DENIED, "%s is a symbolic link, which wgctl does not follow", path);
        return wgctl_hint(err,
                          "put the file itself there: sudo cp --remove-destination "
                          "\"$(readlink -f %s)\" %s",
                          path, path);
    }
    if (fd < 0)
        return wgctl_fail_errno(err, "cannot open %s", path);

    struct stat status;
    if (fstat(fd, &status) < 0)
        return wgctl_fail_errno(err, "cannot look at %s", path);
    int rc = check_file(&status, exposure, path, err);
    if (rc < 0)
        return rc;
    *ret_size = (size_t)status.st_size;
    *ret_fd = fd;
    fd = -1;
    return WGCTL_OK;
}

int wgctl_file_read(const struct wgctl_folder *folder, const char *name,
                    enum wgctl_exposure exposure, struct wgctl_text *ret, struct wgctl_error *err)
{
    WGCTL_FD fd = -1;
    size_t size = 0;
    int rc = open_file(folder, name, exposure, &fd, &size, err);
    if (rc < 0)
        return rc;
    if (wgctl_read_all(fd, size, SIZE_MAX, ret) < 0)
        return wgctl_fail_errno(err, "cannot read %s/%s", folder->path, name);
    return wgctl_text_check(ret, err);
}

int wgctl_write_all(int fd, struct wgctl_slice content)
{
    while (content.size > 0) {
        ssize_t put = write(fd, content.data, content.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        content.data += put;
        content.size -= (size_t)put;
    }
    return 0;
}

static int write_new(const struct wgctl_folder *folder, struct wgctl_slice content, mode_t mode)
{
    WGCTL_FD fd = openat(folder->fd, WGCTL_FILE_NEW,
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (mode != 0600 && fchmod(fd, mode) < 0)
        return -1;
    if (wgctl_write_all(fd, content) < 0 || wgctl_fsync(fd) < 0)
        return -1;
    int closing = fd;
    fd = -1;
    /* Some filesystems (NFS, quotas) only now report a full disk. After EINTR the descriptor is
     * closed all the same (close(2)), and fsync has succeeded. */
    return close(closing) < 0 && errno != EINTR ? -1 : 0;
}

int wgctl_file_write(const struct wgctl_folder *folder, const char *name,
                     struct wgctl_slice content, mode_t mode, struct wgctl_error *err)
{
    /* A killed process may have left it. */
    int rc = wgctl_file_remove(folder, WGCTL_FILE_NEW, err);
    if (rc < 0)
        return rc;
    if (write_new(folder, content, mode) < 0 ||
        renameat(folder->fd, WGCTL_FILE_NEW, folder->fd, name) < 0) {
        wgctl_fail_errno(err, "cannot write %s/%s", folder->path, name);
        if (unlinkat(folder->fd, WGCTL_FILE_NEW, 0) < 0 && errno != ENOENT)
            wgctl_hint(err,
                       "%s/" WGCTL_FILE_NEW " could not be removed: the next change removes it",
                       folder->path);
        return err->status;
    }
    if (wgctl_fsync(folder->fd) < 0)
        return wgctl_fail_errno(err, "cannot write %s/%s to the disk", folder->path, name);
    return WGCTL_OK;
}

int wgctl_file_remove(const struct wgctl_folder *folder, const char *name, struct wgctl_error *err)
{
    if (unlinkat(folder->fd, name, 0) < 0 && errno != ENOENT)
        return wgctl_fail_errno(err, "cannot remove %s/%s", folder->path, name);
    return WGCTL_OK;
}

int wgctl_file_set(const char *path, const char *content, struct wgctl_error *err)
{
    WGCTL_FD fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || wgctl_write_all(fd, wgctl_slice_of(content)) < 0)
        return wgctl_fail_errno(err, "cannot write %s", path);
    return WGCTL_OK;
}

bool wgctl_file_first_line(const char *path, char *line, size_t size)
{
    WGCTL_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;
    do
        got = fd < 0 ? -1 : read(fd, line, size - 1);
    while (fd >= 0 && got < 0 && errno == EINTR);
    if (got < 0)
        return false;
    line[got] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return true;
}

bool wgctl_file_content(const char *path, struct wgctl_text *ret)
{
    enum { USUAL = 4096 };
    WGCTL_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && wgctl_read_all(fd, USUAL, SIZE_MAX, ret) == 0;
}
