#include "conf/client.h"

#include <string.h>

#include "conf/server_read.h"
#include "conf/template.h"
#include "texts.h"

/* Returns the values of the golden files. */
static struct wgctl_client client_of(const char *addresses)
{
    struct wgctl_client client = {
        .has_private_key = true,
        .private_key = key_of(10),
        .dns = "1.1.1.1, fd00::53",
        .mtu = 1420,
        .server_key = key_of(11),
        .preshared_key = key_of(12),
        .allowed_ips = "0.0.0.0/0, ::/0",
        .endpoint = endpoint_of("vpn.example.org:51820"),
        .keepalive = 25,
    };
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_prefixes_parse(&client.addresses, wgctl_slice_of(addresses), &err),
                     WGCTL_OK);
    return client;
}

static int render(const struct wgctl_client *client, struct wgctl_text *ret,
                  struct wgctl_error *err)
{
    return wgctl_client_render(client, wgctl_slice_of(wgctl_template_builtin("client.conf")), ret,
                               err);
}

static void assert_rendered(const struct wgctl_client *client, const char *golden)
{
    WGCTL_TEXT text = {0}, expected = read_golden(golden);
    struct wgctl_error err;
    ck_assert_int_eq(render(client, &text, &err), WGCTL_OK);
    assert_same(wgctl_text_slice_of(&text), wgctl_text_slice_of(&expected));
}

START_TEST(a_client_is_what_a_device_imports)
{
    WGCTL_CLIENT client = client_of("10.73.21.2/32, fd5c::2/128");
    assert_rendered(&client, "client.conf");
}
END_TEST

START_TEST(what_a_client_has_not_is_left_out)
{
    WGCTL_CLIENT client = client_of("10.73.21.2/32");
    client.dns = NULL;
    client.mtu = 0;
    client.preshared_key = (struct wgctl_key){0};
    client.keepalive = 0;
    client.endpoint = endpoint_of("[2001:db8::1]:51820");
    assert_rendered(&client, "client-least.conf");
}
END_TEST

START_TEST(a_key_that_the_device_keeps_is_not_in_the_file)
{
    WGCTL_CLIENT client = client_of("10.73.21.2/32, fd5c::2/128");
    client.has_private_key = false;
    client.dns = "";
    assert_rendered(&client, "client-own-key.conf");
}
END_TEST

/* The iOS app refuses unknown and duplicate keys. */
START_TEST(a_client_holds_only_what_every_app_takes_each_once)
{
    static const char *const known[] = {
        "PrivateKey", "Address",   "DNS",
        "MTU",        "PublicKey", "PresharedKey",
        "AllowedIPs", "Endpoint",  "PersistentKeepalive",
    };
    static const char *const golden[] = {"client.conf", "client-least.conf", "client-own-key.conf"};
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        WGCTL_TEXT text = read_golden(golden[i]);
        unsigned seen[sizeof known / sizeof *known] = {0}, sections = 0;
        struct wgctl_slice rest = wgctl_text_slice_of(&text), line;
        while (wgctl_slice_split(&rest, '\n', &line)) {
            struct wgctl_line_parts parts = wgctl_line_parse(line);
            ck_assert_int_ne(parts.kind, WGCTL_LINE_OTHER);
            sections += parts.kind == WGCTL_LINE_SECTION;
            if (parts.kind != WGCTL_LINE_SETTING)
                continue;
            size_t k = 0;
            while (k < sizeof known / sizeof *known &&
                   !wgctl_slice_equal(parts.key, wgctl_slice_of(known[k])))
                k++;
            ck_assert_msg(k < sizeof known / sizeof *known, "%.*s", (int)parts.key.size,
                          parts.key.data);
            ck_assert_uint_gt(parts.value.size, 0);
            ck_assert_uint_eq(seen[k]++, 0);
        }
        ck_assert_uint_eq(sections, 2);
    }
}
END_TEST

START_TEST(a_client_is_read_back_as_what_it_was)
{
    WGCTL_CLIENT client = client_of("10.73.21.2/32, fd5c::2/128");
    WGCTL_SERVER server = {0};
    struct wgctl_text text = {0};
    struct wgctl_error err;
    struct wgctl_endpoint endpoint;
    ck_assert_int_eq(render(&client, &text, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_server_parse("phone.conf", &text, &server, &err), WGCTL_OK);
    ck_assert(wgctl_key_equal(&server.private_key, &client.private_key));
    ck_assert_uint_eq(server.addresses.count, 2);
    ck_assert_uint_eq(server.mtu, 1420);
    assert_slice(wgctl_text_slice_of(&server.dns), client.dns);
    ck_assert_uint_eq(server.peer_count, 1);
    ck_assert(wgctl_key_equal(&server.peers[0].public_key, &client.server_key));
    ck_assert(wgctl_key_equal(&server.peers[0].preshared_key, &client.preshared_key));
    ck_assert_uint_eq(server.peers[0].allowed_ips.count, 2);
    ck_assert_uint_eq(server.peers[0].keepalive, 25);
    ck_assert(wgctl_peer_endpoint(&server, &server.peers[0], &endpoint));
    ck_assert_str_eq(endpoint.host, client.endpoint.host);
    ck_assert_uint_eq(endpoint.port, client.endpoint.port);
}
END_TEST

START_TEST(nothing_can_add_a_line_to_a_client)
{
    for (unsigned which = 0; which < 3; which++) {
        WGCTL_CLIENT client = client_of("10.73.21.2/32");
        WGCTL_TEXT text = {0};
        struct wgctl_error err;
        const char *bad = "x\nPostUp = reboot";
        if (which == 0)
            client.dns = bad;
        else if (which == 1)
            client.allowed_ips = bad;
        else
            snprintf(client.endpoint.host, sizeof client.endpoint.host, "%s", bad);
        ck_assert_int_eq(render(&client, &text, &err), WGCTL_INVALID);
        ck_assert(!contains(wgctl_text_slice_of(&text), "PostUp"));
    }
}
END_TEST

/* ---- changing the endpoint ---- */

#define SERVER "laCrtsHM1+Lt+AMOGSQvOkVQW2ZxfIeSnaizvsnU3+o="
#define OTHER "JjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1plcHs="

static const struct {
    const char *before, *after; /* NULL if unchanged */
} changes[] = {
    {"[Peer]\nPublicKey = " SERVER "\nEndpoint = a:1\n",
     "[Peer]\nPublicKey = " SERVER "\nEndpoint = vpn.example.net:443\n"},
    {"[Interface]\nDNS = 1.1.1.1\n\n[Peer]\n# the server\nEndpoint=a:1 # x\nPublicKey = " SERVER,
     "[Interface]\nDNS = 1.1.1.1\n\n[Peer]\n# the server\nEndpoint=vpn.example.net:443 # x\n"
     "PublicKey = " SERVER},
    {"[peer]\r\npublic key = " SERVER "\r\n  END POINT = [::1]:1\r\n",
     "[peer]\r\npublic key = " SERVER "\r\n  END POINT = vpn.example.net:443\r\n"},
    {"[Peer]\nPublicKey = laCrtsHM1+Lt+AMOGSQvOkVQ W2ZxfIeSnaizvsnU3+o=\nEndpoint = a:1\n",
     "[Peer]\nPublicKey = laCrtsHM1+Lt+AMOGSQvOkVQ W2ZxfIeSnaizvsnU3+o=\n"
     "Endpoint = vpn.example.net:443\n"},
    /* Every [Peer] section of the server, and no other. */
    {"[Peer]\nPublicKey = " OTHER "\nEndpoint = a:1\n[Peer]\nPublicKey = " SERVER
     "\nEndpoint = a:1\n[Peer]\nPublicKey = " SERVER "\nEndpoint = b:2\n",
     "[Peer]\nPublicKey = " OTHER "\nEndpoint = a:1\n[Peer]\nPublicKey = " SERVER
     "\nEndpoint = vpn.example.net:443\n[Peer]\nPublicKey = " SERVER
     "\nEndpoint = vpn.example.net:443\n"},
    /* The last one counts, as in wg(8). */
    {"[Peer]\nPublicKey = " SERVER "\nEndpoint = a:1\nEndpoint = b:2\n",
     "[Peer]\nPublicKey = " SERVER
     "\nEndpoint = vpn.example.net:443\nEndpoint = vpn.example.net:443\n"},
    /* Nothing to change. */
    {"", NULL},
    {"[Peer]\nPublicKey = " SERVER "\nEndpoint = vpn.example.net:443\n", NULL},
    {"[Peer]\nPublicKey = " SERVER "\n", NULL},
    {"[Peer]\nPublicKey = " SERVER "\n[Peer]\nPublicKey = " OTHER "\nEndpoint = a:1\n", NULL},
    {"[Interface]\nPublicKey = " SERVER "\nEndpoint = a:1\n", NULL},
    {"[Peer]\n#PublicKey = " SERVER "\nEndpoint = a:1\n", NULL},
    {"[Peer]\nPublicKey = " SERVER "\n#Endpoint = a:1\n", NULL},
    {"[Peer]\nPublicKey = x\nEndpoint = a:1\n", NULL},
    {"not a configuration\nEndpoint = a:1\n", NULL},
};
enum { CHANGES = sizeof changes / sizeof *changes };

START_TEST(the_endpoint_of_the_server_changes_and_nothing_else)
{
    WGCTL_TEXT text = {0};
    struct wgctl_text source = text_of(changes[_i].before);
    struct wgctl_key key = key_from(SERVER);
    struct wgctl_endpoint endpoint = endpoint_of("vpn.example.net:443");
    struct wgctl_error err;
    bool changed;
    ck_assert_int_eq(wgctl_client_set_endpoint(&source, &key, &endpoint, &text, &changed, &err),
                     WGCTL_OK);
    ck_assert_ptr_null(source.data);
    ck_assert_int_eq(changed, changes[_i].after != NULL);
    assert_text(&text, changes[_i].after ? changes[_i].after : changes[_i].before);
}
END_TEST

START_TEST(a_file_is_of_the_server_whose_key_it_names)
{
    static const struct {
        const char *content;
        bool is;
    } cases[] = {
        {"", false},
        {"[Peer]\nPublicKey = " SERVER "\n", true},
        {"[Peer]\nPublicKey = " OTHER "\n", false},
        {"[Peer]\nPublicKey = " OTHER "\n[Peer]\nPublicKey = " SERVER, true},
        {"[Interface]\nPublicKey = " SERVER "\n", false},
        {"[Peer]\n# PublicKey = " SERVER "\n", false},
        {"[Peer]\nPresharedKey = " SERVER "\n", false},
        {"PublicKey = " SERVER "\n", false},
    };
    struct wgctl_key key = key_from(SERVER);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool is = wgctl_client_is_of(wgctl_slice_of(cases[i].content), &key);
        ck_assert_int_eq(is, cases[i].is);
    }
}
END_TEST

START_TEST(a_file_has_a_private_key_or_it_has_not)
{
    static const struct {
        const char *content;
        bool has;
    } cases[] = {
        {"", false},
        {"[Interface]\nPrivateKey = " OTHER "\n", true},
        {"[interface]\nAddress = 10.0.0.2\nprivate key=" OTHER, true},
        {"[Interface]\n# PrivateKey = the device's own private key\n", false},
        {"[Peer]\nPrivateKey = " OTHER "\n", false},
        {"PrivateKey = " OTHER "\n", false},
        {"[Interface]\n[Peer]\n[Interface]\nPrivateKey = " OTHER "\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool has = wgctl_client_has_private_key(wgctl_slice_of(cases[i].content));
        ck_assert_int_eq(has, cases[i].has);
    }
}
END_TEST

static Suite *client_suite(void)
{
    Suite *suite = suite_create("client");
    TCase *rendering = tcase_create("rendering");
    tcase_add_test(rendering, a_client_is_what_a_device_imports);
    tcase_add_test(rendering, what_a_client_has_not_is_left_out);
    tcase_add_test(rendering, a_key_that_the_device_keeps_is_not_in_the_file);
    tcase_add_test(rendering, a_client_holds_only_what_every_app_takes_each_once);
    tcase_add_test(rendering, a_client_is_read_back_as_what_it_was);
    tcase_add_test(rendering, nothing_can_add_a_line_to_a_client);
    suite_add_tcase(suite, rendering);

    TCase *reading = tcase_create("reading");
    tcase_add_loop_test(reading, the_endpoint_of_the_server_changes_and_nothing_else, 0, CHANGES);
    tcase_add_test(reading, a_file_is_of_the_server_whose_key_it_names);
    tcase_add_test(reading, a_file_has_a_private_key_or_it_has_not);
    suite_add_tcase(suite, reading);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(client_suite());
}
