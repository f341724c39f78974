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
        note(context,
             no_apply ? "%s is gone from the file; where the tunnel runs, it can connect until "
                        "'sudo wgctl apply'"
                      : "%s is revoked: it can no longer connect",
             names[i]);
    return WGCTL_OK;
}

/* Before anybody is asked about a name that is not there. */
static int find_all(struct context *context, int count, char **names, struct wgctl_error *err)
{
    WGCTL_TUNNEL *tunnel = NULL;
    size_t ignored;
    int rc = open_tunnel(context, WGCTL_READ, &tunnel, err);
    for (int i = 0; rc == WGCTL_OK && i < count; i++)
        rc = wgctl_tunnel_find_peer(tunnel, names[i], &ignored, err);
    return rc;
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
    if (can_ask(context))
        rc = find_all(context, count, names, err);
    if (rc < 0)
        return rc;
    snprintf(question, sizeof question,
             count == 1 ? "Revoke %.80s for good?" : "Revoke %.80s and others for good?", names[0]);
    if (!context->dry_run && !confirm(context, question))
        return wgctl_fail(err, WGCTL_INVALID, "nothing was changed");
    return revoke(context, no_apply, count, names, err);
}
