/* Finds the endpoint, and what new clients get. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "adopt/private.h"
#include "conf/ini.h"

/* Files of `NAME=value` that a shell reads. */
static const struct variables {
    const char *file; /* next to INTERFACE.conf, or, if it begins with '/', from the root */
    const char *interface, *host, *port;
} variables[] = {
    {"/etc/pivpn/wireguard/setupVars.conf", "pivpnDEV", "pivpnHOST", "pivpnPORT"},
    {"/etc/pivpn/setupVars.conf", "pivpnDEV", "pivpnHOST", "pivpnPORT"},
    {"params", "SERVER_WG_NIC", "SERVER_PUB_IP", "SERVER_PORT"},
};

/* The value of a variable, without quotes around it. The last one counts. */
static struct wgctl_slice value_of(struct wgctl_slice text, const char *name)
{
    struct wgctl_slice line, found = {0};
    while (text.data && wgctl_slice_split(&text, '\n', &line)) {
        struct wgctl_slice key;
        if (!wgctl_slice_split(&line, '=', &key) || !line.data ||
            !wgctl_slice_equal(wgctl_slice_trim(key), wgctl_slice_of(name)))
            continue;
        found = wgctl_slice_trim(line);
        if (found.size >= 2 && (found.data[0] == '"' || found.data[0] == '\'') &&
            found.data[found.size - 1] == found.data[0])
            found = (struct wgctl_slice){found.data + 1, found.size - 2};
    }
    return found;
}

static uint16_t default_port(const struct wgctl_adopt *adopt)
{
    return wgctl_tunnel_default_port(adopt->tunnel, &adopt->server);
}

/* Takes it if it is an endpoint. Anything else that others wrote is skipped. */
static bool take(struct wgctl_adopt *adopt, struct wgctl_slice endpoint, uint16_t port)
{
    struct wgctl_error ignored;
    return endpoint.size > 0 &&
           wgctl_settings_endpoint(endpoint, port, &adopt->tunnel->settings, &ignored) == WGCTL_OK;
}

static bool path_of(const struct wgctl_adopt_request *request, const struct variables *where,
                    char path[PATH_MAX])
{
    bool is_relative = where->file[0] != '/';
    const char *folder = is_relative ? request->folder : request->root ? request->root : "";
    return snprintf(path, PATH_MAX, "%s%s%s", folder, is_relative ? "/" : "", where->file) <
           PATH_MAX;
}

/* A host can have other tunnels than the one of that program. */
static bool is_ours(const struct wgctl_adopt *adopt, struct wgctl_slice interface)
{
    return interface.size == 0 ||
           wgctl_slice_equal(interface, wgctl_slice_of(adopt->tunnel->interface));
}

static int look_in_variables(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                             const struct variables *where, const char **ret_source,
                             struct wgctl_error *err)
{
    enum { LARGEST = 64 * 1024 };
    WGCTL_TEXT text = {0};
    char path[PATH_MAX];
    uint64_t port = 0;
    if (!path_of(request, where, path))
        return WGCTL_OK;
    int rc = wgctl_third_party_read(path, LARGEST, &text, err);
    if (rc < 0)
        return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc;
    struct wgctl_slice content = wgctl_text_slice_of(&text);
    if (!wgctl_slice_number(value_of(content, where->port), UINT16_MAX, &port) || port == 0)
        port = default_port(adopt);
    if (!is_ours(adopt, value_of(content, where->interface)) ||
        !take(adopt, value_of(content, where->host), (uint16_t)port))
        return WGCTL_OK;
    *ret_source = wgctl_adopt_keep(adopt, wgctl_slice_of(path));
    return *ret_source ? WGCTL_OK : wgctl_fail_memory(err);
}

/* "# ENDPOINT vpn.example.org", above [Interface]. */
static const char *look_in_comments(struct wgctl_adopt *adopt)
{
    static const char mark[] = "# ENDPOINT ";
    const struct wgctl_document *document = &adopt->server.document;
    for (size_t i = 0; i < document->count; i++) {
        struct wgctl_slice line = wgctl_slice_trim(wgctl_document_line(document, i));
        if (wgctl_slice_starts(line, mark) &&
            take(adopt,
                 wgctl_slice_trim(
                     (struct wgctl_slice){line.data + strlen(mark), line.size - strlen(mark)}),
                 default_port(adopt)))
            return adopt->conf_path;
    }
    return NULL;
}

/* ---- what the clients' files have in common ---- */

enum field { ENDPOINT, DNS, ALLOWED_IPS };

static const char *field_of(const struct wgctl_client_facts *facts, enum field field)
{
    return field == ENDPOINT ? facts->endpoint
           : field == DNS    ? facts->dns
                             : wgctl_text_slice_of(&facts->allowed_ips).data;
}

/* NULL if there is no file, or if they differ. What users wrote themselves counts for their own
 * device, not for what others get. */
static const char *common(const struct wgctl_adopt *adopt, enum field field)
{
    const char *value = NULL;
    for (size_t i = 0; i < adopt->server.peer_count; i++) {
        if (!adopt->own[i] || adopt->own[i]->writers != WGCTL_WRITERS_ROOT ||
            !adopt->own[i]->facts.is_of_server)
            continue;
        const char *this = field_of(&adopt->own[i]->facts, field);
        if (value && strcmp(value, this) != 0)
            return NULL;
        value = this;
    }
    return value;
}

static int find_endpoint(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                         struct wgctl_error *err)
{
    const char *source = NULL, *of_clients = common(adopt, ENDPOINT);
    struct wgctl_settings *settings = &adopt->tunnel->settings;
    int rc = WGCTL_OK;
    if (request->endpoint) {
        rc = wgctl_tunnel_choose_endpoint(adopt->tunnel, &adopt->server, request->endpoint, err);
        if (rc < 0)
            return rc;
        source = "given";
    } else if (settings->endpoint.port) {
        return WGCTL_OK;
    }
    if (!source)
        source = look_in_comments(adopt);
    for (size_t i = 0; rc == WGCTL_OK && !source && i < sizeof variables / sizeof *variables; i++)
        rc = look_in_variables(adopt, request, &variables[i], &source, err);
    if (rc < 0)
        return rc;
    if (!source && take(adopt, wgctl_slice_of(adopt->other.endpoint),
                        adopt->other.listen_port ? adopt->other.listen_port : default_port(adopt)))
        source = adopt->other_path;
    if (!source && of_clients && take(adopt, wgctl_slice_of(of_clients), default_port(adopt)))
        source = "clients' files";
    adopt->info.endpoint_source = source;
    return WGCTL_OK;
}

/* A value that wgctl would refuse counts as no value. */
static int unless_invalid(int rc)
{
    return rc == WGCTL_INVALID ? WGCTL_OK : rc;
}

/* Sets what the program has, unless it has nothing or wgctl would refuse it. */
static int keep_number(struct wgctl_adopt *adopt, uint16_t number,
                       int (*set_to)(struct wgctl_slice, struct wgctl_settings *,
                                     struct wgctl_error *),
                       const char **ret, struct wgctl_error *err)
{
    char text[8];
    snprintf(text, sizeof text, "%u", number);
    if (number == 0 || set_to(wgctl_slice_of(text), &adopt->tunnel->settings, err) < 0)
        return WGCTL_OK;
    *ret = wgctl_adopt_keep(adopt, wgctl_slice_of(text));
    return *ret ? WGCTL_OK : wgctl_fail_memory(err);
}

/* New clients get what the others have, unless somebody has chosen it here. */
static int find_defaults(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    struct wgctl_settings *settings = &adopt->tunnel->settings;
    const char *dns = common(adopt, DNS), *allowed_ips = common(adopt, ALLOWED_IPS);
    if (adopt->tunnel->ini_original.size > 0)
        return WGCTL_OK;
    if (!dns && adopt->other.dns[0])
        dns = adopt->other.dns;
    if (!allowed_ips || !allowed_ips[0])
        allowed_ips = adopt->other.allowed_ips;
    /* Alone, it would let a new device's IPv6 leak around the tunnel. */
    if (allowed_ips && strcmp(allowed_ips, "0.0.0.0/0") == 0)
        allowed_ips = NULL;
    int rc = WGCTL_OK;
    if (dns)
        rc = unless_invalid(wgctl_settings_dns(wgctl_slice_of(dns), settings, err));
    if (rc == WGCTL_OK && allowed_ips)
        rc = unless_invalid(wgctl_settings_allowed_ips(wgctl_slice_of(allowed_ips), settings, err));
    if (strcmp(settings->dns, wgctl_settings_default.dns) != 0)
        adopt->info.dns = settings->dns[0] ? settings->dns : "none";
    const char *chosen = wgctl_settings_allowed(settings);
    if (strcmp(chosen, wgctl_settings_allowed(&wgctl_settings_default)) != 0)
        adopt->info.allowed_ips = chosen;
    if (rc == WGCTL_OK)
        rc = keep_number(adopt, adopt->other.mtu, wgctl_settings_mtu, &adopt->info.mtu, err);
    if (rc == WGCTL_OK)
        rc = keep_number(adopt, adopt->other.keepalive, wgctl_settings_keepalive,
                         &adopt->info.keepalive, err);
    return rc;
}

static int set(struct wgctl_document *document, const char *section, const char *key,
               const char *value, struct wgctl_error *err)
{
    return value ? wgctl_ini_set(document, section, key, wgctl_slice_of(value), err) : WGCTL_OK;
}

static int edit_ini(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    WGCTL_DOCUMENT document = {0};
    struct wgctl_text source = {0};
    struct wgctl_tunnel *tunnel = adopt->tunnel;
    const struct wgctl_adopt_info *info = &adopt->info;
    wgctl_text_slice(&source,
                     wgctl_text_slice_of(adopt->ini.size ? &adopt->ini : &tunnel->ini_original));
    int rc = wgctl_document_parse(&source, &document, err);
    if (rc == WGCTL_OK && info->endpoint_source)
        rc = set(&document, "server", "endpoint", info->endpoint, err);
    if (rc == WGCTL_OK)
        rc = set(&document, "clients", "dns", info->dns, err);
    if (rc == WGCTL_OK)
        rc = set(&document, "clients", "allowed-ips", info->allowed_ips, err);
    if (rc == WGCTL_OK)
        rc = set(&document, "clients", "mtu", info->mtu, err);
    if (rc == WGCTL_OK)
        rc = set(&document, "clients", "keepalive", info->keepalive, err);
    if (rc < 0)
        return rc;
    adopt->endpoint_is_given = info->endpoint_source && strcmp(info->endpoint_source, "given") == 0;
    return wgctl_tunnel_take_ini(tunnel, &document, err);
}

int wgctl_adopt_settings(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                         struct wgctl_error *err)
{
    int rc = find_endpoint(adopt, request, err);
    if (rc == WGCTL_OK)
        rc = find_defaults(adopt, err);
    if (rc < 0)
        return rc;
    wgctl_tunnel_endpoint(adopt->tunnel, &adopt->endpoint);
    rc = wgctl_text_check(&adopt->endpoint, err);
    if (rc < 0)
        return rc;
    adopt->info.endpoint = adopt->endpoint.size ? adopt->endpoint.data : NULL;
    adopt->info.endpoint_port = adopt->tunnel->settings.endpoint.port;
    adopt->info.listen_port = adopt->server.listen_port;
    return edit_ini(adopt, err);
}
