/* Changing a device through the userspace protocol, in a process that the test provides. */
#include "responder.h"

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
    /* Removed together with a throwaway peer: GUEST. */
    {{STEP(WGCTL_REMOVE_ALLOWED_IP, &bare, &first)},
     "public_key=GUEST\nallowed_ip=10.0.0.2/32\npublic_key=GUEST\nremove=true\n"},
    {{STEP(WGCTL_SET_KEEPALIVE, &full, NULL), STEP(WGCTL_ADD_ALLOWED_IP, &bare, &first),
      STEP(WGCTL_REMOVE_ALLOWED_IP, &full, &second), STEP(WGCTL_REMOVE_PEER, &full, NULL)},
     "public_key=" ALICE_HEX "\nupdate_only=true\npersistent_keepalive_interval=25\n"
     "public_key=" BOB_HEX "\nupdate_only=true\nallowed_ip=10.0.0.2/32\n"
     "public_key=GUEST\nallowed_ip=fd00::/64\npublic_key=GUEST\nremove=true\n"
     "public_key=" ALICE_HEX "\nupdate_only=true\nremove=true\n"},
    /* One throwaway peer is enough for all. */
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

/* Replaces the first key that is neither Alice's nor Bob's with GUEST, everywhere. */
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
    ck_assert_int_eq(write_userspace("wgt0", &plan, NULL, &err), WGCTL_OK);
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
    ck_assert_int_eq(write_userspace("wgt0", &plan, NULL, &err), WGCTL_OK);
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
    ck_assert_int_eq(write_userspace("wgt0", &plan, &progress, &err), WGCTL_OK);
    ck_assert_uint_eq(reports.count, 1);
    ck_assert_uint_eq(reports.done, 1);

    reports = (struct reports){0};
    add_allowed_ips(&full, 9000);
    plan.count = 3;
    ck_assert_int_eq(write_userspace("wgt0", &plan, &progress, &err), WGCTL_OK);
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
    ck_assert_int_lt(write_userspace("wgt0", &plan, &progress, &err), 0);
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
        ck_assert_int_lt(write_userspace("wgt0", &plan, NULL, &err), 0);
        ck_assert_ptr_null(strstr(err.message, PSK_HEX));
    }
}
END_TEST

static Suite *userspace_write_suite(void)
{
    Suite *suite = suite_create("userspace write");
    TCase *tests = tcase_create("write");
    tcase_add_checked_fixture(tests, setup_peers, teardown_peers);
    tcase_add_loop_test(tests, each_step_is_said_in_the_words_of_the_protocol_and_nothing_else, 0,
                        WRITINGS);
    tcase_add_test(tests, a_peer_with_ten_thousand_allowed_ips_is_written_whole);
    tcase_add_test(tests, progress_is_reported_on_the_way_and_in_the_end);
    tcase_add_test(tests, a_write_that_is_refused_is_not_reported_as_done);
    tcase_add_test(tests, a_write_that_is_refused_or_not_answered_fails);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(userspace_write_suite());
}
