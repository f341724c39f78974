#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

int wgctl_owner_check(const struct stat *status, const char *path, struct wgctl_error *err)
{
    if (status->st_uid == geteuid() || status->st_uid == 0)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_DENIED, "%s belongs to another user (uid %u)", path,
               (unsigned)status->st_uid);
    return wgctl_hint(err, "if it is yours to manage: sudo chown root %s", path);
}

static int check_folder(struct wgctl_folder *folder, struct wgctl_error *err)
{
    struct stat status;
    if (fstat(folder->fd, &status) < 0)
        return wgctl_fail_errno(err, "cannot look at %s", folder->path);
    int rc = wgctl_owner_check(&status, folder->path, err);
    if (rc < 0)
        return rc;
    if (status.st_mode & (S_IWGRP | S_IWOTH)) {
        wgctl_fail(err, WGCTL_DENIED, "%s can be written to by other users", folder->path);
        return wgctl_hint(err, "sudo chmod go-w %s", folder->path);
    }
    return WGCTL_OK;
}

static int checked_folder(int fd, struct wgctl_folder *folder, struct wgctl_error *err)
{
    folder->fd = fd;
    int rc = check_folder(folder, err);
    if (rc < 0)
        wgctl_folder_close(folder);
    return rc;
}

int wgctl_folder_open(const char *path, struct wgctl_folder *ret, struct wgctl_error *err)
{
    struct wgctl_folder folder = WGCTL_FOLDER_CLOSED;
    if ((size_t)snprintf(folder.path, sizeof folder.path, "%s", path) >= sizeof folder.path) {
        errno = ENAMETOOLONG;
        return wgctl_fail_errno(err, "cannot open the folder %.100s…", path);
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return wgctl_fail_errno(err, "cannot open the folder %s", path);
    int rc = checked_folder(fd, &folder, err);
    if (rc == WGCTL_OK)
        *ret = folder;
    return rc;
}

/* The entry in the parent folder has to be durable as well. */
static int sync_above(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    WGCTL_FD fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : wgctl_fsync(fd);
}

int wgctl_folder_make(const char *path, mode_t mode, bool *ret_made, struct wgctl_error *err)
{
    bool made = mkdir(path, mode) == 0;
    if (!made && errno != EEXIST)
        return wgctl_fail_errno(err, "cannot create the folder %s", path);
    if (ret_made)
        *ret_made = made;
    if (made && sync_above(path) < 0)
        return wgctl_fail_errno(err, "cannot create the folder %s", path);
    return WGCTL_OK;
}

int wgctl_folder_open_in(const struct wgctl_folder *parent, const char *name, bool create,
                         struct wgctl_folder *ret, struct wgctl_error *err)
{
    struct wgctl_folder folder = WGCTL_FOLDER_CLOSED;
    if ((size_t)snprintf(folder.path, sizeof folder.path, "%s/%s", parent->path, name) >=
        sizeof folder.path) {
        errno = ENAMETOOLONG;
        return wgctl_fail_errno(err, "cannot open the folder %s", name);
    }
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent->fd, name, flags);
    if (fd < 0 && errno == ENOENT && create) {
        if (mkdirat(parent->fd, name, 0700) < 0 && errno != EEXIST)
            return wgctl_fail_errno(err, "cannot create the folder %s", folder.path);
        fd = openat(parent->fd, name, flags);
    }
    if (fd < 0)
        return wgctl_fail_errno(err, "cannot open the folder %s", folder.path);
    int rc = checked_folder(fd, &folder, err);
    if (rc == WGCTL_OK)
        *ret = folder;
    return rc;
}

void wgctl_folder_close(struct wgctl_folder *folder)
{
    if (folder->fd >= 0)
        close(folder->fd);
    folder->fd = -1;
}
