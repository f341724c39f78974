#include <string.h>

#include "net/key.h"
#include "suite.h"

/* From RFC 7748, section 6.1, and from `wg pubkey`. */
static const struct {
    const char *private_key, *public_key;
} pairs[] = {
    {"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=",
     "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo="},
    {"XasIfmJKikt54X+Lg4AO5m87sSkmGLb9HC+LJ/+I4Os=",
     "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="},
    {"oLxIQ70IXlogSDCwZyHmJmnE8xu4Cy61Ie6svuuXkm8=",
     "wREK1LmM+rGy8ba/0pr6LAei1hUVkflZTs33Lb4GAFY="},
    {"UBTA0N6QZVeAwu9EtHzICz13zusgPJyuVxBSELdx12M=",
     "KlPOTUPC737XUAsep7BZPaHR++KuXkPKzcJT9wlSL2E="},
    /* Not clamped: 32 times 0xff, and 1 followed by zeros. */
    {"//////////////////////////////////////////8=",
     "hHwNLDdSNPNl5mCVUYejc1oPdhPRYJ06ak2MU66qWiI="},
    {"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
     "L+V9o0fNYkMVKNqsX7spBzD/9oSvxM/C7ZCZX1jLO3Q="},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

/* Each has a single flaw. */
static const char *const flawed[] = {
    "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCoA", /* 33 bytes */
    "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LA==", /* 31 bytes */
    "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo ", /* no '=' */
    "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\n",
    "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCp=",
    "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCq=", /* bits past the 256th are not zero */
    "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCr=",
    "dwdtCnMYpX08FsFy-bJmRd9ML4frwJkqsXf7pR25LCo=",
    "dwdtCnMYpX08FsFy_bJmRd9ML4frwJkqsXf7pR25LCo=", /* the URL alphabet */
    "dwdtCnMYpX08FsFy bJmRd9ML4frwJkqsXf7pR25LCo=",
    "=wdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=",
    "dwdtCnMYpX08FsFy=bJmRd9ML4frwJkqsXf7pR25LCo=",
    "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LC\xc3=",
    "============================================",
    "                                            ",
};
enum { FLAWED = sizeof flawed / sizeof *flawed };

static struct wgctl_key key_of(const char *text)
{
    struct wgctl_key key = {0};
    struct wgctl_error err = {0};
    ck_assert_int_eq(wgctl_key_parse(wgctl_slice_of(text), &key, &err), WGCTL_OK);
    return key;
}

static void assert_refused(struct wgctl_slice text)
{
    struct wgctl_key key, before;
    struct wgctl_error err = {0};
    memset(&key, 0xa5, sizeof key);
    before = key;
    ck_assert_int_eq(wgctl_key_parse(text, &key, &err), WGCTL_INVALID);
    ck_assert_int_eq(err.status, WGCTL_INVALID);
    ck_assert_str_ne(err.message, "");
    ck_assert_str_ne(err.hint, "");
    ck_assert_mem_eq(&key, &before, sizeof key);
    for (size_t i = 0; i + 8 <= text.size; i++) {
        ck_assert_ptr_null(memmem(err.message, strlen(err.message), text.data + i, 8));
        ck_assert_ptr_null(memmem(err.hint, strlen(err.hint), text.data + i, 8));
    }
}

static void setup(void)
{
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_key_setup(&err), WGCTL_OK);
}

START_TEST(the_library_can_be_set_up_twice)
{
    setup();
    setup();
}
END_TEST

START_TEST(a_key_is_read_and_written_as_the_same_text)
{
    char text[WGCTL_KEY_TEXT_SIZE];
    struct wgctl_key key = key_of(pairs[_i].private_key);
    ck_assert_ptr_eq(wgctl_key_format(&key, text), text);
    ck_assert_str_eq(text, pairs[_i].private_key);
}
END_TEST

START_TEST(any_32_bytes_are_a_key)
{
    for (unsigned value = 0; value < 256; value++) {
        char text[WGCTL_KEY_TEXT_SIZE];
        struct wgctl_key key;
        memset(&key, (int)value, sizeof key);
        ck_assert_uint_eq(strlen(wgctl_key_format(&key, text)), 44);
        struct wgctl_key again = key_of(text);
        ck_assert_mem_eq(&again, &key, sizeof key);
    }
}
END_TEST

START_TEST(only_zero_bits_are_left_over)
{
    static const char last[] = "AEIMQUYcgkosw048";
    char text[WGCTL_KEY_TEXT_SIZE];
    for (int value = 1; value < 256; value++) {
        struct wgctl_key key = {0};
        struct wgctl_error err = {0};
        strcpy(text, pairs[0].private_key);
        text[42] = (char)value;
        ck_assert_int_eq(wgctl_key_parse((struct wgctl_slice){text, 44}, &key, &err) == WGCTL_OK,
                         strchr(last, value) != NULL);
    }
}
END_TEST

START_TEST(a_key_need_not_end_in_nul)
{
    struct wgctl_key key = {0};
    struct wgctl_error err = {0};
    char text[44];
    memcpy(text, pairs[0].public_key, sizeof text);
    ck_assert_int_eq(wgctl_key_parse((struct wgctl_slice){text, sizeof text}, &key, &err),
                     WGCTL_OK);
}
END_TEST

START_TEST(a_flawed_key_is_refused_and_not_quoted)
{
    assert_refused(wgctl_slice_of(flawed[_i]));
}
END_TEST

START_TEST(every_other_length_is_refused)
{
    char text[101];
    memset(text, 'A', sizeof text);
    for (size_t size = 0; size < sizeof text; size++)
        assert_refused((struct wgctl_slice){text, size});
    assert_refused((struct wgctl_slice){NULL, 0});
}
END_TEST

START_TEST(a_key_of_43_characters_is_refused_and_their_number_told)
{
    struct wgctl_key key = {0};
    struct wgctl_error err = {0};
    struct wgctl_slice text = {pairs[0].private_key, 43};
    ck_assert_int_eq(wgctl_key_parse(text, &key, &err), WGCTL_INVALID);
    ck_assert_str_eq(err.message, "a key has 44 characters, this one has 43");
}
END_TEST

START_TEST(a_nul_inside_a_key_is_refused)
{
    char text[44];
    for (size_t i = 0; i < sizeof text; i++) {
        memcpy(text, pairs[0].private_key, sizeof text);
        text[i] = '\0';
        assert_refused((struct wgctl_slice){text, sizeof text});
    }
}
END_TEST

START_TEST(only_base64_is_accepted_at_each_place)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[44];
    for (size_t place = 0; place < 42; place++) {
        for (unsigned value = 0; value < 256; value++) {
            struct wgctl_key key = {0};
            struct wgctl_error err = {0};
            memcpy(text, pairs[0].private_key, sizeof text);
            text[place] = (char)value;
            bool expected = value != 0 && strchr(alphabet, (int)value);
            int status = wgctl_key_parse((struct wgctl_slice){text, sizeof text}, &key, &err);
            ck_assert_int_eq(status == WGCTL_OK, expected);
        }
    }
}
END_TEST

#define HEX_31 "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c"

START_TEST(a_key_in_hexadecimal_digits_is_the_one_in_base64)
{
    char text[WGCTL_KEY_HEX_SIZE];
    struct wgctl_key key = key_of(pairs[0].private_key), again;
    ck_assert_ptr_eq(wgctl_key_format_hex(&key, text), text);
    ck_assert_str_eq(text, HEX_31 "2a");
    ck_assert(wgctl_key_parse_hex(wgctl_slice_of(text), &again));
    ck_assert_mem_eq(&again, &key, sizeof key);
    ck_assert(wgctl_key_parse_hex(wgctl_slice_of(HEX_31 "2A"), &again));
    ck_assert_mem_eq(&again, &key, sizeof key);
}
END_TEST

START_TEST(any_other_number_of_hexadecimal_digits_is_refused)
{
    struct wgctl_key key;
    ck_assert(!wgctl_key_parse_hex((struct wgctl_slice){NULL, 0}, &key));
    ck_assert(!wgctl_key_parse_hex(wgctl_slice_of(HEX_31), &key));
    ck_assert(!wgctl_key_parse_hex(wgctl_slice_of(HEX_31 "2"), &key));
    ck_assert(!wgctl_key_parse_hex(wgctl_slice_of(HEX_31 "2a0"), &key));
    ck_assert(!wgctl_key_parse_hex(wgctl_slice_of(HEX_31 "2a00"), &key));
}
END_TEST

START_TEST(only_hexadecimal_digits_are_accepted_at_each_place)
{
    for (size_t place = 0; place < WGCTL_KEY_HEX_SIZE - 1; place++) {
        for (unsigned value = 0; value < 256; value++) {
            char text[] = HEX_31 "2a";
            struct wgctl_key key;
            text[place] = (char)value;
            struct wgctl_slice slice = {text, sizeof text - 1};
            ck_assert_int_eq(wgctl_key_parse_hex(slice, &key),
                             value != 0 && strchr("0123456789abcdefABCDEF", (int)value));
        }
    }
}
END_TEST

START_TEST(a_public_key_is_what_wg_pubkey_makes_it)
{
    char text[WGCTL_KEY_TEXT_SIZE];
    struct wgctl_key private_key = key_of(pairs[_i].private_key), public_key;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_key_public(&private_key, &public_key, &err), WGCTL_OK);
    ck_assert_str_eq(wgctl_key_format(&public_key, text), pairs[_i].public_key);
}
END_TEST

START_TEST(an_all_zero_private_key_has_no_public_key)
{
    struct wgctl_key zero = {0}, public_key;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_key_public(&zero, &public_key, &err), WGCTL_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "all zero"));
}
END_TEST

START_TEST(a_new_private_key_is_clamped)
{
    for (unsigned i = 0; i < 200; i++) {
        struct wgctl_key key;
        wgctl_key_generate_private(&key);
        ck_assert_uint_eq(key.bytes[0] & 0x07, 0);
        ck_assert_uint_eq(key.bytes[31] & 0xc0, 0x40);
    }
}
END_TEST

START_TEST(a_key_is_appended_to_a_text)
{
    WGCTL_TEXT text = {0};
    struct wgctl_key key = key_of(pairs[0].public_key);
    wgctl_text_string(&text, "PublicKey = ");
    wgctl_text_key(&text, &key);
    ck_assert_str_eq(text.data + strlen("PublicKey = "), pairs[0].public_key);
}
END_TEST

START_TEST(a_text_is_quoted_unless_it_may_hold_a_key)
{
    char quoted[WGCTL_QUOTE_SIZE], longest[WGCTL_QUOTE_SIZE - 2];
    ck_assert_str_eq(wgctl_quote(wgctl_slice_of("v p n"), quoted), "'v p n'");
    ck_assert_str_eq(wgctl_quote((struct wgctl_slice){NULL, 0}, quoted), "''");

    memset(longest, '.', sizeof longest);
    wgctl_quote((struct wgctl_slice){longest, sizeof longest - 1}, quoted);
    ck_assert_uint_eq(strlen(quoted), sizeof quoted - 1);
    ck_assert(quoted[0] == '\'' && quoted[sizeof quoted - 2] == '\'');
    char before[WGCTL_QUOTE_SIZE];
    memcpy(before, quoted, sizeof before);
    ck_assert_str_eq(wgctl_quote((struct wgctl_slice){longest, sizeof longest}, quoted), before);

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct wgctl_slice key = wgctl_slice_of(pairs[i].private_key);
        ck_assert_str_eq(wgctl_quote(key, quoted), "'…' (not shown: it may be a key)");
    }
}
END_TEST

/* In 200 keys, each random bit is both 0 and 1. The odds of a false failure are 2^-191. */
START_TEST(every_other_bit_of_a_new_key_is_random)
{
    struct wgctl_key key, ones = {0}, zeros = {0};
    for (unsigned i = 0; i < 200; i++) {
        wgctl_key_generate_private(&key);
        for (unsigned n = 0; n < WGCTL_KEY_SIZE; n++) {
            ones.bytes[n] |= key.bytes[n];
            zeros.bytes[n] |= (uint8_t)~key.bytes[n];
        }
    }
    for (unsigned n = 0; n < WGCTL_KEY_SIZE; n++) {
        ck_assert_uint_eq(ones.bytes[n], n == 0 ? 0xf8 : n == 31 ? 0x7f : 0xff);
        ck_assert_uint_eq(zeros.bytes[n], n == 31 ? 0xbf : 0xff);
    }
}
END_TEST

START_TEST(every_bit_of_a_preshared_key_is_random)
{
    struct wgctl_key key, ones = {0}, zeros = {0};
    for (unsigned i = 0; i < 200; i++) {
        wgctl_key_generate_preshared(&key);
        for (unsigned n = 0; n < WGCTL_KEY_SIZE; n++) {
            ones.bytes[n] |= key.bytes[n];
            zeros.bytes[n] |= (uint8_t)~key.bytes[n];
        }
    }
    for (unsigned n = 0; n < WGCTL_KEY_SIZE; n++) {
        ck_assert_uint_eq(ones.bytes[n], 0xff);
        ck_assert_uint_eq(zeros.bytes[n], 0xff);
    }
}
END_TEST

START_TEST(random_bytes_fill_what_was_asked_for_and_no_more)
{
    unsigned char bytes[40], seen[30] = {0};
    for (unsigned i = 0; i < 200; i++) {
        memset(bytes, 0, sizeof bytes);
        wgctl_random(bytes + 5, sizeof seen);
        for (unsigned n = 0; n < sizeof seen; n++)
            seen[n] |= bytes[5 + n];
        ck_assert_mem_eq(bytes, "\0\0\0\0\0", 5);
        ck_assert_mem_eq(bytes + 35, "\0\0\0\0\0", 5);
    }
    for (unsigned n = 0; n < sizeof seen; n++)
        ck_assert_uint_eq(seen[n], 0xff);
}
END_TEST

START_TEST(keys_are_equal_where_every_bit_is)
{
    struct wgctl_key a = key_of(pairs[0].public_key), b = a;
    ck_assert(wgctl_key_equal(&a, &b));
    for (unsigned bit = 0; bit < 8 * WGCTL_KEY_SIZE; bit++) {
        b = a;
        b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert(!wgctl_key_equal(&a, &b));
        ck_assert_int_ne(wgctl_key_compare(&a, &b), 0);
    }
}
END_TEST

START_TEST(a_key_is_zero_where_every_bit_is)
{
    struct wgctl_key key = {0};
    ck_assert(wgctl_key_is_zero(&key));
    for (unsigned bit = 0; bit < 8 * WGCTL_KEY_SIZE; bit++) {
        key = (struct wgctl_key){0};
        key.bytes[bit / 8] = (uint8_t)(1u << bit % 8);
        ck_assert(!wgctl_key_is_zero(&key));
    }
}
END_TEST

START_TEST(keys_sort_by_their_bytes_the_first_one_first)
{
    struct wgctl_key low = {{0x01, 0xff}}, middle = {{0x02}}, high = {{0x80}};
    ck_assert_int_lt(wgctl_key_compare(&low, &middle), 0);
    ck_assert_int_lt(wgctl_key_compare(&middle, &high), 0);
    ck_assert_int_gt(wgctl_key_compare(&high, &low), 0);
    ck_assert_int_eq(wgctl_key_compare(&low, &low), 0);
}
END_TEST

START_TEST(a_cleared_key_is_all_zero)
{
    struct wgctl_key key = key_of(pairs[0].private_key);
    wgctl_key_clear(&key);
    ck_assert(wgctl_key_is_zero(&key));
}
END_TEST

static Suite *key_suite(void)
{
    Suite *suite = suite_create("key");
    TCase *text = tcase_create("text");
    tcase_add_checked_fixture(text, setup, NULL);
    tcase_add_loop_test(text, a_key_is_read_and_written_as_the_same_text, 0, PAIRS);
    tcase_add_test(text, any_32_bytes_are_a_key);
    tcase_add_test(text, only_zero_bits_are_left_over);
    tcase_add_test(text, a_key_need_not_end_in_nul);
    tcase_add_loop_test(text, a_flawed_key_is_refused_and_not_quoted, 0, FLAWED);
    tcase_add_test(text, every_other_length_is_refused);
    tcase_add_test(text, a_key_of_43_characters_is_refused_and_their_number_told);
    tcase_add_test(text, a_nul_inside_a_key_is_refused);
    tcase_add_test(text, only_base64_is_accepted_at_each_place);
    tcase_add_test(text, a_key_in_hexadecimal_digits_is_the_one_in_base64);
    tcase_add_test(text, any_other_number_of_hexadecimal_digits_is_refused);
    tcase_add_test(text, only_hexadecimal_digits_are_accepted_at_each_place);
    suite_add_tcase(suite, text);

    TCase *curve = tcase_create("curve");
    tcase_add_checked_fixture(curve, setup, NULL);
    tcase_add_test(curve, the_library_can_be_set_up_twice);
    tcase_add_loop_test(curve, a_public_key_is_what_wg_pubkey_makes_it, 0, PAIRS);
    tcase_add_test(curve, an_all_zero_private_key_has_no_public_key);
    tcase_add_test(curve, a_new_private_key_is_clamped);
    tcase_add_test(curve, a_key_is_appended_to_a_text);
    tcase_add_test(curve, a_text_is_quoted_unless_it_may_hold_a_key);
    tcase_add_test(curve, every_other_bit_of_a_new_key_is_random);
    tcase_add_test(curve, every_bit_of_a_preshared_key_is_random);
    tcase_add_test(curve, random_bytes_fill_what_was_asked_for_and_no_more);
    suite_add_tcase(suite, curve);

    TCase *value = tcase_create("value");
    tcase_add_checked_fixture(value, setup, NULL);
    tcase_add_test(value, keys_are_equal_where_every_bit_is);
    tcase_add_test(value, a_key_is_zero_where_every_bit_is);
    tcase_add_test(value, keys_sort_by_their_bytes_the_first_one_first);
    tcase_add_test(value, a_cleared_key_is_all_zero);
    suite_add_tcase(suite, value);
    return suite;
}

int main(void)
{
    return run_suite(key_suite());
}
