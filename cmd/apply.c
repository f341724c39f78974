#include "command.h"

/* What was done and fits a window; --dry-run shows all. */
enum { MOST_TOLD = 20 };

int run_apply(struct context *context, const struct command *command, int argc, char **argv,
              struct wgctl_error *err)
{
    const struct option_spec options[] = {{0}};
    int count;
    int rc = parse_options(context, command, options, argc, argv, &argv, &count, err);
    if (rc < 0 || context->done)
        return rc;

    WGCTL_TUNNEL *tunnel = NULL;
    WGCTL_CHANGES changes = {.most = context->json ? 0 : MOST_TOLD};
    rc = open_tunnel(context, WGCTL_RECONCILE, &tunnel, err);
    if (rc == WGCTL_OK)
        rc = require_up(interface_of(context), true, err);
    if (rc < 0)
        return rc;
    if (context->dry_run)
        return show_plan(context, tunnel, true, err);
    rc = wgctl_tunnel_commit(tunnel, &changes, err);
    if (rc < 0)
        return rc;
    context->committed = true;
    const char *interface = wgctl_tunnel_interface(tunnel);
    if (context->json)
        return json_changes(interface, &changes, err);
    note(context,
         changes.count ? "%s now runs as its file says:"
                       : "%s runs as its file says: nothing to do",
         interface);
    if (!context->quiet)
        print_changes(context, stderr, &changes);
    return WGCTL_OK;
}
