/* Checks whether WireGuard behaves as the model predicts (unit/model.h): turns an interface
 * into one random device after another, and reads it back each time.
 *
 *     model INTERFACE SEED ROUNDS
 *
 * Prints how allowed IPs were removed. The interface must be down, because packets that it
 * sends could change its state. */
#include <stdio.h>

#include "changes.h"
#include "describe.h"
#include "device/wireguard.h"
#include "wireguard_messages.h"

#include <linux/genetlink.h>

enum { PEERS = 40, IDENTITIES = 3, ALLOWED_IPS = 800 };

static struct wgctl_key keys[PEERS + IDENTITIES]; /* the last ones belong to the identities */
static struct wgctl_key private_keys[IDENTITIES];
static union wgctl_sockaddr endpoints[3];
static struct wgctl_error err;

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, err.message);
    exit(EXIT_FAILURE);
}

/* ---- messages sent ---- */

static const struct wgctl_device *told; /* the device that the kernel is told to become */
static struct tally {
    size_t alone;  /* allowed IPs that were removed directly */
    size_t guests; /* throwaway peers, created to remove allowed IPs with them */
    size_t moves, removals, private_keys, own_keys, steps;
} tally;

static void count_peer(const struct nlattr *nest)
{
    const struct sent_peer peer = sent_peer(nest);
    const struct nlattr *item = NULL;
    tally.guests += !(peer.flags & WGPEER_F_UPDATE_ONLY) && !wgctl_device_find(told, &peer.key);
    while (peer.allowed_ips && (item = next_in(peer.allowed_ips, item)))
        tally.alone += sent_allowed_ip(item).flags == ALLOWEDIP_REMOVE_ME;
}

/* tests/CMakeLists.txt links it in place of libmnl's function. */
ssize_t __real_mnl_socket_sendto(const struct mnl_socket *socket, const void *data, size_t size);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *data, size_t size);

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *data, size_t size)
{
    const struct nlmsghdr *message = data;
    const struct genlmsghdr *generic = mnl_nlmsg_get_payload(message);
    const struct nlattr *attribute = NULL, *peer = NULL;
    size_t room;
    const void *all = wgctl_netlink_payload(message, sizeof *generic, &room);
    bool is_set = told && message->nlmsg_type > GENL_ID_CTRL && generic->cmd == WG_CMD_SET_DEVICE;
    while (is_set && (attribute = wgctl_attributes_next(all, room, attribute)))
        while (mnl_attr_get_type(attribute) == WGDEVICE_A_PEERS &&
               (peer = next_in(attribute, peer)))
            count_peer(peer);
    return __real_mnl_socket_sendto(socket, data, size);
}

/* ---- desired devices ---- */

static void make_identities(void)
{
    fill_keys(keys, PEERS);
    for (unsigned i = 0; i < IDENTITIES; i++) {
        private_keys[i] = key_of(200 + i);
        private_keys[i].bytes[0] &= 248; /* clamps it, as the kernel does */
        private_keys[i].bytes[31] = (private_keys[i].bytes[31] & 127) | 64;
        if (wgctl_key_public(&private_keys[i], &keys[PEERS + i], &err) < 0)
            fail("no public key");
    }
    static const char *const texts[] = {"192.0.2.1:51820", "[2001:db8::1]:51820", "192.0.2.2:1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct wgctl_endpoint endpoint;
        if (wgctl_endpoint_parse(wgctl_slice_of(texts[i]), 0, &endpoint, &err) < 0 ||
            wgctl_endpoint_resolve(&endpoint, &endpoints[i], &err) < 0)
            fail("no endpoint");
    }
}

static void change_interface(struct model *model, struct choice *choice)
{
    if (choose(choice, 3) == 0)
        model_set_private_key(model, &private_keys[choose(choice, IDENTITIES)]);
    if (choose(choice, 3) == 0)
        model->listen_port = (uint16_t)(51820 + choose(choice, 3));
    if (choose(choice, 3) == 0)
        model->fwmark = choose(choice, 3);
}

/* Adds a peer with the device's own key and another peer's allowed IPs. Files like this are
 * refused, so only this test covers it. */
static void add_own_key(const struct model *model, struct wgctl_device *wanted)
{
    struct wgctl_device_peer *own = wgctl_device_add_peer(wanted);
    if (!own)
        fail("no memory");
    own->public_key = model->public_key;
    own->keepalive = 7;
    struct wgctl_prefixes *list = &wanted->peers[0].allowed_ips;
    if (list->count > 0 &&
        wgctl_prefixes_add(&own->allowed_ips, &list->items[--list->count], &err) < 0)
        fail("no memory");
    wgctl_device_sort(wanted);
    tally.own_keys++;
}

static void make_wanted(const struct wgctl_device *running, struct choice *choice,
                        struct wgctl_device *ret)
{
    static const unsigned changes[] = {1, 2, 5, 20, 100};
    MODEL desired = {0};
    model_load(&desired, running);
    change_interface(&desired, choice);
    change(&desired, changes[choose(choice, sizeof changes / sizeof *changes)], choice);
    model_save(&desired, ret);
    if (desired.has_private_key && ret->peer_count > 0 && choose(choice, 4) == 0)
        add_own_key(&desired, ret);
}

/* ---- one round ---- */

/* Reads the device without its statistics. The kernel omits fields that are zero. */
static void read_device(const char *interface, struct wgctl_device *ret)
{
    if (wgctl_device_read(interface, ret, &err) < 0)
        fail("cannot read");
    ret->has_listen_port = ret->has_fwmark = true;
    for (size_t i = 0; i < ret->peer_count; i++)
        ret->peers[i].last_handshake = 0;
}

static void count_steps(const struct wgctl_plan *plan)
{
    tally.steps += plan->count;
    for (size_t i = 0; i < plan->count; i++) {
        tally.removals += plan->steps[i].op == WGCTL_REMOVE_ALLOWED_IP;
        tally.private_keys += plan->steps[i].op == WGCTL_SET_PRIVATE_KEY;
        tally.moves += plan->steps[i].op == WGCTL_ADD_ALLOWED_IP && plan->steps[i].was;
    }
}

static bool check_round(const char *interface, struct choice *choice)
{
    MODEL model = {0};
    WGCTL_DEVICE running = {0}, wanted = {0}, expected = {0}, now = {0};
    WGCTL_TEXT should = {0}, is = {0};
    WGCTL_PLAN plan = {0};
    read_device(interface, &running);
    make_wanted(&running, choice, &wanted);
    if (wgctl_plan_make(choose(choice, 2) ? &running : NULL, &wanted, &running, &plan, &err) < 0)
        fail("cannot plan");
    count_steps(&plan);
    model_load(&model, &running);
    for (size_t i = 0; i < plan.count; i++)
        model_step(&model, &wanted, &plan.steps[i]);
    model_save(&model, &expected);
    told = &wanted;
    if (wgctl_device_write(interface, &plan, NULL, &err) < 0)
        fail("cannot write");
    told = NULL;
    read_device(interface, &now);
    describe(&expected, &should);
    describe(&now, &is);
    if (wgctl_slice_equal(wgctl_text_slice_of(&should), wgctl_text_slice_of(&is)))
        return true;
    printf("The model:\n%s\nThe interface:\n%s\n", should.data, is.data);
    return false;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    unsigned rounds = (unsigned)strtoul(argv[3], NULL, 10);
    struct choice choice = {keys, PEERS + IDENTITIES,         ALLOWED_IPS, endpoints,
                            3,    strtoull(argv[2], NULL, 10)};
    if (wgctl_key_setup(&err) < 0)
        fail("cannot begin");
    make_identities();
    for (unsigned i = 0; i < rounds; i++)
        if (!check_round(argv[1], &choice)) {
            printf("They differ in round %u.\n", i);
            return EXIT_FAILURE;
        }
    printf("rounds=%u steps=%zu moves=%zu removals=%zu private_keys=%zu own_keys=%zu\n", rounds,
           tally.steps, tally.moves, tally.removals, tally.private_keys, tally.own_keys);
    printf("alone=%zu guests=%zu\n", tally.alone, tally.guests);
    return EXIT_SUCCESS;
}
