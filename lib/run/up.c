/* Up, as wg-quick(8) does it. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/signals.h"
#include "host/dns.h"
#include "host/hooks.h"
#include "host/link.h"
#include "host/route.h"
#include "tunnel/state.h"

/* What was done, so that it can be undone. */
struct progress {
    struct wgctl_application application;
    bool dns;    /* was set */
    bool routes; /* were begun with */
    bool hooks;  /* PostUp was begun with */
};

int wgctl_tunnel_is_up(const char *interface, bool *ret, struct wgctl_error *err)
{
    enum wgctl_backend backend;
    int rc = wgctl_device_find_wireguard(interface, &backend, err);
    if (rc == WGCTL_OK)
        *ret = backend != WGCTL_NO_DEVICE;
    return rc;
}

int wgctl_hooks_run(const struct wgctl_server *server, const char *interface,
                    enum wgctl_hook_kind kind, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < server->hook_count; i++)
        if (server->hooks[i].kind == kind)
            rc = wgctl_hook_run(server->hooks[i].command, interface, WGCTL_OUTPUT_SHOWN, err);
    return rc;
}

void wgctl_hooks_try(const struct wgctl_server *server, const char *interface,
                     enum wgctl_hook_kind kind)
{
    struct wgctl_error ignored;
    for (size_t i = 0; i < server->hook_count; i++)
        if (server->hooks[i].kind == kind)
            wgctl_hook_run(server->hooks[i].command, interface, WGCTL_OUTPUT_KEPT, &ignored);
}

static int create_link(const char *interface, bool *ret_userspace, struct wgctl_error *err)
{
    int rc = wgctl_link_create(interface, err);
    *ret_userspace = rc == WGCTL_UNSUPPORTED;
    return *ret_userspace ? wgctl_link_create_userspace(interface, err) : rc;
}

/* ---- MTU ---- */

uint32_t wgctl_mtu_choose(uint32_t to_endpoints, uint32_t by_default)
{
    enum { OVERHEAD = 80, ETHERNET = 1500 };
    uint32_t mtu = to_endpoints ? to_endpoints : by_default ? by_default : ETHERNET;
    return mtu > OVERHEAD ? mtu - OVERHEAD : mtu;
}

/* Of the route, or of its interface; 0 without a route. */
static int mtu_of(const struct wgctl_way_out *way, uint32_t *ret, struct wgctl_error *err)
{
    *ret = way->mtu;
    return way->found && way->mtu == 0 ? wgctl_link_mtu(way->interface, ret, err) : WGCTL_OK;
}

int wgctl_mtu_find(const struct wgctl_device *device, uint32_t *ret, struct wgctl_error *err)
{
    struct wgctl_way_out way;
    uint32_t best = 0, by_default = 0;
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < device->peer_count; i++) {
        struct wgctl_prefix address;
        uint32_t mtu = 0;
        /* A link-local one: its way is not known without its interface. */
        if (!wgctl_sockaddr_address(&device->peers[i].endpoint, &address))
            continue;
        rc = wgctl_route_way_to(&address, &way, err);
        if (rc == WGCTL_OK)
            rc = mtu_of(&way, &mtu, err);
        best = mtu > best ? mtu : best;
    }
    if (rc == WGCTL_OK && best == 0) {
        rc = wgctl_route_way_by_default(&way, err);
        if (rc == WGCTL_OK)
            rc = mtu_of(&way, &by_default, err);
    }
    *ret = wgctl_mtu_choose(best, by_default);
    return rc;
}

static int set_mtu(const struct wgctl_tunnel *tunnel, const struct wgctl_device *device,
                   struct wgctl_error *err)
{
    uint32_t mtu = tunnel->server.mtu;
    int rc = mtu ? WGCTL_OK : wgctl_mtu_find(device, &mtu, err);
    return rc < 0 ? rc : wgctl_link_set_mtu(tunnel->interface, mtu, err);
}

/* ---- step by step ---- */

static int set_dns(const struct wgctl_tunnel *tunnel, bool *ret_set, struct wgctl_error *err)
{
    WGCTL_DNS dns = {0};
    int rc = wgctl_dns_parse(wgctl_text_slice_of(&tunnel->server.dns), &dns, err);
    if (rc == WGCTL_OK)
        rc = wgctl_dns_set(tunnel->interface, &dns, err);
    *ret_set = rc == WGCTL_OK;
    return rc;
}

/* Everything between the making of the interface and PostUp. */
static int configure(struct wgctl_tunnel *tunnel, struct progress *done, struct wgctl_error *err)
{
    struct wgctl_application *application = &done->application;
    int rc = wgctl_application_plan(tunnel, false, application, err);
    if (rc == WGCTL_OK)
        rc = wgctl_application_write_device(tunnel, application, err);
    for (size_t i = 0; rc == WGCTL_OK && i < tunnel->server.addresses.count; i++)
        rc = wgctl_link_add_address(tunnel->interface, &tunnel->server.addresses.items[i], err);
    if (rc == WGCTL_OK)
        rc = set_mtu(tunnel, &application->wanted, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_set_up(tunnel->interface, err);
    if (rc == WGCTL_OK)
        rc = set_dns(tunnel, &done->dns, err);
    /* Routes need the interface to be up. */
    wgctl_setup_clear(&application->setup);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_plan(tunnel, application, err);
    done->routes = rc == WGCTL_OK;
    return rc < 0 ? rc : wgctl_routes_change(tunnel->interface, application, err);
}

/* ---- undone ---- */

static void undo_dns(const struct wgctl_tunnel *tunnel)
{
    WGCTL_DNS dns = {0};
    struct wgctl_error ignored;
    if (wgctl_dns_parse(wgctl_text_slice_of(&tunnel->server.dns), &dns, &ignored) == WGCTL_OK)
        wgctl_dns_unset(tunnel->interface, &dns, &ignored);
}

/* Everything is tried, so that as little as possible stays; the error that made
 * it necessary is the one that is told. */
static void undo(const struct wgctl_tunnel *tunnel, const struct progress *done)
{
    struct wgctl_error ignored;
    if (done->hooks)
        wgctl_hooks_try(&tunnel->server, tunnel->interface, WGCTL_PRE_DOWN);
    if (done->dns)
        undo_dns(tunnel);
    if (done->routes)
        wgctl_routes_revert(tunnel->interface, &done->application, &ignored);
    wgctl_link_delete(tunnel->interface, &ignored);
    if (done->hooks)
        wgctl_hooks_try(&tunnel->server, tunnel->interface, WGCTL_POST_DOWN);
    wgctl_applied_forget(tunnel);
}

static int bring_up(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    struct progress done = {0};
    int rc = configure(tunnel, &done, err);
    if (rc == WGCTL_OK) {
        done.hooks = true;
        rc = wgctl_hooks_run(&tunnel->server, tunnel->interface, WGCTL_POST_UP, err);
    }
    if (rc == WGCTL_OK && wgctl_signals_pending())
        rc = wgctl_fail(err, WGCTL_SYSTEM, "stopped by a signal");
    if (rc == WGCTL_OK)
        rc = wgctl_applied_remove(tunnel, WGCTL_STARTING, err);
    if (rc < 0)
        undo(tunnel, &done);
    wgctl_application_clear(&done.application);
    return rc;
}

/* When a host starts, its name server may not answer yet. */
static void await_names(const struct wgctl_server *server)
{
    enum { USUAL = 15 }; /* as wg(8) has it */
    const char *tries = getenv("WG_ENDPOINT_RESOLUTION_RETRIES");
    unsigned long again = USUAL;
    if (tries)
        again = strcmp(tries, "infinity") == 0 ? UINT_MAX : strtoul(tries, NULL, 10);
    for (size_t i = 0; i < server->peer_count; i++) {
        struct wgctl_endpoint endpoint;
        if (server->peers[i].enabled && wgctl_peer_endpoint(server, &server->peers[i], &endpoint) &&
            !wgctl_endpoint_is_address(&endpoint, NULL))
            wgctl_endpoint_await(&endpoint, (unsigned)again);
    }
}

int wgctl_tunnel_up(struct wgctl_tunnel *tunnel, bool *ret_userspace, struct wgctl_error *err)
{
    bool is_up = false, userspace = false;
    struct wgctl_error ignored;
    int rc = wgctl_tunnel_is_up(tunnel->interface, &is_up, err);
    bool starting = rc == WGCTL_OK && wgctl_applied_exists(tunnel, WGCTL_STARTING);
    if (rc == WGCTL_OK && is_up && !starting) {
        wgctl_fail(err, WGCTL_EXISTS, "%s is up already", tunnel->interface);
        return wgctl_hint(err, "to bring in what changed in %s: sudo wgctl apply",
                          tunnel->conf_name);
    }
    /* An interface whose process died has left its rules; one that was taken down has not. */
    bool died = rc == WGCTL_OK && !is_up && wgctl_device_died(tunnel->interface) &&
                wgctl_applied_exists(tunnel, WGCTL_APPLIED);
    if (starting || died)
        wgctl_tunnel_clear_remains(tunnel);
    else if (rc == WGCTL_OK)
        wgctl_applied_forget(tunnel);
    if (rc == WGCTL_OK)
        wgctl_applied_save(tunnel, WGCTL_STARTING);
    if (rc == WGCTL_OK)
        rc = wgctl_hooks_run(&tunnel->server, tunnel->interface, WGCTL_PRE_UP, err);
    if (rc < 0) {
        wgctl_applied_forget(tunnel);
        return rc;
    }
    await_names(&tunnel->server);
    /* A signal ends a hook, and waits until what was done is whole, or undone. */
    sigset_t signals;
    wgctl_signals_hold(&signals);
    rc = create_link(tunnel->interface, &userspace, err);
    if (rc == WGCTL_OK)
        rc = bring_up(tunnel, err);
    else if (wgctl_link_delete(tunnel->interface, &ignored) == WGCTL_OK)
        wgctl_applied_forget(tunnel);
    if (rc == WGCTL_OK)
        wgctl_applied_save(tunnel, WGCTL_APPLIED);
    wgctl_signals_release(&signals);
    if (rc < 0)
        return rc;
    if (ret_userspace)
        *ret_userspace = userspace;
    return WGCTL_OK;
}
