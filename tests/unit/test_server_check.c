#include "conf/server_check.h"

#include "servers.h"

#define INTERFACE "[Interface]\nPrivateKey = " PRIVATE "\n"
#define PEER(key, allowed_ips) "[Peer]\nPublicKey = " key "\nAllowedIPs = " allowed_ips "\n"
#define DISABLED(key, allowed_ips) \
    "#- [Peer]\n#- PublicKey = " key "\n#- AllowedIPs = " allowed_ips "\n"

static const struct {
    const char *content, *message; /* NULL: nothing is wrong */
} checks[] = {
    {INTERFACE, NULL},
    {INTERFACE PEER(ALICE, "10.0.0.1/24") PEER(BOB, "10.0.0.1/32, 10.0.1.0/24, fd00::/64"), NULL},
    {INTERFACE PEER(ALICE, "10.0.0.1") DISABLED(ALICE, "10.0.0.1") DISABLED(PUBLIC, "10.0.0.1"),
     NULL},
    {INTERFACE PEER(ALICE, "10.0.0.1") PEER(PUBLIC, "10.0.0.2"),
     "wg0.conf:7: this peer has the server's own public key, and would be left out"},
    {PEER(PUBLIC, "10.0.0.2"), NULL},
    {INTERFACE PEER(ALICE, "10.0.0.1") PEER(BOB, "10.0.0.2") PEER(ALICE, "10.0.0.3"),
     "wg0.conf:10: two peers have the same public key, and would become one"},
    {INTERFACE PEER(ALICE, "10.0.0.2, 10.0.0.1") PEER(BOB, "10.0.0.3\nAllowedIPs = 10.0.0.1/32"),
     "wg0.conf:9: 10.0.0.1/32 is listed twice in AllowedIPs, and the last one gets it"},
    {INTERFACE PEER(ALICE, "fd00::1/64, 10.0.0.1, fd00::2/64"),
     "wg0.conf:5: fd00::2/64 means all of fd00::/64, which is listed twice in AllowedIPs, and the "
     "last one gets it"},
    {INTERFACE PEER(ALICE, "10.0.0.2/24") PEER(BOB, "10.0.0.3/24"),
     "wg0.conf:8: 10.0.0.3/24 means all of 10.0.0.0/24, which is listed twice in AllowedIPs, and "
     "the last one gets it"},
    {INTERFACE PEER(ALICE, "10.0.0.2/24") PEER(BOB, "10.0.0.0/24"),
     "wg0.conf:8: 10.0.0.0/24 is listed twice in AllowedIPs, and the last one gets it"},
};
enum { CHECKS = sizeof checks / sizeof *checks };

START_TEST(what_a_device_would_silently_not_do_is_named_with_its_line)
{
    WGCTL_SERVER server = server_of(checks[_i].content);
    struct wgctl_error err = {0};
    int status = wgctl_server_check(&server, &err);
    ck_assert_int_eq(status, checks[_i].message ? WGCTL_INVALID : WGCTL_OK);
    if (!checks[_i].message)
        return;
    ck_assert_str_eq(err.message, checks[_i].message);
    ck_assert_str_ne(err.hint, "");
}
END_TEST

static Suite *server_check_suite(void)
{
    Suite *suite = suite_create("server_check");
    TCase *cases = tcase_create("checks");
    tcase_add_loop_test(cases, what_a_device_would_silently_not_do_is_named_with_its_line, 0,
                        CHECKS);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(server_check_suite());
}
