/* Output for programs. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* Prints and lets go of it. */
static int print(json_t *document, FILE *stream, struct wgctl_error *err)
{
    char *text = document ? json_dumps(document, JSON_INDENT(2) | JSON_ENSURE_ASCII) : NULL;
    json_decref(document);
    if (!text)
        return wgctl_fail_memory(err);
    int rc = fprintf(stream, "%s\n", text);
    int number = errno;
    explicit_bzero(text, strlen(text));
    free(text);
    errno = number;
    return rc < 0 ? wgctl_fail_errno(err, "cannot write the output") : WGCTL_OK;
}

/* A hand-edited file can hold what is no UTF-8, and JSON cannot; null is what is
 * not known. */
static json_t *text_or_null(struct wgctl_slice text)
{
    json_t *value = text.size ? json_stringn(text.data, text.size) : NULL;
    return value ? value : json_null();
}

static json_t *string_or_null(const char *text)
{
    return text_or_null(wgctl_slice_of(text));
}

/* For people, whatever bytes were quoted in it. */
static json_t *message(struct wgctl_slice text)
{
    char *escaped = NULL;
    size_t size = 0;
    FILE *stream = text.size ? open_memstream(&escaped, &size) : NULL;
    if (!stream)
        return json_null();
    print_escaped(stream, text);
    json_t *value = fclose(stream) == 0 ? json_string(escaped) : NULL;
    free(escaped);
    return value ? value : json_null();
}

static json_t *split_list(const char *list)
{
    json_t *array = json_array();
    struct wgctl_slice rest = wgctl_slice_of(list), part;
    while (list[0] && wgctl_slice_split(&rest, ',', &part))
        json_array_append_new(array, text_or_null(wgctl_slice_trim(part)));
    return array;
}

int json_changes(const char *interface, const struct wgctl_changes *changes,
                 struct wgctl_error *err)
{
    json_t *list = json_array();
    for (size_t i = 0; i < changes->listed; i++) {
        const struct wgctl_change *change = &changes->items[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "op",
                                              change->op, "peer", string_or_null(change->peer),
                                              "public_key", string_or_null(change->public_key),
                                              "value", string_or_null(change->value), "before",
                                              string_or_null(change->before), "from_peer",
                                              string_or_null(change->from_peer), "drift",
                                              change->is_drift));
    }
    return print(
        json_pack("{s:s, s:b, s:o}", "interface", interface, "up", changes->is_up, "changes", list),
        stdout, err);
}

static json_t *peer_of(const struct wgctl_tunnel *tunnel, size_t index)
{
    struct wgctl_peer_info peer;
    wgctl_tunnel_peer(tunnel, index, &peer);
    json_t *addresses = json_array();
    for (size_t i = 0; i < peer.address_count; i++) {
        char text[WGCTL_ADDRESS_TEXT_SIZE];
        json_array_append_new(addresses,
                              json_string(wgctl_tunnel_peer_address(tunnel, index, i, text)));
    }
    return json_pack("{s:o, s:s, s:o, s:b, s:b, s:o, s:o, s:o}", "name", text_or_null(peer.name),
                     "public_key", peer.public_key, "addresses", addresses, "enabled", peer.enabled,
                     "preshared_key", peer.has_preshared_key, "added", text_or_null(peer.added),
                     "expires", text_or_null(peer.expires), "note", text_or_null(peer.note));
}

int json_peers(const struct wgctl_tunnel *tunnel, const size_t *indexes, size_t count,
               const char *unstored, struct wgctl_error *err)
{
    WGCTL_TEXT config = {0};
    int rc = unstored ? wgctl_tunnel_client(tunnel, unstored, &config, err) : WGCTL_OK;
    if (rc < 0)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *peer = peer_of(tunnel, indexes[i]);
        if (unstored)
            json_object_set_new(peer, "config", text_or_null(wgctl_text_slice_of(&config)));
        json_array_append_new(list, peer);
    }
    return print(
        json_pack("{s:s, s:o}", "interface", wgctl_tunnel_interface(tunnel), "peers", list), stdout,
        err);
}

int json_client(const char *name, const struct wgctl_text *config, struct wgctl_error *err)
{
    return print(
        json_pack("{s:s, s:o}", "name", name, "config", text_or_null(wgctl_text_slice_of(config))),
        stdout, err);
}

int json_provision(const struct wgctl_provision_info *info, struct wgctl_error *err)
{
    static const char *const sources[] = {
        [WGCTL_ENDPOINT_GIVEN] = "given",
        [WGCTL_ENDPOINT_PUBLIC] = "public_address",
        [WGCTL_ENDPOINT_LAN] = "lan_address",
    };
    return print(json_pack("{s:s, s:s, s:s, s:i, s:o, s:i, s:o, s:s, s:o, s:b, s:b}", "interface",
                           info->interface, "endpoint", info->endpoint, "endpoint_source",
                           sources[info->endpoint_source], "listen_port", (int)info->listen_port,
                           "addresses", split_list(info->addresses), "mtu", (int)info->mtu, "dns",
                           split_list(info->dns), "firewall", info->firewall, "way_out",
                           string_or_null(info->way_out), "up", info->applies, "boots",
                           info->boots),
                 stdout, err);
}

int json_endpoint(const char *interface, const char *endpoint, size_t clients, size_t elsewhere,
                  struct wgctl_error *err)
{
    return print(json_pack("{s:s, s:s, s:I, s:I}", "interface", interface, "endpoint", endpoint,
                           "client_files_changed", (json_int_t)clients, "client_files_elsewhere",
                           (json_int_t)elsewhere),
                 stdout, err);
}

static json_t *quoted(const char *text)
{
    return message(wgctl_slice_of(text ? text : ""));
}

static json_t *adopted_peer(const struct wgctl_adopt_peer *peer)
{
    static const char *const fates[] = {
        [WGCTL_ADOPT_KEPT] = "kept",
        [WGCTL_ADOPT_NAMED] = "named",
        [WGCTL_ADOPT_RENAMED] = "renamed",
        [WGCTL_ADOPT_UNNAMED] = "unnamed",
    };
    return json_pack("{s:o, s:s, s:b, s:s, s:o, s:s?, s:o, s:b, s:o}", "name",
                     string_or_null(peer->name), "public_key", peer->public_key, "enabled",
                     peer->enabled, "action", fates[peer->fate], "found", quoted(peer->found),
                     "source", peer->source, "client_file", quoted(peer->file), "client_file_taken",
                     peer->file_taken, "refused", quoted(peer->refused));
}

int json_adopt(const struct wgctl_adopt_info *info, struct wgctl_error *err)
{
    json_t *peers = json_array();
    for (size_t i = 0; i < info->peer_count; i++)
        json_array_append_new(peers, adopted_peer(&info->peers[i]));
    return print(json_pack("{s:s, s:o, s:b, s:s?, s:s?, s:o, s:b, s:I, s:I, s:s?, s:s?, s:o}",
                           "interface", info->interface, "file", quoted(info->conf), "changed",
                           info->changes_something, "made_from", info->made_from, "endpoint",
                           info->endpoint, "endpoint_source", quoted(info->endpoint_source),
                           "save_config_removed", info->removes_save_config, "peers_added",
                           (json_int_t)info->peers_added, "lines_left",
                           (json_int_t)info->lines_left, "dns", info->dns, "allowed_ips",
                           info->allowed_ips, "peers", peers),
                 stdout, err);
}

int json_state(const char *interface, bool is_up, struct wgctl_error *err)
{
    return print(json_pack("{s:s, s:b}", "interface", interface, "up", is_up), stdout, err);
}

static const char *code_of(int status)
{
    switch (status) {
    case WGCTL_INVALID:
        return "invalid";
    case WGCTL_NOT_FOUND:
        return "not_found";
    case WGCTL_EXISTS:
        return "exists";
    case WGCTL_DENIED:
        return "denied";
    case WGCTL_FULL:
        return "full";
    case WGCTL_BUSY:
        return "busy";
    case WGCTL_UNSUPPORTED:
        return "unsupported";
    default:
        return "system";
    }
}

void json_error(const struct context *context, const struct wgctl_error *err)
{
    WGCTL_TEXT hint = {0};
    struct wgctl_error ignored;
    add_calls(context, err->hint, &hint);
    print(json_pack("{s:{s:s, s:o, s:o}}", "error", "code",
                    context->usage_error ? "usage" : code_of(err->status), "message",
                    message(wgctl_slice_of(err->message)), "hint",
                    message(wgctl_text_slice_of(&hint))),
          stderr, &ignored);
}
