#include "cli/drive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned passed, failed;

void drive_give_up(const char *format, ...)
{
    int number = errno;
    va_list args;
    va_start(args, format);
    printf("not ok - ");
    vprintf(format, args);
    va_end(args);
    printf(": %s\n", strerror(number));
    exit(EXIT_FAILURE);
}

/* ---- calls ---- */

static void read_memory(int fd, struct wgctl_text *ret)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        drive_give_up("cannot look at the output");
    size_t size = (size_t)status.st_size;
    char *room = wgctl_text_room(ret, size);
    if (!room || pread(fd, room, size, 0) != (ssize_t)size)
        drive_give_up("cannot read the output");
    ret->size += size;
    ret->data[ret->size] = '\0';
}

static int count_of(const char *const *strings)
{
    int count = 0;
    while (strings[count])
        count++;
    return count;
}

static _Noreturn void be_called(const struct call *call, int out, int err)
{
    enum { SECONDS = 60 };
    int input = open(call->input ? call->input : "/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        dup2(err, STDERR_FILENO) < 0)
        _exit(120);
    close(input);
    if (call->uid != 0 && (setgid(call->uid) < 0 || setuid(call->uid) < 0))
        _exit(121);
    for (const char *const *variable = call->environment; variable && *variable; variable++)
        putenv((char *)*variable);
    alarm(SECONDS);
    char **argv = (char **)call->argv;
    if (call->program)
        execv(call->program, argv);
    else
        exit(call->main(count_of(call->argv), argv));
    _exit(122);
}

void drive_call(const struct call *call, struct answer *ret)
{
    *ret = (struct answer){0};
    int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC), status;
    if (out < 0 || err < 0)
        drive_give_up("cannot keep the output");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        be_called(call, out, err);
    if (child < 0 || waitpid(child, &status, 0) < 0)
        drive_give_up("cannot call wgctl");
    ret->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    read_memory(out, &ret->out);
    read_memory(err, &ret->err);
    close(out);
    close(err);
    if (ret->status == 128 + SIGALRM)
        drive_give_up("wgctl hangs");
}

void drive_answer_clear(struct answer *answer)
{
    wgctl_text_clear(&answer->out);
    wgctl_text_clear(&answer->err);
}

/* ---- files ---- */

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls `each` for everything in a folder, in order. */
static void walk(const char *folder,
                 void (*each)(const char *path, const char *name, void *context), void *context)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_entry, by_bytes);
    if (count < 0)
        drive_give_up("cannot list %s", folder);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        each(path, entries[i]->d_name, context);
        free(entries[i]);
    }
    free(entries);
}

void drive_read(const char *path, struct wgctl_text *ret)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        drive_give_up("cannot open %s", path);
    read_memory(fd, ret);
    close(fd);
}

static int is_others(const struct dirent *entry)
{
    return is_entry(entry) && strcmp(entry->d_name, ".wgctl") != 0;
}

static bool has_nothing_of_others(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_others, NULL);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    if (count >= 0)
        free(entries);
    return count == 0;
}

static bool ends_in(const char *path, const char *end)
{
    size_t size = strlen(path), wanted = strlen(end);
    return size >= wanted && strcmp(path + size - wanted, end) == 0;
}

/* The first command that changes something makes it, whether it succeeds or not. */
static bool is_store_at_rest(const char *path, const struct stat *status)
{
    return (ends_in(path, "/.wgctl/lock") || ends_in(path, "/.wgctl/journal")) &&
           status->st_size == 0 && status->st_mode == (S_IFREG | 0600);
}

static void describe(const char *path, const char *name, void *ret)
{
    (void)name;
    struct stat status;
    char target[PATH_MAX] = "";
    if (lstat(path, &status) < 0)
        drive_give_up("cannot look at %s", path);
    if (is_store_at_rest(path, &status))
        return;
    if (S_ISDIR(status.st_mode) && strcmp(path, ".") != 0 && has_nothing_of_others(path))
        return;
    if (S_ISLNK(status.st_mode) && readlink(path, target, sizeof target - 1) < 0)
        drive_give_up("cannot read %s", path);
    if (!ends_in(path, "/.wgctl") || status.st_mode != (S_IFDIR | 0700))
        wgctl_text_format(ret, "%s %o %u:%u %s\n", path, status.st_mode, status.st_uid,
                          status.st_gid, target);
    if (S_ISREG(status.st_mode))
        drive_read(path, ret);
    if (S_ISDIR(status.st_mode))
        walk(path, describe, ret);
}

void drive_describe(const char *folder, struct wgctl_text *ret)
{
    if (access(folder, F_OK) == 0)
        describe(folder, folder, ret);
}

static void copy_in(const char *path, const char *name, void *to);

static void copy_content(const char *from, const char *to)
{
    WGCTL_TEXT content = {0};
    drive_read(from, &content);
    drive_write(to, content.data, content.size);
}

static void copy(const char *from, const char *to)
{
    struct stat status;
    char target[PATH_MAX] = "";
    if (lstat(from, &status) < 0)
        drive_give_up("cannot look at %s", from);
    int rc = 0;
    if (S_ISREG(status.st_mode))
        copy_content(from, to);
    else if (S_ISLNK(status.st_mode))
        rc = readlink(from, target, sizeof target - 1) < 0 ? -1 : symlink(target, to);
    else if (S_ISDIR(status.st_mode))
        rc = mkdir(to, 0700);
    else
        rc = mknod(to, status.st_mode, status.st_rdev);
    if (rc < 0)
        drive_give_up("cannot make %s", to);
    if (S_ISDIR(status.st_mode))
        walk(from, copy_in, (void *)to);
    if (lchown(to, status.st_uid, status.st_gid) < 0 ||
        (!S_ISLNK(status.st_mode) && chmod(to, status.st_mode & 07777) < 0))
        drive_give_up("cannot change the mode of %s", to);
}

static void copy_in(const char *path, const char *name, void *to)
{
    char target[PATH_MAX];
    snprintf(target, sizeof target, "%s/%s", (const char *)to, name);
    copy(path, target);
}

void drive_copy(const char *from, const char *to)
{
    drive_remove(to);
    copy(from, to);
}

static void remove_in(const char *path, const char *name, void *context)
{
    (void)name, (void)context;
    drive_remove(path);
}

void drive_remove(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return;
    walk(path, remove_in, NULL);
    if (rmdir(path) < 0)
        drive_give_up("cannot remove %s", path);
}

static void put(const char *path, int flags, const char *content, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    if (size == SIZE_MAX)
        size = strlen(content);
    if (fd < 0 || write(fd, content, size) != (ssize_t)size || close(fd) < 0)
        drive_give_up("cannot write %s", path);
}

void drive_write(const char *path, const char *content, size_t size)
{
    put(path, O_TRUNC, content, size);
}

void drive_append(const char *path, const char *content, size_t size)
{
    put(path, O_APPEND, content, size);
}

/* ---- judging ---- */

static bool is_code(const char *code)
{
    static const char *const codes[] = {"invalid", "not_found",   "exists", "denied", "full",
                                        "busy",    "unsupported", "system", "usage"};
    for (size_t i = 0; code && i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

bool drive_is_json(struct wgctl_slice text)
{
    json_t *document = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    json_decref(document);
    return document != NULL;
}

bool drive_is_json_error(struct wgctl_slice text)
{
    json_t *document = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *error = json_object_get(document, "error");
    const char *message = json_string_value(json_object_get(error, "message"));
    bool is_error = json_object_size(document) == 1 && json_object_size(error) == 3 && message &&
                    message[0] && is_code(json_string_value(json_object_get(error, "code"))) &&
                    json_object_get(error, "hint");
    json_decref(document);
    return is_error;
}

static void print_harmless(struct wgctl_slice line)
{
    enum { LONGEST = 300 };
    for (size_t i = 0; i < line.size && i < LONGEST; i++) {
        unsigned char c = (unsigned char)line.data[i];
        printf(c < 0x20 || c >= 0x7f ? "\\x%02x" : "%c", c);
    }
    putchar('\n');
}

void drive_report(bool holds, const char *what, struct wgctl_slice evidence)
{
    struct wgctl_slice line;
    printf(holds ? "ok - " : "not ok - ");
    print_harmless(wgctl_slice_of(what));
    if (holds) {
        passed++;
        return;
    }
    failed++;
    while (wgctl_slice_split(&evidence, '\n', &line)) {
        printf("# ");
        print_harmless(line);
    }
}

int drive_finish(void)
{
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
