#include "changes.h"

#include <string.h>

#include "json.h"
#include "terminal.h"

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
    {"unset_dns", '-', "DNS"},
    {"remove_route", '-', "route"},
    {"remove_rule", '-', "policy rules and firewall for"},
    {"add_rule", '+', "policy rules and firewall for"},
    {"create_interface", '+', "interface"},
    {"delete_interface", '-', "interface"},
    {"set_up", '~', "link up"},
    {"save_config", '~', "save the running configuration to"},
    {"run_pre_up", '~', "PreUp:"},
    {"run_post_up", '~', "PostUp:"},
    {"run_pre_down", '~', "PreDown:"},
    {"run_post_down", '~', "PostDown:"},
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
        note(context, "Drift: the running interface was changed directly, as with 'wg set'. The "
                      "file wins");
}

int show_changes(struct context *context, const struct wgctl_tunnel *tunnel,
                 const struct wgctl_changes *changes, struct wgctl_error *err)
{
    if (context->json)
        return json_changes(wgctl_tunnel_interface(tunnel), changes, err);
    printf(changes->count ? "This would change:\n" : "Nothing would change\n");
    print_changes(context, stdout, changes);
    return WGCTL_OK;
}

int show_plan(struct context *context, struct wgctl_tunnel *tunnel, bool apply,
              struct wgctl_error *err)
{
    WGCTL_CHANGES changes = {0};
    int rc = wgctl_tunnel_plan(tunnel, &changes, err);
    if (rc == WGCTL_OK)
        rc = show_changes(context, tunnel, &changes, err);
    if (rc == WGCTL_OK && !context->json && apply && changes.count > 0 && !changes.is_up)
        note(context, "%s is not up, so only files would change", wgctl_tunnel_interface(tunnel));
    return rc;
}
