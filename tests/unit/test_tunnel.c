/* A commit against a device that misbehaves: a process of the test's own that
 * speaks the userspace protocol, in a network namespace of the test's own. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/key.h"
#include "store/private.h"
#include "suite.h"
#include "wgctl.h"

#define CONF                                                      \
    "[Interface]\n"                                               \
    "PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n" \
    "Address = 10.73.21.1/24\n"                                   \
    "ListenPort = 51820\n"                                        \
    "# mine\n"                                                    \
    "\n"                                                          \
    "[Peer]\n"                                                    \
    "# friendly_name = laptop\n"                                  \
    "PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n"  \
    "AllowedIPs = 10.73.21.2/32\n"
#define INI "[server]\nendpoint = vpn.example.org:51820\n"
#define LAPTOP                                                                 \
    "[Interface]\nPrivateKey = TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=\n" \
    "[Peer]\nPublicKey = HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=\n"       \
    "Endpoint = vpn.example.org:51820\n"

enum device { ABSENT, REFUSES, LIES, SILENT };

static char folder[] = "/tmp/wgctl-test-XXXXXX";
static pid_t responder;
static struct wgctl_error err;

static void write_file(const char *name, const char *content)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

/* The content, or NULL where there is no such file. */
static const char *content_of(const char *name)
{
    static char buffer[8192];
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return NULL;
    ssize_t got = read(fd, buffer, sizeof buffer - 1);
    ck_assert_int_ge(got, 0);
    buffer[got] = '\0';
    close(fd);
    return buffer;
}

/* What the device says it is: as the file wants it, before any change. */
static const char running[] = "private_key=c809f3e5317e9575c9b5ed78b638b7ce530dabe85ddab6142202418"
                              "01ddf0669\nlisten_port=51820\n"
                              "public_key=c53201039adba14be71f886da1d8dbe9eebded08cb111b753400789"
                              "99aa9f038\nallowed_ip=10.73.21.2/32\nerrno=0\n\n";

static void answer(int client, enum device device)
{
    char request[65536];
    ssize_t got = recv(client, request, sizeof request - 1, 0);
    request[got > 0 ? got : 0] = '\0';
    const char *reply = running;
    if (strncmp(request, "set=1", 5) == 0)
        reply = device == REFUSES ? "errno=-22\n\n" : device == SILENT ? "" : "errno=0\n\n";
    send(client, reply, strlen(reply), MSG_NOSIGNAL);
}

static void serve(enum device device)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX,
                                  .sun_path = "/var/run/wireguard/wgt0.sock"};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    responder = fork();
    if (responder == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) {
            int client = accept(listener, NULL, NULL);
            answer(client, device);
            close(client);
        }
    }
    close(listener);
}

static void run(const char *command)
{
    ck_assert_msg(system(command) == 0, "%s", command);
}

/* All that a test makes goes with it, also where it fails. */
static void isolate(void)
{
    ck_assert_int_eq(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", 0, "mode=755"), 0);
    ck_assert_int_eq(mkdir("/run/wireguard", 0755), 0);
    ck_assert_int_eq(mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777"), 0);
}

static void setup(enum device device)
{
    isolate();
    ck_assert_int_eq(wgctl_setup(&err), WGCTL_OK);
    strcpy(folder, "/tmp/wgctl-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file("wgt0.conf", CONF);
    write_file("wgt0.ini", INI);
    char path[256];
    snprintf(path, sizeof path, "%s/wgt0.peers", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    write_file("wgt0.peers/laptop.conf", LAPTOP);
    if (device == ABSENT)
        return;
    run("ip link add wgt0 type veth peer name wgt1");
    serve(device);
}

static void teardown(void)
{
    if (responder > 0) {
        kill(responder, SIGKILL);
        waitpid(responder, NULL, 0);
    }
}

static struct wgctl_tunnel *open_tunnel(void)
{
    struct wgctl_tunnel *tunnel = NULL;
    int rc = wgctl_tunnel_open(folder, "wgt0", WGCTL_APPLY, &tunnel, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
    return tunnel;
}

static int add_phone(void)
{
    struct wgctl_tunnel *tunnel = open_tunnel();
    const struct wgctl_peer_request request = {.name = "phone"};
    int rc = wgctl_tunnel_add_peer(tunnel, &request, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
    rc = wgctl_tunnel_commit(tunnel, NULL, &err);
    wgctl_tunnel_close(&tunnel);
    return rc;
}

static void assert_nothing_changed(void)
{
    ck_assert_str_eq(content_of("wgt0.conf"), CONF);
    ck_assert_str_eq(content_of("wgt0.ini"), INI);
    ck_assert_str_eq(content_of("wgt0.peers/laptop.conf"), LAPTOP);
    ck_assert_ptr_null(content_of("wgt0.peers/phone.conf"));
    ck_assert_str_eq(content_of(".wgctl/journal"), "");
}

START_TEST(a_device_that_refuses_leaves_every_file_as_it_was)
{
    setup(REFUSES);
    ck_assert_int_lt(add_phone(), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "refused"));
    assert_nothing_changed();
    teardown();
}
END_TEST

START_TEST(a_device_that_only_says_it_took_the_change_is_found_out)
{
    setup(LIES);
    ck_assert_int_lt(add_phone(), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "did not make it"));
    assert_nothing_changed();
    teardown();
}
END_TEST

START_TEST(a_device_that_only_says_a_peer_is_gone_is_found_out)
{
    setup(LIES);
    struct wgctl_tunnel *tunnel = open_tunnel();
    ck_assert_int_eq(wgctl_tunnel_revoke(tunnel, "laptop", &err), WGCTL_OK);
    ck_assert_int_lt(wgctl_tunnel_commit(tunnel, NULL, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "did not make it"));
    wgctl_tunnel_close(&tunnel);
    assert_nothing_changed();
    teardown();
}
END_TEST

/* Else the laptop and its network are as they run. */
static const char *const not_made[] = {
    "PresharedKey = FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=\n",
    "PersistentKeepalive = 25\n",
    "AllowedIPs = 10.73.21.3/32\n",
};
enum { NOT_MADE = sizeof not_made / sizeof *not_made };

START_TEST(a_device_that_only_says_a_peer_has_changed_is_found_out)
{
    setup(LIES);
    char conf[sizeof CONF + 100];
    snprintf(conf, sizeof conf, "%s%s", CONF, not_made[_i]);
    write_file("wgt0.conf", conf);
    struct wgctl_tunnel *tunnel = open_tunnel();
    ck_assert_int_lt(wgctl_tunnel_commit(tunnel, NULL, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "did not make it"));
    wgctl_tunnel_close(&tunnel);
    teardown();
}
END_TEST

START_TEST(a_device_that_dies_half_way_leaves_every_file_as_it_was_and_is_named)
{
    setup(SILENT);
    ck_assert_int_lt(add_phone(), 0);
    ck_assert_ptr_nonnull(strstr(err.message, "does not answer"));
    assert_nothing_changed();
    teardown();
}
END_TEST

START_TEST(a_refused_revocation_is_not_said_to_have_happened)
{
    setup(REFUSES);
    struct wgctl_tunnel *tunnel = open_tunnel();
    ck_assert_int_eq(wgctl_tunnel_revoke(tunnel, "laptop", &err), WGCTL_OK);
    ck_assert_int_lt(wgctl_tunnel_commit(tunnel, NULL, &err), 0);
    wgctl_tunnel_close(&tunnel);
    assert_nothing_changed();
    teardown();
}
END_TEST

START_TEST(without_a_device_the_files_alone_change)
{
    setup(ABSENT);
    ck_assert_int_eq(add_phone(), WGCTL_OK);
    ck_assert_int_eq(strncmp(content_of("wgt0.conf"), CONF, strlen(CONF)), 0);
    ck_assert_ptr_nonnull(strstr(content_of("wgt0.conf"), "# friendly_name = phone"));
    ck_assert_ptr_nonnull(content_of("wgt0.peers/phone.conf"));
    teardown();
}
END_TEST

START_TEST(adding_and_revoking_gives_the_file_back_byte_for_byte)
{
    setup(ABSENT);
    ck_assert_int_eq(add_phone(), WGCTL_OK);
    struct wgctl_tunnel *tunnel = open_tunnel();
    ck_assert_int_eq(wgctl_tunnel_revoke(tunnel, "phone", &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_tunnel_commit(tunnel, NULL, &err), WGCTL_OK);
    wgctl_tunnel_close(&tunnel);
    assert_nothing_changed();
    teardown();
}
END_TEST

START_TEST(nothing_is_touched_before_the_commit)
{
    setup(ABSENT);
    struct wgctl_tunnel *tunnel = open_tunnel();
    const struct wgctl_peer_request request = {.name = "phone"};
    WGCTL_CHANGES changes = {0};
    ck_assert_int_eq(wgctl_tunnel_add_peer(tunnel, &request, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_tunnel_plan(tunnel, &changes, &err), WGCTL_OK);
    ck_assert_uint_eq(changes.count, 2);
    wgctl_tunnel_close(&tunnel);
    assert_nothing_changed();
    teardown();
}
END_TEST

START_TEST(of_many_changes_as_many_are_listed_as_are_asked_for)
{
    setup(ABSENT);
    struct wgctl_tunnel *tunnel = open_tunnel();
    const struct wgctl_peer_request request = {.name = "phone"};
    WGCTL_CHANGES all = {0}, one = {.most = 1};
    ck_assert_int_eq(wgctl_tunnel_add_peer(tunnel, &request, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_tunnel_plan(tunnel, &all, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_tunnel_plan(tunnel, &one, &err), WGCTL_OK);
    ck_assert_uint_eq(all.listed, 2);
    ck_assert_uint_eq(one.count, 2);
    ck_assert_uint_eq(one.listed, 1);
    ck_assert_str_eq(one.items[0].value, all.items[0].value);
    wgctl_tunnel_close(&tunnel);
    teardown();
}
END_TEST

START_TEST(a_file_edited_since_the_tunnel_was_opened_is_kept)
{
    setup(ABSENT);
    struct wgctl_tunnel *tunnel = open_tunnel();
    const struct wgctl_peer_request request = {.name = "phone"};
    ck_assert_int_eq(wgctl_tunnel_add_peer(tunnel, &request, &err), WGCTL_OK);
    write_file("wgt0.conf", CONF "# edited meanwhile\n");
    ck_assert_int_eq(wgctl_tunnel_commit(tunnel, NULL, &err), WGCTL_BUSY);
    wgctl_tunnel_close(&tunnel);
    ck_assert_str_eq(content_of("wgt0.conf"), CONF "# edited meanwhile\n");
    ck_assert_ptr_null(content_of("wgt0.peers/phone.conf"));
    teardown();
}
END_TEST

START_TEST(a_device_file_edited_meanwhile_fails_the_revocation)
{
    setup(ABSENT);
    struct wgctl_tunnel *tunnel = open_tunnel();
    ck_assert_int_eq(wgctl_tunnel_revoke(tunnel, "laptop", &err), WGCTL_OK);
    write_file("wgt0.peers/laptop.conf", "edited");
    ck_assert_int_eq(wgctl_tunnel_commit(tunnel, NULL, &err), WGCTL_BUSY);
    wgctl_tunnel_close(&tunnel);
    ck_assert_str_eq(content_of("wgt0.peers/laptop.conf"), "edited");
    ck_assert_str_eq(content_of("wgt0.conf"), CONF);
    teardown();
}
END_TEST

START_TEST(a_peer_whose_file_is_not_kept_leaves_no_old_file_of_its_name)
{
    setup(ABSENT);
    write_file("wgt0.peers/phone.conf", LAPTOP);
    struct wgctl_tunnel *tunnel = open_tunnel();
    const struct wgctl_peer_request request = {.name = "phone", .no_store = true};
    WGCTL_TEXT text = {0};
    ck_assert_int_eq(wgctl_tunnel_add_peer(tunnel, &request, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_tunnel_client(tunnel, "phone", &text, &err), WGCTL_OK);
    ck_assert_ptr_null(strstr(text.data, "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi"));
    ck_assert_int_eq(wgctl_tunnel_commit(tunnel, NULL, &err), WGCTL_OK);
    wgctl_tunnel_close(&tunnel);
    ck_assert_ptr_null(content_of("wgt0.peers/phone.conf"));
    tunnel = open_tunnel();
    ck_assert_int_eq(wgctl_tunnel_client(tunnel, "phone", &text, &err), WGCTL_NOT_FOUND);
    wgctl_tunnel_close(&tunnel);
    teardown();
}
END_TEST

START_TEST(a_peer_added_and_revoked_before_the_commit_leaves_nothing)
{
    setup(ABSENT);
    struct wgctl_tunnel *tunnel = open_tunnel();
    const struct wgctl_peer_request request = {.name = "phone"};
    ck_assert_int_eq(wgctl_tunnel_add_peer(tunnel, &request, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_tunnel_revoke(tunnel, "phone", &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_tunnel_commit(tunnel, NULL, &err), WGCTL_OK);
    wgctl_tunnel_close(&tunnel);
    assert_nothing_changed();
    teardown();
}
END_TEST

/* A folder in the place of the file, for one. */
START_TEST(a_device_file_that_cannot_be_read_fails_the_revocation)
{
    setup(ABSENT);
    run("cd /tmp/wgctl-test-* && rm wgt0.peers/laptop.conf && mkdir wgt0.peers/laptop.conf");
    struct wgctl_tunnel *tunnel = open_tunnel();
    ck_assert_int_lt(wgctl_tunnel_revoke(tunnel, "laptop", &err), 0);
    ck_assert_int_ne(err.status, WGCTL_NOT_FOUND);
    wgctl_tunnel_close(&tunnel);
    ck_assert_str_eq(content_of("wgt0.conf"), CONF);
    teardown();
}
END_TEST

/* ---- what a killed commit leaves ---- */

/* As a commit does that is killed right after its commit point: a new endpoint, and the laptop's
 * file along with it. */
static void leave_killed_commit(void)
{
    static const char ini[] = "[server]\nendpoint = new.example:4242\n";
    WGCTL_RECORD record = {0};
    WGCTL_TEXT text = {0};
    struct wgctl_version before = wgctl_version_of(wgctl_slice_of(INI)),
                         after = wgctl_version_of(wgctl_slice_of(ini));
    ck_assert_int_eq(
        wgctl_record_add(&record, wgctl_slice_of("wgt0.ini"), &before, &after, 0, &err), 0);
    before = wgctl_version_of(wgctl_slice_of(LAPTOP));
    after = wgctl_version_of(wgctl_slice_of("laptop of new.example"));
    ck_assert_int_eq(wgctl_record_add(&record, wgctl_slice_of("wgt0.peers/laptop.conf"), &before,
                                      &after, 1, &err),
                     0);
    wgctl_record_format(&record, &text);
    run("mkdir -m 700 $(echo /tmp/wgctl-test-*)/.wgctl");
    write_file(".wgctl/new.0", ini);
    write_file(".wgctl/new.1", "laptop of new.example");
    write_file(".wgctl/journal", text.data);
}

static void assert_endpoint(const struct wgctl_tunnel *tunnel, const char *expected)
{
    WGCTL_TEXT text = {0};
    wgctl_tunnel_endpoint(tunnel, &text);
    ck_assert_str_eq(text.data, expected);
}

START_TEST(a_reader_sees_what_a_killed_commit_decided)
{
    setup(ABSENT);
    leave_killed_commit();
    WGCTL_TUNNEL *tunnel = NULL;
    WGCTL_TEXT text = {0};
    ck_assert_int_eq(wgctl_tunnel_open(folder, "wgt0", WGCTL_READ, &tunnel, &err), WGCTL_OK);
    assert_endpoint(tunnel, "new.example:4242");
    ck_assert_int_eq(wgctl_tunnel_client(tunnel, "laptop", &text, &err), WGCTL_OK);
    ck_assert_str_eq(text.data, "laptop of new.example");
    ck_assert_str_eq(content_of("wgt0.ini"), INI);
    teardown();
}
END_TEST

START_TEST(a_killed_commit_is_finished_by_the_next_command)
{
    setup(ABSENT);
    leave_killed_commit();
    WGCTL_TUNNEL *tunnel = open_tunnel();
    assert_endpoint(tunnel, "new.example:4242");
    ck_assert_str_eq(content_of("wgt0.peers/laptop.conf"), "laptop of new.example");
    ck_assert_str_eq(content_of(".wgctl/journal"), "");
    ck_assert_ptr_null(content_of(".wgctl/new.0"));
    ck_assert_str_eq(wgctl_tunnel_left_alone(tunnel), "");
    teardown();
}
END_TEST

START_TEST(what_its_owner_edited_after_a_kill_is_kept_and_named)
{
    setup(ABSENT);
    leave_killed_commit();
    write_file("wgt0.ini", "[server]\nendpoint = mine.example:1\n");
    WGCTL_TUNNEL *tunnel = open_tunnel();
    assert_endpoint(tunnel, "mine.example:1");
    ck_assert_str_eq(content_of("wgt0.ini"), "[server]\nendpoint = mine.example:1\n");
    ck_assert_str_eq(wgctl_tunnel_left_alone(tunnel), "wgt0.ini");
    teardown();
}
END_TEST

static Suite *tunnel_suite(void)
{
    Suite *suite = suite_create("tunnel");
    TCase *commit = tcase_create("commit");
    tcase_add_test(commit, a_device_that_refuses_leaves_every_file_as_it_was);
    tcase_add_test(commit, a_device_that_only_says_it_took_the_change_is_found_out);
    tcase_add_test(commit, a_device_that_only_says_a_peer_is_gone_is_found_out);
    tcase_add_loop_test(commit, a_device_that_only_says_a_peer_has_changed_is_found_out, 0,
                        NOT_MADE);
    tcase_add_test(commit, a_device_that_dies_half_way_leaves_every_file_as_it_was_and_is_named);
    tcase_add_test(commit, a_refused_revocation_is_not_said_to_have_happened);
    tcase_add_test(commit, without_a_device_the_files_alone_change);
    tcase_add_test(commit, adding_and_revoking_gives_the_file_back_byte_for_byte);
    tcase_add_test(commit, nothing_is_touched_before_the_commit);
    tcase_add_test(commit, of_many_changes_as_many_are_listed_as_are_asked_for);
    tcase_add_test(commit, a_file_edited_since_the_tunnel_was_opened_is_kept);
    tcase_add_test(commit, a_device_file_edited_meanwhile_fails_the_revocation);
    tcase_add_test(commit, a_peer_whose_file_is_not_kept_leaves_no_old_file_of_its_name);
    tcase_add_test(commit, a_peer_added_and_revoked_before_the_commit_leaves_nothing);
    tcase_add_test(commit, a_device_file_that_cannot_be_read_fails_the_revocation);
    suite_add_tcase(suite, commit);
    TCase *recovery = tcase_create("recovery");
    tcase_add_test(recovery, a_reader_sees_what_a_killed_commit_decided);
    tcase_add_test(recovery, a_killed_commit_is_finished_by_the_next_command);
    tcase_add_test(recovery, what_its_owner_edited_after_a_kill_is_kept_and_named);
    suite_add_tcase(suite, recovery);
    return suite;
}

int main(void)
{
    return run_suite(tunnel_suite());
}
