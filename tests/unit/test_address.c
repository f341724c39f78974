#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "net/address.h"
#include "suite.h"

static struct wgctl_prefix prefix_of(const char *text)
{
    struct wgctl_prefix prefix;
    struct wgctl_error err;
    int status = wgctl_prefix_parse(wgctl_slice_of(text), &prefix, &err);
    ck_assert_msg(status == WGCTL_OK, "%s: %s", text, err.message);
    return prefix;
}

static void assert_writes(const struct wgctl_prefix *prefix, const char *expected)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    ck_assert_ptr_eq(wgctl_prefix_format(prefix, text), text);
    ck_assert_str_eq(text, expected);
}

static const struct {
    const char *text, *written;
} accepted[] = {
    {"10.0.0.1", "10.0.0.1/32"},
    {"10.0.0.1/24", "10.0.0.1/24"},
    {"0.0.0.0/0", "0.0.0.0/0"},
    {"255.255.255.255", "255.255.255.255/32"},
    {"10.0.0.0/31", "10.0.0.0/31"},
    {"10.0.0.1/32", "10.0.0.1/32"},
    {"10.0.0.1/024", "10.0.0.1/24"}, /* as in wg(8) */
    {"fd00::1", "fd00::1/128"},
    {"fd00::1/64", "fd00::1/64"},
    {"::/0", "::/0"},
    {"::1/127", "::1/127"},
    {"FD00:0:0:0:0:0:0:1/128", "fd00::1/128"},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.1/128"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"},
};
enum { ACCEPTED = sizeof accepted / sizeof *accepted };

static const char *const refused[] = {
    "",
    "/",
    "/24",
    "10.0.0.1/",
    "10.0.0.1/33",
    "10.0.0.1/256",
    "10.0.0.1/288",
    "10.0.0.1/-1",
    "10.0.0.1/+8",
    "10.0.0.1/ 8",
    "10.0.0.1/8 ",
    "10.0.0.1/24/24",
    "10.0.0.1/0x8",
    "10.0.0.1/18446744073709551640",
    "10.0.0.1/255.255.255.0",
    " 10.0.0.1",
    "10.0.0.1 ",
    "10.0.0.1\n",
    "10.0.0",
    "10.1",
    "10",
    "10.0.0.0.1",
    "10.0.0.",
    "010.0.0.1",
    "10.0.0.01",
    "10.0.0.256",
    "0x0a.0.0.1",
    "fd00::1/129",
    "fd00::1/",
    "fd00::1::2",
    "fd00:::1",
    "fd00:1",
    "fd00::12345",
    "1:2:3:4:5:6:7:8:9",
    "[fd00::1]",
    "fe80::1%eth0",
    "::ffff:010.0.0.1",
    "example.org",
    "0000000000000000000000000000000000000000000000000000000000000::1",
};
enum { REFUSED = sizeof refused / sizeof *refused };

static const struct {
    unsigned family, size, length;
    const char *made; /* NULL: nothing */
} parts[] = {
    {AF_INET, 4, 32, "1.2.3.4/32"},
    {AF_INET, 4, 0, "1.2.3.4/0"},
    {AF_INET6, 16, 128, "102:304:506:708:90a:b0c:d0e:f10/128"},
    {AF_INET, 4, 33, NULL},
    {AF_INET, 4, 288, NULL},
    {AF_INET, 16, 32, NULL},
    {AF_INET6, 16, 129, NULL},
    {AF_INET6, 4, 32, NULL},
    {AF_UNSPEC, 16, 0, NULL},
    {AF_INET + 256, 4, 32, NULL},
    {AF_INET, 0, 32, NULL},
};

START_TEST(a_prefix_is_made_from_parts_that_fit)
{
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    struct wgctl_prefix made;
    bool fits = wgctl_prefix_make(parts[_i].family, bytes, parts[_i].size, parts[_i].length, &made);
    ck_assert_int_eq(fits, parts[_i].made != NULL);
    if (fits)
        assert_writes(&made, parts[_i].made);
}
END_TEST

START_TEST(an_address_is_read_and_written_with_its_length)
{
    struct wgctl_prefix prefix = prefix_of(accepted[_i].text);
    assert_writes(&prefix, accepted[_i].written);
}
END_TEST

START_TEST(what_is_written_is_read_again)
{
    struct wgctl_prefix prefix = prefix_of(accepted[_i].text);
    struct wgctl_prefix again = prefix_of(accepted[_i].written);
    ck_assert(wgctl_prefix_equal(&prefix, &again));
}
END_TEST

START_TEST(the_parts_of_an_address_are_where_they_belong)
{
    struct wgctl_prefix prefix = prefix_of("10.1.2.3/24");
    ck_assert_uint_eq(prefix.family, AF_INET);
    ck_assert_uint_eq(prefix.length, 24);
    ck_assert_mem_eq(prefix.bytes, "\x0a\x01\x02\x03\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    prefix = prefix_of("fd00::102/64");
    ck_assert_uint_eq(prefix.family, AF_INET6);
    ck_assert_uint_eq(prefix.length, 64);
    ck_assert_mem_eq(prefix.bytes, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x02", 16);
}
END_TEST

START_TEST(what_is_no_address_is_refused_and_named)
{
    struct wgctl_prefix prefix, before;
    struct wgctl_error err = {0};
    char shown[100];
    memset(&prefix, 0xa5, sizeof prefix);
    before = prefix;
    int status = wgctl_prefix_parse(wgctl_slice_of(refused[_i]), &prefix, &err);
    ck_assert_msg(status == WGCTL_INVALID, "%s", refused[_i]);
    snprintf(shown, sizeof shown, "'%s' ", refused[_i]);
    ck_assert_ptr_eq(strstr(err.message, shown), err.message);
    ck_assert_str_ne(err.hint, "");
    ck_assert_mem_eq(&prefix, &before, sizeof prefix);
}
END_TEST

START_TEST(an_address_with_a_nul_in_it_is_refused)
{
    static const char *const texts[] = {"10.0.0.1\0/24", "10.0.0.1/2\0", "10.0.0.1\0xy",
                                        "fd00::1\0"};
    static const size_t sizes[] = {12, 11, 11, 8};
    struct wgctl_prefix prefix;
    struct wgctl_error err;
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(
            wgctl_prefix_parse((struct wgctl_slice){texts[i], sizes[i]}, &prefix, &err),
            WGCTL_INVALID);
    ck_assert_int_eq(wgctl_prefix_parse((struct wgctl_slice){NULL, 0}, &prefix, &err),
                     WGCTL_INVALID);
}
END_TEST

START_TEST(an_address_need_not_end_in_nul)
{
    struct wgctl_prefix prefix;
    struct wgctl_error err;
    struct wgctl_slice text = {"10.0.0.123", 8};
    ck_assert_int_eq(wgctl_prefix_parse(text, &prefix, &err), WGCTL_OK);
    assert_writes(&prefix, "10.0.0.1/32");
}
END_TEST

START_TEST(a_very_long_text_is_refused_and_cut_in_the_message)
{
    static char text[100000];
    struct wgctl_prefix prefix;
    struct wgctl_error err;
    memset(text, '1', sizeof text);
    ck_assert_int_eq(wgctl_prefix_parse((struct wgctl_slice){text, sizeof text}, &prefix, &err),
                     WGCTL_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "is not an IP address"));
}
END_TEST

START_TEST(the_range_of_the_length_is_told)
{
    struct wgctl_prefix prefix;
    struct wgctl_error err;
    wgctl_prefix_parse(wgctl_slice_of("10.0.0.1/33"), &prefix, &err);
    ck_assert_str_eq(err.message, "'10.0.0.1/33' needs a number from 0 to 32 after the '/'");
    wgctl_prefix_parse(wgctl_slice_of("fd00::1/129"), &prefix, &err);
    ck_assert_str_eq(err.message, "'fd00::1/129' needs a number from 0 to 128 after the '/'");
}
END_TEST

/* Every kind of group at every place: what is cut short, and where, is in here. */
START_TEST(what_is_no_address_is_written_as_nothing)
{
    struct wgctl_prefix prefix = {.family = AF_UNSPEC};
    char text[WGCTL_PREFIX_TEXT_SIZE] = "before";
    ck_assert_str_eq(wgctl_address_format(&prefix, text), "");
}
END_TEST

START_TEST(an_address_can_be_written_without_its_length)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    struct wgctl_prefix prefix = prefix_of("10.0.0.1/24");
    ck_assert_str_eq(wgctl_address_format(&prefix, text), "10.0.0.1");
    prefix = prefix_of("fd00::/8");
    ck_assert_str_eq(wgctl_address_format(&prefix, text), "fd00::");
}
END_TEST

START_TEST(a_family_has_4_or_16_bytes)
{
    ck_assert_uint_eq(wgctl_family_size(AF_INET), 4);
    ck_assert_uint_eq(wgctl_family_size(AF_INET6), 16);
}
END_TEST

static const struct {
    const char *prefix, *masked, *host;
} masks[] = {
    {"10.0.0.1/24", "10.0.0.0/24", "10.0.0.1/32"},
    {"255.255.255.255/0", "0.0.0.0/0", "255.255.255.255/32"},
    {"255.255.255.255/1", "128.0.0.0/1", "255.255.255.255/32"},
    {"255.255.255.255/9", "255.128.0.0/9", "255.255.255.255/32"},
    {"255.255.255.255/30", "255.255.255.252/30", "255.255.255.255/32"},
    {"255.255.255.255/31", "255.255.255.254/31", "255.255.255.255/32"},
    {"255.255.255.255/32", "255.255.255.255/32", "255.255.255.255/32"},
    {"fd00::1/64", "fd00::/64", "fd00::1/128"},
    {"ffff::ffff/0", "::/0", "ffff::ffff/128"},
    {"ffff::/7", "fe00::/7", "ffff::/128"},
    {"fd00::ffff/127", "fd00::fffe/127", "fd00::ffff/128"},
    {"fd00::ffff/128", "fd00::ffff/128", "fd00::ffff/128"},
};
enum { MASKS = sizeof masks / sizeof *masks };

START_TEST(masking_leaves_the_network)
{
    struct wgctl_prefix prefix = wgctl_prefix_mask(prefix_of(masks[_i].prefix));
    assert_writes(&prefix, masks[_i].masked);
}
END_TEST

START_TEST(a_host_is_the_same_address_as_a_whole_one)
{
    struct wgctl_prefix prefix = wgctl_prefix_host(prefix_of(masks[_i].prefix));
    assert_writes(&prefix, masks[_i].host);
}
END_TEST

START_TEST(masking_keeps_exactly_as_many_bits_as_the_length)
{
    struct wgctl_prefix ones = prefix_of("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    for (unsigned length = 0; length <= 128; length++) {
        unsigned kept = 0;
        ones.length = (uint8_t)length;
        struct wgctl_prefix masked = wgctl_prefix_mask(ones);
        while (kept < 128 && masked.bytes[kept / 8] >> (7 - kept % 8) & 1)
            kept++;
        ck_assert_uint_eq(kept, length);
        for (unsigned bit = kept; bit < 128; bit++)
            ck_assert(!(masked.bytes[bit / 8] >> (7 - bit % 8) & 1));
    }
}
END_TEST

enum relation { SAME, OUTER, APART };
static const struct {
    const char *a, *b;
    enum relation relation; /* OUTER: a contains b, and is larger */
} relations[] = {
    {"10.0.0.0/24", "10.0.0.0/24", SAME},
    {"10.0.0.1/24", "10.0.0.2/24", SAME}, /* host bits do not matter */
    {"0.0.0.0/0", "255.0.0.0/0", SAME},
    {"::/0", "ffff::/0", SAME},
    {"10.0.0.1/32", "10.0.0.1/32", SAME},
    {"fd00::1/128", "fd00::1/128", SAME},
    {"10.0.0.0/24", "10.0.0.255/32", OUTER},
    {"10.0.0.99/24", "10.0.0.128/25", OUTER},
    {"10.0.0.0/31", "10.0.0.1/32", OUTER},
    {"0.0.0.0/0", "10.0.0.1/32", OUTER},
    {"0.0.0.0/0", "128.0.0.0/1", OUTER},
    {"::/0", "fd00::1/128", OUTER},
    {"fd00::/64", "fd00::ffff:ffff:ffff:ffff/128", OUTER},
    {"fd00::/127", "fd00::1/128", OUTER},
    {"10.0.0.0/24", "10.0.1.0/24", APART},
    {"10.0.0.0/24", "10.0.1.0/32", APART},
    {"10.0.0.0/25", "10.0.0.128/25", APART},
    {"10.0.0.0/32", "10.0.0.1/32", APART},
    {"10.0.0.0/31", "10.0.0.2/32", APART},
    {"0.0.0.0/1", "128.0.0.0/1", APART},
    {"fd00::/64", "fd00:0:0:1::/128", APART},
    {"fd00::/127", "fd00::2/128", APART},
    {"0.0.0.0/0", "::/0", APART}, /* families never meet */
    {"0.0.0.0/0", "::ffff:10.0.0.1/128", APART},
    {"0.0.0.0/32", "::/32", APART},
};
enum { RELATIONS = sizeof relations / sizeof *relations };

START_TEST(a_network_contains_what_lies_in_it_whole)
{
    struct wgctl_prefix a = prefix_of(relations[_i].a), b = prefix_of(relations[_i].b);
    ck_assert_int_eq(wgctl_prefix_contains(&a, &b), relations[_i].relation != APART);
    ck_assert_int_eq(wgctl_prefix_contains(&b, &a), relations[_i].relation == SAME);
}
END_TEST

START_TEST(networks_overlap_where_one_contains_the_other)
{
    struct wgctl_prefix a = prefix_of(relations[_i].a), b = prefix_of(relations[_i].b);
    ck_assert_int_eq(wgctl_prefix_overlaps(&a, &b), relations[_i].relation != APART);
    ck_assert_int_eq(wgctl_prefix_overlaps(&b, &a), relations[_i].relation != APART);
}
END_TEST

START_TEST(prefixes_sort_by_family_then_address_then_length)
{
    static const char *const sorted[] = {
        "0.0.0.0/0",  "0.0.0.0/32", "2.0.0.0/8",   "10.0.0.0/8",         "10.0.0.0/24",
        "10.0.0.1/8", "10.0.1.0/8", "200.0.0.0/8", "255.255.255.255/32", "::/0",
        "::/128",     "::1/0",      "9::/16",      "fd00::/8",           "fd00::/64",
    };
    for (int i = 0; i < 15; i++) {
        for (int j = 0; j < 15; j++) {
            struct wgctl_prefix a = prefix_of(sorted[i]), b = prefix_of(sorted[j]);
            int order = wgctl_prefix_compare(&a, &b);
            ck_assert_int_eq((order > 0) - (order < 0), (i > j) - (i < j));
            ck_assert_int_eq(wgctl_prefix_equal(&a, &b), i == j);
        }
    }
}
END_TEST

static const struct {
    const char *address;
    bool is_private;
} reach[] = {
    {"9.255.255.255", false},
    {"10.0.0.0", true},
    {"10.255.255.255", true},
    {"11.0.0.0", false},
    {"172.15.255.255", false},
    {"172.16.0.0", true},
    {"172.31.255.255", true},
    {"172.32.0.0", false},
    {"192.167.255.255", false},
    {"192.168.0.0", true},
    {"192.168.255.255", true},
    {"192.169.0.0", false},
    {"100.63.255.255", false},
    {"100.64.0.0", true},
    {"100.127.255.255", true},
    {"100.128.0.0", false},
    {"169.253.255.255", false},
    {"169.254.0.0", true},
    {"169.254.255.255", true},
    {"169.255.0.0", false},
    {"126.255.255.255", false},
    {"127.0.0.0", true},
    {"127.255.255.255", true},
    {"128.0.0.0", false},
    {"198.51.100.1", false},
    {"::1", true},
    {"::2", false},
    {"fbff:ffff::", false},
    {"fc00::", true},
    {"fdff:ffff::", true},
    {"fe00::", false},
    {"fe7f:ffff::", false},
    {"fe80::", true},
    {"febf:ffff::", true},
    {"fec0::", false},
    {"2001:db8::1", false},
    {"10.0.0.1/0", true},
    {"2001:db8::1/0", false}, /* the length does not matter */
};
enum { REACH = sizeof reach / sizeof *reach };

START_TEST(private_is_what_the_internet_cannot_reach)
{
    struct wgctl_prefix address = prefix_of(reach[_i].address);
    ck_assert_msg(wgctl_address_is_private(&address) == reach[_i].is_private, "%s",
                  reach[_i].address);
}
END_TEST

static const struct {
    const char *text, *written; /* NULL if it is refused */
} lists[] = {
    {"10.0.0.1/24", "10.0.0.1/24"},
    {"10.0.0.1/24, fd00::1/64", "10.0.0.1/24, fd00::1/64"},
    {"10.0.0.1,fd00::1,10.0.0.1", "10.0.0.1/32, fd00::1/128, 10.0.0.1/32"},
    {" \t10.0.0.1\t ,\r\n fd00::1 ", "10.0.0.1/32, fd00::1/128"},
    {"", NULL},
    {"  ", NULL},
    {",", NULL},
    {"10.0.0.1,", NULL},
    {",10.0.0.1", NULL},
    {"10.0.0.1,,10.0.0.2", NULL},
    {"10.0.0.1, ,10.0.0.2", NULL},
    {"10.0.0.1 10.0.0.2", NULL},
    {"10.0.0.1;10.0.0.2", NULL},
    {"10.0.0.1, 10.0.0.256", NULL},
    {"10.0.0.1 /24", NULL},
};
enum { LISTS = sizeof lists / sizeof *lists };

START_TEST(a_list_is_read_and_written)
{
    WGCTL_PREFIXES list = {0};
    WGCTL_TEXT text = {0};
    struct wgctl_error err = {0};
    int status = wgctl_prefixes_parse(&list, wgctl_slice_of(lists[_i].text), &err);
    ck_assert_int_eq(status, lists[_i].written ? WGCTL_OK : WGCTL_INVALID);
    if (!lists[_i].written) {
        ck_assert_str_ne(err.message, "");
        return;
    }
    wgctl_prefixes_format(&list, &text);
    ck_assert_str_eq(text.data, lists[_i].written);
}
END_TEST

START_TEST(no_list_is_an_empty_list_and_refused)
{
    WGCTL_PREFIXES list = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_prefixes_parse(&list, (struct wgctl_slice){NULL, 0}, &err),
                     WGCTL_INVALID);
}
END_TEST

START_TEST(an_empty_list_is_written_as_nothing)
{
    WGCTL_PREFIXES list = {0};
    WGCTL_TEXT text = {0};
    wgctl_prefixes_format(&list, &text);
    ck_assert_uint_eq(text.size, 0);
}
END_TEST

START_TEST(a_second_list_is_added_to_the_first)
{
    WGCTL_PREFIXES list = {0};
    struct wgctl_error err;
    wgctl_prefixes_parse(&list, wgctl_slice_of("10.0.0.1"), &err);
    wgctl_prefixes_parse(&list, wgctl_slice_of("10.0.0.2, 10.0.0.3"), &err);
    ck_assert_uint_eq(list.count, 3);
    assert_writes(&list.items[0], "10.0.0.1/32");
    assert_writes(&list.items[2], "10.0.0.3/32");
}
END_TEST

/* ---- what is left of a network ---- */

static const struct {
    const char *whole, *excluded, *rest;
} rests[] = {
    {"0.0.0.0/0", "", "0.0.0.0/0"},
    {"::/0", "192.168.1.0/24", "::/0"},
    {"0.0.0.0/0", "0.0.0.0/0", ""},
    {"10.0.0.0/8", "0.0.0.0/0", ""},
    {"10.0.0.0/8", "11.0.0.0/8", "10.0.0.0/8"},
    {"10.0.0.0/30", "10.0.0.2/32", "10.0.0.0/31, 10.0.0.3/32"},
    {"10.0.0.1/30", "10.0.0.1", "10.0.0.0/32, 10.0.0.2/31"},
    {"10.0.0.0/29", "10.0.0.7/32, 10.0.0.0/32, 10.0.0.1/32",
     "10.0.0.2/31, 10.0.0.4/31, 10.0.0.6/32"},
    {"10.0.0.0/29", "10.0.0.0/31, 10.0.0.0/30", "10.0.0.4/30"},
    {"fd00::/62", "fd00:0:0:2::5/64", "fd00::/63, fd00:0:0:3::/64"},
    {"fd00::/127", "fd00::1", "fd00::/128"},
};
enum { RESTS = sizeof rests / sizeof *rests };

START_TEST(what_is_left_of_a_network_is_the_shortest_list)
{
    WGCTL_PREFIXES excluded = {0}, rest = {0};
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    struct wgctl_prefix whole = prefix_of(rests[_i].whole);
    if (rests[_i].excluded[0])
        ck_assert_int_eq(wgctl_prefixes_parse(&excluded, wgctl_slice_of(rests[_i].excluded), &err),
                         WGCTL_OK);
    ck_assert_int_eq(wgctl_prefixes_add_rest(&rest, &whole, &excluded, &err), WGCTL_OK);
    wgctl_prefixes_format(&rest, &text);
    ck_assert_str_eq(text.data ? text.data : "", rests[_i].rest);
}
END_TEST

/* Each address of a /24 is in the rest, once, or excluded; and no two neighbours of the rest make
 * one network. */
START_TEST(the_rest_and_what_is_excluded_are_the_whole)
{
    const struct wgctl_prefix whole = prefix_of("10.0.0.0/24");
    for (unsigned round = 0; round < 200; round++) {
        WGCTL_PREFIXES excluded = {0}, rest = {0};
        struct wgctl_error err;
        for (unsigned i = 0; i <= round % 5; i++) {
            struct wgctl_prefix one = {AF_INET,
                                       (uint8_t)(24 + (round * 7 + i * 3) % 9),
                                       {10, 0, 0, (uint8_t)(round * 37 + i * 101)}};
            ck_assert_int_eq(wgctl_prefixes_add(&excluded, &one, &err), WGCTL_OK);
        }
        ck_assert_int_eq(wgctl_prefixes_add_rest(&rest, &whole, &excluded, &err), WGCTL_OK);
        for (unsigned last = 0; last < 256; last++) {
            struct wgctl_prefix address = {AF_INET, 32, {10, 0, 0, (uint8_t)last}};
            unsigned times = wgctl_prefixes_cover(&excluded, &address);
            for (size_t i = 0; i < rest.count; i++)
                times += wgctl_prefix_contains(&rest.items[i], &address);
            ck_assert_uint_eq(times, 1);
        }
        for (size_t i = 1; i < rest.count; i++) {
            struct wgctl_prefix both = rest.items[i];
            both.length--;
            ck_assert(rest.items[i].length != rest.items[i - 1].length ||
                      !wgctl_prefix_contains(&both, &rest.items[i - 1]));
        }
    }
}
END_TEST

START_TEST(a_list_grows_and_keeps_what_is_in_it)
{
    WGCTL_PREFIXES list = {0};
    struct wgctl_error err;
    struct wgctl_prefix prefix = prefix_of("10.0.0.0");
    for (unsigned i = 0; i < 1000; i++) {
        prefix.bytes[2] = (uint8_t)(i >> 8);
        prefix.bytes[3] = (uint8_t)i;
        ck_assert_int_eq(wgctl_prefixes_add(&list, &prefix, &err), WGCTL_OK);
    }
    ck_assert_uint_eq(list.count, 1000);
    assert_writes(&list.items[0], "10.0.0.0/32");
    assert_writes(&list.items[7], "10.0.0.7/32");
    assert_writes(&list.items[999], "10.0.3.231/32");
}
END_TEST

START_TEST(a_cleared_list_is_empty_and_can_be_used_again)
{
    WGCTL_PREFIXES list = {0};
    struct wgctl_error err;
    struct wgctl_prefix prefix = prefix_of("10.0.0.1");
    wgctl_prefixes_clear(&list);
    wgctl_prefixes_add(&list, &prefix, &err);
    wgctl_prefixes_clear(&list);
    ck_assert_uint_eq(list.count, 0);
    ck_assert_ptr_null(list.items);
    ck_assert_int_eq(wgctl_prefixes_add(&list, &prefix, &err), WGCTL_OK);
    assert_writes(&list.items[0], "10.0.0.1/32");
}
END_TEST

static Suite *address_suite(void)
{
    Suite *suite = suite_create("address");
    TCase *text = tcase_create("text");
    tcase_add_loop_test(text, a_prefix_is_made_from_parts_that_fit, 0,
                        sizeof parts / sizeof *parts);
    tcase_add_loop_test(text, an_address_is_read_and_written_with_its_length, 0, ACCEPTED);
    tcase_add_loop_test(text, what_is_written_is_read_again, 0, ACCEPTED);
    tcase_add_test(text, the_parts_of_an_address_are_where_they_belong);
    tcase_add_loop_test(text, what_is_no_address_is_refused_and_named, 0, REFUSED);
    tcase_add_test(text, an_address_with_a_nul_in_it_is_refused);
    tcase_add_test(text, an_address_need_not_end_in_nul);
    tcase_add_test(text, a_very_long_text_is_refused_and_cut_in_the_message);
    tcase_add_test(text, the_range_of_the_length_is_told);
    tcase_add_test(text, what_is_no_address_is_written_as_nothing);
    tcase_add_test(text, an_address_can_be_written_without_its_length);
    suite_add_tcase(suite, text);

    TCase *network = tcase_create("network");
    tcase_add_test(network, a_family_has_4_or_16_bytes);
    tcase_add_loop_test(network, masking_leaves_the_network, 0, MASKS);
    tcase_add_loop_test(network, a_host_is_the_same_address_as_a_whole_one, 0, MASKS);
    tcase_add_test(network, masking_keeps_exactly_as_many_bits_as_the_length);
    tcase_add_loop_test(network, a_network_contains_what_lies_in_it_whole, 0, RELATIONS);
    tcase_add_loop_test(network, networks_overlap_where_one_contains_the_other, 0, RELATIONS);
    tcase_add_test(network, prefixes_sort_by_family_then_address_then_length);
    tcase_add_loop_test(network, private_is_what_the_internet_cannot_reach, 0, REACH);
    suite_add_tcase(suite, network);

    TCase *list = tcase_create("list");
    tcase_add_loop_test(list, a_list_is_read_and_written, 0, LISTS);
    tcase_add_test(list, no_list_is_an_empty_list_and_refused);
    tcase_add_test(list, an_empty_list_is_written_as_nothing);
    tcase_add_test(list, a_second_list_is_added_to_the_first);
    tcase_add_loop_test(list, what_is_left_of_a_network_is_the_shortest_list, 0, RESTS);
    tcase_add_test(list, the_rest_and_what_is_excluded_are_the_whole);
    tcase_add_test(list, a_list_grows_and_keeps_what_is_in_it);
    tcase_add_test(list, a_cleared_list_is_empty_and_can_be_used_again);
    suite_add_tcase(suite, list);
    return suite;
}

int main(void)
{
    return run_suite(address_suite());
}
