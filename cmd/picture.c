#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "terminal.h"

enum { STAGED_SIZE = NAME_MAX + 16 };
#define OWN_FILE "picture"

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The name of the folder of our own. */
static char *staged_name(const struct picture_file *file, char ret[STAGED_SIZE])
{
    snprintf(ret, STAGED_SIZE, "%s.wgctl-new", name_of(file->path));
    return ret;
}

static int fail_write(const struct picture_file *file, struct wgctl_error *err)
{
    return wgctl_fail_errno(err, "cannot write %s", file->path);
}

static int write_all(int fd, const struct wgctl_text *content)
{
    for (size_t done = 0; done < content->size;) {
        ssize_t put = write(fd, content->data + done, content->size - done);
        if (put < 0 && errno != EINTR)
            return -1;
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* ---- whose file it is ---- */

static bool is_number(const char *text, unsigned *ret)
{
    char *end;
    if (!text || text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *ret = (unsigned)value;
    return errno == 0 && *end == '\0' && value < UINT_MAX;
}

/* It is for the user who called sudo(8), if that user could have made it there. A file of a user's
 * own in a folder of root's could be one that root runs. */
static uid_t owner_in(const struct stat *folder, gid_t *ret_group)
{
    unsigned user, group;
    *ret_group = (gid_t)-1;
    if (geteuid() != 0 || !is_number(getenv("SUDO_UID"), &user) ||
        (folder->st_uid != user && !(folder->st_mode & S_IWOTH)))
        return geteuid();
    if (is_number(getenv("SUDO_GID"), &group))
        *ret_group = group;
    return user;
}

static int give(const struct picture_file *file, struct wgctl_error *err)
{
    struct stat folder, status;
    gid_t group;
    if (fstat(file->folder, &folder) < 0)
        return fail_write(file, err);
    uid_t user = owner_in(&folder, &group);
    if (user == geteuid() || fchown(file->fd, user, group) == 0)
        return WGCTL_OK;
    /* Some file systems know one owner only. */
    int why = errno;
    if (fstat(file->fd, &status) == 0 && status.st_uid == user)
        return WGCTL_OK;
    errno = why;
    return wgctl_fail_errno(err, "cannot give %s to the user %u", file->path, (unsigned)user);
}

/* ---- what it may replace ---- */

static bool is_picture(int fd)
{
    char start[WGCTL_QR_START_SIZE];
    ssize_t got = pread(fd, start, sizeof start, 0);
    return got == 0 || (got > 0 && wgctl_qr_is_picture((struct wgctl_slice){start, (size_t)got}));
}

/* Returns why not; NULL if it may. */
static const char *why_it_stays(const struct picture_file *file, int old)
{
    struct stat folder, status;
    gid_t ignored;
    if (fstat(old, &status) < 0 || fstat(file->folder, &folder) < 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "it exists and is not a regular file";
    if (status.st_uid != owner_in(&folder, &ignored))
        return "it exists and belongs to another user";
    if (status.st_nlink != 1)
        return "it exists and is a hard link to another file";
    return is_picture(old) ? NULL : "it exists and is not a picture of a QR code";
}

static int check_old(const struct picture_file *file, struct wgctl_error *err)
{
    int old =
        openat(file->folder, name_of(file->path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (old < 0 && errno == ENOENT)
        return WGCTL_OK;
    if (old < 0 && errno != ELOOP)
        return fail_write(file, err);
    const char *why = old < 0 ? "it exists and is a symbolic link" : why_it_stays(file, old);
    if (old >= 0)
        close(old);
    if (!why)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_EXISTS, "cannot write %s: %s", file->path, why);
    return wgctl_hint(err, "name another file, as in --png phone.png");
}

/* ---- where a file without a name is not supported ---- */

/* A file system that knows one owner only gives it to that of the folder. */
static bool is_own(const struct picture_file *file, int own)
{
    struct stat folder, status;
    return fstat(own, &status) == 0 && fstat(file->folder, &folder) == 0 &&
           (status.st_uid == geteuid() || status.st_uid == folder.st_uid) &&
           !(status.st_mode & (S_IWGRP | S_IWOTH)) && flock(own, LOCK_EX | LOCK_NB) == 0;
}

static int open_own(const struct picture_file *file)
{
    char staged[STAGED_SIZE];
    int own = openat(file->folder, staged_name(file, staged),
                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (own >= 0 && is_own(file, own))
        return own;
    if (own >= 0)
        close(own);
    return -1;
}

static void remove_own(const struct picture_file *file, int own)
{
    char staged[STAGED_SIZE];
    unlinkat(own, OWN_FILE, 0);
    unlinkat(file->folder, staged_name(file, staged), AT_REMOVEDIR);
    close(own);
}

/* Removes what a killed command left, also before a file that has no name. */
static void discard_leftover(const struct picture_file *file)
{
    int own = open_own(file);
    if (own >= 0)
        remove_own(file, own);
}

/* Makes a folder that only we can write to, so that nobody can replace the file in it. */
static int create_named(struct picture_file *file, struct wgctl_error *err)
{
    char staged[STAGED_SIZE];
    if (mkdirat(file->folder, staged_name(file, staged), 0700) < 0 && errno != EEXIST)
        return fail_write(file, err);
    file->own = open_own(file);
    if (file->own < 0) {
        wgctl_fail(err, WGCTL_EXISTS, "cannot write %s: %s already exists", file->path, staged);
        return wgctl_hint(err, "it is not one of wgctl's: choose another name, or remove it");
    }
    file->fd =
        openat(file->own, OWN_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return file->fd < 0 ? fail_write(file, err) : WGCTL_OK;
}

/* ---- writing ---- */

static int open_folder(struct picture_file *file, struct wgctl_error *err)
{
    char folder[PATH_MAX];
    size_t size = (size_t)(name_of(file->path) - file->path);
    if (!file->path[size] || size >= sizeof folder) {
        wgctl_fail(err, WGCTL_INVALID,
                   size >= sizeof folder ? "the path is too long: %.100s…"
                   : size                ? "%.100s is not the name of a file"
                                         : "the path is empty",
                   file->path);
        return wgctl_hint(err, "name a file, as in --png phone.png");
    }
    snprintf(folder, sizeof folder, "%.*s", (int)size, file->path);
    file->folder = open(size ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return file->folder < 0 ? fail_write(file, err) : WGCTL_OK;
}

/* It holds the private key: 0600 from the start, and never through a link. */
static int create(struct picture_file *file, struct wgctl_error *err)
{
    int rc = open_folder(file, err);
    /* Found out now, before anything is changed. */
    if (rc == WGCTL_OK)
        rc = check_old(file, err);
    if (rc < 0)
        return rc;
    discard_leftover(file);
    file->fd = openat(file->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (file->fd >= 0)
        return WGCTL_OK;
    return errno == EOPNOTSUPP || errno == EISDIR ? create_named(file, err) : fail_write(file, err);
}

static int stage(const char *path, const struct wgctl_text *content, struct picture_file *ret,
                 struct wgctl_error *err)
{
    int rc = wgctl_text_check(content, err);
    if (rc < 0)
        return rc;
    *ret = (struct picture_file){path, -1, -1, -1};
    rc = create(ret, err);
    if (rc == WGCTL_OK)
        rc = give(ret, err);
    if (rc == WGCTL_OK && (write_all(ret->fd, content) < 0 || fsync(ret->fd) < 0))
        rc = fail_write(ret, err);
    return rc;
}

static void discard(struct picture_file *file)
{
    if (!file->path)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->own >= 0)
        remove_own(file, file->own);
    if (file->folder >= 0)
        close(file->folder);
    file->path = NULL;
}

/* ---- publishing ---- */

static int link_unnamed(const struct picture_file *file)
{
    char unnamed[64];
    snprintf(unnamed, sizeof unnamed, "/proc/self/fd/%d", file->fd);
    return linkat(AT_FDCWD, unnamed, file->folder, name_of(file->path), AT_SYMLINK_FOLLOW);
}

/* linkat(2) replaces nothing, and a name in between could outlive a kill: the old picture goes
 * first. */
static int replace_by_link(const struct picture_file *file)
{
    return unlinkat(file->folder, name_of(file->path), 0) < 0 ? -1 : link_unnamed(file);
}

static int move_named(const struct picture_file *file, unsigned flags)
{
    return renameat2(file->own, OWN_FILE, file->folder, name_of(file->path), flags);
}

static int publish(struct picture_file *file, struct wgctl_error *err)
{
    if (!file->path)
        return WGCTL_OK;
    bool is_named = file->own >= 0;
    int rc = is_named ? move_named(file, RENAME_NOREPLACE) : link_unnamed(file);
    if (rc < 0 && (errno == EEXIST || (is_named && errno == EINVAL))) {
        rc = check_old(file, err);
        if (rc < 0)
            return rc;
        rc = is_named ? move_named(file, 0) : replace_by_link(file);
    }
    if (rc < 0 || fsync(file->folder) < 0)
        return fail_write(file, err);
    discard(file);
    return WGCTL_OK;
}

int pictures_prepare(const struct pictures *wanted, struct wgctl_slice config, struct pictures *ret,
                     struct wgctl_error *err)
{
    WGCTL_TEXT png = {0}, svg = {0};
    if (!wanted->terminal && !wanted->png && !wanted->svg)
        return WGCTL_OK;

    ret->terminal = wanted->terminal;
    int rc = wgctl_qr_encode(config, &ret->qr, err);
    if (rc == WGCTL_OK && wanted->png) {
        rc = wgctl_qr_png(ret->qr, &png, err);
        if (rc == WGCTL_OK)
            rc = stage(wanted->png, &png, &ret->png_file, err);
    }
    if (rc == WGCTL_OK && wanted->svg) {
        wgctl_qr_svg(ret->qr, &svg);
        rc = stage(wanted->svg, &svg, &ret->svg_file, err);
    }
    return rc;
}

int pictures_publish(struct pictures *pictures, struct wgctl_error *err)
{
    int rc = publish(&pictures->png_file, err);
    if (rc == WGCTL_OK)
        rc = publish(&pictures->svg_file, err);
    return rc;
}

int pictures_draw(const struct context *context, const struct pictures *pictures, const char *name,
                  struct wgctl_error *err)
{
    WGCTL_TEXT code = {0};
    unsigned columns, rows, window_columns, window_rows;
    if (!pictures->terminal)
        return WGCTL_OK;
    wgctl_qr_terminal_size(pictures->qr, &columns, &rows);
    rows++; /* for the cursor */
    if (window_size(stdout, &window_columns, &window_rows) &&
        (columns > window_columns || rows > window_rows)) {
        wgctl_fail(err, WGCTL_UNSUPPORTED,
                   "the QR code needs %u columns and %u lines, and this window has %u and %u",
                   columns, rows, window_columns, window_rows);
        return wgctl_hint(err,
                          "shrink the font (Ctrl -) or enlarge the window, then run "
                          "'sudo wgctl qr %s'; or write a picture: sudo wgctl qr %s --png FILE",
                          name, name);
    }
    wgctl_qr_terminal(pictures->qr, use_color(context, stdout), &code);
    int rc = wgctl_text_check(&code, err);
    return rc < 0 ? rc : print_secret(&code, err);
}

void pictures_clear(struct pictures *pictures)
{
    discard(&pictures->png_file);
    discard(&pictures->svg_file);
    wgctl_qr_free(pictures->qr);
    pictures->qr = NULL;
}
