/* Endpoints on their way from the file to the device: a process of the test's own. */
#include "responder.h"
#include "run/private.h"
#include "servers.h"
#include "tunnel/tunnel.h"

#define INTERFACE "[Interface]\nPrivateKey = " PRIVATE "\n"
#define SITE(mark, endpoint) \
    INTERFACE mark "[Peer]\n" mark "PublicKey = " ALICE "\n" mark "Endpoint = " endpoint "\n"
#define RUNNING "private_key=" PRIVATE_HEX "\nlisten_port=51820\n"
#define SITE_AT(endpoint)                                  \
    RUNNING "public_key=" ALICE_HEX "\nendpoint=" endpoint \
            "\nlast_handshake_time_sec=1700000000\n" OK

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
    int rc = wgctl_device_desired(&server, WGCTL_LOOKUP_CHANGED,
                                  lookups[_i].applied ? &before : NULL, &running, &device, &err);
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

static void note_applied(const char *interface, const char *applied)
{
    struct wgctl_run_record record = {.fd = -1};
    ck_assert_int_eq(wgctl_run_record_write(interface, &record, wgctl_slice_of(""),
                                            wgctl_slice_of(applied), &err),
                     WGCTL_OK);
    wgctl_run_record_clear(&record);
}

/* Applies a file; returns what the process heard. */
static struct wgctl_text apply(const char *applied, const char *now, int expected)
{
    struct wgctl_tunnel *tunnel = NULL;
    ck_assert_int_eq(system("ip link add wgt0 type veth peer name wgt1"), 0);
    ck_assert_int_eq(mkdir("/run/conf", 0700), 0);
    note_applied("wgt0", applied);
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

#define PHONE(keepalive) \
    INTERFACE "[Peer]\nPublicKey = " ALICE "\nPersistentKeepalive = " keepalive "\n"

START_TEST(a_change_that_was_refused_leaves_a_device_where_it_roamed_to)
{
    WGCTL_TEXT requests = {0};
    answer_with(SITE_AT("192.0.2.1:1"));
    strcpy(stage->answers[1], SITE_AT("192.0.2.2:2"));
    strcpy(stage->reply, "errno=-22\n\n");
    requests = apply(PHONE("10"), PHONE("20"), WGCTL_SYSTEM);
    ck_assert_ptr_nonnull(strstr(requests.data, "persistent_keepalive_interval=20\n"));
    ck_assert_ptr_null(strstr(requests.data, "endpoint="));
}
END_TEST

static Suite *wanted_suite(void)
{
    Suite *suite = suite_create("wanted");
    TCase *tests = tcase_create("endpoint");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_name_is_looked_up_only_where_the_files_changed_or_the_peer_is_new,
                        0, LOOKUPS);
    tcase_add_test(tests, only_a_changed_endpoint_is_sent_to_a_device_that_roamed);
    tcase_add_test(tests, a_peer_that_was_removed_by_hand_comes_back_with_the_address_of_its_name);
    tcase_add_test(tests, a_change_that_was_refused_half_way_takes_the_endpoint_back);
    tcase_add_test(tests, a_change_that_was_refused_leaves_a_device_where_it_roamed_to);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(wanted_suite());
}
