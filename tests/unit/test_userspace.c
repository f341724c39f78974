/* The userspace protocol, spoken with a process of the test's own; and what wg(8)
 * makes of a file, which it tells such a process, beside what wgctl makes of it. */
#include <linux/sockios.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/backend.h"
#include "texts.h"
#include "tunnel_state.h"

#define PRIVATE "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Y="
#define PUBLIC "I5Qbl+hOXynotu1xihNJB5nfzXiIbM6TW/rezv3nHFs="
#define ALICE "JjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1plcHs="
#define BOB "S1ZhbHeCjZijrrnEz9rl8PsGERwnMj1IU15pdH+KlaA="
#define PSK "laCrtsHM1+Lt+AMOGSQvOkVQW2ZxfIeSnaizvsnU3+o="
#define ZERO "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

#define PRIVATE_HEX "010c17222d38434e59646f7a85909ba6b1bcc7d2dde8f3fe09141f2a35404b56"
#define ALICE_HEX "26313c47525d68737e89949faab5c0cbd6e1ecf7020d18232e39444f5a65707b"
#define BOB_HEX "4b56616c77828d98a3aeb9c4cfdae5f0fb06111c27323d48535e69747f8a95a0"
#define PSK_HEX "95a0abb6c1ccd7e2edf8030e19242f3a45505b66717c87929da8b3bec9d4dfea"
#define ZERO_HEX "0000000000000000000000000000000000000000000000000000000000000000"

#define OK "errno=0\n\n"

/* ---- the process on the other side ---- */

enum { STAGE_SIZE = 1 << 20 };

/* What both processes see. */
static struct stage {
    char answers[2][STAGE_SIZE]; /* to a get: before the first set, and after it */
    char reply[64];              /* to a set */
    size_t piece;                /* answers come in pieces of as many bytes */
    unsigned sets;
    size_t heard_size;
    char heard[STAGE_SIZE]; /* all requests */
} * stage;
static pid_t process;
static struct wgctl_error err;

/* One piece after the other: each waits until the one before was read. */
static void say(int client, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t size = left < stage->piece ? left : stage->piece;
        ssize_t sent = send(client, text, size, MSG_NOSIGNAL);
        if (sent < 0)
            return;
        text += sent;
        left -= (size_t)sent;
        int unread = 1;
        while (ioctl(client, SIOCOUTQ, &unread) == 0 && unread > 0)
            sched_yield();
    }
}

static void serve_client(int client)
{
    size_t begin = stage->heard_size;
    while (stage->heard_size < begin + 2 ||
           memcmp(stage->heard + stage->heard_size - 2, "\n\n", 2) != 0) {
        size_t room = STAGE_SIZE - 1 - stage->heard_size;
        ssize_t got = recv(client, stage->heard + stage->heard_size, room, 0);
        if (got <= 0)
            return; /* wg(8) knocks first */
        stage->heard_size += (size_t)got;
    }
    bool is_set = strncmp(stage->heard + begin, "set=1\n", 6) == 0;
    stage->sets += is_set;
    say(client, is_set ? stage->reply : stage->answers[stage->sets > 0]);
}

static void serve(int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        serve_client(client);
        close(client);
    }
}

static int listen_as(const char *interface)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/var/run/wireguard/%s.sock", interface);
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    return listener;
}

/* All that a test makes goes with it, also where it fails. */
static void setup(void)
{
    ck_assert_int_eq(wgctl_key_setup(&err), WGCTL_OK);
    ck_assert_int_eq(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
    ck_assert_int_eq(mkdir("/run/wireguard", 0755), 0);
    stage = mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(stage, MAP_FAILED);
    strcpy(stage->reply, OK);
    stage->piece = STAGE_SIZE;
    int listener = listen_as("wgt0");
    process = fork();
    if (process == 0)
        serve(listener);
    close(listener);
}

static void teardown(void)
{
    kill(process, SIGKILL);
    waitpid(process, NULL, 0);
}

static void answer_with(const char *answer)
{
    ck_assert_uint_lt(strlen(answer), STAGE_SIZE);
    strcpy(stage->answers[0], answer);
    strcpy(stage->answers[1], answer);
}

/* What was heard since; then it is forgotten. */
static struct wgctl_text heard(void)
{
    struct wgctl_text text = {0};
    wgctl_text_append(&text, stage->heard, stage->heard_size);
    stage->heard_size = 0;
    return text;
}

/* ---- devices as text, to compare them ---- */

static void describe_key(const char *name, const struct wgctl_key *key, struct wgctl_text *text)
{
    char hex[WGCTL_KEY_HEX_SIZE];
    if (!wgctl_key_is_zero(key))
        wgctl_text_format(text, " %s=%.8s", name, wgctl_key_format_hex(key, hex));
}

static void describe_peer(const struct wgctl_device_peer *peer, struct wgctl_text *text)
{
    char endpoint[WGCTL_ENDPOINT_TEXT_SIZE];
    describe_key("peer", &peer->public_key, text);
    describe_key("psk", &peer->preshared_key, text);
    if (peer->endpoint.ss_family != AF_UNSPEC)
        wgctl_text_format(text, " at %s", wgctl_sockaddr_format(&peer->endpoint, endpoint));
    if (peer->keepalive > 0)
        wgctl_text_format(text, " every %u", peer->keepalive);
    if (peer->last_handshake || peer->received || peer->sent)
        wgctl_text_format(text, " handshake %lld in %llu out %llu", (long long)peer->last_handshake,
                          (unsigned long long)peer->received, (unsigned long long)peer->sent);
    wgctl_text_string(text, peer->allowed_ips.count > 0 ? " for " : "");
    wgctl_prefixes_format(&peer->allowed_ips, text);
    wgctl_text_string(text, "\n");
}

static void describe(const struct wgctl_device *device, struct wgctl_text *text)
{
    wgctl_text_string(text, "device");
    if (device->has_private_key)
        describe_key("key", &device->private_key, text);
    if (device->has_listen_port)
        wgctl_text_format(text, " port=%u", device->listen_port);
    if (device->has_fwmark)
        wgctl_text_format(text, " mark=%u", device->fwmark);
    wgctl_text_string(text, "\n");
    for (size_t i = 0; i < device->peer_count; i++)
        describe_peer(&device->peers[i], text);
}

static void assert_device(const struct wgctl_device *device, const char *expected)
{
    WGCTL_TEXT text = {0};
    describe(device, &text);
    assert_text(&text, expected);
}

/* ---- reading ---- */

static const struct {
    const char *answer, *meaning;
} answers[] = {
    {OK, "device\n"},
    {"private_key=" PRIVATE_HEX "\nlisten_port=51820\nfwmark=51820\n" OK,
     "device key=010c1722 port=51820 mark=51820\n"},
    {"listen_port=0\nfwmark=0\n" OK, "device port=0 mark=0\n"},
    {"listen_port=65535\nfwmark=4294967295\n" OK, "device port=65535 mark=4294967295\n"},
    {"public_key=" ALICE_HEX "\n" OK, "device\n peer=26313c47\n"},
    {"listen_port=1\npublic_key=" ALICE_HEX "\npreshared_key=" PSK_HEX
     "\nprotocol_version=1\nendpoint=192.0.2.1:51820\nlast_handshake_time_sec=1700000000\n"
     "last_handshake_time_nsec=5\ntx_bytes=18446744073\nrx_bytes=7\n"
     "persistent_keepalive_interval=65535\nallowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\n"
     "public_key=" BOB_HEX "\npreshared_key=" ZERO_HEX "\nlast_handshake_time_sec=0\n"
     "last_handshake_time_nsec=0\ntx_bytes=0\nrx_bytes=0\npersistent_keepalive_interval=0\n"
     "endpoint=[fe80::1%lo]:1\nallowed_ip=0.0.0.0/0\n" OK,
     "device port=1\n"
     " peer=26313c47 psk=95a0abb6 at 192.0.2.1:51820 every 65535"
     " handshake 1700000000 in 7 out 18446744073 for 10.0.0.2/32, fd00::/64\n"
     " peer=4b56616c at [fe80::1%lo]:1 for 0.0.0.0/0\n"},
    /* Of a later version. */
    {"colour=red\nlisten_port=1\npublic_key=" ALICE_HEX "\nmood=\nallowed_ip=::/0\n" OK,
     "device port=1\n peer=26313c47 for ::/0\n"},
};
enum { ANSWERS = sizeof answers / sizeof *answers };

static int read_userspace(const char *interface, struct wgctl_device *ret,
                          struct wgctl_error *error)
{
    WGCTL_FD fd = -1;
    int rc = wgctl_userspace_ask(interface, &fd, error);
    return rc < 0 ? rc : wgctl_userspace_answer(interface, fd, ret, error);
}

START_TEST(an_answer_is_read_in_whatever_pieces_it_comes)
{
    static const size_t pieces[] = {STAGE_SIZE, 1, 2, 7, 64};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        WGCTL_DEVICE device = {0};
        WGCTL_TEXT request = {0};
        stage->piece = pieces[i];
        answer_with(answers[_i].answer);
        ck_assert_int_eq(read_userspace("wgt0", &device, &err), WGCTL_OK);
        assert_device(&device, answers[_i].meaning);
        request = heard();
        assert_text(&request, "get=1\n\n");
    }
}
END_TEST

static const char *const refused_answers[] = {
    "",
    "\n\n",
    "nonsense\n\n",
    "errno=0",
    "errno=0\n",
    "listen_port=1\n\n",
    "listen_port=1\nerrno=\n\n",
    "listen_port=1\nerrno=x\n\n",
    "listen_port=1\nerrno=1\n\n",
    "listen_port=1\nerrno=-22\n\n",
    "errno=00\n\n",
    "errno=0 \n\n",
    "errno=0\nlisten_port=1\n\n",
    "errno=-2147483648\n\n",
    "errno=99999999999999999999\n\n",
    "nonsense\n" OK,
    "private_key=\n" OK,
    "private_key=01\n" OK,
    "private_key=" PRIVATE_HEX "0\n" OK,
    "private_key=" PRIVATE "\n" OK,
    "public_key=" ALICE "\n" OK,
    "public_key=\n" OK,
    "public_key=x" ALICE_HEX "\n" OK,
    "public_key=" ALICE_HEX "\npreshared_key=01\n" OK,
    "public_key=" ALICE_HEX "\nendpoint=\n" OK,
    "public_key=" ALICE_HEX "\nendpoint=192.0.2.1\n" OK,
    "public_key=" ALICE_HEX "\nendpoint=2001:db8::1:51820\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip=\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip=10.0.0.1/33\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip=10.0.0\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip=fd00::/129\n" OK,
    "public_key=" ALICE_HEX "\nallowed_ip\n" OK,
};
enum { REFUSED_ANSWERS = sizeof refused_answers / sizeof *refused_answers };

static void assert_refused(const char *answer)
{
    WGCTL_DEVICE device = {0};
    answer_with(answer);
    ck_assert_msg(read_userspace("wgt0", &device, &err) < 0, "was taken: %s", answer);
    ck_assert_ptr_nonnull(strstr(err.message, "the process that runs wgt0 "));
    ck_assert_ptr_null(strstr(err.message, "Success"));
}

START_TEST(an_answer_that_makes_no_sense_or_ends_early_is_refused)
{
    assert_refused(refused_answers[_i]);
}
END_TEST

static const char *const refused_numbers[] = {
    "listen_port=65536\n" OK,
    "listen_port=x\n" OK,
    "listen_port=-1\n" OK,
    "fwmark=4294967296\n" OK,
    "public_key=" ALICE_HEX "\npersistent_keepalive_interval=65536\n" OK,
    "public_key=" ALICE_HEX "\npersistent_keepalive_interval=x\n" OK,
    "public_key=" ALICE_HEX "\nlast_handshake_time_sec=\n" OK,
    "public_key=" ALICE_HEX "\nrx_bytes=-1\n" OK,
};
enum { REFUSED_NUMBERS = sizeof refused_numbers / sizeof *refused_numbers };

START_TEST(a_number_that_is_none_or_too_large_is_refused)
{
    assert_refused(refused_numbers[_i]);
}
END_TEST

START_TEST(what_the_process_gives_as_its_reason_is_told)
{
    assert_refused("errno=-22\n\n");
    ck_assert_str_eq(err.message, "the process that runs wgt0 refused: Invalid argument");
}
END_TEST

START_TEST(a_thousand_peers_and_ten_thousand_allowed_ips_are_read)
{
    enum { PEERS = 1000, ALLOWED = 10000 };
    static const size_t pieces[] = {STAGE_SIZE, 16384, 4093};
    WGCTL_TEXT answer = {0};
    char hex[WGCTL_KEY_HEX_SIZE];
    for (unsigned i = 0; i < PEERS; i++) {
        struct wgctl_key key = key_of(i);
        wgctl_text_format(&answer, "public_key=%s\nrx_bytes=%u\n", wgctl_key_format_hex(&key, hex),
                          i);
    }
    for (unsigned i = 0; i < ALLOWED; i++)
        wgctl_text_format(&answer, "allowed_ip=10.1.%u.%u/32\n", i / 100, i % 100);
    wgctl_text_string(&answer, OK);
    answer_with(answer.data);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        WGCTL_DEVICE device = {0};
        stage->piece = pieces[i];
        ck_assert_int_eq(read_userspace("wgt0", &device, &err), WGCTL_OK);
        ck_assert_uint_eq(device.peer_count, PEERS);
        ck_assert_uint_eq(device.peers[PEERS - 2].received, PEERS - 2);
        ck_assert_uint_eq(device.peers[PEERS - 2].allowed_ips.count, 0);
        const struct wgctl_prefixes *list = &device.peers[PEERS - 1].allowed_ips;
        ck_assert_uint_eq(list->count, ALLOWED);
        struct wgctl_prefix last = prefix_of("10.1.99.99/32");
        ck_assert(wgctl_prefix_equal(&list->items[ALLOWED - 1], &last));
    }
}
END_TEST

START_TEST(a_socket_without_a_process_does_not_serve)
{
    WGCTL_DEVICE device = {0};
    close(listen_as("wgt1"));
    ck_assert(wgctl_userspace_serves("wgt0"));
    ck_assert(!wgctl_userspace_serves("wgt1"));
    ck_assert(!wgctl_userspace_serves("wgt2"));
    ck_assert_int_lt(read_userspace("wgt1", &device, &err), 0);
    ck_assert_int_lt(read_userspace("wgt2", &device, &err), 0);
}
END_TEST

/* ---- writing ---- */

static struct wgctl_device_peer full, bare;
static struct wgctl_prefix first, second;
static struct wgctl_device wanted;

static void setup_peers(void)
{
    first = prefix_of("10.0.0.2/32");
    second = prefix_of("fd00::/64");
    bare.public_key = key_from(BOB);
    full.public_key = key_from(ALICE);
    full.preshared_key = key_from(PSK);
    full.endpoint = sockaddr_of("[2001:db8::1]:51820");
    full.keepalive = 25;
    ck_assert_int_eq(wgctl_prefixes_add(&full.allowed_ips, &first, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_prefixes_add(&full.allowed_ips, &second, &err), WGCTL_OK);
    wanted.private_key = key_from(PRIVATE);
    wanted.listen_port = 51820;
    wanted.fwmark = 4294967295;
    setup();
}

static void teardown_peers(void)
{
    wgctl_prefixes_clear(&full.allowed_ips);
    teardown();
}

static const struct {
    struct wgctl_plan_step steps[6];
    size_t count;
    const char *request; /* after "set=1" */
} writings[] = {
    {{{WGCTL_SET_PRIVATE_KEY, NULL, NULL}}, 1, "private_key=" PRIVATE_HEX "\n"},
    {{{WGCTL_SET_LISTEN_PORT, NULL, NULL}}, 1, "listen_port=51820\n"},
    {{{WGCTL_SET_FWMARK, NULL, NULL}}, 1, "fwmark=4294967295\n"},
    {{{WGCTL_REMOVE_PEER, &full, NULL}},
     1,
     "public_key=" ALICE_HEX "\nupdate_only=true\nremove=true\n"},
    {{{WGCTL_ADD_PEER, &full, NULL}},
     1,
     "public_key=" ALICE_HEX "\npreshared_key=" PSK_HEX "\nendpoint=[2001:db8::1]:51820\n"
     "persistent_keepalive_interval=25\nallowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\n"},
    {{{WGCTL_ADD_PEER, &bare, NULL}}, 1, "public_key=" BOB_HEX "\n"},
    {{{WGCTL_SET_PRESHARED_KEY, &full, NULL}},
     1,
     "public_key=" ALICE_HEX "\nupdate_only=true\npreshared_key=" PSK_HEX "\n"},
    {{{WGCTL_SET_PRESHARED_KEY, &bare, NULL}},
     1,
     "public_key=" BOB_HEX "\nupdate_only=true\npreshared_key=" ZERO_HEX "\n"},
    {{{WGCTL_SET_ENDPOINT, &full, NULL}},
     1,
     "public_key=" ALICE_HEX "\nupdate_only=true\nendpoint=[2001:db8::1]:51820\n"},
    {{{WGCTL_SET_KEEPALIVE, &full, NULL}},
     1,
     "public_key=" ALICE_HEX "\nupdate_only=true\npersistent_keepalive_interval=25\n"},
    {{{WGCTL_SET_KEEPALIVE, &bare, NULL}},
     1,
     "public_key=" BOB_HEX "\nupdate_only=true\npersistent_keepalive_interval=0\n"},
    {{{WGCTL_ADD_ALLOWED_IP, &full, &second}},
     1,
     "public_key=" ALICE_HEX "\nupdate_only=true\nallowed_ip=fd00::/64\n"},
    /* A single one cannot be taken away: the list is sent anew, each once. */
    {{{WGCTL_REMOVE_ALLOWED_IP, &bare, &first}},
     1,
     "public_key=" BOB_HEX "\nupdate_only=true\nreplace_allowed_ips=true\n"},
    {{{WGCTL_SET_KEEPALIVE, &full, NULL},
      {WGCTL_ADD_ALLOWED_IP, &full, &first},
      {WGCTL_REMOVE_ALLOWED_IP, &full, &second}},
     3,
     "public_key=" ALICE_HEX "\nupdate_only=true\npersistent_keepalive_interval=25\n"
     "replace_allowed_ips=true\nallowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\n"},
    {{{WGCTL_SET_LISTEN_PORT, NULL, NULL},
      {WGCTL_SET_FWMARK, NULL, NULL},
      {WGCTL_REMOVE_PEER, &bare, NULL},
      {WGCTL_SET_KEEPALIVE, &full, NULL},
      {WGCTL_ADD_ALLOWED_IP, &full, &first},
      {WGCTL_ADD_ALLOWED_IP, &full, &second}},
     6,
     "listen_port=51820\nfwmark=4294967295\n"
     "public_key=" BOB_HEX "\nupdate_only=true\nremove=true\n"
     "public_key=" ALICE_HEX "\nupdate_only=true\npersistent_keepalive_interval=25\n"
     "allowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\n"},
};
enum { WRITINGS = sizeof writings / sizeof *writings };

START_TEST(each_step_is_said_in_the_words_of_the_protocol_and_nothing_else)
{
    WGCTL_TEXT request = {0}, expected = {0};
    struct wgctl_plan_step steps[6];
    memcpy(steps, writings[_i].steps, sizeof steps);
    const struct wgctl_plan plan = {&wanted, steps, writings[_i].count, 0};
    ck_assert_int_eq(wgctl_userspace_write("wgt0", &plan, &err), WGCTL_OK);
    wgctl_text_format(&expected, "set=1\n%s\n", writings[_i].request);
    request = heard();
    assert_text(&request, expected.data);
}
END_TEST

START_TEST(a_peer_with_ten_thousand_allowed_ips_is_written_whole)
{
    enum { ALLOWED = 10000 };
    struct wgctl_plan_step step = {WGCTL_ADD_PEER, &full, NULL};
    const struct wgctl_plan plan = {&wanted, &step, 1, 0};
    WGCTL_TEXT request = {0};
    for (unsigned i = 2; i < ALLOWED; i++) {
        struct wgctl_prefix prefix = {AF_INET, 32, {10, 1, (uint8_t)(i / 100), (uint8_t)(i % 100)}};
        ck_assert_int_eq(wgctl_prefixes_add(&full.allowed_ips, &prefix, &err), WGCTL_OK);
    }
    ck_assert_int_eq(wgctl_userspace_write("wgt0", &plan, &err), WGCTL_OK);
    request = heard();
    unsigned lines = 0;
    for (const char *at = request.data; (at = strstr(at, "\nallowed_ip=")); at++)
        lines++;
    ck_assert_uint_eq(lines, ALLOWED);
}
END_TEST

START_TEST(a_write_that_is_refused_or_not_answered_fails)
{
    static const char *const replies[] = {"errno=-22\n\n", "errno=1\n\n", "", "errno=0\n"};
    struct wgctl_plan_step step = {WGCTL_ADD_PEER, &full, NULL};
    const struct wgctl_plan plan = {&wanted, &step, 1, 0};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        strcpy(stage->reply, replies[i]);
        ck_assert_int_lt(wgctl_userspace_write("wgt0", &plan, &err), 0);
        ck_assert_ptr_null(strstr(err.message, PSK_HEX));
    }
}
END_TEST

/* ---- the oracle: wg(8) ---- */

static void write_conf(const char *content, size_t size)
{
    FILE *file = fopen("/run/wgt0.conf", "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* "setconf" says all there is of the interface, "addconf" what the file mentions. */
static bool wg_takes(const char *verb)
{
    char command[100];
    snprintf(command, sizeof command,
             "WG_ENDPOINT_RESOLUTION_RETRIES=0 wg %s wgt0 /run/wgt0.conf 2>/dev/null", verb);
    stage->heard_size = 0;
    int status = system(command);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) <= 1, "wg (wireguard-tools) is needed");
    return WEXITSTATUS(status) == 0;
}

/* What was said to the process, as a device. */
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

static bool wgctl_takes(const char *content, size_t size, struct wgctl_device *ret)
{
    WGCTL_SERVER server = {0};
    struct wgctl_text source = text_of_slice((struct wgctl_slice){content, size});
    return wgctl_server_parse("wgt0.conf", &source, &server, &err) == WGCTL_OK &&
           wgctl_device_wanted(&server, NULL, NULL, ret, &err) == WGCTL_OK;
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
    PEER "PublicKey = " BOB "\n",
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
    "[interface]\nprivatekey=" PRIVATE "\n[PEER]\nPUBLICKEY=" ALICE "\nallowedips=10.0.0.1\n",
    "[ Inter face ]\nPri vate Key = " PRIVATE "\n[\tPeer ]\nPublicKey\t=\t" ALICE "\t# Alice\n",
    "[Interface]\r\nPrivateKey = " PRIVATE "\r\n[Peer]\r\nPublicKey = " ALICE "\r\n",
    "[Interface]\f\n\vListenPort\f=\v51820",
    "  [Interface]#one\n  ListenPort = 1 #two\n#ListenPort = 2\n#three\n",
};
enum { VALID = sizeof valid / sizeof *valid };

START_TEST(a_valid_file_means_to_us_what_it_means_to_wg)
{
    WGCTL_DEVICE ours = {0}, all = {0};
    const char *content = valid[_i];
    write_conf(content, strlen(content));
    ck_assert_msg(wgctl_takes(content, strlen(content), &ours), "%s\nin\n%s", err.message, content);
    ck_assert_msg(wg_takes("addconf"), "wg refuses\n%s", content);
    WGCTL_DEVICE mentioned = said();
    assert_same_device(&ours, &mentioned);

    ck_assert(wg_takes("setconf"));
    all = said();
    ours.has_private_key = ours.has_listen_port = ours.has_fwmark = true;
    assert_same_device(&ours, &all);
}
END_TEST

START_TEST(what_we_say_of_a_valid_file_is_what_wg_says)
{
    WGCTL_DEVICE ours = {0}, nothing = {0};
    WGCTL_PLAN plan = {0};
    const char *content = valid[_i];
    write_conf(content, strlen(content));
    ck_assert(wgctl_takes(content, strlen(content), &ours));
    ck_assert(wg_takes("setconf"));
    WGCTL_DEVICE theirs = said();
    ck_assert_int_eq(wgctl_plan_make(NULL, &ours, &nothing, &plan, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_userspace_write("wgt0", &plan, &err), WGCTL_OK);
    WGCTL_DEVICE written = said();
    /* A fresh interface has neither: nothing is said of them. */
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
};
enum { INVALID = sizeof invalid / sizeof *invalid };

START_TEST(an_invalid_file_is_refused_by_us_and_by_wg)
{
    WGCTL_DEVICE ours = {0};
    const char *content = invalid[_i];
    write_conf(content, strlen(content));
    ck_assert_msg(!wgctl_takes(content, strlen(content), &ours), "we take\n%s", content);
    ck_assert_msg(!wg_takes("setconf"), "wg takes\n%s", content);
    ck_assert_uint_eq(stage->heard_size, 0);
}
END_TEST

#define FILE_OF(string) string, sizeof string - 1

/* What wg takes and we do not. Nothing is the other way round. */
static const struct {
    const char *content;
    size_t size;
    const char *reason;
} stricter[] = {
    {FILE_OF(PEER "Endpoint = 2001:db8::1:51820\n"), "where the address ends is a guess"},
    {FILE_OF(PEER "Endpoint = [192.0.2.1]:51820\n"), "brackets are for IPv6"},
    {FILE_OF(PEER "Endpoint = 127.1:51820\n"), "inet_aton(3) reads it as 127.0.0.1"},
    {FILE_OF(PEER "Endpoint = 192.0.2.1:0\n"), "nobody can be reached at port 0"},
    {FILE_OF(PEER "Endpoint = 192.0.2.1:65536\n"), "wg cuts it to port 0"},
    {FILE_OF(PEER "Endpoint = 192.0.2.1:domain\n"), "a port is a number"},
    {FILE_OF(INTERFACE "ListenPort = 65536\n"), "wg cuts it to 0: a random port"},
    {FILE_OF(INTERFACE "ListenPort = 70000\n"), "wg cuts it to 4464"},
    {FILE_OF(INTERFACE "ListenPort = domain\n"), "a port is a number"},
    {FILE_OF("[Interface]\nPrivateKey = " ZERO "\n"), "it stands for no key"},
    {FILE_OF(PEER "AllowedIPs = 10.0.0.1, 10.0.0.1\n"), "one of them was meant otherwise"},
    {FILE_OF(PEER "AllowedIPs = 10.0.0.1/24, 10.0.0.2/24\n"), "masked, they are the same"},
    {FILE_OF(PEER "AllowedIPs = ::/0\n[Peer]\nPublicKey = " BOB "\nAllowedIPs = ::/0\n"),
     "the first peer would lose it without a word"},
    {FILE_OF(PEER "[Peer]\nPublicKey = " ALICE "\n"), "the second would change the first"},
    {FILE_OF(INTERFACE "[Peer]\nPublicKey = " PUBLIC "\n"), "the kernel ignores such a peer"},
    {FILE_OF(INTERFACE "# a\0b\n"), "no text file has a NUL; wg reads up to it"},
    {FILE_OF(PEER "AllowedIPs = 10.0.0.1\0, 10.0.0.2\n"), "wg reads up to the NUL"},
};
enum { STRICTER = sizeof stricter / sizeof *stricter };

START_TEST(we_refuse_what_wg_misunderstands)
{
    WGCTL_DEVICE ours = {0};
    write_conf(stricter[_i].content, stricter[_i].size);
    ck_assert_msg(!wgctl_takes(stricter[_i].content, stricter[_i].size, &ours), "%s in\n%s",
                  stricter[_i].reason, stricter[_i].content);
    ck_assert_msg(wg_takes("setconf"), "wg refuses, no difference is left\n%s",
                  stricter[_i].content);
}
END_TEST

/* ---- endpoints on their way from the file ---- */

#define SITE(mark, endpoint) \
    INTERFACE mark "[Peer]\n" mark "PublicKey = " ALICE "\n" mark "Endpoint = " endpoint "\n"
#define RUNNING "private_key=" PRIVATE_HEX "\nlisten_port=51820\n"
#define SITE_AT(endpoint)                                  \
    RUNNING "public_key=" ALICE_HEX "\nendpoint=" endpoint \
            "\nlast_handshake_time_sec=1700000000\n" OK

static struct wgctl_server server_of(const char *content)
{
    struct wgctl_server server = {0};
    struct wgctl_text source = text_of(content);
    ck_assert_int_eq(wgctl_server_parse("wgt0.conf", &source, &server, &err), WGCTL_OK);
    return server;
}

static const struct {
    const char *applied, *now;
    bool runs, looked_up;
} lookups[] = {
    {NULL, SITE("", "localhost:1"), true, true},
    {INTERFACE, SITE("", "localhost:1"), true, true},
    {SITE("", "localhost:1"), SITE("", "localhost:1"), true, false},
    {SITE("", "localhost:2"), SITE("", "localhost:1"), true, true},
    {SITE("", "127.0.0.1:1"), SITE("", "localhost:1"), true, true},
    {SITE("", "127.0.0.1:1"), SITE("", "127.0.0.1:1"), true, true},
    /* Removed by hand, or disabled: it is added, and with all it has. */
    {SITE("", "localhost:1"), SITE("", "localhost:1"), false, true},
    {SITE("#- ", "localhost:1"), SITE("", "localhost:1"), false, true},
};
enum { LOOKUPS = sizeof lookups / sizeof *lookups };

START_TEST(a_name_is_looked_up_only_where_the_files_changed_or_the_peer_is_new)
{
    WGCTL_SERVER before = {0};
    WGCTL_SERVER server = server_of(lookups[_i].now);
    WGCTL_DEVICE device = {0}, running = {0};
    if (lookups[_i].applied)
        before = server_of(lookups[_i].applied);
    if (lookups[_i].runs)
        wgctl_device_add_peer(&running)->public_key = key_from(ALICE);
    int rc =
        wgctl_device_wanted(&server, lookups[_i].applied ? &before : NULL, &running, &device, &err);
    ck_assert_int_eq(rc, WGCTL_OK);
    ck_assert_uint_eq(device.peer_count, 1);
    ck_assert((device.peers[0].endpoint.ss_family != AF_UNSPEC) == lookups[_i].looked_up);
}
END_TEST

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(content, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
}

/* Applies a file; returns what the process heard. */
static struct wgctl_text apply(const char *applied, const char *now, int expected)
{
    struct wgctl_tunnel *tunnel = NULL;
    ck_assert_int_eq(system("ip link add wgt0 type veth peer name wgt1"), 0);
    ck_assert_int_eq(mkdir("/run/wgctl", 0700), 0);
    ck_assert_int_eq(mkdir("/run/conf", 0700), 0);
    write_file("/run/wgctl/wgt0.conf", applied);
    write_file("/run/conf/wgt0.conf", now);
    int rc = wgctl_tunnel_open("/run/conf", "wgt0", WGCTL_APPLY, &tunnel, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
    rc = wgctl_tunnel_commit(tunnel, NULL, &err);
    wgctl_tunnel_close(&tunnel);
    ck_assert_msg(rc == expected, "%d: %s", rc, err.message);
    return heard();
}

START_TEST(only_a_changed_endpoint_is_sent_to_a_device_that_roamed)
{
    WGCTL_TEXT quiet = {0};
    answer_with(SITE_AT("192.0.2.9:9"));
    quiet = apply(SITE("", "192.0.2.1:1"), SITE("", "192.0.2.1:1"), WGCTL_OK);
    ck_assert_ptr_null(strstr(quiet.data, "set=1"));
}
END_TEST

START_TEST(a_peer_that_was_removed_by_hand_comes_back_with_the_address_of_its_name)
{
    WGCTL_TEXT requests = {0};
    answer_with(RUNNING OK);
    strcpy(stage->answers[1], SITE_AT("127.0.0.1:1"));
    requests = apply(SITE("", "localhost:1"), SITE("", "localhost:1"), WGCTL_OK);
    ck_assert_ptr_nonnull(strstr(requests.data, "public_key=" ALICE_HEX "\nendpoint="));
}
END_TEST

START_TEST(a_change_that_was_refused_half_way_takes_the_endpoint_back)
{
    WGCTL_TEXT requests = {0};
    answer_with(SITE_AT("192.0.2.1:1"));
    strcpy(stage->answers[1], SITE_AT("192.0.2.2:2"));
    strcpy(stage->reply, "errno=-22\n\n");
    requests = apply(SITE("", "192.0.2.1:1"), SITE("", "192.0.2.2:2"), WGCTL_SYSTEM);
    const char *change = strstr(requests.data, "endpoint=192.0.2.2:2\n");
    ck_assert_ptr_nonnull(change);
    ck_assert_ptr_nonnull(strstr(change, "endpoint=192.0.2.1:1\n"));
}
END_TEST

static TCase *add_case(Suite *suite, const char *name, SFun begin, SFun end)
{
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, begin, end);
    suite_add_tcase(suite, tests);
    return tests;
}

static Suite *userspace_suite(void)
{
    Suite *suite = suite_create("userspace");
    TCase *read = add_case(suite, "read", setup, teardown);
    tcase_add_loop_test(read, an_answer_is_read_in_whatever_pieces_it_comes, 0, ANSWERS);
    tcase_add_loop_test(read, an_answer_that_makes_no_sense_or_ends_early_is_refused, 0,
                        REFUSED_ANSWERS);
    tcase_add_loop_test(read, a_number_that_is_none_or_too_large_is_refused, 0, REFUSED_NUMBERS);
    tcase_add_test(read, what_the_process_gives_as_its_reason_is_told);
    tcase_add_test(read, a_thousand_peers_and_ten_thousand_allowed_ips_are_read);
    tcase_add_test(read, a_socket_without_a_process_does_not_serve);

    TCase *write = add_case(suite, "write", setup_peers, teardown_peers);
    tcase_add_loop_test(write, each_step_is_said_in_the_words_of_the_protocol_and_nothing_else, 0,
                        WRITINGS);
    tcase_add_test(write, a_peer_with_ten_thousand_allowed_ips_is_written_whole);
    tcase_add_test(write, a_write_that_is_refused_or_not_answered_fails);

    TCase *oracle = add_case(suite, "oracle", setup, teardown);
    tcase_add_loop_test(oracle, a_valid_file_means_to_us_what_it_means_to_wg, 0, VALID);
    tcase_add_loop_test(oracle, what_we_say_of_a_valid_file_is_what_wg_says, 0, VALID);
    tcase_add_loop_test(oracle, an_invalid_file_is_refused_by_us_and_by_wg, 0, INVALID);
    tcase_add_loop_test(oracle, we_refuse_what_wg_misunderstands, 0, STRICTER);

    TCase *endpoint = add_case(suite, "endpoint", setup, teardown);
    tcase_add_loop_test(
        endpoint, a_name_is_looked_up_only_where_the_files_changed_or_the_peer_is_new, 0, LOOKUPS);
    tcase_add_test(endpoint, only_a_changed_endpoint_is_sent_to_a_device_that_roamed);
    tcase_add_test(endpoint,
                   a_peer_that_was_removed_by_hand_comes_back_with_the_address_of_its_name);
    tcase_add_test(endpoint, a_change_that_was_refused_half_way_takes_the_endpoint_back);
    return suite;
}

int main(void)
{
    return run_suite(userspace_suite());
}
