#include "base/nearest.h"

#include "suite.h"

static const struct {
    const char *word, *candidates[4], *best; /* NULL: none */
} cases[] = {
    {"revok", {"init", "revoke", "remove"}, "revoke"},
    {"lsit", {"init", "list"}, "list"},
    {"fone", {"laptop", "phone"}, "phone"},
    {"show", {"show-all", "slow"}, "slow"},
    {"add_peer", {"adopt", "add-peer"}, "add-peer"},
    {"nobody", {"phone", "laptop"}, NULL},
    {"x", {"y"}, NULL},
    {"", {"up"}, NULL},
    {"up", {""}, NULL},
    {"pu", {"up"}, "up"},
    {"a-word-that-is-much-too-long-to-compare", {"a-word-that-is-much-too-long-to-compar"}, NULL},
};

START_TEST(the_nearest_word_is_found)
{
    struct wgctl_nearest nearest = {.word = wgctl_slice_of(cases[_i].word)};
    for (size_t i = 0; cases[_i].candidates[i]; i++)
        wgctl_nearest_offer(&nearest, wgctl_slice_of(cases[_i].candidates[i]));
    char best[64];
    wgctl_slice_string(nearest.best, best, sizeof best);
    ck_assert_str_eq(best, cases[_i].best ? cases[_i].best : "");
}
END_TEST

static Suite *nearest_suite(void)
{
    Suite *suite = suite_create("nearest");
    TCase *tcase = tcase_create("nearest");
    tcase_add_loop_test(tcase, the_nearest_word_is_found, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return run_suite(nearest_suite());
}
