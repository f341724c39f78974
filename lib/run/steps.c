/* The table of steps: how each kind is executed, undone and described. */
#include <stdio.h>

#include "host/default_route_firewall.h"
#include "host/dns.h"
#include "host/hooks.h"
#include "host/link.h"
#include "host/rule.h"
#include "host/src_valid_mark.h"
#include "run/private.h"

static const char *interface_of(const struct wgctl_run *run)
{
    return run->request.interface;
}

/* ---- hooks ---- */

/* Only an ordinary `down` shows the output of PostDown. Otherwise, the hooks are merely tried. */
static int run_command(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    bool shown = !step->may_fail ||
                 (run->request.goal == WGCTL_GO_DOWN && run->begun.goal == WGCTL_GO_NOWHERE);
    return wgctl_hook_run(step->text, interface_of(run),
                          shown ? WGCTL_OUTPUT_SHOWN : WGCTL_OUTPUT_KEPT, step->may_fail, err);
}

static void try_commands(const struct wgctl_run *run, const struct wgctl_server *server,
                         enum wgctl_hook_kind kind)
{
    struct wgctl_error ignored;
    for (size_t i = 0; i < server->hook_count; i++)
        if (server->hooks[i].kind == kind)
            wgctl_hook_run(server->hooks[i].command, interface_of(run), WGCTL_OUTPUT_KEPT, true,
                           &ignored);
}

/* Undoing the first PostUp hook undoes all of them. */
static int undo_post_up(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    (void)err;
    if (step->item > 0)
        return WGCTL_OK;
    if (run->request.goal == WGCTL_GO_UP)
        try_commands(run, run->desired.server, WGCTL_PRE_DOWN);
    try_commands(run, run->desired.server, WGCTL_POST_DOWN);
    return WGCTL_OK;
}

/* The old PostDown has removed the old rules, so the old PostUp restores them. */
static int undo_post_down(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    const struct wgctl_server *before = run->applied.server;
    int rc = WGCTL_OK;
    for (size_t i = 0; step->item == 0 && rc == WGCTL_OK && i < before->hook_count; i++)
        if (before->hooks[i].kind == WGCTL_POST_UP)
            rc = wgctl_hook_run(before->hooks[i].command, interface_of(run), WGCTL_OUTPUT_SHOWN,
                                true, err);
    return rc;
}

/* ---- the interface ---- */

static int create_interface(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    const char *interface = interface_of(run);
    struct wgctl_error ignored;
    (void)step;
    /* The process of a removed interface keeps its socket for a moment. */
    wgctl_device_await_end(interface);
    int rc = wgctl_link_create(interface, err);
    run->is_userspace = rc == WGCTL_UNSUPPORTED;
    if (run->is_userspace)
        return wgctl_link_create_userspace(interface, err);
    /* If the kernel's answer got lost, the interface may exist. But if it existed before, it
     * belongs to someone else. */
    if (rc < 0 && rc != WGCTL_EXISTS)
        wgctl_link_delete(interface, &ignored);
    return rc;
}

static int delete_interface(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    (void)step;
    int rc = wgctl_link_delete(interface_of(run), err);
    if (rc == WGCTL_OK)
        wgctl_device_await_end(interface_of(run));
    return rc;
}

static int save_config(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    (void)step;
    return wgctl_save(run, err);
}

static int set_up(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    (void)step;
    return wgctl_link_set_up(interface_of(run), err);
}

static int set_mtu(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return wgctl_link_set_mtu(interface_of(run), step->mtu, err);
}

static int undo_mtu(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return step->mtu_was ? wgctl_link_set_mtu(interface_of(run), step->mtu_was, err) : WGCTL_OK;
}

/* ---- the device ---- */

static int write_device(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    (void)step;
    return wgctl_run_write_device(run, err);
}

static int undo_device(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    (void)step;
    return wgctl_run_undo_device(run, err);
}

static int return_route(const struct wgctl_run *run, const struct wgctl_route *route,
                        struct wgctl_error *err)
{
    int rc = wgctl_route_add(interface_of(run), route, err);
    return rc == WGCTL_EXISTS ? WGCTL_OK : rc; /* it was not removed */
}

/* ---- addresses ---- */

static int give_address(struct wgctl_run *run, const struct wgctl_prefix *address,
                        struct wgctl_error *err)
{
    int rc = wgctl_link_add_address(interface_of(run), address, err);
    /* When going up, a duplicate address in the file is an error, as in wg-quick. */
    return rc == WGCTL_EXISTS && run->request.goal == WGCTL_GO_APPLY ? WGCTL_OK : rc;
}

/* Tells the kernel to keep a network's other addresses when its first one is removed. If that is
 * not possible, adds those that `stay` again. */
static int take_address(struct wgctl_run *run, const struct wgctl_prefix *address,
                        const struct wgctl_prefixes *stay, struct wgctl_error *err)
{
    struct wgctl_error ignored;
    const char *interface = interface_of(run);
    bool keeps = wgctl_link_keeps_addresses(interface);
    if (!keeps)
        wgctl_link_keep_addresses(interface, true, &ignored);
    int rc = wgctl_link_remove_address(interface, address, err);
    if (!keeps)
        wgctl_link_keep_addresses(interface, false, &ignored);
    for (size_t i = 0; rc == WGCTL_OK && i < stay->count; i++)
        if (!wgctl_prefix_equal(&stay->items[i], address))
            rc = give_address(run, &stay->items[i], err);
    return rc;
}

static int add_address(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return give_address(run, &step->route.destination, err);
}

/* The kernel removes all routes of a family together with its last address, including those that
 * existed before. */
static int undo_add_address(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    const struct wgctl_prefix *address = &step->route.destination;
    const struct wgctl_routes *before = &run->running.routes;
    int rc = take_address(run, address, &run->running.addresses, err);
    for (size_t i = 0; rc == WGCTL_OK && i < before->count; i++)
        if (!before->items[i].by_kernel && before->items[i].destination.family == address->family)
            rc = return_route(run, &before->items[i], err);
    return rc;
}

static int remove_address(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return take_address(run, &step->route.destination, &run->desired.addresses, err);
}

/* ---- DNS ---- */

static int replace_dns(const struct wgctl_run *run, struct wgctl_slice from, struct wgctl_slice to,
                       struct wgctl_error *err)
{
    WGCTL_DNS before = {0}, after = {0};
    int rc = wgctl_dns_parse(from, &before, err);
    if (rc == WGCTL_OK)
        rc = wgctl_dns_parse(to, &after, err);
    return rc < 0 ? rc : wgctl_dns_replace(interface_of(run), &before, &after, err);
}

static int set_dns(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return replace_dns(run, step->was, step->text, err);
}

static int undo_dns(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return replace_dns(run, step->text, step->was, err);
}

static int unset_dns(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    WGCTL_DNS dns = {0};
    int rc = wgctl_dns_parse(step->was, &dns, err);
    return rc < 0 ? rc : wgctl_dns_unset(interface_of(run), &dns, err);
}

/* ---- routes and rules ---- */

static int add_route(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return wgctl_route_add(interface_of(run), &step->route, err);
}

static int remove_route(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return wgctl_route_remove(interface_of(run), &step->route, err);
}

static int undo_remove_route(struct wgctl_run *run, struct wgctl_step *step,
                             struct wgctl_error *err)
{
    return return_route(run, &step->route, err);
}

/* Adds the rules together with the firewall that wg-quick(8) uses for them. */
static int add_rules(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    const char *interface = interface_of(run);
    struct wgctl_default_route_firewall firewall = {
        .interface = interface, .family = step->family, .mark = step->mark};
    int rc = WGCTL_OK;
    /* If someone has removed the rules, the firewall may still exist. It must not be added twice.
     */
    if (run->request.goal == WGCTL_GO_APPLY)
        rc = wgctl_default_route_firewall_unset(interface, step->family, err);
    if (rc == WGCTL_OK)
        rc = wgctl_rules_add(step->family, step->mark, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_addresses(interface, step->family, &firewall.addresses, err);
    if (rc == WGCTL_OK && step->family == AF_INET && !wgctl_src_valid_mark_get()) {
        rc = wgctl_src_valid_mark_set(true, err);
        step->turned_on = rc == WGCTL_OK;
    }
    if (rc == WGCTL_OK)
        rc = wgctl_default_route_firewall_set(&firewall, err);
    wgctl_prefixes_clear(&firewall.addresses);
    return rc;
}

static int remove_rules(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    struct wgctl_error later;
    int rc = step->mark ? wgctl_rules_remove(step->family, step->mark, err) : WGCTL_OK;
    int last =
        wgctl_default_route_firewall_unset(interface_of(run), step->family, rc < 0 ? &later : err);
    return rc < 0 ? rc : last;
}

static int undo_add_rules(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    struct wgctl_error ignored;
    int rc = remove_rules(run, step, err);
    if (step->turned_on)
        wgctl_src_valid_mark_set(false, &ignored);
    return rc;
}

/* ---- the table ---- */

static const struct kind {
    const char *name, *noun;
    int (*act)(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err);
    int (*undo)(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err);
    bool is_partial;          /* one that failed may have been done, or a part of it */
    bool goes_with_interface; /* needs no undo of its own if that goes */
} kinds[WGCTL_OPS] = {
    [WGCTL_RUN_PRE_DOWN] = {"run_pre_down", "PreDown", run_command, NULL, true, false},
    [WGCTL_SAVE_CONFIG] = {"save_config", "SaveConfig", save_config, NULL, false, false},
    [WGCTL_REMOVE_RULES] = {"remove_rule", "routes", remove_rules, add_rules, true, false},
    [WGCTL_DELETE_INTERFACE] = {"delete_interface", "the interface", delete_interface, NULL, false,
                                false},
    [WGCTL_UNSET_DNS] = {"unset_dns", "DNS", unset_dns, NULL, false, false},
    [WGCTL_RUN_POST_DOWN] = {"run_post_down", "what PostUp does", run_command, undo_post_down, true,
                             false},
    [WGCTL_RUN_PRE_UP] = {"run_pre_up", "PreUp", run_command, NULL, true, false},
    [WGCTL_CREATE_INTERFACE] = {"create_interface", "the interface", create_interface,
                                delete_interface, false, false},
    [WGCTL_WRITE_DEVICE] = {"write_device", "keys and peers", write_device, undo_device, true,
                            true},
    [WGCTL_REMOVE_ROUTE] = {"remove_route", "routes", remove_route, undo_remove_route, true, true},
    [WGCTL_ADD_ADDRESS] = {"add_address", "addresses", add_address, undo_add_address, true, true},
    [WGCTL_REMOVE_ADDRESS] = {"remove_address", "addresses", remove_address, add_address, true,
                              true},
    [WGCTL_SET_MTU] = {"set_mtu", "MTU", set_mtu, undo_mtu, false, true},
    [WGCTL_SET_UP] = {"set_up", "the interface", set_up, NULL, false, true},
    [WGCTL_SET_DNS] = {"set_dns", "DNS", set_dns, undo_dns, false, false},
    [WGCTL_ADD_ROUTE] = {"add_route", "routes", add_route, remove_route, true, true},
    [WGCTL_ADD_RULES] = {"add_rule", "routes", add_rules, undo_add_rules, true, false},
    [WGCTL_RUN_POST_UP] = {"run_post_up", "what PostUp does", run_command, undo_post_up, true,
                           false},
};

int wgctl_step_do(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return kinds[step->op].act(run, step, err);
}

int wgctl_step_undo(struct wgctl_run *run, struct wgctl_step *step, struct wgctl_error *err)
{
    return kinds[step->op].undo ? kinds[step->op].undo(run, step, err) : WGCTL_OK;
}

bool wgctl_step_is_partial(const struct wgctl_step *step)
{
    return kinds[step->op].is_partial;
}

bool wgctl_step_goes_with_interface(const struct wgctl_step *step)
{
    return kinds[step->op].goes_with_interface;
}

const char *wgctl_step_noun(const struct wgctl_step *step)
{
    return kinds[step->op].noun;
}

enum wgctl_op wgctl_op_by_name(struct wgctl_slice name)
{
    int op = 0;
    while (op < WGCTL_OPS && !wgctl_slice_equal(name, wgctl_slice_of(kinds[op].name)))
        op++;
    return (enum wgctl_op)op;
}

/* ---- descriptions ---- */

const char *wgctl_step_name(const struct wgctl_step *step)
{
    return kinds[step->op].name;
}

void wgctl_step_value(const struct wgctl_step *step, struct wgctl_text *ret)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    if (step->text.size > 0)
        wgctl_text_slice(ret, step->text);
    else if (step->op == WGCTL_UNSET_DNS)
        wgctl_text_slice(ret, step->was);
    else if (step->mtu)
        wgctl_text_format(ret, "%u", step->mtu);
    else if (step->route.destination.family)
        wgctl_text_string(ret, wgctl_prefix_format(&step->route.destination, text));
    else if (step->family)
        wgctl_text_format(ret, "%s table %u", step->family == AF_INET ? "0.0.0.0/0" : "::/0",
                          step->mark);
}

void wgctl_step_before(const struct wgctl_step *step, struct wgctl_text *ret)
{
    if (step->op == WGCTL_SET_DNS)
        wgctl_text_slice(ret, step->was);
    else if (step->mtu_was)
        wgctl_text_format(ret, "%u", step->mtu_was);
}
