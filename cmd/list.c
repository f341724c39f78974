#include "command.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static void print_remark(const char *name, struct wgctl_slice value)
{
    if (value.size == 0)
        return;
    printf("  %s", name);
    print_escaped(stdout, value);
}

static void print_peer(const struct wgctl_tunnel *tunnel, size_t index, size_t width)
{
    struct wgctl_peer_info peer;
    wgctl_tunnel_peer(tunnel, index, &peer);
    size_t columns = print_escaped(stdout, wgctl_slice_of(peer.label));
    printf("%*s", (int)(width - columns + 2), "");
    print_addresses(stdout, tunnel, index);
    if (index >= wgctl_tunnel_peer_count(tunnel))
        printf("  commented out (line %zu)", peer.line);
    else if (!peer.enabled)
        printf("  disabled");
    print_remark("expires ", peer.expires);
    print_remark("", peer.note);
    putchar('\n');
}

static size_t widest_label(const struct wgctl_tunnel *tunnel, size_t count)
{
    size_t widest = 0;
    for (size_t i = 0; i < count; i++) {
        struct wgctl_peer_info peer;
        wgctl_tunnel_peer(tunnel, i, &peer);
        size_t width = columns_of(wgctl_slice_of(peer.label));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    (void)argc, (void)argv;
    if (context->json)
        return json_list(tunnel, err);
    size_t count = wgctl_tunnel_peer_count(tunnel) + wgctl_tunnel_commented_count(tunnel);
    size_t width = widest_label(tunnel, count);
    for (size_t i = 0; i < count; i++)
        print_peer(tunnel, i, width);
    if (wgctl_tunnel_peer_count(tunnel) == 0)
        note(context, "%s has no peers yet: 'sudo wgctl add-peer phone --qr' adds one",
             wgctl_tunnel_interface(tunnel));
    warn_of_port(context, tunnel);
    return WGCTL_OK;
}

const struct command list_command = {
    .name = "list",
    .arguments = "",
    .summary = "List the peers",
    .access = ACCESS_READ,
    .run = run,
};
