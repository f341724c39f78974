#include "command.h"

int run_show(struct context *context, const struct command *command, int argc, char **argv,
             struct wgctl_error *err)
{
    const struct option_spec options[] = {{0}};
    char **names;
    int count;
    int rc = parse_options(context, command, options, argc, argv, &names, &count, err);
    if (rc < 0 || context->done)
        return rc;

    WGCTL_TUNNEL *tunnel = NULL;
    WGCTL_TEXT config = {0};
    rc = open_tunnel(context, WGCTL_READ, &tunnel, err);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_client(tunnel, names[0], &config, err);
    if (rc < 0)
        return rc;
    return context->json ? json_client(names[0], &config, err) : print_secret(&config, err);
}
