#include "conf/server_parse.h"

#include <stdlib.h>
#include <string.h>

enum section { NOWHERE, INTERFACE, PEER };

struct reader {
    struct wgctl_server *server;
    struct wgctl_error *err;
    size_t line; /* index of the line being read */
    enum section section;
    bool disabled;  /* the lines of this peer are behind "#-" */
    bool has_key;   /* this peer's PublicKey was read */
    size_t heading; /* index of the line with this section's name */
};

/* Longer than any value that is not a list or a hook: a key, an endpoint. */
enum { SHORT_VALUE = 512 };

static int fail_line(struct reader *reader, const char *what)
{
    wgctl_fail(reader->err, WGCTL_INVALID, "%s:%zu: %s", reader->server->file, reader->line + 1,
               what);
    return wgctl_hint(reader->err, "mend that line with an editor");
}

static int in_line(struct reader *reader)
{
    return wgctl_context(reader->err, "%s:%zu", reader->server->file, reader->line + 1);
}

static struct wgctl_peer *peer_of(struct reader *reader)
{
    return &reader->server->peers[reader->server->peer_count - 1];
}

static int read_key(struct reader *reader, struct wgctl_slice value, struct wgctl_key *ret)
{
    char buffer[SHORT_VALUE];
    struct wgctl_slice text;
    if (!wgctl_value_squeeze(value, buffer, sizeof buffer, &text))
        return fail_line(reader, "the key is too long");
    int rc = wgctl_key_parse(text, ret, reader->err);
    explicit_bzero(buffer, sizeof buffer);
    return rc < 0 ? in_line(reader) : rc;
}

/* A number, or "off" for 0 where `off` says so; "0x…" where `hex` says so. */
static bool read_number(struct wgctl_slice value, uint64_t max, bool off, bool hex, uint64_t *ret)
{
    char buffer[SHORT_VALUE], *end;
    struct wgctl_slice text;
    if (!wgctl_value_squeeze(value, buffer, sizeof buffer - 1, &text))
        return false;
    if (off && wgctl_slice_equal_nocase(text, "off")) {
        *ret = 0;
        return true;
    }
    if (!hex || !wgctl_slice_starts(text, "0x"))
        return wgctl_slice_number(text, max, ret);
    buffer[text.size] = '\0';
    if (text.size == 2 || strspn(buffer + 2, "0123456789abcdefABCDEF") != text.size - 2)
        return false;
    *ret = strtoull(buffer + 2, &end, 16);
    return text.size <= 2 + 16 && *ret <= max;
}

static int read_prefixes(struct reader *reader, struct wgctl_slice value,
                         struct wgctl_prefixes *list)
{
    WGCTL_TEXT squeezed = {0};
    char *room = wgctl_text_room(&squeezed, value.size);
    struct wgctl_slice text;
    if (!room || !wgctl_value_squeeze(value, room, value.size, &text))
        return wgctl_fail_memory(reader->err);
    squeezed.size = text.size;
    return wgctl_prefixes_parse(list, text, reader->err) < 0 ? in_line(reader) : WGCTL_OK;
}

static int read_private_key(struct reader *reader, struct wgctl_slice value)
{
    struct wgctl_server *server = reader->server;
    int rc = read_key(reader, value, &server->private_key);
    if (rc < 0)
        return rc;
    server->has_private_key = true;
    rc = wgctl_key_public(&server->private_key, &server->public_key, reader->err);
    return rc < 0 ? in_line(reader) : rc;
}

static int read_listen_port(struct reader *reader, struct wgctl_slice value)
{
    uint64_t port;
    if (!read_number(value, UINT16_MAX, false, false, &port))
        return fail_line(reader, "ListenPort must be a number from 0 to 65535");
    reader->server->listen_port = (uint16_t)port;
    reader->server->has_listen_port = true;
    return WGCTL_OK;
}

static int read_fwmark(struct reader *reader, struct wgctl_slice value)
{
    uint64_t mark;
    if (!read_number(value, UINT32_MAX, true, true, &mark))
        return fail_line(reader, "FwMark must be a number, as in 51820 or 0xca6c, or off");
    reader->server->fwmark = (uint32_t)mark;
    reader->server->has_fwmark = true;
    return WGCTL_OK;
}

static int read_address(struct reader *reader, struct wgctl_slice value)
{
    return read_prefixes(reader, value, &reader->server->addresses);
}

static int read_mtu(struct reader *reader, struct wgctl_slice value)
{
    uint64_t mtu;
    if (!read_number(value, UINT16_MAX, false, false, &mtu))
        return fail_line(reader, "MTU must be a number, as in 1420");
    reader->server->mtu = (uint32_t)mtu;
    return WGCTL_OK;
}

static int read_table(struct reader *reader, struct wgctl_slice value)
{
    reader->server->table = value;
    return WGCTL_OK;
}

static int read_dns(struct reader *reader, struct wgctl_slice value)
{
    reader->server->dns = value;
    return WGCTL_OK;
}

static int read_save_config(struct reader *reader, struct wgctl_slice value)
{
    reader->server->save_config = wgctl_slice_equal_nocase(value, "true");
    return WGCTL_OK;
}

static int add_hook(struct reader *reader, enum wgctl_hook_kind kind, struct wgctl_slice command)
{
    struct wgctl_server *server = reader->server;
    struct wgctl_hook *hooks =
        wgctl_array_grow(server->hooks, server->hook_count, &server->hook_capacity, sizeof *hooks);
    if (!hooks)
        return wgctl_fail_memory(reader->err);
    server->hooks = hooks;
    hooks[server->hook_count++] = (struct wgctl_hook){kind, command};
    return WGCTL_OK;
}

static int read_pre_up(struct reader *reader, struct wgctl_slice value)
{
    return add_hook(reader, WGCTL_PRE_UP, value);
}

static int read_post_up(struct reader *reader, struct wgctl_slice value)
{
    return add_hook(reader, WGCTL_POST_UP, value);
}

static int read_pre_down(struct reader *reader, struct wgctl_slice value)
{
    return add_hook(reader, WGCTL_PRE_DOWN, value);
}

static int read_post_down(struct reader *reader, struct wgctl_slice value)
{
    return add_hook(reader, WGCTL_POST_DOWN, value);
}

static int read_public_key(struct reader *reader, struct wgctl_slice value)
{
    reader->has_key = true;
    return read_key(reader, value, &peer_of(reader)->public_key);
}

static int read_preshared_key(struct reader *reader, struct wgctl_slice value)
{
    return read_key(reader, value, &peer_of(reader)->preshared_key);
}

static int read_allowed_ips(struct reader *reader, struct wgctl_slice value)
{
    struct wgctl_prefixes *list = &peer_of(reader)->allowed_ips;
    size_t before = list->count;
    int rc = read_prefixes(reader, value, list);
    for (size_t i = before; i < list->count; i++)
        list->items[i] = wgctl_prefix_mask(list->items[i]);
    return rc;
}

static int parse_endpoint(struct wgctl_slice value, struct wgctl_endpoint *ret,
                          struct wgctl_error *err)
{
    char buffer[SHORT_VALUE];
    struct wgctl_slice text;
    if (!wgctl_value_squeeze(value, buffer, sizeof buffer, &text))
        return wgctl_fail(err, WGCTL_INVALID, "the endpoint is too long");
    return wgctl_endpoint_parse(text, 0, ret, err);
}

/* Few peers of a server have one, and its parts are long: they are kept as text. */
static int read_endpoint(struct reader *reader, struct wgctl_slice value)
{
    struct wgctl_endpoint endpoint;
    peer_of(reader)->endpoint = value;
    int rc = parse_endpoint(value, &endpoint, reader->err);
    return rc < 0 ? in_line(reader) : rc;
}

bool wgctl_peer_endpoint(const struct wgctl_peer *peer, struct wgctl_endpoint *ret)
{
    struct wgctl_error ignored;
    return peer->endpoint.size > 0 && parse_endpoint(peer->endpoint, ret, &ignored) == WGCTL_OK;
}

static int read_keepalive(struct reader *reader, struct wgctl_slice value)
{
    uint64_t seconds;
    if (!read_number(value, UINT16_MAX, true, false, &seconds))
        return fail_line(reader, "PersistentKeepalive must be 0 to 65535 seconds, or off");
    peer_of(reader)->keepalive = (uint16_t)seconds;
    return WGCTL_OK;
}

/* Every key of wg(8) and wg-quick(8). */
static const struct setting {
    enum section section;
    const char *key;
    int (*read)(struct reader *reader, struct wgctl_slice value);
} settings[] = {
    {PEER, "PublicKey", read_public_key},
    {PEER, "PresharedKey", read_preshared_key},
    {PEER, "AllowedIPs", read_allowed_ips},
    {PEER, "Endpoint", read_endpoint},
    {PEER, "PersistentKeepalive", read_keepalive},
    {INTERFACE, "PrivateKey", read_private_key},
    {INTERFACE, "ListenPort", read_listen_port},
    {INTERFACE, "FwMark", read_fwmark},
    {INTERFACE, "Address", read_address},
    {INTERFACE, "MTU", read_mtu},
    {INTERFACE, "Table", read_table},
    {INTERFACE, "DNS", read_dns},
    {INTERFACE, "SaveConfig", read_save_config},
    {INTERFACE, "PreUp", read_pre_up},
    {INTERFACE, "PostUp", read_post_up},
    {INTERFACE, "PreDown", read_pre_down},
    {INTERFACE, "PostDown", read_post_down},
};

static int read_setting(struct reader *reader, struct wgctl_line_parts parts)
{
    char buffer[32];
    struct wgctl_slice key;
    bool fits = wgctl_value_squeeze(parts.key, buffer, sizeof buffer, &key);
    for (size_t i = 0; fits && i < sizeof settings / sizeof *settings; i++)
        if (settings[i].section == reader->section &&
            wgctl_slice_equal_nocase(key, settings[i].key))
            return settings[i].read(reader, parts.value);
    fail_line(reader, reader->section == NOWHERE ? "a setting stands before any [section]"
                                                 : "this setting is not known here");
    return wgctl_hint(reader->err, "[Interface] and [Peer] take the settings of wg(8) and "
                                   "wg-quick(8); put a '#' before what is a comment");
}

/* Notes stand in comments as `# key = value`. */
static void read_note(struct wgctl_peer *peer, struct wgctl_slice comment)
{
    struct wgctl_slice key, rest = comment;
    if (!wgctl_slice_split(&rest, '=', &key) || !rest.data)
        return;
    const struct {
        const char *key;
        struct wgctl_slice *value;
    } notes[] = {
        {"friendly_name", &peer->name},
        {"added", &peer->added},
        {"expires", &peer->expires},
        {"note", &peer->note},
    };
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (wgctl_slice_equal(wgctl_slice_trim(key), wgctl_slice_of(notes[i].key)))
            *notes[i].value = wgctl_slice_trim(rest);
}

static int begin_peer(struct reader *reader)
{
    struct wgctl_server *server = reader->server;
    struct wgctl_peer *peers =
        wgctl_array_grow(server->peers, server->peer_count, &server->peer_capacity, sizeof *peers);
    if (!peers)
        return wgctl_fail_memory(reader->err);
    server->peers = peers;
    peers[server->peer_count++] = (struct wgctl_peer){
        .enabled = !reader->disabled,
        .first_line = reader->line,
        .end_line = reader->line + 1,
    };
    reader->has_key = false;
    return WGCTL_OK;
}

static int end_section(struct reader *reader)
{
    if (reader->section != PEER || reader->has_key)
        return WGCTL_OK;
    wgctl_fail(reader->err, WGCTL_INVALID, "%s:%zu: this [Peer] has no PublicKey",
               reader->server->file, reader->heading + 1);
    return wgctl_hint(reader->err, "give it one, or take its lines out");
}

static int begin_section(struct reader *reader, struct wgctl_slice name, bool disabled)
{
    int rc = end_section(reader);
    if (rc < 0)
        return rc;
    reader->heading = reader->line;
    reader->disabled = disabled;
    if (wgctl_key_is(name, "Peer")) {
        reader->section = PEER;
        return begin_peer(reader);
    }
    if (!wgctl_key_is(name, "Interface") || disabled)
        return fail_line(reader, "a section is [Interface] or [Peer]");
    reader->section = INTERFACE;
    return WGCTL_OK;
}

bool wgctl_line_is_marked(struct wgctl_slice line)
{
    return wgctl_slice_starts(line, "#-") &&
           (line.size == 2 || wgctl_slice_trim((struct wgctl_slice){line.data + 2, 1}).size == 0);
}

static struct wgctl_line_parts parse_marked(struct wgctl_slice line)
{
    return wgctl_line_parse((struct wgctl_slice){line.data + 2, line.size - 2});
}

/* The line behind the "#- " of a disabled peer. False where it is not one's:
 * "#- a list" is a comment that only looks so. */
static bool behind_mark(const struct reader *reader, struct wgctl_slice line,
                        struct wgctl_line_parts *ret)
{
    if (!wgctl_line_is_marked(line))
        return false;
    *ret = parse_marked(line);
    if (ret->kind == WGCTL_LINE_SECTION && wgctl_key_is(ret->key, "Peer"))
        return true;
    return reader->section == PEER && reader->disabled && ret->kind != WGCTL_LINE_OTHER;
}

static int read_line(struct reader *reader)
{
    struct wgctl_slice line = wgctl_document_line(&reader->server->document, reader->line);
    if (memchr(line.data, '\0', line.size))
        return fail_line(reader, "a NUL byte stands here; this is no text file");

    struct wgctl_line_parts parts;
    bool disabled = behind_mark(reader, line, &parts);
    if (!disabled)
        parts = wgctl_line_parse(line);

    if (parts.kind == WGCTL_LINE_SECTION)
        return begin_section(reader, parts.key, disabled);
    if (parts.kind == WGCTL_LINE_BLANK && !disabled)
        return WGCTL_OK;
    /* A disabled peer ends where its mark does. */
    if (reader->disabled && !disabled && reader->section == PEER) {
        int rc = end_section(reader);
        if (rc < 0)
            return rc;
        reader->section = NOWHERE;
    }

    int rc = WGCTL_OK;
    if (parts.kind == WGCTL_LINE_SETTING)
        rc = read_setting(reader, parts);
    else if (parts.kind == WGCTL_LINE_OTHER)
        rc = fail_line(reader, "this is neither a [section] nor KEY = VALUE");
    if (reader->section == PEER && (disabled || parts.kind == WGCTL_LINE_SETTING))
        peer_of(reader)->end_line = reader->line + 1;
    return rc;
}

/* Comments that follow a peer's last setting are its own where a blank line or
 * the end of the file follows them; else they may be the next one's title. */
static void take_trailing_comments(struct wgctl_server *server, struct wgctl_peer *peer)
{
    const struct wgctl_document *document = &server->document;
    enum wgctl_line_kind kind = WGCTL_LINE_BLANK;
    size_t end = peer->end_line;
    for (; end < document->count; end++) {
        struct wgctl_slice line = wgctl_document_line(document, end);
        kind = wgctl_line_parse(line).kind;
        if (kind != WGCTL_LINE_COMMENT || wgctl_line_is_marked(line))
            break;
    }
    if (end == document->count || kind == WGCTL_LINE_BLANK)
        peer->end_line = end;
}

/* A comment is a peer's note only where it goes when the peer goes. */
static void read_notes(const struct wgctl_document *document, struct wgctl_peer *peer)
{
    for (size_t i = peer->first_line + 1; i < peer->end_line; i++) {
        struct wgctl_slice line = wgctl_document_line(document, i);
        if (peer->enabled ? !memchr(line.data, '#', line.size) : !wgctl_line_is_marked(line))
            continue;
        struct wgctl_line_parts parts = peer->enabled ? wgctl_line_parse(line) : parse_marked(line);
        if (parts.kind == WGCTL_LINE_COMMENT)
            read_note(peer, parts.value);
    }
}

int wgctl_server_parse_lines(struct wgctl_server *server, size_t first, struct wgctl_error *err)
{
    struct reader reader = {.server = server, .err = err};
    size_t known = server->peer_count;
    for (reader.line = first; reader.line < server->document.count; reader.line++) {
        int rc = read_line(&reader);
        if (rc < 0)
            return rc;
    }
    int rc = end_section(&reader);
    if (rc < 0)
        return rc;
    for (size_t i = known; i < server->peer_count; i++) {
        take_trailing_comments(server, &server->peers[i]);
        read_notes(&server->document, &server->peers[i]);
    }
    return WGCTL_OK;
}
