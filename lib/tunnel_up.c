/* Up and down, as wg-quick(8) does them. */
#include "host/hooks.h"
#include "host/link.h"
#include "host/route.h"
#include "tunnel_state.h"

int wgctl_tunnel_is_up(const char *interface, bool *ret, struct wgctl_error *err)
{
    enum wgctl_backend backend;
    int rc = wgctl_device_find_wireguard(interface, &backend, err);
    if (rc == WGCTL_OK)
        *ret = backend != WGCTL_NO_DEVICE;
    return rc;
}

static int run_hooks(const struct wgctl_tunnel *tunnel, enum wgctl_hook_kind kind,
                     struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < tunnel->server.hook_count; i++)
        if (tunnel->server.hooks[i].kind == kind)
            rc = wgctl_hook_run(tunnel->server.hooks[i].command, tunnel->interface, err);
    return rc;
}

/* All of them, also where one fails: what can be taken down, is. The first error
 * is the one that is told. */
static int run_all_hooks(const struct wgctl_tunnel *tunnel, enum wgctl_hook_kind kind,
                         struct wgctl_error *err)
{
    int first = WGCTL_OK;
    struct wgctl_error later;
    for (size_t i = 0; i < tunnel->server.hook_count; i++) {
        if (tunnel->server.hooks[i].kind != kind)
            continue;
        int rc = wgctl_hook_run(tunnel->server.hooks[i].command, tunnel->interface,
                                first < 0 ? &later : err);
        first = first < 0 ? first : rc;
    }
    return first;
}

/* What wg-quick does and wgctl does not yet: better not up at all than half. */
static int refuse_unsupported(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    const struct wgctl_server *server = &tunnel->server;
    const char *what = NULL;
    if (server->dns.size > 0)
        what = "a DNS line";
    if (server->table.size > 0 && !wgctl_slice_equal_nocase(server->table, "auto") &&
        !wgctl_slice_equal_nocase(server->table, "off"))
        what = "a Table of its own";
    for (size_t i = 0; i < server->peer_count; i++)
        for (size_t k = 0; server->peers[i].enabled && k < server->peers[i].allowed_ips.count; k++)
            if (server->peers[i].allowed_ips.items[k].length == 0)
                what = "a default route through a peer";
    if (!what)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_UNSUPPORTED, "%s has %s, which wgctl up does not do", tunnel->conf_name,
               what);
    return wgctl_hint(err, "sudo wg-quick up %s; all other commands work with it",
                      tunnel->interface);
}

static int create_link(const char *interface, bool *ret_userspace, struct wgctl_error *err)
{
    int rc = wgctl_link_create(interface, err);
    *ret_userspace = rc == WGCTL_UNSUPPORTED;
    return *ret_userspace ? wgctl_link_create_userspace(interface, err) : rc;
}

static int set_mtu(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    enum { OVERHEAD = 80, ETHERNET = 1500, SMALLEST = 1280 };
    if (tunnel->server.mtu)
        return wgctl_link_set_mtu(tunnel->interface, tunnel->server.mtu, err);
    struct wgctl_way_out way;
    int rc = wgctl_route_way_out(AF_INET, &way, err);
    if (rc < 0)
        return rc;
    uint32_t mtu = (way.found && way.mtu ? way.mtu : ETHERNET) - OVERHEAD;
    return wgctl_link_set_mtu(tunnel->interface, mtu < SMALLEST ? SMALLEST : mtu, err);
}

/* Everything between the making of the interface and PostUp. */
static int configure(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_APPLICATION application = {0};
    int rc = wgctl_application_plan(tunnel, &application, err);
    /* The routes need the interface to be up. */
    WGCTL_PREFIXES routes = application.routes_to_add;
    application.routes_to_add = (struct wgctl_prefixes){0};

    if (rc == WGCTL_OK)
        rc = wgctl_application_execute(tunnel, &application, err);
    for (size_t i = 0; rc == WGCTL_OK && i < tunnel->server.addresses.count; i++)
        rc = wgctl_link_add_address(tunnel->interface, &tunnel->server.addresses.items[i], err);
    if (rc == WGCTL_OK)
        rc = set_mtu(tunnel, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_set_up(tunnel->interface, err);
    for (size_t i = 0; rc == WGCTL_OK && i < routes.count; i++)
        rc = wgctl_route_add(tunnel->interface, &routes.items[i], err);
    return rc;
}

/* Everything is tried, so that as little as possible stays; the error that made
 * it necessary is the one that is told. */
static void undo(const struct wgctl_tunnel *tunnel, bool hooks_ran)
{
    struct wgctl_error ignored;
    if (hooks_ran)
        run_all_hooks(tunnel, WGCTL_PRE_DOWN, &ignored);
    wgctl_link_delete(tunnel->interface, &ignored);
    if (hooks_ran)
        run_all_hooks(tunnel, WGCTL_POST_DOWN, &ignored);
    wgctl_applied_forget(tunnel->conf_name);
}

int wgctl_tunnel_up(struct wgctl_tunnel *tunnel, bool *ret_userspace, struct wgctl_error *err)
{
    bool is_up = false, userspace = false;
    int rc = wgctl_tunnel_is_up(tunnel->interface, &is_up, err);
    if (rc == WGCTL_OK && is_up) {
        wgctl_fail(err, WGCTL_EXISTS, "%s is up already", tunnel->interface);
        return wgctl_hint(err, "to bring in what changed in %s: sudo wgctl apply",
                          tunnel->conf_name);
    }
    if (rc == WGCTL_OK)
        rc = refuse_unsupported(tunnel, err);
    /* What a host that went down hard may have left would mislead the plan. */
    wgctl_applied_forget(tunnel->conf_name);
    if (rc == WGCTL_OK)
        rc = run_hooks(tunnel, WGCTL_PRE_UP, err);
    if (rc == WGCTL_OK)
        rc = create_link(tunnel->interface, &userspace, err);
    if (rc < 0)
        return rc;

    rc = configure(tunnel, err);
    bool configured = rc == WGCTL_OK;
    if (configured)
        rc = run_hooks(tunnel, WGCTL_POST_UP, err);
    if (rc < 0) {
        undo(tunnel, configured);
        return rc;
    }
    wgctl_applied_save(tunnel);
    if (ret_userspace)
        *ret_userspace = userspace;
    return WGCTL_OK;
}

int wgctl_tunnel_down(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    bool is_up = false;
    int rc = wgctl_tunnel_is_up(tunnel->interface, &is_up, err);
    if (rc < 0)
        return rc;
    if (!is_up) {
        wgctl_fail(err, WGCTL_NOT_FOUND, "%s is not up", tunnel->interface);
        return wgctl_hint(err, "sudo wgctl up brings it up");
    }
    rc = run_hooks(tunnel, WGCTL_PRE_DOWN, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_delete(tunnel->interface, err);
    if (rc < 0)
        return rc;
    wgctl_applied_forget(tunnel->conf_name);
    return run_all_hooks(tunnel, WGCTL_POST_DOWN, err);
}
