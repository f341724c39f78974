#include "conf/ini.h"

#include "conf/settings.h"
#include "generate.h"

static struct wgctl_document document_of(struct wgctl_slice content)
{
    struct wgctl_text source = text_of_slice(content);
    struct wgctl_document document;
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_document_parse(&source, &document, &err), WGCTL_OK);
    return document;
}

/* Sets the value and renders the result. */
static struct wgctl_text edited(struct wgctl_slice content, const char *section, const char *key,
                                const char *value)
{
    WGCTL_DOCUMENT document = document_of(content);
    struct wgctl_text text = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_ini_set(&document, section, key, wgctl_slice_of(value), &err), WGCTL_OK);
    wgctl_document_render(&document, &text);
    return text;
}

static const struct {
    const char *before, *section, *key, *value, *after;
} sets[] = {
    /* In place. */
    {"[a]\nx = 1\n", "a", "x", "2", "[a]\nx = 2\n"},
    {"[a]\nx=1 ; why\ny = 2", "a", "x", "3", "[a]\nx=3 ; why\ny = 2"},
    {"[A]\nX = 1\n", "a", "x", "2", "[A]\nX = 2\n"},
    {"[a]\nx: 1\n", "a", "x", "2", "[a]\nx: 2\n"},
    {"[a]\r\nx = 1\r\n", "a", "x", "2", "[a]\r\nx = 2\r\n"},
    {"[a]\r\nx = 1\t; why\r\n", "a", "x", "2", "[a]\r\nx = 2\t; why\r\n"},
    {"\xef\xbb\xbf[a]\nx = 1\n", "a", "x", "2", "\xef\xbb\xbf[a]\nx = 2\n"},
    {"  [a] ; of all\n\tx = 1", "a", "x", "2", "  [a] ; of all\n\tx = 2"},
    {"x = 0\n[b]\nx = 1\n[a]\nx = 2\n", "a", "x", "3", "x = 0\n[b]\nx = 1\n[a]\nx = 3\n"},
    /* The last one counts. */
    {"[a]\nx = 1\nx = 2\n", "a", "x", "3", "[a]\nx = 1\nx = 3\n"},
    {"[a]\nx = 1\n[a]\nx = 2\n", "a", "x", "3", "[a]\nx = 1\n[a]\nx = 3\n"},
    {"[a]\ny = 1\n[a]\nx = 1\n", "a", "x", "2", "[a]\ny = 1\n[a]\nx = 2\n"},
    /* What is a comment and what is a value. */
    {"[a]\n# x = 1\nx = 2\n", "a", "x", "3", "[a]\n# x = 1\nx = 3\n"},
    {"[a]\n;x = 1\nx = 2\n", "a", "x", "3", "[a]\n;x = 1\nx = 3\n"},
    {";[a]\n; x = 1\n[b]\nx = 1\n", "a", "x", "2", ";[a]\n; x = 1\n[b]\nx = 1\n\n[a]\nx = 2\n"},
    {"[a]\nx = 1;2 # 3\n", "a", "x", "4", "[a]\nx = 4\n"},
    {"[a]\nx = 1 ;2 ; 3\n", "a", "x", "4", "[a]\nx = 4 ;2 ; 3\n"},
    {"[a]\nx =\n", "a", "x", "1", "[a]\nx = 1\n"},
    {"[a]\nx = ; none\n", "a", "x", "1", "[a]\nx = 1 ; none\n"},
    {"[a]\nx ; = 1\n", "a", "x", "1", "[a]\nx = 1\nx ; = 1\n"},
    /* After the last setting of the section. */
    {"[a]\n", "a", "x", "1", "[a]\nx = 1\n"},
    {"[a]", "a", "x", "1", "[a]\nx = 1\n"},
    {"[a]\ny = 1\n", "a", "x", "2", "[a]\ny = 1\nx = 2\n"},
    {"[a]\ny = 1\n\n# of b\n[b]\nx = 1\n", "a", "x", "2",
     "[a]\ny = 1\nx = 2\n\n# of b\n[b]\nx = 1\n"},
    {"[a]\n# none yet\n\n[b]\nx = 1\n", "a", "x", "2", "[a]\nx = 2\n# none yet\n\n[b]\nx = 1\n"},
    {"[a]\ny = 1\n[a]\nz = 1\n", "a", "x", "2", "[a]\ny = 1\nx = 2\n[a]\nz = 1\n"},
    {"[a]\n; y = 1\n[b]\n", "a", "x", "2", "[a]\nx = 2\n; y = 1\n[b]\n"},
    {"[a]\r\ny = 1", "a", "x", "2", "[a]\r\ny = 1\r\nx = 2\r\n"},
    /* In a new section. */
    {"", "a", "x", "1", "[a]\nx = 1\n"},
    {"[b]\nx = 1\n", "a", "x", "2", "[b]\nx = 1\n\n[a]\nx = 2\n"},
    {"[b]\nx = 1", "a", "x", "2", "[b]\nx = 1\n\n[a]\nx = 2\n"},
    {"[ a ]\nx = 1\n", "a", "x", "2", "[ a ]\nx = 1\n\n[a]\nx = 2\n"},
    {"# only\r\n", "a", "x", "1", "# only\r\n\r\n[a]\r\nx = 1\r\n"},
    {"x = 1\n", "a", "x", "2", "x = 1\n\n[a]\nx = 2\n"},
};
enum { SETS = sizeof sets / sizeof *sets };

START_TEST(a_setting_is_set_where_it_belongs)
{
    WGCTL_TEXT text =
        edited(wgctl_slice_of(sets[_i].before), sets[_i].section, sets[_i].key, sets[_i].value);
    assert_text(&text, sets[_i].after);
}
END_TEST

START_TEST(setting_the_same_once_more_changes_nothing)
{
    WGCTL_TEXT text =
        edited(wgctl_slice_of(sets[_i].after), sets[_i].section, sets[_i].key, sets[_i].value);
    assert_text(&text, sets[_i].after);
}
END_TEST

/* ---- any file that inih takes ---- */

#define NEW "new.example.org:4242"

static void put_in_any_case(struct generator *generator, const char *word)
{
    bool upper = chance(generator, 20), first = chance(generator, 20);
    for (const char *c = word; *c; c++) {
        bool raise = (upper || (first && c == word)) && *c >= 'a' && *c <= 'z';
        wgctl_text_format(&generator->text, "%c", raise ? *c - 'a' + 'A' : *c);
    }
}

static void put_ini_comment(struct generator *generator)
{
    static const char *const comments[] = {"; ask Bob",  ";",          "# endpoint = old:1",
                                           "; [server]", "#[clients]", ";endpoint = old:1"};
    wgctl_text_string(&generator->text, PICK(generator, comments));
}

static void put_ini_setting(struct generator *generator, bool of_server)
{
    static const char *const server[] = {"endpoint", "firewall", "egress"};
    static const char *const servers[] = {"a.example.org:1", "none", "eth0"};
    static const char *const clients[] = {"dns", "mtu", "keepalive"};
    static const char *const values[] = {"1.1.1.1, 9.9.9.9", "1420", "15"};
    static const char *const inline_comments[] = {" ; why", "\t;", " ;; # = x", "  ;endpoint = 1"};
    static const char *const separators[] = {"=", " = ", ": ", " :", "\t=  "};
    uint32_t which = choose(generator, 3);
    put_in_any_case(generator, of_server ? server[which] : clients[which]);
    wgctl_text_string(&generator->text, PICK(generator, separators));
    wgctl_text_string(&generator->text, of_server ? servers[which] : values[which]);
    if (chance(generator, 40))
        wgctl_text_string(&generator->text, PICK(generator, inline_comments));
}

static void put_ini(struct generator *generator)
{
    const char *line_end = chance(generator, 20) ? "\r\n" : "\n";
    bool of_server = chance(generator, 50), in_section = false;
    if (chance(generator, 10))
        wgctl_text_string(&generator->text, "\xef\xbb\xbf");
    for (uint32_t lines = choose(generator, 12); lines > 0; lines--) {
        wgctl_text_string(&generator->text, chance(generator, 10) ? " \t" : "");
        if (chance(generator, 30) || !in_section) {
            of_server = chance(generator, 60);
            in_section = true;
            wgctl_text_string(&generator->text, "[");
            put_in_any_case(generator, of_server ? "server" : "clients");
            wgctl_text_string(&generator->text, chance(generator, 20) ? "] ; x" : "]");
        } else if (chance(generator, 60)) {
            put_ini_setting(generator, of_server);
        } else if (chance(generator, 80)) {
            put_ini_comment(generator);
        }
        if (lines > 1 || chance(generator, 80))
            wgctl_text_string(&generator->text, line_end);
    }
}

static void describe(const struct wgctl_settings *settings, struct wgctl_text *text)
{
    wgctl_endpoint_format(&settings->endpoint, text);
    wgctl_text_format(text, "|%d|%s|%s|%s|%u|%u", (int)settings->firewall, settings->egress,
                      settings->dns, wgctl_settings_allowed(settings), settings->mtu,
                      settings->keepalive);
}

static void assert_same_settings(const struct wgctl_settings *actual,
                                 const struct wgctl_settings *expected)
{
    WGCTL_TEXT left = {0}, right = {0};
    describe(actual, &left);
    describe(expected, &right);
    ck_assert_str_eq(left.data, right.data);
}

/* How many bytes both begin, or end, with. */
static size_t common(struct wgctl_slice a, struct wgctl_slice b, bool at_end)
{
    size_t size = 0;
    while (size < a.size && size < b.size &&
           a.data[at_end ? a.size - 1 - size : size] == b.data[at_end ? b.size - 1 - size : size])
        size++;
    return size;
}

/* Whether nothing went but one endpoint, and nothing came but another one or its line. */
static bool is_only_the_endpoint(struct wgctl_slice before, struct wgctl_slice after)
{
    size_t begin = common(before, after, false), end;
    struct wgctl_slice old = {before.data + begin, before.size - begin};
    struct wgctl_slice new = {after.data + begin, after.size - begin};
    end = common(old, new, true);
    old.size -= end;
    new.size -= end;
    return old.size == 0 ? contains(after, NEW)
                         : old.size <= strlen("a.example.org:1") && new.size <= strlen(NEW);
}

START_TEST(whatever_inih_takes_says_the_new_endpoint_and_nothing_else_is_new)
{
    enum { FILES = 1000 };
    struct generator generator = {.state = (uint64_t)_i + 1};
    for (int i = 0; i < FILES; i++) {
        WGCTL_SETTINGS before = {0}, after = {0};
        struct wgctl_error err;
        generator.text.size = 0;
        wgctl_text_string(&generator.text, "");
        put_ini(&generator);
        struct wgctl_slice content = wgctl_text_slice_of(&generator.text);
        ck_assert_msg(wgctl_settings_parse("wg0.ini", content, &before, &err) == WGCTL_OK, "%s\n%s",
                      err.message, generator.text.data);
        WGCTL_TEXT text = edited(content, "server", "endpoint", NEW);
        ck_assert_int_eq(wgctl_settings_parse("wg0.ini", wgctl_text_slice_of(&text), &after, &err),
                         WGCTL_OK);
        before.endpoint = endpoint_of(NEW);
        assert_same_settings(&after, &before);
        ck_assert_msg(is_only_the_endpoint(content, wgctl_text_slice_of(&text)), "%s\n----\n%s",
                      generator.text.data, text.data);
    }
    wgctl_text_clear(&generator.text);
}
END_TEST

static Suite *ini_suite(void)
{
    Suite *suite = suite_create("ini");
    TCase *tcase = tcase_create("set");
    tcase_add_loop_test(tcase, a_setting_is_set_where_it_belongs, 0, SETS);
    tcase_add_loop_test(tcase, setting_the_same_once_more_changes_nothing, 0, SETS);
    tcase_add_loop_test(tcase, whatever_inih_takes_says_the_new_endpoint_and_nothing_else_is_new, 0,
                        5);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return run_suite(ini_suite());
}
