#include "changes.h"
#include "command.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

/* As many changes as fit a window; --dry-run shows all. */
enum { MOST_TOLD = 20 };

static int require_up(const char *interface, struct wgctl_error *err)
{
    bool is_up = false;
    int rc = wgctl_tunnel_is_up(interface, &is_up, err);
    if (rc < 0 || is_up)
        return rc;
    wgctl_fail(err, WGCTL_NOT_FOUND, "%s is not up", interface);
    return wgctl_hint(err, "sudo wgctl up");
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    WGCTL_CHANGES changes = {.most = context->json ? 0 : MOST_TOLD};
    const char *interface = wgctl_tunnel_interface(tunnel);
    (void)argc, (void)argv;
    int rc = require_up(interface, err);
    if (rc < 0)
        return rc;
    if (context->dry_run)
        return show_plan(context, tunnel, true, err);
    rc = wgctl_tunnel_commit(tunnel, &changes, err);
    if (rc < 0)
        return rc;
    context->committed = true;
    if (context->json)
        return json_changes(interface, &changes, err);
    note(context, changes.count ? "%s now matches its file:" : "%s already matches its file",
         interface);
    if (!context->quiet)
        print_changes(context, stderr, &changes);
    warn_of_hooks(context, tunnel);
    return WGCTL_OK;
}

const struct command apply_command = {
    .name = "apply",
    .arguments = "",
    .summary = "Make the running interface match its file",
    .access = ACCESS_RECONCILE,
    .run = run,
};
