/* Describes the changes of a commit, for people and programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/peer_index.h"
#include "conf/server_read.h"
#include "tunnel/state.h"

void wgctl_changes_clear(struct wgctl_changes *changes)
{
    for (size_t i = 0; i < changes->listed; i++) {
        free(changes->items[i].value);
        free(changes->items[i].before);
    }
    free(changes->items);
    *changes = (struct wgctl_changes){0};
}

/* Counts a change. Returns whether it is listed as well. */
static bool count_change(struct wgctl_changes *changes, bool is_drift)
{
    changes->count++;
    changes->has_drift |= is_drift;
    return changes->most == 0 || changes->listed < changes->most;
}

/* Returns NULL if memory has run out. */
static struct wgctl_change *list_change(struct wgctl_changes *changes, const char *op,
                                        const struct wgctl_text *value,
                                        const struct wgctl_text *before)
{
    struct wgctl_change *items =
        wgctl_array_grow(changes->items, changes->listed, &changes->capacity, sizeof *items);
    char *now = value->failed ? NULL : wgctl_slice_dup(wgctl_text_slice_of(value));
    char *then = before->failed ? NULL : wgctl_slice_dup(wgctl_text_slice_of(before));
    if (items)
        changes->items = items;
    if (!items || !now || !then) {
        free(now);
        free(then);
        return NULL;
    }
    items[changes->listed] = (struct wgctl_change){.op = op, .value = now, .before = then};
    return &items[changes->listed++];
}

static int add_change(struct wgctl_changes *changes, const char *op, const struct wgctl_text *value,
                      const struct wgctl_text *before, struct wgctl_error *err)
{
    bool done = !count_change(changes, false) || list_change(changes, op, value, before);
    return done ? WGCTL_OK : wgctl_fail_memory(err);
}

static int add_text(struct wgctl_changes *changes, const char *op, const char *value,
                    struct wgctl_error *err)
{
    WGCTL_TEXT text = {0}, nothing = {0};
    wgctl_text_string(&text, value);
    return add_change(changes, op, &text, &nothing, err);
}

/* ---- the files ---- */

static int describe_file(struct wgctl_changes *changes, const char *op, const char *folder,
                         const char *name, struct wgctl_error *err)
{
    WGCTL_TEXT path = {0};
    wgctl_text_format(&path, "%s/%s", folder, name);
    int rc = wgctl_text_check(&path, err);
    return rc < 0 ? rc : add_text(changes, op, path.data, err);
}

static int describe_files(const struct wgctl_tunnel *tunnel, struct wgctl_changes *changes,
                          struct wgctl_error *err)
{
    const char *folder = tunnel->folder_path;
    int rc = WGCTL_OK;
    if (tunnel->conf_changed)
        rc = describe_file(changes, "write_file", folder, tunnel->conf_name, err);
    if (rc == WGCTL_OK && tunnel->ini_changed)
        rc = describe_file(changes, "write_file", folder, tunnel->ini_name, err);
    for (size_t i = 0; rc == WGCTL_OK && i < tunnel->files.count; i++) {
        const struct wgctl_file_change *file = &tunnel->files.changes[i];
        if (file->existed || file->exists)
            rc = describe_file(changes, file->exists ? "write_file" : "remove_file", folder,
                               file->path, err);
    }
    return rc;
}

/* ---- the device ---- */

static const char *const op_names[] = {
    [WGCTL_SET_PRIVATE_KEY] = "set_private_key",
    [WGCTL_SET_LISTEN_PORT] = "set_listen_port",
    [WGCTL_SET_FWMARK] = "set_fwmark",
    [WGCTL_ADD_PEER] = "add_peer",
    [WGCTL_SET_PRESHARED_KEY] = "set_preshared_key",
    [WGCTL_SET_ENDPOINT] = "set_endpoint",
    [WGCTL_SET_KEEPALIVE] = "set_keepalive",
    [WGCTL_ADD_ALLOWED_IP] = "add_allowed_ip",
    [WGCTL_REMOVE_ALLOWED_IP] = "remove_allowed_ip",
    [WGCTL_REMOVE_PEER] = "remove_peer",
};

/* Writes the value that a device or peer has for the step. */
static void describe_value(const struct wgctl_plan_step *step, const struct wgctl_device *device,
                           const struct wgctl_device_peer *peer, struct wgctl_text *ret)
{
    char text[WGCTL_ENDPOINT_TEXT_SIZE];
    _Static_assert((int)WGCTL_ENDPOINT_TEXT_SIZE >= (int)WGCTL_PREFIX_TEXT_SIZE, "both fit");
    switch (step->op) {
    case WGCTL_SET_LISTEN_PORT:
        wgctl_text_format(ret, "%u", device->listen_port);
        break;
    case WGCTL_SET_FWMARK:
        wgctl_text_format(ret, "0x%x", device->fwmark);
        break;
    case WGCTL_ADD_PEER:
    case WGCTL_REMOVE_PEER:
        wgctl_prefixes_format(&peer->allowed_ips, ret);
        break;
    case WGCTL_SET_ENDPOINT:
        wgctl_text_string(ret, wgctl_sockaddr_format(&peer->endpoint, text));
        break;
    case WGCTL_SET_KEEPALIVE:
        wgctl_text_format(ret, "%u", peer->keepalive);
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

static bool has_before(enum wgctl_plan_op op)
{
    return op == WGCTL_SET_LISTEN_PORT || op == WGCTL_SET_FWMARK || op == WGCTL_SET_ENDPOINT ||
           op == WGCTL_SET_KEEPALIVE;
}

/* The places where peers' names are found. A peer that is removed may be disabled, or may only be
 * in the file as it was read or applied. */
struct names {
    const struct wgctl_server *server;
    struct wgctl_server original;
    struct wgctl_peer_index enabled, all, before, applied;
};

static void clear_names(struct names *names)
{
    wgctl_peer_index_clear(&names->enabled);
    wgctl_peer_index_clear(&names->all);
    wgctl_peer_index_clear(&names->before);
    wgctl_peer_index_clear(&names->applied);
    wgctl_server_clear(&names->original);
}

static int read_names(const struct wgctl_tunnel *tunnel, const struct wgctl_run *run,
                      struct names *ret, struct wgctl_error *err)
{
    const struct wgctl_plan *plan = &run->transition.device;
    const struct wgctl_server *applied = run->applied.server;
    struct wgctl_text original = {0};
    ret->server = &tunnel->server;
    int rc = wgctl_peer_index_make(&tunnel->server, WGCTL_ENABLED_PEERS, &ret->enabled, err);
    if (rc < 0 || !wgctl_plan_has(plan, 0, plan->count, WGCTL_REMOVE_PEER))
        return rc;
    rc = wgctl_peer_index_make(&tunnel->server, WGCTL_ALL_PEERS, &ret->all, err);
    if (rc == WGCTL_OK && applied && applied != &tunnel->server)
        rc = wgctl_peer_index_make(applied, WGCTL_ALL_PEERS, &ret->applied, err);
    if (rc < 0 || !tunnel->conf_changed)
        return rc;
    wgctl_text_slice(&original, tunnel->original);
    rc = wgctl_server_parse(tunnel->conf_name, &original, &ret->original, err);
    return rc < 0 ? rc : wgctl_peer_index_make(&ret->original, WGCTL_ALL_PEERS, &ret->before, err);
}

static void label_key(const struct names *names, const struct wgctl_key *key, char *label,
                      size_t size)
{
    const struct wgctl_peer_index *const indexes[] = {&names->enabled, &names->all, &names->before,
                                                      &names->applied};
    const struct wgctl_peer unknown = {.public_key = *key};
    for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
        const struct wgctl_peer *peer = wgctl_peer_index_find(indexes[i], key);
        if (peer) {
            wgctl_peer_label(indexes[i]->server, peer, label, size);
            return;
        }
    }
    wgctl_peer_label(names->server, &unknown, label, size);
}

static int describe_device_step(const struct wgctl_plan *plan, const struct wgctl_plan_step *step,
                                const struct names *names, struct wgctl_changes *changes,
                                struct wgctl_error *err)
{
    WGCTL_TEXT value = {0}, before = {0};
    if (!count_change(changes, step->is_drift))
        return WGCTL_OK;
    describe_value(step, plan->wanted, step->peer, &value);
    if (has_before(step->op))
        describe_value(step, plan->running, step->was, &before);
    struct wgctl_change *change = list_change(changes, op_names[step->op], &value, &before);
    if (!change)
        return wgctl_fail_memory(err);
    change->is_drift = step->is_drift;
    if (step->peer) {
        label_key(names, &step->peer->public_key, change->peer, sizeof change->peer);
        wgctl_key_format(&step->peer->public_key, change->public_key);
    }
    if (step->op == WGCTL_ADD_ALLOWED_IP && step->was)
        label_key(names, &step->was->public_key, change->from_peer, sizeof change->from_peer);
    return WGCTL_OK;
}

static int describe_device(const struct wgctl_tunnel *tunnel, const struct wgctl_run *run,
                           struct wgctl_changes *changes, struct wgctl_error *err)
{
    struct names names = {0};
    const struct wgctl_plan *plan = &run->transition.device;
    int rc = read_names(tunnel, run, &names, err);
    for (size_t i = 0; rc == WGCTL_OK && i < plan->count; i++)
        rc = describe_device_step(plan, &plan->steps[i], &names, changes, err);
    clear_names(&names);
    return rc;
}

/* ---- the transition ---- */

static int describe_step(const struct wgctl_tunnel *tunnel, const struct wgctl_step *step,
                         struct wgctl_changes *changes, struct wgctl_error *err)
{
    WGCTL_TEXT value = {0}, before = {0};
    if (step->op == WGCTL_CREATE_INTERFACE || step->op == WGCTL_DELETE_INTERFACE)
        wgctl_text_string(&value, tunnel->interface);
    else if (step->op == WGCTL_SAVE_CONFIG)
        wgctl_text_format(&value, "%s/%s", tunnel->folder_path, tunnel->conf_name);
    else
        wgctl_step_value(step, &value);
    wgctl_step_before(step, &before);
    return add_change(changes, wgctl_step_name(step), &value, &before, err);
}

int wgctl_changes_describe(const struct wgctl_tunnel *tunnel, const struct wgctl_run *run,
                           struct wgctl_changes *ret, struct wgctl_error *err)
{
    const struct wgctl_transition *transition = &run->transition;
    ret->is_up = run->is_up;
    int rc = describe_files(tunnel, ret, err);
    for (size_t i = 0; rc == WGCTL_OK && i < transition->count; i++)
        rc = transition->steps[i].op == WGCTL_WRITE_DEVICE
                 ? describe_device(tunnel, run, ret, err)
                 : describe_step(tunnel, &transition->steps[i], ret, err);
    return rc;
}
