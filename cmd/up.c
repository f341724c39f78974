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
    bool userspace = false;
    rc = open_tunnel(context, WGCTL_HOLD, &tunnel, err);
    if (rc < 0)
        return rc;
    bool is_up = false;
    if (!context->dry_run)
        rc = wgctl_tunnel_is_up(interface_of(context), &is_up, err);
    if (rc == WGCTL_OK && !context->dry_run && !is_up)
        say_step(context, "Bringing %s up...", interface_of(context));
    if (rc < 0)
        return rc;
    rc = context->dry_run ? require_up(interface_of(context), false, err)
                          : wgctl_tunnel_up(tunnel, &userspace, err);
    if (rc < 0)
        return rc;
    const char *interface = wgctl_tunnel_interface(tunnel);
    if (context->json)
        return json_state(interface, !context->dry_run, err);
    if (context->dry_run)
        printf("%s would be brought up\n", interface);
    else
        note(context,
             userspace ? "%s is up, in a process: this kernel has no WireGuard" : "%s is up",
             interface);
    return WGCTL_OK;
}
