#include "cli/refusals.h"

#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/key.h"

const char *input, *forbidden[4];
uid_t as;
char own_key[64], taken_key[64], disabled_key[64];

/* cmd/main.c, under another name. */
int wgctl_main(int argc, char **argv);

/* Looking for leaks takes most of the time: one call in seven is enough, and all with WGCTL_LONG=1.
 * It cannot be done without the right to trace a process that made itself undumpable. */
static unsigned calls;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    enum { EACH = 7 };
    return geteuid() != 0 || (calls % EACH != 1 && !getenv("WGCTL_LONG"));
}

/* A sanitizer's report gets an exit status that wgctl never uses. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "exitcode=99";
}
const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
    return "exitcode=99:print_stacktrace=1";
}

void call_wgctl(const char *const argv[], struct answer *ret)
{
    calls++;
    drive_call(&(struct call){.main = wgctl_main, .argv = argv, .input = input, .uid = as}, ret);
}

void must_succeed(const char *const argv[])
{
    DRIVE_ANSWER answer;
    call_wgctl(argv, &answer);
    if (answer.status != 0)
        drive_give_up("wgctl %s %s: %s", argv[1], argv[2], answer.err.data);
}

/* ---- texts ---- */

const char *title(const char *format, ...)
{
    static char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return text;
}

const char *quoted(const char *value)
{
    static char text[80];
    size_t size = strlen(value);
    if (size <= 30)
        snprintf(text, sizeof text, "'%s'", value);
    else
        snprintf(text, sizeof text, "'%.30s'... (%zu bytes)", value, size);
    return text;
}

bool is_utf8(struct wgctl_slice text)
{
    size_t size = 1;
    for (unsigned code; text.size > 0 && size > 0; text.data += size, text.size -= size)
        size = wgctl_slice_character(text, &code);
    return size > 0;
}

bool has_escapes(struct wgctl_slice text)
{
    while (text.size > 0) {
        unsigned code;
        size_t size = wgctl_slice_character(text, &code);
        if (size > 0 && wgctl_is_harmful(code) && code != '\t' && code != '\n' && code != 0x7f)
            return true;
        text.data += size ? size : 1;
        text.size -= size ? size : 1;
    }
    return false;
}

void make_public_key(char ret[64])
{
    struct wgctl_key secret, public_key;
    struct wgctl_error err;
    wgctl_key_generate_private(&secret);
    if (wgctl_key_public(&secret, &public_key, &err) < 0)
        drive_give_up("%s", err.message);
    wgctl_key_format(&public_key, ret);
}

/* ---- secrets ---- */

enum { DIGITS = 43, SHOWN = 12, SECRETS_MAX = 32 };

static bool is_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/* Whether a key begins there. */
static bool is_key(const char *text)
{
    size_t digits = 0;
    while (is_digit(text[digits]))
        digits++;
    return digits >= DIGITS && text[digits] == '=';
}

/* Puts the beginnings of the private and preshared keys in a description of files into `ret`. */
static size_t find_secrets(const char *files, char ret[SECRETS_MAX][SHOWN + 1])
{
    static const char *const names[] = {"PrivateKey = ", "PresharedKey = "};
    size_t count = 0;
    for (size_t i = 0; i < COUNT(names); i++)
        for (const char *at = files; (at = strstr(at, names[i])) && count < SECRETS_MAX;) {
            at += strlen(names[i]);
            if (is_key(at))
                snprintf(ret[count++], SHOWN + 1, "%s", at);
        }
    return count;
}

static void find_shown_keys(const char *said, const struct wgctl_text *files,
                            struct wgctl_text *ret)
{
    char secrets[SECRETS_MAX][SHOWN + 1];
    size_t count = find_secrets(files->data ? files->data : "", secrets);
    for (const char *at = said; *at; at++)
        if (is_key(at)) {
            wgctl_text_string(ret, "it shows a key\n");
            break;
        }
    for (size_t i = 0; i < count; i++)
        if (strstr(said, secrets[i]))
            wgctl_text_string(ret, "it shows a part of a key\n");
    for (size_t i = 0; i < COUNT(forbidden) && forbidden[i]; i++)
        if (strstr(said, forbidden[i]))
            wgctl_text_format(ret, "it shows '%s'\n", forbidden[i]);
}

/* ---- a refusal ---- */

static bool matches(const char *regex, const char *text)
{
    regex_t compiled;
    if (regcomp(&compiled, regex, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) != 0)
        drive_give_up("wrong regular expression: %s", regex);
    bool found = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

static void judge_message(const struct answer *answer, const char *regex,
                          const struct wgctl_text *files, struct wgctl_text *ret)
{
    const char *said = answer->err.data ? answer->err.data : "";
    if (answer->status != 1)
        wgctl_text_format(ret, "exit status %d, not 1\n", answer->status);
    if (answer->out.size > 0)
        wgctl_text_format(ret, "on standard output: %s\n", answer->out.data);
    if (!matches(regex, said))
        wgctl_text_format(ret, "the message does not match: %s\n", regex);
    if (has_escapes(wgctl_text_slice_of(&answer->err)))
        wgctl_text_string(ret, "there are escape sequences in it\n");
    if (!is_utf8(wgctl_text_slice_of(&answer->err)))
        wgctl_text_string(ret, "it is not UTF-8\n");
    if (as == 0 && strstr(said, "sudo "))
        wgctl_text_string(ret, "it tells root to use sudo\n");
    if (strstr(said, "Sanitizer") || strstr(said, "runtime error"))
        wgctl_text_string(ret, "a sanitizer's report\n");
    find_shown_keys(said, files, ret);
}

/* The message, the hint, and nothing else. */
static void judge_lines(const struct answer *answer, struct wgctl_text *ret)
{
    struct wgctl_slice rest = wgctl_text_slice_of(&answer->err), line[3];
    size_t count = 0;
    while (count < 3 && wgctl_slice_split(&rest, '\n', &line[count]))
        count++;
    if (count != 3 || line[2].size > 0 || rest.data)
        wgctl_text_string(ret, "not two lines\n");
    if (count < 2 || !wgctl_slice_starts(line[1], "  -> ") || line[1].size == strlen("  -> "))
        wgctl_text_string(ret, "no hint what to do next\n");
}

static void call_and_judge(const char *const argv[], bool json, const char *regex,
                           const struct wgctl_text *files, struct wgctl_text *ret)
{
    enum { ARGUMENTS = 32 };
    const char *words[ARGUMENTS] = {argv[0], "--json"}, *expected = ".";
    char whole[512];
    size_t count = json ? 2 : 1, faults = ret->size;
    for (size_t i = 1; argv[i]; i++)
        words[count++] = argv[i];
    DRIVE_ANSWER answer;
    call_wgctl(words, &answer);
    if (!json) {
        snprintf(whole, sizeof whole, "^wgctl: .*(%s)", regex);
        expected = whole;
    }
    judge_message(&answer, expected, files, ret);
    if (!json)
        judge_lines(&answer, ret);
    else if (!drive_is_json_error(wgctl_text_slice_of(&answer.err)))
        wgctl_text_string(ret, "not one JSON error\n");
    if (ret->size > faults)
        wgctl_text_format(ret, "%s%s\n", json ? "with --json: " : "",
                          answer.err.data ? answer.err.data : "nothing was said");
}

void refuses(const char *what, const char *regex, const char *const argv[])
{
    WGCTL_TEXT before = {0}, after = {0}, faults = {0};
    drive_describe("etc", &before);
    drive_copy("etc", "saved");
    call_and_judge(argv, false, regex, &before, &faults);
    call_and_judge(argv, true, regex, &before, &faults);
    drive_describe("etc", &after);
    if (!wgctl_slice_equal(wgctl_text_slice_of(&before), wgctl_text_slice_of(&after))) {
        wgctl_text_string(&faults, "files were changed\n");
        drive_copy("saved", "etc");
    }
    drive_report(faults.size == 0, what, wgctl_text_slice_of(&faults));
}

/* ---- the folder ---- */

void fresh(void)
{
    drive_copy("pristine", "etc");
    input = NULL;
    as = 0;
    memset(forbidden, 0, sizeof forbidden);
}

/* The value of the first line that begins so. */
static void find_value(const char *text, const char *name, char ret[64])
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\n%s = ", name);
    const char *found = strstr(text, wanted);
    if (!found)
        drive_give_up("there is no %s", name);
    snprintf(ret, 64, "%.44s", found + strlen(wanted));
}

static void find_keys(const char *conf)
{
    char secret[64];
    struct wgctl_key key, public_key;
    struct wgctl_error err;
    find_value(conf, "PrivateKey", secret);
    find_value(conf, "PublicKey", taken_key);
    find_value(conf, "#- PublicKey", disabled_key);
    if (wgctl_key_parse(wgctl_slice_of(secret), &key, &err) < 0 ||
        wgctl_key_public(&key, &public_key, &err) < 0)
        drive_give_up("%s", err.message);
    wgctl_key_format(&public_key, own_key);
}

/* Puts "#- " before every line of a peer's block. */
static void disable(const char *name, struct wgctl_text *conf)
{
    WGCTL_TEXT changed = {0};
    char mark[64];
    snprintf(mark, sizeof mark, "[Peer]\n# friendly_name = %s\n", name);
    const char *begin = strstr(conf->data, mark);
    if (!begin)
        drive_give_up("there is no peer %s", name);
    const char *end = strstr(begin, "\n\n");
    if (!end)
        drive_give_up("nothing is behind %s", name);
    struct wgctl_slice block = {begin, (size_t)(end - begin)}, line;
    wgctl_text_append(&changed, conf->data, (size_t)(begin - conf->data));
    while (wgctl_slice_split(&block, '\n', &line))
        wgctl_text_format(&changed, "#- %.*s\n", (int)line.size, line.data);
    wgctl_text_string(&changed, end + 1);
    wgctl_text_clear(conf);
    *conf = changed;
    changed = (struct wgctl_text){0};
}

static void make_pristine(void)
{
    WGCTL_TEXT conf = {0};
    MUST("-C", "pristine", "init", "--no-apply", "--address", "10.73.21.1/24,fd5c:1:2:3::1/64",
         "--listen-port", "51820", "--mtu", "1420", "--firewall", "nftables", "--endpoint",
         "vpn.example.org");
    MUST("-C", "pristine", "add-peer", "phone", "old", "laptop", "--no-apply");
    drive_read("pristine/wg0.conf", &conf);
    disable("old", &conf);
    drive_write("pristine/wg0.conf", conf.data, conf.size);
    find_keys(conf.data);
}

static char work_folder[] = "/tmp/refusals.XXXXXX";
static pid_t owner;

static void clean_up(void)
{
    if (getpid() == owner && chdir("/") == 0 && umount2(work_folder, MNT_DETACH) == 0)
        rmdir(work_folder);
}

/* Harm done by a failing test stays in memory. */
static void hide(const char *folder)
{
    if (mount("none", folder, "tmpfs", 0, "mode=755") < 0)
        drive_give_up("cannot hide %s", folder);
}

void refusals_begin(void)
{
    struct wgctl_error err;
    setenv("LC_ALL", "C", 1);
    setenv("TERM", "xterm", 1);
    unsetenv("WGCTL_INTERFACE");
    unsetenv("SUDO_UID"); /* with it, root is somebody who has to type sudo again */
    unsetenv("NO_COLOR");
    if (!mkdtemp(work_folder))
        drive_give_up("cannot make a folder");
    owner = getpid();
    atexit(clean_up);
    if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        drive_give_up("cannot make namespaces");
    hide(work_folder);
    hide("/run");
    hide("/etc/sysctl.d");
    if (chdir(work_folder) < 0)
        drive_give_up("cannot enter %s", work_folder);
    if (wgctl_key_setup(&err) < 0)
        drive_give_up("%s", err.message);
    make_pristine();
    fresh();
}
