#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

static enum wgctl_status status_of_errno(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
        return WGCTL_DENIED;
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return WGCTL_NOT_FOUND;
    case EEXIST:
        return WGCTL_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return WGCTL_FULL;
    case EBUSY:
    case EAGAIN:
        return WGCTL_BUSY;
    case EOPNOTSUPP:
    case ENOSYS:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return WGCTL_UNSUPPORTED;
    default:
        return WGCTL_SYSTEM;
    }
}

static const char *hint_of_errno(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
        return geteuid() == 0
                   ? "not even root may do that here; a container has to be allowed to, as with "
                     "'docker run --cap-add NET_ADMIN'"
                   : "run it again with sudo";
    case ENOSPC:
    case EDQUOT:
        return "free some space ('df -h' shows where), then run it again";
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case EISDIR:
        return "check the path for typos";
    case ELOOP:
        return "it is a symbolic link, which is not followed: put the file itself there";
    case EROFS:
        return "the disk is mounted read-only; 'dmesg' often says why";
    case EIO:
        return "the disk reports an error; 'dmesg' says more";
    default:
        return "";
    }
}

/* Whatever is quoted in a message, a key is not. */
__attribute__((format(printf, 3, 0))) static void format_text(char *ret, size_t size,
                                                              const char *format, va_list args)
{
    int needed = vsnprintf(ret, size, format, args);
    wgctl_secret_hide(ret, needed < 0 || (size_t)needed >= size);
}

int wgctl_fail_list(struct wgctl_error *err, enum wgctl_status status, const char *format,
                    va_list args)
{
    format_text(err->message, sizeof err->message, format, args);
    err->hint[0] = '\0';
    err->status = status;
    return status;
}

int wgctl_fail(struct wgctl_error *err, enum wgctl_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wgctl_fail_list(err, status, format, args);
    va_end(args);
    return status;
}

int wgctl_fail_errno(struct wgctl_error *err, const char *format, ...)
{
    int number = errno;
    va_list args;
    va_start(args, format);
    wgctl_fail_list(err, status_of_errno(number), format, args);
    va_end(args);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", strerror(number));
    snprintf(err->hint, sizeof err->hint, "%s", hint_of_errno(number));
    return err->status;
}

int wgctl_hint(struct wgctl_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    format_text(err->hint, sizeof err->hint, format, args);
    va_end(args);
    return err->status;
}

int wgctl_context(struct wgctl_error *err, const char *format, ...)
{
    char context[WGCTL_MESSAGE_SIZE], message[2 * WGCTL_MESSAGE_SIZE + 2];
    va_list args;
    va_start(args, format);
    format_text(context, sizeof context, format, args);
    va_end(args);
    snprintf(message, sizeof message, "%s: %s", context, err->message);
    message[sizeof err->message - 1] = '\0';
    memcpy(err->message, message, sizeof err->message);
    return err->status;
}

int wgctl_fail_memory(struct wgctl_error *err)
{
    return wgctl_fail(err, WGCTL_SYSTEM, "out of memory");
}
