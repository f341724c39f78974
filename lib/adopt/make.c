/* A server that another program keeps in a file of its own. */
#include <stdio.h>
#include <sys/stat.h>

#include "adopt/private.h"
#include "conf/server_read.h"

static int open_folder(struct wgctl_tunnel *tunnel, const struct wgctl_adopt_request *request,
                       struct wgctl_error *err)
{
    struct stat status;
    if (request->dry_run && stat(request->folder, &status) < 0) {
        tunnel->folder_path = request->folder;
        return WGCTL_OK;
    }
    if (request->dry_run)
        return wgctl_tunnel_open_folder(tunnel, request->folder, err);
    int rc = wgctl_folder_make(request->folder, 0700, NULL, err);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_open_folder(tunnel, request->folder, err);
    return rc < 0 ? rc : wgctl_store_lock(tunnel->store, err);
}

/* ---- an INTERFACE.conf is there ---- */

/* Without an address, wgctl would choose another subnet than the peers'. */
static int refuse_half(const struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_NOT_FOUND,
               "%s does not have the server's key and address, and there is no %s/%s",
               adopt->other_path, adopt->tunnel->folder_path, adopt->tunnel->conf_name);
    return wgctl_hint(err, "copy %s there first", adopt->tunnel->conf_name);
}

/* It was made from that file before, or by that program. */
static int read_existing(struct wgctl_adopt *adopt, struct wgctl_text *ret, struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = adopt->tunnel;
    int rc = wgctl_tunnel_read(tunnel, err);
    if (rc < 0)
        return rc;
    rc = wgctl_adopt_check_other(adopt, err);
    return rc < 0 ? rc : wgctl_adopt_rewrite_conf(adopt, ret, err);
}

/* ---- one is made ---- */

/* The port that devices connect to: the only one known if the program's file has none. */
static uint16_t port_of(const struct wgctl_other_server *other, const char *endpoint)
{
    struct wgctl_settings settings = wgctl_settings_default;
    struct wgctl_error ignored;
    if (other->listen_port || !endpoint)
        return other->listen_port;
    return wgctl_settings_endpoint(wgctl_slice_of(endpoint), 0, &settings, &ignored) == WGCTL_OK
               ? settings.endpoint.port
               : 0;
}

static const char *number(uint16_t value, char text[8])
{
    snprintf(text, 8, "%u", value);
    return value ? text : NULL;
}

/* Adds a hook, which will run as root. */
static int put_hook(struct wgctl_adopt *adopt, size_t index, const char *key, const char *command,
                    struct wgctl_text *text, struct wgctl_error *err)
{
    WGCTL_TEXT line = {0};
    if (!command)
        return WGCTL_OK;
    wgctl_text_format(&line, "%s = %s", key, command);
    int rc = wgctl_text_check(&line, err);
    if (rc < 0)
        return rc;
    wgctl_text_format(text, "%s\n", line.data);
    adopt->info.hooks[index] = wgctl_adopt_keep(adopt, wgctl_text_slice_of(&line));
    return adopt->info.hooks[index] ? WGCTL_OK : wgctl_fail_memory(err);
}

static int make(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                struct wgctl_text *ret, struct wgctl_error *err)
{
    WGCTL_TEXT addresses = {0};
    char port[8], mtu[8];
    const struct wgctl_other_server *other = &adopt->other;
    wgctl_prefixes_format(&other->addresses, &addresses);
    wgctl_text_format(ret, "# Made from what %s had\n", other->source);
    int rc = wgctl_text_check(&addresses, err);
    if (rc < 0)
        return rc;
    const struct wgctl_adopt_server server = {
        .interface = adopt->tunnel->interface,
        .private_key = &other->private_key,
        .addresses = addresses.data,
        .listen_port = number(port_of(other, request->endpoint), port),
        .mtu = number(other->mtu, mtu),
        .has_hooks = other->post_up || other->post_down,
    };
    rc = request->make(request->user, &server, ret, &adopt->ini, err);
    if (rc == WGCTL_OK)
        rc = put_hook(adopt, 0, "PostUp", other->post_up, ret, err);
    if (rc == WGCTL_OK)
        rc = put_hook(adopt, 1, "PostDown", other->post_down, ret, err);
    if (rc < 0)
        return rc;
    size_t put;
    adopt->info.made_from = other->source;
    rc = wgctl_adopt_put_peers(other, NULL, false, ret, &put, err);
    return rc < 0 ? rc : wgctl_text_check(ret, err);
}

/* An INTERFACE.ini that is there already is the owner's, and stays. */
static int read_settings(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = adopt->tunnel;
    int rc = tunnel->store ? wgctl_tunnel_read_settings(tunnel, err) : WGCTL_OK;
    if (rc < 0)
        return rc;
    if (tunnel->has_ini) {
        wgctl_text_clear(&adopt->ini);
        return WGCTL_OK;
    }
    return wgctl_settings_parse(tunnel->ini_name, wgctl_text_slice_of(&adopt->ini),
                                &tunnel->settings, err);
}

int wgctl_adopt_open_file(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                          struct wgctl_text *ret, struct wgctl_error *err)
{
    bool exists = false;
    adopt->other_path = wgctl_slice_dup(wgctl_slice_of(request->file));
    if (!adopt->other_path)
        return wgctl_fail_memory(err);
    int rc = wgctl_adopt_read_other(adopt, request->interface, err);
    if (rc < 0)
        return rc;
    const char *name = adopt->other.interface[0] ? adopt->other.interface : "wg0";
    rc = wgctl_tunnel_new(request->interface ? request->interface : name, &adopt->tunnel, err);
    if (rc == WGCTL_OK)
        rc = open_folder(adopt->tunnel, request, err);
    if (rc == WGCTL_OK && adopt->tunnel->store)
        rc = wgctl_store_exists(adopt->tunnel->store, adopt->tunnel->conf_name, &exists, err);
    if (rc == WGCTL_OK && exists)
        return read_existing(adopt, ret, err);
    const struct wgctl_other_server *other = &adopt->other;
    if (rc == WGCTL_OK && (wgctl_key_is_zero(&other->private_key) || other->addresses.count == 0))
        return refuse_half(adopt, err);
    if (rc == WGCTL_OK)
        rc = make(adopt, request, ret, err);
    return rc < 0 ? rc : read_settings(adopt, err);
}
