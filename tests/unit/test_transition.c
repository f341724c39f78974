/* Every transition of a small world: its steps lead from what runs to what the file wants, they
 * touch nothing that others made, and each prefix of them can be undone. */
#include "conf/server_read.h"
#include "run/private.h"
#include "texts.h"

static struct wgctl_error err;

/* ---- the world ---- */

/* What an interface can have here, a bit each. */
enum thing {
    OWN4 = 1 << 0, /* 10.0.0.1/24 */
    OWN6 = 1 << 1, /* fd00::1/64 */
    FOREIGN_ADDRESS = 1 << 2,
    INSIDE = 1 << 3, /* a route to 10.0.0.2/32, which is in OWN4's network */
    LAN = 1 << 4,    /* a route to 192.168.5.0/24 */
    DEFAULT4 = 1 << 5,
    DEFAULT6 = 1 << 6,
    FOREIGN_ROUTE = 1 << 7,
    RULES4 = 1 << 8,
    RULES6 = 1 << 9,
    ROUTES4 = INSIDE | LAN | DEFAULT4 | FOREIGN_ROUTE,
    ROUTES6 = DEFAULT6,
};
static const struct {
    enum thing thing;
    const char *text;
} addresses[] = {{OWN4, "10.0.0.1/24"}, {OWN6, "fd00::1/64"}, {FOREIGN_ADDRESS, "172.16.0.1/32"}},
  networks[] = {{INSIDE, "10.0.0.2/32"},
                {LAN, "192.168.5.0/24"},
                {DEFAULT4, "0.0.0.0/0"},
                {DEFAULT6, "::/0"},
                {FOREIGN_ROUTE, "172.17.0.0/16"}};
enum { ADDRESSES = 3, NETWORKS = 5, MARK = 51820 };

/* All that a transition can change. */
struct world {
    bool exists, is_set_up;
    unsigned things;
    unsigned wrote; /* which configuration the device has; 0: none */
    uint32_t mtu;
    char dns[16];
    char ran[8][16]; /* commands, in order, without those that were undone */
    size_t ran_count;
};

static enum thing thing_of(const struct wgctl_prefix *prefix)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    wgctl_prefix_format(prefix, text);
    for (size_t i = 0; i < ADDRESSES; i++)
        if (strcmp(addresses[i].text, text) == 0)
            return addresses[i].thing;
    for (size_t i = 0; i < NETWORKS; i++)
        if (strcmp(networks[i].text, text) == 0)
            return networks[i].thing;
    ck_abort_msg("%s is not of this world", text);
}

static struct wgctl_prefix prefix_from(const char *text)
{
    struct wgctl_prefix prefix;
    ck_assert_int_eq(wgctl_prefix_parse(wgctl_slice_of(text), &prefix, &err), WGCTL_OK);
    return prefix;
}

/* ---- configurations ---- */

/* One is a number: which networks, which addresses, routes or not, and two sets of the rest. */
enum { CONFIGURATIONS = 4 * 3 * 2 * 2 };

struct configuration {
    unsigned number; /* from 1 */
    struct wgctl_server server;
    struct wgctl_state state;
};

static struct configuration configurations[CONFIGURATIONS];

static void make_configuration(unsigned number, struct configuration *ret)
{
    static const char *const peers[] = {"10.0.0.2/32", "10.0.0.2/32, 192.168.5.0/24",
                                        "10.0.0.2/32, 0.0.0.0/0",
                                        "10.0.0.2/32, 192.168.5.0/24, 0.0.0.0/0, ::/0"};
    static const char *const own[] = {"", "Address = 10.0.0.1/24\n",
                                      "Address = 10.0.0.1/24, fd00::1/64\n"};
    static const char *const tables[] = {"", "Table = off\n"};
    static const char *const others[] = {
        "MTU = 1400\nDNS = 1.1.1.1\nPreUp = pre-a\nPostUp = up-a\nPreDown = before-a\n"
        "PostDown = down-a\n",
        "PostUp = up-b\nPostUp = more-b\nPostDown = down-b\n"};
    struct wgctl_text text = {0};
    wgctl_text_format(&text, "[Interface]\n%s%s%s[Peer]\nPublicKey = %s\nAllowedIPs = %s\n",
                      own[number / 4 % 3], tables[number / 12 % 2], others[number / 24 % 2],
                      "JjE8R1JdaHN+iZSfqrXAy9bh7PcCDRgjLjlET1plcHs=", peers[number % 4]);
    ret->number = number + 1;
    ck_assert_int_eq(wgctl_server_parse("wg0.conf", &text, &ret->server, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_state_desired(&ret->server, &ret->state, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_device_desired(&ret->server, WGCTL_LOOKUP_NEVER, NULL, NULL,
                                          &ret->state.device, &err),
                     WGCTL_OK);
    ret->state.device.has_listen_port = true; /* so that each is another one */
    ret->state.device.listen_port = (uint16_t)ret->number;
    ret->state.usual_mtu = 1420;
    if (wgctl_state_has_default(&ret->state, AF_INET)) {
        ret->state.mark = MARK;
        ret->state.device.has_fwmark = true;
        ret->state.device.fwmark = MARK;
    }
}

static void make_configurations(void)
{
    for (unsigned i = 0; i < CONFIGURATIONS; i++)
        make_configuration(i, &configurations[i]);
}

static void clear_configurations(void)
{
    for (unsigned i = 0; i < CONFIGURATIONS; i++) {
        wgctl_state_clear(&configurations[i].state);
        wgctl_server_clear(&configurations[i].server);
    }
}

static unsigned things_of(const struct configuration *configuration)
{
    const struct wgctl_state *state = &configuration->state;
    const struct wgctl_prefixes *list = &state->device.peers[0].allowed_ips;
    unsigned things = 0;
    for (size_t i = 0; i < state->addresses.count; i++)
        things |= thing_of(&state->addresses.items[i]);
    for (size_t i = 0; state->routing.kind == WGCTL_ROUTES_AUTO && i < list->count; i++)
        things |= thing_of(&list->items[i]);
    if (things & OWN4)
        things &= ~(unsigned)INSIDE;
    return things | (things & DEFAULT4 ? RULES4 : 0) | (things & DEFAULT6 ? RULES6 : 0);
}

static void run_commands(struct world *world, const struct wgctl_server *server,
                         enum wgctl_hook_kind kind)
{
    for (size_t i = 0; i < server->hook_count; i++)
        if (server->hooks[i].kind == kind)
            wgctl_slice_string(server->hooks[i].command, world->ran[world->ran_count++],
                               sizeof world->ran[0]);
}

/* An interface that was brought up from it. */
static struct world world_of(const struct configuration *configuration)
{
    struct world world = {.exists = true, .is_set_up = true};
    const struct wgctl_state *state = &configuration->state;
    world.things = things_of(configuration);
    world.wrote = configuration->number;
    world.mtu = state->mtu ? state->mtu : state->usual_mtu;
    wgctl_slice_string(state->dns, world.dns, sizeof world.dns);
    run_commands(&world, state->server, WGCTL_POST_UP);
    return world;
}

/* ---- its state, as it would be read ---- */

static void read_world(const struct world *world, struct wgctl_state *ret)
{
    ret->exists = world->exists;
    if (!world->exists)
        return;
    ret->mtu = world->mtu;
    ret->knows_routes = true;
    for (size_t i = 0; i < ADDRESSES; i++) {
        const struct wgctl_prefix address = prefix_from(addresses[i].text);
        if (world->things & addresses[i].thing)
            ck_assert_int_eq(wgctl_prefixes_add(&ret->addresses, &address, &err), WGCTL_OK);
    }
    for (size_t i = 0; i < NETWORKS; i++) {
        const bool is_default = networks[i].thing & (DEFAULT4 | DEFAULT6);
        const struct wgctl_route route = {.destination = prefix_from(networks[i].text),
                                          .table = is_default ? MARK : WGCTL_TABLE_MAIN};
        if (world->things & networks[i].thing)
            ck_assert_int_eq(wgctl_routes_add(&ret->routes, &route, &err), WGCTL_OK);
    }
    for (size_t i = 0; i < 2; i++) {
        const struct wgctl_route route = {.destination =
                                              wgctl_prefix_mask(prefix_from(addresses[i].text)),
                                          .table = WGCTL_TABLE_MAIN,
                                          .by_kernel = true};
        if (world->things & addresses[i].thing)
            ck_assert_int_eq(wgctl_routes_add(&ret->routes, &route, &err), WGCTL_OK);
    }
    ret->rules[WGCTL_IPV4].any = ret->rules[WGCTL_IPV4].whole = world->things & RULES4;
    ret->rules[WGCTL_IPV6].any = ret->rules[WGCTL_IPV6].whole = world->things & RULES6;
    if (world->wrote) {
        const struct wgctl_device *device = &configurations[world->wrote - 1].state.device;
        struct wgctl_device_peer *peer = wgctl_device_add_peer(&ret->device);
        peer->public_key = device->peers[0].public_key;
        ck_assert_int_eq(
            wgctl_prefixes_add_all(&peer->allowed_ips, &device->peers[0].allowed_ips, &err),
            WGCTL_OK);
        ret->device.listen_port = device->listen_port;
        ret->mark = ret->device.fwmark = device->fwmark;
    }
}

/* ---- steps ---- */

/* With the last address of a family the kernel removes all of its routes. */
static void lose_address(struct world *world, enum thing address)
{
    world->things &= ~(unsigned)address;
    if (address == OWN4 && !(world->things & FOREIGN_ADDRESS))
        world->things &= ~(unsigned)ROUTES4;
    if (address == OWN6)
        world->things &= ~(unsigned)ROUTES6;
}

/* A name of the command is before the dash: up-a undoes what down-a undid. */
static void forget_commands(struct world *world, const char *suffix)
{
    size_t kept = 0;
    for (size_t i = 0; i < world->ran_count; i++)
        if (strcmp(world->ran[i] + strlen(world->ran[i]) - strlen(suffix), suffix) != 0)
            memmove(world->ran[kept++], world->ran[i], sizeof world->ran[0]);
    world->ran_count = kept;
}

static void add_thing(struct world *world, unsigned thing)
{
    ck_assert_msg(!(world->things & thing), "0x%x is there already", thing);
    world->things |= thing;
}

static void remove_thing(struct world *world, unsigned thing)
{
    ck_assert_msg(world->things & thing, "0x%x is not there", thing);
    world->things &= ~thing;
}

static unsigned rules_of(const struct wgctl_step *step)
{
    return step->family == AF_INET ? RULES4 : RULES6;
}

static void do_command(struct world *world, const struct wgctl_step *step)
{
    char command[16];
    wgctl_slice_string(step->text, command, sizeof command);
    if (step->op == WGCTL_RUN_POST_DOWN)
        forget_commands(world, command + strlen(command) - 2);
    else if (step->op == WGCTL_RUN_POST_UP)
        strcpy(world->ran[world->ran_count++], command);
}

static void do_step(struct world *world, const struct wgctl_step *step, unsigned desired)
{
    const enum thing thing =
        step->route.destination.family ? thing_of(&step->route.destination) : 0;
    switch (step->op) {
    case WGCTL_CREATE_INTERFACE:
        ck_assert(!world->exists);
        world->exists = true;
        break;
    case WGCTL_DELETE_INTERFACE:
        ck_assert(world->exists);
        world->things &= RULES4 | RULES6;
        world->exists = world->is_set_up = false;
        world->wrote = 0;
        world->mtu = 0;
        break;
    case WGCTL_WRITE_DEVICE:
        world->wrote = desired;
        break;
    case WGCTL_ADD_ADDRESS:
    case WGCTL_ADD_ROUTE:
        add_thing(world, thing);
        break;
    case WGCTL_REMOVE_ADDRESS:
        ck_assert(world->things & thing);
        lose_address(world, thing);
        break;
    case WGCTL_REMOVE_ROUTE:
        remove_thing(world, thing);
        break;
    case WGCTL_ADD_RULES:
        add_thing(world, rules_of(step));
        break;
    case WGCTL_REMOVE_RULES: /* those that somebody else removed are no error */
        world->things &= ~rules_of(step);
        break;
    case WGCTL_SET_MTU:
        world->mtu = step->mtu;
        break;
    case WGCTL_SET_UP:
        world->is_set_up = true;
        break;
    case WGCTL_SET_DNS:
        wgctl_slice_string(step->text, world->dns, sizeof world->dns);
        break;
    case WGCTL_UNSET_DNS:
        world->dns[0] = '\0';
        break;
    default:
        do_command(world, step);
    }
}

/* As lib/run/steps.c undoes it. */
static void undo_step(struct world *world, const struct wgctl_step *step,
                      const struct wgctl_transition *transition, const struct world *start)
{
    const enum thing thing =
        step->route.destination.family ? thing_of(&step->route.destination) : 0;
    switch (step->op) {
    case WGCTL_CREATE_INTERFACE:
        do_step(world, &(struct wgctl_step){.op = WGCTL_DELETE_INTERFACE}, 0);
        break;
    case WGCTL_WRITE_DEVICE:
        world->wrote = start->wrote;
        break;
    case WGCTL_ADD_ADDRESS:
        lose_address(world, thing);
        world->things |= start->things & (thing == OWN6 ? ROUTES6 : ROUTES4);
        break;
    case WGCTL_ADD_ROUTE:
        remove_thing(world, thing);
        break;
    case WGCTL_REMOVE_ADDRESS:
        add_thing(world, thing);
        break;
    case WGCTL_REMOVE_ROUTE:
        world->things |= thing; /* one that is there is no error */
        break;
    case WGCTL_ADD_RULES:
        remove_thing(world, rules_of(step));
        break;
    case WGCTL_REMOVE_RULES:
        add_thing(world, rules_of(step));
        break;
    case WGCTL_SET_MTU:
        world->mtu = step->mtu_was;
        break;
    case WGCTL_SET_DNS:
        wgctl_slice_string(step->was, world->dns, sizeof world->dns);
        break;
    case WGCTL_RUN_POST_UP:
        if (step->item == 0)
            forget_commands(world, step->text.data[step->text.size - 1] == 'a' ? "-a" : "-b");
        break;
    case WGCTL_RUN_POST_DOWN:
        if (step->item == 0)
            run_commands(world, transition->applied->server, WGCTL_POST_UP);
        break;
    default:
        break;
    }
}

/* ---- what has to hold ---- */

struct scene {
    const struct configuration *applied; /* NULL: not known */
    const struct configuration *desired; /* of which nothing is desired if `goes_down` */
    bool goes_down;
    struct world start;
};

static const char *describe(const struct scene *scene, const struct wgctl_transition *transition)
{
    static char text[512];
    size_t used = (size_t)snprintf(
        text, sizeof text,
        "applied %u, desired %u%s, things 0x%x:", scene->applied ? scene->applied->number : 0,
        scene->desired->number, scene->goes_down ? " (down)" : "", scene->start.things);
    for (size_t i = 0; i < transition->count && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, " %s",
                                 wgctl_step_name(&transition->steps[i]));
    return text;
}

/* What is different; NULL: nothing. */
static const char *compare_worlds(const struct world *a, const struct world *b)
{
    if (a->things != b->things)
        return "addresses, routes or rules";
    if (a->exists != b->exists || a->is_set_up != b->is_set_up)
        return "whether it exists";
    if (a->wrote != b->wrote)
        return "the device";
    if (a->mtu != b->mtu)
        return "the MTU";
    if (strcmp(a->dns, b->dns) != 0)
        return "DNS";
    for (size_t i = 0; i < a->ran_count && i < b->ran_count; i++)
        if (strcmp(a->ran[i], b->ran[i]) != 0)
            return "the commands";
    return a->ran_count == b->ran_count ? NULL : "the number of commands";
}

static void assert_same_world(const struct world *actual, const struct world *expected,
                              const struct scene *scene, const struct wgctl_transition *transition)
{
    const char *difference = compare_worlds(actual, expected);
    if (difference)
        ck_abort_msg("%s\n%s: 0x%x, not 0x%x", describe(scene, transition), difference,
                     actual->things, expected->things);
}

/* The world that the transition should lead to. */
static struct world expect(const struct scene *scene)
{
    const struct world *start = &scene->start;
    struct world end = world_of(scene->desired);
    const unsigned foreign = start->things & (FOREIGN_ADDRESS | FOREIGN_ROUTE);
    if (scene->goes_down)
        return (struct world){0};
    end.things |= foreign;
    if (!start->exists)
        return end;
    /* Of what the file says nothing, and of which it is not known that it did, nothing changes. */
    if (!scene->desired->state.mtu && !(scene->applied && scene->applied->state.mtu))
        end.mtu = start->mtu;
    if (!scene->applied) {
        memcpy(end.ran, start->ran, sizeof end.ran);
        end.ran_count = start->ran_count;
        strcpy(end.dns, start->dns);
        end.things |= start->things & (OWN4 | OWN6);
        if (end.things & OWN4)
            end.things &= ~(unsigned)INSIDE;
    }
    return end;
}

static bool is_of_going(const struct scene *scene, const struct wgctl_step *step)
{
    return !scene->start.exists && step->op < WGCTL_RUN_PRE_UP;
}

static void undo_all(const struct scene *scene, const struct wgctl_transition *transition,
                     size_t done, struct world *world)
{
    for (size_t i = done; i-- > 0;)
        if (!is_of_going(scene, &transition->steps[i]))
            undo_step(world, &transition->steps[i], transition, &scene->start);
}

/* What a vanished interface left behind goes, and does not come back. */
static void check_prefixes(const struct scene *scene, const struct wgctl_transition *transition)
{
    struct world forward = scene->start;
    for (size_t done = 0; done <= transition->count; done++) {
        struct world back = forward, expected = scene->start;
        for (size_t i = 0; i < done; i++)
            if (is_of_going(scene, &transition->steps[i]))
                do_step(&expected, &transition->steps[i], 0);
        undo_all(scene, transition, done, &back);
        assert_same_world(&back, &expected, scene, transition);
        if (done < transition->count)
            do_step(&forward, &transition->steps[done], scene->desired->number);
    }
}

static void check_scene(const struct scene *scene)
{
    const struct wgctl_begun begun = {0};
    static const struct wgctl_state unknown;
    struct wgctl_state applied = unknown, running = {0}, desired = scene->desired->state;
    struct wgctl_transition transition = {0};
    if (scene->applied)
        applied = scene->applied->state;
    desired.exists = !scene->goes_down;
    read_world(&scene->start, &running);
    if (scene->start.exists && desired.mark == 0)
        desired.mark = running.mark;
    ck_assert_int_eq(wgctl_transition_plan(&applied, &desired, &running, &begun, &transition, &err),
                     WGCTL_OK);
    struct world world = scene->start, expected = expect(scene);
    for (size_t i = 0; i < transition.count; i++)
        do_step(&world, &transition.steps[i], scene->desired->number);
    assert_same_world(&world, &expected, scene, &transition);
    if (!scene->goes_down)
        check_prefixes(scene, &transition);
    wgctl_transition_clear(&transition);
    wgctl_state_clear(&running);
}

/* ---- all scenes ---- */

/* What others have done to an interface since. */
static const struct drift {
    unsigned lost, added;
} drifts[] = {
    {0, 0},
    {RULES4 | RULES6, 0},
    {RULES4, FOREIGN_ROUTE | FOREIGN_ADDRESS},
    {LAN | DEFAULT4, 0},
    {OWN4 | LAN | INSIDE | DEFAULT4, 0},
    {OWN6 | DEFAULT6, FOREIGN_ADDRESS},
};
enum { DRIFTS = sizeof drifts / sizeof *drifts };

/* By default about 1 of 8 is tried, always the same ones. */
static bool is_tried(unsigned before, unsigned drift, int desired)
{
    return is_long() || (before + 3 * drift + 5 * (unsigned)desired) % 8 == 0;
}

static struct world drifted(const struct configuration *configuration, const struct drift *drift)
{
    struct world world = world_of(configuration);
    world.things = (world.things & ~drift->lost) | drift->added;
    return world;
}

START_TEST(an_interface_becomes_what_the_file_wants)
{
    const struct configuration *desired = &configurations[_i];
    for (unsigned before = 0; before < CONFIGURATIONS; before++)
        for (unsigned drift = 0; drift < DRIFTS; drift++) {
            struct scene scene = {.applied = &configurations[before], .desired = desired};
            if (!is_tried(before, drift, _i))
                continue;
            scene.start = drifted(scene.applied, &drifts[drift]);
            check_scene(&scene);
        }
}
END_TEST

START_TEST(what_brought_it_up_need_not_be_known)
{
    const struct scene scene = {.desired = &configurations[_i],
                                .start = world_of(&configurations[_i])};
    const struct scene with_drift = {.desired = &configurations[_i],
                                     .start = drifted(&configurations[_i], &drifts[1])};
    check_scene(&scene);
    check_scene(&with_drift);
}
END_TEST

START_TEST(it_comes_up_from_nothing)
{
    const struct scene scene = {.desired = &configurations[_i]};
    check_scene(&scene);
}
END_TEST

/* Whatever the file says now: what was applied goes. */
START_TEST(it_goes_down_and_leaves_nothing)
{
    for (unsigned before = 0; before < CONFIGURATIONS; before++)
        for (unsigned drift = 0; drift < DRIFTS; drift++) {
            if (!is_tried(before, drift, _i))
                continue;
            struct scene scene = {.applied = &configurations[before],
                                  .desired = &configurations[_i],
                                  .goes_down = true};
            scene.start = drifted(scene.applied, &drifts[drift]);
            check_scene(&scene);
        }
}
END_TEST

/* As with `ip link delete`: rules, DNS and what PostUp did are still there. */
START_TEST(it_comes_up_after_it_has_vanished)
{
    for (unsigned before = 0; before < CONFIGURATIONS; before++) {
        struct scene scene = {.applied = &configurations[before], .desired = &configurations[_i]};
        scene.start = world_of(scene.applied);
        do_step(&scene.start, &(struct wgctl_step){.op = WGCTL_DELETE_INTERFACE}, 0);
        check_scene(&scene);
        scene.goes_down = true;
        check_scene(&scene);
    }
}
END_TEST

START_TEST(nothing_is_done_twice)
{
    const struct wgctl_begun begun = {0};
    const struct wgctl_state *state = &configurations[_i].state;
    const struct world world = world_of(&configurations[_i]);
    struct wgctl_state running = {0};
    struct wgctl_transition transition = {0};
    read_world(&world, &running);
    ck_assert_int_eq(wgctl_transition_plan(state, state, &running, &begun, &transition, &err),
                     WGCTL_OK);
    ck_assert_uint_eq(transition.count, 0);
    wgctl_state_clear(&running);
}
END_TEST

/* ---- interrupted ---- */

static void list_ops(const struct wgctl_transition *transition, struct wgctl_text *ret)
{
    wgctl_text_string(ret, "");
    for (size_t i = 0; i < transition->count; i++)
        wgctl_text_format(ret, "%s%s", i ? " " : "", wgctl_step_name(&transition->steps[i]));
}

#define UP                                                                        \
    "[Interface]\nPreUp = a\nPostUp = b\nPostUp = c\nPreDown = d\nPostDown = e\n" \
    "PostDown = f\nDNS = 1.1.1.1\n"

static const struct interruption {
    enum wgctl_goal goal;
    enum wgctl_op op;
    unsigned item;
    bool exists;
    const char *ops; /* that take it down */
} interruptions[] = {
    {WGCTL_GO_UP, WGCTL_RUN_PRE_UP, 0, false, ""},
    {WGCTL_GO_UP, WGCTL_CREATE_INTERFACE, 0, true, "delete_interface"},
    {WGCTL_GO_UP, WGCTL_SET_DNS, 0, true, "delete_interface unset_dns"},
    {WGCTL_GO_UP, WGCTL_RUN_POST_UP, 0, true,
     "run_pre_down delete_interface unset_dns run_post_down run_post_down"},
    {WGCTL_GO_DOWN, WGCTL_RUN_PRE_DOWN, 0, true,
     "run_pre_down delete_interface unset_dns run_post_down run_post_down"},
    {WGCTL_GO_DOWN, WGCTL_DELETE_INTERFACE, 0, true,
     "delete_interface unset_dns run_post_down run_post_down"},
    {WGCTL_GO_DOWN, WGCTL_DELETE_INTERFACE, 0, false, "unset_dns run_post_down run_post_down"},
    {WGCTL_GO_DOWN, WGCTL_RUN_POST_DOWN, 0, false, "unset_dns run_post_down run_post_down"},
    {WGCTL_GO_DOWN, WGCTL_RUN_POST_DOWN, 1, false, "unset_dns run_post_down"},
};
enum { INTERRUPTIONS = sizeof interruptions / sizeof *interruptions };

/* What a killed command had begun is finished or undone, and no more. */
START_TEST(a_killed_command_is_made_up_for)
{
    const struct interruption *killed = &interruptions[_i];
    const struct wgctl_begun begun = {killed->goal, killed->op, killed->item, NULL};
    struct wgctl_text source = text_of(UP);
    WGCTL_SERVER server = {0};
    WGCTL_TEXT ops = {0};
    struct wgctl_state applied = {0}, desired = {0}, running = {.exists = killed->exists};
    struct wgctl_transition transition = {0};
    ck_assert_int_eq(wgctl_server_parse("wg0.conf", &source, &server, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_state_desired(&server, &applied, &err), WGCTL_OK);
    ck_assert_int_eq(wgctl_state_desired(&server, &desired, &err), WGCTL_OK);
    desired.exists = false;
    ck_assert_int_eq(wgctl_transition_plan(&applied, &desired, &running, &begun, &transition, &err),
                     WGCTL_OK);
    list_ops(&transition, &ops);
    assert_text(&ops, killed->ops);
    wgctl_transition_clear(&transition);
    wgctl_state_clear(&applied);
    wgctl_state_clear(&desired);
}
END_TEST

static Suite *transition_suite(void)
{
    Suite *suite = suite_create("transition");
    TCase *tests = tcase_create("transition");
    tcase_add_unchecked_fixture(tests, make_configurations, clear_configurations);
    tcase_add_loop_test(tests, an_interface_becomes_what_the_file_wants, 0, CONFIGURATIONS);
    tcase_add_loop_test(tests, what_brought_it_up_need_not_be_known, 0, CONFIGURATIONS);
    tcase_add_loop_test(tests, it_comes_up_from_nothing, 0, CONFIGURATIONS);
    tcase_add_loop_test(tests, it_goes_down_and_leaves_nothing, 0, CONFIGURATIONS);
    tcase_add_loop_test(tests, it_comes_up_after_it_has_vanished, 0, CONFIGURATIONS);
    tcase_add_loop_test(tests, nothing_is_done_twice, 0, CONFIGURATIONS);
    tcase_add_loop_test(tests, a_killed_command_is_made_up_for, 0, INTERRUPTIONS);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(transition_suite());
}
