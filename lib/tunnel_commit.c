/* The commit: one plan for files and device, shown or carried out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tunnel_state.h"

void wgctl_changes_clear(struct wgctl_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free(changes->items[i].value);
    free(changes->items);
    *changes = (struct wgctl_changes){0};
}

static struct wgctl_change *add_change(struct wgctl_changes *changes, const char *op,
                                       struct wgctl_text *value)
{
    struct wgctl_change *items =
        wgctl_array_grow(changes->items, changes->count, &changes->capacity, sizeof *items);
    char *copy = value->failed ? NULL : wgctl_slice_dup(wgctl_text_slice_of(value));
    if (items)
        changes->items = items;
    if (!items || !copy) {
        free(copy);
        return NULL;
    }
    items[changes->count] = (struct wgctl_change){.op = op, .value = copy};
    return &items[changes->count++];
}

/* ---- the files ---- */

static int describe_file(struct wgctl_changes *changes, const char *op, const char *folder,
                         const char *name, struct wgctl_error *err)
{
    WGCTL_TEXT path = {0};
    wgctl_text_format(&path, "%s/%s", folder, name);
    return add_change(changes, op, &path) ? WGCTL_OK : wgctl_fail_memory(err);
}

static int describe_files(const struct wgctl_tunnel *tunnel, struct wgctl_changes *changes,
                          struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    if (tunnel->conf_changed)
        rc = describe_file(changes, "write_file", tunnel->folder.path, tunnel->conf_name, err);
    if (rc == WGCTL_OK && tunnel->ini_changed)
        rc = describe_file(changes, "write_file", tunnel->folder.path, tunnel->ini_name, err);
    for (size_t i = 0; rc == WGCTL_OK && i < tunnel->file_count; i++) {
        const struct wgctl_client_file *file = &tunnel->files[i];
        char name[WGCTL_CLIENT_NAME_SIZE], path[sizeof tunnel->peers_name + sizeof name + 1];
        if (file->fate == WGCTL_CLIENT_UNSTORED)
            continue;
        wgctl_client_file_name(file->name, name);
        snprintf(path, sizeof path, "%s/%s", tunnel->peers_name, name);
        rc = describe_file(changes, file->fate == WGCTL_CLIENT_GONE ? "remove_file" : "write_file",
                           tunnel->folder.path, path, err);
    }
    return rc;
}

/* ---- the device ---- */

static const char *const op_names[] = {
    [WGCTL_SET_PRIVATE_KEY] = "set_private_key",
    [WGCTL_SET_LISTEN_PORT] = "set_listen_port",
    [WGCTL_SET_FWMARK] = "set_fwmark",
    [WGCTL_REMOVE_PEER] = "remove_peer",
    [WGCTL_ADD_PEER] = "add_peer",
    [WGCTL_SET_PRESHARED_KEY] = "set_preshared_key",
    [WGCTL_SET_ENDPOINT] = "set_endpoint",
    [WGCTL_SET_KEEPALIVE] = "set_keepalive",
    [WGCTL_ADD_ALLOWED_IP] = "add_allowed_ip",
    [WGCTL_REMOVE_ALLOWED_IP] = "remove_allowed_ip",
};

static void describe_value(const struct wgctl_plan *plan, const struct wgctl_plan_step *step,
                           struct wgctl_text *ret)
{
    char text[WGCTL_ENDPOINT_TEXT_SIZE];
    _Static_assert((int)WGCTL_ENDPOINT_TEXT_SIZE >= (int)WGCTL_PREFIX_TEXT_SIZE, "both fit");
    switch (step->op) {
    case WGCTL_SET_LISTEN_PORT:
        wgctl_text_format(ret, "%u", plan->wanted->listen_port);
        break;
    case WGCTL_SET_FWMARK:
        wgctl_text_format(ret, "0x%x", plan->wanted->fwmark);
        break;
    case WGCTL_ADD_PEER:
    case WGCTL_REMOVE_PEER:
        wgctl_prefixes_format(&step->peer->allowed_ips, ret);
        break;
    case WGCTL_SET_ENDPOINT:
        wgctl_text_string(ret, wgctl_sockaddr_format(&step->peer->endpoint, text));
        break;
    case WGCTL_SET_KEEPALIVE:
        wgctl_text_format(ret, "%u", step->peer->keepalive);
        break;
    case WGCTL_ADD_ALLOWED_IP:
    case WGCTL_REMOVE_ALLOWED_IP:
        wgctl_text_string(ret, wgctl_prefix_format(step->allowed_ip, text));
        break;
    case WGCTL_SET_PRIVATE_KEY:
    case WGCTL_SET_PRESHARED_KEY:
        break;
    }
}

/* The name of a peer that goes is only in the file as it was, which is read again
 * for it. */
static int read_before(const struct wgctl_tunnel *tunnel, const struct wgctl_plan *plan,
                       struct wgctl_server *ret, struct wgctl_error *err)
{
    struct wgctl_text original = {0};
    if (!tunnel->conf_changed || !wgctl_plan_has(plan, 0, plan->count, WGCTL_REMOVE_PEER))
        return WGCTL_OK;
    wgctl_text_slice(&original, wgctl_text_slice_of(&tunnel->original));
    return wgctl_server_parse(tunnel->conf_name, &original, ret, err);
}

static void label_peer(const struct wgctl_server *server, const struct wgctl_server *before,
                       const struct wgctl_key *key, struct wgctl_change *change)
{
    const struct wgctl_peer *peer = wgctl_server_by_key(server, key);
    if (!peer)
        peer = wgctl_server_by_key(before, key);
    struct wgctl_peer unknown = {.public_key = *key};
    wgctl_peer_label(peer ? peer : &unknown, change->peer, sizeof change->peer);
    wgctl_key_format(key, change->public_key);
}

static int describe_device(const struct wgctl_tunnel *tunnel, const struct wgctl_plan *plan,
                           struct wgctl_changes *changes, struct wgctl_error *err)
{
    WGCTL_SERVER before = {0};
    int rc = read_before(tunnel, plan, &before, err);
    for (size_t i = 0; rc == WGCTL_OK && i < plan->count; i++) {
        WGCTL_TEXT value = {0};
        const struct wgctl_plan_step *step = &plan->steps[i];
        describe_value(plan, step, &value);
        struct wgctl_change *change = add_change(changes, op_names[step->op], &value);
        if (!change)
            return wgctl_fail_memory(err);
        if (step->peer)
            label_peer(&tunnel->server, &before, &step->peer->public_key, change);
    }
    return rc;
}

static int describe_routes(struct wgctl_changes *changes, const char *op,
                           const struct wgctl_routes *routes, struct wgctl_error *err)
{
    for (size_t i = 0; i < routes->count; i++) {
        WGCTL_TEXT value = {0};
        char text[WGCTL_PREFIX_TEXT_SIZE];
        wgctl_text_string(&value, wgctl_prefix_format(&routes->items[i].destination, text));
        if (!add_change(changes, op, &value))
            return wgctl_fail_memory(err);
    }
    return WGCTL_OK;
}

static int describe(const struct wgctl_tunnel *tunnel, const struct wgctl_application *application,
                    struct wgctl_changes *ret, struct wgctl_error *err)
{
    ret->is_up = application->is_up;
    ret->needs_up = application->needs_up;
    int rc = describe_files(tunnel, ret, err);
    if (rc == WGCTL_OK)
        rc = describe_device(tunnel, &application->plan, ret, err);
    if (rc == WGCTL_OK)
        rc = describe_routes(ret, "remove_route", &application->routes_to_remove, err);
    if (rc == WGCTL_OK)
        rc = describe_routes(ret, "add_route", &application->routes_to_add, err);
    return rc;
}

/* ---- plan and commit ---- */

static int make_plan(struct wgctl_tunnel *tunnel, struct wgctl_application *ret,
                     struct wgctl_error *err)
{
    bool is_there = tunnel->query.asked && tunnel->query.backend != WGCTL_NO_DEVICE;
    if (tunnel->applies && is_there && wgctl_applied_exists(tunnel, WGCTL_STARTING)) {
        wgctl_fail(err, WGCTL_BUSY, "%s did not come up completely: that was interrupted",
                   tunnel->interface);
        return wgctl_hint(err, "sudo wgctl up brings it up anew");
    }
    /* Beside its own file there is nothing to look up. */
    return tunnel->applies
               ? wgctl_application_plan(tunnel, ret, err)
               : wgctl_device_wanted(&tunnel->server, &tunnel->server, NULL, &ret->wanted, err);
}

int wgctl_tunnel_plan(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                      struct wgctl_error *err)
{
    WGCTL_APPLICATION application = {0};
    int rc = make_plan(tunnel, &application, err);
    return rc < 0 ? rc : describe(tunnel, &application, ret, err);
}

int wgctl_tunnel_commit(struct wgctl_tunnel *tunnel, struct wgctl_changes *ret,
                        struct wgctl_error *err)
{
    WGCTL_APPLICATION application = {0};
    int rc = make_plan(tunnel, &application, err);
    if (rc == WGCTL_OK && ret)
        rc = describe(tunnel, &application, ret, err);
    if (rc == WGCTL_OK)
        rc = wgctl_files_write(tunnel, err);
    if (rc < 0)
        return rc;
    if (application.is_up) {
        rc = wgctl_application_execute(tunnel, &application, err);
        if (rc < 0) {
            wgctl_hint(err, "nothing was changed: %s and %s are as they were", tunnel->conf_name,
                       tunnel->interface);
            wgctl_application_revert(tunnel, &application, err);
            wgctl_files_restore(tunnel, err);
            return rc;
        }
        /* What `down` has to take back is what `up` did. */
        if (!application.needs_up)
            wgctl_applied_save(tunnel, WGCTL_APPLIED);
    }
    wgctl_files_finish(tunnel);
    return WGCTL_OK;
}
