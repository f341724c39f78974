#include "changes.h"
#include "command.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static int preview(struct context *context, struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_CHANGES changes = {0};
    int rc = wgctl_tunnel_plan_up(tunnel, &changes, err);
    return rc < 0 ? rc : show_changes(context, tunnel, &changes, err);
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    const char *interface = wgctl_tunnel_interface(tunnel);
    bool is_up = false, userspace = false;
    (void)argc, (void)argv;
    if (context->dry_run)
        return preview(context, tunnel, err);
    int rc = wgctl_tunnel_is_up(interface, &is_up, err);
    if (rc == WGCTL_OK && !is_up)
        say_step(context, "Bringing %s up...", interface);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_up(tunnel, &userspace, err);
    if (rc < 0)
        return rc;
    if (context->json)
        return json_state(interface, true, NULL, err);
    note(context,
         userspace ? "%s is up, in a userspace process: this kernel has no WireGuard" : "%s is up",
         interface);
    warn_of_hooks(context, tunnel);
    return WGCTL_OK;
}

const struct command up_command = {
    .name = "up",
    .arguments = "",
    .summary = "Bring the interface up",
    .access = ACCESS_HOLD,
    .run = run,
};
