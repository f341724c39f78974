/* Services, with a stub of systemctl that records its arguments. */
#include "host/service.h"

#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "texts.h"

static struct wgctl_error err;
static char folder[] = "/tmp/wgctl-service-XXXXXX";

static void make_systemctl(int status)
{
    char path[64];
    snprintf(path, sizeof path, "%s/systemctl", folder);
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "#!/bin/sh\necho \"$@\" >>%s/calls\necho its own words >&2\nexit %d\n", folder,
            status);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0755), 0);
}

static void setup_systemctl(void)
{
    char path[100];
    enter_host();
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s:/usr/bin:/bin", folder);
    setenv("PATH", path, true);
}

static void teardown_systemctl(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void assert_called(const char *expected)
{
    char command[200];
    snprintf(command, sizeof command, "test \"$(cat %s/calls)\" = '%s'", folder, expected);
    host(command);
}

START_TEST(a_tunnel_is_started_now_and_at_boot)
{
    make_systemctl(0);
    ck_assert_int_eq(wgctl_service_enable("wg7", &err), WGCTL_OK);
    assert_called("--quiet enable --now wgctl@wg7.service");
}
END_TEST

START_TEST(and_stopped_and_not_started_at_boot)
{
    make_systemctl(0);
    ck_assert_int_eq(wgctl_service_disable("wg7", &err), WGCTL_OK);
    assert_called("--quiet disable --now wgctl@wg7.service");
}
END_TEST

START_TEST(what_systemctl_says_of_a_failure_is_handed_on_with_where_to_look)
{
    make_systemctl(1);
    ck_assert_int_eq(wgctl_service_enable("wg7", &err), WGCTL_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err.message, "enable wgctl@wg7.service: "));
    ck_assert_ptr_nonnull(strstr(err.message, "its own words"));
    ck_assert_str_eq(err.hint, "journalctl -eu wgctl@wg7.service");
}
END_TEST

START_TEST(systemd_runs_where_it_says_so)
{
    host("mount -t tmpfs -o mode=755 tmpfs /run");
    ck_assert(!wgctl_service_manager_runs());
    host("mkdir -p /run/systemd/system");
    ck_assert(wgctl_service_manager_runs());
    host("umount /run");
}
END_TEST

static Suite *service_suite(void)
{
    Suite *suite = suite_create("service");
    TCase *tests = tcase_create("service");
    tcase_add_checked_fixture(tests, setup_systemctl, teardown_systemctl);
    tcase_add_test(tests, a_tunnel_is_started_now_and_at_boot);
    tcase_add_test(tests, and_stopped_and_not_started_at_boot);
    tcase_add_test(tests, what_systemctl_says_of_a_failure_is_handed_on_with_where_to_look);
    tcase_add_test(tests, systemd_runs_where_it_says_so);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(service_suite());
}
