#include "command.h"

static int revoke(struct context *context, bool no_apply, int count, char **names,
                  struct wgctl_error *err)
{
    WGCTL_TUNNEL *tunnel = NULL;
    WGCTL_CHANGES changes = {0};
    int rc = open_tunnel(context, no_apply ? WGCTL_CHANGE : WGCTL_APPLY, &tunnel, err);
    for (int i = 0; rc == WGCTL_OK && i < count; i++)
        rc = wgctl_tunnel_revoke(tunnel, names[i], err);
    if (rc < 0)
        return rc;
    if (context->dry_run)
        return show_plan(context, tunnel, !no_apply, err);
    rc = wgctl_tunnel_commit(tunnel, &changes, err);
    if (rc < 0)
        return rc;
    context->committed = true;
    if (context->json)
        return json_changes(wgctl_tunnel_interface(tunnel), &changes, err);
    for (int i = 0; i < count; i++)
        note(context, "%s is revoked: it can no longer connect", names[i]);
    return WGCTL_OK;
}

int run_revoke(struct context *context, const struct command *command, int argc, char **argv,
               struct wgctl_error *err)
{
    bool no_apply = false;
    const struct option_spec options[] = {
        {"no-apply", NULL, "change the files only", NULL, &no_apply},
        {0},
    };
    char **names, question[160];
    int count;
    int rc = parse_options(context, command, options, argc, argv, &names, &count, err);
    if (rc < 0 || context->done)
        return rc;
    snprintf(question, sizeof question,
             count == 1 ? "Revoke %.80s for good?" : "Revoke %.80s and others for good?", names[0]);
    if (!context->dry_run && !confirm(context, question))
        return wgctl_fail(err, WGCTL_INVALID, "nothing was changed");
    return revoke(context, no_apply, count, names, err);
}
