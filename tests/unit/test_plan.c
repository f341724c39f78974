/* Plans: individual cases, and large random ones. */
#include "changes.h"
#include "plan_rules.h"

static union wgctl_sockaddr endpoints[3]; /* the first one is unset */

static void setup(void)
{
    endpoints[1] = sockaddr_of("192.0.2.1:51820");
    endpoints[2] = sockaddr_of("[2001:db8::1]:51820");
}

/* ---- endpoints ---- */

enum where { ABSENT = -2, UNKNOWN = -1, NONE = 0, HERE = 1, THERE = 2 };

static const struct {
    enum where applied, wanted, running;
    bool handshake;
    bool is_set;
    const char *because;
} endpoint_cases[] = {
    {UNKNOWN, HERE, HERE, false, false, "it is there"},
    {UNKNOWN, HERE, HERE, true, false, "it is there"},
    {UNKNOWN, HERE, NONE, false, true, "the peer has none and was never heard of"},
    {UNKNOWN, HERE, THERE, false, true, "no handshake: it cannot have roamed"},
    {UNKNOWN, HERE, THERE, true, false, "the device may have roamed"},
    {UNKNOWN, HERE, NONE, true, false, "a handshake was had"},
    {UNKNOWN, NONE, HERE, false, false, "the file names none"},
    {UNKNOWN, NONE, HERE, true, false, "the file names none"},
    {HERE, HERE, HERE, true, false, "it is there"},
    {HERE, HERE, THERE, true, false, "only the device roamed"},
    {HERE, HERE, THERE, false, false, "the file's has not changed"},
    {HERE, HERE, NONE, true, false, "the file's has not changed"},
    {HERE, HERE, NONE, false, false, "the file's has not changed"},
    {THERE, HERE, THERE, true, true, "the file's changed"},
    {THERE, HERE, THERE, false, true, "the file's changed"},
    {THERE, HERE, NONE, true, true, "the file's changed"},
    {THERE, HERE, HERE, true, false, "the device is there already"},
    {NONE, HERE, THERE, true, true, "the file's is new"},
    {NONE, HERE, NONE, false, true, "the file's is new"},
    {HERE, NONE, HERE, true, false, "the file's is gone: the protocol has no word for it"},
    {HERE, NONE, THERE, true, false, "the file's is gone: the protocol has no word for it"},
    {ABSENT, HERE, NONE, false, true, "what was applied does not know the peer"},
    {ABSENT, HERE, THERE, true, false, "what was applied does not know the peer"},
};
enum { ENDPOINT_CASES = sizeof endpoint_cases / sizeof *endpoint_cases };

static struct wgctl_device device_at(enum where where)
{
    struct wgctl_device device = {0};
    if (where == ABSENT || where == UNKNOWN)
        return device;
    struct wgctl_device_peer *peer = wgctl_device_add_peer(&device);
    peer->public_key = key_of(1);
    peer->endpoint = endpoints[where];
    return device;
}

static bool sets_endpoint(enum where from, enum where to, enum where now, bool handshake)
{
    WGCTL_DEVICE applied = device_at(from), wanted = device_at(to), running = device_at(now);
    WGCTL_PLAN plan = {0};
    const struct situation s = {from == UNKNOWN ? NULL : &applied, &wanted, &running, 0};
    running.peers->last_handshake = handshake ? 1700000000 : 0;
    make(&s, &plan);
    ck_assert_uint_le(plan.count, 1);
    return wgctl_plan_has(&plan, 0, plan.count, WGCTL_SET_ENDPOINT);
}

START_TEST(an_endpoint_is_set_only_where_the_file_changed_it_or_none_can_have_roamed)
{
    ck_assert_msg(sets_endpoint(endpoint_cases[_i].applied, endpoint_cases[_i].wanted,
                                endpoint_cases[_i].running,
                                endpoint_cases[_i].handshake) == endpoint_cases[_i].is_set,
                  "%s", endpoint_cases[_i].because);
}
END_TEST

START_TEST(a_new_peer_has_the_files_endpoint_whatever_was_applied)
{
    static const enum where applied[] = {UNKNOWN, ABSENT, NONE, HERE, THERE};
    for (size_t i = 0; i < sizeof applied / sizeof *applied; i++) {
        WGCTL_DEVICE before = device_at(applied[i]), wanted = device_at(HERE), running = {0};
        check(&(struct situation){applied[i] == UNKNOWN ? NULL : &before, &wanted, &running, i});
    }
}
END_TEST

/* ---- order ---- */

static void add_peer(struct wgctl_device *device, unsigned number, const char *allowed_ips)
{
    struct wgctl_error err;
    struct wgctl_device_peer *peer = wgctl_device_add_peer(device);
    peer->public_key = key_of(number);
    if (*allowed_ips)
        ck_assert_int_eq(
            wgctl_prefixes_parse(&peer->allowed_ips, wgctl_slice_of(allowed_ips), &err), WGCTL_OK);
}

/* Formats a plan like "+1 +1:10.0.0.1/32 -2:10.0.0.2/32 -3": peers added, allowed IPs added,
 * allowed IPs removed, peers removed. */
static void describe_plan(const struct wgctl_plan *plan, struct wgctl_text *text)
{
    char buffer[WGCTL_PREFIX_TEXT_SIZE];
    for (size_t i = 0; i < plan->count; i++) {
        const struct wgctl_plan_step *step = &plan->steps[i];
        bool adds = step->op == WGCTL_ADD_PEER || step->op == WGCTL_ADD_ALLOWED_IP;
        unsigned number = 0;
        struct wgctl_key key = key_of(number);
        while (!same_key(&key, &step->peer->public_key))
            key = key_of(++number);
        wgctl_text_format(text, "%s%c%u", i > 0 ? " " : "", adds ? '+' : '-', number);
        if (step->allowed_ip)
            wgctl_text_format(text, ":%s", wgctl_prefix_format(step->allowed_ip, buffer));
    }
}

static void assert_plan(struct wgctl_device *wanted, struct wgctl_device *running,
                        const char *expected)
{
    WGCTL_TEXT text = {0};
    WGCTL_PLAN plan = {0};
    wgctl_device_sort(wanted);
    wgctl_device_sort(running);
    const struct situation s = {NULL, wanted, running, 0};
    make(&s, &plan);
    describe_plan(&plan, &text);
    assert_text(&text, expected);
    check(&s);
}

START_TEST(what_another_peer_is_given_is_not_taken_away_first)
{
    WGCTL_DEVICE wanted = {0}, running = {0};
    add_peer(&running, 1, "10.0.0.1/32, 10.0.0.2/32");
    add_peer(&running, 2, "10.0.0.3/32");
    add_peer(&wanted, 1, "10.0.0.1/32");
    add_peer(&wanted, 2, "10.0.0.2/32, 10.0.0.3/32");
    assert_plan(&wanted, &running, "+2:10.0.0.2/32");
}
END_TEST

START_TEST(two_peers_that_swap_are_each_given_what_the_other_has)
{
    WGCTL_DEVICE wanted = {0}, running = {0};
    add_peer(&running, 1, "10.0.0.1/32");
    add_peer(&running, 2, "10.0.0.2/32");
    add_peer(&wanted, 1, "10.0.0.2/32");
    add_peer(&wanted, 2, "10.0.0.1/32");
    assert_plan(&wanted, &running, "+1:10.0.0.2/32 +2:10.0.0.1/32");
}
END_TEST

START_TEST(what_a_new_peer_has_is_not_taken_from_the_one_who_has_it)
{
    WGCTL_DEVICE wanted = {0}, running = {0};
    add_peer(&running, 1, "10.0.0.1/32, 10.0.0.2/32");
    add_peer(&wanted, 1, "10.0.0.1/32");
    add_peer(&wanted, 2, "10.0.0.2/32");
    assert_plan(&wanted, &running, "+2");
}
END_TEST

START_TEST(who_inherits_is_given_it_before_the_other_goes)
{
    WGCTL_DEVICE wanted = {0}, running = {0};
    add_peer(&running, 1, "10.0.0.1/32");
    add_peer(&running, 2, "10.0.0.2/32");
    add_peer(&wanted, 2, "10.0.0.1/32, 10.0.0.2/32");
    assert_plan(&wanted, &running, "+2:10.0.0.1/32 -1");
}
END_TEST

START_TEST(what_nobody_is_given_is_taken_away_when_all_are_given_theirs)
{
    WGCTL_DEVICE wanted = {0}, running = {0};
    add_peer(&running, 1, "10.0.0.1/32, 10.1.0.0/16");
    add_peer(&running, 2, "10.0.0.2/32, 10.2.0.0/16, 10.3.0.0/16");
    add_peer(&running, 3, "10.0.0.3/32");
    add_peer(&wanted, 1, "10.0.0.1/32");
    add_peer(&wanted, 2, "10.0.0.2/32, 10.4.0.0/16");
    add_peer(&wanted, 4, "10.3.0.0/16");
    assert_plan(&wanted, &running, "+2:10.4.0.0/16 +4 -1:10.1.0.0/16 -2:10.2.0.0/16 -3");
}
END_TEST

START_TEST(a_plan_is_the_same_where_nothing_is_known_to_be_applied)
{
    WGCTL_DEVICE wanted = {0}, running = {0};
    WGCTL_PLAN known = {0}, unknown = {0};
    add_peer(&running, 1, "10.0.0.1/32");
    add_peer(&wanted, 2, "10.0.0.2/32");
    make(&(struct situation){&wanted, &wanted, &running, 0}, &known);
    make(&(struct situation){NULL, &wanted, &running, 0}, &unknown);
    ck_assert_uint_eq(known.count, 2);
    ck_assert_uint_eq(unknown.count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(known.steps[i].op, unknown.steps[i].op);
        ck_assert(known.steps[i].is_drift);
        ck_assert(!unknown.steps[i].is_drift);
    }
}
END_TEST

/* ---- groups ---- */

START_TEST(the_steps_of_a_peer_are_one_group_but_for_the_removals_of_its_allowed_ips)
{
    struct wgctl_device_peer a = {0}, b = {0};
    struct wgctl_plan_step steps[] = {
        {.op = WGCTL_SET_LISTEN_PORT},
        {.op = WGCTL_SET_FWMARK},
        {.op = WGCTL_SET_KEEPALIVE, .peer = &a},
        {.op = WGCTL_SET_KEEPALIVE, .peer = &b},
        {.op = WGCTL_ADD_ALLOWED_IP, .peer = &b},
        {.op = WGCTL_ADD_ALLOWED_IP, .peer = &b},
        {.op = WGCTL_REMOVE_ALLOWED_IP, .peer = &b},
        {.op = WGCTL_REMOVE_ALLOWED_IP, .peer = &b},
        {.op = WGCTL_REMOVE_ALLOWED_IP, .peer = &a},
        {.op = WGCTL_REMOVE_PEER, .peer = &a},
    };
    static const size_t ends[] = {2, 2, 3, 6, 6, 6, 8, 8, 9, 10};
    const struct wgctl_plan plan = {.steps = steps, .count = sizeof steps / sizeof *steps};
    for (size_t i = 0; i < plan.count; i++)
        ck_assert_uint_eq(wgctl_plan_group_end(&plan, i), ends[i]);
    ck_assert(wgctl_plan_has(&plan, 9, 10, WGCTL_REMOVE_PEER));
    ck_assert(!wgctl_plan_has(&plan, 3, 9, WGCTL_REMOVE_PEER));
    ck_assert(wgctl_plan_has(&plan, 3, 6, WGCTL_ADD_ALLOWED_IP));
    ck_assert(!wgctl_plan_has(&plan, 3, 4, WGCTL_ADD_ALLOWED_IP));
    ck_assert(!wgctl_plan_has(&plan, 3, 3, WGCTL_SET_KEEPALIVE));
}
END_TEST

/* ---- large random plans ---- */

/* Simulates use: changes with wg(8), roaming and handshakes. */
static void live(struct model *model, unsigned changes, struct choice *choice)
{
    change(model, changes, choice);
    for (size_t i = 0; i < model->peer_count; i++) {
        if (choose(choice, 2) == 0)
            continue;
        model->peers[i].last_handshake = 1700000000 + (int64_t)i;
        model->peers[i].endpoint = endpoints[choose(choice, 3)];
    }
}

/* Both extremes: a few changes to a large device, and a device that is nearly all changed. */
START_TEST(a_large_device_that_drifted_becomes_what_is_wanted)
{
    static const unsigned changes[] = {0, 1, 3, 10, 40, 150};
    enum { SIZES = sizeof changes / sizeof *changes, PEERS = 60 };
    struct wgctl_key keys[PEERS];
    fill_keys(keys, PEERS);
    struct choice choice = {keys, PEERS, 200, endpoints, 3, (uint64_t)_i};
    for (unsigned edited = 0; edited < SIZES; edited++)
        for (unsigned drifted = 0; drifted < SIZES; drifted++) {
            MODEL before = {0}, desired = {0}, now = {0};
            WGCTL_DEVICE applied = {0}, wanted = {0}, running = {0};
            change(&before, 150, &choice);
            model_save(&before, &applied);
            model_load(&desired, &applied);
            change(&desired, changes[edited], &choice);
            model_save(&desired, &wanted);
            model_load(&now, &applied);
            live(&now, changes[drifted], &choice);
            model_save(&now, &running);
            check(&(struct situation){choose(&choice, 4) ? &applied : NULL, &wanted, &running,
                                      edited * SIZES + drifted});
        }
}
END_TEST

static Suite *plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *cases = tcase_create("cases");
    tcase_add_unchecked_fixture(cases, setup, NULL);
    tcase_add_loop_test(cases,
                        an_endpoint_is_set_only_where_the_file_changed_it_or_none_can_have_roamed,
                        0, ENDPOINT_CASES);
    tcase_add_test(cases, a_new_peer_has_the_files_endpoint_whatever_was_applied);
    tcase_add_test(cases, what_another_peer_is_given_is_not_taken_away_first);
    tcase_add_test(cases, two_peers_that_swap_are_each_given_what_the_other_has);
    tcase_add_test(cases, what_a_new_peer_has_is_not_taken_from_the_one_who_has_it);
    tcase_add_test(cases, who_inherits_is_given_it_before_the_other_goes);
    tcase_add_test(cases, what_nobody_is_given_is_taken_away_when_all_are_given_theirs);
    tcase_add_test(cases, a_plan_is_the_same_where_nothing_is_known_to_be_applied);
    tcase_add_test(cases,
                   the_steps_of_a_peer_are_one_group_but_for_the_removals_of_its_allowed_ips);
    suite_add_tcase(suite, cases);

    TCase *large = tcase_create("large");
    tcase_add_unchecked_fixture(large, setup, NULL);
    tcase_add_loop_test(large, a_large_device_that_drifted_becomes_what_is_wanted, 0, 4);
    suite_add_tcase(suite, large);
    return suite;
}

int main(void)
{
    return run_suite(plan_suite());
}
