#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "changes.h"
#include "command.h"
#include "json.h"
#include "picture.h"
#include "report.h"
#include "terminal.h"

static struct wgctl_peer_request request; /* without its name */
static struct pictures wanted;
static bool no_apply;

static const struct option_spec options[] = {
    {"qr", NULL, "show its QR code", NULL, &wanted.terminal, '\0'},
    {"png", "FILE", "write the QR code to a PNG file", &wanted.png, NULL, '\0'},
    {"svg", "FILE", "write the QR code to an SVG file", &wanted.svg, NULL, '\0'},
    {"address", "ADDR,...", "its tunnel address (default: the next free one)", &request.addresses,
     NULL, '\0'},
    {"allowed-ips", "WHAT",
     "the traffic it sends here: full, split, lan,\nfull-except-lan or a list",
     &request.allowed_ips, NULL, '\0'},
    {"dns", "LIST|none", "its DNS servers", &request.dns, NULL, '\0'},
    {"mtu", "MTU|auto", "its MTU", &request.mtu, NULL, '\0'},
    {"keepalive", "SECONDS|off", "keepalive interval (default: 25)", &request.keepalive, NULL,
     '\0'},
    {"lan", "CIDR,...", "LANs behind this device that others can reach", &request.lan, NULL, '\0'},
    {"public-key", "KEY|-", "its public key, if it keeps its own private key", &request.public_key,
     NULL, '\0'},
    {"no-psk", NULL, "create no preshared key", NULL, &request.no_preshared_key, '\0'},
    {"no-store", NULL, "do not keep its configuration on this server", NULL, &request.no_store,
     '\0'},
    {"expires", "WHEN", "note when to revoke it: 12h, 7d, 2w, 2026-12-24", &request.expires, NULL,
     '\0'},
    {"note", "TEXT", "a note about it", &request.note, NULL, '\0'},
    {"no-apply", NULL, "write only the files", NULL, &no_apply, '\0'},
    {0},
};

/* Reads the first line of standard input. Not with stdio(3), whose buffer nobody wipes: somebody
 * may have taken a private key, or a whole configuration, for a public key. */
static bool read_line(char *buffer, size_t size)
{
    size_t used = 0;
    while (used < size - 1 && !memchr(buffer, '\n', used)) {
        ssize_t got = read(STDIN_FILENO, buffer + used, size - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    const char *end = memchr(buffer, '\n', used);
    buffer[end ? (size_t)(end - buffer) : used] = '\0';
    return used > 0;
}

/* "-" is standard input. */
static int read_public_key(struct context *context, struct wgctl_error *err)
{
    if (!request.public_key || strcmp(request.public_key, "-") != 0)
        return WGCTL_OK;
    if (!read_line(context->input, sizeof context->input)) {
        wgctl_fail(err, WGCTL_INVALID, "there is no public key on standard input");
        return wgctl_hint(err, "as in: ssh router wg show wg0 public-key | "
                               "sudo wgctl add-peer router --public-key -");
    }
    request.public_key = context->input;
    return WGCTL_OK;
}

/* `wgctl add-peer help` hardly means a device. */
static int ask_about_commands(struct context *context, int argc, char **argv,
                              struct wgctl_error *err)
{
    char question[80];
    int rc = WGCTL_OK;
    for (int i = 0; rc == WGCTL_OK && !context->dry_run && i < argc; i++) {
        if (!is_command(argv[i]))
            continue;
        snprintf(question, sizeof question, "'%s' is also a command. Add a device of that name?",
                 argv[i]);
        rc = confirm(context, question, err);
    }
    if (rc < 0 && context->usage_error)
        return wgctl_hint(err, "for help: wgctl add-peer --help; --yes adds a device of that name");
    return rc;
}

static int check(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    bool pictures = wanted.terminal || wanted.png || wanted.svg;
    if (argc > 1 &&
        (pictures || request.addresses || request.public_key || request.lan || request.no_store))
        return fail_usage(context, err,
                          "--qr, --png, --svg, --address, --lan, --public-key and "
                          "--no-store work with a single NAME only");
    if (wanted.terminal && context->json)
        return fail_usage(context, err, "a QR code cannot be printed as JSON: omit --qr or --json");
    if (request.public_key && pictures)
        return fail_usage(context, err,
                          "--public-key leaves nothing to scan: the private key is "
                          "on the device");
    int rc = ask_about_commands(context, argc, argv, err);
    return rc < 0 ? rc : read_public_key(context, err);
}

static int change(struct wgctl_tunnel *tunnel, int count, char **names, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (int i = 0; rc == WGCTL_OK && i < count; i++) {
        request.name = names[i];
        rc = wgctl_tunnel_add_peer(tunnel, &request, err);
    }
    return rc;
}

static void print_added(const struct context *context, const struct wgctl_tunnel *tunnel,
                        size_t index)
{
    struct wgctl_peer_info peer;
    wgctl_tunnel_peer(tunnel, index, &peer);
    fprintf(stderr, "%s%s added:%s ", color(context, stderr, BOLD), peer.label,
            color(context, stderr, PLAIN));
    print_addresses(stderr, tunnel, index);
    fputc('\n', stderr);
}

static int report_json(const struct wgctl_tunnel *tunnel, int count, char **names,
                       struct wgctl_error *err)
{
    size_t first = wgctl_tunnel_peer_count(tunnel) - (size_t)count;
    size_t *indexes = calloc((size_t)count, sizeof *indexes);
    if (!indexes)
        return wgctl_fail_memory(err);
    for (int i = 0; i < count; i++)
        indexes[i] = first + (size_t)i;
    int rc = json_peers(tunnel, indexes, (size_t)count, request.no_store ? names[0] : NULL, err);
    free(indexes);
    return rc;
}

/* The client's file itself, if nothing else of it will be left. */
static int print_config(const struct wgctl_tunnel *tunnel, const char *name,
                        struct wgctl_error *err)
{
    WGCTL_TEXT config = {0};
    int rc = wgctl_tunnel_client(tunnel, name, &config, err);
    return rc < 0 ? rc : print_secret(&config, err);
}

/* The peer is added, even if its code cannot be drawn. */
static int draw(const struct context *context, const struct pictures *pictures, const char *name,
                struct wgctl_error *err)
{
    int rc = pictures_draw(context, pictures, name, err);
    if (rc != WGCTL_UNSUPPORTED)
        return rc;
    print_error(context, err);
    return WGCTL_OK;
}

static int report(struct context *context, struct wgctl_tunnel *tunnel,
                  const struct pictures *pictures, bool is_up, int count, char **names,
                  struct wgctl_error *err)
{
    if (context->json)
        return report_json(tunnel, count, names, err);
    size_t first = wgctl_tunnel_peer_count(tunnel) - (size_t)count;
    for (int i = 0; !context->quiet && i < count; i++)
        print_added(context, tunnel, first + (size_t)i);
    const char *name = names[0];
    if (!is_up && !no_apply)
        note(context, "%s is not up: devices can connect after 'sudo wgctl up'",
             wgctl_tunnel_interface(tunnel));
    warn_of_port(context, tunnel);
    if (request.expires)
        note(context, "The expiry is only noted: the device can connect until it is revoked");
    if (request.public_key)
        note(context, "On the device, add its private key to this configuration:\n");
    else if (!pictures->terminal && !request.no_store)
        note(context, "'sudo wgctl qr %s' shows its QR code, 'sudo wgctl show %s' its config", name,
             name);
    if (request.public_key || (request.no_store && !pictures->terminal))
        return print_config(tunnel, name, err);
    return draw(context, pictures, name, err);
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    WGCTL_TEXT config = {0};
    WGCTL_CHANGES changes = {0};
    PICTURES pictures = {0};
    int rc = change(tunnel, argc, argv, err);
    if (rc < 0)
        return rc;
    if (context->dry_run)
        return show_plan(context, tunnel, !no_apply, err);

    if (argc == 1)
        rc = wgctl_tunnel_client(tunnel, argv[0], &config, err);
    if (rc == WGCTL_OK)
        rc = pictures_prepare(&wanted, wgctl_text_slice_of(&config), &pictures, err);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_commit(tunnel, &changes, err);
    context->committed = rc == WGCTL_OK;
    if (rc == WGCTL_OK)
        rc = pictures_publish(&pictures, err);
    return rc < 0 ? rc : report(context, tunnel, &pictures, changes.is_up, argc, argv, err);
}

const struct command add_peer_command = {
    .name = "add-peer",
    .arguments = "NAME...",
    .summary = "Add a device: creates its keys, addresses and configuration",
    .least = 1,
    .most = -1,
    .options = options,
    .access = ACCESS_APPLY,
    .files_only = &no_apply,
    .check = check,
    .run = run,
};
