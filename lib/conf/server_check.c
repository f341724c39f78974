#include "conf/server_check.h"

#include "conf/peer_index.h"
#include "conf/strict.h"

/* The line number of the peer's last setting of that key, or of its heading if it has none. */
static size_t line_of(const struct wgctl_server *server, const struct wgctl_peer *peer,
                      const char *key)
{
    size_t found = peer->first_line;
    for (size_t i = peer->first_line; i < peer->end_line; i++) {
        struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(&server->document, i));
        if (parts.kind == WGCTL_LINE_SETTING && wgctl_key_is(parts.key, key))
            found = i;
    }
    return found + 1;
}

static int fail_key(const struct wgctl_server *server, const struct wgctl_key *public_key,
                    struct wgctl_error *err)
{
    bool own = server->has_private_key && wgctl_key_equal(public_key, &server->public_key);
    const struct wgctl_peer *last = NULL;
    for (size_t i = 0; i < server->peer_count; i++)
        if (server->peers[i].enabled && wgctl_key_equal(&server->peers[i].public_key, public_key))
            last = &server->peers[i];
    return wgctl_strict_fail(own ? WGCTL_STRICT_OWN_KEY : WGCTL_STRICT_SAME_KEY, server->file,
                             last ? line_of(server, last, "PublicKey") : 0, err);
}

/* The line number on which the peer names a network for the `nth` time, or 0; as it is written
 * there in `ret`. Counts `nth` down. */
static size_t line_of_network(const struct wgctl_server *server, const struct wgctl_peer *peer,
                              const struct wgctl_prefix *network, size_t *nth,
                              struct wgctl_prefix *ret)
{
    for (size_t i = peer->first_line; i < peer->end_line; i++) {
        struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(&server->document, i));
        struct wgctl_slice rest = parts.value, part;
        if (parts.kind != WGCTL_LINE_SETTING || !wgctl_key_is(parts.key, "AllowedIPs"))
            continue;
        while (wgctl_slice_split(&rest, ',', &part)) {
            char buffer[WGCTL_PREFIX_TEXT_SIZE];
            struct wgctl_error ignored;
            if (!wgctl_value_squeeze(part, buffer, sizeof buffer, &part) ||
                wgctl_prefix_parse(part, ret, &ignored) < 0)
                continue;
            struct wgctl_prefix prefix = wgctl_prefix_mask(*ret);
            if (wgctl_prefix_equal(&prefix, network) && --*nth == 0)
                return i + 1;
        }
    }
    return 0;
}

static int fail_network(const struct wgctl_server *server, const struct wgctl_prefix *network,
                        struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE], written_text[WGCTL_PREFIX_TEXT_SIZE];
    struct wgctl_prefix written = *network;
    size_t line = 0, second = 2;
    for (size_t i = 0; line == 0 && i < server->peer_count; i++)
        if (server->peers[i].enabled)
            line = line_of_network(server, &server->peers[i], network, &second, &written);
    wgctl_prefix_format(network, text);
    if (!wgctl_prefix_has_host_bits(&written)) {
        wgctl_fail(err, WGCTL_INVALID, "%s is listed twice in AllowedIPs, and the last one gets it",
                   text);
        return wgctl_strict_explain(WGCTL_STRICT_SAME_NETWORK, server->file, line, err);
    }
    wgctl_fail(err, WGCTL_INVALID,
               "%s means all of %s, which is listed twice in AllowedIPs, and the last one gets it",
               wgctl_prefix_format(&written, written_text), text);
    wgctl_context(err, "%s:%zu", server->file, line);
    struct wgctl_prefix device = wgctl_prefix_host(written);
    return wgctl_hint(err, "if a single device has it, write %s",
                      wgctl_prefix_format(&device, text));
}

static int check_keys(const struct wgctl_server *server, struct wgctl_error *err)
{
    WGCTL_PEER_INDEX index = {0};
    int rc = wgctl_peer_index_make(server, WGCTL_ENABLED_PEERS, &index, err);
    if (rc < 0)
        return rc;
    if (server->has_private_key && wgctl_peer_index_find(&index, &server->public_key))
        return fail_key(server, &server->public_key, err);
    for (size_t i = 1; i < index.count; i++) {
        const struct wgctl_key *key = &wgctl_peer_index_at(&index, i)->public_key;
        if (wgctl_key_compare(key, &wgctl_peer_index_at(&index, i - 1)->public_key) == 0)
            return fail_key(server, key, err);
    }
    return WGCTL_OK;
}

/* Adds the networks of one family, which usually are in order. */
static int add_networks(const struct wgctl_peer *peer, uint8_t family, struct wgctl_prefixes *ret,
                        struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < peer->allowed_ips.count; i++)
        if (peer->allowed_ips.items[i].family == family)
            rc = wgctl_prefixes_add(ret, &peer->allowed_ips.items[i], err);
    return rc;
}

/* A packet has one way to go: the last peer that names its network silently gets it. */
static int check_networks(const struct wgctl_server *server, uint8_t family,
                          struct wgctl_error *err)
{
    WGCTL_PREFIXES all = {0};
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < server->peer_count; i++)
        if (server->peers[i].enabled)
            rc = add_networks(&server->peers[i], family, &all, err);
    wgctl_prefixes_mask(&all);
    wgctl_prefixes_sort(&all);
    for (size_t i = 1; rc == WGCTL_OK && i < all.count; i++)
        if (wgctl_prefix_equal(&all.items[i], &all.items[i - 1]))
            rc = fail_network(server, &all.items[i], err);
    return rc;
}

int wgctl_server_check(const struct wgctl_server *server, struct wgctl_error *err)
{
    int rc = check_keys(server, err);
    if (rc == WGCTL_OK)
        rc = check_networks(server, AF_INET, err);
    return rc < 0 ? rc : check_networks(server, AF_INET6, err);
}
