/* Changes to the server itself. */
#include <string.h>

#include "conf/ini.h"
#include "tunnel/state.h"

static int follow(struct wgctl_tunnel *tunnel, const struct wgctl_peer *peer, bool *ret_changed,
                  bool *ret_here, struct wgctl_error *err)
{
    WGCTL_TEXT original = {0}, text = {0};
    struct wgctl_text source = {0};
    char name[WGCTL_NAME_SIZE];
    struct wgctl_error ignored;
    *ret_changed = *ret_here = false;
    struct wgctl_slice peer_name = wgctl_peer_text(&tunnel->server, peer, WGCTL_PEER_NAME);
    if (wgctl_peer_name_check(peer_name, &ignored) < 0)
        return WGCTL_OK;
    wgctl_slice_string(peer_name, name, sizeof name);

    int rc = wgctl_devices_read(tunnel, name, WGCTL_SECRET, &original, ret_here, err);
    if (rc < 0 || !*ret_here)
        return rc;
    wgctl_text_slice(&source, wgctl_text_slice_of(&original));
    rc = wgctl_client_set_endpoint(&source, &tunnel->server.public_key, &tunnel->settings.endpoint,
                                   &text, ret_changed, err);
    return rc < 0 || !*ret_changed ? rc
                                   : wgctl_devices_put(tunnel, name, true, &original, &text, err);
}

int wgctl_clients_follow(struct wgctl_tunnel *tunnel, size_t *ret_followed, size_t *ret_elsewhere,
                         struct wgctl_error *err)
{
    size_t followed = 0, elsewhere = 0;
    for (size_t i = 0; i < tunnel->server.peer_count; i++) {
        bool changed, here;
        int rc = follow(tunnel, &tunnel->server.peers[i], &changed, &here, err);
        if (rc < 0)
            return rc;
        followed += changed;
        elsewhere += !here;
    }
    *ret_followed = followed;
    *ret_elsewhere = elsewhere;
    return WGCTL_OK;
}

/* Returns the port to use if none is given. */
static uint16_t default_port(const struct wgctl_tunnel *tunnel)
{
    enum { WIREGUARD_PORT = 51820 };
    if (tunnel->settings.endpoint.port)
        return tunnel->settings.endpoint.port;
    return tunnel->server.listen_port ? tunnel->server.listen_port : WIREGUARD_PORT;
}

int wgctl_tunnel_take_ini(struct wgctl_tunnel *tunnel, const struct wgctl_document *document,
                          struct wgctl_error *err)
{
    wgctl_text_clear(&tunnel->ini);
    wgctl_document_render(document, &tunnel->ini);
    tunnel->ini_changed = !wgctl_slice_equal(wgctl_text_slice_of(&tunnel->ini),
                                             wgctl_text_slice_of(&tunnel->ini_original));
    return wgctl_text_check(&tunnel->ini, err);
}

static int edit_ini(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_DOCUMENT document = {0};
    WGCTL_TEXT value = {0};
    struct wgctl_text source = {0};
    wgctl_endpoint_format(&tunnel->settings.endpoint, &value);
    wgctl_text_slice(&source, wgctl_text_slice_of(&tunnel->ini_original));
    int rc = wgctl_text_check(&value, err);
    if (rc == WGCTL_OK)
        rc = wgctl_document_parse(&source, &document, err);
    if (rc == WGCTL_OK)
        rc = wgctl_ini_set(&document, "server", "endpoint", wgctl_text_slice_of(&value), err);
    if (rc < 0)
        return rc;
    return wgctl_tunnel_take_ini(tunnel, &document, err);
}

int wgctl_tunnel_set_endpoint(struct wgctl_tunnel *tunnel, const char *endpoint,
                              size_t *ret_clients, size_t *ret_elsewhere, struct wgctl_error *err)
{
    int rc = wgctl_settings_endpoint(wgctl_slice_of(endpoint), default_port(tunnel),
                                     &tunnel->settings, err);
    if (rc == WGCTL_OK)
        rc = edit_ini(tunnel, err);
    if (rc == WGCTL_OK)
        rc = wgctl_clients_follow(tunnel, ret_clients, ret_elsewhere, err);
    return rc;
}
