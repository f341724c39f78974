#include "report.h"

#include "json.h"
#include "terminal.h"

static void print_text(const struct context *context, const struct wgctl_error *err)
{
    close_progress();
    flush_output();
    fprintf(stderr, "%swgctl:%s ", color(context, stderr, RED), color(context, stderr, PLAIN));
    print_escaped(stderr, wgctl_slice_of(err->message));
    fputc('\n', stderr);
    if (!err->hint[0])
        return;
    fprintf(stderr, "%s  -> %s", color(context, stderr, BOLD), color(context, stderr, PLAIN));
    print_with_calls(context, err->hint);
}

void print_error(const struct context *context, const struct wgctl_error *err)
{
    char hint[COMPLETED_SIZE];
    complete_calls(context, err->hint, hint);
    if (!context->json || json_error(err, context->usage_error ? "usage" : NULL, hint) < 0)
        print_text(context, err);
}

void warn(const struct context *context, const struct wgctl_error *err)
{
    note(context, "Warning: %s\n  -> %s", err->message, err->hint);
}

void warn_of_port(const struct context *context, const struct wgctl_tunnel *tunnel)
{
    struct wgctl_error err;
    if (wgctl_tunnel_check_port(tunnel, &err) < 0)
        warn(context, &err);
}

void warn_of_hooks(const struct context *context, const struct wgctl_tunnel *tunnel)
{
    struct wgctl_error err;
    if (wgctl_tunnel_check_nat(tunnel, &err) < 0)
        warn(context, &err);
    if (wgctl_tunnel_check_opened(tunnel, &err) < 0)
        warn(context, &err);
}

void note_dropping_table(const struct context *context, const struct wgctl_provision_info *info)
{
    if (info->dropping_table[0])
        note(context,
             "\nNote: the firewall table '%s' drops packets that it does not know, even if\n"
             "wgctl's own table accepts them. Make it accept UDP port %u, and packets\n"
             "forwarded from and to %s.",
             info->dropping_table, info->listen_port, info->interface);
}
