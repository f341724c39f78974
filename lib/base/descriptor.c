#include "base/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
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
