/* Where in the file stands what can only be seen of all peers together. */
#include <string.h>

#include "conf/server_parse.h"
#include "conf/stricter.h"

/* The line of the peer's last setting of that key; its heading where it has none. */
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

int wgctl_server_fail_key(const struct wgctl_server *server, const struct wgctl_key *public_key,
                          struct wgctl_error *err)
{
    bool own = server->has_private_key && wgctl_key_equal(public_key, &server->public_key);
    const struct wgctl_peer *last = NULL;
    for (size_t i = 0; i < server->peer_count; i++)
        if (server->peers[i].enabled && wgctl_key_equal(&server->peers[i].public_key, public_key))
            last = &server->peers[i];
    return wgctl_stricter_fail(own ? WGCTL_NO_OWN_KEY : WGCTL_ONE_PEER_A_KEY, server->file,
                               last ? line_of(server, last, "PublicKey") : 0, err);
}

/* The line on which the peer names a network for the `nth` time, 0 where it does not;
 * counts down. */
static size_t line_of_network(const struct wgctl_server *server, const struct wgctl_peer *peer,
                              const struct wgctl_prefix *network, size_t *nth)
{
    for (size_t i = peer->first_line; i < peer->end_line; i++) {
        struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(&server->document, i));
        struct wgctl_slice rest = parts.value, part;
        if (parts.kind != WGCTL_LINE_SETTING || !wgctl_key_is(parts.key, "AllowedIPs"))
            continue;
        while (wgctl_slice_split(&rest, ',', &part)) {
            char buffer[WGCTL_PREFIX_TEXT_SIZE];
            struct wgctl_prefix prefix;
            struct wgctl_error ignored;
            if (!wgctl_value_squeeze(part, buffer, sizeof buffer, &part) ||
                wgctl_prefix_parse(part, &prefix, &ignored) < 0)
                continue;
            prefix = wgctl_prefix_mask(prefix);
            if (wgctl_prefix_equal(&prefix, network) && --*nth == 0)
                return i + 1;
        }
    }
    return 0;
}

int wgctl_server_fail_allowed_ip(const struct wgctl_server *server,
                                 const struct wgctl_prefix *network, struct wgctl_error *err)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    size_t line = 0, second = 2;
    for (size_t i = 0; line == 0 && i < server->peer_count; i++)
        if (server->peers[i].enabled)
            line = line_of_network(server, &server->peers[i], network, &second);
    wgctl_fail(err, WGCTL_INVALID, "%s stands twice in AllowedIPs, and the last one gets it",
               wgctl_prefix_format(network, text));
    return wgctl_stricter_explain(WGCTL_ONE_OWNER_A_NETWORK, server->file, line, err);
}
