#include "adopt/client_facts.h"

#include <string.h>

#include "conf/client.h"

/* What every app takes. Hooks would run on the device that imports the file. */
static const char *const accepted[][7] = {
    {"PrivateKey", "Address", "ListenPort", "DNS", "MTU", NULL},
    {"PublicKey", "PresharedKey", "AllowedIPs", "Endpoint", "PersistentKeepalive", NULL},
};
enum { INTERFACE, PEER, NOWHERE };

static bool is_accepted(int section, struct wgctl_slice key)
{
    if (section == NOWHERE)
        return false;
    for (const char *const *name = accepted[section]; *name; name++)
        if (wgctl_key_is(key, *name))
            return true;
    return false;
}

/* Adds to a list, which may be on several lines. One that does not fit becomes empty. */
static void add_value(struct wgctl_slice value, char *list, size_t size)
{
    size_t used = strlen(list);
    size_t comma = used ? 2 : 0;
    if (used + comma + value.size >= size) {
        list[0] = '\0';
        return;
    }
    memcpy(list + used, ", ", comma);
    wgctl_slice_string(value, list + used + comma, size - used - comma);
}

static void take_key(struct wgctl_slice value, struct wgctl_client_facts *facts)
{
    WGCTL_KEY private_key;
    char buffer[WGCTL_KEY_TEXT_SIZE];
    struct wgctl_slice text;
    struct wgctl_error ignored;
    facts->has_key = wgctl_value_squeeze(value, buffer, sizeof buffer, &text) &&
                     wgctl_key_parse(text, &private_key, &ignored) == WGCTL_OK &&
                     wgctl_key_public(&private_key, &facts->public_key, &ignored) == WGCTL_OK;
    explicit_bzero(buffer, sizeof buffer);
}

/* A key on a line of its own would be taken for a setting's name. */
static void note_unknown_key(struct wgctl_slice key, struct wgctl_client_facts *facts)
{
    if (wgctl_secret_may_be_in(key))
        key = wgctl_slice_of("an unknown setting");
    wgctl_slice_string(key, facts->unknown_key, sizeof facts->unknown_key);
}

static void take_setting(int section, struct wgctl_line_parts parts,
                         struct wgctl_client_facts *facts)
{
    if (!is_accepted(section, parts.key)) {
        if (!facts->unknown_key[0])
            note_unknown_key(parts.key, facts);
    } else if (wgctl_key_is(parts.key, "PrivateKey")) {
        take_key(parts.value, facts);
    } else if (wgctl_key_is(parts.key, "DNS")) {
        add_value(parts.value, facts->dns, sizeof facts->dns);
    } else if (wgctl_key_is(parts.key, "AllowedIPs")) {
        wgctl_text_string(&facts->allowed_ips, facts->allowed_ips.size ? ", " : "");
        wgctl_text_slice(&facts->allowed_ips, parts.value);
    } else if (wgctl_key_is(parts.key, "Endpoint")) {
        wgctl_slice_string(parts.value, facts->endpoint, sizeof facts->endpoint);
    }
}

/* Apart from line ends and tabs, which are harmless. */
static bool is_plain(struct wgctl_slice text)
{
    struct wgctl_slice line, part;
    while (wgctl_slice_split(&text, '\n', &line)) {
        if (line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        while (line.data && wgctl_slice_split(&line, '\t', &part))
            if (!wgctl_slice_is_plain(part))
                return false;
    }
    return true;
}

struct wgctl_client_facts wgctl_client_facts_read(struct wgctl_slice text,
                                                  const struct wgctl_key *server_key)
{
    struct wgctl_client_facts facts = {
        .is_of_server = wgctl_client_is_of(text, server_key),
        .is_plain = text.size > 0 && is_plain(text),
    };
    struct wgctl_line_parts parts;
    size_t peers = 0;
    int section = NOWHERE;
    while (wgctl_line_next(&text, &parts)) {
        if (parts.kind == WGCTL_LINE_SECTION) {
            section = wgctl_key_is(parts.key, "Interface") ? INTERFACE
                      : wgctl_key_is(parts.key, "Peer")    ? PEER
                                                           : NOWHERE;
            peers += section == PEER;
        } else if (parts.kind == WGCTL_LINE_SETTING) {
            take_setting(section, parts, &facts);
        }
    }
    /* With several peers, it is not clear whose values these are. */
    if (peers != 1) {
        facts.endpoint[0] = '\0';
        wgctl_text_clear(&facts.allowed_ips);
    }
    return facts;
}

void wgctl_client_facts_clear(struct wgctl_client_facts *facts)
{
    wgctl_text_clear(&facts->allowed_ips);
}
