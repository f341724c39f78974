/* Down, as wg-quick(8) does it. */
#include "base/signals.h"
#include "host/default_route_firewall.h"
#include "host/dns.h"
#include "host/link.h"
#include "tunnel/state.h"

/* Of what stands beside the interface. Only what is known to be there is missed. */
static int clean_up(const struct wgctl_tunnel *tunnel, uint32_t mark, struct wgctl_error *err)
{
    WGCTL_DNS dns = {0};
    struct wgctl_error ignored;
    if (wgctl_dns_parse(wgctl_text_slice_of(&tunnel->server.dns), &dns, &ignored) == WGCTL_OK)
        wgctl_dns_unset(tunnel->interface, &dns, &ignored);
    return wgctl_default_route_firewall_unset(tunnel->interface, AF_UNSPEC, mark ? err : &ignored) <
                       0 &&
                   mark
               ? err->status
               : WGCTL_OK;
}

/* The configuration whose hooks are to be undone: the applied one where the file's PostUp
 * has changed since, else the file, whose PreDown and PostDown may have been mended. */
static const struct wgctl_server *server_of_hooks(const struct wgctl_tunnel *tunnel,
                                                  enum wgctl_applied which,
                                                  struct wgctl_server *copy)
{
    if (!wgctl_applied_parse(tunnel, which, copy) ||
        wgctl_server_same_hooks(copy, &tunnel->server, WGCTL_POST_UP))
        return &tunnel->server;
    return copy;
}

void wgctl_tunnel_clear_remains(struct wgctl_tunnel *tunnel)
{
    WGCTL_SERVER copy = {0};
    WGCTL_DEVICE device = {0};
    struct wgctl_error ignored;
    bool starting = wgctl_applied_exists(tunnel, WGCTL_STARTING);
    const struct wgctl_server *server =
        server_of_hooks(tunnel, starting ? WGCTL_STARTING : WGCTL_APPLIED, &copy);
    wgctl_hooks_try(server, tunnel->interface, WGCTL_PRE_DOWN);
    if (wgctl_device_read(tunnel->interface, NULL, &device, &ignored) == WGCTL_OK)
        wgctl_routes_remove_rules(wgctl_routes_mark(server, &device), &ignored);
    wgctl_link_delete(tunnel->interface, &ignored);
    clean_up(tunnel, 0, &ignored);
    wgctl_hooks_try(server, tunnel->interface, WGCTL_POST_DOWN);
    wgctl_applied_forget(tunnel);
}

static int take_down(struct wgctl_tunnel *tunnel, const struct wgctl_server *hooks,
                     struct wgctl_error *err)
{
    WGCTL_DEVICE device = {0};
    struct wgctl_error ignored;
    int rc = wgctl_device_read(tunnel->interface, NULL, &device, err);
    if (rc == WGCTL_OK && tunnel->server.save_config)
        rc = wgctl_tunnel_save(tunnel, &device, err);
    /* One that does not answer any more has to go all the same. */
    if (rc < 0 && tunnel->server.save_config)
        return rc;
    /* These do not go with the interface. */
    uint32_t mark = wgctl_routes_mark(&tunnel->server, &device);
    rc = wgctl_routes_remove_rules(mark, err);
    if (rc == WGCTL_OK)
        rc = wgctl_link_delete(tunnel->interface, err);
    if (rc < 0)
        return rc;
    wgctl_applied_forget(tunnel);
    rc = clean_up(tunnel, mark, err);
    int last = wgctl_hooks_run(hooks, tunnel->interface, WGCTL_POST_DOWN, rc < 0 ? &ignored : err);
    if (rc == WGCTL_OK)
        rc = last;
    return rc < 0 ? wgctl_context(err, "%s is down, but", tunnel->interface) : rc;
}

int wgctl_tunnel_down(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    bool is_up = false;
    int rc = wgctl_tunnel_is_up(tunnel->interface, &is_up, err);
    if (rc < 0)
        return rc;
    bool starting = wgctl_applied_exists(tunnel, WGCTL_STARTING);
    if (starting || (!is_up && wgctl_applied_exists(tunnel, WGCTL_APPLIED))) {
        wgctl_tunnel_clear_remains(tunnel);
        return WGCTL_OK;
    }
    if (!is_up) {
        wgctl_fail(err, WGCTL_NOT_FOUND, "%s is not up", tunnel->interface);
        return wgctl_hint(err, "sudo wgctl up brings it up");
    }
    WGCTL_SERVER copy = {0}, interrupted = {0};
    const struct wgctl_server *hooks = server_of_hooks(tunnel, WGCTL_APPLIED, &copy);
    bool was_interrupted = wgctl_applied_parse(tunnel, WGCTL_RUNNING_HOOKS, &interrupted);
    rc = wgctl_hooks_run(hooks, tunnel->interface, WGCTL_PRE_DOWN, err);
    if (rc < 0)
        return rc;
    /* Half of it would be worse than to be late. */
    sigset_t signals;
    wgctl_signals_hold(&signals);
    rc = take_down(tunnel, hooks, err);
    if (was_interrupted)
        wgctl_hooks_try(&interrupted, tunnel->interface, WGCTL_POST_DOWN);
    wgctl_signals_release(&signals);
    return rc;
}
