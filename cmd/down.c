#include "changes.h"
#include "command.h"
#include "json.h"
#include "terminal.h"

static int preview(struct context *context, struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_CHANGES changes = {0};
    int rc = wgctl_tunnel_plan_down(tunnel, &changes, err);
    return rc < 0 ? rc : show_changes(context, tunnel, &changes, err);
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    const char *interface = wgctl_tunnel_interface(tunnel);
    struct wgctl_error warning = {0};
    (void)argc, (void)argv;
    if (context->dry_run)
        return preview(context, tunnel, err);
    int rc = wgctl_tunnel_down(tunnel, &warning, err);
    if (rc < 0)
        return rc;
    if (context->json)
        return json_state(interface, false, warning.message, err);
    note(context, "%s is down", interface);
    if (warning.message[0])
        note(context, "Warning: %s. It may have had nothing left to remove", warning.message);
    return WGCTL_OK;
}

const struct command down_command = {
    .name = "down",
    .arguments = "",
    .summary = "Take the interface down",
    .access = ACCESS_HOLD,
    .run = run,
};
