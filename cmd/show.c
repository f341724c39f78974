#include "command.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    WGCTL_TEXT config = {0};
    (void)argc;
    int rc = wgctl_tunnel_client(tunnel, argv[0], &config, err);
    if (rc < 0)
        return rc;
    warn_of_port(context, tunnel);
    return context->json ? json_client(argv[0], &config, err) : print_secret(&config, err);
}

const struct command show_command = {
    .name = "show",
    .arguments = "NAME",
    .summary = "Print a device's configuration",
    .least = 1,
    .most = 1,
    .access = ACCESS_READ,
    .run = run,
};
