#include "conf/expiry.h"

#include <stdio.h>

#include "suite.h"

/* 2026-11-22T10:20:30Z */
static const time_t now = 1795342830;

static const struct {
    const char *text, *expiry; /* NULL if refused */
} times[] = {
    /* Durations. */
    {"1h", "2026-11-22T11:20:30Z"},
    {"12h", "2026-11-22T22:20:30Z"},
    {"24h", "2026-11-23T10:20:30Z"},
    {"7d", "2026-11-29T10:20:30Z"},
    {"99d", "2027-03-01T10:20:30Z"},
    {"2w", "2026-12-06T10:20:30Z"},
    {"007d", "2026-11-29T10:20:30Z"},
    {"100000h", "2038-04-20T02:20:30Z"},
    {"0h", NULL},
    {"0w", NULL},
    {"100001h", NULL},
    {"99999999999999999999d", NULL},
    {"h", NULL},
    {"7", NULL},
    {"7m", NULL},
    {"7D", NULL},
    {"7 d", NULL},
    {" 7d", NULL},
    {"7d ", NULL},
    {"-7d", NULL},
    {"+7d", NULL},
    {"1.5d", NULL},
    {"7dd", NULL},
    {"1d12h", NULL},
    /* Days, which expire at their end. */
    {"2026-11-22", "2026-11-22T23:59:59Z"},
    {"2026-12-24", "2026-12-24T23:59:59Z"},
    {"2028-02-29", "2028-02-29T23:59:59Z"},
    {"9999-12-31", "9999-12-31T23:59:59Z"},
    {"2026-11-21", NULL},
    {"1970-01-01", NULL},
    {"0001-01-01", NULL},
    {"2027-02-29", NULL},
    {"2027-04-31", NULL},
    {"2027-13-01", NULL},
    {"2027-00-01", NULL},
    {"2027-01-00", NULL},
    {"2027-01-32", NULL},
    {"2027-01", NULL},
    {"27-01-01", NULL},
    {"2027/01/01", NULL},
    {"2027-01-01 ", NULL},
    {"2027-01-01x", NULL},
    {"24.12.2026", NULL},
    /* Times. */
    {"2026-12-24T18:00:00Z", "2026-12-24T18:00:00Z"},
    {"2026-11-22T10:20:31Z", "2026-11-22T10:20:31Z"},
    {"2026-11-22T10:20:30Z", NULL},
    {"2026-11-22T10:20:29Z", NULL},
    {"2027-02-29T00:00:00Z", NULL},
    {"2026-12-24T24:00:00Z", NULL},
    {"2026-12-24T18:60:00Z", NULL},
    {"2026-12-24T18:00:00", NULL},
    {"2026-12-24T18:00Z", NULL},
    {"2026-12-24 18:00:00Z", NULL},
    {"2026-12-24T18:00:00+01:00", NULL},
    {"2026-12-24T18:00:00Zulu", NULL},
    /* Invalid. */
    {"", NULL},
    {"never", NULL},
    {"tomorrow", NULL},
    {"2026-12-24T18:00:00Z\nPostUp = x", NULL},
};
enum { TIMES = sizeof times / sizeof *times };

START_TEST(a_time_is_written_in_one_form_whatever_form_it_was_given_in)
{
    char expiry[WGCTL_EXPIRY_SIZE] = "as before";
    struct wgctl_error err = {0};
    int status = wgctl_expiry_parse(times[_i].text, now, expiry, &err);
    ck_assert_int_eq(status, times[_i].expiry ? WGCTL_OK : WGCTL_INVALID);
    ck_assert_str_eq(expiry, times[_i].expiry ? times[_i].expiry : "as before");
    ck_assert(status == WGCTL_OK || err.message[0]);
}
END_TEST

START_TEST(what_was_written_is_read_as_the_same_time)
{
    for (unsigned hours = 1; hours < 100000; hours += 97) {
        char text[20], expiry[WGCTL_EXPIRY_SIZE], again[WGCTL_EXPIRY_SIZE];
        struct wgctl_error err;
        snprintf(text, sizeof text, "%uh", hours);
        ck_assert_int_eq(wgctl_expiry_parse(text, now, expiry, &err), WGCTL_OK);
        ck_assert_int_eq(wgctl_expiry_parse(expiry, now, again, &err), WGCTL_OK);
        ck_assert_str_eq(again, expiry);
    }
}
END_TEST

START_TEST(the_clock_of_the_house_does_not_matter)
{
    static const char *const zones[] = {"UTC", "Europe/Berlin", "CET-1CEST", "XXX+12", "YYY-14"};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        char expiry[WGCTL_EXPIRY_SIZE];
        struct wgctl_error err;
        setenv("TZ", zones[i], 1);
        tzset();
        ck_assert_int_eq(wgctl_expiry_parse("2027-07-01", now, expiry, &err), WGCTL_OK);
        ck_assert_str_eq(expiry, "2027-07-01T23:59:59Z");
        ck_assert_int_eq(wgctl_expiry_parse("2027-07-01T02:30:00Z", now, expiry, &err), WGCTL_OK);
        ck_assert_str_eq(expiry, "2027-07-01T02:30:00Z");
        ck_assert_int_eq(wgctl_expiry_parse("1h", now, expiry, &err), WGCTL_OK);
        ck_assert_str_eq(expiry, "2026-11-22T11:20:30Z");
    }
}
END_TEST

START_TEST(what_is_over_and_what_is_no_time_are_told_apart)
{
    char expiry[WGCTL_EXPIRY_SIZE];
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_expiry_parse("2026-01-01", now, expiry, &err), WGCTL_INVALID);
    ck_assert_str_eq(err.message, "the peer would have expired already, at '2026-01-01'");
    ck_assert_int_eq(wgctl_expiry_parse("soon", now, expiry, &err), WGCTL_INVALID);
    ck_assert_str_eq(err.message, "'soon' is not a valid expiry");
    ck_assert_str_ne(err.hint, "");
}
END_TEST

START_TEST(a_time_that_is_very_far_away_fits_or_is_refused)
{
    char expiry[WGCTL_EXPIRY_SIZE];
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_expiry_parse("100000w", now, expiry, &err), WGCTL_OK);
    ck_assert_str_eq(expiry, "3943-06-06T10:20:30Z");
    ck_assert_int_eq(wgctl_expiry_parse("1h", (time_t)1 << 60, expiry, &err), WGCTL_INVALID);
}
END_TEST

static Suite *expiry_suite(void)
{
    Suite *suite = suite_create("expiry");
    TCase *tests = tcase_create("expiry");
    tcase_add_loop_test(tests, a_time_is_written_in_one_form_whatever_form_it_was_given_in, 0,
                        TIMES);
    tcase_add_test(tests, what_was_written_is_read_as_the_same_time);
    tcase_add_test(tests, the_clock_of_the_house_does_not_matter);
    tcase_add_test(tests, what_is_over_and_what_is_no_time_are_told_apart);
    tcase_add_test(tests, a_time_that_is_very_far_away_fits_or_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(expiry_suite());
}
