#include "provision/provision.h"

#include <stdlib.h>
#include <string.h>

#include "provision/private.h"

int wgctl_provision_choose(const struct wgctl_provision_request *request,
                           struct wgctl_provision **ret, struct wgctl_error *err)
{
    WGCTL_FACTS facts = {0};
    WGCTL_PROVISION *provision = calloc(1, sizeof *provision);
    if (!provision)
        return wgctl_fail_memory(err);
    int rc = wgctl_provision_check_name(request->interface, err);
    if (rc == WGCTL_OK)
        rc = wgctl_facts_gather(request->folder, request->interface, &facts, err);
    if (rc == WGCTL_OK)
        rc = wgctl_provision_decide(request, &facts, provision, err);
    if (rc < 0)
        return rc;
    if (request->private_key)
        provision->private_key = *request->private_key;
    else
        wgctl_key_generate_private(&provision->private_key);
    *ret = provision;
    provision = NULL;
    return WGCTL_OK;
}

void wgctl_provision_free(struct wgctl_provision **pointer)
{
    struct wgctl_provision *provision = *pointer;
    if (!provision)
        return;
    wgctl_prefixes_clear(&provision->addresses);
    wgctl_text_clear(&provision->endpoint_text);
    wgctl_text_clear(&provision->addresses_text);
    wgctl_settings_clear(&provision->settings);
    wgctl_text_clear(&provision->conf_path);
    wgctl_text_clear(&provision->ini_path);
    explicit_bzero(provision, sizeof *provision);
    free(provision);
    *pointer = NULL;
}

void wgctl_provision_show(const struct wgctl_provision *provision, struct wgctl_provision_info *ret)
{
    *ret = (struct wgctl_provision_info){
        .interface = provision->interface,
        .endpoint = provision->endpoint_text.data,
        .endpoint_source = provision->endpoint_source,
        .endpoint_is_local = wgctl_endpoint_is_local(&provision->settings.endpoint),
        .listen_port = provision->listen_port,
        .addresses = provision->addresses_text.data,
        .mtu = provision->mtu,
        .dns = provision->settings.dns,
        .firewall = wgctl_firewall_kind(provision->settings.firewall)->name,
        .dropping_table = provision->dropping_table,
        .way_out = provision->way_out,
        .own_address = provision->own_address,
        .conf = provision->conf_path.data,
        .ini = provision->ini_path.data,
        .sysctl = provision->forwards ? WGCTL_SYSCTL_PATH : "",
        .boots = provision->boots,
        .applies = provision->applies,
    };
}
