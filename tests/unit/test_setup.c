/* What changes of an interface beside its keys and peers: planned from three files and facts. */
#include "conf/server_read.h"
#include "run/private.h"
#include "texts.h"

static struct wgctl_server before, after;
static struct wgctl_state applied, desired, running;
static struct wgctl_transition transition;
static struct wgctl_error err;

static struct wgctl_server server_of(const char *lines)
{
    struct wgctl_server server = {0};
    struct wgctl_text text = {0};
    wgctl_text_format(&text, "[Interface]\n%s", lines);
    ck_assert_msg(wgctl_server_parse("wg0.conf", &text, &server, &err) == WGCTL_OK, "%s",
                  err.message);
    return server;
}

static void clear(void)
{
    wgctl_transition_clear(&transition);
    wgctl_state_clear(&applied);
    wgctl_state_clear(&desired);
    wgctl_state_clear(&running);
    wgctl_server_clear(&before);
    wgctl_server_clear(&after);
}

/* Plans; what was `applied_lines` is not known if it is NULL. */
static void plan(const char *applied_lines, const char *now, const char *addresses, uint32_t mtu)
{
    const struct wgctl_begun begun = {0};
    clear();
    after = server_of(now);
    ck_assert_int_eq(wgctl_state_desired(&after, &desired, &err), WGCTL_OK);
    if (applied_lines) {
        before = server_of(applied_lines);
        ck_assert_int_eq(wgctl_state_desired(&before, &applied, &err), WGCTL_OK);
    }
    if (addresses[0])
        ck_assert_int_eq(wgctl_prefixes_parse(&running.addresses, wgctl_slice_of(addresses), &err),
                         WGCTL_OK);
    running.exists = true;
    running.mtu = mtu;
    desired.usual_mtu = 1420;
    ck_assert_int_eq(wgctl_transition_plan(&applied, &desired, &running, &begun, &transition, &err),
                     WGCTL_OK);
}

static const struct wgctl_step *find_step(enum wgctl_op op)
{
    for (size_t i = 0; i < transition.count; i++)
        if (transition.steps[i].op == op)
            return &transition.steps[i];
    return NULL;
}

static void list_addresses(enum wgctl_op op, struct wgctl_text *ret)
{
    wgctl_text_string(ret, "");
    for (size_t i = 0; i < transition.count; i++)
        if (transition.steps[i].op == op) {
            wgctl_text_string(ret, ret->size > 0 ? ", " : "");
            wgctl_step_value(&transition.steps[i], ret);
        }
}

static void assert_addresses(const char *to_add, const char *to_remove)
{
    WGCTL_TEXT add = {0}, remove = {0};
    list_addresses(WGCTL_ADD_ADDRESS, &add);
    list_addresses(WGCTL_REMOVE_ADDRESS, &remove);
    ck_assert_str_eq(add.data, to_add);
    ck_assert_str_eq(remove.data, to_remove);
}

static bool changes_dns(void)
{
    return find_step(WGCTL_SET_DNS);
}

static bool runs_hooks(void)
{
    return find_step(WGCTL_RUN_POST_UP) || find_step(WGCTL_RUN_POST_DOWN);
}

/* ---- addresses ---- */

static const struct {
    const char *before, *now, *there, *to_add, *to_remove;
} address_cases[] = {
    {"Address = 10.0.0.1/24\n", "Address = 10.0.0.1/24\n", "10.0.0.1/24", "", ""},
    {"Address = 10.0.0.1/24\n", "Address = 10.0.0.2/24\n", "10.0.0.1/24", "10.0.0.2/24",
     "10.0.0.1/24"},
    /* the same address of another network is another */
    {"Address = 10.0.0.1/24\n", "Address = 10.0.0.1/16\n", "10.0.0.1/24", "10.0.0.1/16",
     "10.0.0.1/24"},
    {"Address = 10.0.0.1/24, fd00::1/64\n", "Address = 10.0.0.1/24\n", "10.0.0.1/24, fd00::1/64",
     "", "fd00::1/64"},
    {"Address = 10.0.0.1/24\n", "", "10.0.0.1/24", "", "10.0.0.1/24"},
    /* what the file never had is somebody else's */
    {"Address = 10.0.0.1/24\n", "Address = 10.0.0.1/24\n", "10.0.0.1/24, 10.9.9.9/32, fe80::7/64",
     "", ""},
    {NULL, "Address = 10.0.0.1/24\n", "10.9.9.9/32", "10.0.0.1/24", ""},
    {NULL, "", "10.9.9.9/32", "", ""},
    /* what somebody took away comes back, and is not taken away twice */
    {"Address = 10.0.0.1/24\n", "Address = 10.0.0.1/24\n", "", "10.0.0.1/24", ""},
    {"Address = 10.0.0.1/24\n", "Address = 10.0.0.2/24\n", "10.0.0.2/24", "", ""},
};
enum { ADDRESS_CASES = sizeof address_cases / sizeof *address_cases };

START_TEST(an_address_comes_that_the_file_has_and_goes_that_it_had)
{
    plan(address_cases[_i].before, address_cases[_i].now, address_cases[_i].there, 1420);
    assert_addresses(address_cases[_i].to_add, address_cases[_i].to_remove);
}
END_TEST

/* ---- MTU ---- */

static const struct {
    const char *before, *now;
    uint32_t there, expected; /* 0: stays */
} mtu_cases[] = {
    {"MTU = 1400\n", "MTU = 1400\n", 1400, 0},
    {"MTU = 1400\n", "MTU = 1300\n", 1400, 1300},
    {"MTU = 1400\n", "MTU = 1400\n", 1300, 1400}, /* somebody set it */
    {"", "MTU = 1300\n", 1420, 1300},
    {NULL, "MTU = 1300\n", 1420, 1300},
    {"MTU = 1400\n", "", 1400, 1420}, /* what up would choose */
    {"MTU = 1420\n", "", 1420, 0},
    {"", "", 1280, 0}, /* the file never said a word of it */
    {NULL, "", 1280, 0},
};
enum { MTU_CASES = sizeof mtu_cases / sizeof *mtu_cases };

START_TEST(the_mtu_is_the_files_or_the_usual_one_where_the_file_had_one)
{
    plan(mtu_cases[_i].before, mtu_cases[_i].now, "", mtu_cases[_i].there);
    const struct wgctl_step *step = find_step(WGCTL_SET_MTU);
    ck_assert_uint_eq(step ? step->mtu : 0, mtu_cases[_i].expected);
    ck_assert_uint_eq(step ? step->mtu_was : mtu_cases[_i].there, mtu_cases[_i].there);
}
END_TEST

/* ---- DNS and hooks ---- */

START_TEST(dns_changes_where_the_file_has_changed_it)
{
    plan("DNS = 1.1.1.1\n", "DNS = 1.1.1.1\n", "", 0);
    ck_assert(!changes_dns());
    plan("DNS = 1.1.1.1\n", "DNS = 9.9.9.9\n", "", 0);
    ck_assert(changes_dns());
    plan("", "DNS = 9.9.9.9\n", "", 0);
    ck_assert(changes_dns());
    plan("DNS = 1.1.1.1\n", "", "", 0);
    ck_assert(changes_dns());
    plan(NULL, "DNS = 9.9.9.9\n", "", 0);
    ck_assert(!changes_dns());
}
END_TEST

START_TEST(commands_run_where_postup_has_changed)
{
    plan("PostUp = a\nPostDown = b\n", "PostUp = a\nPostDown = b\n", "", 0);
    ck_assert(!runs_hooks());
    plan("PostUp = a\nPostDown = b\n", "PostUp = c\nPostDown = b\n", "", 0);
    ck_assert(runs_hooks());
    plan("PostUp = a\n", "PostUp = a\nPostUp = c\n", "", 0);
    ck_assert(runs_hooks());
    plan("PostUp = a\nPostUp = c\n", "PostUp = c\nPostUp = a\n", "", 0);
    ck_assert(runs_hooks());
    plan("PostUp = a\nPostDown = b\n", "", "", 0);
    ck_assert(runs_hooks());
    /* These are for the next up and down. */
    plan("PostUp = a\n", "PostUp = a\nPreUp = d\nPreDown = e\nPostDown = f\n", "", 0);
    ck_assert(!runs_hooks());
    /* What has run is not known. */
    plan(NULL, "PostUp = a\n", "", 0);
    ck_assert(!runs_hooks());
}
END_TEST

static Suite *setup_suite(void)
{
    Suite *suite = suite_create("setup");
    TCase *planned = tcase_create("planned");
    tcase_add_checked_fixture(planned, NULL, clear);
    tcase_add_loop_test(planned, an_address_comes_that_the_file_has_and_goes_that_it_had, 0,
                        ADDRESS_CASES);
    tcase_add_loop_test(planned, the_mtu_is_the_files_or_the_usual_one_where_the_file_had_one, 0,
                        MTU_CASES);
    tcase_add_test(planned, dns_changes_where_the_file_has_changed_it);
    tcase_add_test(planned, commands_run_where_postup_has_changed);
    suite_add_tcase(suite, planned);
    return suite;
}

int main(void)
{
    return run_suite(setup_suite());
}
