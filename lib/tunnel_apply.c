/* What runs: planned against the file, carried out, brought back. */
#include <string.h>

#include "tunnel_state.h"

void wgctl_application_clear(struct wgctl_application *application)
{
    wgctl_plan_clear(&application->plan);
    wgctl_device_clear(&application->applied);
    wgctl_device_clear(&application->wanted);
    wgctl_device_clear(&application->running);
    wgctl_routes_clear(&application->routes_to_add);
    wgctl_routes_clear(&application->routes_to_remove);
    *application = (struct wgctl_application){0};
}

/* The configuration as last applied. Mostly it is the file as it was read; then
 * `ret_same` is set and nothing parsed: what wgctl edits changes no endpoint, and
 * those are all that is asked of it. */
static bool read_applied(const struct wgctl_tunnel *tunnel, struct wgctl_server *ret,
                         bool *ret_same)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error ignored;
    if (!wgctl_applied_read(tunnel, WGCTL_APPLIED, &text))
        return false;
    *ret_same =
        wgctl_slice_equal(wgctl_text_slice_of(&text), wgctl_text_slice_of(&tunnel->original));
    return *ret_same || wgctl_server_parse(tunnel->conf_name, &text, ret, &ignored) == WGCTL_OK;
}

/* ---- the wanted device ---- */

/* What the wanted device is made of. */
struct wish {
    const struct wgctl_server *server, *applied;
    const struct wgctl_device *running;
};

/* A name is only looked up where the file's has changed: what the system's
 * resolver says from day to day is not the owner's wish. */
static bool is_known_name(const struct wish *wish, const struct wgctl_peer *peer,
                          const struct wgctl_endpoint *endpoint)
{
    if (!wish->applied || wgctl_endpoint_is_address(endpoint, NULL))
        return false;
    if (wish->running && !wgctl_device_find(wish->running, &peer->public_key))
        return false;
    const struct wgctl_peer *before = wgctl_server_by_key(wish->applied, &peer->public_key);
    return before && wgctl_slice_equal(before->endpoint, peer->endpoint);
}

static int set_endpoint(const struct wish *wish, const struct wgctl_peer *peer,
                        struct wgctl_device_peer *ret, struct wgctl_error *err)
{
    struct wgctl_endpoint endpoint;
    if (!wgctl_peer_endpoint(peer, &endpoint) || is_known_name(wish, peer, &endpoint))
        return WGCTL_OK;
    char label[64];
    int rc = wgctl_endpoint_resolve(&endpoint, &ret->endpoint, err);
    return rc < 0 ? wgctl_context(err, "peer '%s'", wgctl_peer_label(peer, label, sizeof label))
                  : rc;
}

static int add_wanted_peer(const struct wish *wish, const struct wgctl_peer *peer,
                           struct wgctl_device *ret, struct wgctl_error *err)
{
    struct wgctl_device_peer *wanted = wgctl_device_add_peer(ret);
    if (!wanted)
        return wgctl_fail_memory(err);
    wanted->public_key = peer->public_key;
    wanted->preshared_key = peer->preshared_key;
    wanted->keepalive = peer->keepalive;
    int rc = set_endpoint(wish, peer, wanted, err);
    for (size_t i = 0; rc == WGCTL_OK && i < peer->allowed_ips.count; i++)
        rc = wgctl_prefixes_add(&wanted->allowed_ips, &peer->allowed_ips.items[i], err);
    return rc;
}

/* What the kernel would take without a word, and not do. */
static int check_keys(const struct wgctl_server *server, const struct wgctl_device *wanted,
                      struct wgctl_error *err)
{
    for (size_t i = 0; i < wanted->peer_count; i++) {
        const struct wgctl_key *key = &wanted->peers[i].public_key;
        bool own = server->has_private_key && wgctl_key_compare(key, &server->public_key) == 0;
        if (own || (i > 0 && wgctl_key_compare(key, &wanted->peers[i - 1].public_key) == 0))
            return wgctl_server_fail_key(server, key, err);
    }
    return WGCTL_OK;
}

/* The enabled peers' networks of one family, in the file's order, which mostly is theirs. */
static int list_networks(const struct wgctl_server *server, uint8_t family,
                         struct wgctl_prefixes *ret, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; i < server->peer_count; i++) {
        const struct wgctl_prefixes *list = &server->peers[i].allowed_ips;
        for (size_t k = 0; rc == WGCTL_OK && server->peers[i].enabled && k < list->count; k++)
            if (list->items[k].family == family)
                rc = wgctl_prefixes_add(ret, &list->items[k], err);
    }
    return rc;
}

/* A packet has one way: the last peer that names it would silently take it. */
static int check_allowed_ips(const struct wgctl_server *server, uint8_t family,
                             struct wgctl_error *err)
{
    WGCTL_PREFIXES all = {0};
    int rc = list_networks(server, family, &all, err);
    wgctl_prefixes_sort(&all);
    for (size_t i = 1; rc == WGCTL_OK && i < all.count; i++)
        if (wgctl_prefix_equal(&all.items[i], &all.items[i - 1]))
            rc = wgctl_server_fail_allowed_ip(server, &all.items[i], err);
    return rc;
}

static bool has_default_route(const struct wgctl_server *server)
{
    for (size_t i = 0; i < server->peer_count; i++)
        for (size_t k = 0; k < server->peers[i].allowed_ips.count; k++)
            if (server->peers[i].enabled && server->peers[i].allowed_ips.items[k].length == 0)
                return true;
    return false;
}

int wgctl_device_wanted(const struct wgctl_server *server, const struct wgctl_server *applied,
                        const struct wgctl_device *running, struct wgctl_device *ret,
                        struct wgctl_error *err)
{
    const struct wish wish = {server, applied, running};
    WGCTL_DEVICE wanted = {
        .has_private_key = server->has_private_key,
        .private_key = server->private_key,
        .has_listen_port = server->has_listen_port,
        .listen_port = server->listen_port,
        /* A default route needs a mark, and is given one where the file says "off". */
        .has_fwmark = server->has_fwmark && (server->fwmark || !has_default_route(server)),
        .fwmark = server->fwmark,
    };
    int rc = wgctl_device_reserve(&wanted, server->peer_count, err);
    for (size_t i = 0; rc == WGCTL_OK && i < server->peer_count; i++)
        if (server->peers[i].enabled)
            rc = add_wanted_peer(&wish, &server->peers[i], &wanted, err);
    wgctl_device_sort(&wanted);
    if (rc == WGCTL_OK)
        rc = check_keys(server, &wanted, err);
    if (rc == WGCTL_OK)
        rc = check_allowed_ips(server, AF_INET, err);
    if (rc == WGCTL_OK)
        rc = check_allowed_ips(server, AF_INET6, err);
    if (rc < 0)
        return rc;
    *ret = wanted;
    wanted = (struct wgctl_device){0};
    return WGCTL_OK;
}

/* ---- plan, execute, revert ---- */

/* What runs, against what the file wants. */
static int plan_running(struct wgctl_tunnel *tunnel, struct wgctl_application *ret,
                        struct wgctl_error *err)
{
    WGCTL_SERVER parsed = {0};
    struct wgctl_error ignored;
    bool same = false;
    int rc = wgctl_device_answer(tunnel->interface, &tunnel->query, &ret->running, err);
    if (rc < 0)
        return rc;
    bool has_applied = read_applied(tunnel, &parsed, &same);
    ret->needs_up = has_applied && !same && !wgctl_server_same_setup(&parsed, &tunnel->server);
    const struct wgctl_server *applied = same ? &tunnel->server : has_applied ? &parsed : NULL;
    rc = wgctl_device_wanted(&tunnel->server, applied, &ret->running, &ret->wanted, err);
    if (rc < 0)
        return rc;

    const struct wgctl_device *before = same ? &ret->wanted : NULL;
    if (has_applied && !same &&
        wgctl_device_wanted(&parsed, &parsed, NULL, &ret->applied, &ignored) == WGCTL_OK)
        before = &ret->applied;
    rc = wgctl_plan_make(before, &ret->wanted, &ret->running, &ret->plan, err);
    return rc < 0 ? rc : wgctl_routes_plan(tunnel, has_applied ? applied : NULL, ret, err);
}

int wgctl_application_plan(struct wgctl_tunnel *tunnel, struct wgctl_application *ret,
                           struct wgctl_error *err)
{
    int rc = wgctl_device_ask(tunnel->interface, &tunnel->query, err);
    if (rc < 0)
        return rc;
    ret->is_up = tunnel->query.backend != WGCTL_NO_DEVICE;
    if (ret->is_up)
        return plan_running(tunnel, ret, err);
    return wgctl_device_wanted(&tunnel->server, &tunnel->server, NULL, &ret->wanted, err);
}

/* A device can roam between two looks: its endpoint is no sign of a failure. */
static int verify(const struct wgctl_tunnel *tunnel, const struct wgctl_application *application,
                  struct wgctl_error *err)
{
    WGCTL_DEVICE now = {0};
    WGCTL_PLAN left = {0};
    int rc = wgctl_device_read(tunnel->interface, &now, err);
    if (rc == WGCTL_OK)
        rc = wgctl_plan_make(&application->wanted, &application->wanted, &now, &left, err);
    for (size_t i = 0; rc == WGCTL_OK && i < left.count; i++)
        if (left.steps[i].op != WGCTL_SET_ENDPOINT)
            rc = wgctl_fail(err, WGCTL_SYSTEM,
                            "%s took the change without an error, but did not make it",
                            tunnel->interface);
    return rc;
}

int wgctl_application_execute(const struct wgctl_tunnel *tunnel,
                              struct wgctl_application *application, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    if (application->plan.count > 0) {
        rc = wgctl_device_write(tunnel->interface, &application->plan, NULL, err);
        if (rc == WGCTL_OK)
            rc = verify(tunnel, application, err);
    }
    if (rc == WGCTL_OK)
        rc = wgctl_routes_change(tunnel->interface, application, err);
    return rc;
}

void wgctl_application_revert(const struct wgctl_tunnel *tunnel,
                              const struct wgctl_application *application, struct wgctl_error *err)
{
    WGCTL_DEVICE now = {0};
    WGCTL_PLAN back = {0};
    struct wgctl_error why;
    /* Also where it had none: a default route may have been given one. */
    struct wgctl_device before = application->running;
    before.has_fwmark = true;
    int rc = wgctl_device_read(tunnel->interface, &now, &why);
    if (rc == WGCTL_OK)
        /* What was just wanted counts as applied: an endpoint of it goes again. */
        rc = wgctl_plan_make(&application->wanted, &before, &now, &back, &why);
    if (rc == WGCTL_OK)
        rc = wgctl_device_write(tunnel->interface, &back, NULL, &why);
    if (rc == WGCTL_OK)
        rc = wgctl_routes_revert(tunnel->interface, application, &why);
    if (rc < 0)
        wgctl_hint(err, "%s could not be brought back either (%s): 'sudo wgctl apply' tries again",
                   tunnel->interface, why.message);
}
