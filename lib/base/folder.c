#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/descriptor.h"

int wgctl_owner_check(const struct stat *status, const char *path, struct wgctl_error *err)
{
    if (status->st_uid == 0 || status->st_uid == geteuid())
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_DENIED, "%s belongs to another user (uid %u)", path,
               (unsigned)status->st_uid);
    return wgctl_hint(err, "if it is yours to manage: sudo chown root %s", path);
}

bool wgctl_folder_is_private(const struct stat *status)
{
    return !(status->st_mode & (S_IXGRP | S_IXOTH));
}

static int check_folder(struct wgctl_folder *folder, struct stat *ret_status,
                        struct wgctl_error *err)
{
    if (fstat(folder->fd, ret_status) < 0)
        return wgctl_fail_errno(err, "cannot look at %s", folder->path);
    int rc = wgctl_owner_check(ret_status, folder->path, err);
    if (rc < 0)
        return rc;
    if (ret_status->st_mode & (S_IWGRP | S_IWOTH)) {
        wgctl_fail(err, WGCTL_DENIED, "%s can be written to by other users", folder->path);
        return wgctl_hint(err, "sudo chmod go-w %s", folder->path);
    }
    folder->is_private |= wgctl_folder_is_private(ret_status);
    return WGCTL_OK;
}

/* ---- the folders above ---- */

/* In a user namespace, all users without a number in it share this one. `/` belongs to one of
 * them if an ordinary user made the namespace. */
static bool is_outsider(uid_t user)
{
    enum { OVERFLOW = 65534 }; /* /proc/sys/kernel/overflowuid */
    WGCTL_TEXT map = {0};
    if (user != OVERFLOW || !wgctl_file_content("/proc/self/uid_map", &map))
        return false;
    struct wgctl_slice rest = wgctl_text_slice_of(&map), line;
    while (wgctl_slice_split(&rest, '\n', &line)) {
        char text[64];
        unsigned first, count;
        wgctl_slice_string(line, text, sizeof text);
        if (sscanf(text, "%u %*u %u", &first, &count) == 2 && user >= first && user - first < count)
            return false;
    }
    return true;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The real path of the folder `levels` above. */
static void name_above(const struct wgctl_folder *folder, unsigned levels, char ret[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder->fd);
    ssize_t size = readlink(link, ret, PATH_MAX - 1);
    if (size < 0)
        size = snprintf(ret, PATH_MAX, "%s", folder->path);
    ret[size] = '\0';
    for (char *slash; levels > 0 && (slash = strrchr(ret, '/')); levels--)
        slash[slash == ret ? 1 : 0] = '\0';
}

static int check_above(const struct wgctl_folder *folder, const struct stat *status,
                       unsigned levels, struct wgctl_error *err)
{
    char above[PATH_MAX];
    bool is_theirs = status->st_uid != 0 && status->st_uid != geteuid();
    /* Where only the owner of an entry can rename it, nobody can replace one of ours. */
    bool is_open = status->st_mode & (S_IWGRP | S_IWOTH) && !(status->st_mode & S_ISVTX);
    if (!is_open && (!is_theirs || is_outsider(status->st_uid)))
        return WGCTL_OK;
    name_above(folder, levels, above);
    if (is_theirs && !is_outsider(status->st_uid)) {
        wgctl_fail(err, WGCTL_DENIED,
                   "%s is in %s, which belongs to another user (uid %u), who could replace it",
                   folder->path, above, (unsigned)status->st_uid);
        return wgctl_hint(err, "move it to a folder of root's: sudo mv %s /etc/", folder->path);
    }
    wgctl_fail(err, WGCTL_DENIED,
               "%s is in %s, which other users can write to, so that they could replace it",
               folder->path, above);
    return wgctl_hint(err, "sudo chmod go-w %s", above);
}

/* Checks every folder that the open one really is in, up to the root: a user who can write to one
 * of them can put another folder in its place. No symbolic link leads past this, and nothing can
 * be swapped before it is checked. OpenSSH does the same for authorized_keys. */
static int check_all_above(struct wgctl_folder *folder, struct stat *below, struct wgctl_error *err)
{
    struct stat root, above;
    char up[PATH_MAX] = "..";
    size_t size = 2;
    if (stat("/", &root) < 0)
        return wgctl_fail_errno(err, "cannot look at /");
    for (unsigned levels = 1;; levels++, *below = above) {
        if (fstatat(folder->fd, up, &above, 0) < 0)
            return wgctl_fail_errno(err, "cannot look at the folder that %s is in", folder->path);
        if (is_same(below, &above) && is_same(&above, &root))
            return WGCTL_OK;
        int rc = check_above(folder, &above, levels, err);
        if (rc < 0)
            return rc;
        folder->is_private |= wgctl_folder_is_private(&above);
        size += (size_t)snprintf(up + size, sizeof up - size, "/..");
        if (size >= sizeof up) {
            errno = ENAMETOOLONG;
            return wgctl_fail_errno(err, "cannot open the folder %.100s", folder->path);
        }
    }
}

int wgctl_folder_open(const char *path, struct wgctl_folder *ret, struct wgctl_error *err)
{
    struct wgctl_folder folder = WGCTL_FOLDER_CLOSED;
    if ((size_t)snprintf(folder.path, sizeof folder.path, "%s", path) >= sizeof folder.path) {
        errno = ENAMETOOLONG;
        return wgctl_fail_errno(err, "cannot open the folder %.100s…", path);
    }
    struct stat status;
    folder.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder.fd < 0)
        return wgctl_fail_errno(err, "cannot open the folder %s", path);
    int rc = check_folder(&folder, &status, err);
    if (rc == WGCTL_OK)
        rc = check_all_above(&folder, &status, err);
    if (rc == WGCTL_OK)
        *ret = folder;
    else
        wgctl_folder_close(&folder);
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
    struct wgctl_folder folder = {.fd = -1, .is_private = parent->is_private};
    if ((size_t)snprintf(folder.path, sizeof folder.path, "%s/%s", parent->path, name) >=
        sizeof folder.path) {
        errno = ENAMETOOLONG;
        return wgctl_fail_errno(err, "cannot open the folder %s", name);
    }
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct stat status;
    folder.fd = openat(parent->fd, name, flags);
    if (folder.fd < 0 && errno == ENOENT && create) {
        if (mkdirat(parent->fd, name, 0700) < 0 && errno != EEXIST)
            return wgctl_fail_errno(err, "cannot create the folder %s", folder.path);
        folder.fd = openat(parent->fd, name, flags);
    }
    if (folder.fd < 0)
        return wgctl_fail_errno(err, "cannot open the folder %s", folder.path);
    int rc = check_folder(&folder, &status, err);
    if (rc == WGCTL_OK)
        *ret = folder;
    else
        wgctl_folder_close(&folder);
    return rc;
}

int wgctl_folder_check_hooks(const struct wgctl_folder *folder, struct wgctl_error *err)
{
    struct statvfs system;
    if (fstatvfs(folder->fd, &system) < 0)
        return wgctl_fail_errno(err, "cannot look at the file system of %s", folder->path);
    if (!(system.f_flag & ST_NOSUID))
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_DENIED,
               "%s is on a file system that is mounted nosuid, from which no hooks are run",
               folder->path);
    return wgctl_hint(err,
                      "if the hooks in it are yours, move it to where the system is: "
                      "sudo mv %s /etc/",
                      folder->path);
}

void wgctl_folder_close(struct wgctl_folder *folder)
{
    if (folder->fd >= 0)
        close(folder->fd);
    folder->fd = -1;
}
