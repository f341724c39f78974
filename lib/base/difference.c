#include "base/difference.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 16384 };

static bool read_at(int fd, size_t offset, char *buffer, size_t size)
{
    while (size > 0) {
        ssize_t got = pread(fd, buffer, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            errno = EIO; /* it has become shorter */
        if (got <= 0)
            return false;
        buffer += got;
        offset += (size_t)got;
        size -= (size_t)got;
    }
    return true;
}

/* How many of `size` bytes are the same, from one place on or, `backwards`, before it. */
static size_t count_alike(const char *a, const char *b, size_t size, bool backwards)
{
    size_t alike = 0;
    if (memcmp(a, b, size) == 0)
        return size;
    if (backwards)
        while (a[size - alike - 1] == b[size - alike - 1])
            alike++;
    else
        while (a[alike] == b[alike])
            alike++;
    return alike;
}

/* The same of a file: from `offset` on, or before it. `known` is what may be there. False
 * where it cannot be read. */
static bool compare(int fd, size_t offset, struct wgctl_slice known, bool backwards, size_t *ret)
{
    char piece[PIECE];
    size_t alike = 0, step = 0;
    bool done = true;
    do {
        alike += step;
        size_t size = known.size - alike < PIECE ? known.size - alike : PIECE;
        const char *expected =
            backwards ? known.data + known.size - alike - size : known.data + alike;
        done = read_at(fd, backwards ? offset - alike - size : offset + alike, piece, size);
        step = done && size > 0 ? count_alike(piece, expected, size, backwards) : 0;
    } while (step == PIECE);
    explicit_bzero(piece, sizeof piece);
    *ret = alike + step;
    return done;
}

static bool read_difference(int fd, size_t offset, size_t size, struct wgctl_slice known,
                            struct wgctl_difference *ret)
{
    const struct wgctl_slice shorter = {known.data, size < known.size ? size : known.size};
    if (!compare(fd, offset, shorter, false, &ret->begin))
        return false;
    size_t rest = shorter.size - ret->begin;
    const struct wgctl_slice behind = {known.data + known.size - rest, rest};
    if (!compare(fd, offset + size, behind, true, &ret->end))
        return false;
    size_t between = size - ret->begin - ret->end;
    char *room = wgctl_text_room(&ret->between, between);
    if (!room || !read_at(fd, offset + ret->begin, room, between))
        return !room; /* that, wgctl_text_check() tells */
    ret->between.size = between;
    return true;
}

static bool has_at(int fd, size_t offset, struct wgctl_slice expected)
{
    size_t alike = 0;
    return compare(fd, offset, expected, false, &alike) && alike == expected.size;
}

int wgctl_difference_read(const struct wgctl_folder *folder, const char *name,
                          struct wgctl_slice head, struct wgctl_slice known,
                          struct wgctl_difference *ret, struct wgctl_error *err)
{
    WGCTL_FD fd = -1;
    size_t size = 0;
    int rc = wgctl_file_open(folder, name, WGCTL_SECRET, &fd, &size, err);
    if (rc < 0)
        return rc;
    if (!has_at(fd, 0, head))
        return wgctl_fail(err, WGCTL_INVALID, "%s/%s is another file", folder->path, name);
    if (!read_difference(fd, head.size, size - head.size, known, ret))
        return wgctl_fail_errno(err, "cannot read %s/%s", folder->path, name);
    return wgctl_text_check(&ret->between, err);
}

bool wgctl_difference_is_none(const struct wgctl_folder *folder, const char *name,
                              struct wgctl_slice head, struct wgctl_slice rest)
{
    WGCTL_FD fd = -1;
    size_t size = 0;
    struct wgctl_error ignored;
    return wgctl_file_open(folder, name, WGCTL_SECRET, &fd, &size, &ignored) == WGCTL_OK &&
           size == head.size + rest.size && has_at(fd, 0, head) && has_at(fd, head.size, rest);
}

void wgctl_difference_clear(struct wgctl_difference *difference)
{
    wgctl_text_clear(&difference->between);
    *difference = (struct wgctl_difference){0};
}
