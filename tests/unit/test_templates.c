#include "tunnel/templates.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "texts.h"

static char folder_path[] = "/tmp/wgctl-template-XXXXXX";
static struct wgctl_folder folder;

static void make_folder(void)
{
    struct wgctl_error err;
    ck_assert_ptr_nonnull(mkdtemp(folder_path));
    /* In a folder that others cannot enter, the modes of files would not matter. */
    ck_assert_int_eq(chmod(folder_path, 0755), 0);
    ck_assert_int_eq(wgctl_folder_open(folder_path, &folder, &err), WGCTL_OK);
}

static void remove_folder(void)
{
    struct wgctl_folder templates;
    struct wgctl_error err;
    if (wgctl_folder_open_in(&folder, "templates", false, &templates, &err) == WGCTL_OK) {
        unlinkat(templates.fd, "client.conf", 0);
        unlinkat(templates.fd, "other.conf", 0);
        wgctl_folder_close(&templates);
    }
    unlinkat(folder.fd, "templates", AT_REMOVEDIR);
    unlinkat(folder.fd, "templates", 0);
    wgctl_folder_close(&folder);
    rmdir(folder_path);
}

static void put(const char *name, const char *content, mode_t mode)
{
    struct wgctl_folder templates;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_folder_open_in(&folder, "templates", true, &templates, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_file_write(&templates, name, wgctl_slice_of(content), mode, &err),
                     WGCTL_OK);
    wgctl_folder_close(&templates);
}

START_TEST(every_template_that_is_needed_is_built_in)
{
    static const char *const names[] = {"client.conf", "iptables.hooks", "nftables.hooks",
                                        "server.conf", "settings.ini",   "sysctl.conf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        WGCTL_TEXT text = {0};
        struct wgctl_error err;
        ck_assert_int_eq(wgctl_template_read(&folder, names[i], &text, &err), WGCTL_OK);
        ck_assert_uint_gt(text.size, 0);
        ck_assert_int_eq(text.data[text.size - 1], '\n');
        ck_assert_str_eq(text.data, wgctl_template_builtin(names[i]));
    }
}
END_TEST

START_TEST(the_owners_version_wins)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    put("client.conf", "# mine\n{{dns}}\n", 0644);
    ck_assert_int_eq(wgctl_template_read(&folder, "client.conf", &text, &err), WGCTL_OK);
    assert_text(&text, "# mine\n{{dns}}\n");
}
END_TEST

START_TEST(an_owners_version_of_another_template_does_not_matter)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    put("other.conf", "# mine\n", 0600);
    ck_assert_int_eq(wgctl_template_read(&folder, "client.conf", &text, &err), WGCTL_OK);
    assert_text(&text, wgctl_template_builtin("client.conf"));
}
END_TEST

START_TEST(an_owners_version_that_is_not_safe_is_refused_not_passed_over)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    put("client.conf", "# mine\n", 0666);
    ck_assert_int_eq(fchmodat(folder.fd, "templates", 0755, 0), 0);
    ck_assert_int_eq(wgctl_template_read(&folder, "client.conf", &text, &err), WGCTL_DENIED);
    put("client.conf", "# mine\n", 0600);
    ck_assert_int_eq(fchmodat(folder.fd, "templates", 0777, 0), 0);
    ck_assert_int_eq(wgctl_template_read(&folder, "client.conf", &text, &err), WGCTL_DENIED);
    ck_assert_uint_eq(text.size, 0);
}
END_TEST

START_TEST(a_link_to_a_template_is_not_followed)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    put("other.conf", "# mine\n", 0600);
    ck_assert_int_eq(symlinkat("other.conf", folder.fd, "templates/client.conf"), 0);
    ck_assert_int_eq(wgctl_template_read(&folder, "client.conf", &text, &err), WGCTL_DENIED);
}
END_TEST

START_TEST(a_link_to_the_folder_of_templates_is_not_followed)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    ck_assert_int_eq(symlinkat(".", folder.fd, "templates"), 0);
    ck_assert_int_lt(wgctl_template_read(&folder, "client.conf", &text, &err), 0);
}
END_TEST

START_TEST(what_is_not_built_in_is_not_found)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_template_read(&folder, "clients.conf", &text, &err), WGCTL_NOT_FOUND);
    ck_assert_str_eq(err.message, "there is no template 'clients.conf'");
}
END_TEST

START_TEST(without_a_folder_it_is_what_is_built_in)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    const struct wgctl_folder closed = WGCTL_FOLDER_CLOSED;
    ck_assert_int_eq(wgctl_template_read(&closed, "client.conf", &text, &err), WGCTL_OK);
    assert_text(&text, wgctl_template_builtin("client.conf"));
}
END_TEST

static Suite *templates_suite(void)
{
    Suite *suite = suite_create("templates");
    TCase *reading = tcase_create("reading");
    tcase_add_checked_fixture(reading, make_folder, remove_folder);
    tcase_add_test(reading, every_template_that_is_needed_is_built_in);
    tcase_add_test(reading, the_owners_version_wins);
    tcase_add_test(reading, an_owners_version_of_another_template_does_not_matter);
    tcase_add_test(reading, an_owners_version_that_is_not_safe_is_refused_not_passed_over);
    tcase_add_test(reading, a_link_to_a_template_is_not_followed);
    tcase_add_test(reading, a_link_to_the_folder_of_templates_is_not_followed);
    tcase_add_test(reading, what_is_not_built_in_is_not_found);
    tcase_add_test(reading, without_a_folder_it_is_what_is_built_in);
    suite_add_tcase(suite, reading);
    return suite;
}

int main(void)
{
    return run_suite(templates_suite());
}
