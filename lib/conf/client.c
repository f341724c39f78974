#include "conf/client.h"

#include <stdio.h>
#include <string.h>

#include "conf/template.h"

void wgctl_client_clear(struct wgctl_client *client)
{
    wgctl_prefixes_clear(&client->addresses);
    explicit_bzero(client, sizeof *client);
}

int wgctl_client_render(const struct wgctl_client *client, struct wgctl_slice template,
                        struct wgctl_text *ret, struct wgctl_error *err)
{
    WGCTL_TEXT addresses = {0}, endpoint = {0};
    char private_key[WGCTL_KEY_TEXT_SIZE] = "", preshared_key[WGCTL_KEY_TEXT_SIZE] = "";
    char server_key[WGCTL_KEY_TEXT_SIZE], mtu[8] = "", keepalive[8] = "";

    if (client->has_private_key)
        wgctl_key_format(&client->private_key, private_key);
    if (!wgctl_key_is_zero(&client->preshared_key))
        wgctl_key_format(&client->preshared_key, preshared_key);
    if (client->mtu)
        snprintf(mtu, sizeof mtu, "%u", client->mtu);
    if (client->keepalive)
        snprintf(keepalive, sizeof keepalive, "%u", client->keepalive);
    wgctl_prefixes_format(&client->addresses, &addresses);
    wgctl_endpoint_format(&client->endpoint, &endpoint);

    const struct wgctl_template_value values[] = {
        {"private-key", private_key},
        {"no-private-key", client->has_private_key ? "" : "the device's own private key"},
        {"addresses", wgctl_text_slice_of(&addresses).data},
        {"dns", client->dns},
        {"mtu", mtu},
        {"server-key", wgctl_key_format(&client->server_key, server_key)},
        {"preshared-key", preshared_key},
        {"allowed-ips", client->allowed_ips},
        {"endpoint", wgctl_text_slice_of(&endpoint).data},
        {"keepalive", keepalive},
    };
    /* A text that memory ran out for would be a line left out. */
    int rc = wgctl_text_check(&addresses, err);
    if (rc == WGCTL_OK)
        rc = wgctl_text_check(&endpoint, err);
    if (rc == WGCTL_OK)
        rc = wgctl_template_fill("client.conf", template, values, sizeof values / sizeof *values,
                                 ret, err);
    explicit_bzero(private_key, sizeof private_key);
    explicit_bzero(preshared_key, sizeof preshared_key);
    return rc;
}

static bool is_key(struct wgctl_slice value, const struct wgctl_key *key)
{
    char buffer[WGCTL_KEY_TEXT_SIZE];
    struct wgctl_slice text;
    struct wgctl_key parsed;
    struct wgctl_error ignored;
    return wgctl_value_squeeze(value, buffer, sizeof buffer, &text) &&
           wgctl_key_parse(text, &parsed, &ignored) == WGCTL_OK && wgctl_key_equal(&parsed, key);
}

enum { NO_LINE = -1 };

/* The next setting `key` after line `from` of the same section. */
static ssize_t find_setting(const struct wgctl_document *document, size_t from, const char *key,
                            struct wgctl_slice *ret_value)
{
    for (size_t i = from + 1; i < document->count; i++) {
        struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(document, i));
        if (parts.kind == WGCTL_LINE_SECTION)
            break;
        if (parts.kind == WGCTL_LINE_SETTING && wgctl_key_is(parts.key, key)) {
            *ret_value = parts.value;
            return (ssize_t)i;
        }
    }
    return NO_LINE;
}

static bool is_section(const struct wgctl_document *document, size_t index, const char *name)
{
    struct wgctl_line_parts parts = wgctl_line_parse(wgctl_document_line(document, index));
    return parts.kind == WGCTL_LINE_SECTION && wgctl_key_is(parts.key, name);
}

/* Whether the section that begins on line `index` is the server's [Peer]. */
static bool is_server(const struct wgctl_document *document, size_t index,
                      const struct wgctl_key *server_key)
{
    struct wgctl_slice value;
    return is_section(document, index, "Peer") &&
           find_setting(document, index, "PublicKey", &value) != NO_LINE &&
           is_key(value, server_key);
}

int wgctl_client_set_endpoint(struct wgctl_text *source, const struct wgctl_key *server_key,
                              const struct wgctl_endpoint *endpoint, struct wgctl_text *ret,
                              bool *ret_changed, struct wgctl_error *err)
{
    WGCTL_DOCUMENT document = {0};
    WGCTL_TEXT wanted = {0};
    wgctl_endpoint_format(endpoint, &wanted);
    int rc = wgctl_text_check(&wanted, err);
    if (rc == WGCTL_OK)
        rc = wgctl_document_parse(source, &document, err);
    bool changed = false;
    for (size_t i = 0; rc == WGCTL_OK && i < document.count; i++) {
        struct wgctl_slice value;
        if (!is_server(&document, i, server_key))
            continue;
        ssize_t line = (ssize_t)i;
        while (rc == WGCTL_OK &&
               (line = find_setting(&document, (size_t)line, "Endpoint", &value)) != NO_LINE) {
            if (wgctl_slice_equal(value, wgctl_text_slice_of(&wanted)))
                continue;
            rc = wgctl_document_set_value(&document, (size_t)line, wgctl_text_slice_of(&wanted),
                                          err);
            changed = true;
        }
    }
    if (rc < 0)
        return rc;
    wgctl_document_render(&document, ret);
    *ret_changed = changed;
    return wgctl_text_check(ret, err);
}

/* Whether a setting `key` of a `section` has the value `wanted`; NULL: any value. */
static bool has_setting(struct wgctl_slice text, const char *section, const char *key,
                        const struct wgctl_key *wanted)
{
    struct wgctl_line_parts parts;
    bool inside = false;
    while (wgctl_line_next(&text, &parts)) {
        if (parts.kind == WGCTL_LINE_SECTION)
            inside = wgctl_key_is(parts.key, section);
        else if (inside && parts.kind == WGCTL_LINE_SETTING && wgctl_key_is(parts.key, key) &&
                 (!wanted || is_key(parts.value, wanted)))
            return true;
    }
    return false;
}

bool wgctl_client_has_private_key(struct wgctl_slice text)
{
    return has_setting(text, "Interface", "PrivateKey", NULL);
}

bool wgctl_client_is_of(struct wgctl_slice text, const struct wgctl_key *server_key)
{
    return has_setting(text, "Peer", "PublicKey", server_key);
}
