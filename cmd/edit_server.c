#include "command.h"

static int edit(struct context *context, const char *endpoint, struct wgctl_error *err)
{
    WGCTL_TUNNEL *tunnel = NULL;
    WGCTL_TEXT now = {0};
    size_t clients = 0, elsewhere = 0;
    int rc = open_tunnel(context, WGCTL_CHANGE, &tunnel, err);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_set_endpoint(tunnel, endpoint, &clients, &elsewhere, err);
    if (rc < 0)
        return rc;
    if (context->dry_run)
        return show_plan(context, tunnel, false, err);
    rc = wgctl_tunnel_commit(tunnel, NULL, err);
    if (rc < 0)
        return rc;
    context->committed = true;
    wgctl_tunnel_endpoint(tunnel, &now);
    rc = wgctl_text_check(&now, err);
    if (rc < 0)
        return rc;
    if (context->json)
        return json_endpoint(wgctl_tunnel_interface(tunnel), now.data, clients, elsewhere, err);
    note(context, "Devices now find this server at %s", now.data);
    if (clients > 0)
        note(context, "%zu device file%s changed: import %s again, as with 'wgctl qr NAME'",
             clients, clients == 1 ? "" : "s", clients == 1 ? "it" : "each");
    if (elsewhere > 0)
        note(context, "%zu device%s file%s kept elsewhere: change the Endpoint there by hand",
             elsewhere, elsewhere == 1 ? "'s" : "s'", elsewhere == 1 ? " is" : "s are");
    return WGCTL_OK;
}

int run_edit_server(struct context *context, const struct command *command, int argc, char **argv,
                    struct wgctl_error *err)
{
    const char *endpoint = NULL;
    const struct option_spec options[] = {
        {"endpoint", "HOST[:PORT]", "where devices find this server", &endpoint, NULL},
        {0},
    };
    int count;
    int rc = parse_options(context, command, options, argc, argv, &argv, &count, err);
    if (rc < 0 || context->done)
        return rc;
    if (!endpoint) {
        fail_usage(context, err, "edit-server needs to know what to change");
        return wgctl_hint(err, "wgctl edit-server --endpoint vpn.example.org");
    }
    return edit(context, endpoint, err);
}
