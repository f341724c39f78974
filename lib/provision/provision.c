/* Choosing what a new server is like. */
#include "provision/provision.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "device/device.h"
#include "host/link.h"
#include "host/service.h"
#include "provision/state.h"
#include "tunnel/tunnel.h"

void wgctl_provision_free(struct wgctl_provision **pointer)
{
    struct wgctl_provision *provision = *pointer;
    if (!provision)
        return;
    wgctl_prefixes_clear(&provision->addresses);
    wgctl_text_clear(&provision->endpoint_text);
    wgctl_text_clear(&provision->addresses_text);
    wgctl_text_clear(&provision->conf_path);
    wgctl_text_clear(&provision->ini_path);
    explicit_bzero(provision, sizeof *provision);
    free(provision);
    *pointer = NULL;
}

/* ---- the interface ---- */

static int check_interface(const char *interface, struct wgctl_error *err)
{
    int rc = wgctl_interface_name_check(wgctl_slice_of(interface), err);
    if (rc < 0)
        return rc;
    /* iptables takes '+' for "any that begins so"; nft takes neither in a name. */
    if (!strpbrk(interface, "+="))
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_INVALID, "'%s' would confuse the firewall: it has a '+' or '='",
               interface);
    return wgctl_hint(err, "choose letters, digits, _ - and dots, as in wg0");
}

static int check_no_device(const char *interface, struct wgctl_error *err)
{
    enum wgctl_backend backend;
    int rc = wgctl_device_backend(interface, &backend, err);
    if (rc < 0 || backend == WGCTL_NO_DEVICE)
        return rc;
    wgctl_fail(err, WGCTL_EXISTS, "an interface %s exists already, and is %s", interface,
               backend == WGCTL_NOT_WIREGUARD ? "no WireGuard" : "in use");
    return wgctl_hint(err, "choose another name for the tunnel with -i, as in: wgctl -i wg1 init");
}

/* Whether a tunnel of that name is there already. A folder that cannot be opened
 * is the commit's matter. */
static int check_no_conf(const char *path, const char *interface, struct wgctl_error *err)
{
    char conf[WGCTL_FILE_NAME_SIZE];
    snprintf(conf, sizeof conf, "%s.conf", interface);
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return WGCTL_OK;
    struct wgctl_folder folder;
    int rc = wgctl_folder_open(path, &folder, err);
    if (rc < 0)
        return rc;
    bool exists = wgctl_file_exists(&folder, conf);
    wgctl_folder_close(&folder);
    if (!exists)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_EXISTS, "%s/%s exists already, and is left as it is", path, conf);
    return wgctl_hint(err, "'wgctl add-peer NAME' adds a device, 'wgctl up' brings it up; "
                           "'wgctl -i wg1 init' makes a second tunnel");
}

/* ---- port, MTU, endpoint ---- */

static bool port_is_free(uint16_t port)
{
    WGCTL_FD fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) == 0 ||
           errno != EADDRINUSE;
}

static int choose_port(const struct wgctl_provision_request *request,
                       struct wgctl_provision *provision, struct wgctl_error *err)
{
    enum { WIREGUARD_PORT = 51820, MOST_TRIES = 100 };
    uint64_t port = WIREGUARD_PORT;
    if (request->listen_port) {
        if (!wgctl_slice_number(wgctl_slice_of(request->listen_port), UINT16_MAX, &port) ||
            port == 0) {
            wgctl_fail(err, WGCTL_INVALID, "'%.20s' is no port", request->listen_port);
            return wgctl_hint(err, "it is a number from 1 to 65535");
        }
        if (provision->applies && !port_is_free((uint16_t)port)) {
            wgctl_fail(err, WGCTL_BUSY, "another program uses the UDP port %u", (unsigned)port);
            return wgctl_hint(err, "'ss -ulpn' shows which; or choose another --listen-port");
        }
    }
    for (int tries = 0; !request->listen_port && provision->applies && tries < MOST_TRIES;
         tries++) {
        if (port_is_free((uint16_t)port))
            break;
        port++;
    }
    provision->listen_port = (uint16_t)port;
    return WGCTL_OK;
}

static int choose_mtu(const struct wgctl_provision_request *request,
                      struct wgctl_provision *provision, struct wgctl_error *err)
{
    /* WireGuard adds 60 bytes over IPv4 and 80 over IPv6; 1280 is what IPv6 asks
     * of every link (RFC 8200, section 5). */
    enum { OVERHEAD = 80, ETHERNET = 1500, SMALLEST = 1280 };
    uint32_t way = ETHERNET;
    if (provision->way4.found)
        way = provision->way4.mtu;
    if (provision->way6.found && provision->way6.mtu < way)
        way = provision->way6.mtu;
    uint32_t mtu = way - OVERHEAD;
    if (way < SMALLEST + OVERHEAD)
        mtu = SMALLEST;
    if (mtu > UINT16_MAX || strcmp(provision->way4.interface, "lo") == 0)
        mtu = ETHERNET - OVERHEAD;
    provision->settings.mtu = (uint16_t)mtu;
    int rc = WGCTL_OK;
    if (request->mtu && strcmp(request->mtu, "auto") != 0)
        rc = wgctl_settings_mtu(wgctl_slice_of(request->mtu), &provision->settings, err);
    provision->mtu = provision->settings.mtu;
    return rc;
}

static int choose_endpoint(const struct wgctl_provision_request *request,
                           struct wgctl_provision *provision, struct wgctl_error *err)
{
    struct wgctl_settings *settings = &provision->settings;
    if (request->endpoint) {
        provision->endpoint_source = WGCTL_ENDPOINT_GIVEN;
        int rc = wgctl_settings_endpoint(wgctl_slice_of(request->endpoint), provision->listen_port,
                                         settings, err);
        return rc < 0 ? wgctl_context(err, "--endpoint") : rc;
    }
    const struct wgctl_prefix *own = &provision->way4.source;
    if (!own->family)
        own = &provision->way6.source;
    if (!own->family) {
        wgctl_fail(err, WGCTL_INVALID,
                   "this host has no way to the internet, so the address at "
                   "which devices reach it is not known");
        return wgctl_hint(err, "name it: wgctl init --endpoint vpn.example.org");
    }
    char text[WGCTL_PREFIX_TEXT_SIZE];
    snprintf(settings->endpoint.host, sizeof settings->endpoint.host, "%s",
             wgctl_address_format(own, text));
    settings->endpoint.port = provision->listen_port;
    provision->endpoint_source =
        wgctl_address_is_private(own) ? WGCTL_ENDPOINT_LAN : WGCTL_ENDPOINT_PUBLIC;
    return WGCTL_OK;
}

/* ---- firewall and clients ---- */

/* The hooks need these programs at every start: better no tunnel than one that
 * will not come up. */
static int check_programs(const struct wgctl_provision *provision, struct wgctl_error *err)
{
    enum wgctl_firewall firewall = provision->settings.firewall;
    const char *missing = wgctl_firewall_missing(firewall, &provision->facts, provision->ipv6);
    if (!missing || !provision->applies)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_NOT_FOUND, "the program '%s' is not installed", missing);
    return wgctl_hint(err, "sudo apt install %s; or choose another --firewall",
                      wgctl_firewall_kind(firewall)->package);
}

static int choose_firewall(const struct wgctl_provision_request *request,
                           struct wgctl_provision *provision, struct wgctl_error *err)
{
    struct wgctl_settings *settings = &provision->settings;
    int rc = wgctl_firewall_look(&provision->facts, err);
    if (rc == WGCTL_OK && request->firewall)
        rc = wgctl_settings_firewall(wgctl_slice_of(request->firewall), settings, err);
    if (rc == WGCTL_OK && request->egress)
        rc = wgctl_settings_egress(wgctl_slice_of(request->egress), settings, err);
    if (rc == WGCTL_OK && settings->firewall != WGCTL_FIREWALL_AUTO)
        rc = check_programs(provision, err);
    if (rc < 0 || settings->firewall != WGCTL_FIREWALL_AUTO)
        return rc;
    settings->firewall = wgctl_firewall_best(&provision->facts);
    if (settings->firewall != WGCTL_FIREWALL_NONE)
        return check_programs(provision, err);
    wgctl_fail(err, WGCTL_NOT_FOUND,
               "neither nft nor iptables is installed, so the tunnel would "
               "lead nowhere");
    return wgctl_hint(err, "sudo apt install nftables; or --firewall none, for the server alone");
}

static int choose_clients(const struct wgctl_provision_request *request,
                          struct wgctl_provision *provision, struct wgctl_error *err)
{
    struct wgctl_settings *settings = &provision->settings;
    int rc = WGCTL_OK;
    if (request->dns)
        rc = wgctl_settings_dns(wgctl_slice_of(request->dns), settings, err);
    if (rc < 0 || !request->allowed_ips)
        return rc;
    if (strcmp(request->allowed_ips, "split") != 0)
        return wgctl_settings_allowed_ips(wgctl_slice_of(request->allowed_ips), settings, err);
    WGCTL_TEXT subnets = {0};
    wgctl_prefixes_format(&provision->addresses, &subnets);
    return wgctl_settings_allowed_ips(wgctl_text_slice_of(&subnets), settings, err);
}

/* ---- all of it ---- */

/* With the MTU of the interface if the route has none of its own. */
static int find_way_out(uint8_t family, struct wgctl_way_out *ret, struct wgctl_error *err)
{
    int rc = wgctl_route_way_out(family, ret, err);
    if (rc == WGCTL_OK && ret->found && ret->mtu == 0)
        rc = wgctl_link_mtu(ret->interface, &ret->mtu, err);
    return rc;
}

static int look_and_choose(const struct wgctl_provision_request *request,
                           struct wgctl_provision *provision, struct wgctl_error *err)
{
    int rc = find_way_out(AF_INET, &provision->way4, err);
    if (rc == WGCTL_OK)
        rc = find_way_out(AF_INET6, &provision->way6, err);
    if (rc == WGCTL_OK)
        rc = wgctl_provision_addresses(request, provision, err);
    if (rc == WGCTL_OK)
        rc = choose_port(request, provision, err);
    if (rc == WGCTL_OK)
        rc = choose_mtu(request, provision, err);
    if (rc == WGCTL_OK)
        rc = choose_endpoint(request, provision, err);
    if (rc == WGCTL_OK)
        rc = choose_firewall(request, provision, err);
    if (rc == WGCTL_OK)
        rc = choose_clients(request, provision, err);
    return rc;
}

static int write_texts(struct wgctl_provision *provision, struct wgctl_error *err)
{
    const struct wgctl_prefix *own = &provision->way4.source;
    if (own->family && wgctl_address_is_private(own))
        wgctl_address_format(own, provision->own_address);
    wgctl_endpoint_format(&provision->settings.endpoint, &provision->endpoint_text);
    wgctl_prefixes_format(&provision->addresses, &provision->addresses_text);
    wgctl_text_format(&provision->conf_path, "%s/%s.conf", provision->folder, provision->interface);
    wgctl_text_format(&provision->ini_path, "%s/%s.ini", provision->folder, provision->interface);
    int rc = wgctl_text_check(&provision->endpoint_text, err);
    if (rc == WGCTL_OK)
        rc = wgctl_text_check(&provision->addresses_text, err);
    if (rc == WGCTL_OK)
        rc = wgctl_text_check(&provision->conf_path, err);
    return rc < 0 ? rc : wgctl_text_check(&provision->ini_path, err);
}

int wgctl_provision_choose(const struct wgctl_provision_request *request,
                           struct wgctl_provision **ret, struct wgctl_error *err)
{
    int rc = check_interface(request->interface, err);
    if (rc == WGCTL_OK)
        rc = check_no_conf(request->folder, request->interface, err);
    if (rc == WGCTL_OK && !request->no_apply)
        rc = check_no_device(request->interface, err);
    if (rc < 0)
        return rc;

    WGCTL_PROVISION *provision = calloc(1, sizeof *provision);
    if (!provision)
        return wgctl_fail_memory(err);
    snprintf(provision->folder, sizeof provision->folder, "%s", request->folder);
    snprintf(provision->interface, sizeof provision->interface, "%s", request->interface);
    provision->applies = !request->no_apply;
    /* The service knows the default folder only. */
    provision->boots = provision->applies && !request->no_boot && wgctl_service_manager_runs() &&
                       strcmp(request->folder, WGCTL_FOLDER) == 0;
    provision->settings = wgctl_settings_default;
    wgctl_key_generate_private(&provision->private_key);

    rc = look_and_choose(request, provision, err);
    if (rc == WGCTL_OK)
        rc = write_texts(provision, err);
    if (rc < 0)
        return rc;
    *ret = provision;
    provision = NULL;
    return WGCTL_OK;
}

void wgctl_provision_show(const struct wgctl_provision *provision, struct wgctl_provision_info *ret)
{
    const struct wgctl_way_out *way = provision->way4.found ? &provision->way4 : &provision->way6;
    *ret = (struct wgctl_provision_info){
        .interface = provision->interface,
        .endpoint = provision->endpoint_text.data,
        .endpoint_source = provision->endpoint_source,
        .listen_port = provision->listen_port,
        .addresses = provision->addresses_text.data,
        .mtu = provision->mtu,
        .dns = provision->settings.dns,
        .firewall = wgctl_firewall_kind(provision->settings.firewall)->name,
        .dropping_table = provision->settings.firewall == WGCTL_FIREWALL_NONE
                              ? ""
                              : provision->facts.dropping_table,
        .way_out = way->found ? way->interface : "",
        .own_address = provision->own_address,
        .conf = provision->conf_path.data,
        .ini = provision->ini_path.data,
        .sysctl = provision->applies ? WGCTL_SYSCTL_FOLDER "/" WGCTL_SYSCTL_NAME : "",
        .boots = provision->boots,
        .applies = provision->applies,
    };
}
