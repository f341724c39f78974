#include "changes.h"
#include "command.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static const char *endpoint;

static const struct option_spec options[] = {
    {"endpoint", "HOST[:PORT]", "this server's public hostname or address", &endpoint, NULL, '\0'},
    {0},
};

static int check(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    (void)argc, (void)argv;
    if (endpoint)
        return WGCTL_OK;
    fail_usage(context, err, "edit-server needs an option that says what to change");
    return wgctl_hint(err, "sudo wgctl edit-server --endpoint vpn.example.org");
}

static int report(struct context *context, const struct wgctl_tunnel *tunnel, size_t clients,
                  size_t elsewhere, struct wgctl_error *err)
{
    WGCTL_TEXT now = {0};
    wgctl_tunnel_endpoint(tunnel, &now);
    int rc = wgctl_text_check(&now, err);
    if (rc < 0)
        return rc;
    if (context->json)
        return json_endpoint(wgctl_tunnel_interface(tunnel), now.data, clients, elsewhere, err);
    note(context, "Devices now find this server at %s", now.data);
    if (wgctl_tunnel_endpoint_is_local(tunnel))
        note(context, "Only this server's own network knows that address: devices can connect only "
                      "from there");
    if (clients > 0)
        note(context,
             "%zu device file%s changed: import %s again, for example with 'sudo wgctl qr NAME'",
             clients, clients == 1 ? "" : "s", clients == 1 ? "it" : "each");
    if (elsewhere > 0)
        note(context, "%zu device%s configuration%s not kept here: change the Endpoint by hand",
             elsewhere, elsewhere == 1 ? "'s" : "s'", elsewhere == 1 ? " is" : "s are");
    warn_of_port(context, tunnel);
    return WGCTL_OK;
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    size_t clients = 0, elsewhere = 0;
    (void)argc, (void)argv;
    int rc = wgctl_tunnel_set_endpoint(tunnel, endpoint, &clients, &elsewhere, err);
    if (rc < 0)
        return rc;
    if (context->dry_run)
        return show_plan(context, tunnel, false, err);
    rc = wgctl_tunnel_commit(tunnel, NULL, err);
    if (rc < 0)
        return rc;
    context->committed = true;
    return report(context, tunnel, clients, elsewhere, err);
}

const struct command edit_server_command = {
    .name = "edit-server",
    .arguments = "",
    .summary = "Change the server, and the device files to match",
    .options = options,
    .access = ACCESS_CHANGE,
    .check = check,
    .run = run,
};
