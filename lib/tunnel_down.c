/* Down, as wg-quick(8) does it. */
#include "base/signals.h"
#include "host/antispoofing.h"
#include "host/dns.h"
#include "host/link.h"
#include "tunnel_state.h"

/* Of what stands beside the interface. Only what is known to be there is missed. */
static int clean_up(const struct wgctl_tunnel *tunnel, uint32_t mark, struct wgctl_error *err)
{
    WGCTL_DNS dns = {0};
    struct wgctl_error ignored;
    if (wgctl_dns_parse(wgctl_text_slice_of(&tunnel->server.dns), &dns, &ignored) == WGCTL_OK)
        wgctl_dns_unset(tunnel->interface, &dns, &ignored);
    return wgctl_antispoofing_unset(tunnel->interface, AF_UNSPEC, mark ? err : &ignored) < 0 && mark
               ? err->status
               : WGCTL_OK;
}

static int take_down(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_DEVICE device = {0};
    struct wgctl_error ignored;
    int rc = wgctl_device_read(tunnel->interface, &device, err);
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
    wgctl_applied_forget(tunnel->conf_name);
    rc = clean_up(tunnel, mark, err);
    int hooks = wgctl_hooks_run(tunnel, WGCTL_POST_DOWN, rc < 0 ? &ignored : err);
    return rc < 0 ? rc : hooks;
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
    rc = wgctl_hooks_run(tunnel, WGCTL_PRE_DOWN, err);
    if (rc < 0)
        return rc;
    /* Half of it would be worse than to be late. */
    sigset_t signals;
    wgctl_signals_hold(&signals);
    rc = take_down(tunnel, err);
    wgctl_signals_release(&signals);
    return rc;
}
