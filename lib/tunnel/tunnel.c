/* Opens a tunnel and describes its peers. */
#include "tunnel/tunnel.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/server_read.h"
#include "tunnel/state.h"

void wgctl_tunnel_close(struct wgctl_tunnel **pointer)
{
    struct wgctl_tunnel *tunnel = *pointer;
    if (!tunnel)
        return;
    wgctl_transaction_clear(&tunnel->files);
    wgctl_server_clear(&tunnel->server);
    wgctl_text_clear(&tunnel->replaced);
    wgctl_text_clear(&tunnel->ini_original);
    wgctl_text_clear(&tunnel->ini);
    wgctl_text_clear(&tunnel->unstored);
    wgctl_settings_clear(&tunnel->settings);
    wgctl_device_query_clear(&tunnel->query);
    wgctl_store_close(&tunnel->store);
    free(tunnel);
    *pointer = NULL;
}

/* Finds the next interface with a configuration. */
static bool next_interface(DIR *listing, char ret[WGCTL_NAME_SIZE])
{
    static const char ending[] = ".conf";
    for (const struct dirent *entry; (entry = readdir(listing));) {
        struct wgctl_error ignored;
        struct wgctl_slice name = wgctl_slice_of(entry->d_name);
        if (name.size < sizeof ending ||
            strcmp(entry->d_name + name.size - strlen(ending), ending) != 0)
            continue;
        name.size -= strlen(ending);
        if (wgctl_interface_name_check(name, &ignored) < 0)
            continue;
        wgctl_slice_string(name, ret, WGCTL_NAME_SIZE);
        return true;
    }
    return false;
}

void wgctl_tunnel_default(const char *folder, char interface[WGCTL_NAME_SIZE])
{
    char another[WGCTL_NAME_SIZE];
    DIR *listing = opendir(folder);
    if (!listing || !next_interface(listing, interface) || next_interface(listing, another))
        strcpy(interface, "wg0");
    if (listing)
        closedir(listing);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Appends the interfaces that the folder has configurations of, and puts the first one into
 * `first`, which stays empty if there are none. */
static void list_interfaces(const char *folder, char first[WGCTL_NAME_SIZE], struct wgctl_text *ret)
{
    enum { MOST = 64, SHOWN = 8 };
    char names[MOST][WGCTL_NAME_SIZE];
    size_t count = 0;
    DIR *listing = opendir(folder);
    while (listing && count < MOST && next_interface(listing, names[count]))
        count++;
    if (listing)
        closedir(listing);
    if (count == 0)
        return;
    qsort(names, count, sizeof *names, compare_names);
    memcpy(first, names[0], sizeof *names);
    for (size_t i = 0; i < count && i < SHOWN; i++)
        wgctl_text_format(ret, "%s%s", i > 0 ? ", " : "", names[i]);
    if (count > SHOWN)
        wgctl_text_string(ret, ", ...");
}

static int fail_no_tunnel(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_TEXT others = {0};
    char first[WGCTL_NAME_SIZE] = "";
    list_interfaces(tunnel->folder_path, first, &others);
    bool any = first[0] && !others.failed;
    wgctl_fail(err, WGCTL_NOT_FOUND, "there is no tunnel %s: %s/%s does not exist%s%s%s",
               tunnel->interface, tunnel->folder_path, tunnel->conf_name, any ? " (found: " : "",
               any ? others.data : "", any ? ")" : "");
    if (!any)
        return wgctl_hint(err, "'sudo wgctl init' creates one");
    return wgctl_hint(err,
                      "choose the tunnel with -i, as in 'sudo wgctl -i %s list'; "
                      "'sudo wgctl init' creates %s",
                      first, tunnel->interface);
}

static int read_conf(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_TEXT source = {0};
    int rc = wgctl_store_read(tunnel->store, tunnel->conf_name, WGCTL_SECRET, &source, err);
    if (rc == WGCTL_NOT_FOUND)
        return fail_no_tunnel(tunnel, err);
    if (rc < 0)
        return rc;
    tunnel->has_conf = true;
    rc = wgctl_server_parse(tunnel->conf_name, &source, &tunnel->server, err);
    tunnel->original = wgctl_document_original(&tunnel->server.document);
    return rc;
}

void wgctl_tunnel_replace_server(struct wgctl_tunnel *tunnel, struct wgctl_server *server)
{
    struct wgctl_text *source = &tunnel->server.document.source;
    if (tunnel->original.data == source->data) {
        tunnel->replaced = *source;
        *source = (struct wgctl_text){0};
    }
    wgctl_server_clear(&tunnel->server);
    tunnel->server = *server;
    *server = (struct wgctl_server){0};
}

int wgctl_tunnel_read_settings(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    wgctl_settings_clear(&tunnel->settings);
    int rc =
        wgctl_store_read(tunnel->store, tunnel->ini_name, WGCTL_PUBLIC, &tunnel->ini_original, err);
    if (rc == WGCTL_NOT_FOUND)
        return WGCTL_OK;
    if (rc < 0)
        return rc;
    tunnel->has_ini = true;
    return wgctl_settings_parse(tunnel->ini_name, wgctl_text_slice_of(&tunnel->ini_original),
                                &tunnel->settings, err);
}

/* wg-quick's `down` would overwrite the file with the running state, and lose every comment, name
 * and disabled peer. */
static int refuse_save_config(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    if (!tunnel->server.save_config)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_UNSUPPORTED,
               "%s says SaveConfig = true: wg-quick would overwrite it and lose the names of "
               "the peers",
               tunnel->conf_name);
    return wgctl_hint(err,
                      "'sudo wgctl adopt' removes that line, and changes nothing that is running");
}

int wgctl_tunnel_read(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    int rc = read_conf(tunnel, err);
    return rc < 0 ? rc : wgctl_tunnel_read_settings(tunnel, err);
}

int wgctl_tunnel_new(const char *interface, struct wgctl_tunnel **ret, struct wgctl_error *err)
{
    int rc = wgctl_interface_name_check(wgctl_slice_of(interface), err);
    if (rc < 0)
        return rc;
    struct wgctl_tunnel *tunnel = calloc(1, sizeof *tunnel);
    if (!tunnel)
        return wgctl_fail_memory(err);
    snprintf(tunnel->interface, sizeof tunnel->interface, "%s", interface);
    snprintf(tunnel->conf_name, sizeof tunnel->conf_name, "%s.conf", interface);
    snprintf(tunnel->ini_name, sizeof tunnel->ini_name, "%s.ini", interface);
    tunnel->settings = wgctl_settings_default;
    *ret = tunnel;
    return WGCTL_OK;
}

int wgctl_tunnel_open_folder(struct wgctl_tunnel *tunnel, const char *folder,
                             struct wgctl_error *err)
{
    int rc = wgctl_store_open(folder, &tunnel->store, err);
    if (rc == WGCTL_OK)
        tunnel->folder_path = wgctl_store_folder(tunnel->store)->path;
    return rc;
}

const struct wgctl_folder *wgctl_tunnel_folder(const struct wgctl_tunnel *tunnel)
{
    static const struct wgctl_folder closed = {.fd = -1};
    return tunnel->store ? wgctl_store_folder(tunnel->store) : &closed;
}

/* Does not create a lock in a folder without this tunnel. */
static int lock_existing(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    bool exists;
    int rc = wgctl_store_exists(tunnel->store, tunnel->conf_name, &exists, err);
    if (rc < 0)
        return rc;
    return exists || wgctl_store_is_interrupted(tunnel->store)
               ? wgctl_store_lock(tunnel->store, err)
               : fail_no_tunnel(tunnel, err);
}

int wgctl_tunnel_open(const char *folder, const char *interface, enum wgctl_access access,
                      struct wgctl_tunnel **ret, struct wgctl_error *err)
{
    WGCTL_TUNNEL *tunnel = NULL;
    bool is_dry_run = access & WGCTL_DRY_RUN;
    access &= WGCTL_DRY_RUN - 1;
    int rc = wgctl_tunnel_new(interface, &tunnel, err);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_open_folder(tunnel, folder, err);
    if (rc == WGCTL_OK && access != WGCTL_READ && !is_dry_run)
        rc = lock_existing(tunnel, err);
    if (rc < 0)
        return rc;
    tunnel->applies = access == WGCTL_APPLY || access == WGCTL_RECONCILE;
    /* Query the device first, because its answer takes as long as reading the files. */
    if (tunnel->applies)
        rc = wgctl_device_ask(interface, &tunnel->query, err);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_read(tunnel, err);
    if (rc == WGCTL_OK && (access == WGCTL_CHANGE || access == WGCTL_APPLY))
        rc = refuse_save_config(tunnel, err);
    if (rc < 0)
        return rc;
    *ret = tunnel;
    tunnel = NULL;
    return WGCTL_OK;
}

const char *wgctl_tunnel_left_alone(const struct wgctl_tunnel *tunnel)
{
    return tunnel->store ? wgctl_store_left_alone(tunnel->store) : "";
}

void wgctl_tunnel_on_progress(struct wgctl_tunnel *tunnel, struct wgctl_progress progress)
{
    tunnel->progress = progress;
}

const char *wgctl_tunnel_interface(const struct wgctl_tunnel *tunnel)
{
    return tunnel->interface;
}

size_t wgctl_tunnel_peer_count(const struct wgctl_tunnel *tunnel)
{
    return tunnel->server.peer_count;
}

size_t wgctl_tunnel_commented_count(const struct wgctl_tunnel *tunnel)
{
    return tunnel->server.commented_count;
}

static const struct wgctl_peer *peer_at(const struct wgctl_tunnel *tunnel, size_t index)
{
    const struct wgctl_server *server = &tunnel->server;
    return index < server->peer_count ? &server->peers[index]
                                      : &server->commented[index - server->peer_count];
}

void wgctl_tunnel_peer(const struct wgctl_tunnel *tunnel, size_t index, struct wgctl_peer_info *ret)
{
    const struct wgctl_server *server = &tunnel->server;
    const struct wgctl_peer *peer = peer_at(tunnel, index);
    *ret = (struct wgctl_peer_info){
        .name = wgctl_peer_text(server, peer, WGCTL_PEER_NAME),
        .added = wgctl_peer_text(server, peer, WGCTL_PEER_ADDED),
        .expires = wgctl_peer_text(server, peer, WGCTL_PEER_EXPIRES),
        .note = wgctl_peer_text(server, peer, WGCTL_PEER_NOTE),
        .enabled = peer->enabled,
        .has_preshared_key = !wgctl_key_is_zero(&peer->preshared_key),
        .address_count = peer->allowed_ips.count,
        .line = peer->first_line + 1U,
    };
    wgctl_peer_label(server, peer, ret->label, sizeof ret->label);
}

char *wgctl_tunnel_peer_key(const struct wgctl_tunnel *tunnel, size_t index, char text[45])
{
    return wgctl_key_format(&tunnel->server.peers[index].public_key, text);
}

char *wgctl_tunnel_peer_address(const struct wgctl_tunnel *tunnel, size_t index, size_t which,
                                char text[WGCTL_ADDRESS_TEXT_SIZE])
{
    _Static_assert((int)WGCTL_ADDRESS_TEXT_SIZE >= (int)WGCTL_PREFIX_TEXT_SIZE, "a prefix fits");
    return wgctl_prefix_format(&peer_at(tunnel, index)->allowed_ips.items[which], text);
}

int wgctl_tunnel_find_peer(const struct wgctl_tunnel *tunnel, const char *name, size_t *ret,
                           struct wgctl_error *err)
{
    const struct wgctl_peer *peer;
    int rc = wgctl_server_find(&tunnel->server, name, &peer, err);
    if (rc == WGCTL_OK)
        *ret = (size_t)(peer - tunnel->server.peers);
    return rc;
}

uint16_t wgctl_tunnel_listen_port(const struct wgctl_tunnel *tunnel)
{
    return tunnel->server.listen_port;
}

void wgctl_tunnel_endpoint(const struct wgctl_tunnel *tunnel, struct wgctl_text *ret)
{
    if (tunnel->settings.endpoint.port)
        wgctl_endpoint_format(&tunnel->settings.endpoint, ret);
}

bool wgctl_tunnel_endpoint_is_local(const struct wgctl_tunnel *tunnel)
{
    return tunnel->settings.endpoint.port && wgctl_endpoint_is_local(&tunnel->settings.endpoint);
}
