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
    rc = open_tunnel(context, WGCTL_HOLD, &tunnel, err);
    if (rc == WGCTL_OK)
        rc = context->dry_run ? require_up(interface_of(context), true, err)
                              : wgctl_tunnel_down(tunnel, err);
    if (rc < 0)
        return rc;
    const char *interface = wgctl_tunnel_interface(tunnel);
    if (context->json)
        return json_state(interface, context->dry_run, err);
    if (context->dry_run)
        printf("%s would be taken down\n", interface);
    else
        note(context, "%s is down", interface);
    return WGCTL_OK;
}
