/* Lets every allocation of every command fail in turn: the one alone, and all from that one on. In
 * a build without sanitizers. With WGCTL_LONG=1 that is each allocation; else one of those that are
 * made by the same calls.
 *
 * Whatever fails, one of these holds:
 *   - exit status 0: output and files are those of a run in which nothing fails, byte for byte
 *   - exit status 1 or 2: an error is said, as JSON if that is asked for and memory is left for it;
 * the files are as they were, or those of such a run if the error says that the change was made
 *
 * usage: nomem WGCTL LIBRARY SAMPLES
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/drive.h"

/* A folder to start from, and a command. */
struct test {
    const char *start;
    const char *arguments; /* with one blank between two */
};

static const struct test tests[] = {
    {"nothing", "-C etc init --no-apply --firewall nftables --endpoint vpn.example.org "
                "--address 10.73.21.1/24 --dns 9.9.9.9 --egress eth0"},
    {"nothing", "--json -C etc init --no-apply --firewall iptables --endpoint vpn.example.org "
                "--address 10.73.21.1/24,fd5c:1:2:3::1/64"},
    {"nothing",
     "--dry-run -C etc init --no-apply --endpoint vpn.example.org --address 10.73.21.1/24"},
    {"server", "-C etc init --no-apply --endpoint vpn.example.org"},
    {"server", "-C etc add-peer new --no-apply"},
    {"server", "--json -C etc add-peer new --no-apply --note paper --expires 2030-01-01"},
    {"server",
     "-C etc add-peer one two --no-apply --no-psk --dns 1.1.1.1 --mtu 1400 --keepalive off"},
    {"server", "--json -C etc add-peer once --no-apply --no-store"},
    {"server", "-C etc add-peer once --no-apply --no-store"},
    {"server", "--color always -C etc add-peer code --no-apply --qr"},
    {"server", "-C etc add-peer picture --no-apply --png a.png --svg a.svg"},
    {"server", "-C etc add-peer router --no-apply --lan 192.168.9.0/24 --allowed-ips split "
               "--address 10.73.21.99"},
    {"server", "--dry-run -C etc add-peer new --no-apply"},
    {"server", "--json --dry-run -C etc add-peer new --no-apply"},
    {"server", "-C etc add-peer phone --no-apply"},
    {"server", "--json -C etc add-peer phone --no-apply"},
    {"server", "-y -C etc revoke phone tablet --no-apply"},
    {"server", "--json -y -C etc revoke phone --no-apply"},
    {"server", "--json --dry-run -C etc revoke phone --no-apply"},
    {"server", "-C etc revoke nobody --no-apply"},
    {"server", "-C etc edit-server --endpoint new.example.org"},
    {"server", "--json -C etc edit-server --endpoint 192.0.2.1:443"},
    {"server", "-C etc list"},
    {"server", "--json -C etc list"},
    {"server", "-C etc show phone"},
    {"server", "--json -C etc show phone"},
    {"server", "-C etc qr phone"},
    {"server", "-C etc qr phone --png b.png --svg b.svg"},
    {"server", "--help"},
    {"server", "--json -C etc nonsense"},
    {"by-hand", "-C etc adopt"},
    {"by-hand", "--json -C etc adopt"},
    {"pivpn", "--json -C etc adopt"},
    {"wg-easy-15", "--json -C etc adopt --endpoint vpn.example.org"},
    {"wg-easy-json", "--json -C etc adopt given/root/.wg-easy/wg0.json --endpoint vpn.example.org"},
    {"dsnet", "-y -C etc adopt given/etc/dsnetconfig.json"},
    {"dsnet", "--json --dry-run -C etc adopt given/etc/dsnetconfig.json"},
};

enum { TESTS = sizeof tests / sizeof *tests, ARGUMENTS = 32, WORKERS = 2 };

static char work_folder[] = "/tmp/nomem.XXXXXX", program[64], library[64];
static pid_t owner;

/* What fails; all zero: nothing. */
struct failure {
    unsigned long number; /* of the allocation, from 1 */
    bool all, in_child;
};

/* ---- calls ---- */

/* Calls wgctl in the current folder. The allocations are logged if `log` is given. */
static void call(const char *arguments, struct failure failure, const char *log, struct answer *ret)
{
    char words[512], number[48], seed[48], path[128], name[128], preload[128];
    const char *argv[ARGUMENTS] = {"wgctl"}, *environment[8] = {name, preload, number, seed};
    size_t count = 1, variables = 4;
    snprintf(words, sizeof words, "%s", arguments);
    for (char *word = strtok(words, " "); word && count < ARGUMENTS - 1; word = strtok(NULL, " "))
        argv[count++] = word;
    snprintf(name, sizeof name, "NOMEM_PROGRAM=%s", program);
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    snprintf(number, sizeof number, "NOMEM_FAIL=%lu", failure.number);
    snprintf(seed, sizeof seed, "NOMEM_SEED=%zu", strlen(arguments));
    if (log) {
        snprintf(path, sizeof path, "NOMEM_LOG=%s", log);
        environment[variables++] = path;
    }
    if (failure.all)
        environment[variables++] = "NOMEM_ALL=1";
    if (failure.in_child)
        environment[variables++] = "NOMEM_CHILD=1";
    drive_call(&(struct call){.program = program, .argv = argv, .environment = environment}, ret);
}

static void call_well(const char *arguments)
{
    DRIVE_ANSWER answer = {0};
    call(arguments, (struct failure){0}, NULL, &answer);
    if (answer.status != 0)
        drive_give_up("wgctl %s: %s", arguments, answer.err.data);
}

/* ---- folders ---- */

static void close_to_others(const char *path)
{
    WGCTL_TEXT command = {0};
    wgctl_text_format(&command, "find %s -type f -exec chmod 600 {} +", path);
    if (chmod(path, 0700) < 0 || system(command.data) != 0)
        drive_give_up("cannot change the modes in %s", path);
}

/* What another program left, and its /etc/wireguard as "etc". */
static void copy_sample(const char *name)
{
    WGCTL_TEXT from = {0}, start = {0}, given = {0}, etc = {0}, wireguard = {0};
    wgctl_text_format(&from, "samples/%s/given", name);
    wgctl_text_format(&start, "starts/%s", name);
    wgctl_text_format(&given, "%s/given", start.data);
    wgctl_text_format(&etc, "%s/etc", start.data);
    wgctl_text_format(&wireguard, "%s/etc/wireguard", given.data);
    mkdir(start.data, 0700);
    drive_copy(from.data, given.data);
    if (access(wireguard.data, F_OK) == 0)
        drive_copy(wireguard.data, etc.data);
    else
        mkdir(etc.data, 0700);
    close_to_others(etc.data);
}

static void make_starts(void)
{
    static const char *const samples[] = {"by-hand", "pivpn", "wg-easy-15", "wg-easy-json",
                                          "dsnet"};
    mkdir("starts", 0700);
    mkdir("starts/nothing", 0700);
    mkdir("starts/server", 0700);
    call_well(
        "-q -C starts/server/etc init --no-apply --firewall nftables --endpoint vpn.example.org "
        "--address 10.73.21.1/24,fd5c:1:2:3::1/64");
    call_well("-q -C starts/server/etc add-peer phone tablet --no-apply");
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        copy_sample(samples[i]);
}

/* Makes the folder "run" what the test starts from. */
static void begin(const struct test *test)
{
    char start[64];
    snprintf(start, sizeof start, "../starts/%s", test->start);
    drive_copy(start, "run");
}

/* ---- judging ---- */

/* Of a run in which nothing fails. */
struct expected {
    struct answer answer;
    struct wgctl_text before, after;
};

static bool is_same(const struct wgctl_text *a, const struct wgctl_text *b)
{
    return wgctl_slice_equal(wgctl_text_slice_of(a), wgctl_text_slice_of(b));
}

/* The first line in which two texts differ. */
static void put_difference(const char *what, const struct wgctl_text *got,
                           const struct wgctl_text *wanted, struct wgctl_text *ret)
{
    struct wgctl_slice rest[2] = {wgctl_text_slice_of(got), wgctl_text_slice_of(wanted)}, line[2];
    bool more[2];
    do
        for (int i = 0; i < 2; i++)
            more[i] = wgctl_slice_split(&rest[i], '\n', &line[i]);
    while (more[0] && more[1] && wgctl_slice_equal(line[0], line[1]));
    wgctl_text_format(ret, "%s: '%.*s', not '%.*s'; ", what, more[0] ? (int)line[0].size : 0,
                      more[0] ? line[0].data : "", more[1] ? (int)line[1].size : 0,
                      more[1] ? line[1].data : "");
}

static void judge_success(const struct answer *answer, const struct wgctl_text *after,
                          const struct expected *expected, struct wgctl_text *ret)
{
    if (!is_same(after, &expected->after))
        put_difference("files", after, &expected->after, ret);
    if (!is_same(&answer->out, &expected->answer.out))
        put_difference("output", &answer->out, &expected->answer.out, ret);
    if (!is_same(&answer->err, &expected->answer.err))
        put_difference("messages", &answer->err, &expected->answer.err, ret);
}

/* Lets the next command that changes something put the files in order. */
static void judge_next(const struct expected *expected, struct wgctl_text *ret)
{
    WGCTL_TEXT after = {0};
    DRIVE_ANSWER answer = {0};
    call("-y -C etc revoke nobody --no-apply", (struct failure){0}, NULL, &answer);
    drive_describe("./etc", &after);
    /* Pictures are no part of the transaction. */
    struct wgctl_slice now = wgctl_text_slice_of(&after);
    if (!memmem(expected->before.data, expected->before.size, now.data, now.size) &&
        !memmem(expected->after.data, expected->after.size, now.data, now.size))
        put_difference("files after the next command", &after, &expected->before, ret);
}

static void judge_refusal(const struct answer *answer, const struct wgctl_text *after,
                          const struct expected *expected, struct wgctl_text *ret)
{
    struct wgctl_slice err = wgctl_text_slice_of(&answer->err);
    const char *said = answer->err.data ? answer->err.data : "";
    bool done = strstr(said, "the change was made, but") != NULL;
    if (!(err.size > 0 && err.data[err.size - 1] == '\n' && strstr(said, "wgctl:")) &&
        !drive_is_json_error(err))
        wgctl_text_format(ret, "no error is said: '%s'; ", said);
    if (strstr(said, "the next command"))
        judge_next(expected, ret);
    else if (!is_same(after, done ? &expected->after : &expected->before))
        put_difference("files", after, done ? &expected->after : &expected->before, ret);
}

static void judge(struct failure failure, const struct answer *answer,
                  const struct expected *expected, struct wgctl_text *ret)
{
    WGCTL_TEXT after = {0}, faults = {0};
    drive_describe(".", &after);
    if (answer->status == 0)
        judge_success(answer, &after, expected, &faults);
    else if (answer->status == 1 || answer->status == 2)
        judge_refusal(answer, &after, expected, &faults);
    else
        wgctl_text_format(&faults, "%s; ", answer->err.data ? answer->err.data : "it says nothing");
    if (faults.size > 0)
        wgctl_text_format(ret, "%s%lu%s, exit status %d: %s\n",
                          failure.in_child ? "the child's " : "", failure.number,
                          failure.all ? " and all later ones" : "", answer->status, faults.data);
}

/* ---- runs ---- */

/* The numbers of the allocations that are to fail. */
struct numbers {
    unsigned long *items;
    size_t count, capacity;
    unsigned long all; /* how many allocations there are */
};

static void add_number(struct numbers *numbers, unsigned long number)
{
    unsigned long *items =
        wgctl_array_grow(numbers->items, numbers->count, &numbers->capacity, sizeof *items);
    if (!items)
        drive_give_up("out of memory");
    numbers->items = items;
    items[numbers->count++] = number;
}

static void read_log(const char *log, struct numbers *ret)
{
    WGCTL_TEXT text = {0};
    if (access(log, F_OK) == 0)
        drive_read(log, &text);
    size_t count = text.size / sizeof(uint64_t);
    const bool all = getenv("WGCTL_LONG");
    uint64_t *sums = calloc(count + 1, sizeof *sums);
    if (!sums)
        drive_give_up("out of memory");
    if (text.size)
        memcpy(sums, text.data, count * sizeof *sums);
    for (size_t i = 0; i < count; i++) {
        size_t before = 0;
        while (sums[before] != sums[i])
            before++;
        if (all || before == i)
            add_number(ret, i + 1);
    }
    ret->all = count;
    free(sums);
}

static void enter(const char *folder)
{
    if (chdir(folder) < 0)
        drive_give_up("cannot enter %s", folder);
}

/* Calls wgctl in the folder "run", made anew, and stays there. */
static void run(const struct test *test, struct failure failure, const char *log,
                struct wgctl_text *ret_before, struct answer *ret)
{
    begin(test);
    enter("run");
    if (ret_before)
        drive_describe(".", ret_before);
    call(test->arguments, failure, log, ret);
}

/* A run in which nothing fails. */
static void run_well(const struct test *test, bool in_child, const char *log, struct expected *ret)
{
    *ret = (struct expected){0};
    run(test, (struct failure){.in_child = in_child}, log, &ret->before, &ret->answer);
    drive_describe(".", &ret->after);
    enter("..");
}

static void expected_clear(struct expected *expected)
{
    drive_answer_clear(&expected->answer);
    wgctl_text_clear(&expected->before);
    wgctl_text_clear(&expected->after);
}

static void run_badly(const struct test *test, struct failure failure,
                      const struct expected *expected, struct wgctl_text *ret)
{
    DRIVE_ANSWER answer = {0};
    run(test, failure, NULL, NULL, &answer);
    judge(failure, &answer, expected, ret);
    enter("..");
}

static void enter_new(const char *folder)
{
    mkdir(folder, 0700);
    enter(folder);
}

/* Each worker takes every second number. Its faults go to the file "faults" in its folder. */
static _Noreturn void work(const struct test *test, const struct numbers numbers[2],
                           unsigned worker)
{
    char folder[16];
    WGCTL_TEXT faults = {0};
    snprintf(folder, sizeof folder, "worker%u", worker);
    enter_new(folder);
    for (int in_child = 0; in_child < 2; in_child++) {
        struct expected expected;
        run_well(test, in_child, NULL, &expected);
        for (size_t i = worker; i < numbers[in_child].count; i += WORKERS)
            for (int all = 0; all < 2; all++)
                run_badly(test,
                          (struct failure){.number = numbers[in_child].items[i],
                                           .all = all,
                                           .in_child = in_child},
                          &expected, &faults);
        expected_clear(&expected);
    }
    drive_write("faults", faults.data ? faults.data : "", faults.size);
    _exit(EXIT_SUCCESS);
}

static void work_together(const struct test *test, const struct numbers numbers[2],
                          struct wgctl_text *ret_faults)
{
    pid_t workers[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++)
        if ((workers[i] = fork()) == 0)
            work(test, numbers, i);
    for (unsigned i = 0; i < WORKERS; i++) {
        char path[32];
        int status;
        snprintf(path, sizeof path, "worker%u/faults", i);
        if (waitpid(workers[i], &status, 0) < 0 || status != 0)
            drive_give_up("worker %u came to grief", i);
        drive_read(path, ret_faults);
        drive_remove(path);
    }
}

static void test_one(const struct test *test)
{
    struct numbers numbers[2] = {0};
    WGCTL_TEXT faults = {0}, what = {0}, log = {0};
    wgctl_text_format(&log, "%s/log", work_folder);
    enter_new("count");
    for (int in_child = 0; in_child < 2; in_child++) {
        struct expected expected;
        drive_remove(log.data);
        run_well(test, in_child, log.data, &expected);
        expected_clear(&expected);
        read_log(log.data, &numbers[in_child]);
    }
    enter("..");
    work_together(test, numbers, &faults);
    wgctl_text_format(&what, "'%s' on %s, with each of %zu of %lu allocations failing",
                      test->arguments, test->start, numbers[0].count + numbers[1].count,
                      numbers[0].all + numbers[1].all);
    drive_report(faults.size == 0 && numbers[0].count > 0, what.data, wgctl_text_slice_of(&faults));
    free(numbers[0].items);
    free(numbers[1].items);
}

/* ---- a host of its own ---- */

static void hide(const char *folder)
{
    if (mount("none", folder, "tmpfs", 0, "mode=700") < 0)
        drive_give_up("cannot hide %s", folder);
}

static void clean_up(void)
{
    if (getpid() == owner && chdir("/") == 0 && umount2(work_folder, MNT_DETACH) == 0)
        rmdir(work_folder);
}

/* The folder is in memory. Adopting looks into homes, and turns forwarding on: this machine's stay
 * out of it. */
static void make_host(void)
{
    personality(ADDR_NO_RANDOMIZE);
    if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        drive_give_up("cannot make a namespace");
    hide(work_folder);
    hide("/etc/sysctl.d");
    unsetenv("WGCTL_INTERFACE");
    unsetenv("NO_COLOR");
}

static void copy_into_host(const char *from, const char *name)
{
    WGCTL_TEXT to = {0};
    wgctl_text_format(&to, "%s/%s", work_folder, name);
    drive_copy(from, to.data);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: nomem WGCTL LIBRARY SAMPLES\n");
        return 2;
    }
    if (!mkdtemp(work_folder))
        drive_give_up("cannot make a folder");
    owner = getpid();
    atexit(clean_up);
    make_host();
    snprintf(program, sizeof program, "%s/wgctl", work_folder);
    snprintf(library, sizeof library, "%s/nomem.so", work_folder);
    copy_into_host(argv[1], "wgctl");
    copy_into_host(argv[2], "nomem.so");
    copy_into_host(argv[3], "samples");
    hide("/root");
    hide("/home");
    enter(work_folder);
    make_starts();
    for (size_t i = 0; i < TESTS; i++)
        test_one(&tests[i]);
    return drive_finish();
}
