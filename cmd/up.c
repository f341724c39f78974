#include "command.h"

int run_up(struct context *context, const struct command *command, int argc, char **argv,
           struct wgctl_error *err)
{
    const struct option_spec options[] = {{0}};
    int count;
    int rc = parse_options(context, command, options, argc, argv, &argv, &count, err);
    if (rc < 0 || context->done)
        return rc;

    WGCTL_TUNNEL *tunnel = NULL;
    WGCTL_CHANGES changes = {0};
    bool userspace = false, is_up = false;
    rc = open_tunnel(context, WGCTL_HOLD, &tunnel, err);
    if (rc == WGCTL_OK && context->dry_run)
        rc = wgctl_tunnel_plan_up(tunnel, &changes, err);
    if (rc < 0)
        return rc;
    if (context->dry_run)
        return show_changes(context, tunnel, &changes, err);
    const char *interface = wgctl_tunnel_interface(tunnel);
    rc = wgctl_tunnel_is_up(interface, &is_up, err);
    if (rc == WGCTL_OK && !is_up)
        say_step(context, "Bringing %s up...", interface);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_up(tunnel, &userspace, err);
    if (rc < 0)
        return rc;
    if (context->json)
        return json_state(interface, true, NULL, err);
    note(context, userspace ? "%s is up, in a process: this kernel has no WireGuard" : "%s is up",
         interface);
    return WGCTL_OK;
}
