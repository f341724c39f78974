/* All plans between small devices.
 *
 * With up to three peers and three allowed IPs, where each peer may have a preshared key, a
 * keepalive and an endpoint, there are 38,145 states. The applied, the desired and the running
 * state make 5e13 triples of them. Trying fewer is enough, because
 *
 *   - a peer's value (PSK, keepalive, endpoint) is only compared with the same value of the same
 *     peer in the other two states: all triples of one peer's values are tried, with more values
 *     than in the states;
 *   - the owner of an allowed IP does not depend on values: all triples of existing peers and
 *     owners are tried, for all three peers;
 *   - the applied state only affects endpoints and drift, each for one peer or one allowed IP
 *     alone.
 *
 * Pairs of whole states show that there are no other interactions: a third of the pairs with two
 * peers, so that each state meets every third one, and some of those with three. With
 * $WGCTL_PAIRS, they are all pairs with two peers and that many with three, starting with
 * $WGCTL_FIRST:
 *
 *     CK_RUN_CASE=pairs WGCTL_PAIRS=1455041025 tests/test_plan_small      # all pairs
 */
#include "plan_rules.h"

enum { PEERS = 3, ALLOWED_IPS = 3 };

static union wgctl_sockaddr endpoints[3]; /* the first one is unset */
static struct wgctl_prefix prefixes[ALLOWED_IPS];

/* Each peer is absent or of one of several kinds. Each allowed IP has no owner or one peer. */
struct shape {
    unsigned peers, allowed_ips;
    unsigned psks, keepalives, endpoints; /* the first of each is unset */
};

/* ---- states ---- */

/* Removes the number's last digit and returns it. */
static unsigned digit(unsigned *number, unsigned base)
{
    unsigned last = *number % base;
    *number /= base;
    return last;
}

static void set_values(const struct shape *shape, unsigned kind, struct wgctl_device_peer *peer)
{
    static const uint16_t keepalives[] = {0, 25, 65535};
    unsigned psk = digit(&kind, shape->psks);
    if (psk > 0)
        peer->preshared_key = key_of(100 + psk);
    peer->keepalive = keepalives[digit(&kind, shape->keepalives)];
    peer->endpoint = endpoints[digit(&kind, shape->endpoints)];
}

/* Returns false if the number gives an allowed IP to an absent peer. */
static bool device_of(const struct shape *shape, unsigned number, struct wgctl_device *ret)
{
    struct wgctl_error err;
    struct wgctl_device_peer *peers[PEERS + 1] = {NULL}; /* [0] means no owner */
    if (wgctl_device_reserve(ret, shape->peers, &err) < 0)
        ck_abort();
    for (unsigned i = 1; i <= shape->peers; i++) {
        unsigned kind = digit(&number, 1 + shape->psks * shape->keepalives * shape->endpoints);
        if (kind == 0)
            continue;
        peers[i] = wgctl_device_add_peer(ret);
        peers[i]->public_key = key_of(i);
        set_values(shape, kind - 1, peers[i]);
    }
    for (unsigned i = 0; i < shape->allowed_ips; i++) {
        unsigned who = digit(&number, shape->peers + 1);
        if (who > 0 &&
            (!peers[who] || wgctl_prefixes_add(&peers[who]->allowed_ips, &prefixes[i], &err) < 0))
            return false;
    }
    wgctl_device_sort(ret);
    return true;
}

/* All states of a shape. */
struct states {
    struct wgctl_device *devices;
    size_t count;
};

static struct states states_of(const struct shape *shape)
{
    unsigned numbers = 1, kinds = 1 + shape->psks * shape->keepalives * shape->endpoints;
    for (unsigned i = 0; i < shape->peers; i++)
        numbers *= kinds;
    for (unsigned i = 0; i < shape->allowed_ips; i++)
        numbers *= shape->peers + 1;
    struct states states = {calloc(numbers, sizeof *states.devices), 0};
    if (!states.devices)
        ck_abort();
    for (unsigned i = 0; i < numbers; i++) {
        WGCTL_DEVICE device = {0};
        if (!device_of(shape, i, &device))
            continue;
        states.devices[states.count++] = device;
        device = (struct wgctl_device){0};
    }
    return states;
}

static void states_clear(struct states *states)
{
    for (size_t i = 0; i < states->count; i++)
        wgctl_device_clear(&states->devices[i]);
    free(states->devices);
}
#define STATES __attribute__((cleanup(states_clear))) struct states

static void setup(void)
{
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_key_setup(&err), WGCTL_OK);
    endpoints[1] = sockaddr_of("192.0.2.1:51820");
    endpoints[2] = sockaddr_of("[2001:db8::1]:51820");
    prefixes[0] = prefix_of("10.0.0.2/32");
    prefixes[1] = prefix_of("10.0.0.0/24"); /* a different one, although it overlaps */
    prefixes[2] = prefix_of("fd00::/64");
}

enum { PARTS = 16 }; /* of the desired states, each in its own process */

/* ---- triples ---- */

static void check_same_steps(const struct situation *s, const struct wgctl_plan *a,
                             const struct wgctl_plan *b)
{
    require(s, a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        require(s, a->steps[i].op == b->steps[i].op);
        require(s, a->steps[i].peer == b->steps[i].peer);
        require(s, a->steps[i].allowed_ip == b->steps[i].allowed_ip);
        require(s, a->steps[i].was == b->steps[i].was);
    }
}

/* Without endpoints, the applied state affects no step, and therefore no result. */
static void check_with_each_applied(const struct states *applied, const struct situation *s)
{
    WGCTL_PLAN unknown = {0};
    make(s, &unknown);
    size_t step = is_long() ? 1 : 8;
    for (size_t i = s->number % step; i < applied->count; i += step) {
        const struct situation known = {&applied->devices[i], s->wanted, s->running, s->number};
        WGCTL_PLAN plan = {0};
        make(&known, &plan);
        check_steps(&known, &plan);
        check_same_steps(&known, &plan, &unknown);
    }
}

START_TEST(allowed_ips_go_from_any_of_three_peers_to_any_other_whatever_was_applied)
{
    STATES all = states_of(&(struct shape){PEERS, ALLOWED_IPS, 1, 1, 1});
    ck_assert_uint_eq(all.count, 170);
    for (size_t w = (size_t)_i; w < all.count; w += PARTS)
        for (size_t r = 0; r < all.count; r++) {
            const struct situation s = {NULL, &all.devices[w], &all.devices[r], w * all.count + r};
            check(&s);
            check_with_each_applied(&all, &s);
        }
}
END_TEST

START_TEST(one_peer_of_any_kind_becomes_any_other_whatever_was_applied)
{
    STATES all = states_of(&(struct shape){1, 1, 3, 3, 3});
    size_t number = 0;
    ck_assert_uint_eq(all.count, 1 + 27 * 2);
    for (size_t w = (size_t)_i; w < all.count; w += PARTS)
        for (size_t r = 0; r < 2 * all.count; r++) {
            struct wgctl_device *running = &all.devices[r / 2];
            if (running->peer_count > 0)
                running->peers[0].last_handshake = r % 2 ? 1700000000 : 0;
            for (size_t a = 0; a <= all.count; a++)
                check(&(struct situation){a < all.count ? &all.devices[a] : NULL, &all.devices[w],
                                          running, number++});
        }
}
END_TEST

/* ---- pairs ---- */

/* Checks a pair with another state, or none, as the applied one, and with handshakes of some
 * peers. */
static void check_pair(const struct states *all, size_t w, size_t r, size_t number)
{
    const struct wgctl_device *wanted = &all->devices[w];
    struct wgctl_device *running = &all->devices[r];
    const struct wgctl_device *applied[] = {NULL, wanted, running,
                                            &all->devices[(number * 31 + 17) % all->count]};
    for (size_t i = 0; i < running->peer_count; i++)
        running->peers[i].last_handshake = (number >> (2 + i)) % 2 ? 1700000000 : 0;
    check(&(struct situation){applied[number % 4], wanted, running, number});
}

START_TEST(two_peers_of_any_kind_become_any_other_two)
{
    STATES all = states_of(&(struct shape){2, ALLOWED_IPS, 2, 2, 2});
    size_t step = is_long() ? 1 : 23; /* odd, so that check_pair() varies what was applied */
    ck_assert_uint_eq(all.count, 1857);
    for (size_t w = (size_t)_i; w < all.count; w += PARTS)
        for (size_t r = w % step; r < all.count; r += step)
            check_pair(&all, w, r, w * all.count + r);
}
END_TEST

static size_t from_environment(const char *name, size_t usual)
{
    const char *value = getenv(name);
    return value ? strtoul(value, NULL, 10) : usual;
}

/* The step is coprime to the number of pairs, so that none is repeated. */
START_TEST(three_peers_of_any_kind_become_any_other_three)
{
    enum { STEP = 611953, USUAL = 50000 };
    STATES all = states_of(&(struct shape){PEERS, ALLOWED_IPS, 2, 2, 2});
    ck_assert_uint_eq(all.count, 38145);
    size_t pairs = all.count * all.count, first = from_environment("WGCTL_FIRST", 0);
    size_t end = first + from_environment("WGCTL_PAIRS", cases_of(USUAL));
    for (size_t i = first + (size_t)_i; i < end; i += PARTS) {
        size_t pair = i % pairs * STEP % pairs;
        check_pair(&all, pair / all.count, pair % all.count, i);
    }
}
END_TEST

/* ---- the device itself ---- */

/* Each value is unset or one of two. */
enum { INTERFACES = 3 * 3 * 3 };

static struct wgctl_device interface_of(unsigned state)
{
    unsigned key = digit(&state, 3), port = digit(&state, 3), mark = digit(&state, 3);
    struct wgctl_device device = {
        .has_private_key = key > 0,
        .has_listen_port = port > 0,
        .listen_port = (uint16_t)(port == 2 ? 51820 : 0),
        .has_fwmark = mark > 0,
        .fwmark = mark == 2 ? 0xffffffff : 0,
    };
    if (key > 0)
        device.private_key = key_of(key);
    return device;
}

START_TEST(what_the_file_does_not_mention_of_the_interface_is_left_alone)
{
    size_t number = 0;
    for (unsigned w = (unsigned)_i; w < INTERFACES; w += PARTS)
        for (unsigned r = 0; r < INTERFACES; r++)
            for (unsigned a = 0; a <= INTERFACES; a++) {
                struct wgctl_device wanted = interface_of(w), running = interface_of(r);
                struct wgctl_device applied = interface_of(a % INTERFACES);
                check(&(struct situation){a < INTERFACES ? &applied : NULL, &wanted, &running,
                                          number++});
            }
}
END_TEST

/* The content of an unset field does not matter. */
START_TEST(a_value_that_is_not_mentioned_is_never_looked_at)
{
    struct wgctl_device running = interface_of(INTERFACES - 1);
    struct wgctl_device wanted = {.private_key = key_of(9), .listen_port = 9, .fwmark = 9};
    check_nothing_is_planned(&(struct situation){NULL, &wanted, &running, 0});
    check_nothing_is_planned(&(struct situation){&wanted, &wanted, &running, 0});
}
END_TEST

/* ---- peers with a key that is, was or becomes the device's own ---- */

static struct wgctl_key private_keys[2];

/* Peers 1 and 2 have the device's own public keys for private_keys[0] and [1]. */
static struct states identities_of(unsigned which)
{
    struct states states = states_of(&(struct shape){PEERS, 2, 1, 1, 1});
    struct wgctl_error err;
    size_t count = states.count;
    states.count = 0;
    for (size_t i = 0; i < count; i++) {
        struct wgctl_device device = states.devices[i];
        struct wgctl_key own = key_of(which);
        bool is_own = which > 0 && find(&device, &own);
        device.has_private_key = which > 0;
        if (which > 0)
            device.private_key = private_keys[which - 1];
        for (size_t k = 0; k < device.peer_count; k++)
            for (unsigned n = 1; n <= 2; n++) {
                struct wgctl_key stands_for = key_of(n);
                if (same_key(&device.peers[k].public_key, &stands_for))
                    ck_assert_int_eq(
                        wgctl_key_public(&private_keys[n - 1], &device.peers[k].public_key, &err),
                        WGCTL_OK);
            }
        wgctl_device_sort(&device);
        if (is_own) /* no device has such a peer, and such files are refused */
            wgctl_device_clear(&device);
        else
            states.devices[states.count++] = device;
    }
    return states;
}

START_TEST(a_device_changes_places_with_a_peer)
{
    private_keys[0] = key_of(7);
    private_keys[1] = key_of(8);
    size_t number = 0;
    for (unsigned to = 1; to <= 2; to++)
        for (unsigned from = 0; from <= 2; from++) {
            STATES wanted = identities_of(to), running = identities_of(from);
            for (size_t w = 0; w < wanted.count; w++)
                for (size_t r = 0; r < running.count; r++, number++)
                    check(&(struct situation){number % 2 ? &running.devices[r] : NULL,
                                              &wanted.devices[w], &running.devices[r], number});
        }
    ck_assert_uint_gt(number, 1000);
}
END_TEST

static Suite *plan_suite(void)
{
    Suite *suite = suite_create("plan in the small");
    TCase *small = tcase_create("small");
    tcase_add_unchecked_fixture(small, setup, NULL);
    tcase_set_timeout(small, 120);
    tcase_add_loop_test(small, one_peer_of_any_kind_becomes_any_other_whatever_was_applied, 0,
                        PARTS);
    tcase_add_loop_test(
        small, allowed_ips_go_from_any_of_three_peers_to_any_other_whatever_was_applied, 0, PARTS);
    tcase_add_loop_test(small, what_the_file_does_not_mention_of_the_interface_is_left_alone, 0,
                        PARTS);
    tcase_add_test(small, a_value_that_is_not_mentioned_is_never_looked_at);
    tcase_add_test(small, a_device_changes_places_with_a_peer);
    suite_add_tcase(suite, small);

    TCase *pairs = tcase_create("pairs");
    tcase_add_unchecked_fixture(pairs, setup, NULL);
    tcase_set_timeout(pairs, getenv("WGCTL_PAIRS") ? 7 * 24 * 3600 : 120);
    tcase_add_loop_test(pairs, two_peers_of_any_kind_become_any_other_two, 0, PARTS);
    tcase_add_loop_test(pairs, three_peers_of_any_kind_become_any_other_three, 0, PARTS);
    suite_add_tcase(suite, pairs);
    return suite;
}

int main(void)
{
    return run_suite(plan_suite());
}
