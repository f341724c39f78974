#include "picture.h"

#include <errno.h>
#include <fcntl.h>
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

/* What one left that was killed while it wrote a picture of that name. */
static void discard_leftover(const char *staged)
{
    struct stat status;
    if (lstat(staged, &status) == 0 && status.st_mode == (S_IFREG | 0600) &&
        status.st_uid == geteuid())
        unlink(staged);
}

/* It holds the private key: 0600 from the start, and never through a link. */
static int stage(const char *path, const struct wgctl_text *content, struct wgctl_error *err)
{
    char staged[PATH_MAX];
    struct stat status;
    if (!path[0] || !staged_name(path, staged)) {
        wgctl_fail(err, WGCTL_INVALID,
                   path[0] ? "the path is too long: %.100s…" : "the path is empty", path);
        return wgctl_hint(err, "name a file, as in --png phone.png");
    }
    /* Found out now, before anything is changed. */
    if (lstat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
        wgctl_fail(err, WGCTL_EXISTS, "cannot write %s: it exists and is not a regular file", path);
        return wgctl_hint(err, "name a file, as in --png phone.png");
    }
    discard_leftover(staged);
    int fd = open(staged, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        wgctl_fail(err, WGCTL_EXISTS, "cannot write %s: %s already exists", path, staged);
        return wgctl_hint(err, "wgctl did not create it: choose another name, or remove it");
    }
    if (fd < 0)
        return wgctl_fail_errno(err, "cannot write %s", path);
    int rc = write_all(fd, content);
    if (close(fd) < 0 || rc < 0) {
        wgctl_fail_errno(err, "cannot write %s", path);
        unlink(staged);
        return err->status;
    }
    return WGCTL_OK;
}

static int publish(const char *path, struct wgctl_error *err)
{
    char staged[PATH_MAX];
    if (!path || !staged_name(path, staged) || rename(staged, path) == 0)
        return WGCTL_OK;
    return wgctl_fail_errno(err, "cannot write %s", path);
}

static void discard(const char *path)
{
    char staged[PATH_MAX];
    if (path && staged_name(path, staged))
        unlink(staged);
}

/* `*ret` is set once the file is there, and has to be discarded if what follows fails. */
static int stage_text(const char *path, const struct wgctl_text *content, const char **ret,
                      struct wgctl_error *err)
{
    int rc = wgctl_text_check(content, err);
    if (rc == WGCTL_OK)
        rc = stage(path, content, err);
    if (rc == WGCTL_OK)
        *ret = path;
    return rc;
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
            rc = stage_text(wanted->png, &png, &ret->png, err);
    }
    if (rc == WGCTL_OK && wanted->svg) {
        wgctl_qr_svg(ret->qr, &svg);
        rc = stage_text(wanted->svg, &svg, &ret->svg, err);
    }
    return rc;
}

int pictures_publish(struct pictures *pictures, struct wgctl_error *err)
{
    int rc = publish(pictures->png, err);
    if (rc == WGCTL_OK)
        rc = publish(pictures->svg, err);
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
    discard(pictures->png);
    discard(pictures->svg);
    wgctl_qr_free(pictures->qr);
    pictures->qr = NULL;
}
