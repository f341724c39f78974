/* Which peers of a device need no plan: those that run just as the file wants them. */
#include "devices.h"
#include "run/private.h"
#include "servers.h"

static struct wgctl_error err;

/* ---- one peer ---- */

#define KEY_OF_1 "JjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1plcHs="
#define KEY_OF_2 "S1ZhbHeCjZijrrnEz9rl8PsGERwnMj1IU15pdH+KlaA="
#define INTERFACE "[Interface]\n"
#define PEER "[Peer]\nPublicKey = " KEY_OF_1 "\n"

static const struct {
    const char *file;
    bool is_met;
    const char *because;
} beside_a_peer[] = {
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.2, 10.0.0.1\n",
     true, "all is the same, in the order of the file"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.1, 10.0.0.2\n",
     true, "all is the same, in the order of the networks"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.2, 10.0.0.1\nEndpoint = 192.0.2.1:1\n",
     false, "where the endpoint comes from has to be known"},
    {INTERFACE PEER "PersistentKeepalive = 25\nAllowedIPs = 10.0.0.2, 10.0.0.1\n", false,
     "the file has no preshared key"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_1 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.2, 10.0.0.1\n",
     false, "the file has another preshared key"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 24\n"
                    "AllowedIPs = 10.0.0.2, 10.0.0.1\n",
     false, "the file has another keepalive"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.2\n",
     false, "the file has an allowed IP less"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.1, 10.0.0.2, 10.0.0.3\n",
     false, "the file has an allowed IP more"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.1, 10.0.0.3\n",
     false, "the file has another allowed IP"},
    {INTERFACE "#- [Peer]\n#- PublicKey = " KEY_OF_1 "\n", false, "the file's is disabled"},
    {INTERFACE "[Peer]\nPublicKey = " KEY_OF_2 "\n", false, "the file has another peer"},
    {INTERFACE, false, "the file has none"},
};
enum { BESIDE_A_PEER = sizeof beside_a_peer / sizeof *beside_a_peer };

static void fill_peer(struct wgctl_device_peer *ret)
{
    *ret = (struct wgctl_device_peer){
        .public_key = key_from(KEY_OF_1), .preshared_key = key_from(KEY_OF_2), .keepalive = 25};
    ck_assert_int_eq(
        wgctl_prefixes_parse(&ret->allowed_ips, wgctl_slice_of("10.0.0.2/32, 10.0.0.1/32"), &err),
        WGCTL_OK);
}

START_TEST(a_peer_needs_no_step_only_if_all_is_as_the_file_says)
{
    WGCTL_SERVER server = server_of(beside_a_peer[_i].file);
    WGCTL_DEVICE desired = {0}, running = {0};
    WGCTL_PLAN plan = {0};
    fill_peer(wgctl_device_add_peer(&running));
    wgctl_device_sort(&running);
    int rc = wgctl_device_desired(&server, WGCTL_LOOKUP_CHANGED, NULL, &running, &desired, &err);
    ck_assert_int_eq(rc, WGCTL_OK);
    ck_assert_int_eq(wgctl_plan_make(NULL, &desired, &running, &plan, &err), WGCTL_OK);
    ck_assert_msg((plan.count == 0) == beside_a_peer[_i].is_met, "%s", beside_a_peer[_i].because);
}
END_TEST

static Suite *desired_suite(void)
{
    Suite *suite = suite_create("desired");
    TCase *tests = tcase_create("desired");
    tcase_add_loop_test(tests, a_peer_needs_no_step_only_if_all_is_as_the_file_says, 0,
                        BESIDE_A_PEER);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(desired_suite());
}
