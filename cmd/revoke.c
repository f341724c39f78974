#include "changes.h"
#include "command.h"
#include "json.h"
#include "terminal.h"

static bool no_apply;

static const struct option_spec options[] = {
    {"no-apply", NULL, "write only the files", NULL, &no_apply, '\0'},
    {0},
};

/* "Revoke guest, help and tv for good?" */
static int ask(struct context *context, int count, char **names, struct wgctl_error *err)
{
    WGCTL_TEXT question = {0};
    for (int i = 0; i < count; i++)
        wgctl_text_format(&question, "%s%.80s",
                          i == 0           ? "Revoke "
                          : i == count - 1 ? " and "
                                           : ", ",
                          names[i]);
    wgctl_text_string(&question, " for good?");
    int rc = wgctl_text_check(&question, err);
    return rc < 0 ? rc : confirm(context, question.data, err);
}

/* Names that do not exist are reported before anybody is asked about them, and the lock is not
 * held while somebody thinks. */
static int check(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    WGCTL_TUNNEL *tunnel = NULL;
    size_t ignored;
    if (context->dry_run || context->yes)
        return WGCTL_OK;
    int rc = open_tunnel(context, ACCESS_READ, &tunnel, err);
    for (int i = 0; rc == WGCTL_OK && i < argc; i++)
        rc = wgctl_tunnel_find_peer(tunnel, argv[i], &ignored, err);
    return rc < 0 ? rc : ask(context, argc, argv, err);
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    WGCTL_CHANGES changes = {0};
    int rc = WGCTL_OK;
    for (int i = 0; rc == WGCTL_OK && i < argc; i++)
        rc = wgctl_tunnel_revoke(tunnel, argv[i], err);
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
    for (int i = 0; i < argc; i++)
        note(context,
             no_apply ? "%s is removed from the files; if the tunnel is up, it can still connect "
                        "until 'sudo wgctl apply'"
                      : "%s is revoked: it can no longer connect",
             argv[i]);
    return WGCTL_OK;
}

const struct command revoke_command = {
    .name = "revoke",
    .alias = "remove",
    .arguments = "NAME...",
    .summary = "Remove a device, immediately and permanently",
    .least = 1,
    .most = -1,
    .options = options,
    .access = ACCESS_APPLY,
    .files_only = &no_apply,
    .check = check,
    .run = run,
};
