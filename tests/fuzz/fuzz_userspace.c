/* Feeds any bytes to the reader of what a process answers over WireGuard's socket: reading must be
 * safe, and end. */
#include "device/backend.h"
#include "fuzz.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 64 * 1024 }; /* a socket takes that much without a reader */
    WGCTL_DEVICE device = {0};
    struct wgctl_error err;
    int ends[2];
    if (size > MOST)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ||
        write(ends[1], data, size) != (ssize_t)size)
        abort();
    close(ends[1]);
    wgctl_userspace_answer("wg0", ends[0], &device, &err);
    close(ends[0]);
    return 0;
}
