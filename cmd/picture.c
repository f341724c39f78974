#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "terminal.h"

static bool staged_name(const char *path, char staged[PATH_MAX])
{
    return snprintf(staged, PATH_MAX, "%s.wgctl-new", path) < PATH_MAX;
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

/* ---- where a file without a name is not supported ---- */

/* Removes what a killed command left, also one that had a file without a name by now. */
static void discard_leftover(const char *staged)
{
    struct stat status;
    if (lstat(staged, &status) == 0 && status.st_mode == (S_IFREG | 0600) &&
        status.st_uid == geteuid())
        unlink(staged);
}

static int open_named(const char *path, const char *staged, struct wgctl_error *err)
{
    int fd = open(staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        wgctl_fail(err, WGCTL_EXISTS, "cannot write %s: %s already exists", path, staged);
        return wgctl_hint(err, "it is not one of wgctl's: choose another name, or remove it");
    }
    if (fd < 0)
        return wgctl_fail_errno(err, "cannot write %s", path);
    return fd;
}

/* ---- writing ---- */

static int open_unnamed(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    return open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
}

static int check_path(const char *path, char staged[PATH_MAX], struct wgctl_error *err)
{
    struct stat status;
    if (!path[0] || !staged_name(path, staged)) {
        wgctl_fail(err, WGCTL_INVALID,
                   path[0] ? "the path is too long: %.100s…" : "the path is empty", path);
        return wgctl_hint(err, "name a file, as in --png phone.png");
    }
    /* Found out now, before anything is changed. */
    bool exists = lstat(path, &status) == 0;
    if (!exists && errno != ENOENT)
        return wgctl_fail_errno(err, "cannot write %s", path);
    if (exists && !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
        wgctl_fail(err, WGCTL_EXISTS, "cannot write %s: it exists and is not a regular file", path);
        return wgctl_hint(err, "name a file, as in --png phone.png");
    }
    return WGCTL_OK;
}

static void discard(struct picture_file *file)
{
    char staged[PATH_MAX];
    if (file->path && file->fd >= 0)
        close(file->fd);
    else if (file->path && staged_name(file->path, staged))
        unlink(staged);
    file->path = NULL;
}

/* It holds the private key: 0600 from the start, and never through a link. */
static int stage(const char *path, const struct wgctl_text *content, struct picture_file *ret,
                 struct wgctl_error *err)
{
    char staged[PATH_MAX];
    int rc = check_path(path, staged, err);
    if (rc < 0)
        return rc;
    discard_leftover(staged);
    int fd = open_unnamed(path);
    bool is_named = fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR);
    if (is_named)
        fd = open_named(path, staged, err);
    else if (fd < 0)
        return wgctl_fail_errno(err, "cannot write %s", path);
    if (fd < 0)
        return fd;
    *ret = (struct picture_file){path, is_named ? -1 : fd};
    rc = write_all(fd, content);
    if (rc == 0)
        rc = fsync(fd);
    if (is_named && close(fd) < 0)
        rc = -1;
    return rc < 0 ? wgctl_fail_errno(err, "cannot write %s", path) : WGCTL_OK;
}

static int stage_text(const char *path, const struct wgctl_text *content, struct picture_file *ret,
                      struct wgctl_error *err)
{
    int rc = wgctl_text_check(content, err);
    return rc < 0 ? rc : stage(path, content, ret, err);
}

/* linkat(2) replaces nothing, and a name in between could outlive a kill: the old file goes
 * first. */
static int give_name(const struct picture_file *file)
{
    char unnamed[64];
    snprintf(unnamed, sizeof unnamed, "/proc/self/fd/%d", file->fd);
    int rc = linkat(AT_FDCWD, unnamed, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW);
    if (rc < 0 && errno == EEXIST && unlink(file->path) == 0)
        rc = linkat(AT_FDCWD, unnamed, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW);
    return rc;
}

static int sync_folder_of(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 ? -1 : fsync(fd);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int publish(struct picture_file *file, struct wgctl_error *err)
{
    char staged[PATH_MAX];
    if (!file->path)
        return WGCTL_OK;
    int rc = file->fd >= 0                     ? give_name(file)
             : staged_name(file->path, staged) ? rename(staged, file->path)
                                               : -1;
    if (rc < 0 || sync_folder_of(file->path) < 0)
        return wgctl_fail_errno(err, "cannot write %s", file->path);
    if (file->fd >= 0)
        close(file->fd);
    file->path = NULL;
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
            rc = stage_text(wanted->png, &png, &ret->png_file, err);
    }
    if (rc == WGCTL_OK && wanted->svg) {
        wgctl_qr_svg(ret->qr, &svg);
        rc = stage_text(wanted->svg, &svg, &ret->svg_file, err);
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
