#include "base/quote.h"

#include <string.h>

#include "suite.h"

#define KEY "mJ2tXkq7VYcO0RzLw8sHd5bEfPgUaNi3C1vT6yQx9BM="
#define HEX "9f3a5c7e1b2d4f6a8c0e9b7d5f3a1c2e4b6d8f0a9c7e5b3d1f2a4c6e8b0d9f7a"

static const struct {
    const char *text, *shown; /* NULL: as it is */
} texts[] = {
    /* Keys. */
    {KEY, "…"},
    {"mJ2tXkq7VYcO0RzLw8sHd5bEfPgUaNi3C1vT6yQx9BM", "…"},
    {"mJ2tXkq7VYcO0RzLw8sHd5b!fPgUaNi3C1vT6yQx9BM=", "…"},
    {"mJ2tXkq7VYcO0RzLw8sH d5b", "mJ2tXkq7VYcO0RzLw8sH d5b"},
    {"a " KEY " b", "a … b"},
    {"PrivateKey=" KEY, "…"},
    {"'x" KEY "x'", "'…'"},
    {KEY KEY "\n" KEY " and so on", "…\n… and so on"},
    {"/" KEY "/" KEY, "…"},
    {"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=", "…"},
    {HEX, "…"},
    {"0x" HEX, "…"},
    {"9f3a5c7e1b2d4f6a8c0e9b7d5f3a1c2-4b6d8f0a9c7e5b3d1f2a4c6e8b0d9f7a", "…"},
    {"//////////////////////////////////////////8=", "…"},
    {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "…"},
    /* What people and programs write. */
    {"012345678901234567890123456789012345678901234567890123456789abc.example.org", NULL},
    {"", NULL},
    {"annas-phone", NULL},
    {"AnnasNewPhoneInTheKitchen", NULL},
    {"/home/anna/Downloads/wireguard/phone1/wg0.conf", NULL},
    {"/srv/build/tests/cli/etc/wg0/peers", NULL},
    {"/etc/wireguard/wg0.peers/Annas2ndPhone.conf", NULL},
    {"fd5c:2a0b:9f3e:1c4d:8a7b:6e5f:4d3c:2b1a/128", NULL},
    {"10.73.21.2/32,192.168.178.0/24,fd00::/64", NULL},
    {"jnv5ly3tds7fbuhs4k5l2nb9c9rqhvpx.ui.example.net", NULL},
    {"550e8400-e29b-41d4-a716-446655440000", NULL},
    {"Donaudampfschifffahrtsgesellschaft", NULL},
    {"nft -f /etc/wireguard/wg0.nft; iptables -A FORWARD -i wg0 -j ACCEPT", NULL},
    {"2026-12-24T18:00:00Z", NULL},
    {"99999999999999999999999999999999999999999999", NULL},
    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL},
};

START_TEST(a_key_is_hidden_and_nothing_else)
{
    const char *expected = texts[_i].shown ? texts[_i].shown : texts[_i].text;
    char text[256];
    strcpy(text, texts[_i].text);
    ck_assert_int_eq(wgctl_secret_may_be_in(wgctl_slice_of(text)), strstr(expected, "…") != NULL);
    wgctl_secret_hide(text, false);
    ck_assert_str_eq(text, expected);
}
END_TEST

START_TEST(the_last_word_of_a_text_that_was_cut_goes_too)
{
    static const char *const cut[][2] = {
        {"there is no peer mJ2tXkq7VY", "there is no peer …"},
        {"there is no peer 'mJ2tXkq7VY", "there is no peer '…"},
        {"mJ2tXkq7VY", "…"},
        {"it is ", "it is "},
        {"it is a", "it is a"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        char text[64];
        strcpy(text, cut[i][0]);
        wgctl_secret_hide(text, true);
        ck_assert_str_eq(text, cut[i][1]);
    }
}
END_TEST

static Suite *secret_suite(void)
{
    Suite *suite = suite_create("secret");
    TCase *tests = tcase_create("finding");
    tcase_add_loop_test(tests, a_key_is_hidden_and_nothing_else, 0, sizeof texts / sizeof *texts);
    tcase_add_test(tests, the_last_word_of_a_text_that_was_cut_goes_too);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(secret_suite());
}
