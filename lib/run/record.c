/* The record about an interface in /run/wgctl: the applied configuration, which plans compare with
 * and `down` undoes, and the progress of a transition. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/server_read.h"
#include "run/private.h"

#define RUN_FOLDER "/run"
#define RECORD_FOLDER "wgctl"

/* The header, which always has the same size and is followed by both configurations. The
 * interface's index shows whether it has been replaced by another one of that name. */
#define HEADER                                                                                \
    "# wgctl 1\n# interface %10u mark %10u\n# begun %-8s %-16s %10u\n# target %10zu applied " \
    "%10zu\n"
#define HEADER_PARSED \
    "# wgctl 1\n# interface %u mark %u\n# begun %15s %23s %u\n# target %zu applied %zu\n"
enum { HEADER_SIZE = 133, HEADER_ROOM = 160 };

static const char *const goals[] = {
    [WGCTL_GO_NOWHERE] = "nothing",
    [WGCTL_GO_UP] = "up",
    [WGCTL_GO_DOWN] = "down",
    [WGCTL_GO_APPLY] = "apply",
};

void wgctl_run_record_clear(struct wgctl_run_record *record)
{
    wgctl_server_clear(&record->applied_server);
    wgctl_server_clear(&record->target_server);
    wgctl_text_clear(&record->text);
    if (record->fd >= 0)
        close(record->fd);
    *record = (struct wgctl_run_record){.fd = -1};
}

/* ---- the file ---- */

struct place {
    struct wgctl_folder folder;
    char name[WGCTL_NAME_SIZE + 24];
};

static void close_place(struct place *place)
{
    wgctl_folder_close(&place->folder);
}
#define PLACE __attribute__((cleanup(close_place))) struct place

/* Network namespaces may share /run, but each has its own interfaces. */
static int open_place(const char *interface, bool create, struct place *ret,
                      struct wgctl_error *err)
{
    struct wgctl_folder run;
    struct stat space;
    ret->folder = WGCTL_FOLDER_CLOSED;
    if (stat("/proc/self/ns/net", &space) < 0)
        return wgctl_fail_errno(err, "cannot look at /proc/self/ns/net");
    snprintf(ret->name, sizeof ret->name, "%s.%" PRIuMAX, interface, (uintmax_t)space.st_ino);
    int rc = wgctl_folder_open(RUN_FOLDER, &run, err);
    if (rc < 0)
        return rc;
    rc = wgctl_folder_open_in(&run, RECORD_FOLDER, create, &ret->folder, err);
    wgctl_folder_close(&run);
    return rc;
}

/* ---- reading ---- */

static enum wgctl_goal goal_by_name(const char *name)
{
    int goal = WGCTL_GO_APPLY;
    while (goal > WGCTL_GO_NOWHERE && strcmp(name, goals[goal]) != 0)
        goal--;
    return (enum wgctl_goal)goal;
}

/* Returns false if the record is broken or about a previous interface of that name. */
static bool parse_record(const char *interface, struct wgctl_run_record *ret)
{
    char goal[16], op[24];
    unsigned index, now = if_nametoindex(interface);
    size_t target, applied;
    if (ret->text.size < HEADER_SIZE || sscanf(ret->text.data, HEADER_PARSED, &index, &ret->mark,
                                               goal, op, &ret->item, &target, &applied) != 7)
        return false;
    size_t rest = ret->text.size - HEADER_SIZE;
    if (target > rest || applied > rest - target || (index && now && index != now))
        return false;
    ret->goal = goal_by_name(goal);
    ret->op = wgctl_op_by_name(wgctl_slice_of(op));
    ret->target = (struct wgctl_slice){ret->text.data + HEADER_SIZE, target};
    ret->applied = (struct wgctl_slice){ret->target.data + target, applied};
    ret->before = ret->applied;
    ret->before_target = ret->target;
    return ret->goal == WGCTL_GO_NOWHERE ? applied > 0 : ret->op < WGCTL_OPS;
}

static int parse_server(struct wgctl_slice text, struct wgctl_server *ret)
{
    struct wgctl_text source = {0};
    struct wgctl_error ignored;
    wgctl_text_slice(&source, text);
    int rc = wgctl_text_check(&source, &ignored);
    return rc < 0 ? rc : wgctl_server_parse("the applied configuration", &source, ret, &ignored);
}

int wgctl_run_record_read(const char *interface, struct wgctl_run_record *ret,
                          struct wgctl_error *err)
{
    PLACE place;
    ret->fd = -1;
    int rc = open_place(interface, false, &place, err);
    if (rc == WGCTL_OK)
        rc = wgctl_file_read(&place.folder, place.name, WGCTL_SECRET, &ret->text, err);
    /* Users who may not read it can still look at a plan. A change would fail to write it. */
    if (rc == WGCTL_NOT_FOUND || rc == WGCTL_DENIED)
        return WGCTL_OK;
    if (rc < 0)
        return rc;
    ret->exists = parse_record(interface, ret);
    if (!ret->exists)
        wgctl_run_record_clear(ret);
    return WGCTL_OK;
}

int wgctl_run_record_parse(struct wgctl_run_record *record, bool needs_applied)
{
    int rc = WGCTL_OK;
    if (needs_applied && record->applied.size > 0)
        rc = parse_server(record->applied, &record->applied_server);
    if (rc == WGCTL_OK && record->target.size > 0)
        rc = parse_server(record->target, &record->target_server);
    return rc;
}

/* ---- writing ---- */

static void format_header(const char *interface, const struct wgctl_run_record *record,
                          char header[HEADER_ROOM])
{
    struct wgctl_step step = {.op = record->op};
    snprintf(header, HEADER_ROOM, HEADER, if_nametoindex(interface), record->mark,
             goals[record->goal], wgctl_step_name(&step), record->item, record->target.size,
             record->applied.size);
}

static int write_content(int fd, const char *header, struct wgctl_slice target,
                         struct wgctl_slice applied)
{
    int rc = wgctl_write_all(fd, (struct wgctl_slice){header, HEADER_SIZE});
    if (rc == 0)
        rc = wgctl_write_all(fd, target);
    return rc < 0 ? rc : wgctl_write_all(fd, applied);
}

/* Removes what killed commands left in the middle of writing, because it holds keys. One that is
 * still being written is locked. */
static void sweep(const struct place *place)
{
    size_t size = strlen(place->name);
    int folder = openat(place->folder.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = folder < 0 ? NULL : fdopendir(folder);
    if (!listing) {
        if (folder >= 0)
            close(folder);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(listing));) {
        if (entry->d_name[0] != '.' || strncmp(entry->d_name + 1, place->name, size) != 0 ||
            entry->d_name[size + 1] != '.')
            continue;
        WGCTL_FD fd = openat(folder, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlinkat(folder, entry->d_name, 0);
    }
    closedir(listing);
}

/* A wgctl that works on another folder may write at the same time. */
static int name_temporary(const struct place *place, char name[sizeof place->name + 24])
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return -1;
    snprintf(name, sizeof place->name + 24, ".%s.%016" PRIx64, place->name, number);
    return 0;
}

static int write_file(const struct place *place, const char *header, struct wgctl_slice target,
                      struct wgctl_slice applied, int *ret)
{
    char name[sizeof place->name + 24];
    if (name_temporary(place, name) < 0)
        return -1;
    int fd =
        openat(place->folder.fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    flock(fd, LOCK_EX | LOCK_NB); /* see sweep() */
    if (write_content(fd, header, target, applied) < 0 ||
        renameat(place->folder.fd, name, place->folder.fd, place->name) < 0) {
        int reason = errno;
        unlinkat(place->folder.fd, name, 0);
        close(fd);
        errno = reason;
        return -1;
    }
    flock(fd, LOCK_UN);
    *ret = fd;
    return 0;
}

int wgctl_run_record_write(const char *interface, struct wgctl_run_record *record,
                           struct wgctl_slice target, struct wgctl_slice applied,
                           struct wgctl_error *err)
{
    PLACE place;
    char header[HEADER_ROOM];
    int fd = -1;
    int rc = open_place(interface, true, &place, err);
    record->target = target;
    record->applied = applied;
    format_header(interface, record, header);
    if (rc == WGCTL_OK)
        sweep(&place);
    if (rc == WGCTL_OK && write_file(&place, header, target, applied, &fd) < 0)
        rc = wgctl_fail_errno(err, "cannot write %s/%s", place.folder.path, place.name);
    if (rc < 0)
        return rc;
    if (record->fd >= 0)
        close(record->fd);
    record->fd = fd;
    return WGCTL_OK;
}

static int fail_note(struct wgctl_error *err)
{
    return wgctl_fail_errno(err, "cannot write to " RUN_FOLDER "/" RECORD_FOLDER);
}

int wgctl_run_record_note(const char *interface, struct wgctl_run_record *record,
                          struct wgctl_error *err)
{
    char header[HEADER_ROOM];
    format_header(interface, record, header);
    return pwrite(record->fd, header, HEADER_SIZE, 0) == HEADER_SIZE ? WGCTL_OK : fail_note(err);
}

int wgctl_run_record_finish(const char *interface, struct wgctl_run_record *record,
                            struct wgctl_error *err)
{
    const enum wgctl_goal goal = record->goal;
    const struct wgctl_slice target = record->target, applied = record->applied;
    record->goal = WGCTL_GO_NOWHERE;
    record->applied = target;
    record->target.size = 0;
    int rc = wgctl_run_record_note(interface, record, err);
    if (rc == WGCTL_OK && ftruncate(record->fd, (off_t)(HEADER_SIZE + target.size)) < 0)
        rc = fail_note(err);
    if (rc == WGCTL_OK)
        return rc;
    record->goal = goal; /* it is still on its way, and will be undone */
    record->target = target;
    record->applied = applied;
    return rc;
}

int wgctl_run_record_remove(const char *interface, struct wgctl_run_record *record,
                            struct wgctl_error *err)
{
    PLACE place;
    struct stat ours, there;
    int rc = open_place(interface, false, &place, err);
    if (rc < 0) /* without the folder, there is no record */
        return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc;
    sweep(&place);
    if (record->fd >= 0 && fstat(record->fd, &ours) == 0 &&
        fstatat(place.folder.fd, place.name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
        ours.st_ino != there.st_ino)
        return WGCTL_OK;
    return wgctl_file_remove(&place.folder, place.name, err);
}
