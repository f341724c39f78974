/* Changes to the server itself. */
#include <string.h>

#include "conf/ini.h"
#include "conf/typed.h"
#include "host/link.h"
#include "tunnel/state.h"

enum { WIREGUARD_PORT = 51820 };

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

/* ---- the port ---- */

/* Finds the line that sets the port, or else the one that begins [Interface]. Returns its number,
 * or 0 if there is neither. */
static size_t find_port_line(const struct wgctl_server *server, bool *ret_sets)
{
    size_t section = 0;
    bool inside = false;
    *ret_sets = false;
    for (size_t i = 0; i < server->document.count; i++) {
        struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(&server->document, i));
        if (parts.kind == WGCTL_LINE_SECTION)
            inside = wgctl_key_is(parts.key, "Interface");
        if (parts.kind == WGCTL_LINE_SECTION && inside && section == 0)
            section = i + 1;
        *ret_sets =
            inside && parts.kind == WGCTL_LINE_SETTING && wgctl_key_is(parts.key, "ListenPort");
        if (*ret_sets)
            return i + 1;
    }
    return section;
}

int wgctl_tunnel_fail_port(const struct wgctl_tunnel *tunnel, const struct wgctl_server *server,
                           struct wgctl_error *err)
{
    uint16_t port = tunnel->settings.endpoint.port;
    bool sets, is_up = false;
    struct wgctl_error ignored;
    size_t line = find_port_line(server, &sets);
    wgctl_fail(err, WGCTL_INVALID,
               "%s sets no ListenPort%s: the server gets another port each time it comes up, and "
               "devices cannot find it",
               tunnel->conf_name, sets ? " but 0" : "");
    if (wgctl_run_is_up(tunnel->interface, &is_up, &ignored) < 0)
        is_up = false;
    return wgctl_hint(err, "sudo sed -i '%zu%c ListenPort = %u' %s/%s%s", line, sets ? 'c' : 'a',
                      port ? port : WIREGUARD_PORT, tunnel->folder_path, tunnel->conf_name,
                      is_up ? " && sudo wgctl apply" : "");
}

int wgctl_tunnel_check_port(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    const struct wgctl_server *server = &tunnel->server;
    bool is_server = server->has_private_key && tunnel->settings.endpoint.port;
    return !is_server || server->listen_port ? WGCTL_OK
                                             : wgctl_tunnel_fail_port(tunnel, server, err);
}

uint16_t wgctl_tunnel_default_port(const struct wgctl_tunnel *tunnel,
                                   const struct wgctl_server *server)
{
    uint16_t port = tunnel->settings.endpoint.port;
    return port ? port : server->listen_port;
}

/* ---- the endpoint ---- */

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

/* Whether a port is all that it lacks. */
static bool lacks_port(struct wgctl_slice endpoint)
{
    struct wgctl_endpoint ignored;
    struct wgctl_error ignored_error;
    return wgctl_endpoint_parse(endpoint, 0, &ignored, &ignored_error) < 0 &&
           wgctl_endpoint_parse(endpoint, WIREGUARD_PORT, &ignored, &ignored_error) == WGCTL_OK;
}

/* Checks that a router is before this host if the port is not the one that it listens on. */
static int check_port(struct wgctl_endpoint endpoint, const struct wgctl_server *server,
                      struct wgctl_error *err)
{
    WGCTL_PREFIXES own = {0};
    WGCTL_TEXT text = {0};
    int rc = WGCTL_OK;
    if (wgctl_endpoint_is_address(&endpoint, NULL))
        rc = wgctl_link_addresses(NULL, AF_UNSPEC, &own, err);
    if (rc < 0)
        return rc;
    rc = wgctl_typed_check_port(&endpoint, &own, server->listen_port, err);
    if (rc == WGCTL_OK)
        return rc;
    endpoint.port = server->listen_port;
    wgctl_endpoint_format(&endpoint, &text);
    return text.failed ? rc : wgctl_hint(err, "with that port: --endpoint %s", text.data);
}

int wgctl_tunnel_choose_endpoint(struct wgctl_tunnel *tunnel, const struct wgctl_server *server,
                                 const char *endpoint, struct wgctl_error *err)
{
    const struct wgctl_networks networks = {&server->addresses, NULL};
    uint16_t port = wgctl_tunnel_default_port(tunnel, server);
    struct wgctl_slice text = wgctl_slice_of(endpoint);
    struct wgctl_endpoint chosen;
    if (port == 0 && lacks_port(text))
        return wgctl_tunnel_fail_port(tunnel, server, err);
    int rc = wgctl_typed_endpoint(text, port, &networks, &chosen, err);
    if (rc == WGCTL_OK)
        rc = check_port(chosen, server, err);
    if (rc == WGCTL_OK)
        tunnel->settings.endpoint = chosen;
    return rc;
}

int wgctl_tunnel_set_endpoint(struct wgctl_tunnel *tunnel, const char *endpoint,
                              size_t *ret_clients, size_t *ret_elsewhere, struct wgctl_error *err)
{
    int rc = wgctl_tunnel_choose_endpoint(tunnel, &tunnel->server, endpoint, err);
    if (rc == WGCTL_OK)
        rc = edit_ini(tunnel, err);
    if (rc == WGCTL_OK)
        rc = wgctl_clients_follow(tunnel, ret_clients, ret_elsewhere, err);
    return rc;
}
