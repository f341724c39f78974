#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int wgctl_file_check(const struct stat *status, bool in_private_folder,
                     enum wgctl_exposure exposure, const char *path, struct wgctl_error *err)
{
    if (!S_ISREG(status->st_mode)) {
        wgctl_fail(err, WGCTL_DENIED, "%s is not a regular file", path);
        return wgctl_hint(err, "'ls -ld %s' shows what it is; put a file in its place", path);
    }
    int rc = wgctl_owner_check(status, path, err);
    if (rc < 0 || (in_private_folder && status->st_nlink <= 1))
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

/* What was applied to an interface can hold its file twice, and more. */
enum { LARGEST_MIB = 256 };
static const size_t largest = (size_t)LARGEST_MIB << 20;

static int fail_too_large(const char *path, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_INVALID, "%s is larger than %d MiB", path, LARGEST_MIB);
    return wgctl_hint(err, "'ls -l %s' shows its size; restore it from a backup", path);
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
    int rc = wgctl_file_check(&status, folder->is_private, exposure, path, err);
    if (rc < 0)
        return rc;
    if (status.st_size > (off_t)largest)
        return fail_too_large(path, err);
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
    if (wgctl_read_all(fd, size, largest, ret) < 0)
        return wgctl_fail_errno(err, "cannot read %s/%s", folder->path, name);
    return wgctl_text_check(ret, err);
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
