#include "command.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static struct wgctl_provision_request request;

static const struct option_spec options[] = {
    {"endpoint", "HOST[:PORT]", "this server's public hostname or address", &request.endpoint, NULL,
     '\0'},
    {"listen-port", "PORT", "UDP port (default: 51820)", &request.listen_port, NULL, '\0'},
    {"address", "CIDR,...", "its tunnel address (default: random)", &request.addresses, NULL, '\0'},
    {"no-ipv6", NULL, "no IPv6 in the tunnel", NULL, &request.no_ipv6, '\0'},
    {"dns", "LIST|none", "DNS servers for devices (default: 1.1.1.1)", &request.dns, NULL, '\0'},
    {"allowed-ips", "WHAT",
     "the traffic devices send here: full (the default),\nsplit, lan, full-except-lan or a "
     "list",
     &request.allowed_ips, NULL, '\0'},
    {"mtu", "MTU", "MTU (default: that of the internet connection less 80)", &request.mtu, NULL,
     '\0'},
    {"firewall", "KIND", "auto, nftables, iptables or none", &request.firewall, NULL, '\0'},
    {"egress", "IFACE", "let devices out through this interface only", &request.egress, NULL, '\0'},
    {"no-apply", NULL, "write only the files", NULL, &request.no_apply, '\0'},
    {"no-boot", NULL, "do not start it at boot", NULL, &request.no_boot, '\0'},
    {0},
};

static void print_row(const char *name, const char *value)
{
    printf("  %-15s ", name);
    print_escaped(stdout, wgctl_slice_of(value));
    putchar('\n');
}

/* What would keep devices from connecting, and what to do about it. */
static void print_advice(const struct context *context, const struct wgctl_provision_info *info)
{
    if (info->endpoint_source == WGCTL_ENDPOINT_LAN)
        note(context,
             "\nNote: %s is this server's address on its own network, so devices can\n"
             "connect only from there. To connect from anywhere, forward UDP port %u on your\n"
             "router to this server, then set your home's public hostname or address:\n"
             "  sudo wgctl edit-server --endpoint vpn.example.org",
             info->own_address, info->listen_port);
    else if (info->endpoint_is_local)
        note(context,
             "\nNote: only this server's own network knows the address %s, so devices\n"
             "can connect only from there. To connect from anywhere, forward UDP port %u on\n"
             "your router to this server, then set your home's public hostname or address:\n"
             "  sudo wgctl edit-server --endpoint vpn.example.org",
             info->endpoint, info->listen_port);
    else if (info->own_address[0])
        note(context,
             "\nNote: this server's own address is %s, so it is behind a router.\n"
             "Forward UDP port %u on the router to this server.",
             info->own_address, info->listen_port);
    note_dropping_table(context, info);
}

static void print_result(const struct context *context, const struct wgctl_provision_info *info,
                         bool userspace)
{
    const char *state = context->dry_run ? "would be" : info->applies ? "is up as" : "is set up as";
    printf("%s%s %s a WireGuard server at %s (UDP)%s\n\n", color(context, stdout, BOLD),
           info->interface, state, info->endpoint, color(context, stdout, PLAIN));
    print_row("addresses", info->addresses);
    print_row("firewall", info->firewall);
    print_row("internet via", info->way_out[0] ? info->way_out : "not found");
    print_row("files", info->conf);
    print_row("", info->ini);
    if (info->sysctl[0])
        print_row("forwarding", info->sysctl);
    if (info->applies)
        print_row("starts at boot", info->boots ? "yes" : "no");
    if (userspace)
        print_row("WireGuard", "in a userspace process: this kernel has none");
    print_advice(context, info);
    if (!context->dry_run)
        note(context, "\nNext: sudo wgctl add-peer phone --qr");
}

static int preview(struct context *context, const struct wgctl_provision *provision,
                   const struct wgctl_provision_info *info, struct wgctl_error *err)
{
    WGCTL_TEXT conf = {0};
    if (context->json)
        return json_provision(info, err);
    int rc = wgctl_provision_preview(provision, &conf, err);
    if (rc < 0)
        return rc;
    print_result(context, info, false);
    printf("\n%s would be:\n\n", info->conf);
    struct wgctl_slice rest = wgctl_text_slice_of(&conf), line;
    while (rest.size > 0 && wgctl_slice_split(&rest, '\n', &line)) {
        print_escaped(stdout, line);
        putchar('\n');
    }
    return WGCTL_OK;
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    WGCTL_PROVISION *provision = NULL;
    struct wgctl_provision_info info;
    bool userspace = false;
    (void)tunnel, (void)argc, (void)argv;
    request.folder = context->folder;
    request.interface = interface_of(context);
    int rc = wgctl_provision_choose(&request, &provision, err);
    if (rc < 0)
        return rc;
    wgctl_provision_show(provision, &info);
    if (context->dry_run)
        return preview(context, provision, &info, err);

    if (info.applies)
        say_step(context, "Writing the files and bringing %s up...", info.interface);
    rc = wgctl_provision_commit(provision, &userspace, err);
    if (rc < 0)
        return rc;
    context->committed = true;
    if (context->json)
        return json_provision(&info, err);
    print_result(context, &info, userspace);
    return WGCTL_OK;
}

const struct command init_command = {
    .name = "init",
    .arguments = "",
    .summary = "Set up this host as a WireGuard server",
    .options = options,
    .access = ACCESS_NONE,
    .run = run,
};
