#include "adopt/third_party.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static int open_at(int folder, const char *name, struct stat *ret_status)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, ret_status) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Whether nobody but root and the caller can enter a folder on the path. wg-easy leaves its file
 * writable for the group, in root's home. */
static bool is_in_private_folder(const char *path)
{
    struct wgctl_error ignored;
    char folder[PATH_MAX];
    if ((size_t)snprintf(folder, sizeof folder, "%s", path) >= sizeof folder)
        return false;
    for (char *slash; (slash = strrchr(folder, '/')) && slash > folder;) {
        struct stat status;
        *slash = '\0';
        if (stat(folder, &status) == 0 && wgctl_folder_is_private(&status) &&
            wgctl_owner_check(&status, folder, &ignored) == WGCTL_OK)
            return true;
    }
    return false;
}

int wgctl_third_party_open(const char *path, size_t most, int *ret_fd, size_t *ret_size,
                           struct wgctl_error *err)
{
    struct stat status;
    WGCTL_FD fd = open_at(AT_FDCWD, path, &status);
    if (fd < 0 && errno == ELOOP) {
        wgctl_fail(err, WGCTL_DENIED, "%s is a symbolic link", path);
        return wgctl_hint(err, "'ls -l %s' shows where to; name the file itself", path);
    }
    if (fd < 0)
        return wgctl_fail_errno(err, "cannot read %s", path);
    int rc = wgctl_file_check(&status, is_in_private_folder(path), WGCTL_PUBLIC, path, err);
    if (rc < 0)
        return rc;
    if ((uint64_t)status.st_size > most) {
        wgctl_fail(err, WGCTL_DENIED, "%s is larger than %zu KiB", path, most / 1024);
        return wgctl_hint(err, "no program writes such a large one: check what is in it");
    }
    *ret_size = (size_t)status.st_size;
    *ret_fd = fd;
    fd = -1;
    return WGCTL_OK;
}

int wgctl_third_party_read(const char *path, size_t most, struct wgctl_text *ret,
                           struct wgctl_error *err)
{
    WGCTL_FD fd = -1;
    size_t size = 0;
    int rc = wgctl_third_party_open(path, most, &fd, &size, err);
    if (rc < 0)
        return rc;
    /* It may grow while it is read. */
    if (wgctl_read_all(fd, size, most, ret) < 0)
        return wgctl_fail_errno(err, "cannot read %s", path);
    return wgctl_text_check(ret, err);
}

/* Skips what cannot be read, such as a home on a server that is down, but not if the disk or memory
 * fails. */
static int skip_or_fail(const char *path, struct wgctl_error *err)
{
    if (errno == EIO || errno == ENOMEM || errno == EMFILE || errno == ENFILE)
        return wgctl_fail_errno(err, "cannot read %s", path);
    return WGCTL_OK;
}

/* The names in a folder, sorted. */
static int list(const char *path, int *ret_fd, struct dirent ***ret_names, int *ret_count,
                struct wgctl_error *err)
{
    *ret_count = 0;
    *ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
    if (*ret_fd < 0)
        return skip_or_fail(path, err);
    int count = scandirat(*ret_fd, ".", ret_names, NULL, alphasort);
    if (count < 0)
        return skip_or_fail(path, err);
    *ret_count = count;
    return WGCTL_OK;
}

static void free_list(struct dirent **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static bool ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), end = strlen(ending);
    return size > end && strcmp(name + size - end, ending) == 0;
}

static bool join(char path[PATH_MAX], const char *folder, const char *name)
{
    int size = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return size > 0 && size < PATH_MAX;
}

static enum wgctl_writers writers_of(const struct stat *status)
{
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return WGCTL_WRITERS_OTHERS;
    return status->st_uid == 0 || status->st_uid == geteuid() ? WGCTL_WRITERS_ROOT
                                                              : WGCTL_WRITERS_OWNER;
}

static int take_file(int folder, const char *name, const char *path, size_t most,
                     wgctl_third_party_file *take, void *user, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    struct stat status;
    WGCTL_FD fd = open_at(folder, name, &status);
    if (fd < 0)
        return skip_or_fail(path, err);
    /* Makes room for all of it at once, but not for a huge file. */
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > most)
        return WGCTL_OK;
    if (wgctl_read_all(fd, (size_t)status.st_size, most, &text) < 0)
        return skip_or_fail(path, err);
    int rc = wgctl_text_check(&text, err);
    return rc < 0 ? rc : take(user, path, writers_of(&status), &text, err);
}

int wgctl_third_party_files(const char *folder, const char *ending, size_t most,
                            wgctl_third_party_file *take, void *user, struct wgctl_error *err)
{
    struct dirent **names = NULL;
    WGCTL_FD fd = -1;
    int count, rc = list(folder, &fd, &names, &count, err);
    for (int i = 0; i < count && rc == WGCTL_OK; i++) {
        char path[PATH_MAX];
        if (ends_in(names[i]->d_name, ending) && join(path, folder, names[i]->d_name))
            rc = take_file(fd, names[i]->d_name, path, most, take, user, err);
    }
    free_list(names, count);
    return rc;
}

int wgctl_third_party_folders(const char *folder, wgctl_third_party_folder *take, void *user,
                              struct wgctl_error *err)
{
    struct dirent **names = NULL;
    WGCTL_FD fd = -1;
    int count, rc = list(folder, &fd, &names, &count, err);
    for (int i = 0; i < count && rc == WGCTL_OK; i++) {
        struct stat status;
        char path[PATH_MAX];
        if (names[i]->d_name[0] == '.' || !join(path, folder, names[i]->d_name))
            continue;
        if (fstatat(fd, names[i]->d_name, &status, 0) < 0)
            rc = skip_or_fail(path, err);
        else if (S_ISDIR(status.st_mode))
            rc = take(user, path, err);
    }
    free_list(names, count);
    return rc;
}
