/* Links, in the test's own network namespace. */
#include "host/link.h"

#include <net/if.h>
#include <sys/stat.h>

#include "host.h"
#include "texts.h"

static struct wgctl_error err;

static void assert_ok(int rc)
{
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
}

/* ---- creating and removing ---- */

/* If the kernel has no WireGuard, the error says so, and no interface is left. */
START_TEST(an_interface_is_made_or_the_kernel_has_no_wireguard)
{
    int rc = wgctl_link_create("wgt0", &err);
    if (rc == WGCTL_UNSUPPORTED) {
        ck_assert_ptr_nonnull(strstr(err.message, "cannot make the interface wgt0: "));
        ck_assert_uint_eq(if_nametoindex("wgt0"), 0);
        return;
    }
    assert_ok(rc);
    host("ip -d link show wgt0 | grep -q wireguard");
}
END_TEST

START_TEST(a_name_that_is_taken_is_said_to_be)
{
    ck_assert_int_eq(wgctl_link_create("left", &err), WGCTL_EXISTS);
    ck_assert_str_eq(err.message, "cannot make the interface left: File exists");
    host("ip -d link show left | grep -q veth");
}
END_TEST

START_TEST(an_interface_is_removed)
{
    assert_ok(wgctl_link_delete("left", &err));
    ck_assert_uint_eq(if_nametoindex("left"), 0);
    assert_ok(wgctl_link_delete("left", &err)); /* not an error */
}
END_TEST

START_TEST(an_interface_that_cannot_be_removed_is_an_error)
{
    ck_assert_int_lt(wgctl_link_delete("lo", &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot remove the interface lo: "));
    ck_assert_uint_ne(if_nametoindex("lo"), 0);
}
END_TEST

/* ---- the userspace program ---- */

/* /mnt/program is a script. */
static void make_program(const char *script)
{
    host("mount -t tmpfs -o mode=755 tmpfs /mnt");
    FILE *file = fopen("/mnt/program", "we");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    fclose(file);
    chmod("/mnt/program", 0755);
    setenv("WG_QUICK_USERSPACE_IMPLEMENTATION", "/mnt/program", 1);
}

START_TEST(the_program_that_is_named_is_started_with_the_interface)
{
    make_program("echo \"$@\" >/mnt/said");
    assert_ok(wgctl_link_create_userspace("wgt0", &err));
    host("test \"$(cat /mnt/said)\" = wgt0");
}
END_TEST

START_TEST(a_program_that_fails_is_an_error_with_its_last_line)
{
    make_program("echo one\necho two >&2\nexit 3");
    ck_assert_int_eq(wgctl_link_create_userspace("wgt0", &err), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "/mnt/program failed with exit status 3: two");
}
END_TEST

/* Not where PATH says, but where the system has its programs. */
START_TEST(a_plain_name_is_looked_up_in_the_system_only)
{
    make_program("echo \"$@\" >/mnt/said");
    setenv("PATH", "/mnt:/usr/bin:/bin", 1);
    setenv("WG_QUICK_USERSPACE_IMPLEMENTATION", "program", 1);
    ck_assert_int_eq(wgctl_link_create_userspace("wgt0", &err), WGCTL_UNSUPPORTED);
    host("mount -t tmpfs -o mode=755 tmpfs /usr/local && mkdir /usr/local/bin && "
         "cp /mnt/program /usr/local/bin/program");
    assert_ok(wgctl_link_create_userspace("wgt0", &err));
    host("test \"$(cat /mnt/said)\" = wgt0");
}
END_TEST

static const struct {
    const char *change, *program, *message, *hint;
} untrusted_programs[] = {
    {"chmod 775 /mnt/program", "/mnt/program", "other users can write to /mnt/program",
     "sudo chmod go-w /mnt/program"},
    {"chown 65534 /mnt/program", "/mnt/program", "/mnt/program belongs to another user",
     "sudo chown root /mnt/program"},
    {"chmod 1777 /mnt", "/mnt/program", "/mnt can be written to by other users",
     "sudo chmod go-w /mnt"},
    {"mkdir -m 777 /mnt/a && mkdir /mnt/a/b && cp /mnt/program /mnt/a/b", "/mnt/a/b/program",
     "/mnt/a/b is in /mnt/a, which other users can write to", "sudo chmod go-w /mnt/a"},
    {"mkdir /mnt/b && mv /mnt/program /mnt/b && chown 65534 /mnt/b && ln -s b/program /mnt/link",
     "/mnt/link", "/mnt/b belongs to another user", "sudo chown root /mnt/b"},
    {"true", "./program", "is a relative path: ./program", "a path that begins with /"},
    {"true", "../mnt/program", "is a relative path: ../mnt/program", "a path that begins with /"},
    {"true", "/mnt/other", "/mnt/other is not installed", "sudo apt install wireguard-go"},
    {"mkdir /mnt/other", "/mnt/other", "/mnt/other is not installed",
     "sudo apt install wireguard-go"},
};

START_TEST(a_program_that_others_can_change_is_refused)
{
    make_program("echo \"$@\" >/mnt/said");
    host(untrusted_programs[_i].change);
    ck_assert_int_eq(chdir("/mnt"), 0);
    setenv("WG_QUICK_USERSPACE_IMPLEMENTATION", untrusted_programs[_i].program, 1);
    ck_assert_int_lt(wgctl_link_create_userspace("wgt0", &err), 0);
    ck_assert_msg(strstr(err.message, untrusted_programs[_i].message) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.hint, untrusted_programs[_i].hint) != NULL, "%s", err.hint);
    host("test ! -e /mnt/said");
}
END_TEST

START_TEST(without_a_program_it_is_said_what_to_install)
{
    setenv("WG_QUICK_USERSPACE_IMPLEMENTATION", "no-such-program", 1);
    ck_assert_int_eq(wgctl_link_create_userspace("wgt0", &err), WGCTL_UNSUPPORTED);
    ck_assert_str_eq(err.message,
                     "this kernel has no WireGuard, and no-such-program is not installed");
    ck_assert_ptr_nonnull(strstr(err.hint, "apt install wireguard-go"));
}
END_TEST

/* ---- values ---- */

START_TEST(the_mtu_is_set)
{
    assert_ok(wgctl_link_set_mtu("left", 1321, &err));
    host("ip link show left | grep -q 'mtu 1321 '");
}
END_TEST

START_TEST(an_mtu_that_the_interface_does_not_take_is_an_error)
{
    ck_assert_int_lt(wgctl_link_set_mtu("left", 20, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot set the MTU of left: "));
    host("ip link show left | grep -q 'mtu 1500 '");
}
END_TEST

START_TEST(an_interface_is_turned_on_and_nothing_else_of_it_changes)
{
    host("ip link set left promisc on");
    assert_ok(wgctl_link_set_up("left", &err));
    host("ip link show left | grep -q '[<,]PROMISC[,>]'");
    host("ip link show left | grep -q '[<,]UP[,>]'");
    host("! ip link show right | grep -q '[<,]UP[,>]'");
}
END_TEST

START_TEST(addresses_are_added_with_their_networks)
{
    const struct wgctl_prefix four = prefix_of("10.73.21.1/24"), six = prefix_of("fd00:1::1/64");
    assert_ok(wgctl_link_add_address("left", &four, &err));
    assert_ok(wgctl_link_add_address("left", &six, &err));
    host("ip address show dev left | grep -q 'inet 10.73.21.1/24 '");
    host("ip address show dev left | grep -q 'inet6 fd00:1::1/64 '");
}
END_TEST

START_TEST(an_address_that_is_there_already_is_an_error)
{
    const struct wgctl_prefix address = prefix_of("10.73.21.1/24");
    assert_ok(wgctl_link_add_address("left", &address, &err));
    ck_assert_int_eq(wgctl_link_add_address("left", &address, &err), WGCTL_EXISTS);
    ck_assert_ptr_nonnull(
        strstr(err.message, "cannot give the address 10.73.21.1/24 to left: File exists"));
}
END_TEST

START_TEST(an_interface_that_is_not_there_is_an_error)
{
    const struct wgctl_prefix address = prefix_of("10.73.21.1/24");
    ck_assert_int_lt(wgctl_link_set_mtu("wgt0", 1400, &err), 0);
    ck_assert_int_lt(wgctl_link_set_up("wgt0", &err), 0);
    ck_assert_int_lt(wgctl_link_add_address("wgt0", &address, &err), 0);
    ck_assert_uint_eq(if_nametoindex("wgt0"), 0);
}
END_TEST

START_TEST(an_address_of_an_interface_that_is_gone_is_gone)
{
    const struct wgctl_prefix address = prefix_of("10.73.21.1/24");
    assert_ok(wgctl_link_add_address("left", &address, &err));
    assert_ok(wgctl_link_remove_address("wgt0", &address, &err));
    host("ip address show dev left | grep -q 'inet 10.73.21.1/24 '");
}
END_TEST

/* ---- looking ---- */

START_TEST(the_mtu_is_read)
{
    uint32_t mtu;
    host("ip link set left mtu 1321");
    assert_ok(wgctl_link_mtu("left", &mtu, &err));
    ck_assert_uint_eq(mtu, 1321);
}
END_TEST

START_TEST(an_interface_that_is_not_there_has_no_mtu)
{
    uint32_t mtu = 7;
    ck_assert_int_lt(wgctl_link_mtu("wgt0", &mtu, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot read the MTU of wgt0: "));
    ck_assert_uint_eq(mtu, 7);
}
END_TEST

START_TEST(the_addresses_of_one_interface_or_of_all_are_read)
{
    WGCTL_PREFIXES left = {0}, all = {0}, none = {0};
    WGCTL_TEXT text = {0};
    host("ip address add 10.73.21.1/24 dev left && ip address add 10.9.0.1/32 dev right");
    assert_ok(wgctl_link_addresses("left", AF_UNSPEC, &left, &err));
    wgctl_prefixes_format(&left, &text);
    ck_assert_str_eq(text.data, "10.73.21.1/24");
    assert_ok(wgctl_link_addresses(NULL, AF_UNSPEC, &all, &err));
    static const char *const expected[] = {"127.0.0.1/8", "::1/128", "10.73.21.1/24",
                                           "10.9.0.1/32"};
    wgctl_prefixes_sort(&all);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct wgctl_prefix address;
        assert_ok(wgctl_prefix_parse(wgctl_slice_of(expected[i]), &address, &err));
        ck_assert_msg(wgctl_prefixes_have(&all, &address), "%s", expected[i]);
    }
    assert_ok(wgctl_link_addresses("wgt0", AF_UNSPEC, &none, &err));
    ck_assert_uint_eq(none.count, 0);
}
END_TEST

static Suite *link_suite(void)
{
    Suite *suite = suite_create("link");
    TCase *links = tcase_create("links");
    tcase_add_checked_fixture(links, enter_host, NULL);
    tcase_add_test(links, an_interface_is_made_or_the_kernel_has_no_wireguard);
    tcase_add_test(links, a_name_that_is_taken_is_said_to_be);
    tcase_add_test(links, an_interface_is_removed);
    tcase_add_test(links, an_interface_that_cannot_be_removed_is_an_error);
    tcase_add_test(links, the_program_that_is_named_is_started_with_the_interface);
    tcase_add_test(links, a_program_that_fails_is_an_error_with_its_last_line);
    tcase_add_test(links, a_plain_name_is_looked_up_in_the_system_only);
    tcase_add_loop_test(links, a_program_that_others_can_change_is_refused, 0,
                        sizeof untrusted_programs / sizeof *untrusted_programs);
    tcase_add_test(links, without_a_program_it_is_said_what_to_install);
    tcase_add_test(links, the_mtu_is_set);
    tcase_add_test(links, an_mtu_that_the_interface_does_not_take_is_an_error);
    tcase_add_test(links, an_interface_is_turned_on_and_nothing_else_of_it_changes);
    tcase_add_test(links, addresses_are_added_with_their_networks);
    tcase_add_test(links, an_address_that_is_there_already_is_an_error);
    tcase_add_test(links, an_interface_that_is_not_there_is_an_error);
    tcase_add_test(links, an_address_of_an_interface_that_is_gone_is_gone);
    tcase_add_test(links, the_mtu_is_read);
    tcase_add_test(links, an_interface_that_is_not_there_has_no_mtu);
    tcase_add_test(links, the_addresses_of_one_interface_or_of_all_are_read);
    suite_add_tcase(suite, links);
    return suite;
}

int main(void)
{
    return run_suite(link_suite());
}
