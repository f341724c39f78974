/* Which routes are wanted, which change, and what SaveConfig makes of a file. */
#include "conf/document_edit.h"
#include "conf/server_read.h"
#include "run/private.h"
#include "texts.h"

static struct wgctl_slice slice(const char *string)
{
    return wgctl_slice_of(string);
}

/* ---- Table ---- */

START_TEST(reads_table)
{
    static const struct {
        const char *table;
        int kind;
        uint32_t number;
    } cases[] = {
        {"", WGCTL_ROUTES_AUTO, 0},           {"auto", WGCTL_ROUTES_AUTO, 0},
        {"off", WGCTL_ROUTES_OFF, 0},         {"51820", WGCTL_ROUTES_IN_TABLE, 51820},
        {"main", WGCTL_ROUTES_IN_TABLE, 254}, {"0", WGCTL_ROUTES_IN_TABLE, 254},
        {"0x10", WGCTL_ROUTES_IN_TABLE, 16},
    };
    struct wgctl_error err;
    struct wgctl_routing routing;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(wgctl_routing_read(slice(cases[i].table), &routing, &err), WGCTL_OK);
        ck_assert_int_eq((int)routing.kind, cases[i].kind);
        ck_assert_uint_eq(routing.table, cases[i].number);
    }
    ck_assert_int_eq(wgctl_routing_read(slice("no such table"), &routing, &err), WGCTL_NOT_FOUND);
}
END_TEST

/* ---- what is wanted ---- */

static struct wgctl_routes routes_of(const char *list, bool by_kernel)
{
    struct wgctl_error err;
    WGCTL_PREFIXES prefixes = {0};
    struct wgctl_routes routes = {0};
    if (list[0])
        ck_assert_int_eq(wgctl_prefixes_parse(&prefixes, slice(list), &err), WGCTL_OK);
    for (size_t i = 0; i < prefixes.count; i++) {
        const struct wgctl_route route = {
            .destination = prefixes.items[i], .table = 254, .by_kernel = by_kernel};
        ck_assert_int_eq(wgctl_routes_add(&routes, &route, &err), WGCTL_OK);
    }
    return routes;
}

static void describe(const struct wgctl_routes *routes, struct wgctl_text *ret)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    wgctl_text_string(ret, "");
    for (size_t i = 0; i < routes->count; i++)
        wgctl_text_format(ret, "%s%s@%u%s", i ? " " : "",
                          wgctl_prefix_format(&routes->items[i].destination, text),
                          routes->items[i].table, routes->items[i].with_rules ? "*" : "");
}

static const struct wish {
    const char *table;
    uint32_t mark;
    const char *allowed_ips, *by_kernel, *routes;
} wishes[] = {
    {"", 0, "10.0.0.2/32, 192.168.1.0/24", "10.0.0.0/24", "192.168.1.0/24@254"},
    {"", 0, "10.0.0.0/8, 10.1.0.0/16, fd00::/64, 10.1.1.0/24", "",
     "fd00::/64@254 10.1.1.0/24@254 10.1.0.0/16@254 10.0.0.0/8@254"},
    {"", 0, "0.0.0.0/0, ::/0, 10.0.0.2/32", "10.0.0.0/24", "::/0@0* 0.0.0.0/0@0*"},
    {"auto", 77, "0.0.0.0/0", "10.0.0.0/24", "0.0.0.0/0@77*"},
    /* In a table of one's own none is special, and none is left out. */
    {"99", 77, "0.0.0.0/0, 10.0.0.2/32", "10.0.0.0/24", "10.0.0.2/32@99 0.0.0.0/0@99"},
    {"off", 77, "0.0.0.0/0, 10.0.0.2/32", "", ""},
    {"", 0, "10.0.0.0/23", "10.0.0.0/24", "10.0.0.0/23@254"},
    {"", 0, "", "", ""},
};

START_TEST(wants_routes)
{
    const struct wish *wish = &wishes[_i];
    struct wgctl_error err;
    struct wgctl_routing routing;
    WGCTL_PREFIXES networks = {0};
    WGCTL_ROUTES there = routes_of(wish->by_kernel, true), wanted = {0};
    WGCTL_TEXT text = {0};
    if (wish->allowed_ips[0])
        ck_assert_int_eq(wgctl_prefixes_parse(&networks, slice(wish->allowed_ips), &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_routing_read(slice(wish->table), &routing, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_routes_desired(&routing, &networks, wish->mark, &there, &wanted, &err),
                     WGCTL_OK);
    describe(&wanted, &text);
    assert_text(&text, wish->routes);
}
END_TEST

START_TEST(selects_routes)
{
    struct wgctl_error err;
    WGCTL_ROUTES list = routes_of("10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16", false);
    WGCTL_ROUTES among = routes_of("10.3.0.0/16, 10.1.0.0/16, 10.2.0.0/17", false);
    WGCTL_ROUTES by_kernel = routes_of("10.2.0.0/16", true), in = {0}, out = {0}, all = {0};
    WGCTL_TEXT text_in = {0}, text_out = {0};
    ck_assert_int_eq(wgctl_routes_select(&list, &among, true, &in, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_routes_select(&list, &among, false, &out, &err), WGCTL_OK);
    describe(&in, &text_in);
    describe(&out, &text_out);
    assert_text(&text_in, "10.1.0.0/16@254 10.3.0.0/16@254");
    assert_text(&text_out, "10.2.0.0/16@254");
    /* The kernel's own are not ours to count. */
    ck_assert_int_eq(wgctl_routes_select(&list, &by_kernel, false, &all, &err), WGCTL_OK);
    ck_assert_uint_eq(all.count, 3);
}
END_TEST

START_TEST(chooses_mtu)
{
    ck_assert_uint_eq(wgctl_mtu_choose(0, 0), 1420);
    ck_assert_uint_eq(wgctl_mtu_choose(0, 1350), 1270);
    ck_assert_uint_eq(wgctl_mtu_choose(1400, 1350), 1320);
    ck_assert_uint_eq(wgctl_mtu_choose(65536, 1500), 65456);
}
END_TEST

/* ---- edits ---- */

static const struct edit {
    const char *before, *key, *value, *after;
} edits[] = {
    {"[Interface]\nMTU = 1420 # mine\n", "MTU", "1300", "[Interface]\nMTU = 1300 # mine\n"},
    {"[Interface]\nm tu=1\nMTU = 2\n# x\n", "MTU", "3", "[Interface]\nMTU = 3\n# x\n"},
    {"[Interface]\nMTU = 1\n[Peer]\nMTU = 2\n", "MTU", "", "[Interface]\n[Peer]\nMTU = 2\n"},
    {"[Interface]\nA = 1\n\n[Peer]\nB = 2\n", "MTU", "3",
     "[Interface]\nA = 1\nMTU = 3\n\n[Peer]\nB = 2\n"},
    {"[Interface]\nA = 1\n[Peer]\n[Interface]\nMTU = 2\n", "MTU", "3",
     "[Interface]\nA = 1\n[Peer]\n[Interface]\nMTU = 3\n"},
    {"[Interface]", "MTU", "3", "[Interface]\nMTU = 3\n"},
    {"[Peer]\n", "MTU", "3", "[Peer]\n[Interface]\nMTU = 3\n"},
    {"[Interface]\r\nA = 1\r\n", "MTU", "3", "[Interface]\r\nA = 1\r\nMTU = 3\r\n"},
    {"[Interface]\nA = 1\n", "MTU", "", "[Interface]\nA = 1\n"},
};

START_TEST(puts_settings)
{
    const struct edit *edit = &edits[_i];
    struct wgctl_error err;
    WGCTL_DOCUMENT document = {0};
    WGCTL_TEXT text = {0};
    struct wgctl_text source = text_of(edit->before);
    ck_assert_int_eq(wgctl_document_parse(&source, &document, &err), WGCTL_OK);
    size_t end = document.count;
    ck_assert_int_eq(
        wgctl_document_put(&document, 0, &end, "Interface", edit->key, slice(edit->value), &err),
        WGCTL_OK);
    ck_assert_uint_eq(end, document.count);
    wgctl_document_render(&document, &text);
    assert_text(&text, edit->after);
}
END_TEST

/* ---- SaveConfig ---- */

/* What runs is what the file says: then no byte of it changes. */
START_TEST(saves_nothing_new)
{
    struct wgctl_error err;
    char key[WGCTL_KEY_TEXT_SIZE];
    struct wgctl_key public_key = key_of(1);
    WGCTL_TEXT expected = {0}, text = {0};
    WGCTL_SERVER server = {0};
    WGCTL_DEVICE device = {.has_fwmark = true, .listen_port = 51820};
    struct wgctl_saved host = {.mtu = 1300};
    wgctl_text_format(&expected,
                      "# mine\n[Interface]\n ListenPort=51820\nAddress = 10.0.0.1/24 # a\n"
                      "Address=fd00::1/64\nSaveConfig = true\n\n# title\n[Peer]\n"
                      "PublicKey = %s\nAllowedIPs = 10.0.0.3/32\nAllowedIPs = 10.0.0.2 # b\n"
                      "#- [Peer]\n#- PublicKey = %s\n",
                      wgctl_key_format(&public_key, key), key);
    struct wgctl_text source = text_of_slice(wgctl_text_slice_of(&expected));
    ck_assert_int_eq(wgctl_server_parse("wg0.conf", &source, &server, &err), WGCTL_OK);
    struct wgctl_device_peer *peer = wgctl_device_add_peer(&device);
    peer->public_key = public_key;
    ck_assert_int_eq(
        wgctl_prefixes_parse(&peer->allowed_ips, slice("10.0.0.2/32, 10.0.0.3/32"), &err),
        WGCTL_OK);
    ck_assert_int_eq(wgctl_prefixes_parse(&host.addresses, slice("10.0.0.1/24, fd00::1/64"), &err),
                     WGCTL_OK);
    ck_assert_int_eq(wgctl_save_document(&server, &device, &host, &err), WGCTL_OK);
    wgctl_document_render(&server.document, &text);
    assert_same(wgctl_text_slice_of(&text), wgctl_text_slice_of(&expected));
    wgctl_prefixes_clear(&host.addresses);
}
END_TEST

#define ADD_ALL(test, table) \
    tcase_add_loop_test(tests, test, 0, (int)(sizeof(table) / sizeof *(table)))

static Suite *routes_suite(void)
{
    Suite *suite = suite_create("routes");
    TCase *tests = tcase_create("routes");
    tcase_add_test(tests, reads_table);
    ADD_ALL(wants_routes, wishes);
    tcase_add_test(tests, selects_routes);
    tcase_add_test(tests, chooses_mtu);
    ADD_ALL(puts_settings, edits);
    tcase_add_test(tests, saves_nothing_new);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(routes_suite());
}
