/* Compares how wg(8) and wgctl interpret files. wg(8) sends its result to a userspace process,
 * which the test provides. */
#include <fcntl.h>
#include <spawn.h>

#include "conf/server_check.h"
#include "conf/server_read.h"
#include "conf/strict.h"
#include "generate.h"
#include "responder.h"
#include "run/private.h"

/* ---- the oracle: wg(8) ---- */

static void write_conf(const char *content, size_t size)
{
    FILE *file = fopen("/run/wgt0.conf", "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* Returns whether the program, which must be installed, exits with 0. */
static bool succeeds(char *const argv[], const char *output)
{
    extern char **environ;
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int rc = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    ck_assert_msg(rc == 0, "%s (of wireguard-tools) is needed", argv[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    return WEXITSTATUS(status) == 0;
}

static bool wg_takes_file(const char *verb, const char *path)
{
    char *argv[] = {"wg", (char *)verb, "wgt0", (char *)path, NULL};
    stage->heard_size = 0;
    return succeeds(argv, "/dev/null");
}

/* "setconf" sends all settings of the interface, "addconf" only those in the file. */
static bool wg_takes(const char *verb)
{
    return wg_takes_file(verb, "/run/wgt0.conf");
}

/* Passes the file through `wg-quick strip` first. */
static bool wg_quick_takes(void)
{
    char *argv[] = {"wg-quick", "strip", "/run/wgt0.conf", NULL};
    return succeeds(argv, "/run/stripped.conf") && wg_takes_file("setconf", "/run/stripped.conf");
}

/* Returns what the process received, as a device. */
static struct wgctl_device said(void)
{
    WGCTL_TEXT text = heard();
    WGCTL_TEXT answer = {0};
    struct wgctl_device device = {0};
    ck_assert_uint_gt(text.size, strlen("set=1\n"));
    wgctl_text_append(&answer, text.data + strlen("set=1\n"), text.size - strlen("set=1\n") - 1);
    wgctl_text_string(&answer, OK);
    answer_with(answer.data);
    int rc = read_userspace("wgt0", &device, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s:\n%s", err.message, answer.data);
    stage->heard_size = 0;
    for (size_t i = 0; i < device.peer_count; i++)
        for (size_t k = 0; k < device.peers[i].allowed_ips.count; k++) {
            struct wgctl_prefix *prefix = &device.peers[i].allowed_ips.items[k];
            *prefix = wgctl_prefix_mask(*prefix);
        }
    wgctl_device_sort(&device);
    return device;
}

/* Our interpretation of a file. The device borrows lists from the server. */
struct meaning {
    struct wgctl_server server;
    struct wgctl_device device;
};

static void clear_meaning(struct meaning *meaning)
{
    wgctl_device_clear(&meaning->device);
    wgctl_server_clear(&meaning->server);
}
#define MEANING __attribute__((cleanup(clear_meaning))) struct meaning

static bool wgctl_takes(const char *content, size_t size, struct meaning *ret)
{
    struct wgctl_text source = text_of_slice((struct wgctl_slice){content, size});
    return wgctl_server_parse("wgt0.conf", &source, &ret->server, &err) == WGCTL_OK &&
           wgctl_server_check(&ret->server, &err) == WGCTL_OK &&
           wgctl_device_desired(&ret->server, WGCTL_LOOKUP_CHANGED, NULL, NULL, &ret->device,
                                &err) == WGCTL_OK;
}

static void assert_same_device(const struct wgctl_device *actual,
                               const struct wgctl_device *expected)
{
    WGCTL_TEXT left = {0}, right = {0};
    describe(actual, &left);
    describe(expected, &right);
    assert_text(&left, right.data);
}

#define INTERFACE "[Interface]\nPrivateKey = " PRIVATE "\n"
#define PEER INTERFACE "[Peer]\nPublicKey = " ALICE "\n"

static const char *const valid[] = {
    "",
    "\n\n# nothing\n",
    "[Interface]\n",
    INTERFACE,
    INTERFACE "ListenPort = 51820\n",
    INTERFACE "ListenPort = 0\n",
    INTERFACE "ListenPort = 65535\n",
    INTERFACE "ListenPort = 0080\n",
    INTERFACE "ListenPort = 5 18 20\n",
    INTERFACE "FwMark = 51820\n",
    INTERFACE "FwMark = 0xca6C\n",
    INTERFACE "FwMark = 010\n",
    INTERFACE "FwMark = off\n",
    INTERFACE "FwMark = OFF\n",
    INTERFACE "FwMark = 0\n",
    INTERFACE "FwMark = 4294967295\n",
    INTERFACE "FwMark = 0xffffffff\n",
    "[Interface]\nListenPort = 51820\n",
    "[Interface]\nListenPort = 1\nListenPort = 2\n",
    INTERFACE "[Interface]\nListenPort = 1\n",
    "[Peer]\nPublicKey = " ALICE "\n",
    "[Peer]\nPublicKey = " ALICE "\n" INTERFACE,
    PEER,
    PEER "PresharedKey = " PSK "\n",
    PEER "PresharedKey = " ZERO "\n",
    PEER "AllowedIPs = 10.0.0.2/32, fd00::2/128\n",
    PEER "AllowedIPs = 10.0.0.2\nAllowedIPs = fd00::2\n",
    PEER "AllowedIPs = 10.0.0.2/24, fd00::2/64\n",
    PEER "AllowedIPs = 0.0.0.0/0, ::/0\n",
    PEER "AllowedIPs = 10.0.0.0/08, ::ffff:10.0.0.1, FD00:0:0::A/128\n",
    PEER "AllowedIPs = 10.0.0.1#, 10.0.0.2\n",
    PEER "AllowedIPs = 10 . 0.0.1 ,10.0.0. 2\n",
    PEER "PersistentKeepalive = 25\n",
    PEER "PersistentKeepalive = off\n",
    PEER "PersistentKeepalive = 65535\n",
    PEER "PersistentKeepalive = 0\n",
    PEER "Endpoint = 192.0.2.1:51820\n",
    PEER "Endpoint = [2001:db8::1]:51820\n",
    PEER "Endpoint = [fe80::1%lo]:1\n",
    PEER "Endpoint = localhost:51820\n",
    PEER "Endpoint = 192.0.2.1:1\nEndpoint = 192.0.2.2:2\n",
    PEER "[Peer]\nPublicKey = " BOB "\nAllowedIPs = 10.0.0.3/32\nPresharedKey = " PSK "\n",
    PEER "#- [Peer]\n#- PublicKey = " BOB "\n#- AllowedIPs = 10.0.0.3\n",
    PEER "#- [Peer]\n#- PublicKey = " BOB "\nAllowedIPs = 10.0.0.3\n",
    INTERFACE "#- [Peer]\n\n#- PublicKey = " BOB "\n#- a list\n#- [Interface]\nListenPort = 1\n",
    PEER "#- [Peer]\n#- PublicKey = " BOB "\n#- # a note\n\n# [Peer]\nPresharedKey = " PSK "\n",
    "[interface]\nprivatekey=" PRIVATE "\n[PEER]\nPUBLICKEY=" ALICE "\nallowedips=10.0.0.1\n",
    "[ Inter face ]\nPri vate Key = " PRIVATE "\n[\tPeer ]\nPublicKey\t=\t" ALICE "\t# Alice\n",
    "[Interface]\r\nPrivateKey = " PRIVATE "\r\n[Peer]\r\nPublicKey = " ALICE "\r\n",
    "[Interface]\f\n\vListenPort\f=\v51820",
    "  [Interface]#one\n  ListenPort = 1 #two\n#ListenPort = 2\n#three\n",
};
enum { VALID = sizeof valid / sizeof *valid };

START_TEST(a_valid_file_means_to_us_what_it_means_to_wg)
{
    MEANING ours = {0};
    WGCTL_DEVICE all = {0};
    const char *content = valid[_i];
    write_conf(content, strlen(content));
    ck_assert_msg(wgctl_takes(content, strlen(content), &ours), "%s\nin\n%s", err.message, content);
    ck_assert_msg(wg_takes("addconf"), "wg refuses\n%s", content);
    WGCTL_DEVICE mentioned = said();
    assert_same_device(&ours.device, &mentioned);

    ck_assert(wg_takes("setconf"));
    all = said();
    ours.device.has_private_key = ours.device.has_listen_port = true;
    ours.device.has_fwmark = true;
    assert_same_device(&ours.device, &all);
}
END_TEST

START_TEST(what_we_say_of_a_valid_file_is_what_wg_says)
{
    MEANING ours = {0};
    WGCTL_DEVICE nothing = {0};
    WGCTL_PLAN plan = {0};
    const char *content = valid[_i];
    write_conf(content, strlen(content));
    ck_assert(wgctl_takes(content, strlen(content), &ours));
    ck_assert(wg_takes("setconf"));
    WGCTL_DEVICE theirs = said();
    ck_assert_int_eq(wgctl_plan_make(NULL, &ours.device, &nothing, &plan, &err), WGCTL_OK);
    ck_assert_int_eq(write_userspace("wgt0", &plan, NULL, &err), WGCTL_OK);
    WGCTL_DEVICE written = said();
    /* A new interface has neither of them, so they are not sent. */
    written.has_private_key = written.has_listen_port = written.has_fwmark = true;
    assert_same_device(&written, &theirs);
}
END_TEST

static const char *const invalid[] = {
    "nonsense\n",
    "PrivateKey = " PRIVATE "\n",
    "\xef\xbb\xbf" INTERFACE,
    "[Interface]x\n",
    "[Interface\n",
    "[Server]\n",
    "[]\n",
    INTERFACE "; a comment\n",
    INTERFACE "PublicKey = " ALICE "\n",
    INTERFACE "Colour = red\n",
    INTERFACE "ListenPort\n",
    INTERFACE "ListenPort =\n",
    INTERFACE "ListenPort = -1\n",
    INTERFACE "ListenPort = 0x10\n",
    INTERFACE "ListenPort = off\n",
    INTERFACE "FwMark = 4294967296\n",
    INTERFACE "FwMark = 0x100000000\n",
    INTERFACE "FwMark = 0x\n",
    INTERFACE "FwMark = 0X10\n",
    INTERFACE "FwMark = -1\n",
    "[Interface]\nPrivateKey =\n",
    "[Interface]\nPrivateKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Y\n",
    "[Interface]\nPrivateKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Z=\n",
    "[Interface]\nPrivateKey = " PRIVATE "=\n",
    "[Interface]\rPrivateKey = " PRIVATE "\r",
    INTERFACE "[Peer]\n",
    INTERFACE "Address\t= 10.0.0.1/24\n[ Interface ]\nAddress = 10.0.0.2/24\n",
    INTERFACE "Add ress = 10.0.0.1/24\n",
    INTERFACE "SaveConfig = yes\n",
    PEER "AllowedIPs = +10.0.0.0/8\n",
    INTERFACE "[Peer]\nAllowedIPs = 10.0.0.1\n",
    INTERFACE "[Peer]\n[Peer]\nPublicKey = " ALICE "\n",
    PEER "ListenPort = 51820\n",
    PEER "PrivateKey = " PRIVATE "\n",
    PEER "AllowedIPs =\n",
    PEER "AllowedIPs = # none\n",
    PEER "AllowedIPs = 10.0.0.1,\n",
    PEER "AllowedIPs = ,10.0.0.1\n",
    PEER "AllowedIPs = 10.0.0.1,,10.0.0.2\n",
    PEER "AllowedIPs = 010.0.0.1\n",
    PEER "AllowedIPs = 10.1\n",
    PEER "AllowedIPs = 10.0.0.1/33\n",
    PEER "AllowedIPs = fd00::/129\n",
    PEER "AllowedIPs = 10.0.0.0/\n",
    PEER "AllowedIPs = 10.0.0.0/+8\n",
    PEER "AllowedIPs = 10.0.0.0/8/8\n",
    PEER "AllowedIPs = example.org\n",
    PEER "PersistentKeepalive =\n",
    PEER "PersistentKeepalive = 65536\n",
    PEER "PersistentKeepalive = +25\n",
    PEER "PersistentKeepalive = 0x19\n",
    PEER "Endpoint =\n",
    PEER "Endpoint = 192.0.2.1\n",
    PEER "Endpoint = [2001:db8::1]\n",
    PEER "Endpoint = [2001:db8::1:51820\n",
    PEER "Endpoint = 192.0.2.1:\n",
    PEER "Endpoint = 192.0.2.1:-5\n",
};
enum { INVALID = sizeof invalid / sizeof *invalid };

START_TEST(an_invalid_file_is_refused_by_us_and_by_wg)
{
    MEANING ours = {0};
    const char *content = invalid[_i];
    write_conf(content, strlen(content));
    ck_assert_msg(!wgctl_takes(content, strlen(content), &ours), "we take\n%s", content);
    ck_assert_msg(!wg_takes("setconf"), "wg takes\n%s", content);
    ck_assert_uint_eq(stage->heard_size, 0);
}
END_TEST

#define FILE_OF(string) string, sizeof string - 1

/* Files that wg-quick and wg accept and we refuse, for each of the reasons. */
static const struct {
    enum wgctl_strict rule;
    const char *content;
    size_t size;
} stricter[] = {
    {WGCTL_STRICT_NUL, FILE_OF(INTERFACE "# a\0b\n")},
    {WGCTL_STRICT_NUL, FILE_OF(PEER "AllowedIPs = 10.0.0.1\0, 10.0.0.2\n")},
    {WGCTL_STRICT_ZERO_KEY, FILE_OF("[Interface]\nPrivateKey = " ZERO "\n")},
    {WGCTL_STRICT_ZERO_KEY, FILE_OF("[Peer]\nPublicKey = " ZERO "\n")},
    {WGCTL_STRICT_OWN_KEY, FILE_OF(INTERFACE "[Peer]\nPublicKey = " PUBLIC "\n")},
    {WGCTL_STRICT_SAME_KEY, FILE_OF(PEER "[Peer]\nPublicKey = " ALICE "\n")},
    {WGCTL_STRICT_SAME_NETWORK, FILE_OF(PEER "AllowedIPs = 10.0.0.1, 10.0.0.1\n")},
    {WGCTL_STRICT_SAME_NETWORK, FILE_OF(PEER "AllowedIPs = 10.0.0.0/24, 10.0.0.0/24\n")},
    {WGCTL_STRICT_SECOND_KEY, FILE_OF(PEER "PublicKey = " BOB "\n")},
    {WGCTL_STRICT_SECOND_KEY, FILE_OF(PEER "PresharedKey = " PSK "\nPresharedKey = " ZERO "\n")},
    {WGCTL_STRICT_SAME_NETWORK,
     FILE_OF(PEER "AllowedIPs = ::/0\n[Peer]\nPublicKey = " BOB "\nAllowedIPs = ::/0\n")},
    {WGCTL_STRICT_LISTEN_PORT, FILE_OF(INTERFACE "ListenPort = 65536\n")},
    {WGCTL_STRICT_LISTEN_PORT, FILE_OF(INTERFACE "ListenPort = 70000\n")},
    {WGCTL_STRICT_LISTEN_PORT, FILE_OF(INTERFACE "ListenPort = domain\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = 2001:db8::1:51820\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = [192.0.2.1]:51820\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = [localhost]:51820\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = 127.1:51820\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = 192.0.2.010:51820\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = 192.0.2.0x10:51820\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = 3221225985:51820\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = 192.0.2.1:+5\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = 192.0.2.1:0\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = 192.0.2.1:65536\n")},
    {WGCTL_STRICT_ENDPOINT, FILE_OF(PEER "Endpoint = 192.0.2.1:domain\n")},
    {WGCTL_STRICT_MTU, FILE_OF(INTERFACE "MTU = 02614\n")},
    {WGCTL_STRICT_MTU, FILE_OF(INTERFACE "MTU = 14 20\n")},
    {WGCTL_STRICT_ADDRESS, FILE_OF(INTERFACE "Address = 10.1/16\n")},
    {WGCTL_STRICT_DISABLED, FILE_OF(PEER "#- [Peer]\n#- AllowedIPs = 10.0.0.2\n")},
    {WGCTL_STRICT_DISABLED, FILE_OF(PEER "#- [Peer]\n#- PublicKey = nonsense\n")},
    {WGCTL_STRICT_SYNTAX, FILE_OF(INTERFACE "PostUp\n")},
};
enum { STRICTER = sizeof stricter / sizeof *stricter };

START_TEST(we_refuse_what_wg_misunderstands_and_say_what_to_do)
{
    MEANING ours = {0};
    write_conf(stricter[_i].content, stricter[_i].size);
    ck_assert_msg(!wgctl_takes(stricter[_i].content, stricter[_i].size, &ours), "we take\n%s",
                  stricter[_i].content);
    ck_assert_str_eq(err.hint, wgctl_strict_rules[stricter[_i].rule].fix);
    ck_assert_msg(strncmp(err.message, "wgt0.conf:", 10) == 0, "%s", err.message);
    ck_assert_msg(wg_quick_takes(), "they refuse, no difference is left\n%s", stricter[_i].content);
}
END_TEST

START_TEST(each_place_where_we_are_stricter_is_tried)
{
    for (int rule = 0; rule < WGCTL_STRICT_COUNT; rule++) {
        bool tried = rule == WGCTL_STRICT_SIGN; /* only newer versions of wg support them */
        for (size_t i = 0; i < STRICTER; i++)
            tried = tried || (int)stricter[i].rule == rule;
        ck_assert_msg(tried, "'%s' is not tried", wgctl_strict_rules[rule].what);
    }
}
END_TEST

/* ---- large files ---- */

static void assert_means_the_same(const struct wgctl_text *file)
{
    MEANING ours = {0};
    WGCTL_DEVICE theirs = {0};
    write_conf(file->data, file->size);
    ck_assert_msg(wgctl_takes(file->data, file->size, &ours), "%s", err.message);
    ck_assert(wg_takes("addconf"));
    theirs = said();
    assert_same_device(&ours.device, &theirs);
}

START_TEST(ten_thousand_allowed_ips_of_one_peer_are_read_as_wg_reads_them)
{
    enum { NETWORKS = 10000 };
    for (int lines = 0; lines <= 1; lines++) {
        WGCTL_TEXT file = text_of(PEER "AllowedIPs = 192.0.2.1/32");
        for (unsigned i = 0; i < NETWORKS; i++)
            wgctl_text_format(&file, "%s10.%u.%u.0/24", lines ? "\nAllowedIPs = " : ", ", i / 256,
                              i % 256);
        wgctl_text_string(&file, "\n");
        assert_means_the_same(&file);
    }
}
END_TEST

static void put_many(struct wgctl_text *text, char c)
{
    enum { MANY = 300000 };
    memset(wgctl_text_room(text, MANY), c, MANY);
    text->size += MANY;
    text->data[text->size] = '\0';
}

START_TEST(a_very_long_line_is_read_as_wg_reads_it)
{
    WGCTL_TEXT file = text_of(PEER "#");
    put_many(&file, 'x');
    wgctl_text_string(&file, "\nPersistent");
    put_many(&file, ' ');
    wgctl_text_string(&file, "Keepalive = 2");
    put_many(&file, '\t');
    wgctl_text_string(&file, "5 #");
    put_many(&file, '#');
    assert_means_the_same(&file);
}
END_TEST

/* ---- random files ---- */

static bool is_stricter_on_purpose(void)
{
    for (size_t i = 0; i < WGCTL_STRICT_COUNT; i++)
        if (strcmp(err.hint, wgctl_strict_rules[i].fix) == 0)
            return true;
    return false;
}

/* Counts the outcomes. */
struct tally {
    size_t taken, refused, stricter;
};

static void compare(const struct wgctl_text *file, bool for_quick, struct tally *tally)
{
    MEANING ours = {0};
    WGCTL_DEVICE theirs = {0};
    write_conf(file->data ? file->data : "", file->size);
    bool we = wgctl_takes(file->data ? file->data : "", file->size, &ours);
    bool they = for_quick ? wg_quick_takes() : wg_takes("setconf");
    ck_assert_msg(they || !we, "we take what they refuse:\n%s\n----", file->data);
    ck_assert_msg(we || !they || is_stricter_on_purpose(), "we refuse: %s\n%s\n----", err.message,
                  file->data);
    if (we) {
        theirs = said();
        ours.device.has_private_key = ours.device.has_listen_port = true;
        ours.device.has_fwmark = true;
        assert_same_device(&ours.device, &theirs);
        tally->taken++;
    } else {
        /* Every error names the place. */
        ck_assert_msg(strncmp(err.message, "wgt0.conf:", 10) == 0 ||
                          strstr(err.message, "address of"),
                      "%s", err.message);
        (they ? &tally->stricter : &tally->refused)[0]++;
    }
}

/* $WGCTL_FILES sets the number of files, $WGCTL_FIRST the first one. */
static uint32_t from_environment(const char *name, uint32_t usual)
{
    const char *value = getenv(name);
    return value ? (uint32_t)strtoul(value, NULL, 10) : usual;
}

static void compare_files(uint32_t count, bool for_quick)
{
    struct tally tally = {0};
    uint32_t first = from_environment("WGCTL_FIRST", 1);
    count = from_environment("WGCTL_FILES", count);
    setenv("WG_ENDPOINT_RESOLUTION_RETRIES", "0", true);
    for (uint32_t i = first; i < first + count; i++) {
        WGCTL_TEXT file = generate(i, for_quick);
        compare(&file, for_quick, &tally);
    }
    printf("%zu files taken, %zu refused, %zu by us alone\n", tally.taken, tally.refused,
           tally.stricter);
    ck_assert_uint_gt(tally.taken, count / 10);
    ck_assert_uint_gt(tally.refused, count / 10);
    ck_assert_uint_gt(tally.stricter, count / 50);
}

START_TEST(a_file_made_at_random_means_to_us_what_it_means_to_wg)
{
    compare_files((uint32_t)cases_of(2000), false);
}
END_TEST

START_TEST(a_file_made_at_random_is_taken_where_wg_quick_takes_it)
{
    compare_files((uint32_t)cases_of(400), true);
}
END_TEST

static Suite *oracle_suite(void)
{
    Suite *suite = suite_create("oracle");
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, setup, teardown);
    tcase_add_loop_test(files, a_valid_file_means_to_us_what_it_means_to_wg, 0, VALID);
    tcase_add_loop_test(files, what_we_say_of_a_valid_file_is_what_wg_says, 0, VALID);
    tcase_add_loop_test(files, an_invalid_file_is_refused_by_us_and_by_wg, 0, INVALID);
    tcase_add_loop_test(files, we_refuse_what_wg_misunderstands_and_say_what_to_do, 0, STRICTER);
    tcase_add_test(files, each_place_where_we_are_stricter_is_tried);
    tcase_add_test(files, ten_thousand_allowed_ips_of_one_peer_are_read_as_wg_reads_them);
    tcase_add_test(files, a_very_long_line_is_read_as_wg_reads_it);
    suite_add_tcase(suite, files);

    TCase *random = tcase_create("random");
    tcase_add_checked_fixture(random, setup, teardown);
    tcase_set_timeout(random, 3600);
    tcase_add_test(random, a_file_made_at_random_means_to_us_what_it_means_to_wg);
    tcase_add_test(random, a_file_made_at_random_is_taken_where_wg_quick_takes_it);
    suite_add_tcase(suite, random);
    return suite;
}

int main(void)
{
    return run_suite(oracle_suite());
}
