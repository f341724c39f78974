/* Changing a device in the kernel, with a model of the kernel that parses and executes the
 * messages: a new kernel, and one older than Linux 6.16. */
#include "base/netlink.h"
#include "changes.h"
#include "device/backend.h"
#include "netlink_double.h"
#include "plan_rules.h"
#include "wireguard_messages.h"

static struct wgctl_error err;
static union wgctl_sockaddr endpoints[3];

/* ---- the kernel ---- */

static struct kernel {
    bool is_old; /* cannot remove a single allowed IP */
    struct model model;
    const struct situation *situation; /* the plan being executed */
    const struct wgctl_plan *plan;
    size_t sets, refusals, guests, reported;
    bool has_guest; /* the throwaway peer exists */
    struct wgctl_key guest;
} kernel;

static void setup(void)
{
    ck_assert_int_eq(wgctl_key_setup(&err), WGCTL_OK);
    endpoints[1] = sockaddr_of("192.0.2.1:51820");
    endpoints[2] = sockaddr_of("[2001:db8::1]:51820");
}

/* Moves an allowed IP to the throwaway peer. It must not have a desired owner. */
static void give_guest(const struct wgctl_prefix *allowed_ip)
{
    require(kernel.situation, owner(kernel.situation->running, allowed_ip));
    require(kernel.situation, !owner(kernel.situation->wanted, allowed_ip));
    model_give(&kernel.model, &kernel.guest, allowed_ip);
}

static int obey_allowed_ip(const struct wgctl_key *key, const struct nlattr *nest)
{
    const struct sent_allowed_ip item = sent_allowed_ip(nest);
    const struct wgctl_key *has_it = model_owner(&kernel.model, &item.prefix);
    if (item.flags && kernel.is_old)
        return EINVAL;
    if (kernel.has_guest) {
        require(kernel.situation, !item.flags);
        give_guest(&item.prefix);
    } else if (item.flags) {
        require(kernel.situation, item.flags == ALLOWEDIP_REMOVE_ME);
        require(kernel.situation, has_it && same_key(has_it, key));
        model_take(&kernel.model, key, &item.prefix);
    } else {
        require(kernel.situation, !has_it || !same_key(has_it, key));
        model_give(&kernel.model, key, &item.prefix);
    }
    return 0;
}

/* Sets values, and checks that each of them is really a change. */
static void obey_values(const struct sent_peer *said, struct model_peer *peer)
{
    if (said->psk) {
        require(kernel.situation, !same_key(&peer->preshared_key, said->psk));
        peer->preshared_key = *said->psk;
    }
    if (said->endpoint.family != AF_UNSPEC) {
        require(kernel.situation, !wgctl_sockaddr_equal(&peer->endpoint, &said->endpoint));
        peer->endpoint = said->endpoint;
    }
    if (said->has_keepalive) {
        require(kernel.situation, peer->keepalive != said->keepalive);
        peer->keepalive = said->keepalive;
    }
}

static void forget_guest(void)
{
    kernel.has_guest = false;
    for (size_t i = 0; i < kernel.situation->running->peer_count; i++)
        for (size_t k = 0; k < kernel.situation->running->peers[i].allowed_ips.count; k++) {
            const struct wgctl_prefix *prefix =
                &kernel.situation->running->peers[i].allowed_ips.items[k];
            bool stays = find(kernel.situation->wanted,
                              &kernel.situation->running->peers[i].public_key) != NULL;
            /* The allowed IPs are removed with the peer. */
            require(kernel.situation, !stays || owner(kernel.situation->wanted, prefix) ||
                                          !model_owner(&kernel.model, prefix));
        }
}

static int obey_peer(const struct nlattr *nest)
{
    const struct sent_peer said = sent_peer(nest);
    struct model_peer *peer = model_peer(&kernel.model, &said.key);
    const struct nlattr *item = NULL;
    int rc = 0;
    require(kernel.situation, !(said.flags & WGPEER_F_REPLACE_ALLOWEDIPS));
    require(kernel.situation, !!(said.flags & WGPEER_F_UPDATE_ONLY) == (peer != NULL));
    require(kernel.situation, !kernel.has_guest || same_key(&kernel.guest, &said.key));
    if (!peer && !find(kernel.situation->wanted, &said.key)) {
        require(kernel.situation, kernel.is_old && kernel.refusals == 1 && said.allowed_ips);
        kernel.has_guest = true;
        kernel.guest = said.key;
        kernel.guests++;
    }
    if (said.flags & WGPEER_F_REMOVE_ME) {
        require(kernel.situation, !said.psk && !said.has_keepalive && !said.allowed_ips);
        model_remove(&kernel.model, &said.key);
        if (kernel.has_guest)
            forget_guest();
        return 0;
    }
    if (!peer)
        peer = model_add(&kernel.model, &said.key);
    require(kernel.situation, peer);
    obey_values(&said, peer);
    while (rc == 0 && said.allowed_ips && (item = next_in(said.allowed_ips, item)))
        rc = obey_allowed_ip(&said.key, item);
    return rc;
}

static int obey_all(const struct nlmsghdr *request)
{
    size_t size, said = 0;
    int rc = 0;
    const void *all = wgctl_netlink_payload(request, sizeof(struct genlmsghdr), &size);
    const struct nlattr *attribute = NULL, *peer = NULL;
    while (rc == 0 && (attribute = wgctl_attributes_next(all, size, attribute))) {
        uint16_t type = mnl_attr_get_type(attribute);
        said += type != WGDEVICE_A_IFNAME;
        /* Only the first message contains the device's own values. */
        require(kernel.situation,
                type == WGDEVICE_A_IFNAME || type == WGDEVICE_A_PEERS || kernel.sets == 0);
        if (type == WGDEVICE_A_LISTEN_PORT)
            kernel.model.listen_port = mnl_attr_get_u16(attribute);
        else if (type == WGDEVICE_A_FWMARK)
            kernel.model.fwmark = mnl_attr_get_u32(attribute);
        while (type == WGDEVICE_A_PEERS && rc == 0 && (peer = next_in(attribute, peer)))
            rc = obey_peer(peer);
    }
    require(kernel.situation, said > 0);
    return rc;
}

static int obey(const struct nlmsghdr *request)
{
    require(kernel.situation, request->nlmsg_len <= 4096);
    int rc = obey_all(request);
    check_owners(kernel.situation, &kernel.model);
    check_values(kernel.situation, &kernel.model);
    kernel.sets++;
    kernel.refusals += rc != 0;
    return rc;
}

/* ---- progress ---- */

static bool is_done(const struct wgctl_plan_step *step)
{
    if (step->op == WGCTL_ADD_PEER)
        return model_peer(&kernel.model, &step->peer->public_key) != NULL;
    if (step->op == WGCTL_REMOVE_PEER)
        return !model_peer(&kernel.model, &step->peer->public_key);
    if (!step->allowed_ip)
        return true;
    const struct wgctl_key *has_it = model_owner(&kernel.model, step->allowed_ip);
    bool is_the_peers = has_it && same_key(has_it, &step->peer->public_key);
    return is_the_peers == (step->op == WGCTL_ADD_ALLOWED_IP);
}

/* Only completed steps are reported, and the number never goes back. */
static void take_report(void *context, size_t done, size_t total)
{
    (void)context;
    require(kernel.situation, total == kernel.plan->count);
    require(kernel.situation, done <= total && done >= kernel.reported);
    for (size_t i = kernel.reported; i < done; i++)
        require(kernel.situation, is_done(&kernel.plan->steps[i]));
    kernel.reported = done;
}

/* ---- from one device to another ---- */

/* Returns the number of messages. */
static size_t carry_out(const struct situation *s, bool is_old)
{
    static struct wgctl_device result;
    const struct wgctl_progress progress = {.report = take_report};
    WGCTL_PLAN plan = {0};
    make(s, &plan);
    forget_exchanges();
    say_family(FAMILY);
    answer_request = obey;
    kernel.is_old = is_old;
    kernel.situation = s;
    kernel.plan = &plan;
    kernel.sets = kernel.refusals = kernel.guests = kernel.reported = 0;
    model_load(&kernel.model, s->running);
    int rc = wgctl_kernel_write("wg0", &plan, &progress, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
    bool removes = wgctl_plan_has(&plan, 0, plan.count, WGCTL_REMOVE_ALLOWED_IP);
    require(s, kernel.refusals == (is_old && removes));
    require(s, kernel.guests == kernel.refusals && !kernel.has_guest);
    require(s, kernel.reported == plan.count);
    model_save(&kernel.model, &result);
    check_result(s, &result);
    return kernel.sets;
}

/* ---- changes that need several messages ---- */

/* Gives a peer a number of allowed IPs of one family from a separate range. */
static void give_some(struct model *model, unsigned peer, uint8_t range, uint8_t family,
                      unsigned count)
{
    const struct wgctl_key key = key_of(peer);
    for (unsigned i = 0; i < count; i++) {
        struct wgctl_prefix prefix = {.family = family, .length = 32};
        memcpy(prefix.bytes, (uint8_t[]){range, (uint8_t)(i / 256), (uint8_t)i}, 3);
        model_give(model, &key, &prefix);
    }
}

static void set_all(struct model *model, unsigned number, unsigned kind)
{
    const struct wgctl_key key = key_of(number);
    struct model_peer *peer = model_add(model, &key);
    if (kind & 1)
        peer->preshared_key = key_of(200);
    if (kind & 2)
        peer->endpoint = endpoints[1 + number % 2];
    if (kind & 4)
        peer->keepalive = 25;
}

/* Makes peers that change, are added, lose allowed IPs, and are removed: of each kind more than
 * fit in one message. */
static void make_both(struct model *before, struct model *after)
{
    enum { EACH = 24 };
    for (unsigned i = 0; i < EACH; i++) {
        set_all(before, 10 + i, 0);
        set_all(after, 10 + i, i % 8);
        give_some(after, 10 + i, (uint8_t)(20 + i), i % 3 ? AF_INET : AF_INET6, i % 4);

        set_all(after, 50 + i, i % 8);
        give_some(after, 50 + i, (uint8_t)(50 + i), i % 3 ? AF_INET : AF_INET6, i % 5);

        set_all(before, 90 + i, 0);
        set_all(after, 90 + i, 0);
        give_some(before, 90 + i, (uint8_t)(80 + i), i % 3 ? AF_INET : AF_INET6, 1 + i % 7);

        set_all(before, 130 + i, 7);
        set_all(before, 170 + i, 7);
    }
}

/* The parts of a message are multiples of four bytes long. With this many IPv4 (28 bytes, or 36
 * if removed) and IPv6 parts (40 or 48) in front, the other parts are shifted by every multiple
 * of four up to the length of a message, so that each of them meets its end. */
enum { FOURS = 10, SIXES = 103 };

START_TEST(whatever_meets_the_end_of_a_message_goes_into_the_next_one)
{
    for (unsigned six = (unsigned)_i; six < SIXES; six += 4)
        for (unsigned four = 0; four < FOURS; four++) {
            MODEL before = {0}, after = {0};
            WGCTL_DEVICE running = {0}, wanted = {0};
            for (unsigned i = 1; i <= 2; i++) {
                set_all(&before, i, 0);
                set_all(&after, i, 0);
            }
            make_both(&before, &after);
            give_some(&after, 1, 1, AF_INET, four);
            give_some(&after, 1, 2, AF_INET6, six);
            give_some(&before, 2, 3, AF_INET, four);
            give_some(&before, 2, 4, AF_INET6, six);
            model_save(&before, &running);
            model_save(&after, &wanted);
            running.listen_port = 1;
            const struct situation s = {NULL, &wanted, &running, six * FOURS + four};
            for (int is_old = 0; is_old <= 1; is_old++)
                ck_assert_uint_gt(carry_out(&s, is_old), 4);
        }
}
END_TEST

START_TEST(two_thousand_allowed_ips_come_move_and_go)
{
    enum { MANY = 2000, NOBODY = 3 };
    for (unsigned from = 1; from <= NOBODY; from++)
        for (unsigned to = 1; to <= NOBODY; to++) {
            MODEL before = {0}, after = {0};
            WGCTL_DEVICE running = {0}, wanted = {0};
            for (unsigned i = 1; i <= 2; i++) {
                set_all(&before, i, 7);
                set_all(&after, i, 7);
            }
            if (from < NOBODY)
                give_some(&before, from, 1, AF_INET, MANY);
            if (to < NOBODY)
                give_some(&after, to, 1, AF_INET, MANY);
            model_save(&before, &running);
            model_save(&after, &wanted);
            const struct situation s = {NULL, &wanted, &running, from * 10 + to};
            for (int is_old = 0; is_old <= 1; is_old++) {
                size_t sets = carry_out(&s, is_old);
                ck_assert(from == to ? sets == 0 : sets > 12);
            }
        }
}
END_TEST

START_TEST(a_device_becomes_any_other_that_people_make_of_it)
{
    enum { PEERS = 100 };
    struct wgctl_key keys[PEERS];
    fill_keys(keys, PEERS);
    struct choice choice = {keys, PEERS, 400, endpoints, 3, (uint64_t)_i};
    for (unsigned round = 0; round < 10; round++) {
        MODEL before = {0}, after = {0};
        WGCTL_DEVICE running = {0}, wanted = {0};
        change(&before, 150, &choice);
        model_save(&before, &running);
        model_load(&after, &running);
        change(&after, round * round * 2, &choice);
        model_save(&after, &wanted);
        const struct situation s = {&running, &wanted, &running, round};
        for (int is_old = 0; is_old <= 1; is_old++)
            carry_out(&s, is_old);
    }
}
END_TEST

static Suite *kernel_suite(void)
{
    Suite *suite = suite_create("kernel, as a model");
    TCase *tests = tcase_create("several messages");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, whatever_meets_the_end_of_a_message_goes_into_the_next_one, 0, 4);
    tcase_add_test(tests, two_thousand_allowed_ips_come_move_and_go);
    tcase_add_loop_test(tests, a_device_becomes_any_other_that_people_make_of_it, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(kernel_suite());
}
