/* Commits that end with the power. The calls of a commit are recorded; what the disk may hold
 * after a cut is then made of them by a model: what was synchronised before the cut is there,
 * and of everything else any subset, a write also in part. */
#include "store_cases.h"
#include "suite.h"

enum {
    PATH = 32,      /* longer than each path here */
    MOST_OPS = 100, /* of one commit or recovery */
    MOST_NAMES = 16,
    MOST_FILES = 32,
    MOST_DATA = 512,
    MOST_PENDING = 12,
    FOLDER = -1, /* as the file of a name: it is a folder */
};

/* ---- the model of a disk ---- */

struct name {
    char path[PATH];
    int file;
};
struct disk {
    struct name names[MOST_NAMES];
    int name_count;
    struct {
        char data[MOST_DATA];
        size_t size;
    } files[MOST_FILES];
    int file_count;
};

static struct name *find_name(struct disk *disk, const char *path)
{
    for (int i = 0; i < disk->name_count; i++)
        if (strcmp(disk->names[i].path, path) == 0)
            return &disk->names[i];
    return NULL;
}

static void set_name(struct disk *disk, const char *path, int file)
{
    struct name *name = find_name(disk, path);
    if (!name) {
        ck_assert_int_lt(disk->name_count, MOST_NAMES);
        name = &disk->names[disk->name_count++];
        strcpy(name->path, path);
    }
    name->file = file;
}

static void remove_name(struct disk *disk, const char *path)
{
    struct name *name = find_name(disk, path);
    if (name)
        *name = disk->names[--disk->name_count];
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct name *)a)->path, ((const struct name *)b)->path);
}

/* The disk as the current folder has it. */
static void read_disk(struct disk *ret)
{
    static const char *const folders[] = {"", "sub", ".wgctl"};
    *ret = (struct disk){0};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        DIR *listing = opendir(*folders[i] ? folders[i] : ".");
        if (listing && *folders[i])
            set_name(ret, folders[i], FOLDER);
        for (const struct dirent *entry; listing && (entry = readdir(listing));) {
            if (entry->d_type != DT_REG)
                continue;
            char path[2 * NAME_MAX];
            snprintf(path, sizeof path, "%s%s%s", folders[i], *folders[i] ? "/" : "",
                     entry->d_name);
            int fd = open(path, O_RDONLY), file = ret->file_count++;
            ck_assert(fd >= 0 && strlen(path) < PATH && file < MOST_FILES);
            ret->files[file].size = (size_t)read(fd, ret->files[file].data, MOST_DATA);
            close(fd);
            set_name(ret, path, file);
        }
        if (listing)
            closedir(listing);
    }
}

/* The current folder as the disk has it. What is in a folder that is lost, is lost. */
static void write_disk(struct disk *disk)
{
    case_empty();
    qsort(disk->names, (size_t)disk->name_count, sizeof *disk->names, by_path);
    for (int i = 0; i < disk->name_count; i++) {
        const struct name *name = &disk->names[i];
        char folder[PATH];
        snprintf(folder, sizeof folder, "%s", name->path);
        char *slash = strchr(folder, '/');
        if (slash)
            *slash = '\0';
        if (name->file == FOLDER)
            mkdir(name->path, 0700);
        else if (!slash || find_name(disk, folder))
            case_write(name->path, disk->files[name->file].data, disk->files[name->file].size);
    }
}

/* ---- what was recorded ---- */

struct op {
    enum case_call call;
    char path[PATH], to[PATH]; /* of an fsync: the folder, or "" and `file` */
    int file;
    size_t offset, size;
    char data[MOST_DATA];
};
static struct op ops[MOST_OPS];
static int op_count;
static bool records;
static struct disk live; /* follows the calls, so that names lead to files */

/* The path of a descriptor in the current folder; "" for the folder itself. */
static void path_of(int fd, char path[PATH])
{
    char link[64], target[PATH_MAX], here[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, target, sizeof target - 1);
    ck_assert(size > 0 && getcwd(here, sizeof here));
    target[size] = '\0';
    size_t skip = strlen(here) + ((size_t)size > strlen(here) ? 1 : 0);
    ck_assert(strncmp(target, here, strlen(here)) == 0 && strlen(target + skip) < PATH);
    strcpy(path, target + skip);
}

static void join(int fd, const char *name, char path[PATH])
{
    char folder[PATH];
    path_of(fd, folder);
    ck_assert_int_lt(snprintf(path, PATH, "%s%s%s", folder, *folder ? "/" : "", name), PATH);
}

static void apply(struct disk *disk, const struct op *op, size_t size);

static void before_call(enum case_call call, int fd, const char *name, int to_fd, const char *to,
                        const void *data, size_t size)
{
    if (!records)
        return;
    ck_assert_int_lt(op_count, MOST_OPS);
    struct op *op = &ops[op_count++];
    *op = (struct op){.call = call, .file = FOLDER, .size = size};
    if (name)
        join(fd, name, op->path);
    else
        path_of(fd, op->path);
    if (to)
        join(to_fd, to, op->to);
    if (call == CALL_CREATE) {
        ck_assert_int_lt(live.file_count, MOST_FILES);
        op->file = live.file_count++;
    } else if (call != CALL_MKDIR && find_name(&live, op->path))
        op->file = find_name(&live, op->path)->file;
    if (call == CALL_WRITE) {
        ck_assert_uint_le(size, MOST_DATA);
        memcpy(op->data, data, size);
        op->offset = (size_t)lseek(fd, 0, SEEK_CUR);
    }
    apply(&live, op, op->size);
}

/* `size`: how much of a write reaches the disk. */
static void apply(struct disk *disk, const struct op *op, size_t size)
{
    switch (op->call) {
    case CALL_CREATE:
    case CALL_MKDIR:
        set_name(disk, op->path, op->file);
        break;
    case CALL_WRITE:
        ck_assert_uint_le(op->offset + size, MOST_DATA);
        memcpy(disk->files[op->file].data + op->offset, op->data, size);
        if (op->offset + size > disk->files[op->file].size)
            disk->files[op->file].size = op->offset + size;
        break;
    case CALL_TRUNCATE:
        disk->files[op->file].size = op->size;
        break;
    case CALL_RENAME:
        remove_name(disk, op->path);
        set_name(disk, op->to, op->file);
        break;
    case CALL_UNLINK:
        if (find_name(disk, op->path) && find_name(disk, op->path)->file == op->file)
            remove_name(disk, op->path);
        break;
    case CALL_FSYNC:
    case CALL_SYNCFS:
        break;
    }
}

/* Whether `path` is a name in that folder, "" being the one above all. */
static bool is_in(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return size == 0 ? !strchr(path, '/') : strncmp(path, folder, size) == 0 && path[size] == '/';
}

static bool makes_durable(const struct op *sync, const struct op *op)
{
    if (sync->call != CALL_FSYNC)
        return sync->call == CALL_SYNCFS;
    if (op->call == CALL_WRITE || op->call == CALL_TRUNCATE)
        return sync->file == op->file && sync->file != FOLDER;
    return sync->file == FOLDER && is_in(op->call == CALL_RENAME ? op->to : op->path, sync->path);
}

static bool is_durable(int index, int cut)
{
    for (int i = index + 1; i < cut; i++)
        if (makes_durable(&ops[i], &ops[index]))
            return true;
    return false;
}

/* ---- all disks that a cut can leave ---- */

/* A new disk of the case; false if it was seen before. */
static bool is_new(struct disk *disk)
{
    enum { MOST_SEEN = 4096 };
    static uint64_t seen[MOST_SEEN];
    static size_t seen_count;
    if (!disk) {
        seen_count = 0;
        return false;
    }
    uint64_t sum = 0xcbf29ce484222325;
    qsort(disk->names, (size_t)disk->name_count, sizeof *disk->names, by_path);
    for (int i = 0; i < disk->name_count; i++) {
        const struct name *name = &disk->names[i];
        size_t size = name->file == FOLDER ? 0 : disk->files[name->file].size;
        for (const char *c = name->path; *c; c++)
            sum = (sum ^ (unsigned char)*c) * 0x100000001b3;
        sum = (sum ^ (size + 1000)) * 0x100000001b3;
        for (size_t k = 0; k < size; k++)
            sum = (sum ^ (unsigned char)disk->files[name->file].data[k]) * 0x100000001b3;
    }
    for (size_t i = 0; i < seen_count; i++)
        if (seen[i] == sum)
            return false;
    ck_assert_uint_lt(seen_count, MOST_SEEN);
    seen[seen_count++] = sum;
    return true;
}

/* Calls `visit` with each new disk that a cut before the op of that number can leave. */
static void for_each_disk(const struct disk *start, int cut, void (*visit)(struct disk *disk))
{
    int pending[MOST_PENDING], count = 0, combinations = 1;
    for (int i = 0; i < cut; i++) {
        if (ops[i].call == CALL_FSYNC || ops[i].call == CALL_SYNCFS || is_durable(i, cut))
            continue;
        ck_assert_int_lt(count, MOST_PENDING);
        pending[count++] = i;
        combinations *= ops[i].call == CALL_WRITE ? 3 : 2; /* lost, there, or in part */
    }
    for (int combination = 0; combination < combinations; combination++) {
        struct disk disk = *start;
        int rest = combination, next = 0;
        for (int i = 0; i < cut; i++) {
            int choice = 1;
            if (next < count && pending[next] == i) {
                int choices = ops[i].call == CALL_WRITE ? 3 : 2;
                choice = rest % choices;
                rest /= choices;
                next++;
            }
            if (choice > 0)
                apply(&disk, &ops[i], choice == 2 ? ops[i].size / 2 : ops[i].size);
        }
        if (is_new(&disk))
            visit(&disk);
    }
}

static void start_recording(const struct disk *disk)
{
    live = *disk;
    op_count = 0;
    records = true;
}

/* ---- the tests ---- */

static int number, views_seen;

static void teardown(void)
{
    records = false;
    case_teardown();
}

static void check_disk(struct disk *disk)
{
    write_disk(disk);
    views_seen |= 1 << case_recover(number);
}

/* Its owner edits each of the files before somebody recovers. */
static void check_edits(struct disk *disk)
{
    for (int i = 0; i < CASE_FILES; i++) {
        WGCTL_STORE *store = NULL;
        if (case_kind(number, i) == CASE_UNUSED)
            continue;
        write_disk(disk);
        mkdir("sub", 0700);
        case_write(case_paths[i], case_edited, strlen(case_edited));
        assert_ok(wgctl_store_open(".", &store, &err));
        ck_assert(case_file_is(store, i, case_edited));
        assert_ok(wgctl_store_lock(store, &err));
        ck_assert(case_file_is(store, i, case_edited));
        case_view(store, number, i);
        const char *left = wgctl_store_left_alone(store);
        ck_assert_msg(!*left || strcmp(left, case_paths[i]) == 0, "%s", left);
    }
}

static void check_recovery(struct disk *disk)
{
    static struct disk start;
    struct op recorded[MOST_OPS];
    int recorded_count = op_count;
    memcpy(recorded, ops, sizeof recorded);
    check_disk(disk);
    check_edits(disk);

    start = *disk;
    write_disk(&start);
    read_disk(&start);
    start_recording(&start);
    case_recover(number);
    records = false;
    for (int cut = 0; cut <= op_count; cut++)
        for_each_disk(&start, cut, check_disk);
    memcpy(ops, recorded, sizeof recorded);
    op_count = recorded_count;
}

/* The calls of a commit of the case. */
static void record_commit(struct disk *ret_start)
{
    case_prepare(number);
    is_new(NULL);
    views_seen = 0;
    read_disk(ret_start);
    start_recording(ret_start);
    assert_ok(case_commit(number));
    records = false;
}

START_TEST(after_a_power_cut_all_is_old_or_new)
{
    static struct disk start;
    number = _i;
    record_commit(&start);
    for (int cut = 0; cut <= op_count; cut++)
        for_each_disk(&start, cut, check_recovery);
    ck_assert_int_eq(views_seen, 1 << CASE_IS_OLD | 1 << CASE_IS_NEW);
}
END_TEST

START_TEST(a_commit_that_returned_is_durable)
{
    static struct disk start;
    number = _i;
    record_commit(&start);
    for_each_disk(&start, op_count, check_disk);
    ck_assert_int_eq(views_seen, 1 << CASE_IS_NEW);
}
END_TEST

static int mixed_disks;

static void count_mixed(struct disk *disk)
{
    WGCTL_STORE *store = NULL;
    write_disk(disk);
    assert_ok(wgctl_store_open(".", &store, &err));
    assert_ok(wgctl_store_lock(store, &err));
    mixed_disks += case_find_view(store, number, -1) == 0;
}

/* The control: on a disk that ignores fsync(2), files are lost. */
START_TEST(without_fsync_some_disks_are_mixed)
{
    static struct disk start;
    number = CASE_REPLACED | CASE_REPLACED << 2;
    record_commit(&start);
    for (int i = 0; i < op_count; i++)
        if (ops[i].call == CALL_FSYNC)
            strcpy(ops[i].path, "elsewhere"), ops[i].file = FOLDER;
    mixed_disks = 0;
    for (int cut = 0; cut <= op_count && mixed_disks == 0; cut++)
        for_each_disk(&start, cut, count_mixed);
    ck_assert_int_gt(mixed_disks, 0);
}
END_TEST

static Suite *store_power_suite(void)
{
    Suite *suite = suite_create("store_power");
    TCase *tests = tcase_create("power");
    tcase_add_checked_fixture(tests, case_setup, teardown);
    tcase_add_loop_test(tests, after_a_power_cut_all_is_old_or_new, 1, CASE_COUNT);
    tcase_add_loop_test(tests, a_commit_that_returned_is_durable, 1, CASE_COUNT);
    tcase_add_test(tests, without_fsync_some_disks_are_mixed);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(store_power_suite());
}
