#include "conf/settings.h"

#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/key.h"

const struct wgctl_settings wgctl_settings_default = {
    .dns = "1.1.1.1",
    .keepalive = 25,
};
static const char full[] = "0.0.0.0/0, ::/0";

const char *wgctl_settings_allowed(const struct wgctl_settings *settings)
{
    return settings->allowed_ips ? settings->allowed_ips : full;
}

int wgctl_settings_copy(const struct wgctl_settings *settings, struct wgctl_settings *ret,
                        struct wgctl_error *err)
{
    struct wgctl_settings copy = *settings;
    if (settings->allowed_ips)
        copy.allowed_ips = strdup(settings->allowed_ips);
    if (settings->allowed_ips && !copy.allowed_ips)
        return wgctl_fail_memory(err);
    *ret = copy;
    return WGCTL_OK;
}

void wgctl_settings_clear(struct wgctl_settings *settings)
{
    free(settings->allowed_ips);
    *settings = wgctl_settings_default;
}

static int refuse(struct wgctl_slice value, const char *why, const char *hint,
                  struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(err, WGCTL_INVALID, "%s %s", wgctl_quote(value, quoted), why);
    return wgctl_hint(err, "%s", hint);
}

bool wgctl_settings_same(const struct wgctl_settings *a, const struct wgctl_settings *b)
{
    return strcmp(a->endpoint.host, b->endpoint.host) == 0 &&
           a->endpoint.port == b->endpoint.port && a->firewall == b->firewall &&
           strcmp(a->egress, b->egress) == 0 && strcmp(a->dns, b->dns) == 0 &&
           strcmp(wgctl_settings_allowed(a), wgctl_settings_allowed(b)) == 0 && a->mtu == b->mtu &&
           a->keepalive == b->keepalive;
}

int wgctl_settings_endpoint(struct wgctl_slice value, uint16_t default_port,
                            struct wgctl_settings *settings, struct wgctl_error *err)
{
    return wgctl_endpoint_parse(value, default_port, &settings->endpoint, err);
}

int wgctl_settings_firewall(struct wgctl_slice value, struct wgctl_settings *settings,
                            struct wgctl_error *err)
{
    if (wgctl_firewall_find(value, &settings->firewall))
        return WGCTL_OK;
    return refuse(
        value, "is not a firewall",
        "it is auto, nftables, iptables or none; with ufw choose iptables, with firewalld "
        "choose none and put the interface into a zone",
        err);
}

int wgctl_settings_egress(struct wgctl_slice value, struct wgctl_settings *settings,
                          struct wgctl_error *err)
{
    if (value.size == 0 || wgctl_slice_equal(value, wgctl_slice_of("auto"))) {
        settings->egress[0] = '\0';
        return WGCTL_OK;
    }
    int rc = wgctl_interface_name_check(value, err);
    if (rc == WGCTL_OK)
        wgctl_slice_string(value, settings->egress, sizeof settings->egress);
    return rc;
}

/* An address, or a domain to search in: wg-quick(8) takes both. */
static bool is_dns_entry(struct wgctl_slice entry)
{
    struct wgctl_prefix address;
    struct wgctl_endpoint host;
    struct wgctl_error ignored;
    if (memchr(entry.data, '/', entry.size) || memchr(entry.data, '[', entry.size))
        return false;
    if (wgctl_prefix_parse(entry, &address, &ignored) == WGCTL_OK)
        return true;
    return !memchr(entry.data, ':', entry.size) &&
           wgctl_endpoint_parse(entry, 1, &host, &ignored) == WGCTL_OK;
}

int wgctl_settings_dns(struct wgctl_slice value, struct wgctl_settings *settings,
                       struct wgctl_error *err)
{
    WGCTL_TEXT list = {0};
    struct wgctl_slice rest = value, part;
    if (value.size == 0 || wgctl_slice_equal(value, wgctl_slice_of("none"))) {
        settings->dns[0] = '\0';
        return WGCTL_OK;
    }
    while (wgctl_slice_split(&rest, ',', &part)) {
        struct wgctl_slice entry = wgctl_slice_trim(part);
        if (entry.size == 0 || !is_dns_entry(entry))
            return refuse(entry, "is not a DNS server address",
                          "give addresses separated by commas, as in 1.1.1.1,9.9.9.9, or none",
                          err);
        wgctl_text_string(&list, list.size ? ", " : "");
        wgctl_text_slice(&list, entry);
    }
    int rc = wgctl_text_check(&list, err);
    if (rc < 0)
        return rc;
    if (list.size >= sizeof settings->dns) {
        wgctl_fail(err, WGCTL_INVALID, "the list of DNS servers is too long");
        return wgctl_hint(err, "a device asks the first one or two of them anyway");
    }
    wgctl_slice_string(wgctl_text_slice_of(&list), settings->dns, sizeof settings->dns);
    return WGCTL_OK;
}

int wgctl_settings_allowed_ips(struct wgctl_slice value, struct wgctl_settings *settings,
                               struct wgctl_error *err)
{
    WGCTL_PREFIXES list = {0};
    WGCTL_TEXT text = {0};
    if (wgctl_slice_equal(value, wgctl_slice_of("full")))
        value = wgctl_slice_of(full);
    int rc = wgctl_prefixes_parse(&list, value, err);
    if (rc < 0)
        return rc;
    wgctl_prefixes_mask(&list);
    wgctl_prefixes_format(&list, &text);
    char *copy = text.failed ? NULL : wgctl_slice_dup(wgctl_text_slice_of(&text));
    if (!copy)
        return wgctl_fail_memory(err);
    free(settings->allowed_ips);
    settings->allowed_ips = copy;
    return WGCTL_OK;
}

int wgctl_settings_mtu(struct wgctl_slice value, struct wgctl_settings *settings,
                       struct wgctl_error *err)
{
    enum { SMALLEST_MTU = 576 };
    uint64_t mtu = 0;
    if (!wgctl_slice_equal(value, wgctl_slice_of("auto")) &&
        (!wgctl_slice_number(value, UINT16_MAX, &mtu) || mtu < SMALLEST_MTU))
        return refuse(value, "is not a valid MTU",
                      "it is a number from 576 to 65535, as in 1420, or auto", err);
    settings->mtu = (uint16_t)mtu;
    return WGCTL_OK;
}

int wgctl_settings_keepalive(struct wgctl_slice value, struct wgctl_settings *settings,
                             struct wgctl_error *err)
{
    uint64_t seconds = 0;
    if (!wgctl_slice_equal(value, wgctl_slice_of("off")) &&
        !wgctl_slice_number(value, UINT16_MAX, &seconds))
        return refuse(value, "is not a valid keepalive",
                      "it is 0 to 65535 seconds, as in 25, or off", err);
    settings->keepalive = (uint16_t)seconds;
    return WGCTL_OK;
}

static int read_endpoint(struct wgctl_slice value, struct wgctl_settings *settings,
                         struct wgctl_error *err)
{
    return wgctl_settings_endpoint(value, 0, settings, err);
}

static const struct setting {
    const char *section;
    const char *key;
    int (*read)(struct wgctl_slice value, struct wgctl_settings *settings, struct wgctl_error *err);
} known[] = {
    {"server", "endpoint", read_endpoint},
    {"server", "firewall", wgctl_settings_firewall},
    {"server", "egress", wgctl_settings_egress},
    {"clients", "dns", wgctl_settings_dns},
    {"clients", "allowed-ips", wgctl_settings_allowed_ips},
    {"clients", "mtu", wgctl_settings_mtu},
    {"clients", "keepalive", wgctl_settings_keepalive},
};

/* With a reader of ours inih does not know line numbers, so the reader counts them. A line that
 * is longer than inih's buffer is fed in pieces, as a line and its continuations. */
struct feed {
    const char *file;
    struct wgctl_slice rest;
    int line;
    struct wgctl_slice line_rest; /* not fed yet */
    bool continues;               /* the last piece continues a line */
    const char *fault;
    const struct setting *setting; /* whose value is being collected */
    int setting_line;
    struct wgctl_text value;
    struct wgctl_settings settings;
    struct wgctl_error *err;
};

static bool next_line(struct feed *feed)
{
    struct wgctl_slice line;
    if (feed->rest.size == 0 || !wgctl_slice_split(&feed->rest, '\n', &line))
        return false;
    feed->line++;
    /* A leading blank would make it a continuation of the line before. */
    feed->line_rest = wgctl_slice_trim(line);
    if (wgctl_slice_starts(feed->line_rest, ";") || wgctl_slice_starts(feed->line_rest, "#"))
        feed->line_rest.size = 0;
    if (line.size > 0 && memchr(line.data, '\0', line.size))
        feed->fault = "there is a NUL byte here; this is not a text file";
    return !feed->fault;
}

/* The next piece of the line; a long one ends after a comma. */
static bool next_piece(struct feed *feed, size_t most, struct wgctl_slice *ret)
{
    *ret = feed->line_rest;
    if (ret->size > most) {
        const char *comma = memrchr(ret->data, ',', most);
        if (!comma || memchr(feed->line_rest.data, ';', feed->line_rest.size)) {
            feed->fault = "the line is too long";
            return false;
        }
        ret->size = (size_t)(comma + 1 - ret->data);
    }
    feed->line_rest.data += ret->size;
    feed->line_rest.size -= ret->size;
    return true;
}

static char *feed_line(char *buffer, int size, void *stream)
{
    enum { BLANK_NEWLINE_NUL = 3 };
    struct feed *feed = stream;
    struct wgctl_slice piece;
    feed->continues = feed->line_rest.size > 0;
    if ((!feed->continues && !next_line(feed)) ||
        !next_piece(feed, (size_t)size - BLANK_NEWLINE_NUL, &piece))
        return NULL;
    snprintf(buffer, (size_t)size, "%s%.*s\n", feed->continues ? " " : "", (int)piece.size,
             piece.data);
    return buffer;
}

/* Reads the value that was collected. */
static int finish_setting(struct feed *feed)
{
    const struct setting *setting = feed->setting;
    if (!setting || feed->err->status != WGCTL_OK)
        return feed->err->status;
    feed->setting = NULL;
    int rc = wgctl_text_check(&feed->value, feed->err);
    if (rc == WGCTL_OK)
        rc = setting->read(wgctl_text_slice_of(&feed->value), &feed->settings, feed->err);
    wgctl_text_clear(&feed->value);
    return rc < 0
               ? wgctl_context(feed->err, "%s:%d: %s", feed->file, feed->setting_line, setting->key)
               : rc;
}

/* Regardless of case, whatever the locale. */
static bool is_named(const char *text, const char *name)
{
    return wgctl_slice_equal_nocase(wgctl_slice_of(text), wgctl_slice_of(name));
}

static int take_setting(void *user, const char *section, const char *key, const char *value)
{
    enum { STOP = 0, GO_ON = 1 };
    struct feed *feed = user;
    if (!feed->continues && finish_setting(feed) < 0)
        return STOP;
    for (size_t i = 0; !feed->continues && i < sizeof known / sizeof *known; i++)
        if (is_named(section, known[i].section) && is_named(key, known[i].key))
            feed->setting = &known[i];
    if (feed->setting) {
        if (!feed->continues)
            feed->setting_line = feed->line;
        wgctl_text_string(&feed->value, value);
        return GO_ON;
    }
    if (feed->err->status != WGCTL_OK)
        return STOP;
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(feed->err, WGCTL_INVALID, "%s:%d: %s is not known in [%s]", feed->file, feed->line,
               wgctl_quote(wgctl_slice_of(key), quoted), section);
    wgctl_hint(feed->err, "[server] takes endpoint, firewall, egress; "
                          "[clients] takes dns, allowed-ips, mtu, keepalive");
    return STOP;
}

static int read_feed(struct feed *feed)
{
    int wrong_line = ini_parse_stream(feed_line, feed, take_setting, feed);
    finish_setting(feed);
    wgctl_text_clear(&feed->value);
    if (feed->err->status != WGCTL_OK)
        return feed->err->status;
    if (feed->fault) {
        wgctl_fail(feed->err, WGCTL_INVALID, "%s:%d: %s", feed->file, feed->line, feed->fault);
        return wgctl_hint(feed->err, "fix that line with an editor");
    }
    if (wrong_line != 0) {
        wgctl_fail(feed->err, WGCTL_INVALID, "%s:%d: this is neither a [section] nor key = value",
                   feed->file, wrong_line);
        return wgctl_hint(feed->err, "put a ';' before a comment");
    }
    return WGCTL_OK;
}

int wgctl_settings_parse(const char *file, struct wgctl_slice text, struct wgctl_settings *ret,
                         struct wgctl_error *err)
{
    struct feed feed = {.file = file, .rest = text, .settings = wgctl_settings_default, .err = err};
    *err = (struct wgctl_error){0};
    int rc = read_feed(&feed);
    if (rc == WGCTL_OK)
        *ret = feed.settings;
    else
        wgctl_settings_clear(&feed.settings);
    return rc;
}
