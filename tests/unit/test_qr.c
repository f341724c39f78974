#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "qr/qr.h"

/* A file like the one that `wgctl add-peer phone` writes. */
static const char phone[] = "# phone, made for a test\n"
                            "[Interface]\n"
                            "PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n"
                            "Address = 10.73.21.2/32, fd5c:7a1e:9b42::2/128\n"
                            "DNS = 1.1.1.1\n"
                            "\n"
                            "[Peer]\n"
                            "PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\n"
                            "PresharedKey = FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=\n"
                            "Endpoint = vpn.example.org:51820\n"
                            "AllowedIPs = 0.0.0.0/0, ::/0\n"
                            "PersistentKeepalive = 25\n";

static struct wgctl_qr *encode(const char *config)
{
    struct wgctl_error err;
    struct wgctl_qr *qr = NULL;
    ck_assert_int_eq(wgctl_qr_encode(wgctl_slice_of(config), &qr, &err), WGCTL_OK);
    ck_assert_ptr_nonnull(qr);
    return qr;
}

/* Encodes `size` bytes of configuration, including the newline. */
static int encode_size(size_t size, struct wgctl_qr **ret, struct wgctl_error *err)
{
    static char config[WGCTL_QR_BYTES_MAX + 2];
    memset(config, 'a', size - 1);
    config[size - 1] = '\n';
    return wgctl_qr_encode((struct wgctl_slice){config, size}, ret, err);
}

static void check_text(const char *config, const char *expected)
{
    WGCTL_TEXT text = {0};
    wgctl_qr_text(wgctl_slice_of(config), &text);
    ck_assert_int_eq((int)text.size, (int)strlen(expected));
    ck_assert_str_eq(wgctl_text_slice_of(&text).data, expected);
}

START_TEST(text_keeps_what_wireguard_reads)
{
    WGCTL_TEXT text = {0};
    wgctl_qr_text(wgctl_slice_of(phone), &text);
    const char *body = strchr(phone, '\n') + 1;
    const char *peer = strstr(body, "\n\n") + 1;
    WGCTL_TEXT expected = {0};
    wgctl_text_append(&expected, body, (size_t)(peer - body));
    wgctl_text_string(&expected, peer + 1);
    ck_assert_str_eq(text.data, expected.data);
}
END_TEST

START_TEST(text_drops_lines_of_comment_only)
{
    check_text("# one\n[Interface]\n  # two\n\t#three\n#\n", "[Interface]\n");
}
END_TEST

START_TEST(text_drops_a_comment_after_a_value)
{
    check_text("DNS = 1.1.1.1 # the fast one\nMTU=1280#small\n", "DNS = 1.1.1.1\nMTU=1280\n");
}
END_TEST

START_TEST(text_keeps_a_semicolon)
{
    check_text("; kept\n", "; kept\n");
}
END_TEST

START_TEST(text_drops_blank_lines_and_blanks_at_the_ends_of_a_line)
{
    check_text("\n \n\t\n[Peer]\t \n   PublicKey = A \n\n\n", "[Peer]\nPublicKey = A\n");
}
END_TEST

START_TEST(text_has_lf_where_the_file_has_crlf)
{
    check_text("[Peer]\r\n\r\n# no\r\nPublicKey = A\r\n", "[Peer]\nPublicKey = A\n");
}
END_TEST

START_TEST(text_ends_the_last_line)
{
    check_text("[Peer]\nPublicKey = A", "[Peer]\nPublicKey = A\n");
}
END_TEST

START_TEST(text_of_nothing_is_nothing)
{
    check_text("", "");
    check_text("\n# only this\n", "");
}
END_TEST

START_TEST(comments_and_blank_lines_make_no_difference_to_the_code)
{
    struct wgctl_qr *plain = encode("[Peer]\nPublicKey = A\n");
    struct wgctl_qr *commented = encode("# a\n\n[Peer] # b\r\n\tPublicKey = A\n");
    WGCTL_TEXT a = {0}, b = {0};
    wgctl_qr_svg(plain, &a);
    wgctl_qr_svg(commented, &b);
    ck_assert_str_eq(a.data, b.data);
    wgctl_qr_free(plain);
    wgctl_qr_free(commented);
}
END_TEST

START_TEST(an_empty_configuration_is_refused)
{
    struct wgctl_error err;
    struct wgctl_qr *qr = NULL;
    ck_assert_int_eq(wgctl_qr_encode(wgctl_slice_of("# all\n# comment\n"), &qr, &err),
                     WGCTL_INVALID);
    ck_assert_ptr_null(qr);
}
END_TEST

START_TEST(the_longest_configuration_fills_version_40)
{
    struct wgctl_error err;
    struct wgctl_qr *qr = NULL;
    ck_assert_int_eq(encode_size(WGCTL_QR_BYTES_MAX, &qr, &err), WGCTL_OK);
    ck_assert_uint_eq(wgctl_qr_width(qr), WGCTL_QR_WIDTH_MAX);
    wgctl_qr_free(qr);
}
END_TEST

START_TEST(a_byte_more_is_refused_with_both_sizes_and_what_to_do)
{
    struct wgctl_error err;
    struct wgctl_qr *qr = NULL;
    ck_assert_int_eq(encode_size(WGCTL_QR_BYTES_MAX + 1, &qr, &err), WGCTL_INVALID);
    ck_assert_ptr_null(qr);
    ck_assert_ptr_nonnull(strstr(err.message, "2954"));
    ck_assert_ptr_nonnull(strstr(err.message, "2953"));
    ck_assert_ptr_nonnull(strstr(err.hint, "copy the file"));
}
END_TEST

START_TEST(a_long_configuration_with_short_content_is_accepted)
{
    WGCTL_TEXT config = {0};
    for (int i = 0; i < 1000; i++)
        wgctl_text_string(&config, "# a long story\n");
    wgctl_text_string(&config, phone);
    wgctl_qr_free(encode(config.data));
}
END_TEST

START_TEST(a_nul_byte_does_not_cut_the_code_short)
{
    struct wgctl_error err;
    struct wgctl_qr *with = NULL;
    static const char config[] = "[Peer]\0PublicKey = a long value that needs a larger code\n";
    ck_assert_int_eq(wgctl_qr_encode((struct wgctl_slice){config, sizeof config - 1}, &with, &err),
                     WGCTL_OK);
    struct wgctl_qr *without = encode("[Peer]\n");
    ck_assert_uint_gt(wgctl_qr_width(with), wgctl_qr_width(without));
    wgctl_qr_free(with);
    wgctl_qr_free(without);
}
END_TEST

START_TEST(freeing_nothing_is_fine)
{
    wgctl_qr_free(NULL);
}
END_TEST

START_TEST(the_code_has_a_finder_in_three_corners_and_a_light_quiet_zone)
{
    struct wgctl_qr *qr = encode(phone);
    unsigned width = wgctl_qr_width(qr), far = width - WGCTL_QR_QUIET - 7;
    for (unsigned i = 0; i < 7; i++) {
        ck_assert(wgctl_qr_dark(qr, 4 + i, 4));
        ck_assert(wgctl_qr_dark(qr, far + i, 4));
        ck_assert(wgctl_qr_dark(qr, 4 + i, far + 6));
    }
    for (unsigned i = 0; i < width; i++)
        for (unsigned j = 0; j < WGCTL_QR_QUIET; j++)
            ck_assert(!wgctl_qr_dark(qr, i, j) && !wgctl_qr_dark(qr, j, i) &&
                      !wgctl_qr_dark(qr, i, width - 1 - j) && !wgctl_qr_dark(qr, width - 1 - j, i));
    ck_assert(!wgctl_qr_dark(qr, width, width) && !wgctl_qr_dark(qr, 4, ~0U));
    wgctl_qr_free(qr);
}
END_TEST

/* Reads the terminal form back. It must show the code's modules, light everywhere else, in
 * exactly the promised columns and rows. */
struct screen {
    const char *at;
    enum { UNSET, DARK, LIGHT } background;
};

static bool skip(struct screen *screen, const char *string)
{
    if (strncmp(screen->at, string, strlen(string)) != 0)
        return false;
    screen->at += strlen(string);
    return true;
}

static void read_cell(struct screen *screen, bool *ret_upper, bool *ret_lower)
{
    if (skip(screen, "\033[48;5;231m"))
        screen->background = LIGHT;
    else if (skip(screen, "\033[48;5;16m"))
        screen->background = DARK;
    *ret_upper = *ret_lower = true;
    if (skip(screen, "█"))
        *ret_upper = *ret_lower = false;
    else if (skip(screen, "▀"))
        *ret_upper = false;
    else if (skip(screen, "▄"))
        *ret_lower = false;
    else
        ck_assert(skip(screen, " "));
}

static void check_line(const struct wgctl_qr *qr, unsigned row, bool colour, struct screen *screen)
{
    ck_assert(skip(screen, colour ? "\033[38;5;231m" : ""));
    screen->background = UNSET;
    for (unsigned column = 0; column < wgctl_qr_width(qr); column++) {
        bool upper, lower;
        read_cell(screen, &upper, &lower);
        ck_assert(upper == wgctl_qr_dark(qr, column, 2 * row));
        ck_assert(lower == wgctl_qr_dark(qr, column, 2 * row + 1));
        ck_assert_int_eq(screen->background, !colour ? UNSET : upper || lower ? DARK : LIGHT);
    }
    ck_assert(skip(screen, colour ? "\033[0m\n" : "\n"));
}

static void check_terminal(const char *config, bool colour)
{
    struct wgctl_qr *qr = encode(config);
    WGCTL_TEXT text = {0};
    unsigned columns, rows;
    wgctl_qr_terminal_size(qr, &columns, &rows);
    ck_assert_uint_eq(columns, wgctl_qr_width(qr));
    wgctl_qr_terminal(qr, colour, &text);
    struct screen screen = {.at = text.data};
    for (unsigned row = 0; row < rows; row++)
        check_line(qr, row, colour, &screen);
    ck_assert_str_eq(screen.at, "");
    ck_assert(!colour == !strchr(text.data, '\033'));
    wgctl_qr_free(qr);
}

START_TEST(the_terminal_form_without_colour_shows_the_modules_and_no_escape)
{
    check_terminal(phone, false);
    check_terminal("a", false);
}
END_TEST

START_TEST(the_terminal_form_with_colour_shows_the_modules_and_sets_and_resets_each_line)
{
    check_terminal(phone, true);
    check_terminal("a", true);
}
END_TEST

START_TEST(a_configuration_of_321_bytes_takes_69_columns_and_35_rows)
{
    struct wgctl_error err;
    struct wgctl_qr *qr = NULL;
    unsigned columns, rows;
    ck_assert_int_eq(encode_size(321, &qr, &err), WGCTL_OK);
    wgctl_qr_terminal_size(qr, &columns, &rows);
    ck_assert_uint_eq(columns, 69);
    ck_assert_uint_eq(rows, 35);
    wgctl_qr_free(qr);
}
END_TEST

START_TEST(the_svg_has_a_white_ground_and_its_runs_are_the_dark_modules)
{
    struct wgctl_qr *qr = encode(phone);
    unsigned width = wgctl_qr_width(qr), dark = 0, drawn = 0;
    char ground[64];
    WGCTL_TEXT text = {0};
    wgctl_qr_svg(qr, &text);
    snprintf(ground, sizeof ground, "viewBox=\"0 0 %u %u\">\n<rect width=\"%u\"", width, width,
             width);
    ck_assert_ptr_nonnull(strstr(text.data, ground));

    const char *at = strstr(text.data, " d=\"") + 4;
    unsigned x, y, right, left;
    for (int used = 0; sscanf(at, "M%u %uh%uv1h-%uz%n", &x, &y, &right, &left, &used) == 4;
         at += used) {
        ck_assert_uint_eq(right, left);
        for (unsigned i = 0; i < right; i++)
            ck_assert(wgctl_qr_dark(qr, x + i, y));
        drawn += right;
    }
    ck_assert_str_eq(at, "\"/>\n</svg>\n");
    for (unsigned i = 0; i < width * width; i++)
        dark += wgctl_qr_dark(qr, i % width, i / width);
    ck_assert_uint_eq(drawn, dark);
    wgctl_qr_free(qr);
}
END_TEST

static unsigned big_endian(const char *data)
{
    const unsigned char *bytes = (const unsigned char *)data;
    return (unsigned)bytes[0] << 24 | (unsigned)bytes[1] << 16 | (unsigned)bytes[2] << 8 | bytes[3];
}

START_TEST(the_png_is_a_whole_file_of_one_bit_grey_and_eight_pixels_a_module)
{
    static const char begin[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", end[] = "IEND\xae\x42\x60\x82";
    struct wgctl_error err;
    struct wgctl_qr *qr = encode(phone);
    WGCTL_TEXT text = {0};
    ck_assert_int_eq(wgctl_qr_png(qr, &text, &err), WGCTL_OK);
    ck_assert_uint_gt(text.size, 64);
    ck_assert_mem_eq(text.data, begin, sizeof begin - 1);
    ck_assert_uint_eq(big_endian(text.data + 16), wgctl_qr_width(qr) * 8);
    ck_assert_uint_eq(big_endian(text.data + 20), wgctl_qr_width(qr) * 8);
    ck_assert_mem_eq(text.data + 24, "\1\0", 2);
    ck_assert_mem_eq(text.data + text.size - (sizeof end - 1), end, sizeof end - 1);
    wgctl_qr_free(qr);
}
END_TEST

START_TEST(both_are_known_by_their_start_and_nothing_else_is)
{
    static const char *const others[] = {"", "\x89PNG\r\n", "<svg", "[Interface]\n", "root:x:0:0"};
    struct wgctl_error err;
    struct wgctl_qr *qr = encode("x");
    WGCTL_TEXT png = {0}, svg = {0};
    ck_assert_int_eq(wgctl_qr_png(qr, &png, &err), WGCTL_OK);
    wgctl_qr_svg(qr, &svg);
    ck_assert(wgctl_qr_is_picture((struct wgctl_slice){png.data, WGCTL_QR_START_SIZE}));
    ck_assert(wgctl_qr_is_picture((struct wgctl_slice){svg.data, WGCTL_QR_START_SIZE}));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert(!wgctl_qr_is_picture(wgctl_slice_of(others[i])));
    wgctl_qr_free(qr);
}
END_TEST

START_TEST(the_png_of_the_largest_code_can_be_made)
{
    struct wgctl_error err;
    struct wgctl_qr *qr = NULL;
    WGCTL_TEXT text = {0};
    ck_assert_int_eq(encode_size(WGCTL_QR_BYTES_MAX, &qr, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_qr_png(qr, &text, &err), WGCTL_OK);
    wgctl_qr_free(qr);
}
END_TEST

START_TEST(a_png_for_which_memory_has_run_out_is_an_error)
{
    struct wgctl_error err;
    struct wgctl_qr *qr = encode(phone);
    WGCTL_TEXT text = {.failed = true};
    ck_assert_int_eq(wgctl_qr_png(qr, &text, &err), WGCTL_SYSTEM);
    ck_assert_str_ne(err.message, "");
    wgctl_qr_free(qr);
}
END_TEST

static void draw_all(struct wgctl_text *text)
{
    struct wgctl_error err;
    struct wgctl_qr *qr = encode(phone);
    wgctl_qr_terminal(qr, true, text);
    wgctl_qr_terminal(qr, false, text);
    wgctl_qr_svg(qr, text);
    ck_assert_int_eq(wgctl_qr_png(qr, text, &err), WGCTL_OK);
    wgctl_qr_free(qr);
}

START_TEST(the_same_configuration_makes_the_same_pictures)
{
    WGCTL_TEXT a = {0}, b = {0};
    draw_all(&a);
    draw_all(&b);
    ck_assert(wgctl_slice_equal(wgctl_text_slice_of(&a), wgctl_text_slice_of(&b)));
}
END_TEST

START_TEST(pictures_are_appended_to_what_is_there)
{
    WGCTL_TEXT text = {0};
    wgctl_text_string(&text, "scan this:\n");
    draw_all(&text);
    ck_assert(wgctl_slice_starts(wgctl_text_slice_of(&text), "scan this:\n\033[38;5;231m"));
}
END_TEST

static TCase *text_case(void)
{
    TCase *tests = tcase_create("text");
    tcase_add_test(tests, text_keeps_what_wireguard_reads);
    tcase_add_test(tests, text_drops_lines_of_comment_only);
    tcase_add_test(tests, text_drops_a_comment_after_a_value);
    tcase_add_test(tests, text_keeps_a_semicolon);
    tcase_add_test(tests, text_drops_blank_lines_and_blanks_at_the_ends_of_a_line);
    tcase_add_test(tests, text_has_lf_where_the_file_has_crlf);
    tcase_add_test(tests, text_ends_the_last_line);
    tcase_add_test(tests, text_of_nothing_is_nothing);
    return tests;
}

static TCase *code_case(void)
{
    TCase *tests = tcase_create("code");
    tcase_add_test(tests, comments_and_blank_lines_make_no_difference_to_the_code);
    tcase_add_test(tests, an_empty_configuration_is_refused);
    tcase_add_test(tests, the_longest_configuration_fills_version_40);
    tcase_add_test(tests, a_byte_more_is_refused_with_both_sizes_and_what_to_do);
    tcase_add_test(tests, a_long_configuration_with_short_content_is_accepted);
    tcase_add_test(tests, a_nul_byte_does_not_cut_the_code_short);
    tcase_add_test(tests, freeing_nothing_is_fine);
    tcase_add_test(tests, the_code_has_a_finder_in_three_corners_and_a_light_quiet_zone);
    return tests;
}

static TCase *picture_case(void)
{
    TCase *tests = tcase_create("picture");
    tcase_add_test(tests, the_terminal_form_without_colour_shows_the_modules_and_no_escape);
    tcase_add_test(tests,
                   the_terminal_form_with_colour_shows_the_modules_and_sets_and_resets_each_line);
    tcase_add_test(tests, a_configuration_of_321_bytes_takes_69_columns_and_35_rows);
    tcase_add_test(tests, the_svg_has_a_white_ground_and_its_runs_are_the_dark_modules);
    tcase_add_test(tests, the_png_is_a_whole_file_of_one_bit_grey_and_eight_pixels_a_module);
    tcase_add_test(tests, both_are_known_by_their_start_and_nothing_else_is);
    tcase_add_test(tests, the_png_of_the_largest_code_can_be_made);
    tcase_add_test(tests, a_png_for_which_memory_has_run_out_is_an_error);
    tcase_add_test(tests, the_same_configuration_makes_the_same_pictures);
    tcase_add_test(tests, pictures_are_appended_to_what_is_there);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("qr");
    suite_add_tcase(suite, text_case());
    suite_add_tcase(suite, code_case());
    suite_add_tcase(suite, picture_case());
    return run_suite(suite);
}
