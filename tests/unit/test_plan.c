/* Plans, carried out on a model of a device. */
#include "device/plan.h"

#include "texts.h"

/* ---- the model: what a device makes of a plan's steps ---- */

/* How an allowed IP is taken away: with all of the peer's, or (since Linux 6.16) alone. */
enum removal { WHOLE_LIST, ONE_BY_ONE, REMOVALS };

static struct wgctl_device_peer *find(const struct wgctl_device *device,
                                      const struct wgctl_device_peer *like)
{
    for (size_t i = 0; device && like && i < device->peer_count; i++)
        if (wgctl_key_compare(&device->peers[i].public_key, &like->public_key) == 0)
            return &device->peers[i];
    return NULL;
}

static bool has(const struct wgctl_device_peer *peer, const struct wgctl_prefix *prefix)
{
    for (size_t i = 0; i < peer->allowed_ips.count; i++)
        if (wgctl_prefix_equal(&peer->allowed_ips.items[i], prefix))
            return true;
    return false;
}

static void take(struct wgctl_device_peer *peer, const struct wgctl_prefix *prefix)
{
    struct wgctl_prefixes *list = &peer->allowed_ips;
    for (size_t i = 0; i < list->count; i++)
        if (wgctl_prefix_equal(&list->items[i], prefix))
            list->items[i--] = list->items[--list->count];
}

/* The last peer that names an allowed IP has it. */
static void give(struct wgctl_device *device, struct wgctl_device_peer *peer,
                 const struct wgctl_prefix *prefix)
{
    struct wgctl_error err;
    for (size_t i = 0; i < device->peer_count; i++)
        take(&device->peers[i], prefix);
    if (wgctl_prefixes_add(&peer->allowed_ips, prefix, &err) < 0)
        ck_abort();
}

static void give_all(struct wgctl_device *device, struct wgctl_device_peer *peer,
                     const struct wgctl_prefixes *list)
{
    for (size_t i = 0; i < list->count; i++)
        give(device, peer, &list->items[i]);
}

static struct wgctl_device_peer *add(struct wgctl_device *device,
                                     const struct wgctl_device_peer *like)
{
    struct wgctl_device_peer *peer = wgctl_device_add_peer(device);
    *peer = *like;
    peer->allowed_ips = (struct wgctl_prefixes){0};
    give_all(device, peer, &like->allowed_ips);
    return peer;
}

static void remove_peer(struct wgctl_device *device, struct wgctl_device_peer *peer)
{
    wgctl_prefixes_clear(&peer->allowed_ips);
    *peer = device->peers[--device->peer_count];
}

static struct wgctl_device copy_of(const struct wgctl_device *device)
{
    struct wgctl_device copy = *device;
    copy.peers = NULL;
    copy.peer_count = copy.peer_capacity = 0;
    for (size_t i = 0; i < device->peer_count; i++)
        add(&copy, &device->peers[i]);
    return copy;
}

static void carry_out_device_step(const struct wgctl_device *wanted, enum wgctl_plan_op op,
                                  struct wgctl_device *device)
{
    if (op == WGCTL_SET_PRIVATE_KEY) {
        device->private_key = wanted->private_key;
        device->has_private_key = true;
    } else if (op == WGCTL_SET_LISTEN_PORT) {
        device->listen_port = wanted->listen_port;
    } else if (op == WGCTL_SET_FWMARK) {
        device->fwmark = wanted->fwmark;
    }
}

static void carry_out_step(const struct wgctl_plan_step *step, bool whole_list,
                           struct wgctl_device *device)
{
    struct wgctl_device_peer *peer = find(device, step->peer);
    if (step->op == WGCTL_ADD_PEER)
        add(device, step->peer);
    else if (step->op == WGCTL_REMOVE_PEER)
        remove_peer(device, peer);
    else if (step->op == WGCTL_SET_PRESHARED_KEY)
        peer->preshared_key = step->peer->preshared_key;
    else if (step->op == WGCTL_SET_ENDPOINT)
        peer->endpoint = step->peer->endpoint;
    else if (step->op == WGCTL_SET_KEEPALIVE)
        peer->keepalive = step->peer->keepalive;
    else if (step->op == WGCTL_ADD_ALLOWED_IP && !whole_list)
        give(device, peer, step->allowed_ip);
    else if (step->op == WGCTL_REMOVE_ALLOWED_IP && !whole_list)
        take(peer, step->allowed_ip);
}

static void carry_out(const struct wgctl_plan *plan, enum removal removal,
                      struct wgctl_device *device)
{
    size_t i = 0;
    for (; i < plan->count && !plan->steps[i].peer; i++)
        carry_out_device_step(plan->wanted, plan->steps[i].op, device);
    while (i < plan->count) {
        size_t end = wgctl_plan_peer_end(plan, i);
        const struct wgctl_device_peer *like = plan->steps[i].peer;
        bool whole_list =
            removal == WHOLE_LIST && wgctl_plan_has(plan, i, end, WGCTL_REMOVE_ALLOWED_IP);
        for (; i < end; i++)
            carry_out_step(&plan->steps[i], whole_list, device);
        if (!whole_list)
            continue;
        struct wgctl_device_peer *peer = find(device, like);
        peer->allowed_ips.count = 0;
        give_all(device, peer, &like->allowed_ips);
    }
}

/* ---- what must hold of every plan ---- */

/* A case: what was applied (NULL: not known), what is wanted, what runs. All sorted. */
struct situation {
    const struct wgctl_device *applied, *wanted, *running;
    unsigned number; /* for the message */
};

/* ck_assert() writes a note to the parent each time: a million would take minutes. */
#define require(situation, condition)                                             \
    do {                                                                          \
        if (!(condition))                                                         \
            ck_abort_msg("in situation %u: %s", (situation)->number, #condition); \
    } while (0)

static void make(const struct situation *s, const struct wgctl_device *running,
                 struct wgctl_plan *ret)
{
    struct wgctl_error err;
    if (wgctl_plan_make(s->applied, s->wanted, running, ret, &err) < 0)
        ck_abort_msg("%s", err.message);
}

/* The rule of plan.h. */
static bool endpoint_is_to_be_set(const struct situation *s, const struct wgctl_device_peer *wanted,
                                  const struct wgctl_device_peer *running)
{
    const struct wgctl_device_peer *applied = find(s->applied, wanted);
    if (wanted->endpoint.ss_family == AF_UNSPEC ||
        wgctl_sockaddr_equal(&wanted->endpoint, &running->endpoint))
        return false;
    return applied ? !wgctl_sockaddr_equal(&wanted->endpoint, &applied->endpoint)
                   : running->last_handshake == 0;
}

/* Whether what the step names differs from what runs. */
static bool step_is_needed(const struct situation *s, const struct wgctl_plan_step *step)
{
    const struct wgctl_device_peer *want = find(s->wanted, step->peer);
    const struct wgctl_device_peer *have = find(s->running, step->peer);
    switch (step->op) {
    case WGCTL_SET_PRIVATE_KEY:
        return s->wanted->has_private_key &&
               !(s->running->has_private_key &&
                 wgctl_key_equal(&s->wanted->private_key, &s->running->private_key));
    case WGCTL_SET_LISTEN_PORT:
        return s->wanted->has_listen_port && s->wanted->listen_port &&
               s->wanted->listen_port != s->running->listen_port;
    case WGCTL_SET_FWMARK:
        return s->wanted->has_fwmark && s->wanted->fwmark != s->running->fwmark;
    case WGCTL_REMOVE_PEER:
        return have && !want;
    case WGCTL_ADD_PEER:
        return want && !have;
    case WGCTL_SET_PRESHARED_KEY:
        return want && have && !wgctl_key_equal(&want->preshared_key, &have->preshared_key);
    case WGCTL_SET_ENDPOINT:
        return want && have && endpoint_is_to_be_set(s, want, have);
    case WGCTL_SET_KEEPALIVE:
        return want && have && want->keepalive != have->keepalive;
    case WGCTL_ADD_ALLOWED_IP:
        return want && have && has(want, step->allowed_ip) && !has(have, step->allowed_ip);
    case WGCTL_REMOVE_ALLOWED_IP:
        return want && have && !has(want, step->allowed_ip) && has(have, step->allowed_ip);
    }
    return false;
}

static void check_steps(const struct situation *s, const struct wgctl_plan *plan)
{
    require(s, plan->wanted == s->wanted);
    for (size_t i = 0; i < plan->count; i++) {
        const struct wgctl_plan_step *step = &plan->steps[i];
        require(s, step_is_needed(s, step));
        require(s, (step->op <= WGCTL_SET_FWMARK) == !step->peer);
        require(s, (step->op >= WGCTL_ADD_ALLOWED_IP) == (step->allowed_ip != NULL));
        /* Removals first: what a peer gives up is free when another takes it. */
        require(s, step->op != WGCTL_REMOVE_PEER || i == 0 ||
                       plan->steps[i - 1].op <= WGCTL_REMOVE_PEER);
        bool begins = i == 0 || plan->steps[i - 1].peer != step->peer;
        for (size_t k = 0; begins && k < i; k++) {
            const struct wgctl_device_peer *before = plan->steps[k].peer;
            require(s, step->peer); /* the device's own steps come first */
            require(s, !before || wgctl_key_compare(&before->public_key, &step->peer->public_key));
        }
    }
}

static void check_peer(const struct situation *s, const struct wgctl_device_peer *now,
                       const struct wgctl_device_peer *want)
{
    const struct wgctl_device_peer *before = find(s->running, want);
    const struct wgctl_device_peer *endpoint_of_which =
        before && !endpoint_is_to_be_set(s, want, before) ? before : want;
    require(s, wgctl_key_equal(&now->public_key, &want->public_key));
    require(s, wgctl_key_equal(&now->preshared_key, &want->preshared_key));
    require(s, now->keepalive == want->keepalive);
    require(s, wgctl_sockaddr_equal(&now->endpoint, &endpoint_of_which->endpoint));
    require(s, now->last_handshake == (before ? before->last_handshake : 0));
    require(s, now->allowed_ips.count == want->allowed_ips.count);
    for (size_t i = 0; i < want->allowed_ips.count; i++)
        require(s, wgctl_prefix_equal(&now->allowed_ips.items[i], &want->allowed_ips.items[i]));
}

static void check_result(const struct situation *s, const struct wgctl_device *now)
{
    const struct wgctl_device *key = s->wanted->has_private_key ? s->wanted : s->running;
    /* A wanted port of 0 is any. */
    const struct wgctl_device *port =
        s->wanted->has_listen_port && s->wanted->listen_port ? s->wanted : s->running;
    const struct wgctl_device *mark = s->wanted->has_fwmark ? s->wanted : s->running;
    require(s, now->has_private_key == key->has_private_key);
    require(s, wgctl_key_equal(&now->private_key, &key->private_key));
    require(s, now->listen_port == port->listen_port);
    require(s, now->fwmark == mark->fwmark);
    require(s, now->peer_count == s->wanted->peer_count);
    for (size_t i = 0; i < now->peer_count; i++)
        check_peer(s, &now->peers[i], &s->wanted->peers[i]);
}

/* Neither for the same files nor for a commit right after this one. */
static void check_nothing_is_left(const struct situation *s, const struct wgctl_device *now)
{
    const struct situation after = {s->wanted, s->wanted, now, s->number};
    WGCTL_PLAN same = {0}, next = {0};
    make(s, now, &same);
    make(&after, now, &next);
    require(s, same.count == 0);
    require(s, next.count == 0);
}

static void check(const struct situation *s)
{
    WGCTL_PLAN plan = {0};
    make(s, s->running, &plan);
    check_steps(s, &plan);
    for (enum removal removal = WHOLE_LIST; removal < REMOVALS; removal++) {
        WGCTL_DEVICE now = copy_of(s->running);
        carry_out(&plan, removal, &now);
        wgctl_device_sort(&now);
        check_result(s, &now);
        check_nothing_is_left(s, &now);
    }
}

/* ---- everything in the small ---- */

static struct sockaddr_storage endpoints[3]; /* the first: none */
static struct wgctl_prefix prefixes[2];

static void setup(void)
{
    endpoints[1] = sockaddr_of("192.0.2.1:51820");
    endpoints[2] = sockaddr_of("[2001:db8::1]:51820");
    prefixes[0] = prefix_of("10.0.0.2/32");
    prefixes[1] = prefix_of("fd00::/64");
}

/* A number's last digit, which goes. */
static unsigned digit(unsigned *number, unsigned base)
{
    unsigned last = *number % base;
    *number /= base;
    return last;
}

/* Each peer is absent or of one of these kinds; each allowed IP is nobody's or a peer's. */
struct shape {
    unsigned peers, psks, keepalives, endpoints;
};

static unsigned states_of(const struct shape *shape)
{
    unsigned states = (shape->peers + 1) * (shape->peers + 1);
    for (unsigned i = 0; i < shape->peers; i++)
        states *= 1 + shape->psks * shape->keepalives * shape->endpoints;
    return states;
}

/* False where the state's number gives an allowed IP to a peer that is absent. */
static bool device_of(const struct shape *shape, unsigned state, struct wgctl_device *ret)
{
    unsigned owners[2] = {digit(&state, shape->peers + 1), digit(&state, shape->peers + 1)};
    for (unsigned i = 0; i < shape->peers; i++) {
        unsigned kind = digit(&state, 1 + shape->psks * shape->keepalives * shape->endpoints);
        if (kind-- == 0) {
            if (owners[0] == i + 1 || owners[1] == i + 1)
                return false;
            continue;
        }
        struct wgctl_device_peer *peer = wgctl_device_add_peer(ret);
        peer->public_key = key_of(i);
        if (digit(&kind, shape->psks))
            peer->preshared_key = key_of(100);
        peer->keepalive = digit(&kind, shape->keepalives) ? 25 : 0;
        peer->endpoint = endpoints[digit(&kind, shape->endpoints)];
        for (unsigned k = 0; k < 2; k++)
            if (owners[k] == i + 1)
                give(ret, peer, &prefixes[k]);
    }
    wgctl_device_sort(ret);
    return true;
}

enum { PARTS = 16 }; /* of the wanted states: each in a process of its own */

static void check_every_pair(const struct shape *shape, unsigned part)
{
    enum { MOST = 1000 };
    static struct wgctl_device devices[MOST];
    unsigned states = states_of(shape), count = 0, checked = 0;
    ck_assert_uint_le(states, MOST);
    for (unsigned i = 0; i < states; i++) {
        WGCTL_DEVICE device = {0};
        if (device_of(shape, i, &device)) {
            devices[count++] = device;
            device = (struct wgctl_device){0};
        }
    }
    for (unsigned w = part; w < count; w += PARTS)
        for (unsigned r = 0; r < count; r++, checked++)
            check(&(struct situation){NULL, &devices[w], &devices[r], w * count + r});
    ck_assert_uint_gt(checked, 0);
    for (unsigned i = 0; i < count; i++)
        wgctl_device_clear(&devices[i]);
}

START_TEST(one_peer_of_any_kind_becomes_any_other)
{
    check_every_pair(&(struct shape){.peers = 1, .psks = 2, .keepalives = 2, .endpoints = 3},
                     (unsigned)_i);
}
END_TEST

START_TEST(two_peers_of_any_kind_become_any_other_two)
{
    check_every_pair(&(struct shape){.peers = 2, .psks = 2, .keepalives = 2, .endpoints = 2},
                     (unsigned)_i);
}
END_TEST

START_TEST(allowed_ips_go_from_any_of_three_peers_to_any_other)
{
    check_every_pair(&(struct shape){.peers = 3, .psks = 2, .keepalives = 1, .endpoints = 1},
                     (unsigned)_i);
}
END_TEST

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
    enum { STATES = 3 * 3 * 3 };
    for (unsigned w = 0; w < STATES; w++)
        for (unsigned r = 0; r < STATES; r++) {
            struct wgctl_device wanted = interface_of(w), running = interface_of(r);
            check(&(struct situation){NULL, &wanted, &running, w * STATES + r});
        }
}
END_TEST

/* What is in a field that is not mentioned does not matter. */
START_TEST(a_value_that_is_not_mentioned_is_never_looked_at)
{
    struct wgctl_device running = interface_of(26);
    struct wgctl_device wanted = {.private_key = key_of(9), .listen_port = 9, .fwmark = 9};
    check(&(struct situation){NULL, &wanted, &running, 0});
    WGCTL_PLAN plan = {0};
    struct wgctl_error err;
    ck_assert_int_eq(wgctl_plan_make(NULL, &wanted, &running, &plan, &err), WGCTL_OK);
    ck_assert_uint_eq(plan.count, 0);
}
END_TEST

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
    make(&s, &running, &plan);
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
        check(&(struct situation){applied[i] == UNKNOWN ? NULL : &before, &wanted, &running,
                                  (unsigned)i});
    }
}
END_TEST

/* ---- groups ---- */

START_TEST(the_steps_of_a_peer_are_found_as_one_group)
{
    struct wgctl_device_peer a = {0}, b = {0};
    struct wgctl_plan_step steps[] = {
        {WGCTL_SET_LISTEN_PORT, NULL, NULL}, {WGCTL_SET_FWMARK, NULL, NULL},
        {WGCTL_REMOVE_PEER, &a, NULL},       {WGCTL_SET_KEEPALIVE, &b, NULL},
        {WGCTL_ADD_ALLOWED_IP, &b, NULL},    {WGCTL_ADD_ALLOWED_IP, &b, NULL},
    };
    const struct wgctl_plan plan = {.steps = steps, .count = sizeof steps / sizeof *steps};
    ck_assert_uint_eq(wgctl_plan_peer_end(&plan, 0), 2);
    ck_assert_uint_eq(wgctl_plan_peer_end(&plan, 2), 3);
    ck_assert_uint_eq(wgctl_plan_peer_end(&plan, 3), 6);
    ck_assert_uint_eq(wgctl_plan_peer_end(&plan, 5), 6);
    ck_assert(wgctl_plan_has(&plan, 2, 3, WGCTL_REMOVE_PEER));
    ck_assert(!wgctl_plan_has(&plan, 3, 6, WGCTL_REMOVE_PEER));
    ck_assert(wgctl_plan_has(&plan, 3, 6, WGCTL_ADD_ALLOWED_IP));
    ck_assert(!wgctl_plan_has(&plan, 3, 4, WGCTL_ADD_ALLOWED_IP));
    ck_assert(!wgctl_plan_has(&plan, 3, 3, WGCTL_SET_KEEPALIVE));
}
END_TEST

/* ---- at random in the large ---- */

enum { PEERS = 60, ADDRESSES = 200 };

static struct wgctl_prefix address_of(unsigned number)
{
    struct wgctl_prefix prefix = {.family = AF_INET, .length = 32};
    prefix.bytes[0] = 10;
    prefix.bytes[2] = (uint8_t)(number / 100);
    prefix.bytes[3] = (uint8_t)(number % 100);
    if (number % 3 == 0) {
        prefix.family = AF_INET6;
        prefix.length = (uint8_t)(64 + number % 2 * 64);
    }
    return prefix;
}

static void change_peer(struct wgctl_device_peer *peer, uint64_t *numbers)
{
    if (next_number(numbers) % 4 == 0)
        peer->preshared_key = key_of(next_number(numbers) % 3);
    if (next_number(numbers) % 4 == 0)
        peer->keepalive = (uint16_t)(next_number(numbers) % 3);
    if (next_number(numbers) % 4 == 0)
        peer->endpoint = endpoints[next_number(numbers) % 3];
}

/* Peers come, go and change; addresses move. */
static void change(struct wgctl_device *device, unsigned changes, uint64_t *numbers)
{
    for (unsigned i = 0; i < changes; i++) {
        struct wgctl_device_peer like = {.public_key = key_of(next_number(numbers) % PEERS)};
        struct wgctl_device_peer *peer = find(device, &like);
        struct wgctl_prefix address = address_of(next_number(numbers) % ADDRESSES);
        if (!peer)
            peer = add(device, &like);
        if (next_number(numbers) % 8 == 0) {
            remove_peer(device, peer);
            continue;
        }
        change_peer(peer, numbers);
        if (next_number(numbers) % 4 == 0)
            take(peer, &address);
        else
            give(device, peer, &address);
    }
    wgctl_device_sort(device);
}

static void live(struct wgctl_device *device, uint64_t *numbers)
{
    for (size_t i = 0; i < device->peer_count; i++) {
        if (next_number(numbers) % 2 == 0)
            continue;
        device->peers[i].last_handshake = 1700000000 + (int64_t)i;
        device->peers[i].endpoint = endpoints[next_number(numbers) % 3];
    }
}

START_TEST(a_large_device_that_drifted_becomes_what_is_wanted)
{
    uint64_t numbers = (uint64_t)_i;
    for (unsigned round = 0; round < 8; round++) {
        WGCTL_DEVICE applied = {0};
        change(&applied, 300, &numbers);
        WGCTL_DEVICE wanted = copy_of(&applied), running = copy_of(&applied);
        change(&wanted, round * 10, &numbers);
        live(&running, &numbers);
        check(&(struct situation){round % 3 ? &applied : NULL, &wanted, &running, round});
    }
}
END_TEST

static Suite *plan_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *small = tcase_create("small");
    tcase_add_unchecked_fixture(small, setup, NULL);
    tcase_add_loop_test(small, one_peer_of_any_kind_becomes_any_other, 0, PARTS);
    tcase_add_loop_test(small, two_peers_of_any_kind_become_any_other_two, 0, PARTS);
    tcase_add_loop_test(small, allowed_ips_go_from_any_of_three_peers_to_any_other, 0, PARTS);
    tcase_add_test(small, what_the_file_does_not_mention_of_the_interface_is_left_alone);
    tcase_add_test(small, a_value_that_is_not_mentioned_is_never_looked_at);
    suite_add_tcase(suite, small);

    TCase *endpoint = tcase_create("endpoint");
    tcase_add_unchecked_fixture(endpoint, setup, NULL);
    tcase_add_loop_test(endpoint,
                        an_endpoint_is_set_only_where_the_file_changed_it_or_none_can_have_roamed,
                        0, ENDPOINT_CASES);
    tcase_add_test(endpoint, a_new_peer_has_the_files_endpoint_whatever_was_applied);
    suite_add_tcase(suite, endpoint);

    TCase *large = tcase_create("large");
    tcase_add_unchecked_fixture(large, setup, NULL);
    tcase_add_test(large, the_steps_of_a_peer_are_found_as_one_group);
    tcase_add_loop_test(large, a_large_device_that_drifted_becomes_what_is_wanted, 0, 20);
    suite_add_tcase(suite, large);
    return suite;
}

int main(void)
{
    return run_suite(plan_suite());
}
