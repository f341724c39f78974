/* The userspace protocol, spoken with a process of the test's own. */
#include "responder.h"
#include "tunnel_state.h"

#define INTERFACE "[Interface]\nPrivateKey = " PRIVATE "\n"
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
static struct wgctl_prefix first, second, third;
static struct wgctl_device wanted;

static void setup_peers(void)
{
    first = prefix_of("10.0.0.2/32");
    second = prefix_of("fd00::/64");
    third = prefix_of("10.0.0.9/32");
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

#define STEP(verb, whose, which)                       \
    (struct wgctl_plan_step)                           \
    {                                                  \
        .op = verb, .peer = whose, .allowed_ip = which \
    }

static const struct {
    struct wgctl_plan_step steps[6];
    const char *request; /* after "set=1" */
} writings[] = {
    {{STEP(WGCTL_SET_PRIVATE_KEY, NULL, NULL)}, "private_key=" PRIVATE_HEX "\n"},
    {{STEP(WGCTL_SET_LISTEN_PORT, NULL, NULL)}, "listen_port=51820\n"},
    {{STEP(WGCTL_SET_FWMARK, NULL, NULL)}, "fwmark=4294967295\n"},
    {{STEP(WGCTL_REMOVE_PEER, &full, NULL)},
     "public_key=" ALICE_HEX "\nupdate_only=true\nremove=true\n"},
    {{STEP(WGCTL_ADD_PEER, &full, NULL)},
     "public_key=" ALICE_HEX "\npreshared_key=" PSK_HEX "\nendpoint=[2001:db8::1]:51820\n"
     "persistent_keepalive_interval=25\nallowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\n"},
    {{STEP(WGCTL_ADD_PEER, &bare, NULL)}, "public_key=" BOB_HEX "\n"},
    {{STEP(WGCTL_SET_PRESHARED_KEY, &full, NULL)},
     "public_key=" ALICE_HEX "\nupdate_only=true\npreshared_key=" PSK_HEX "\n"},
    {{STEP(WGCTL_SET_PRESHARED_KEY, &bare, NULL)},
     "public_key=" BOB_HEX "\nupdate_only=true\npreshared_key=" ZERO_HEX "\n"},
    {{STEP(WGCTL_SET_ENDPOINT, &full, NULL)},
     "public_key=" ALICE_HEX "\nupdate_only=true\nendpoint=[2001:db8::1]:51820\n"},
    {{STEP(WGCTL_SET_KEEPALIVE, &full, NULL)},
     "public_key=" ALICE_HEX "\nupdate_only=true\npersistent_keepalive_interval=25\n"},
    {{STEP(WGCTL_SET_KEEPALIVE, &bare, NULL)},
     "public_key=" BOB_HEX "\nupdate_only=true\npersistent_keepalive_interval=0\n"},
    {{STEP(WGCTL_ADD_ALLOWED_IP, &full, &second)},
     "public_key=" ALICE_HEX "\nupdate_only=true\nallowed_ip=fd00::/64\n"},
    {{STEP(WGCTL_SET_LISTEN_PORT, NULL, NULL), STEP(WGCTL_SET_FWMARK, NULL, NULL),
      STEP(WGCTL_SET_KEEPALIVE, &full, NULL), STEP(WGCTL_ADD_ALLOWED_IP, &full, &first),
      STEP(WGCTL_ADD_ALLOWED_IP, &full, &second), STEP(WGCTL_REMOVE_PEER, &bare, NULL)},
     "listen_port=51820\nfwmark=4294967295\n"
     "public_key=" ALICE_HEX "\nupdate_only=true\npersistent_keepalive_interval=25\n"
     "allowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\n"
     "public_key=" BOB_HEX "\nupdate_only=true\nremove=true\n"},
    /* Taken away together with a peer that nobody has: GUEST. */
    {{STEP(WGCTL_REMOVE_ALLOWED_IP, &bare, &first)},
     "public_key=GUEST\nallowed_ip=10.0.0.2/32\npublic_key=GUEST\nremove=true\n"},
    {{STEP(WGCTL_SET_KEEPALIVE, &full, NULL), STEP(WGCTL_ADD_ALLOWED_IP, &bare, &first),
      STEP(WGCTL_REMOVE_ALLOWED_IP, &full, &second), STEP(WGCTL_REMOVE_PEER, &full, NULL)},
     "public_key=" ALICE_HEX "\nupdate_only=true\npersistent_keepalive_interval=25\n"
     "public_key=" BOB_HEX "\nupdate_only=true\nallowed_ip=10.0.0.2/32\n"
     "public_key=GUEST\nallowed_ip=fd00::/64\npublic_key=GUEST\nremove=true\n"
     "public_key=" ALICE_HEX "\nupdate_only=true\nremove=true\n"},
    /* One such peer is enough for all. */
    {{STEP(WGCTL_REMOVE_ALLOWED_IP, &full, &first), STEP(WGCTL_REMOVE_ALLOWED_IP, &full, &second),
      STEP(WGCTL_REMOVE_ALLOWED_IP, &bare, &third)},
     "public_key=GUEST\nallowed_ip=10.0.0.2/32\nallowed_ip=fd00::/64\nallowed_ip=10.0.0.9/32\n"
     "public_key=GUEST\nremove=true\n"},
};
enum { WRITINGS = sizeof writings / sizeof *writings };

static bool is_known(const char *hex)
{
    return strncmp(hex, ALICE_HEX, 64) == 0 || strncmp(hex, BOB_HEX, 64) == 0;
}

/* Puts GUEST for the first key that is neither Alice's nor Bob's, wherever it stands. */
static void name_guest(struct wgctl_text *text)
{
    char guest[WGCTL_KEY_HEX_SIZE] = "";
    char *at = text->data;
    while ((at = strstr(at, "public_key="))) {
        at += strlen("public_key=");
        if (!*guest && !is_known(at))
            memcpy(guest, at, 64);
        if (*guest && strncmp(at, guest, 64) == 0) {
            memcpy(at, "GUEST", 5);
            memmove(at + 5, at + 64, strlen(at + 64) + 1);
            text->size -= 64 - 5;
        }
    }
}

static size_t steps_of(const struct wgctl_plan_step steps[6])
{
    size_t count = 1;
    while (count < 6 && (steps[count].op != WGCTL_SET_PRIVATE_KEY))
        count++;
    return count;
}

START_TEST(each_step_is_said_in_the_words_of_the_protocol_and_nothing_else)
{
    WGCTL_TEXT request = {0}, expected = {0};
    struct wgctl_plan_step steps[6];
    memcpy(steps, writings[_i].steps, sizeof steps);
    const struct wgctl_plan plan = {.wanted = &wanted, .steps = steps, .count = steps_of(steps)};
    ck_assert_int_eq(wgctl_userspace_write("wgt0", &plan, NULL, &err), WGCTL_OK);
    wgctl_text_format(&expected, "set=1\n%s\n", writings[_i].request);
    request = heard();
    name_guest(&request);
    assert_text(&request, expected.data);
}
END_TEST

static void add_allowed_ips(struct wgctl_device_peer *peer, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct wgctl_prefix prefix = {AF_INET, 32, {10, 1, (uint8_t)(i / 100), (uint8_t)(i % 100)}};
        ck_assert_int_eq(wgctl_prefixes_add(&peer->allowed_ips, &prefix, &err), WGCTL_OK);
    }
}

START_TEST(a_peer_with_ten_thousand_allowed_ips_is_written_whole)
{
    enum { ALLOWED = 10000 };
    struct wgctl_plan_step step = STEP(WGCTL_ADD_PEER, &full, NULL);
    const struct wgctl_plan plan = {.wanted = &wanted, .steps = &step, .count = 1};
    WGCTL_TEXT request = {0};
    add_allowed_ips(&full, ALLOWED - 2);
    ck_assert_int_eq(wgctl_userspace_write("wgt0", &plan, NULL, &err), WGCTL_OK);
    request = heard();
    unsigned lines = 0;
    for (const char *at = request.data; (at = strstr(at, "\nallowed_ip=")); at++)
        lines++;
    ck_assert_uint_eq(lines, ALLOWED);
}
END_TEST

struct reports {
    size_t count, done, total;
};

static void take_report(void *context, size_t done, size_t total)
{
    struct reports *reports = context;
    ck_assert_uint_ge(done, reports->done);
    ck_assert_uint_le(done, total);
    *reports = (struct reports){reports->count + 1, done, total};
}

START_TEST(progress_is_reported_on_the_way_and_in_the_end)
{
    struct reports reports = {0};
    const struct wgctl_progress progress = {take_report, &reports};
    struct wgctl_plan_step steps[3];
    for (size_t i = 0; i < 3; i++)
        steps[i] = STEP(WGCTL_ADD_PEER, i < 2 ? &full : &bare, NULL);
    struct wgctl_plan plan = {.wanted = &wanted, .steps = steps, .count = 1};
    ck_assert_int_eq(wgctl_userspace_write("wgt0", &plan, &progress, &err), WGCTL_OK);
    ck_assert_uint_eq(reports.count, 1);
    ck_assert_uint_eq(reports.done, 1);

    reports = (struct reports){0};
    add_allowed_ips(&full, 9000);
    plan.count = 3;
    ck_assert_int_eq(wgctl_userspace_write("wgt0", &plan, &progress, &err), WGCTL_OK);
    ck_assert_uint_eq(reports.count, 2);
    ck_assert_uint_eq(reports.done, 3);
    ck_assert_uint_eq(reports.total, 3);
}
END_TEST

START_TEST(a_write_that_is_refused_is_not_reported_as_done)
{
    struct reports reports = {0};
    const struct wgctl_progress progress = {take_report, &reports};
    struct wgctl_plan_step step = STEP(WGCTL_ADD_PEER, &bare, NULL);
    const struct wgctl_plan plan = {.wanted = &wanted, .steps = &step, .count = 1};
    strcpy(stage->reply, "errno=-22\n\n");
    ck_assert_int_lt(wgctl_userspace_write("wgt0", &plan, &progress, &err), 0);
    ck_assert_uint_eq(reports.count, 0);
}
END_TEST

START_TEST(a_write_that_is_refused_or_not_answered_fails)
{
    static const char *const replies[] = {"errno=-22\n\n", "errno=1\n\n", "", "errno=0\n"};
    struct wgctl_plan_step step = STEP(WGCTL_ADD_PEER, &full, NULL);
    const struct wgctl_plan plan = {.wanted = &wanted, .steps = &step, .count = 1};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        strcpy(stage->reply, replies[i]);
        ck_assert_int_lt(wgctl_userspace_write("wgt0", &plan, NULL, &err), 0);
        ck_assert_ptr_null(strstr(err.message, PSK_HEX));
    }
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
    ck_assert((device.peers[0].endpoint.family != AF_UNSPEC) == lookups[_i].looked_up);
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
    tcase_add_test(write, progress_is_reported_on_the_way_and_in_the_end);
    tcase_add_test(write, a_write_that_is_refused_is_not_reported_as_done);
    tcase_add_test(write, a_write_that_is_refused_or_not_answered_fails);

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
