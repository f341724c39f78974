#include <string.h>

#include "net/pool.h"
#include "suite.h"

static struct wgctl_prefix prefix_of(const char *text)
{
    struct wgctl_prefix prefix;
    struct wgctl_error err;
    int status = wgctl_prefix_parse(wgctl_slice_of(text), &prefix, &err);
    ck_assert_msg(status == WGCTL_OK, "%s: %s", text, err.message);
    return prefix;
}

static void fill(struct wgctl_prefixes *list, const char *text)
{
    struct wgctl_error err;
    if (*text)
        ck_assert_int_eq(wgctl_prefixes_parse(list, wgctl_slice_of(text), &err), WGCTL_OK);
}

/* Returns 10.0.0.0 plus `number`. */
static struct wgctl_prefix ipv4_of(uint32_t number, uint8_t length)
{
    struct wgctl_prefix prefix = {.family = AF_INET, .length = length};
    for (unsigned i = 0; i < 4; i++)
        prefix.bytes[i] = (uint8_t)(number >> (24 - 8 * i));
    return prefix;
}

/* Numbers that are the same in every run: the Knuth LCG's upper half. */
static uint32_t next_number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static const struct {
    const char *subnet, *used, *next; /* NULL if none is left */
} choices[] = {
    {"10.0.0.0/24", "", "10.0.0.1/32"},
    {"10.0.0.1/24", "", "10.0.0.1/32"}, /* the server's own must be in the list */
    {"10.0.0.1/24", "10.0.0.1", "10.0.0.2/32"},
    {"10.0.0.0/24", "10.0.0.1, 10.0.0.2, 10.0.0.4", "10.0.0.3/32"},
    {"10.0.0.0/24", "10.0.0.4, 10.0.0.2, 10.0.0.1", "10.0.0.3/32"},
    {"10.0.0.0/24", "10.0.0.2", "10.0.0.1/32"},
    {"10.0.0.0/24", "10.0.0.1, 10.0.0.1, 10.0.0.1", "10.0.0.2/32"},
    {"10.0.0.0/24", "10.0.0.0, 10.0.0.255, 10.0.0.1", "10.0.0.2/32"},
    /* Addresses outside or of the other family do not matter. */
    {"10.0.0.0/24", "9.255.255.255, 10.0.1.1, 192.0.2.0/24", "10.0.0.1/32"},
    {"10.0.0.0/24", "::/0, fd00::1, ::10.0.0.1", "10.0.0.1/32"},
    {"fd00::/64", "0.0.0.0/0, 10.0.0.1, fd00::1, fd00:0:0:1::2", "fd00::2/128"},
    /* Networks are skipped as a whole. */
    {"10.0.0.0/24", "10.0.0.0/26", "10.0.0.64/32"},
    {"10.0.0.0/24", "10.0.0.0/26, 10.0.0.64/26", "10.0.0.128/32"},
    {"10.0.0.0/24", "10.0.0.0/25, 10.0.0.5, 10.0.0.128", "10.0.0.129/32"},
    {"10.0.0.0/24", "10.0.0.1, 10.0.0.2/31, 10.0.0.64/26", "10.0.0.4/32"},
    {"10.0.0.0/24", "10.0.0.0/25, 10.0.0.128/25", NULL},
    {"10.0.0.0/24", "10.0.0.0/25, 10.0.0.128/26, 10.0.0.192/27", "10.0.0.224/32"},
    /* Host bits in the list do not matter, nor does the order they imply. */
    {"10.0.0.0/24", "10.0.0.63/26", "10.0.0.64/32"},
    {"10.0.0.0/24", "10.0.0.1, 10.0.0.60, 10.0.0.127/26, 10.0.0.63/26", "10.0.0.128/32"},
    {"10.0.0.0/24", "10.0.0.63/26, 10.0.0.65, 10.0.0.64", "10.0.0.66/32"},
    /* A network that contains the whole subnet does not use it. */
    {"10.0.0.0/24", "0.0.0.0/0, 10.0.0.1", "10.0.0.2/32"},
    {"10.0.0.0/24", "10.0.0.0/8, 10.0.0.0/24, 10.0.0.7/24", "10.0.0.1/32"},
    {"10.0.0.0/24", "0.0.0.0/1, 128.0.0.0/1", "10.0.0.1/32"},
    {"fd00::/64", "::/0, fd00::/8, fd00::1", "fd00::2/128"},
    {"10.0.0.0/31", "10.0.0.0/31", "10.0.0.0/32"},
    /* The last addresses. */
    {"10.0.0.0/30", "10.0.0.1", "10.0.0.2/32"},
    {"10.0.0.0/30", "10.0.0.1, 10.0.0.2", NULL},
    {"10.0.0.0/30", "10.0.0.2/31, 10.0.0.1", NULL},
    {"fd00::/126", "fd00::1, fd00::2", "fd00::3/128"},
    {"fd00::/126", "fd00::1, fd00::2, fd00::3", NULL},
    {"255.255.255.252/30", "255.255.255.253", "255.255.255.254/32"},
    {"255.255.255.252/30", "255.255.255.253, 255.255.255.254", NULL},
    {"255.255.255.252/30", "255.255.255.254/31", "255.255.255.253/32"},
    /* In subnets of one or two addresses, all can be used. */
    {"10.0.0.0/31", "", "10.0.0.0/32"},
    {"10.0.0.0/31", "10.0.0.0", "10.0.0.1/32"},
    {"10.0.0.0/31", "10.0.0.0, 10.0.0.1", NULL},
    {"255.255.255.254/31", "255.255.255.254", "255.255.255.255/32"},
    {"255.255.255.254/31", "255.255.255.254, 255.255.255.255", NULL},
    {"10.0.0.7/32", "", "10.0.0.7/32"},
    {"10.0.0.7/32", "10.0.0.7", NULL},
    {"10.0.0.7/32", "0.0.0.0/0", "10.0.0.7/32"},
    {"fd00::/127", "fd00::", "fd00::1/128"},
    {"fd00::/127", "fd00::, fd00::1", NULL},
    {"fd00::7/128", "", "fd00::7/128"},
    {"fd00::7/128", "fd00::7", NULL},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    /* Large subnets. */
    {"0.0.0.0/0", "", "0.0.0.1/32"},
    {"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/32"},
    {"0.0.0.0/0", "0.0.0.0/1, 128.0.0.0/1", NULL},
    {"10.0.0.0/8", "10.0.0.0/9, 10.128.0.0/10, 10.192.0.0", "10.192.0.1/32"},
    {"fd00::/64", "", "fd00::1/128"},
    {"fd00::/64", "fd00::/65", "fd00::8000:0:0:0/128"},
    {"fd00::/64", "fd00::/65, fd00::8000:0:0:0/65", NULL},
    {"fd00::/64", "fd00::/96, fd00::1:0:0/96", "fd00::2:0:0/128"},
    {"::/0", "", "::1/128"},
    {"::/0", "::/1", "8000::/128"},
    {"::/0", "::/1, 8000::/1", NULL},
};
enum { CHOICES = sizeof choices / sizeof *choices };

START_TEST(the_lowest_free_address_is_chosen)
{
    WGCTL_PREFIXES used = {0};
    struct wgctl_prefix subnet = prefix_of(choices[_i].subnet), next;
    struct wgctl_error err = {0};
    char text[WGCTL_PREFIX_TEXT_SIZE];
    fill(&used, choices[_i].used);
    int status = wgctl_pool_next(&subnet, &used, &next, &err);
    ck_assert_int_eq(status, choices[_i].next ? WGCTL_OK : WGCTL_FULL);
    if (choices[_i].next)
        ck_assert_str_eq(wgctl_prefix_format(&next, text), choices[_i].next);
}
END_TEST

START_TEST(what_is_chosen_can_be_had)
{
    WGCTL_PREFIXES used = {0};
    struct wgctl_prefix subnet = prefix_of(choices[_i].subnet), next;
    struct wgctl_error err = {0};
    fill(&used, choices[_i].used);
    if (wgctl_pool_next(&subnet, &used, &next, &err) == WGCTL_OK)
        ck_assert_int_eq(wgctl_pool_check(&subnet, &used, &next, &err), WGCTL_OK);
}
END_TEST

START_TEST(a_full_subnet_is_named)
{
    WGCTL_PREFIXES used = {0};
    struct wgctl_prefix subnet = prefix_of("10.0.0.1/30"), next;
    struct wgctl_error err;
    fill(&used, "10.0.0.1, 10.0.0.2");
    ck_assert_int_eq(wgctl_pool_next(&subnet, &used, &next, &err), WGCTL_FULL);
    ck_assert_str_eq(err.message, "no address is free in 10.0.0.0/30");
    ck_assert_str_ne(err.hint, "");
}
END_TEST

START_TEST(the_list_is_masked_and_sorted)
{
    WGCTL_PREFIXES used = {0};
    WGCTL_TEXT text = {0};
    struct wgctl_prefix subnet = prefix_of("10.0.0.0/24"), next;
    struct wgctl_error err;
    fill(&used, "fd00::1/64, 10.0.0.9, 10.0.0.127/26, 10.0.0.64");
    wgctl_pool_next(&subnet, &used, &next, &err);
    wgctl_prefixes_format(&used, &text);
    ck_assert_str_eq(text.data, "10.0.0.9/32, 10.0.0.64/26, 10.0.0.64/32, fd00::/64");
}
END_TEST

START_TEST(a_subnet_is_handed_out_to_its_last_address_each_once)
{
    static const struct {
        const char *subnet;
        unsigned size;
    } subnets[] = {
        {"10.0.0.0/32", 1},   {"10.0.0.0/31", 2},        {"10.0.0.0/30", 2},  {"10.0.0.0/29", 6},
        {"10.0.0.0/24", 254}, {"fd00::/128", 1},         {"fd00::/127", 2},   {"fd00::/126", 3},
        {"fd00::/120", 255},  {"255.255.255.0/24", 254}, {"0.0.0.0/24", 254},
    };
    for (size_t i = 0; i < sizeof subnets / sizeof *subnets; i++) {
        WGCTL_PREFIXES used = {0};
        struct wgctl_prefix subnet = prefix_of(subnets[i].subnet), next, before;
        struct wgctl_error err;
        while (wgctl_pool_next(&subnet, &used, &next, &err) == WGCTL_OK) {
            ck_assert(wgctl_prefix_contains(&subnet, &next));
            ck_assert(used.count == 0 || wgctl_prefix_compare(&before, &next) < 0);
            ck_assert_int_eq(wgctl_prefixes_add(&used, &next, &err), WGCTL_OK);
            before = next;
        }
        ck_assert_int_eq(err.status, WGCTL_FULL);
        ck_assert_uint_eq(used.count, subnets[i].size);
    }
}
END_TEST

/* A second implementation of the rules, one address at a time. */
static bool is_free(const struct wgctl_prefix *subnet, const struct wgctl_prefixes *used,
                    const struct wgctl_prefix *address)
{
    for (size_t i = 0; i < used->count; i++) {
        const struct wgctl_prefix *taken = &used->items[i];
        if (wgctl_prefix_contains(taken, address) &&
            (taken->length == 32 || !wgctl_prefix_contains(taken, subnet)))
            return false;
    }
    return true;
}

START_TEST(the_choice_is_what_trying_every_address_finds)
{
    uint64_t state = (uint64_t)_i;
    for (unsigned round = 0; round < 100; round++) {
        WGCTL_PREFIXES used = {0};
        struct wgctl_error err;
        uint8_t length = (uint8_t)(24 + next_number(&state) % 9);
        uint32_t base = 0x0a000000, size = 1u << (32 - length), edge = size > 2;
        struct wgctl_prefix subnet = ipv4_of(base, length), next;
        for (unsigned count = next_number(&state) % 60; count > 0; count--) {
            struct wgctl_prefix taken = ipv4_of(base + next_number(&state) % (size + 8) - 4,
                                                (uint8_t)(32 - next_number(&state) % 12 / 2 % 5));
            ck_assert_int_eq(wgctl_prefixes_add(&used, &taken, &err), WGCTL_OK);
        }

        int status = wgctl_pool_next(&subnet, &used, &next, &err);
        uint32_t expected = base + edge;
        for (; expected < base + size - edge; expected++) {
            struct wgctl_prefix address = ipv4_of(expected, 32);
            bool can_be_had = is_free(&subnet, &used, &address);
            ck_assert_int_eq(wgctl_pool_check(&subnet, &used, &address, &err) == WGCTL_OK,
                             can_be_had);
            if (can_be_had)
                break;
        }
        if (expected == base + size - edge) {
            ck_assert_int_eq(status, WGCTL_FULL);
        } else {
            struct wgctl_prefix address = ipv4_of(expected, 32);
            ck_assert_int_eq(status, WGCTL_OK);
            ck_assert(wgctl_prefix_equal(&next, &address));
        }
    }
}
END_TEST

/* Comparing all pairs would take minutes. */
START_TEST(a_hundred_thousand_used_addresses_are_no_burden)
{
    enum { COUNT = 100000 };
    WGCTL_PREFIXES used = {0};
    struct wgctl_prefix subnet = ipv4_of(0x0a000000, 8), next, expected;
    struct wgctl_error err;
    uint64_t state = 1;
    for (uint32_t i = 1; i <= COUNT; i++) {
        struct wgctl_prefix address = ipv4_of(0x0a000000 + i, 32);
        ck_assert_int_eq(wgctl_prefixes_add(&used, &address, &err), WGCTL_OK);
    }
    for (uint32_t i = COUNT - 1; i > 0; i--) {
        uint32_t other = next_number(&state) % (i + 1);
        struct wgctl_prefix address = used.items[i];
        used.items[i] = used.items[other];
        used.items[other] = address;
    }
    ck_assert_int_eq(wgctl_pool_next(&subnet, &used, &next, &err), WGCTL_OK);
    expected = ipv4_of(0x0a000000 + COUNT + 1, 32);
    ck_assert(wgctl_prefix_equal(&next, &expected));
}
END_TEST

static const struct {
    const char *subnet, *used, *address;
    int status;
    const char *message;
} checks[] = {
    {"10.0.0.1/24", "10.0.0.1", "10.0.0.2", WGCTL_OK, NULL},
    {"10.0.0.1/24", "10.0.0.1", "10.0.0.254", WGCTL_OK, NULL},
    {"10.0.0.1/24", "0.0.0.0/0, 10.0.0.0/24", "10.0.0.2", WGCTL_OK, NULL},
    {"10.0.0.0/31", "10.0.0.1", "10.0.0.0", WGCTL_OK, NULL},
    {"10.0.0.0/31", "10.0.0.0", "10.0.0.1", WGCTL_OK, NULL},
    {"10.0.0.7/32", "", "10.0.0.7", WGCTL_OK, NULL},
    {"10.0.0.7/32", "0.0.0.0/0", "10.0.0.7", WGCTL_OK, NULL},
    {"fd00::/64", "", "fd00::ffff:ffff:ffff:ffff", WGCTL_OK, NULL},
    {"fd00::/127", "", "fd00::", WGCTL_OK, NULL},
    {"fd00::7/128", "", "fd00::7", WGCTL_OK, NULL},
    {"::/0", "", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", WGCTL_OK, NULL},
    {"10.0.0.1/24", "", "10.0.1.0", WGCTL_INVALID, "10.0.1.0 is not in the subnet 10.0.0.0/24"},
    {"10.0.0.1/24", "", "9.255.255.255", WGCTL_INVALID,
     "9.255.255.255 is not in the subnet 10.0.0.0/24"},
    {"10.0.0.1/24", "", "fd00::1", WGCTL_INVALID, "fd00::1 is not in the subnet 10.0.0.0/24"},
    {"10.0.0.7/32", "", "10.0.0.6", WGCTL_INVALID, "10.0.0.6 is not in the subnet 10.0.0.7/32"},
    {"fd00::1/64", "", "fd00:0:0:1::1", WGCTL_INVALID,
     "fd00:0:0:1::1 is not in the subnet fd00::/64"},
    {"fd00::1/64", "", "10.0.0.1", WGCTL_INVALID, "10.0.0.1 is not in the subnet fd00::/64"},
    {"10.0.0.1/24", "", "10.0.0.0", WGCTL_INVALID,
     "10.0.0.0 is the first address of 10.0.0.0/24, which means the subnet itself"},
    {"fd00::1/64", "", "fd00::", WGCTL_INVALID,
     "fd00:: is the first address of fd00::/64, which means the subnet itself"},
    {"10.0.0.1/24", "", "10.0.0.255", WGCTL_INVALID,
     "10.0.0.255 is the last address of 10.0.0.0/24, which reaches everyone in it (broadcast)"},
    {"0.0.0.0/0", "", "255.255.255.255", WGCTL_INVALID,
     "255.255.255.255 is the last address of 0.0.0.0/0, which reaches everyone in it (broadcast)"},
    {"10.0.0.1/24", "", "10.0.0.2/31", WGCTL_INVALID,
     "10.0.0.2/31 is a network, not a single address"},
    {"fd00::1/64", "", "fd00::2/32", WGCTL_INVALID,
     "fd00::2/32 is a network, not a single address"},
    {"10.0.0.1/24", "10.0.0.1, 10.0.0.2", "10.0.0.2", WGCTL_EXISTS,
     "10.0.0.2 is already used by 10.0.0.2/32"},
    {"10.0.0.1/24", "10.0.0.64/26", "10.0.0.64", WGCTL_EXISTS,
     "10.0.0.64 is already used by 10.0.0.64/26"},
    {"10.0.0.1/24", "10.0.0.64/26", "10.0.0.127", WGCTL_EXISTS,
     "10.0.0.127 is already used by 10.0.0.64/26"},
    {"10.0.0.1/24", "10.0.0.64/26", "10.0.0.128", WGCTL_OK, NULL},
    {"10.0.0.1/24", "10.0.0.64/26", "10.0.0.63", WGCTL_OK, NULL},
    {"10.0.0.7/32", "10.0.0.7", "10.0.0.7", WGCTL_EXISTS,
     "10.0.0.7 is already used by 10.0.0.7/32"},
    {"fd00::/64", "fd00::/96", "fd00::7", WGCTL_EXISTS, "fd00::7 is already used by fd00::/96"},
};
enum { CHECKS = sizeof checks / sizeof *checks };

START_TEST(an_address_that_was_asked_for_is_checked)
{
    WGCTL_PREFIXES used = {0};
    struct wgctl_prefix subnet = prefix_of(checks[_i].subnet);
    struct wgctl_prefix address = prefix_of(checks[_i].address);
    struct wgctl_error err = {0};
    fill(&used, checks[_i].used);
    ck_assert_int_eq(wgctl_pool_check(&subnet, &used, &address, &err), checks[_i].status);
    if (checks[_i].message) {
        ck_assert_str_eq(err.message, checks[_i].message);
        ck_assert_str_ne(err.hint, "");
    }
}
END_TEST

static Suite *pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *next = tcase_create("next");
    tcase_add_loop_test(next, the_lowest_free_address_is_chosen, 0, CHOICES);
    tcase_add_loop_test(next, what_is_chosen_can_be_had, 0, CHOICES);
    tcase_add_test(next, a_full_subnet_is_named);
    tcase_add_test(next, the_list_is_masked_and_sorted);
    tcase_add_test(next, a_subnet_is_handed_out_to_its_last_address_each_once);
    tcase_add_loop_test(next, the_choice_is_what_trying_every_address_finds, 0, 10);
    tcase_add_test(next, a_hundred_thousand_used_addresses_are_no_burden);
    suite_add_tcase(suite, next);

    TCase *check = tcase_create("check");
    tcase_add_loop_test(check, an_address_that_was_asked_for_is_checked, 0, CHECKS);
    suite_add_tcase(suite, check);
    return suite;
}

int main(void)
{
    return run_suite(pool_suite());
}
