#include "conf/template.h"

#include "texts.h"

/* ---- filling ---- */

static const struct wgctl_template_value values[] = {
    {"one", "1"},   {"two", "a"},   {"two", "b"},       {"three", "x"},        {"three", "y"},
    {"three", "z"}, {"none", NULL}, {"empty", ""},      {"some", ""},          {"some", "s"},
    {"some", NULL}, {"some", "t"},  {"odd name/", "o"}, {"braces", "{{one}}"},
};
enum { VALUES = sizeof values / sizeof *values };

static int fill(const char *template, struct wgctl_text *ret, struct wgctl_error *err)
{
    return wgctl_template_fill("wg.conf", wgctl_slice_of(template), values, VALUES, ret, err);
}

static const struct {
    const char *template, *filled;
} fillings[] = {
    {"", ""},
    {"\n", "\n"},
    {"plain\n", "plain\n"},
    {"no end", "no end\n"},
    {"\n\na\n\n", "\n\na\n\n"},
    {"x = {{one}}\n", "x = 1\n"},
    {"{{one}}", "1\n"},
    {"{{one}}{{one}} {{one}}.\n", "11 1.\n"},
    {"{{odd name/}}\n", "o\n"},
    /* Several values: the line is repeated. */
    {"<\nx = {{two}}\n>\n", "<\nx = a\nx = b\n>\n"},
    {"{{two}} {{one}}\n", "a 1\nb 1\n"},
    {"{{two}}-{{three}}\n", "a-x\nb-y\nb-z\n"},
    {"{{three}}-{{two}}-{{three}}\n", "x-a-x\ny-b-y\nz-b-z\n"},
    {"{{some}}\n", "s\nt\n"},
    /* No value: the line is omitted. */
    {"<\nx = {{none}}\n>\n", "<\n>\n"},
    {"x = {{empty}}\n", ""},
    {"{{one}} {{none}} {{two}}\n", ""},
    {"{{none}}\n{{empty}}", ""},
    /* Text that is not a placeholder, and values that look like one. */
    {"{one} {{ }} }} {{one\n", NULL},
    {"{one} }} {{one\n", "{one} }} {{one\n"},
    {"{{\n", "{{\n"},
    {"}}{{one}}{{\n", "}}1{{\n"},
    {"{{braces}}\n", "{{one}}\n"},
    {"{ {one} } %s %i \\n $1 '\"`\n", "{ {one} } %s %i \\n $1 '\"`\n"},
    {"{{one\n}}\n", "{{one\n}}\n"},
    {"x = {{two}}\r\n", "x = a\r\nx = b\r\n"},
};
enum { FILLINGS = sizeof fillings / sizeof *fillings };

START_TEST(a_line_is_written_once_for_each_value_of_its_placeholders)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    int status = fill(fillings[_i].template, &text, &err);
    ck_assert_int_eq(status, fillings[_i].filled ? WGCTL_OK : WGCTL_INVALID);
    if (fillings[_i].filled)
        assert_text(&text, fillings[_i].filled);
}
END_TEST

START_TEST(a_filled_template_is_appended)
{
    WGCTL_TEXT text = text_of("before\n");
    struct wgctl_error err;
    ck_assert_int_eq(fill("{{one}}\n", &text, &err), WGCTL_OK);
    assert_text(&text, "before\n1\n");
}
END_TEST

START_TEST(a_placeholder_that_is_not_known_is_an_error_wherever_it_stands)
{
    static const struct {
        const char *template, *message;
    } cases[] = {
        {"{{onE}}\n", "wg.conf:1: {{onE}} is not known here"},
        {"\n{{one}}\n x {{one}} {{four}} y", "wg.conf:3: {{four}} is not known here"},
        {"{{}}\n", "wg.conf:1: {{}} is not known here"},
        {"{{ one }}\n", "wg.conf:1: {{ one }} is not known here"},
        {"{{{one}}}\n", "wg.conf:1: {{{one}} is not known here"},
        {"{{four}} {{none}}\n", "wg.conf:1: {{four}} is not known here"},
        /* The line would be omitted, but its error is still reported. */
        {"{{none}} {{four}}\n", "wg.conf:1: {{four}} is not known here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        WGCTL_TEXT text = {0};
        struct wgctl_error err;
        ck_assert_msg(fill(cases[i].template, &text, &err) == WGCTL_INVALID, "%s",
                      cases[i].template);
        ck_assert_str_eq(err.message, cases[i].message);
    }
}
END_TEST

START_TEST(a_value_with_a_control_byte_is_refused_and_not_shown)
{
    for (unsigned byte = 1; byte < 256; byte++) {
        const char secret[] = {'s', 'e', 'c', 'r', 'e', 't', (char)byte, 'x', '\0'};
        const struct wgctl_template_value value = {"key", secret};
        WGCTL_TEXT text = {0};
        struct wgctl_error err = {0};
        int status =
            wgctl_template_fill("wg.conf", wgctl_slice_of("{{key}}"), &value, 1, &text, &err);
        ck_assert_int_eq(status, byte < 0x20 || byte == 0x7f ? WGCTL_INVALID : WGCTL_OK);
        ck_assert(status == WGCTL_OK || contains(wgctl_slice_of(err.message), "key"));
        ck_assert(!contains(wgctl_slice_of(err.message), "secret"));
    }
}
END_TEST

START_TEST(no_value_among_several_can_have_a_control_byte)
{
    const struct wgctl_template_value list[] = {{"hook", "x"}, {"hook", "y\nz"}};
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    ck_assert_int_eq(
        wgctl_template_fill("wg.conf", wgctl_slice_of("{{hook}}"), list, 2, &text, &err),
        WGCTL_INVALID);
}
END_TEST

static Suite *template_suite(void)
{
    Suite *suite = suite_create("template");
    TCase *filling = tcase_create("filling");
    tcase_add_loop_test(filling, a_line_is_written_once_for_each_value_of_its_placeholders, 0,
                        FILLINGS);
    tcase_add_test(filling, a_filled_template_is_appended);
    tcase_add_test(filling, a_placeholder_that_is_not_known_is_an_error_wherever_it_stands);
    tcase_add_test(filling, a_value_with_a_control_byte_is_refused_and_not_shown);
    tcase_add_test(filling, no_value_among_several_can_have_a_control_byte);
    suite_add_tcase(suite, filling);

    return suite;
}

int main(void)
{
    return run_suite(template_suite());
}
