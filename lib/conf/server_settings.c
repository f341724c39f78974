/* The settings of a wg0.conf: what each key of wg(8) and wg-quick(8) takes. */
#include <stdlib.h>
#include <string.h>

#include "conf/server_reader.h"
#include "conf/strict.h"

/* Longer than any number or key. */
enum { SHORT_VALUE = 512 };

int wgctl_reader_fail(struct wgctl_reader *reader, const char *what)
{
    wgctl_fail(reader->err, WGCTL_INVALID, "%s:%zu: %s", reader->server->file, reader->line + 1,
               what);
    return wgctl_hint(reader->err, "fix that line with an editor");
}

static int in_line(struct wgctl_reader *reader)
{
    return wgctl_context(reader->err, "%s:%zu", reader->server->file, reader->line + 1);
}

static int fail_strict(struct wgctl_reader *reader, enum wgctl_strict rule)
{
    return wgctl_strict_fail(rule, reader->server->file, reader->line + 1, reader->err);
}

static int explain_strict(struct wgctl_reader *reader, enum wgctl_strict rule)
{
    return wgctl_strict_explain(rule, reader->server->file, reader->line + 1, reader->err);
}

static struct wgctl_peer *peer_of(struct wgctl_reader *reader)
{
    struct wgctl_server *server = reader->server;
    return reader->block == &reader->commented ? &server->commented[reader->block->peer]
                                               : &server->peers[reader->block->peer];
}

static int read_key(struct wgctl_reader *reader, struct wgctl_slice value, struct wgctl_key *ret)
{
    char buffer[SHORT_VALUE];
    struct wgctl_slice text = value;
    bool torn = value.size >= WGCTL_KEY_TEXT_SIZE;
    if (torn && !wgctl_value_squeeze(value, buffer, sizeof buffer, &text))
        return wgctl_reader_fail(reader, "the key is too long");
    int rc = wgctl_key_parse(text, ret, reader->err);
    if (text.data == buffer)
        explicit_bzero(buffer, sizeof buffer);
    return rc < 0 ? in_line(reader) : rc;
}

/* A number; with `off` also "off", which is 0, and with `hex` also "0x…". */
static bool read_number(struct wgctl_slice value, uint64_t max, bool off, bool hex, uint64_t *ret)
{
    char buffer[SHORT_VALUE], *end;
    struct wgctl_slice text;
    if (!wgctl_value_squeeze(value, buffer, sizeof buffer - 1, &text) || text.size >= sizeof buffer)
        return false;
    if (off && wgctl_slice_equal_nocase(text, wgctl_slice_of("off"))) {
        *ret = 0;
        return true;
    }
    if (!hex || !wgctl_slice_starts(text, "0x"))
        return wgctl_slice_number(text, max, ret);
    memmove(buffer, text.data, text.size);
    buffer[text.size] = '\0';
    if (text.size == 2 || strspn(buffer + 2, "0123456789abcdefABCDEF") != text.size - 2)
        return false;
    *ret = strtoull(buffer + 2, &end, 16);
    return text.size <= 2 + 16 && *ret <= max;
}

static int read_private_key(struct wgctl_reader *reader, struct wgctl_slice value)
{
    struct wgctl_server *server = reader->server;
    int rc = read_key(reader, value, &server->private_key);
    if (rc < 0)
        return rc;
    if (wgctl_key_is_zero(&server->private_key))
        return fail_strict(reader, WGCTL_STRICT_ZERO_KEY);
    server->has_private_key = true;
    rc = wgctl_key_public(&server->private_key, &server->public_key, reader->err);
    return rc < 0 ? in_line(reader) : rc;
}

static int read_listen_port(struct wgctl_reader *reader, struct wgctl_slice value)
{
    uint64_t port;
    if (!read_number(value, UINT16_MAX, false, false, &port))
        return fail_strict(reader, WGCTL_STRICT_LISTEN_PORT);
    reader->server->listen_port = (uint16_t)port;
    reader->server->has_listen_port = true;
    return WGCTL_OK;
}

static int read_fwmark(struct wgctl_reader *reader, struct wgctl_slice value)
{
    uint64_t mark;
    if (!read_number(value, UINT32_MAX, true, true, &mark))
        return wgctl_reader_fail(reader, "FwMark must be a number, as in 51820 or 0xca6c, or off");
    reader->server->fwmark = (uint32_t)mark;
    reader->server->has_fwmark = true;
    return WGCTL_OK;
}

/* Splits as bash does: at commas and white space, without empty words. */
static bool next_word(struct wgctl_slice *rest, struct wgctl_slice *ret)
{
    size_t begin = 0, end;
    while (begin < rest->size && (rest->data[begin] == ',' || wgctl_is_space(rest->data[begin])))
        begin++;
    for (end = begin; end < rest->size; end++)
        if (rest->data[end] == ',' || wgctl_is_space(rest->data[end]))
            break;
    *ret = (struct wgctl_slice){rest->data + begin, end - begin};
    *rest = (struct wgctl_slice){rest->data + end, rest->size - end};
    return ret->size > 0;
}

static int read_address(struct wgctl_reader *reader, struct wgctl_slice value)
{
    struct wgctl_slice word;
    while (next_word(&value, &word)) {
        struct wgctl_prefix prefix;
        if (wgctl_prefix_parse(word, &prefix, reader->err) < 0)
            return explain_strict(reader, WGCTL_STRICT_ADDRESS);
        int rc = wgctl_prefixes_add(&reader->server->addresses, &prefix, reader->err);
        if (rc < 0)
            return rc;
    }
    return WGCTL_OK;
}

static int read_mtu(struct wgctl_reader *reader, struct wgctl_slice value)
{
    uint64_t mtu = 0;
    bool leading_zero = value.size > 1 && value.data[0] == '0';
    if (value.size > 0 && (leading_zero || !wgctl_slice_number(value, UINT16_MAX, &mtu)))
        return fail_strict(reader, WGCTL_STRICT_MTU);
    reader->server->mtu = (uint32_t)mtu;
    return WGCTL_OK;
}

static int read_table(struct wgctl_reader *reader, struct wgctl_slice value)
{
    reader->server->table = value;
    return WGCTL_OK;
}

static int read_dns(struct wgctl_reader *reader, struct wgctl_slice value)
{
    struct wgctl_text *dns = &reader->server->dns;
    if (dns->size > 0)
        wgctl_text_string(dns, ", ");
    wgctl_text_slice(dns, value);
    return wgctl_text_check(dns, reader->err);
}

static int read_save_config(struct wgctl_reader *reader, struct wgctl_slice value)
{
    reader->server->save_config = wgctl_slice_equal_nocase(value, wgctl_slice_of("true"));
    if (reader->server->save_config || wgctl_slice_equal_nocase(value, wgctl_slice_of("false")))
        return WGCTL_OK;
    return wgctl_reader_fail(reader, "SaveConfig is true or false");
}

static int add_hook(struct wgctl_reader *reader, enum wgctl_hook_kind kind,
                    struct wgctl_slice command)
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

static int read_pre_up(struct wgctl_reader *reader, struct wgctl_slice value)
{
    return add_hook(reader, WGCTL_PRE_UP, value);
}

static int read_post_up(struct wgctl_reader *reader, struct wgctl_slice value)
{
    return add_hook(reader, WGCTL_POST_UP, value);
}

static int read_pre_down(struct wgctl_reader *reader, struct wgctl_slice value)
{
    return add_hook(reader, WGCTL_PRE_DOWN, value);
}

static int read_post_down(struct wgctl_reader *reader, struct wgctl_slice value)
{
    return add_hook(reader, WGCTL_POST_DOWN, value);
}

/* Reads a key that a peer has once. If there are two, the [Peer] between two devices may be
 * missing. */
static int read_only_key(struct wgctl_reader *reader, const char *name, struct wgctl_slice value,
                         size_t *line, struct wgctl_key *ret)
{
    if (*line > 0) {
        wgctl_fail(reader->err, WGCTL_INVALID, "this [Peer] already has a %s, on line %zu", name,
                   *line);
        return explain_strict(reader, WGCTL_STRICT_SECOND_KEY);
    }
    int rc = read_key(reader, value, ret);
    if (rc == WGCTL_OK)
        *line = reader->line + 1;
    return rc;
}

static int read_public_key(struct wgctl_reader *reader, struct wgctl_slice value)
{
    static const struct wgctl_key zero;
    struct wgctl_key *key = &peer_of(reader)->public_key;
    int rc = read_only_key(reader, "PublicKey", value, &reader->block->key, key);
    if (rc < 0)
        return rc;
    return wgctl_key_compare(key, &zero) == 0 ? fail_strict(reader, WGCTL_STRICT_ZERO_KEY)
                                              : WGCTL_OK;
}

static int read_preshared_key(struct wgctl_reader *reader, struct wgctl_slice value)
{
    return read_only_key(reader, "PresharedKey", value, &reader->block->psk,
                         &peer_of(reader)->preshared_key);
}

/* With white space inside an address, which wg(8) drops. */
static int parse_torn(struct wgctl_reader *reader, struct wgctl_slice value,
                      struct wgctl_prefixes *list)
{
    WGCTL_TEXT squeezed = {0};
    char *room = wgctl_text_room(&squeezed, value.size);
    struct wgctl_slice text;
    if (!room || !wgctl_value_squeeze(value, room, value.size, &text))
        return wgctl_fail_memory(reader->err);
    return wgctl_prefixes_parse(list, text, reader->err) < 0 ? in_line(reader) : WGCTL_OK;
}

static int read_allowed_ips(struct wgctl_reader *reader, struct wgctl_slice value)
{
    struct wgctl_prefixes *list = &peer_of(reader)->allowed_ips;
    const uint32_t before = list->count;
    int rc = WGCTL_OK;
    if (value.size > 0 &&
        (memchr(value.data, '+', value.size) || memchr(value.data, '-', value.size)))
        return fail_strict(reader, WGCTL_STRICT_SIGN);
    if (wgctl_prefixes_parse(list, value, reader->err) < 0) {
        list->count = before;
        rc = parse_torn(reader, value, list);
    }
    return rc;
}

/* Kept as text: few peers of a server have one, and its parts are long. */
static int read_endpoint(struct wgctl_reader *reader, struct wgctl_slice value)
{
    struct wgctl_endpoint endpoint;
    peer_of(reader)->texts[WGCTL_PEER_ENDPOINT] =
        wgctl_document_position(&reader->server->document, reader->line, value);
    int rc = wgctl_peer_parse_endpoint(value, &endpoint, reader->err);
    return rc < 0 ? explain_strict(reader, WGCTL_STRICT_ENDPOINT) : rc;
}

static int read_keepalive(struct wgctl_reader *reader, struct wgctl_slice value)
{
    uint64_t seconds;
    if (!read_number(value, UINT16_MAX, true, false, &seconds))
        return wgctl_reader_fail(reader, "PersistentKeepalive must be 0 to 65535 seconds, or off");
    peer_of(reader)->keepalive = (uint16_t)seconds;
    return WGCTL_OK;
}

enum heeded { BY_WG, BY_QUICK, AS_HOOK };

#define KEY(name)             \
    {                         \
        name, sizeof name - 1 \
    }

/* Every key of wg(8) and wg-quick(8). */
static const struct setting {
    enum heeded heeded;
    int section;
    struct wgctl_slice key;
    int (*read)(struct wgctl_reader *reader, struct wgctl_slice value);
} settings[] = {
    {BY_WG, WGCTL_IN_PEER, KEY("PublicKey"), read_public_key},
    {BY_WG, WGCTL_IN_PEER, KEY("PresharedKey"), read_preshared_key},
    {BY_WG, WGCTL_IN_PEER, KEY("AllowedIPs"), read_allowed_ips},
    {BY_WG, WGCTL_IN_PEER, KEY("Endpoint"), read_endpoint},
    {BY_WG, WGCTL_IN_PEER, KEY("PersistentKeepalive"), read_keepalive},
    {BY_WG, WGCTL_IN_INTERFACE, KEY("PrivateKey"), read_private_key},
    {BY_WG, WGCTL_IN_INTERFACE, KEY("ListenPort"), read_listen_port},
    {BY_WG, WGCTL_IN_INTERFACE, KEY("FwMark"), read_fwmark},
    {BY_QUICK, WGCTL_IN_INTERFACE, KEY("Address"), read_address},
    {BY_QUICK, WGCTL_IN_INTERFACE, KEY("MTU"), read_mtu},
    {BY_QUICK, WGCTL_IN_INTERFACE, KEY("Table"), read_table},
    {BY_QUICK, WGCTL_IN_INTERFACE, KEY("DNS"), read_dns},
    {BY_QUICK, WGCTL_IN_INTERFACE, KEY("SaveConfig"), read_save_config},
    {AS_HOOK, WGCTL_IN_INTERFACE, KEY("PreUp"), read_pre_up},
    {AS_HOOK, WGCTL_IN_INTERFACE, KEY("PostUp"), read_post_up},
    {AS_HOOK, WGCTL_IN_INTERFACE, KEY("PreDown"), read_pre_down},
    {AS_HOOK, WGCTL_IN_INTERFACE, KEY("PostDown"), read_post_down},
};

/* wg(8) drops the white space inside a key, wg-quick(8) does not. */
static bool is_key(const struct wgctl_block *block, const struct setting *setting,
                   struct wgctl_slice key, struct wgctl_slice squeezed)
{
    if (setting->section != (int)block->section)
        return false;
    if (setting->heeded == BY_WG)
        return wgctl_slice_equal_nocase(squeezed, setting->key);
    return block->for_quick && wgctl_slice_equal_nocase(key, setting->key);
}

static const struct setting *find_setting(const struct wgctl_block *block, struct wgctl_slice key,
                                          struct wgctl_slice squeezed)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (is_key(block, &settings[i], key, squeezed))
            return &settings[i];
    return NULL;
}

/* The whole rest of the line is the command, as in wg-quick(8) since 2025: bash itself sees which
 * '#' starts a comment. */
static struct wgctl_slice command_of(struct wgctl_slice line)
{
    struct wgctl_slice key;
    wgctl_slice_split(&line, '=', &key);
    return wgctl_slice_trim(line);
}

int wgctl_setting_read(struct wgctl_reader *reader, struct wgctl_slice line,
                       const struct wgctl_line_parts *parts)
{
    char buffer[32];
    struct wgctl_slice squeezed;
    const struct setting *setting = find_setting(reader->block, parts->key, parts->key);
    if (!setting && wgctl_value_squeeze(parts->key, buffer, sizeof buffer, &squeezed))
        setting = find_setting(reader->block, parts->key, squeezed);
    if (setting)
        return setting->read(reader, setting->heeded == AS_HOOK ? command_of(line) : parts->value);
    wgctl_reader_fail(reader, reader->block->section == WGCTL_NOWHERE
                                  ? "there is a setting before any [section]"
                                  : "this setting is not known here");
    return wgctl_hint(reader->err, "[Interface] and [Peer] take the settings of wg(8) and "
                                   "wg-quick(8); put a '#' before a comment");
}
