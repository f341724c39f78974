/* What a file says otherwise than a text: against a comparison byte by byte, with files around
 * the size of the pieces in which they are read. */
#include "base/difference.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "numbers.h"
#include "suite.h"

static char path[] = "/tmp/wgctl-difference-XXXXXX";
static struct wgctl_folder folder;
static struct wgctl_error err;

#define HEAD "# head\n"
enum { PIECE = 16384, MOST = 3 * PIECE };

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(wgctl_folder_open(path, &folder, &err), WGCTL_OK);
}

static void teardown(void)
{
    unlinkat(folder.fd, "file", 0);
    wgctl_folder_close(&folder);
    ck_assert_int_eq(rmdir(path), 0);
}

static void put(const char *head, struct wgctl_slice rest)
{
    ck_assert_int_eq(wgctl_file_write_volatile(&folder, "file", wgctl_slice_of(head), rest, &err),
                     WGCTL_OK);
}

static int compare(struct wgctl_slice known, struct wgctl_difference *ret)
{
    return wgctl_difference_read(&folder, "file", wgctl_slice_of(HEAD), known, ret, &err);
}

/* Both texts are told in full, and no longer beginning or end is the same. */
static void check(struct wgctl_slice known, struct wgctl_slice text)
{
    WGCTL_DIFFERENCE difference = {0};
    put(HEAD, text);
    ck_assert_int_eq(compare(known, &difference), WGCTL_OK);
    size_t begin = difference.begin, end = difference.end, between = difference.between.size;
    ck_assert_uint_eq(begin + between + end, text.size);
    ck_assert_uint_le(begin + end, known.size);
    ck_assert_int_eq(memcmp(text.data, known.data, begin), 0);
    ck_assert_int_eq(memcmp(text.data + text.size - end, known.data + known.size - end, end), 0);
    ck_assert_int_eq(
        memcmp(text.data + begin, wgctl_text_slice_of(&difference.between).data, between), 0);
    size_t shorter = text.size < known.size ? text.size : known.size;
    if (begin + end < shorter) {
        ck_assert_int_ne(text.data[begin], known.data[begin]);
        ck_assert_int_ne(text.data[text.size - end - 1], known.data[known.size - end - 1]);
    }
    ck_assert_int_eq(wgctl_difference_is_none(&folder, "file", wgctl_slice_of(HEAD), known),
                     text.size == known.size && memcmp(text.data, known.data, text.size) == 0);
}

static char known[MOST], text[MOST];

START_TEST(any_part_that_is_changed_is_between)
{
    static const size_t sizes[] = {0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7};
    enum { SIZES = sizeof sizes / sizeof *sizes, ROUNDS = 2000 };
    uint64_t state = 1;
    for (size_t i = 0; i < MOST; i++)
        known[i] = (char)('a' + next_number(&state) % 3);
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = sizes[next_number(&state) % SIZES];
        size_t from = next_number(&state) % (size + 1);
        size_t old = next_number(&state) % (size - from + 1), now = next_number(&state) % 5;
        if (next_number(&state) % 2)
            old = old % 5;
        memcpy(text, known, from);
        memset(text + from, 'x', now);
        memcpy(text + from + now, known + from + old, size - from - old);
        check((struct wgctl_slice){known, size}, (struct wgctl_slice){text, size - old + now});
    }
}
END_TEST

START_TEST(what_is_twice_in_one_of_them_is_told_once)
{
    check(wgctl_slice_of("a b a b a b"), wgctl_slice_of("a b a b"));
    check(wgctl_slice_of("a b a b"), wgctl_slice_of("a b a b a b"));
    check(wgctl_slice_of("aaaa"), wgctl_slice_of("aaaaaaa"));
}
END_TEST

START_TEST(a_file_that_begins_otherwise_is_another_one)
{
    WGCTL_DIFFERENCE difference = {0};
    put("# Head\n", wgctl_slice_of("text"));
    ck_assert_int_eq(compare(wgctl_slice_of("text"), &difference), WGCTL_INVALID);
    put("", wgctl_slice_of("# h"));
    ck_assert_int_eq(compare(wgctl_slice_of("text"), &difference), WGCTL_INVALID);
}
END_TEST

START_TEST(a_file_that_is_missing_or_that_others_can_read_is_an_error)
{
    WGCTL_DIFFERENCE difference = {0};
    ck_assert_int_eq(compare(wgctl_slice_of("text"), &difference), WGCTL_NOT_FOUND);
    put(HEAD, wgctl_slice_of("text"));
    ck_assert_int_eq(fchmodat(folder.fd, "file", 0644, 0), 0);
    ck_assert_int_eq(compare(wgctl_slice_of("text"), &difference), WGCTL_DENIED);
}
END_TEST

static Suite *difference_suite(void)
{
    Suite *suite = suite_create("difference");
    TCase *tests = tcase_create("difference");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, any_part_that_is_changed_is_between);
    tcase_add_test(tests, what_is_twice_in_one_of_them_is_told_once);
    tcase_add_test(tests, a_file_that_begins_otherwise_is_another_one);
    tcase_add_test(tests, a_file_that_is_missing_or_that_others_can_read_is_an_error);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(difference_suite());
}
