/* The owner's file is preserved: random files change only where wgctl changes them. */
#include "keeping.h"

#include "generate.h"

static void fails(const char *what, struct wgctl_slice file)
{
    ck_abort_msg("it does not hold that %s:\n%.*s\n----", what, (int)file.size, file.data);
}

enum { FILES = 20000 };

START_TEST(every_file_keeps_each_byte_that_is_not_the_peers_own)
{
    size_t readable = 0, peers = 0;
    for (uint32_t i = 1; i <= FILES; i++) {
        WGCTL_TEXT text = generate(i, i % 2 == 0);
        WGCTL_SERVER server = {0};
        struct wgctl_slice file = wgctl_text_slice_of(&text);
        check_keeping(file);
        if (reads(file, &server)) {
            readable++;
            peers += server.peer_count;
        }
    }
    ck_assert_uint_gt(readable, FILES / 10);
    ck_assert_uint_gt(peers, FILES / 10);
}
END_TEST

static Suite *keeping_suite(void)
{
    Suite *suite = suite_create("keeping");
    TCase *tests = tcase_create("files");
    tcase_add_test(tests, every_file_keeps_each_byte_that_is_not_the_peers_own);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(keeping_suite());
}
