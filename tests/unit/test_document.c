#include "conf/document.h"

#include <string.h>

#include "texts.h"

#define SLICE(literal) ((struct wgctl_slice){literal, sizeof(literal) - 1})

static const struct wgctl_slice corpus[] = {
    SLICE(""),
    SLICE("\n"),
    SLICE("\n\n\n"),
    SLICE("\r\n"),
    SLICE("\r"),
    SLICE(" "),
    SLICE("[Interface]"),
    SLICE("[Interface]\nListenPort = 51820"),
    SLICE("[Interface]\nListenPort = 51820\n"),
    SLICE("[Interface]\r\nListenPort = 51820\r\n"),
    SLICE("[Interface]\r\nListenPort = 51820"),
    SLICE("[Interface]\nListenPort = 51820\r\nFwMark = 1\n"),
    SLICE("[Interface]\r\nListenPort = 51820\nFwMark = 1\n"),
    SLICE("# a comment\n#\n  # another\n#without a blank\n[Peer] # a third\n"),
    SLICE("[ I n t e r f a c e ]\n L i s t e n P o r t\t=\t5 1 8 2 0 \n"),
    SLICE("\v[Peer]\f\n\fPublicKey\v=\vx\f\n"),
    SLICE("\xef\xbb\xbf[Interface]\n"),
    SLICE("no setting\n=\n==\n[\n]\n[]\n[[]]\n[a]b\nkey =\n= value\nkey = a = b\n;x\n"),
    SLICE("[Peer]\n# note = \xe4\xf6\xfc \xc3\xa4 \xff\xfe\n"),
    SLICE("a = b\0c\n\0\n\0"),
    SLICE("\x1b[31mred\x7f\n"),
    SLICE("[Peer]\n\n\n\n[Peer]\n\n"),
    SLICE("a=1\n\na=2\n\n\n  a=3"),
};
enum { CORPUS = sizeof corpus / sizeof *corpus };

static struct wgctl_document document_of(struct wgctl_slice slice)
{
    struct wgctl_text source = text_of_slice(slice);
    struct wgctl_document document;
    struct wgctl_error err = {0};
    ck_assert_int_eq(wgctl_document_parse(&source, &document, &err), WGCTL_OK);
    ck_assert_ptr_null(source.data);
    return document;
}

static void assert_document(const struct wgctl_document *document, struct wgctl_slice expected)
{
    WGCTL_TEXT text = {0};
    wgctl_document_render(document, &text);
    assert_same(wgctl_text_slice_of(&text), expected);
}

/* Makes a text of elements that files have, and some that they should not have. */
static void make_random(uint64_t *state, struct wgctl_text *text)
{
    static const struct wgctl_slice pieces[] = {
        SLICE("\n"),         SLICE("\n"),          SLICE("\r\n"), SLICE("[Peer]\n"),
        SLICE("[Interface"), SLICE("]"),           SLICE("#"),    SLICE("# note = x"),
        SLICE("="),          SLICE(" "),           SLICE("\t"),   SLICE("\v"),
        SLICE("\f"),         SLICE("\r"),          SLICE("\0"),   SLICE("PublicKey = abc=\n"),
        SLICE("AllowedIPs"), SLICE("10.0.0.1/24"), SLICE("\xff"), SLICE("#- "),
    };
    for (uint32_t count = next_number(state) % 60; count > 0; count--)
        wgctl_text_slice(text, pieces[next_number(state) % (sizeof pieces / sizeof *pieces)]);
}

/* ---- reading ---- */

START_TEST(reading_and_rendering_is_the_identity)
{
    WGCTL_DOCUMENT document = document_of(corpus[_i]);
    assert_document(&document, corpus[_i]);
}
END_TEST

START_TEST(reading_and_rendering_is_the_identity_for_random_texts)
{
    uint64_t state = 1;
    for (unsigned round = 0; round < 4000; round++) {
        WGCTL_TEXT text = {0};
        make_random(&state, &text);
        WGCTL_DOCUMENT document = document_of(wgctl_text_slice_of(&text));
        assert_document(&document, wgctl_text_slice_of(&text));
    }
}
END_TEST

START_TEST(a_line_of_a_million_bytes_and_a_million_lines_are_kept)
{
    enum { MILLION = 1000000 };
    WGCTL_TEXT text = {0};
    wgctl_text_string(&text, "PostUp = ");
    char *room = wgctl_text_room(&text, MILLION);
    memset(room, 'x', MILLION);
    text.size += MILLION;
    wgctl_text_string(&text, "\n");
    for (unsigned i = 0; i < MILLION; i++)
        wgctl_text_string(&text, "\n");
    WGCTL_DOCUMENT document = document_of(wgctl_text_slice_of(&text));
    ck_assert_uint_eq(document.count, MILLION + 1);
    assert_document(&document, wgctl_text_slice_of(&text));
}
END_TEST

START_TEST(every_line_but_the_last_has_its_end_and_no_other)
{
    WGCTL_DOCUMENT document = document_of(corpus[_i]);
    for (size_t i = 0; i < document.count; i++) {
        struct wgctl_slice line = wgctl_document_line(&document, i);
        ck_assert_uint_gt(line.size, 0);
        const char *end = memchr(line.data, '\n', line.size);
        ck_assert(end == line.data + line.size - 1 || (!end && i == document.count - 1));
    }
}
END_TEST

START_TEST(rendering_appends)
{
    WGCTL_DOCUMENT document = document_of(wgctl_slice_of("b\nc"));
    WGCTL_TEXT text = text_of("a\n");
    wgctl_document_render(&document, &text);
    assert_text(&text, "a\nb\nc");
}
END_TEST

static const struct {
    const char *line;
    enum wgctl_line_kind kind;
    const char *key, *value;
} lines[] = {
    {"", WGCTL_LINE_BLANK, "", ""},
    {"\n", WGCTL_LINE_BLANK, "", ""},
    {" \t\v\f\r\n", WGCTL_LINE_BLANK, "", ""},
    {"#\n", WGCTL_LINE_COMMENT, "", ""},
    {"# a = b # c \r\n", WGCTL_LINE_COMMENT, "", "a = b # c"},
    {"\t##x\n", WGCTL_LINE_COMMENT, "", "#x"},
    {"#- [Peer]\n", WGCTL_LINE_COMMENT, "", "- [Peer]"},
    {"[Peer]\n", WGCTL_LINE_SECTION, "Peer", ""},
    {"[Peer]", WGCTL_LINE_SECTION, "Peer", ""},
    {" [ P e er\t] # x\r\n", WGCTL_LINE_SECTION, " P e er\t", ""},
    {"[]\n", WGCTL_LINE_SECTION, "", ""},
    {"[a=b]\n", WGCTL_LINE_SECTION, "a=b", ""},
    {"[Peer]x\n", WGCTL_LINE_OTHER, "", ""},
    {"[Peer\n", WGCTL_LINE_OTHER, "", ""},
    {"[\n", WGCTL_LINE_OTHER, "", ""},
    {"]\n", WGCTL_LINE_OTHER, "", ""},
    {"[#]\n", WGCTL_LINE_OTHER, "", ""},
    {"Peer]\n", WGCTL_LINE_OTHER, "", ""},
    {"; x\n", WGCTL_LINE_OTHER, "", ""},
    {"MTU=1420\n", WGCTL_LINE_SETTING, "MTU", "1420"},
    {"MTU = 1420", WGCTL_LINE_SETTING, "MTU", "1420"},
    {"\v MTU\f=\t14 20 \r\n", WGCTL_LINE_SETTING, "MTU", "14 20"},
    {"PublicKey = ab= # cd=\n", WGCTL_LINE_SETTING, "PublicKey", "ab="},
    {"PublicKey = ab=#\n", WGCTL_LINE_SETTING, "PublicKey", "ab="},
    {"a = b = c == \n", WGCTL_LINE_SETTING, "a", "b = c =="},
    {"MTU =\n", WGCTL_LINE_SETTING, "MTU", ""},
    {"MTU = # 1420\n", WGCTL_LINE_SETTING, "MTU", ""},
    {"= 1420\n", WGCTL_LINE_SETTING, "", "1420"},
    {"=", WGCTL_LINE_SETTING, "", ""},
    {"MTU # = 1420\n", WGCTL_LINE_OTHER, "", ""},
    {"a = b ; c\n", WGCTL_LINE_SETTING, "a", "b ; c"},
};
enum { LINES = sizeof lines / sizeof *lines };

START_TEST(a_line_is_read_as_wg_reads_it)
{
    struct wgctl_line_parts parts = wgctl_line_parse(wgctl_slice_of(lines[_i].line));
    ck_assert_int_eq(parts.kind, lines[_i].kind);
    assert_slice(parts.key, lines[_i].key);
    assert_slice(parts.value, lines[_i].value);
}
END_TEST

START_TEST(a_key_is_compared_without_case_and_white_space)
{
    static const struct {
        const char *key;
        bool is;
    } cases[] = {
        {"AllowedIPs", true},           {"ALLOWEDIPS", true},
        {"a l l o w e d\ti p s", true}, {"\v\f\rAllowedIPs\n", true},
        {"AllowedIP", false},           {"AllowedIPss", false},
        {"Allowed-IPs", false},         {"", false},
        {"Allowed\bIPs", false},        {"AllowedIPs AllowedIPs AllowedIPs AllowedIPs", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(wgctl_key_is(wgctl_slice_of(cases[i].key), "AllowedIPs") == cases[i].is,
                      "'%s'", cases[i].key);
}
END_TEST

START_TEST(a_value_is_squeezed_into_what_it_fits_and_not_further)
{
    char buffer[5] = "####";
    struct wgctl_slice squeezed;
    ck_assert(wgctl_value_squeeze(wgctl_slice_of(" 1\t2\v3 \r\n"), buffer, 3, &squeezed));
    assert_slice(squeezed, "123");
    ck_assert_mem_eq(buffer, "123#", 5);
    ck_assert(!wgctl_value_squeeze(wgctl_slice_of("12 34"), buffer, 3, &squeezed));
    ck_assert_mem_eq(buffer, "123#", 5);
    ck_assert(wgctl_value_squeeze(wgctl_slice_of(" \t "), buffer, 0, &squeezed));
    ck_assert_uint_eq(squeezed.size, 0);
}
END_TEST

/* ---- changing ---- */

START_TEST(another_value_takes_the_place_of_the_old_one_and_all_around_it_stays)
{
    static const struct {
        const char *line, *value, *changed;
    } cases[] = {
        {"MTU = 1420\n", "1280", "MTU = 1280\n"},
        {"MTU = 1420", "9", "MTU = 9"},
        {"  mTu\t=\t1420  # why \r\n", "576", "  mTu\t=\t576  # why \r\n"},
        {"MTU=1420#x\n", "65535", "MTU=65535#x\n"},
        {"MTU = 14 20 \n", "1", "MTU = 1 \n"},
        {"MTU =\n", "1", "MTU =1\n"},
        {"MTU = # x\n", "1", "MTU =1 # x\n"},
        {"MTU = 1420\n", "", "MTU = \n"},
        {"a = b = c\n", "d = e", "a = d = e\n"},
        {"\vMTU\f=\v1420\f\n", "1280", "\vMTU\f=\v1280\f\n"},
        {"PublicKey = ab=\n", "cdef==", "PublicKey = cdef==\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        WGCTL_DOCUMENT document = document_of(wgctl_slice_of(cases[i].line));
        struct wgctl_error err;
        ck_assert_int_eq(
            wgctl_document_set_value(&document, 0, wgctl_slice_of(cases[i].value), &err), WGCTL_OK);
        assert_document(&document, wgctl_slice_of(cases[i].changed));
    }
}
END_TEST

START_TEST(a_value_can_be_set_again_and_again)
{
    WGCTL_DOCUMENT document = document_of(wgctl_slice_of("a = 1 # x\nb = 2\n"));
    struct wgctl_error err;
    for (unsigned i = 0; i < 100; i++) {
        ck_assert_int_eq(wgctl_document_set_value(
                             &document, 0, wgctl_slice_of(i % 2 ? "odd" : "an even one"), &err),
                         WGCTL_OK);
    }
    assert_document(&document, wgctl_slice_of("a = odd # x\nb = 2\n"));
}
END_TEST

START_TEST(setting_a_value_of_a_random_text_changes_only_the_value)
{
    uint64_t state = 2;
    unsigned changed = 0;
    for (unsigned round = 0; round < 4000; round++) {
        WGCTL_TEXT before = {0}, expected = {0};
        struct wgctl_error err;
        make_random(&state, &before);
        WGCTL_DOCUMENT document = document_of(wgctl_text_slice_of(&before));
        if (document.count == 0)
            continue;
        size_t index = next_number(&state) % document.count;
        struct wgctl_slice line = wgctl_document_line(&document, index);
        struct wgctl_line_parts parts = wgctl_line_parse(line), again;
        if (parts.kind != WGCTL_LINE_SETTING)
            continue;
        changed++;
        for (size_t i = 0; i < index; i++)
            wgctl_text_slice(&expected, wgctl_document_line(&document, i));
        wgctl_text_append(&expected, line.data, (size_t)(parts.value.data - line.data));
        wgctl_text_string(&expected, "another value");
        const char *rest = parts.value.data + parts.value.size;
        wgctl_text_append(&expected, rest, (size_t)(line.data + line.size - rest));
        for (size_t i = index + 1; i < document.count; i++)
            wgctl_text_slice(&expected, wgctl_document_line(&document, i));

        ck_assert_int_eq(
            wgctl_document_set_value(&document, index, wgctl_slice_of("another value"), &err),
            WGCTL_OK);
        assert_document(&document, wgctl_text_slice_of(&expected));
        again = wgctl_line_parse(wgctl_document_line(&document, index));
        ck_assert_int_eq(again.kind, WGCTL_LINE_SETTING);
        assert_slice(again.value, "another value");
    }
    ck_assert_uint_gt(changed, 500);
}
END_TEST

static const struct {
    const char *before;
    size_t index;
    const char *text, *after;
} insertions[] = {
    {"", 0, "a\n", "a\n"},
    {"", 0, "a", "a\n"},
    {"", 0, "\n", "\n"},
    {"x\n", 0, "a\n", "a\nx\n"},
    {"x\n", 1, "a\nb\n", "x\na\nb\n"},
    {"x\ny\n", 1, "a\n\nb", "x\na\n\nb\ny\n"},
    /* A last line without a line end gets one, but only if something follows. */
    {"x", 1, "a\n", "x\na\n"},
    {"x", 0, "a\n", "a\nx"},
    {"x\ny", 1, "a\n", "x\na\ny"},
    {"x\n \t", 2, "a\n", "x\n \t\na\n"},
    /* Uses the file's own line ends, as in its first line. */
    {"x\r\n", 1, "a\nb\n", "x\r\na\r\nb\r\n"},
    {"x\r\ny", 2, "a\n", "x\r\ny\r\na\r\n"},
    {"x\r\ny\r\n", 1, "a\n", "x\r\na\r\ny\r\n"},
    {"x\ny\r\n", 2, "a\n", "x\ny\r\na\n"},
    {"\r\n", 0, "a\n", "a\r\n\r\n"},
    {"x\r", 1, "a\n", "x\r\na\n"},
};

START_TEST(lines_are_inserted_with_the_ends_of_the_file)
{
    for (size_t i = 0; i < sizeof insertions / sizeof *insertions; i++) {
        WGCTL_DOCUMENT document = document_of(wgctl_slice_of(insertions[i].before));
        struct wgctl_error err;
        ck_assert_int_eq(wgctl_document_insert(&document, insertions[i].index,
                                               wgctl_slice_of(insertions[i].text), &err),
                         WGCTL_OK);
        assert_document(&document, wgctl_slice_of(insertions[i].after));
    }
}
END_TEST

START_TEST(a_last_line_without_an_end_stays_so_until_something_follows_it)
{
    WGCTL_DOCUMENT document = document_of(wgctl_slice_of("x\r\na = 1"));
    struct wgctl_error err;
    wgctl_document_set_value(&document, 1, wgctl_slice_of("2"), &err);
    wgctl_document_set_value(&document, 1, wgctl_slice_of("345"), &err);
    assert_document(&document, wgctl_slice_of("x\r\na = 345"));
    wgctl_document_insert(&document, 0, wgctl_slice_of("y"), &err);
    assert_document(&document, wgctl_slice_of("y\r\nx\r\na = 345"));
    wgctl_document_insert(&document, 3, wgctl_slice_of("b"), &err);
    assert_document(&document, wgctl_slice_of("y\r\nx\r\na = 345\r\nb\r\n"));

    WGCTL_DOCUMENT other = document_of(wgctl_slice_of("x\na = 1"));
    wgctl_document_remove(&other, 0, 1);
    assert_document(&other, wgctl_slice_of("a = 1"));
    wgctl_document_remove(&other, 0, 1);
    wgctl_document_insert(&other, 0, wgctl_slice_of("b"), &err);
    assert_document(&other, wgctl_slice_of("b\n"));
}
END_TEST

START_TEST(the_text_that_was_read_stays_whatever_is_edited)
{
    WGCTL_DOCUMENT document = document_of(wgctl_slice_of("a = 1\nb = 2"));
    struct wgctl_error err;
    struct wgctl_slice line = wgctl_document_line(&document, 1);
    wgctl_position position = wgctl_document_position(&document, 1, wgctl_line_parse(line).value);
    wgctl_document_set_value(&document, 0, wgctl_slice_of("another"), &err);
    wgctl_document_remove(&document, 1, 1);
    for (unsigned i = 0; i < 100; i++)
        wgctl_document_insert(&document, 0, wgctl_slice_of("c = 3\n# d"), &err);
    assert_slice(wgctl_document_original(&document), "a = 1\nb = 2");
    assert_slice(wgctl_slice_trim(wgctl_document_at(&document, position)), "2");
}
END_TEST

START_TEST(what_was_inserted_and_removed_again_leaves_no_trace)
{
    struct wgctl_slice whole = corpus[_i];
    if (whole.size > 0 && whole.data[whole.size - 1] != '\n')
        return; /* its last line would get a line end */
    WGCTL_DOCUMENT document = document_of(whole);
    struct wgctl_error err;
    for (size_t index = 0; index <= document.count; index++) {
        ck_assert_int_eq(
            wgctl_document_insert(&document, index, wgctl_slice_of("one\ntwo\nthree\n"), &err),
            WGCTL_OK);
        wgctl_document_remove(&document, index + 1, 2);
        wgctl_document_remove(&document, index, 1);
        assert_document(&document, whole);
    }
}
END_TEST

START_TEST(what_is_removed_goes_and_nothing_else)
{
    WGCTL_DOCUMENT document = document_of(wgctl_slice_of("a\nb\r\n\nc\nd"));
    wgctl_document_remove(&document, 1, 2);
    assert_document(&document, wgctl_slice_of("a\nc\nd"));
    wgctl_document_remove(&document, 1, 0);
    assert_document(&document, wgctl_slice_of("a\nc\nd"));
    wgctl_document_remove(&document, 2, 1);
    assert_document(&document, wgctl_slice_of("a\nc\n"));
    wgctl_document_remove(&document, 0, 2);
    assert_document(&document, wgctl_slice_of(""));
}
END_TEST

/* The simplest implementation of the same: lines that are copied. */
struct model {
    char lines[128][40];
    size_t count;
};

static void model_insert(struct model *model, size_t index, const char *line)
{
    memmove(model->lines + index + 1, model->lines + index,
            (model->count - index) * sizeof *model->lines);
    snprintf(model->lines[index], sizeof *model->lines, "%s\n", line);
    model->count++;
}

static void model_remove(struct model *model, size_t index, size_t count)
{
    memmove(model->lines + index, model->lines + index + count,
            (model->count - index - count) * sizeof *model->lines);
    model->count -= count;
}

static void model_set(struct model *model, size_t index, const char *value)
{
    char *line = model->lines[index], *place = strstr(line, "= ");
    if (place)
        snprintf(place + 2, sizeof *model->lines - (size_t)(place + 2 - line), "%s\n", value);
}

START_TEST(any_sequence_of_edits_touches_what_it_names_and_nothing_else)
{
    uint64_t state = (uint64_t)_i;
    struct model model = {.count = 0};
    struct wgctl_error err;
    WGCTL_DOCUMENT document = document_of(wgctl_slice_of("a = 1\nb = 2\n# c\n\n[d]\n"));
    model_insert(&model, 0, "a = 1");
    model_insert(&model, 1, "b = 2");
    model_insert(&model, 2, "# c");
    model_insert(&model, 3, "");
    model_insert(&model, 4, "[d]");
    for (unsigned edit = 0; edit < 200; edit++) {
        WGCTL_TEXT expected = {0};
        char line[20];
        size_t index = next_number(&state) % (model.count + 1);
        snprintf(line, sizeof line, "key%u = %u", edit, next_number(&state) % 1000);
        uint32_t choice = next_number(&state) % 5;
        if (choice < 2 && model.count < 120) {
            model_insert(&model, index, line);
            ck_assert_int_eq(wgctl_document_insert(&document, index, wgctl_slice_of(line), &err),
                             WGCTL_OK);
        } else if (choice < 3) {
            size_t most = model.count - index, count = most ? next_number(&state) % most / 4 : 0;
            model_remove(&model, index, count);
            wgctl_document_remove(&document, index, count);
        } else if (index < model.count && strstr(model.lines[index], "= ")) {
            model_set(&model, index, line + 3);
            ck_assert_int_eq(
                wgctl_document_set_value(&document, index, wgctl_slice_of(line + 3), &err),
                WGCTL_OK);
        }
        for (size_t i = 0; i < model.count; i++)
            wgctl_text_string(&expected, model.lines[i]);
        ck_assert_uint_eq(document.count, model.count);
        assert_document(&document, wgctl_text_slice_of(&expected));
    }
}
END_TEST

static Suite *document_suite(void)
{
    Suite *suite = suite_create("document");
    TCase *reading = tcase_create("reading");
    tcase_add_loop_test(reading, reading_and_rendering_is_the_identity, 0, CORPUS);
    tcase_add_test(reading, reading_and_rendering_is_the_identity_for_random_texts);
    tcase_add_test(reading, a_line_of_a_million_bytes_and_a_million_lines_are_kept);
    tcase_add_loop_test(reading, every_line_but_the_last_has_its_end_and_no_other, 0, CORPUS);
    tcase_add_test(reading, rendering_appends);
    tcase_add_loop_test(reading, a_line_is_read_as_wg_reads_it, 0, LINES);
    tcase_add_test(reading, a_key_is_compared_without_case_and_white_space);
    tcase_add_test(reading, a_value_is_squeezed_into_what_it_fits_and_not_further);
    suite_add_tcase(suite, reading);

    TCase *changing = tcase_create("changing");
    tcase_add_test(changing, another_value_takes_the_place_of_the_old_one_and_all_around_it_stays);
    tcase_add_test(changing, a_value_can_be_set_again_and_again);
    tcase_add_test(changing, setting_a_value_of_a_random_text_changes_only_the_value);
    tcase_add_test(changing, lines_are_inserted_with_the_ends_of_the_file);
    tcase_add_test(changing, a_last_line_without_an_end_stays_so_until_something_follows_it);
    tcase_add_test(changing, the_text_that_was_read_stays_whatever_is_edited);
    tcase_add_loop_test(changing, what_was_inserted_and_removed_again_leaves_no_trace, 0, CORPUS);
    tcase_add_test(changing, what_is_removed_goes_and_nothing_else);
    tcase_add_loop_test(changing, any_sequence_of_edits_touches_what_it_names_and_nothing_else, 0,
                        20);
    suite_add_tcase(suite, changing);
    return suite;
}

int main(void)
{
    return run_suite(document_suite());
}
