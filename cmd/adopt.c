#include <limits.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "report.h"
#include "terminal.h"

static struct wgctl_adopt_request request;
static struct wgctl_text agreed; /* the question that was answered with yes; empty: none */

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
        printf("was '");
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

static void print_result(const struct context *context, const struct wgctl_adopt_info *info,
                         const struct wgctl_provision_info *made)
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
    if (info->mtu)
        print_row("MTU", info->mtu, "for new devices");
    if (info->keepalive)
        print_row("keepalive", info->keepalive, "for new devices");
    if (made)
        print_row("firewall", made->firewall, NULL);
    if (made)
        print_row("forwarding", made->sysctl, NULL);
    for (size_t i = 0; i < sizeof info->hooks / sizeof *info->hooks; i++)
        if (info->hooks[i])
            print_row("hook", info->hooks[i], "run by root");
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

/* ---- what is left to do ---- */

/* The FILE argument, for a shell. */
static const char *file_argument(char text[PATH_MAX + 4])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_./+=@%:,-";
    if (!request.file)
        return "";
    bool is_plain = strspn(request.file, plain) == strlen(request.file);
    snprintf(text, PATH_MAX + 4, is_plain ? " %s" : " '%s'", request.file);
    return strchr(request.file, '\'') ? " FILE" : text;
}

static void print_advice_about_file(const struct context *context,
                                    const struct wgctl_adopt_info *info)
{
    if (info->port_fault.status < 0)
        warn(context, &info->port_fault);
    if (info->lines_left > 0)
        note(context,
             "\n%zu line%s marked '#[disabled]' %s not part of a peer and %s left alone: see %s",
             info->lines_left, info->lines_left == 1 ? "" : "s",
             info->lines_left == 1 ? "is" : "are", info->lines_left == 1 ? "was" : "were",
             info->conf);
    if (info->removes_save_config)
        note(context, "\nPeers added with 'wg set' may not be in the file:\n"
                      "'sudo wgctl apply --dry-run' shows them");
}

/* Where adopt looks for devices' files, for those that it has not found. */
static void print_missing(const struct context *context, const struct wgctl_adopt_info *info)
{
    const struct wgctl_adopt_peer *first = info->first_without_file;
    size_t others = info->without_file - 1;
    char more[40] = "";
    if (!first)
        return;
    if (others > 0)
        snprintf(more, sizeof more, " and %zu other%s", others, others == 1 ? "" : "s");
    note(context,
         "\nNo file was found for %s%s, so 'wgctl qr' cannot show %s. Put the devices'\n"
         "files into %.*s/clients, and then: sudo wgctl adopt",
         first->name[0] ? first->name : "the peer without a name", more, others ? "them" : "it",
         (int)(strrchr(info->conf, '/') - info->conf), info->conf);
}

static void print_next(const struct context *context, const struct wgctl_adopt_info *info)
{
    char file[PATH_MAX + 4];
    if (info->endpoint && info->made_from && info->endpoint_port != info->listen_port)
        note(context,
             "\nNote: devices connect to UDP port %u, and this server listens on port %u.\n"
             "Forward the one to the other on the router, or change ListenPort in\n%s.",
             (unsigned)info->endpoint_port, (unsigned)info->listen_port, info->conf);
    if (!info->endpoint)
        note(context,
             "\nThis server's public address is not known, and devices' files need it. Set it:\n"
             "  sudo wgctl adopt%s --endpoint vpn.example.org",
             file_argument(file));
    print_missing(context, info);
    if (info->made_from && !context->dry_run)
        note(context, "\nNext: stop %s, which uses the same port, and then: sudo wgctl -i %s up",
             info->made_from, info->interface);
}

/* ---- questions ---- */

/* Appends what has to be agreed to, in full; nothing if nothing has to be. */
static int put_question(const struct wgctl_adopt_info *info, struct wgctl_text *ret,
                        struct wgctl_error *err)
{
    const char *up = info->hooks[0], *down = info->hooks[1];
    if (up || down)
        wgctl_text_format(ret,
                          "With that file come commands that root runs whenever %s goes up or "
                          "down: %s%s%s. Take them?",
                          info->interface, up ? up : "", up && down ? "; " : "", down ? down : "");
    else if (info->removes_save_config)
        wgctl_text_string(ret, "SaveConfig = true lets wg-quick overwrite the names. Remove it?");
    return wgctl_text_check(ret, err);
}

static int ask(struct context *context, const struct wgctl_adopt_info *info,
               struct wgctl_error *err)
{
    wgctl_text_clear(&agreed);
    int rc = put_question(info, &agreed, err);
    return rc < 0 || agreed.size == 0 ? rc : confirm(context, agreed.data, err);
}

/* With the lock held nobody is asked any more. While somebody was thinking, the files may have
 * changed. */
static int check_agreed(const struct context *context, const struct wgctl_adopt_info *info,
                        struct wgctl_error *err)
{
    WGCTL_TEXT question = {0};
    int rc = put_question(info, &question, err);
    if (rc < 0 || context->yes || question.size == 0 ||
        wgctl_slice_equal(wgctl_text_slice_of(&question), wgctl_text_slice_of(&agreed)))
        return rc;
    wgctl_fail(err, WGCTL_BUSY, "the files have changed since you were asked");
    return wgctl_hint(err, "look at what is in them now: sudo wgctl adopt --dry-run");
}

/* ---- the command ---- */

/* The rest of a server that only another program's file has: as init makes it, so that the tunnel
 * leads somewhere. With hooks of its own, it needs no firewall of wgctl's. */
static int make(void *user, const struct wgctl_adopt_server *server, struct wgctl_text *ret_conf,
                struct wgctl_text *ret_ini, struct wgctl_error *err)
{
    struct wgctl_provision **provision = user;
    const struct wgctl_provision_request wanted = {
        .folder = request.folder,
        .interface = server->interface,
        .private_key = server->private_key,
        .addresses = server->addresses,
        .listen_port = server->listen_port,
        .mtu = server->mtu,
        .firewall = server->has_hooks ? "none" : NULL,
        .no_apply = true,
    };
    int rc = wgctl_provision_choose(&wanted, provision, err);
    if (rc == WGCTL_NOT_FOUND)
        return wgctl_hint(err, "sudo apt install nftables");
    return rc < 0 ? rc : wgctl_provision_files(*provision, ret_conf, ret_ini, err);
}

/* Asks before the lock is taken, so that no other command has to wait for the answer. */
static int check(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    WGCTL_PROVISION *provision = NULL;
    WGCTL_ADOPTION *adoption = NULL;
    request.folder = context->folder;
    request.dry_run = true;
    request.file = argc > 0 ? argv[0] : NULL;
    request.make = make;
    request.user = &provision;
    /* Another program's file says what its interface is called. */
    if (!request.file || (context->interface && context->interface[0]))
        request.interface = interface_of(context);
    if (context->dry_run || context->yes)
        return WGCTL_OK;
    int rc = wgctl_adopt_open(&request, &adoption, err);
    return rc < 0 ? rc : ask(context, wgctl_adopt_show(adoption), err);
}

static int commit_files(void *adoption, struct wgctl_error *err)
{
    return wgctl_adopt_commit(adoption, err);
}

static int commit(struct context *context, struct wgctl_adopt *adoption,
                  const struct wgctl_provision *provision, struct wgctl_error *err)
{
    int rc = check_agreed(context, wgctl_adopt_show(adoption), err);
    if (rc == WGCTL_OK)
        rc = provision ? wgctl_provision_forward(provision, commit_files, adoption, err)
                       : wgctl_adopt_commit(adoption, err);
    context->committed = rc == WGCTL_OK;
    return rc;
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    WGCTL_PROVISION *provision = NULL;
    WGCTL_ADOPTION *adoption = NULL;
    struct wgctl_provision_info made;
    (void)tunnel, (void)argc, (void)argv;
    request.dry_run = context->dry_run;
    request.user = &provision;
    int rc = wgctl_adopt_open(&request, &adoption, err);
    if (rc == WGCTL_OK && !context->dry_run)
        rc = commit(context, adoption, provision, err);
    if (rc < 0)
        return rc;
    const struct wgctl_adopt_info *info = wgctl_adopt_show(adoption);
    if (provision)
        wgctl_provision_show(provision, &made);
    if (context->json)
        return json_adopt(info, provision ? &made : NULL, err);
    print_result(context, info, provision ? &made : NULL);
    print_advice_about_file(context, info);
    if (provision)
        note_dropping_table(context, &made);
    print_next(context, info);
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
