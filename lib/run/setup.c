/* What the host has of an interface beside its keys and peers: addresses, MTU, DNS, and
 * what the owner's commands did. Planned against what was applied last, carried out, and
 * taken back. */
#include <stdlib.h>

#include "host/dns.h"
#include "host/link.h"
#include "tunnel/state.h"

void wgctl_setup_clear(struct wgctl_setup *setup)
{
    wgctl_prefixes_clear(&setup->addresses_to_add);
    wgctl_prefixes_clear(&setup->addresses_to_remove);
    *setup = (struct wgctl_setup){0};
}

/* ---- the plan ---- */

static bool is_among(const struct wgctl_prefixes *list, const struct wgctl_prefix *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (wgctl_prefix_equal(&list->items[i], address))
            return true;
    return false;
}

static int plan_addresses(const struct wgctl_server *applied, const struct wgctl_server *wanted,
                          const struct wgctl_setup_facts *there, struct wgctl_setup *ret,
                          struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < wanted->addresses.count; i++)
        if (!is_among(&there->addresses, &wanted->addresses.items[i]))
            rc = wgctl_prefixes_add(&ret->addresses_to_add, &wanted->addresses.items[i], err);
    /* What the file never had is somebody else's. */
    for (size_t i = 0; rc == WGCTL_OK && applied && i < applied->addresses.count; i++) {
        const struct wgctl_prefix *address = &applied->addresses.items[i];
        if (!is_among(&wanted->addresses, address) && is_among(&there->addresses, address))
            rc = wgctl_prefixes_add(&ret->addresses_to_remove, address, err);
    }
    return rc;
}

int wgctl_setup_plan(const struct wgctl_server *applied, const struct wgctl_server *wanted,
                     const struct wgctl_setup_facts *there, struct wgctl_setup *ret,
                     struct wgctl_error *err)
{
    int rc = plan_addresses(applied, wanted, there, ret, err);
    bool was_named = applied && applied->mtu != 0;
    uint32_t mtu = wanted->mtu ? wanted->mtu : was_named ? there->usual_mtu : 0;
    ret->mtu_was = there->mtu;
    ret->mtu = mtu != there->mtu ? mtu : 0;
    ret->dns = applied && !wgctl_slice_equal(wgctl_text_slice_of(&applied->dns),
                                             wgctl_text_slice_of(&wanted->dns));
    ret->hooks = applied && !wgctl_server_same_hooks(applied, wanted, WGCTL_POST_UP);
    return rc;
}

/* ---- carried out ---- */

static int add_addresses(const char *interface, const struct wgctl_prefixes *list,
                         struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < list->count; i++) {
        rc = wgctl_link_add_address(interface, &list->items[i], err);
        if (rc == WGCTL_EXISTS)
            rc = WGCTL_OK;
    }
    return rc;
}

static int remove_addresses(const char *interface, const struct wgctl_prefixes *list,
                            struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < list->count; i++)
        rc = wgctl_link_remove_address(interface, &list->items[i], err);
    return rc;
}

/* The new ones first, so that there is always one. The kernel is told to keep a network's
 * others when the first of it goes; where it cannot be, those that stay are given again. */
static int change_addresses(const char *interface, const struct wgctl_prefixes *add,
                            const struct wgctl_prefixes *remove, const struct wgctl_prefixes *stay,
                            struct wgctl_error *err)
{
    struct wgctl_error ignored;
    int rc = add_addresses(interface, add, err);
    if (rc < 0 || remove->count == 0)
        return rc;
    bool keeps = wgctl_link_keeps_addresses(interface);
    if (!keeps)
        wgctl_link_keep_addresses(interface, true, &ignored);
    rc = remove_addresses(interface, remove, err);
    if (!keeps)
        wgctl_link_keep_addresses(interface, false, &ignored);
    return rc < 0 ? rc : add_addresses(interface, stay, err);
}

static int change_dns(const char *interface, const struct wgctl_server *from,
                      const struct wgctl_server *to, struct wgctl_error *err)
{
    WGCTL_DNS before = {0}, after = {0};
    int rc = wgctl_dns_parse(wgctl_text_slice_of(&from->dns), &before, err);
    if (rc == WGCTL_OK)
        rc = wgctl_dns_parse(wgctl_text_slice_of(&to->dns), &after, err);
    return rc < 0 ? rc : wgctl_dns_replace(interface, &before, &after, err);
}

bool wgctl_setup_changes_addresses(const struct wgctl_setup *setup)
{
    return setup->addresses_to_add.count > 0 || setup->addresses_to_remove.count > 0;
}

int wgctl_setup_change(const char *interface, const struct wgctl_setup *setup,
                       const struct wgctl_server *applied, const struct wgctl_server *wanted,
                       struct wgctl_error *err)
{
    int rc = change_addresses(interface, &setup->addresses_to_add, &setup->addresses_to_remove,
                              &wanted->addresses, err);
    if (rc == WGCTL_OK && setup->mtu)
        rc = wgctl_link_set_mtu(interface, setup->mtu, err);
    if (rc == WGCTL_OK && setup->dns)
        rc = change_dns(interface, applied, wanted, err);
    return rc;
}

int wgctl_setup_revert(const char *interface, const struct wgctl_setup *setup,
                       const struct wgctl_server *applied, const struct wgctl_server *wanted,
                       struct wgctl_error *err)
{
    struct wgctl_error later;
    const struct wgctl_prefixes none = {0}, *stay = applied ? &applied->addresses : &none;
    int first = change_addresses(interface, &setup->addresses_to_remove, &setup->addresses_to_add,
                                 stay, err);
    if (setup->mtu) {
        int rc = wgctl_link_set_mtu(interface, setup->mtu_was, first < 0 ? &later : err);
        first = first < 0 ? first : rc;
    }
    if (setup->dns) {
        int rc = change_dns(interface, wanted, applied, first < 0 ? &later : err);
        first = first < 0 ? first : rc;
    }
    return first;
}

/* A rule that the old commands made may be gone already, as after a restart of the
 * firewall: that they fail is no reason to leave the new ones out. */
int wgctl_setup_run_hooks(const char *interface, const struct wgctl_server *before,
                          const struct wgctl_server *after, struct wgctl_error *err)
{
    wgctl_hooks_try(before, interface, WGCTL_POST_DOWN);
    return wgctl_hooks_run(after, interface, WGCTL_POST_UP, err);
}
