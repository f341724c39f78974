/* What of a device needs no plan: the peers that run just as the file wants them. */
#include "changes.h"
#include "plan_rules.h"
#include "servers.h"
#include "tunnel/state.h"

static struct wgctl_error err;

/* ---- one peer ---- */

#define KEY_OF_1 "JjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1plcHs="
#define KEY_OF_2 "S1ZhbHeCjZijrrnEz9rl8PsGERwnMj1IU15pdH+KlaA="
#define INTERFACE "[Interface]\n"
#define PEER "[Peer]\nPublicKey = " KEY_OF_1 "\n"

static const struct {
    const char *file;
    bool is_met;
    const char *because;
} beside_a_peer[] = {
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.2, 10.0.0.1\n",
     true, "all is the same, in the order of the file"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.1, 10.0.0.2\n",
     true, "all is the same, in the order of the networks"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.2, 10.0.0.1\nEndpoint = 192.0.2.1:1\n",
     false, "where the endpoint comes from has to be known"},
    {INTERFACE PEER "PersistentKeepalive = 25\nAllowedIPs = 10.0.0.2, 10.0.0.1\n", false,
     "the file has no preshared key"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_1 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.2, 10.0.0.1\n",
     false, "the file has another preshared key"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 24\n"
                    "AllowedIPs = 10.0.0.2, 10.0.0.1\n",
     false, "the file has another keepalive"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.2\n",
     false, "the file has an allowed IP less"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.1, 10.0.0.2, 10.0.0.3\n",
     false, "the file has an allowed IP more"},
    {INTERFACE PEER "PresharedKey = " KEY_OF_2 "\nPersistentKeepalive = 25\n"
                    "AllowedIPs = 10.0.0.1, 10.0.0.3\n",
     false, "the file has another allowed IP"},
    {INTERFACE "#- [Peer]\n#- PublicKey = " KEY_OF_1 "\n", false, "the file's is disabled"},
    {INTERFACE "[Peer]\nPublicKey = " KEY_OF_2 "\n", false, "the file has another peer"},
    {INTERFACE, false, "the file has none"},
};
enum { BESIDE_A_PEER = sizeof beside_a_peer / sizeof *beside_a_peer };

static void fill_peer(struct wgctl_device_peer *ret)
{
    *ret = (struct wgctl_device_peer){
        .public_key = key_from(KEY_OF_1), .preshared_key = key_from(KEY_OF_2), .keepalive = 25};
    ck_assert_int_eq(
        wgctl_prefixes_parse(&ret->allowed_ips, wgctl_slice_of("10.0.0.2/32, 10.0.0.1/32"), &err),
        WGCTL_OK);
}

START_TEST(a_peer_is_left_out_only_where_all_is_as_the_file_says)
{
    WGCTL_SERVER server = server_of(beside_a_peer[_i].file);
    WGCTL_WISH wish = {0};
    struct wgctl_device_peer peer;
    fill_peer(&peer);
    ck_assert_int_eq(wgctl_wish_make(&server, &wish, &err), WGCTL_OK);
    const struct wgctl_device_filter filter = wgctl_wish_filter(&wish);
    filter.start(filter.context);
    ck_assert(!wgctl_wish_is_met(&wish, &peer.public_key, 0));
    ck_assert_msg(filter.leaves_out(&peer, filter.context) == beside_a_peer[_i].is_met, "%s",
                  beside_a_peer[_i].because);
    ck_assert(wgctl_wish_is_met(&wish, &peer.public_key, 7) == beside_a_peer[_i].is_met);
    /* A dump that was interrupted counts for nothing. */
    filter.start(filter.context);
    ck_assert(!wgctl_wish_is_met(&wish, &peer.public_key, 0));
    wgctl_prefixes_clear(&peer.allowed_ips);
}
END_TEST

/* ---- the whole ---- */

static void write_peer(const struct wgctl_device_peer *peer, bool enabled, struct wgctl_text *ret)
{
    const char *mark = enabled ? "" : "#- ";
    char key[WGCTL_KEY_TEXT_SIZE], endpoint[WGCTL_ENDPOINT_TEXT_SIZE];
    wgctl_text_format(ret, "%s[Peer]\n%sPublicKey = %s\n", mark, mark,
                      wgctl_key_format(&peer->public_key, key));
    if (!wgctl_key_is_zero(&peer->preshared_key))
        wgctl_text_format(ret, "%sPresharedKey = %s\n", mark,
                          wgctl_key_format(&peer->preshared_key, key));
    if (peer->keepalive)
        wgctl_text_format(ret, "%sPersistentKeepalive = %u\n", mark, peer->keepalive);
    if (peer->endpoint.family != AF_UNSPEC)
        wgctl_text_format(ret, "%sEndpoint = %s\n", mark,
                          wgctl_sockaddr_format(&peer->endpoint, endpoint));
    if (peer->allowed_ips.count > 0) {
        wgctl_text_format(ret, "%sAllowedIPs = ", mark);
        wgctl_prefixes_format(&peer->allowed_ips, ret);
        wgctl_text_string(ret, "\n");
    }
}

/* A file that wants it, in one order or the other, with peers in between that are disabled. */
static struct wgctl_server file_of(const struct wgctl_device *device, struct choice *choice)
{
    WGCTL_TEXT text = {0};
    bool backwards = choose(choice, 2) == 0;
    wgctl_text_format(&text, INTERFACE "ListenPort = %u\n", device->listen_port);
    for (size_t i = 0; i < device->peer_count; i++) {
        const struct wgctl_device_peer *peer =
            &device->peers[backwards ? device->peer_count - 1 - i : i];
        if (choose(choice, 8) == 0)
            write_peer(&device->peers[0], false, &text);
        write_peer(peer, true, &text);
    }
    return server_of(text.data);
}

struct planned {
    struct wgctl_wish wish;
    struct wgctl_device applied, wanted, running;
    struct wgctl_plan plan;
};

static void clear_planned(struct planned *planned)
{
    wgctl_plan_clear(&planned->plan);
    wgctl_device_clear(&planned->applied);
    wgctl_device_clear(&planned->wanted);
    wgctl_device_clear(&planned->running);
    wgctl_wish_clear(&planned->wish);
}
#define PLANNED __attribute__((cleanup(clear_planned))) struct planned

static void take(const struct wgctl_device_peer *peer, const struct wgctl_device_filter *filter,
                 struct wgctl_device *ret)
{
    struct wgctl_device_peer copy = *peer;
    copy.allowed_ips = (struct wgctl_prefixes){0};
    ck_assert_int_eq(wgctl_prefixes_add_all(&copy.allowed_ips, &peer->allowed_ips, &err), WGCTL_OK);
    if (filter && filter->leaves_out(&copy, filter->context))
        wgctl_prefixes_clear(&copy.allowed_ips);
    else
        *wgctl_device_add_peer(ret) = copy;
}

/* Plans with all that runs, or without what `filters` leaves out. */
static void plan_it(const struct wgctl_server *applied, const struct wgctl_server *server,
                    const struct wgctl_device *running, bool filters, struct planned *ret)
{
    ck_assert_int_eq(wgctl_wish_make(server, &ret->wish, &err), WGCTL_OK);
    const struct wgctl_device_filter filter = wgctl_wish_filter(&ret->wish);
    ret->running.has_listen_port = true;
    ret->running.listen_port = running->listen_port;
    filter.start(filter.context);
    for (size_t i = 0; i < running->peer_count; i++)
        take(&running->peers[i], filters ? &filter : NULL, &ret->running);
    wgctl_device_sort(&ret->running);
    int rc = wgctl_device_wanted(server, &ret->wish, applied, &ret->running, &ret->wanted, &err);
    if (rc == WGCTL_OK && applied)
        rc = wgctl_device_wanted(applied, &ret->wish, applied, NULL, &ret->applied, &err);
    if (rc == WGCTL_OK)
        rc = wgctl_plan_make(applied ? &ret->applied : NULL, &ret->wanted, &ret->running,
                             &ret->plan, &err);
    ck_assert_msg(rc == WGCTL_OK, "%s", err.message);
}

static bool same_peer(const struct wgctl_device_peer *a, const struct wgctl_device_peer *b)
{
    return !a == !b && (!a || same_key(&a->public_key, &b->public_key));
}

static bool same_step(const struct wgctl_plan_step *a, const struct wgctl_plan_step *b)
{
    return a->op == b->op && a->is_drift == b->is_drift && same_peer(a->peer, b->peer) &&
           same_peer(a->was, b->was) && !a->allowed_ip == !b->allowed_ip &&
           (!a->allowed_ip || same_prefix(a->allowed_ip, b->allowed_ip));
}

/* What is left out would not have been named in any step. */
static void check_left_out(const struct planned *all, const struct planned *few)
{
    ck_assert_uint_eq(all->plan.count, few->plan.count);
    for (size_t i = 0; i < all->plan.count; i++)
        ck_assert_msg(same_step(&all->plan.steps[i], &few->plan.steps[i]), "step %zu", i);
    for (size_t i = 0; i < few->running.peer_count; i++)
        ck_assert(!wgctl_wish_is_met(&few->wish, &few->running.peers[i].public_key, i));
}

START_TEST(the_plan_is_the_same_without_what_runs_as_it_is_to)
{
    static const unsigned changes[] = {0, 1, 3, 10, 40};
    enum { SIZES = sizeof changes / sizeof *changes, PEERS = 30 };
    const union wgctl_sockaddr endpoints[] = {{0}, {0}, {0}, sockaddr_of("192.0.2.1:51820")};
    struct wgctl_key keys[PEERS];
    size_t left_out = 0;
    fill_keys(keys, PEERS);
    struct choice choice = {keys, PEERS, 100, endpoints, 4, (uint64_t)_i};
    for (unsigned number = 0; number < SIZES * SIZES; number++) {
        MODEL first = {0}, second = {0}, now = {0};
        WGCTL_DEVICE applied = {0}, wanted = {0}, running = {0};
        PLANNED all = {0}, few = {0};
        change(&first, 60, &choice);
        model_save(&first, &applied);
        model_load(&second, &applied);
        change(&second, changes[number / SIZES], &choice);
        model_save(&second, &wanted);
        model_load(&now, choose(&choice, 2) ? &applied : &wanted);
        change(&now, changes[number % SIZES], &choice);
        model_save(&now, &running);
        WGCTL_SERVER before = file_of(&applied, &choice), server = file_of(&wanted, &choice);
        const struct wgctl_server *known = choose(&choice, 4) ? &before : NULL;
        plan_it(known, &server, &running, false, &all);
        plan_it(known, &server, &running, true, &few);
        check_left_out(&all, &few);
        left_out += running.peer_count - few.running.peer_count;
    }
    ck_assert_uint_gt(left_out, 0);
}
END_TEST

static Suite *wish_suite(void)
{
    enum { SEEDS = 40 };
    Suite *suite = suite_create("wish");
    TCase *tests = tcase_create("wish");
    tcase_add_loop_test(tests, a_peer_is_left_out_only_where_all_is_as_the_file_says, 0,
                        BESIDE_A_PEER);
    tcase_add_loop_test(tests, the_plan_is_the_same_without_what_runs_as_it_is_to, 0, SEEDS);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(wish_suite());
}
