/* A plan, as people and programs read it. */
#include <string.h>

#include "command.h"

static const struct wording {
    const char *op;
    char sign; /* '+', '-' or '~' */
    const char *what;
} wordings[] = {
    {"write_file", '~', "file"},
    {"remove_file", '-', "file"},
    {"set_private_key", '~', "private key (hidden)"},
    {"set_listen_port", '~', "listen port"},
    {"set_fwmark", '~', "fwmark"},
    {"add_peer", '+', ""},
    {"set_preshared_key", '~', "preshared key (hidden)"},
    {"set_endpoint", '~', "endpoint"},
    {"set_keepalive", '~', "keepalive"},
    {"add_allowed_ip", '+', "allowed IP"},
    {"remove_allowed_ip", '-', "allowed IP"},
    {"remove_peer", '-', ""},
    {"add_address", '+', "address"},
    {"remove_address", '-', "address"},
    {"set_mtu", '~', "MTU"},
    {"set_dns", '~', "DNS"},
    {"remove_route", '-', "route"},
    {"run_post_down", '~', "PostDown:"},
    {"run_post_up", '~', "PostUp:"},
    {"add_route", '+', "route"},
};

static const struct wording *wording_of(const char *op)
{
    size_t last = sizeof wordings / sizeof *wordings - 1;
    for (size_t i = 0; i < last; i++)
        if (strcmp(wordings[i].op, op) == 0)
            return &wordings[i];
    return &wordings[last];
}

static void print_aside(FILE *stream, const char *word, const char *what)
{
    if (!what[0])
        return;
    fprintf(stream, " (%s", word);
    print_escaped(stream, wgctl_slice_of(what));
    fputc(')', stream);
}

static void print_change(const struct context *context, FILE *stream,
                         const struct wgctl_change *change)
{
    const struct wording *wording = wording_of(change->op);
    const char *sequence = wording->sign == '+' ? GREEN : wording->sign == '-' ? RED : YELLOW;
    fprintf(stream, "  %s%c", color(context, stream, sequence), wording->sign);
    if (change->peer[0]) {
        fputs(" peer ", stream);
        print_escaped(stream, wgctl_slice_of(change->peer));
    }
    if (wording->what[0])
        fprintf(stream, " %s", wording->what);
    if (change->value[0])
        fputc(' ', stream);
    print_escaped(stream, wgctl_slice_of(change->value));
    print_aside(stream, "was ", change->before);
    print_aside(stream, "from ", change->from_peer);
    print_aside(stream, "", change->is_drift ? "drift" : "");
    fprintf(stream, "%s\n", color(context, stream, PLAIN));
}

void print_changes(const struct context *context, FILE *stream, const struct wgctl_changes *changes)
{
    for (size_t i = 0; i < changes->listed; i++)
        print_change(context, stream, &changes->items[i]);
    if (changes->listed < changes->count)
        fprintf(stream, "  and %zu more\n", changes->count - changes->listed);
    if (changes->has_drift)
        note(context, "Drift: what runs was changed beside its file, as with 'wg set'. The file "
                      "counts");
}

int show_plan(struct context *context, struct wgctl_tunnel *tunnel, bool apply,
              struct wgctl_error *err)
{
    WGCTL_CHANGES changes = {0};
    const char *interface = wgctl_tunnel_interface(tunnel);
    int rc = wgctl_tunnel_plan(tunnel, &changes, err);
    if (rc < 0)
        return rc;
    if (context->json)
        return json_changes(interface, &changes, err);
    printf(changes.count ? "This would change:\n" : "Nothing would change\n");
    print_changes(context, stdout, &changes);
    if (apply && changes.count > 0 && !changes.is_up)
        note(context, "%s is not up, so nothing that runs would change", interface);
    return WGCTL_OK;
}
