#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

struct adding {
    struct wgctl_peer_request request; /* without its name */
    struct pictures pictures;
    bool no_apply;
    int count;
    char **names;
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

/* "-" is standard input, for a key that shall not stand in the shell's history. */
static int read_public_key(const char **value, char *buffer, size_t size, struct wgctl_error *err)
{
    if (!*value || strcmp(*value, "-") != 0)
        return WGCTL_OK;
    if (!read_line(buffer, size)) {
        wgctl_fail(err, WGCTL_INVALID, "no public key came on standard input");
        return wgctl_hint(err, "as in: ssh router wg show wg0 public-key | "
                               "sudo wgctl add-peer router --public-key -");
    }
    *value = buffer;
    return WGCTL_OK;
}

static int check(struct context *context, const struct adding *adding, struct wgctl_error *err)
{
    const struct wgctl_peer_request *request = &adding->request;
    bool pictures = adding->pictures.terminal || adding->pictures.png || adding->pictures.svg;
    if (adding->count > 1 && (pictures || request->addresses || request->public_key ||
                              request->lan || request->no_store))
        return fail_usage(context, err,
                          "--qr, --png, --svg, --address, --lan, --public-key and "
                          "--no-store go with one NAME only");
    if (adding->pictures.terminal && context->json)
        return fail_usage(context, err, "a QR code has no JSON form: leave --qr or --json out");
    if (request->public_key && pictures)
        return fail_usage(context, err,
                          "--public-key leaves nothing to scan: the private key is "
                          "on the device");
    return WGCTL_OK;
}

static int change(struct wgctl_tunnel *tunnel, struct adding *adding, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (int i = 0; rc == WGCTL_OK && i < adding->count; i++) {
        adding->request.name = adding->names[i];
        rc = wgctl_tunnel_add_peer(tunnel, &adding->request, err);
    }
    return rc;
}

static void print_added(const struct context *context, const struct wgctl_tunnel *tunnel,
                        size_t index)
{
    struct wgctl_peer_info peer;
    wgctl_tunnel_peer(tunnel, index, &peer);
    fprintf(stderr, "%s%s is added:%s ", color(context, stderr, BOLD), peer.label,
            color(context, stderr, PLAIN));
    print_addresses(stderr, tunnel, index);
    fputc('\n', stderr);
}

/* The client's file itself where nothing else of it will be left. */
static int print_config(const struct wgctl_tunnel *tunnel, const char *name,
                        struct wgctl_error *err)
{
    WGCTL_TEXT config = {0};
    int rc = wgctl_tunnel_client(tunnel, name, &config, err);
    return rc < 0 ? rc : print_secret(&config, err);
}

/* The peer is there, whatever becomes of the drawing. */
static int draw(const struct context *context, const struct adding *adding, struct wgctl_error *err)
{
    int rc = pictures_draw(context, &adding->pictures, err);
    if (rc != WGCTL_UNSUPPORTED)
        return rc;
    print_error(context, err);
    return WGCTL_OK;
}

static int report(struct context *context, struct wgctl_tunnel *tunnel, const struct adding *adding,
                  bool is_up, struct wgctl_error *err)
{
    const struct wgctl_peer_request *request = &adding->request;
    size_t first = wgctl_tunnel_peer_count(tunnel) - (size_t)adding->count;
    size_t *indexes = calloc((size_t)adding->count, sizeof *indexes);
    if (!indexes)
        return wgctl_fail_memory(err);
    for (int i = 0; i < adding->count; i++) {
        indexes[i] = first + (size_t)i;
        if (!context->quiet && !context->json)
            print_added(context, tunnel, indexes[i]);
    }
    const char *unstored = request->no_store ? adding->names[0] : NULL;
    int rc = context->json ? json_peers(tunnel, indexes, (size_t)adding->count, unstored, err)
                           : WGCTL_OK;
    free(indexes);
    if (rc < 0 || context->json)
        return rc;

    const char *name = adding->names[0];
    if (!is_up && !adding->no_apply)
        note(context, "%s is not up: 'sudo wgctl up' lets it connect",
             wgctl_tunnel_interface(tunnel));
    if (request->expires)
        note(context, "Its expiry is noted; until it is revoked it can connect");
    if (request->public_key)
        note(context, "On the device, complete this configuration with its private key:\n");
    else if (!adding->pictures.terminal && !request->no_store)
        note(context, "'sudo wgctl qr %s' shows its QR code, 'sudo wgctl show %s' its file", name,
             name);
    if (request->public_key || (request->no_store && !adding->pictures.terminal))
        return print_config(tunnel, name, err);
    return draw(context, adding, err);
}

static int add(struct context *context, struct adding *adding, struct wgctl_error *err)
{
    WGCTL_TUNNEL *tunnel = NULL;
    WGCTL_TEXT config = {0};
    WGCTL_CHANGES changes = {0};
    int rc = open_tunnel(context, adding->no_apply ? WGCTL_CHANGE : WGCTL_APPLY, &tunnel, err);
    if (rc == WGCTL_OK)
        rc = change(tunnel, adding, err);
    if (rc < 0)
        return rc;
    if (context->dry_run)
        return show_plan(context, tunnel, !adding->no_apply, err);

    if (adding->count == 1)
        rc = wgctl_tunnel_client(tunnel, adding->names[0], &config, err);
    PICTURES pictures = adding->pictures;
    if (rc == WGCTL_OK)
        rc = pictures_prepare(&pictures, wgctl_text_slice_of(&config), err);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_commit(tunnel, &changes, err);
    context->committed = rc == WGCTL_OK;
    if (rc == WGCTL_OK)
        rc = pictures_publish(&pictures, err);
    if (rc < 0)
        return rc;
    adding->pictures = pictures;
    return report(context, tunnel, adding, changes.is_up, err);
}

int run_add_peer(struct context *context, const struct command *command, int argc, char **argv,
                 struct wgctl_error *err)
{
    struct adding adding = {0};
    struct wgctl_peer_request *request = &adding.request;
    char key[128];
    const struct option_spec options[] = {
        {"qr", NULL, "show its QR code", NULL, &adding.pictures.terminal},
        {"png", "FILE", "write the QR code as a picture", &adding.pictures.png, NULL},
        {"svg", "FILE", "the same, as SVG", &adding.pictures.svg, NULL},
        {"address", "ADDR,...", "its own in the tunnel (default: the next free ones)",
         &request->addresses, NULL},
        {"allowed-ips", "WHAT", "what goes through it: full, split, lan, or a list",
         &request->allowed_ips, NULL},
        {"dns", "LIST|none", "its DNS servers", &request->dns, NULL},
        {"mtu", "MTU|auto", "its largest packet", &request->mtu, NULL},
        {"keepalive", "SECONDS|off", "how often it shows that it is there (default: 25)",
         &request->keepalive, NULL},
        {"lan", "CIDR,...", "networks behind it that others shall reach", &request->lan, NULL},
        {"public-key", "KEY|-", "it keeps its own private key", &request->public_key, NULL},
        {"no-psk", NULL, "no preshared key", NULL, &request->no_preshared_key},
        {"no-store", NULL, "do not keep its configuration here", NULL, &request->no_store},
        {"expires", "WHEN", "note when it is to go: 12h, 7d, 2w, 2026-12-24", &request->expires,
         NULL},
        {"note", "TEXT", "a note of yours about it", &request->note, NULL},
        {"no-apply", NULL, "change the files only", NULL, &adding.no_apply},
        {0},
    };
    int rc =
        parse_options(context, command, options, argc, argv, &adding.names, &adding.count, err);
    if (rc < 0 || context->done)
        return rc;
    rc = check(context, &adding, err);
    if (rc == WGCTL_OK)
        rc = read_public_key(&request->public_key, key, sizeof key, err);
    return rc < 0 ? rc : add(context, &adding, err);
}
