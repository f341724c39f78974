#include "json.h"

#include <jansson.h>
#include <stdlib.h>

#include "terminal.h"

static int append(const char *text, size_t size, void *ret)
{
    wgctl_text_append(ret, text, size);
    return 0;
}

/* Takes the document over. NULL stands for one that memory ran out for. */
static int dump(json_t *document, struct wgctl_text *ret, struct wgctl_error *err)
{
    if (!document)
        return wgctl_fail_memory(err);
    int rc = json_dump_callback(document, append, ret, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    json_decref(document);
    wgctl_text_string(ret, "\n");
    return rc < 0 ? wgctl_fail_memory(err) : wgctl_text_check(ret, err);
}

/* A document may hold a client's private key: no copy of it is left in memory. */
static int print(json_t *document, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    json_set_alloc_funcs(malloc, wgctl_free_wiped);
    int rc = dump(document, &text, err);
    return rc < 0 ? rc : print_secret(&text, err);
}

static bool is_utf8(struct wgctl_slice text)
{
    size_t size = 1;
    for (unsigned code; text.size > 0 && size > 0; text.data += size, text.size -= size)
        size = wgctl_slice_character(text, &code);
    return size > 0;
}

/* Null for an unknown value, and for bytes of a hand-edited file that JSON cannot hold. NULL if
 * memory runs out, here and below; what is made of a NULL is NULL again. */
static json_t *text_or_null(struct wgctl_slice text)
{
    return text.size && is_utf8(text) ? json_stringn(text.data, text.size) : json_null();
}

/* The same for what a file or another program says, which may be a key in the wrong place. */
static json_t *shown_or_null(struct wgctl_slice text)
{
    if (!wgctl_secret_may_be_in(text))
        return text_or_null(text);
    char *copy = wgctl_slice_dup(text);
    if (!copy)
        return NULL;
    wgctl_secret_hide(copy, false);
    json_t *shown = text_or_null(wgctl_slice_of(copy));
    wgctl_free_wiped(copy);
    return shown;
}

static json_t *string_or_null(const char *text)
{
    return shown_or_null(wgctl_slice_of(text));
}

/* Takes both over and returns the list. */
static json_t *with(json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* For people, whatever bytes were quoted in it. */
static json_t *message(struct wgctl_slice text)
{
    char *escaped = NULL;
    size_t size = 0;
    if (text.size == 0)
        return json_null();
    FILE *stream = open_memstream(&escaped, &size);
    if (!stream)
        return NULL;
    print_escaped(stream, text);
    json_t *value = fclose(stream) == 0 ? json_string(escaped) : NULL;
    free(escaped);
    return value;
}

static json_t *split_list(const char *list)
{
    json_t *array = json_array();
    struct wgctl_slice rest = wgctl_slice_of(list), part;
    while (list[0] && wgctl_slice_split(&rest, ',', &part))
        array = with(array, shown_or_null(wgctl_slice_trim(part)));
    return array;
}

int json_changes(const char *interface, const struct wgctl_changes *changes,
                 struct wgctl_error *err)
{
    json_t *list = json_array();
    for (size_t i = 0; i < changes->listed; i++) {
        const struct wgctl_change *change = &changes->items[i];
        list = with(list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "op", change->op, "peer",
                                    string_or_null(change->peer), "public_key",
                                    text_or_null(wgctl_slice_of(change->public_key)), "value",
                                    string_or_null(change->value), "before",
                                    string_or_null(change->before), "from_peer",
                                    string_or_null(change->from_peer), "drift", change->is_drift));
    }
    return print(
        json_pack("{s:s, s:b, s:o}", "interface", interface, "up", changes->is_up, "changes", list),
        err);
}

static json_t *peer_of(const struct wgctl_tunnel *tunnel, size_t index)
{
    struct wgctl_peer_info peer;
    char key[45];
    wgctl_tunnel_peer(tunnel, index, &peer);
    json_t *addresses = json_array();
    for (size_t i = 0; i < peer.address_count; i++) {
        char text[WGCTL_ADDRESS_TEXT_SIZE];
        addresses = with(addresses, json_string(wgctl_tunnel_peer_address(tunnel, index, i, text)));
    }
    return json_pack("{s:o, s:s, s:o, s:b, s:b, s:o, s:o, s:o}", "name", shown_or_null(peer.name),
                     "public_key", wgctl_tunnel_peer_key(tunnel, index, key), "addresses",
                     addresses, "enabled", peer.enabled, "preshared_key", peer.has_preshared_key,
                     "added", shown_or_null(peer.added), "expires", shown_or_null(peer.expires),
                     "note", shown_or_null(peer.note));
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
        if (unstored &&
            json_object_set_new(peer, "config", text_or_null(wgctl_text_slice_of(&config))) < 0) {
            json_decref(peer);
            peer = NULL;
        }
        list = with(list, peer);
    }
    return print(
        json_pack("{s:s, s:o}", "interface", wgctl_tunnel_interface(tunnel), "peers", list), err);
}

/* The peers with those indexes, from `first` on. */
static json_t *peers_between(const struct wgctl_tunnel *tunnel, size_t first, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        list = with(list, peer_of(tunnel, first + i));
    return list;
}

int json_list(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    size_t count = wgctl_tunnel_peer_count(tunnel);
    uint16_t port = wgctl_tunnel_listen_port(tunnel);
    return print(json_pack("{s:s, s:o, s:o, s:o}", "interface", wgctl_tunnel_interface(tunnel),
                           "listen_port", port ? json_integer(port) : json_null(), "peers",
                           peers_between(tunnel, 0, count), "commented_out",
                           peers_between(tunnel, count, wgctl_tunnel_commented_count(tunnel))),
                 err);
}

int json_client(const char *name, const struct wgctl_text *config, struct wgctl_error *err)
{
    return print(
        json_pack("{s:s, s:o}", "name", name, "config", text_or_null(wgctl_text_slice_of(config))),
        err);
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
                 err);
}

int json_endpoint(const char *interface, const char *endpoint, size_t clients, size_t elsewhere,
                  struct wgctl_error *err)
{
    return print(json_pack("{s:s, s:s, s:I, s:I}", "interface", interface, "endpoint", endpoint,
                           "client_files_changed", (json_int_t)clients, "client_files_elsewhere",
                           (json_int_t)elsewhere),
                 err);
}

static json_t *quoted(const char *text)
{
    return message(wgctl_slice_of(text ? text : ""));
}

static json_t *adopted_peer(const struct wgctl_adopt_peer *peer)
{
    static const char *const actions[] = {
        [WGCTL_ADOPT_KEPT] = "kept",
        [WGCTL_ADOPT_NAMED] = "named",
        [WGCTL_ADOPT_RENAMED] = "renamed",
        [WGCTL_ADOPT_UNNAMED] = "unnamed",
    };
    return json_pack("{s:o, s:s, s:b, s:s, s:o, s:s?, s:o, s:b, s:o}", "name",
                     string_or_null(peer->name), "public_key", peer->public_key, "enabled",
                     peer->enabled, "action", actions[peer->action], "found", quoted(peer->found),
                     "source", peer->source, "client_file", quoted(peer->file), "client_file_taken",
                     peer->file_taken, "refused", quoted(peer->refused));
}

static json_t *number_or_null(const char *text)
{
    return text ? json_integer(strtol(text, NULL, 10)) : json_null();
}

int json_adopt(const struct wgctl_adopt_info *info, const struct wgctl_provision_info *made,
               struct wgctl_error *err)
{
    json_t *peers = json_array(), *hooks = json_array();
    for (size_t i = 0; i < info->peer_count; i++)
        peers = with(peers, adopted_peer(&info->peers[i]));
    for (size_t i = 0; i < sizeof info->hooks / sizeof *info->hooks; i++)
        if (info->hooks[i])
            hooks = with(hooks, quoted(info->hooks[i]));
    return print(
        json_pack(
            "{s:s, s:o, s:b, s:s?, s:o, s:s?, s:s?, s:s?, s:o, s:b, s:b, s:I, s:I, s:s?, s:s?, "
            "s:o, s:o, s:o}",
            "interface", info->interface, "file", quoted(info->conf), "changed",
            info->changes_something, "made_from", info->made_from, "hooks", hooks, "firewall",
            made ? made->firewall : NULL, "sysctl", made ? made->sysctl : NULL, "endpoint",
            info->endpoint, "endpoint_source", quoted(info->endpoint_source), "save_config_removed",
            info->removes_save_config, "mode_tightened", info->mode_before != 0, "peers_added",
            (json_int_t)info->peers_added, "lines_left", (json_int_t)info->lines_left, "dns",
            info->dns, "allowed_ips", info->allowed_ips, "mtu", number_or_null(info->mtu),
            "keepalive", number_or_null(info->keepalive), "peers", peers),
        err);
}

int json_state(const char *interface, bool is_up, const char *warning, struct wgctl_error *err)
{
    bool warns = warning && warning[0];
    return print(json_pack("{s:s, s:b, s:s*}", "interface", interface, "up", is_up, "warning",
                           warns ? warning : NULL),
                 err);
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

int json_error(const struct wgctl_error *err, const char *code, const char *hint)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error failed;
    int rc =
        dump(json_pack("{s:{s:s, s:o, s:o}}", "error", "code", code ? code : code_of(err->status),
                       "message", message(wgctl_slice_of(err->message)), "hint",
                       message(wgctl_slice_of(hint))),
             &text, &failed);
    if (rc == WGCTL_OK)
        fwrite(text.data, 1, text.size, stderr);
    return rc;
}
