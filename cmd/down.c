#include "command.h"

int run_down(struct context *context, const struct command *command, int argc, char **argv,
             struct wgctl_error *err)
{
    const struct option_spec options[] = {{0}};
    int count;
    int rc = parse_options(context, command, options, argc, argv, &argv, &count, err);
    if (rc < 0 || context->done)
        return rc;

    WGCTL_TUNNEL *tunnel = NULL;
    WGCTL_CHANGES changes = {0};
    struct wgctl_error warning = {0};
    rc = open_tunnel(context, WGCTL_HOLD, &tunnel, err);
    if (rc == WGCTL_OK)
        rc = context->dry_run ? wgctl_tunnel_plan_down(tunnel, &changes, err)
                              : wgctl_tunnel_down(tunnel, &warning, err);
    if (rc < 0)
        return rc;
    if (context->dry_run)
        return show_changes(context, tunnel, &changes, err);
    const char *interface = wgctl_tunnel_interface(tunnel);
    if (context->json)
        return json_state(interface, false, warning.message, err);
    note(context, "%s is down", interface);
    if (warning.message[0])
        note(context, "Warning: %s. What it was to remove may have been gone already",
             warning.message);
    return WGCTL_OK;
}
