#include <malloc.h>
#include <string.h>

#include "base/text.h"
#include "suite.h"

#define SECRET "a secret that must not stay behind"

static void assert_slice(struct wgctl_slice slice, const char *expected)
{
    ck_assert_uint_eq(slice.size, strlen(expected));
    ck_assert_mem_eq(slice.data, expected, slice.size);
}

static const struct wgctl_slice nothing = {NULL, 0};

START_TEST(a_slice_of_a_string_is_without_its_nul)
{
    assert_slice(wgctl_slice_of("key"), "key");
    assert_slice(wgctl_slice_of(""), "");
}
END_TEST

START_TEST(slices_are_equal_where_their_bytes_are)
{
    ck_assert(wgctl_slice_equal(wgctl_slice_of("Key"), wgctl_slice_of("Key")));
    ck_assert(!wgctl_slice_equal(wgctl_slice_of("Key"), wgctl_slice_of("key")));
    ck_assert(!wgctl_slice_equal(wgctl_slice_of("Key"), wgctl_slice_of("Keys")));
    ck_assert(!wgctl_slice_equal(wgctl_slice_of("Keys"), wgctl_slice_of("Key")));
    ck_assert(wgctl_slice_equal((struct wgctl_slice){"a\0b", 3}, (struct wgctl_slice){"a\0b", 3}));
    ck_assert(!wgctl_slice_equal((struct wgctl_slice){"a\0b", 3}, (struct wgctl_slice){"a\0c", 3}));
    ck_assert(wgctl_slice_equal(nothing, wgctl_slice_of("")));
}
END_TEST

START_TEST(case_is_ignored_in_ascii_only)
{
    ck_assert(wgctl_slice_equal_nocase(wgctl_slice_of("ALLOWEDips"), wgctl_slice_of("AllowedIPs")));
    ck_assert(!wgctl_slice_equal_nocase(wgctl_slice_of("AllowedIP"), wgctl_slice_of("AllowedIPs")));
    ck_assert(
        !wgctl_slice_equal_nocase(wgctl_slice_of("AllowedIPss"), wgctl_slice_of("AllowedIPs")));
    ck_assert(wgctl_slice_equal_nocase(nothing, wgctl_slice_of("")));
    /* The neighbours of A-Z and a-z differ from each other in the same bit. */
    ck_assert(!wgctl_slice_equal_nocase(wgctl_slice_of("@["), wgctl_slice_of("`{")));
    ck_assert(!wgctl_slice_equal_nocase(wgctl_slice_of("\xc4"), wgctl_slice_of("\xe4")));
}
END_TEST

START_TEST(a_slice_starts_with_each_of_its_prefixes)
{
    struct wgctl_slice slice = wgctl_slice_of("[Peer]");
    ck_assert(wgctl_slice_starts(slice, ""));
    ck_assert(wgctl_slice_starts(slice, "[P"));
    ck_assert(wgctl_slice_starts(slice, "[Peer]"));
    ck_assert(!wgctl_slice_starts(slice, "[Peer] "));
    ck_assert(!wgctl_slice_starts(slice, "[p"));
    ck_assert(!wgctl_slice_starts(nothing, "["));
}
END_TEST

START_TEST(white_space_is_trimmed_at_both_ends_and_kept_inside)
{
    static const struct {
        const char *text, *trimmed;
    } cases[] = {
        {"key", "key"},     {" key ", "key"},           {"\t\n\v\f\r key", "key"},
        {"key\r\n", "key"}, {"a  b", "a  b"},           {"", ""},
        {" \t ", ""},       {"\x08k\x0e", "\x08k\x0e"}, {"\xa0k\x85", "\xa0k\x85"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_slice(wgctl_slice_trim(wgctl_slice_of(cases[i].text)), cases[i].trimmed);
    ck_assert_uint_eq(wgctl_slice_trim(nothing).size, 0);
}
END_TEST

START_TEST(splitting_yields_each_part_also_the_empty_ones)
{
    static const struct {
        const char *text, *parts[4];
    } cases[] = {
        {"a,b,c", {"a", "b", "c"}},
        {"a", {"a"}},
        {"", {""}},
        {",", {"", ""}},
        {"a,", {"a", ""}},
        {",a", {"", "a"}},
        {"a,,b", {"a", "", "b"}},
        {"a b,c", {"a b", "c"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wgctl_slice rest = wgctl_slice_of(cases[i].text), part;
        for (size_t n = 0; cases[i].parts[n]; n++) {
            ck_assert(wgctl_slice_split(&rest, ',', &part));
            assert_slice(part, cases[i].parts[n]);
        }
        ck_assert(!wgctl_slice_split(&rest, ',', &part));
        ck_assert(!wgctl_slice_split(&rest, ',', &part));
    }
}
END_TEST

static const struct {
    const char *text;
    uint64_t max;
    bool valid;
    uint64_t number;
} numbers[] = {
    {"0", 0, true, 0},
    {"0", 5, true, 0},
    {"5", 5, true, 5},
    {"6", 5, false, 0},
    {"9", 5, false, 0},
    {"10", 5, false, 0},
    {"007", 7, true, 7},
    {"65535", 65535, true, 65535},
    {"65536", 65535, false, 0},
    {"128", 128, true, 128},
    {"129", 128, false, 0},
    {"99999999999999999999999", 65535, false, 0},
    {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
    {"18446744073709551616", UINT64_MAX, false, 0},
    {"18446744073709551620", UINT64_MAX, false, 0},
    {"", 5, false, 0},
    {" 1", 5, false, 0},
    {"1 ", 5, false, 0},
    {"+1", 5, false, 0},
    {"-1", 5, false, 0},
    {"0x1", 5, false, 0},
    {"1.0", 5, false, 0},
    {"1/", 5, false, 0},
    {"1:", 5, false, 0},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

START_TEST(a_number_is_digits_only_and_not_above_the_largest)
{
    uint64_t number = 42;
    ck_assert_int_eq(wgctl_slice_number(wgctl_slice_of(numbers[_i].text), numbers[_i].max, &number),
                     numbers[_i].valid);
    ck_assert_uint_eq(number, numbers[_i].valid ? numbers[_i].number : 42);
}
END_TEST

START_TEST(every_number_up_to_the_largest_is_read_and_none_above)
{
    for (uint64_t max = 0; max < 130; max++) {
        for (uint64_t wanted = 0; wanted < 150; wanted++) {
            char text[8];
            uint64_t number;
            snprintf(text, sizeof text, "%u", (unsigned)wanted);
            bool valid = wgctl_slice_number(wgctl_slice_of(text), max, &number);
            ck_assert_int_eq(valid, wanted <= max);
            ck_assert(!valid || number == wanted);
        }
    }
}
END_TEST

START_TEST(a_slice_becomes_a_string_cut_to_the_buffer)
{
    char buffer[5];
    ck_assert_ptr_eq(wgctl_slice_string(wgctl_slice_of("abc"), buffer, sizeof buffer), buffer);
    ck_assert_str_eq(buffer, "abc");
    ck_assert_str_eq(wgctl_slice_string(wgctl_slice_of("abcd"), buffer, sizeof buffer), "abcd");
    ck_assert_str_eq(wgctl_slice_string(wgctl_slice_of("abcde"), buffer, sizeof buffer), "abcd");
    ck_assert_str_eq(wgctl_slice_string(wgctl_slice_of("abc"), buffer, 1), "");
    ck_assert_str_eq(wgctl_slice_string(nothing, buffer, sizeof buffer), "");
}
END_TEST

START_TEST(a_copy_of_a_slice_is_a_string_of_its_own)
{
    WGCTL_FREE char *copy = wgctl_slice_dup((struct wgctl_slice){"abcdef", 3});
    WGCTL_FREE char *empty = wgctl_slice_dup(nothing);
    ck_assert_str_eq(copy, "abc");
    ck_assert_str_eq(empty, "");
}
END_TEST

START_TEST(control_bytes_are_those_below_space_and_del)
{
    for (unsigned value = 0; value < 256; value++) {
        char text[] = {'a', (char)value, 'b'};
        ck_assert_int_eq(wgctl_slice_has_control((struct wgctl_slice){text, sizeof text}),
                         value < 0x20 || value == 0x7f);
    }
    ck_assert(!wgctl_slice_has_control(nothing));
}
END_TEST

/* Those at the edges of what is hidden, and well-known ones between. */
static const unsigned harmful[] = {
    0,       0x1b,    0x1f,    0x7f,    0x80,    0x9b,    0x9f,    0xad,    0x34f,
    0x600,   0x605,   0x61c,   0x6dd,   0x70f,   0x890,   0x891,   0x8e2,   0x115f,
    0x1160,  0x17b4,  0x17b5,  0x180b,  0x180e,  0x180f,  0x200b,  0x200c,  0x200d,
    0x200e,  0x200f,  0x2028,  0x2029,  0x202a,  0x202e,  0x2060,  0x2064,  0x2066,
    0x2069,  0x206f,  0x2800,  0x3164,  0xd800,  0xdfff,  0xfeff,  0xffa0,  0xfff0,
    0xfff9,  0xfffb,  0x110bd, 0x110cd, 0x13430, 0x1343f, 0x1bca0, 0x1bca3, 0x1d173,
    0x1d17a, 0xe0000, 0xe0001, 0xe0020, 0xe007f, 0xe01ef, 0xe0fff};
static const unsigned harmless[] = {
    0x20,    0x7e,    0xa0,    0xac,    0xae,    0xe4,    0x34e,   0x350,   0x5ff,
    0x606,   0x61b,   0x61d,   0x6dc,   0x6de,   0x70e,   0x710,   0x88f,   0x892,
    0x8e1,   0x8e3,   0x115e,  0x1161,  0x17b3,  0x17b6,  0x180a,  0x1810,  0x200a,
    0x2010,  0x2027,  0x202f,  0x205f,  0x2070,  0x20ac,  0x27ff,  0x2801,  0x3163,
    0x3165,  0xd7ff,  0xe000,  0xfe0f,  0xfefe,  0xff00,  0xff9f,  0xffa1,  0xffef,
    0xfffc,  0xfffd,  0x110bc, 0x110be, 0x110cc, 0x110ce, 0x1342f, 0x13440, 0x1bc9f,
    0x1bca4, 0x1d172, 0x1d17b, 0x1f600, 0xdffff, 0xe1000, 0x10ffff};

START_TEST(characters_that_hide_or_direct_are_harmful_and_all_others_are_not)
{
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++)
        ck_assert_msg(wgctl_is_harmful(harmful[i]), "U+%04X", harmful[i]);
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        ck_assert_msg(!wgctl_is_harmful(harmless[i]), "U+%04X", harmless[i]);
}
END_TEST

START_TEST(a_plain_text_is_utf8_that_shows_all_of_itself)
{
    static const char *const plain[] = {"", "a b", "J\xc3\xbcrgens \xe2\x9d\xa4\xef\xb8\x8f",
                                        "\xf0\x9f\x98\x80"};
    static const char *const others[] = {
        "a\nb",
        "\t",
        "a\xe2\x80\x8b",
        "\xe2\x80\xa8",
        "\xe3\x85\xa4",
        "\xc2\x9b",
        "\xf3\xa0\x80\xa0",
        "\xed\xa0\x80",
        "\xc0\x80",
        "\xe2\x80",
        "\xff",
        "\xf4\x90\x80\x80",
        "\xe0\x80\x80",
        "\xef\xbb\xbf",
        "caf\xc3\xa9\xc2\xad",
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        ck_assert_msg(wgctl_slice_is_plain(wgctl_slice_of(plain[i])), "%s", plain[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!wgctl_slice_is_plain(wgctl_slice_of(others[i])), "%zu", i);
}
END_TEST

START_TEST(what_is_appended_stands_there_one_after_the_other)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    wgctl_text_string(&text, "one");
    wgctl_text_append(&text, " two", 4);
    wgctl_text_slice(&text, (struct wgctl_slice){" three.", 6});
    wgctl_text_format(&text, " %s %d", "four", 5);
    ck_assert_str_eq(text.data, "one two three four 5");
    ck_assert_uint_eq(text.size, 20);
    assert_slice(wgctl_text_slice_of(&text), "one two three four 5");
    ck_assert_int_eq(wgctl_text_check(&text, &err), WGCTL_OK);
}
END_TEST

START_TEST(a_new_text_is_an_empty_slice)
{
    WGCTL_TEXT text = {0};
    assert_slice(wgctl_text_slice_of(&text), "");
    ck_assert_ptr_nonnull(wgctl_text_slice_of(&text).data);
}
END_TEST

START_TEST(appending_nothing_makes_an_empty_string)
{
    WGCTL_TEXT text = {0};
    wgctl_text_slice(&text, nothing);
    ck_assert_str_eq(text.data, "");
    wgctl_text_format(&text, "%s", "");
    ck_assert_str_eq(text.data, "");
    ck_assert_uint_eq(text.size, 0);
}
END_TEST

START_TEST(a_text_can_hold_nul)
{
    WGCTL_TEXT text = {0};
    wgctl_text_append(&text, "a\0b", 3);
    wgctl_text_string(&text, "c");
    ck_assert_uint_eq(text.size, 4);
    ck_assert_mem_eq(text.data, "a\0bc", 5);
}
END_TEST

START_TEST(a_text_grows_by_every_size)
{
    char bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 26);
    for (size_t step = 1; step < sizeof bytes; step++) {
        WGCTL_TEXT text = {0};
        for (size_t done = 0; done < 10; done++) {
            wgctl_text_append(&text, bytes, step);
            ck_assert_uint_eq(text.size, (done + 1) * step);
            ck_assert_uint_gt(text.capacity, text.size);
            ck_assert_mem_eq(text.data + done * step, bytes, step);
            ck_assert_int_eq(text.data[text.size], '\0');
        }
        ck_assert_mem_eq(text.data, bytes, step);
    }
}
END_TEST

START_TEST(a_long_text_is_built_in_few_moves)
{
    WGCTL_TEXT text = {0};
    unsigned moves = 0;
    for (unsigned i = 0; i < 1000000; i++) {
        size_t before = text.capacity;
        wgctl_text_append(&text, "x", 1);
        moves += text.capacity != before;
    }
    ck_assert_uint_eq(text.size, 1000000);
    ck_assert_uint_lt(moves, 25);
}
END_TEST

START_TEST(a_formatted_text_can_be_of_any_length)
{
    WGCTL_TEXT text = {0};
    wgctl_text_format(&text, "%5000d", 7);
    ck_assert_uint_eq(text.size, 5000);
    ck_assert_uint_eq(strspn(text.data, " "), 4999);
    wgctl_text_format(&text, "%c", '!');
    ck_assert_str_eq(text.data + 4999, "7!");
}
END_TEST

START_TEST(room_can_be_written_to_and_keeps_what_was_there)
{
    WGCTL_TEXT text = {0};
    wgctl_text_string(&text, "before ");
    char *room = wgctl_text_room(&text, 1000);
    ck_assert_ptr_eq(room, text.data + 7);
    ck_assert_uint_eq(text.size, 7);
    memset(room, 'x', 1000);
    text.size += 1000;
    wgctl_text_string(&text, " after");
    ck_assert_mem_eq(text.data, "before xxx", 10);
    ck_assert_str_eq(text.data + 1006, "x after");
}
END_TEST

START_TEST(running_out_of_memory_is_remembered_and_nothing_more_appended)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error err;
    wgctl_text_string(&text, "before");
    ck_assert_ptr_null(wgctl_text_room(&text, SIZE_MAX));
    wgctl_text_string(&text, " after");
    wgctl_text_format(&text, "%d", 1);
    ck_assert_ptr_null(wgctl_text_room(&text, 1));
    ck_assert_str_eq(text.data, "before");
    ck_assert_int_eq(wgctl_text_check(&text, &err), WGCTL_SYSTEM);
    ck_assert_str_eq(err.message, "out of memory");
}
END_TEST

START_TEST(no_size_overflows)
{
    static const size_t sizes[] = {SIZE_MAX,     SIZE_MAX - 1,     SIZE_MAX - 6,    SIZE_MAX - 7,
                                   SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX / 4 + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        WGCTL_TEXT text = {0};
        wgctl_text_string(&text, "before");
        ck_assert_ptr_null(wgctl_text_room(&text, sizes[i]));
        ck_assert(text.failed);
    }
}
END_TEST

START_TEST(a_cleared_text_can_be_used_again)
{
    WGCTL_TEXT text = {0};
    wgctl_text_clear(&text);
    wgctl_text_string(&text, "first");
    wgctl_text_room(&text, SIZE_MAX);
    wgctl_text_clear(&text);
    ck_assert_ptr_null(text.data);
    ck_assert_uint_eq(text.size, 0);
    ck_assert_uint_eq(text.capacity, 0);
    ck_assert(!text.failed);
    wgctl_text_string(&text, "second");
    ck_assert_str_eq(text.data, "second");
}
END_TEST

START_TEST(an_array_grows_keeps_what_is_in_it_and_adds_zeros)
{
    WGCTL_FREE uint64_t *array = NULL;
    size_t capacity = 0;
    for (size_t count = 0; count < 1000; count++) {
        uint64_t *grown = wgctl_array_grow(array, count, &capacity, sizeof *array);
        ck_assert_ptr_nonnull(grown);
        array = grown;
        ck_assert_uint_gt(capacity, count);
        ck_assert_uint_eq(array[count], 0);
        array[count] = count + 1;
    }
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(array[i], i + 1);
}
END_TEST

START_TEST(an_array_with_room_stays_where_it_is)
{
    char *array = wgctl_array_grow(NULL, 0, &(size_t){0}, 1);
    size_t capacity = 8;
    for (size_t count = 0; count < capacity; count++)
        ck_assert_ptr_eq(wgctl_array_grow(array, count, &capacity, 1), array);
    ck_assert_uint_eq(capacity, 8);
    free(array);
}
END_TEST

/* By default, the sanitizer's allocator ends the program instead of returning NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

START_TEST(an_array_that_cannot_grow_is_left_as_it_was)
{
    WGCTL_FREE char *array = strdup("kept");
    size_t capacity = SIZE_MAX / 4;
    ck_assert_ptr_null(wgctl_array_grow(array, capacity, &capacity, 16));
    ck_assert_uint_eq(capacity, SIZE_MAX / 4);
    ck_assert_str_eq(array, "kept");
}
END_TEST

/* Only the sanitizer's allocator can show memory as it is freed. */
extern int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t),
                                                     void (*)(const volatile void *))
    __attribute__((weak));

static unsigned secrets_freed;

static void ignore_allocation(const volatile void *memory, size_t size)
{
    (void)memory;
    (void)size;
}

static void look_for_secret(const volatile void *memory)
{
    if (memory &&
        memmem((const void *)memory, malloc_usable_size((void *)memory), SECRET, strlen(SECRET)))
        secrets_freed++;
}

START_TEST(a_secret_is_seen_where_it_is_freed_unwiped)
{
    char *volatile secret = strdup(SECRET);
    free(secret);
    ck_assert_uint_eq(secrets_freed, 1);
}
END_TEST

START_TEST(a_text_is_wiped_when_it_grows_and_when_it_is_cleared)
{
    struct wgctl_text text = {0};
    wgctl_text_string(&text, SECRET);
    for (unsigned i = 0; i < 1000; i++)
        wgctl_text_format(&text, "%s %u", SECRET, i);
    wgctl_text_clear(&text);
    ck_assert_uint_eq(secrets_freed, 0);
}
END_TEST

START_TEST(a_text_that_became_shorter_is_wiped_as_far_as_it_ever_was)
{
    struct wgctl_text cleared = {0}, grown = {0};
    wgctl_text_string(&cleared, "PrivateKey = " SECRET);
    cleared.size = 3;
    wgctl_text_clear(&cleared);
    wgctl_text_string(&grown, "PrivateKey = " SECRET);
    grown.size = 3;
    ck_assert_ptr_nonnull(wgctl_text_room(&grown, 1000));
    wgctl_text_clear(&grown);
    ck_assert_uint_eq(secrets_freed, 0);
}
END_TEST

START_TEST(a_block_is_wiped_over_its_whole_size)
{
    char *block = malloc(sizeof SECRET + 100);
    memset(block, 0, 101);
    strcpy(block + 100, SECRET);
    wgctl_free_wiped(block);
    wgctl_free_wiped(NULL);
    ck_assert_uint_eq(secrets_freed, 0);
}
END_TEST

START_TEST(an_array_is_wiped_when_it_grows)
{
    char(*array)[64] = NULL;
    size_t capacity = 0;
    for (size_t count = 0; count < 100; count++) {
        array = wgctl_array_grow(array, count, &capacity, sizeof *array);
        strcpy(array[count], SECRET);
    }
    ck_assert_uint_eq(secrets_freed, 0);
    free(array);
}
END_TEST

static void watch_memory(void)
{
    __sanitizer_install_malloc_and_free_hooks(ignore_allocation, look_for_secret);
}

static Suite *text_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *slice = tcase_create("slice");
    tcase_add_test(slice, a_slice_of_a_string_is_without_its_nul);
    tcase_add_test(slice, slices_are_equal_where_their_bytes_are);
    tcase_add_test(slice, case_is_ignored_in_ascii_only);
    tcase_add_test(slice, a_slice_starts_with_each_of_its_prefixes);
    tcase_add_test(slice, white_space_is_trimmed_at_both_ends_and_kept_inside);
    tcase_add_test(slice, splitting_yields_each_part_also_the_empty_ones);
    tcase_add_loop_test(slice, a_number_is_digits_only_and_not_above_the_largest, 0, NUMBERS);
    tcase_add_test(slice, every_number_up_to_the_largest_is_read_and_none_above);
    tcase_add_test(slice, a_slice_becomes_a_string_cut_to_the_buffer);
    tcase_add_test(slice, a_copy_of_a_slice_is_a_string_of_its_own);
    tcase_add_test(slice, control_bytes_are_those_below_space_and_del);
    tcase_add_test(slice, characters_that_hide_or_direct_are_harmful_and_all_others_are_not);
    tcase_add_test(slice, a_plain_text_is_utf8_that_shows_all_of_itself);
    suite_add_tcase(suite, slice);

    TCase *text = tcase_create("text");
    tcase_add_test(text, what_is_appended_stands_there_one_after_the_other);
    tcase_add_test(text, a_new_text_is_an_empty_slice);
    tcase_add_test(text, appending_nothing_makes_an_empty_string);
    tcase_add_test(text, a_text_can_hold_nul);
    tcase_add_test(text, a_text_grows_by_every_size);
    tcase_add_test(text, a_long_text_is_built_in_few_moves);
    tcase_add_test(text, a_formatted_text_can_be_of_any_length);
    tcase_add_test(text, room_can_be_written_to_and_keeps_what_was_there);
    tcase_add_test(text, running_out_of_memory_is_remembered_and_nothing_more_appended);
    tcase_add_test(text, no_size_overflows);
    tcase_add_test(text, a_cleared_text_can_be_used_again);
    suite_add_tcase(suite, text);

    TCase *array = tcase_create("array");
    tcase_add_test(array, an_array_grows_keeps_what_is_in_it_and_adds_zeros);
    tcase_add_test(array, an_array_with_room_stays_where_it_is);
    tcase_add_test(array, an_array_that_cannot_grow_is_left_as_it_was);
    suite_add_tcase(suite, array);

    TCase *wiping = tcase_create("wiping");
    if (__sanitizer_install_malloc_and_free_hooks) {
        tcase_add_checked_fixture(wiping, watch_memory, NULL);
        tcase_add_test(wiping, a_secret_is_seen_where_it_is_freed_unwiped);
        tcase_add_test(wiping, a_text_is_wiped_when_it_grows_and_when_it_is_cleared);
        tcase_add_test(wiping, a_text_that_became_shorter_is_wiped_as_far_as_it_ever_was);
        tcase_add_test(wiping, a_block_is_wiped_over_its_whole_size);
        tcase_add_test(wiping, an_array_is_wiped_when_it_grows);
    }
    suite_add_tcase(suite, wiping);
    return suite;
}

int main(void)
{
    return run_suite(text_suite());
}
