#include <string.h>

#include "command.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static struct wgctl_adopt_request request;
static bool may_remove_line; /* SaveConfig */

static const struct option_spec options[] = {
    {"endpoint", "HOST[:PORT]", "this server's public hostname or address", &request.endpoint, NULL,
     '\0'},
    {0},
};

static void print_row(const char *name, const char *value, const char *about)
{
    printf("  %-11s ", name);
    print_escaped(stdout, wgctl_slice_of(value));
    if (about) {
        printf(" (");
        print_escaped(stdout, wgctl_slice_of(about));
        putchar(')');
    }
    putchar('\n');
}

/* Its name from now on, or the beginning of its key. Returns the width. */
static int print_label(const struct wgctl_adopt_peer *peer)
{
    enum { SHOWN = 8 };
    if (peer->name[0])
        return printf("  %s", peer->name);
    printf("  %.*s…", SHOWN, peer->public_key);
    return 2 + SHOWN + 1;
}

/* The programs as people call them. */
static const char *source_name(const char *source)
{
    static const struct {
        const char *source, *name;
    } names[] = {
        {"pivpn", "PiVPN"},           {"angristan", "wireguard-install"},
        {"nyr", "wireguard-install"}, {"wgdashboard", "WGDashboard"},
        {"comment", "a comment"},     {"file_name", "its file"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].source, source) == 0)
            return names[i].name;
    return source;
}

static void print_name(const struct wgctl_adopt_peer *peer)
{
    if (peer->action == WGCTL_ADOPT_KEPT) {
        printf("keeps its name");
    } else if (peer->action == WGCTL_ADOPT_NAMED) {
        printf("named by %s", source_name(peer->source));
    } else if (!peer->found) {
        printf("no name was found");
    } else {
        printf(peer->action == WGCTL_ADOPT_RENAMED ? "was '" : "no valid name in '");
        print_escaped(stdout, wgctl_slice_of(peer->found));
        printf("' (%s)", source_name(peer->source));
    }
}

static void print_peer(const struct wgctl_adopt_peer *peer)
{
    enum { COLUMN = 19 };
    int width = print_label(peer);
    printf("%*s", width < COLUMN ? COLUMN - width : 1, "");
    print_name(peer);
    if (!peer->enabled)
        printf(", disabled");
    if (peer->file_taken || peer->refused) {
        printf(peer->refused ? "; file not copied: " : "; its file: ");
        print_escaped(stdout, wgctl_slice_of(peer->file));
    }
    if (peer->refused) {
        printf(" (");
        print_escaped(stdout, wgctl_slice_of(peer->refused));
        putchar(')');
    }
    putchar('\n');
}

static void print_result(const struct context *context, const struct wgctl_adopt_info *info)
{
    const char *state = !info->changes_something ? "has nothing left to adopt"
                        : context->dry_run       ? "would be adopted"
                                                 : "is adopted";
    printf("%s%s %s%s\n\n", color(context, stdout, BOLD), info->interface, state,
           color(context, stdout, PLAIN));
    print_row("file", info->conf, info->made_from);
    print_row("endpoint", info->endpoint ? info->endpoint : "not known", info->endpoint_source);
    if (info->dns)
        print_row("DNS", info->dns, "for new devices");
    if (info->allowed_ips)
        print_row("allowed IPs", info->allowed_ips, "for new devices");
    if (info->removes_save_config)
        print_row("SaveConfig", "this line is removed", NULL);
    if (info->mode_before)
        printf("  %-11s 0%o (was 0%o: only the folder protected the file)\n", "mode",
               info->mode_before & 0700, info->mode_before);
    if (info->peer_count > 0)
        printf("\nPeers:\n");
    for (size_t i = 0; i < info->peer_count; i++)
        print_peer(&info->peers[i]);
}

/* What is left to do. */
static void print_advice(const struct context *context, const struct wgctl_adopt_info *info)
{
    if (info->port_fault.status < 0)
        warn(context, &info->port_fault);
    if (!info->endpoint)
        note(context, "\nThis server's public address is not known. Set it:\n"
                      "  sudo wgctl edit-server --endpoint vpn.example.org");
    if (info->lines_left > 0)
        note(context,
             "\n%zu line%s marked '#[disabled]' %s not part of a peer and %s left alone: see %s",
             info->lines_left, info->lines_left == 1 ? "" : "s",
             info->lines_left == 1 ? "is" : "are", info->lines_left == 1 ? "was" : "were",
             info->conf);
    if (info->removes_save_config)
        note(context, "\nPeers added with 'wg set' may not be in the file:\n"
                      "'sudo wgctl apply --dry-run' shows them");
    if (info->made_from && strcmp(info->made_from, "wg-easy") == 0)
        note(context, "\nThat file does not contain its firewall rules: without PostUp lines,\n"
                      "devices reach this server but not the internet");
}

static int ask(struct context *context, const struct wgctl_adopt *adoption, struct wgctl_error *err)
{
    if (may_remove_line || !wgctl_adopt_show(adoption)->removes_save_config)
        return WGCTL_OK;
    int rc =
        confirm(context, "SaveConfig = true lets wg-quick overwrite the names. Remove it?", err);
    may_remove_line = rc == WGCTL_OK;
    return rc;
}

/* Asks before the lock is taken, so that no other command has to wait for the answer. */
static int check(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    WGCTL_ADOPTION *adoption = NULL;
    request.folder = context->folder;
    request.dry_run = true;
    request.file = argc > 0 ? argv[0] : NULL;
    /* A JSON file says what its interface is called. */
    if (!request.file || (context->interface && context->interface[0]))
        request.interface = interface_of(context);
    if (context->dry_run || context->yes)
        return WGCTL_OK;
    int rc = wgctl_adopt_open(&request, &adoption, err);
    return rc < 0 ? rc : ask(context, adoption, err);
}

static int commit(struct context *context, struct wgctl_adopt *adoption, struct wgctl_error *err)
{
    int rc = ask(context, adoption, err); /* nothing new, unless the file was edited since */
    if (rc == WGCTL_OK)
        rc = wgctl_adopt_commit(adoption, err);
    context->committed = rc == WGCTL_OK;
    return rc;
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    WGCTL_ADOPTION *adoption = NULL;
    (void)tunnel, (void)argc, (void)argv;
    request.dry_run = context->dry_run;
    int rc = wgctl_adopt_open(&request, &adoption, err);
    if (rc == WGCTL_OK && !context->dry_run)
        rc = commit(context, adoption, err);
    if (rc < 0)
        return rc;
    const struct wgctl_adopt_info *info = wgctl_adopt_show(adoption);
    if (context->json)
        return json_adopt(info, err);
    print_result(context, info);
    print_advice(context, info);
    return WGCTL_OK;
}

const struct command adopt_command = {
    .name = "adopt",
    .arguments = "[FILE]",
    .summary = "Take over a server that another tool set up",
    .most = 1,
    .options = options,
    .access = ACCESS_NONE,
    .check = check,
    .run = run,
};
