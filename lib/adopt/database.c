#include "adopt/database.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

int wgctl_database_fail(const struct wgctl_database *reader, const char *column, const char *what)
{
    wgctl_fail(reader->err, WGCTL_INVALID, "%s: row %zu of %s: %s %s", reader->file, reader->row,
               reader->table, column, what);
    return wgctl_hint(reader->err, "correct it in that program");
}

int wgctl_database_fail_interface(const struct wgctl_database *reader)
{
    wgctl_fail(reader->err, WGCTL_NOT_FOUND, "%s knows nothing about %s", reader->file,
               reader->interface[0] ? reader->interface : "any interface");
    return wgctl_hint(reader->err, "select the interface with -i");
}

/* ---- values ---- */

int wgctl_database_key(const struct wgctl_database *reader, const char *column, const char *text,
                       struct wgctl_key *ret)
{
    static const char encrypted[] = "WG_ENC_"; /* by wg-portal */
    if (wgctl_slice_starts(wgctl_slice_of(text), encrypted)) {
        wgctl_fail(reader->err, WGCTL_UNSUPPORTED, "%s: its keys are encrypted", reader->file);
        return wgctl_hint(reader->err, "remove encryption_passphrase from wg-portal's settings, "
                                       "and save each device there");
    }
    return text[0] && wgctl_key_parse(wgctl_slice_of(text), ret, reader->err) < 0
               ? wgctl_database_fail(reader, column, "is not a key")
               : WGCTL_OK;
}

int wgctl_database_needed_key(const struct wgctl_database *reader, const char *column,
                              const char *text, struct wgctl_key *ret)
{
    return text[0] ? wgctl_database_key(reader, column, text, ret)
                   : wgctl_database_fail(reader, column, "is not a key");
}

int wgctl_database_addresses(const struct wgctl_database *reader, const char *column,
                             const char *text, struct wgctl_prefixes *list)
{
    int rc = text[0] ? wgctl_prefixes_parse(list, wgctl_slice_of(text), reader->err) : WGCTL_OK;
    return rc == WGCTL_INVALID ? wgctl_database_fail(reader, column, "is not a list of addresses")
                               : rc;
}

int wgctl_database_own_address(const struct wgctl_database *reader, const char *column,
                               const char *text, struct wgctl_prefixes *list)
{
    uint32_t before = list->count;
    int rc = wgctl_database_addresses(reader, column, text, list);
    for (uint32_t i = before; i < list->count; i++)
        list->items[i].length = (uint8_t)(8 * wgctl_family_size(list->items[i].family));
    return rc;
}

int wgctl_database_text(const struct wgctl_database *reader, const char *text, char **ret)
{
    *ret = wgctl_slice_dup(wgctl_slice_of(text));
    return *ret ? WGCTL_OK : wgctl_fail_memory(reader->err);
}

int wgctl_database_copy(const struct wgctl_database *reader, const char *text, char **ret)
{
    return text[0] ? wgctl_database_text(reader, text, ret) : WGCTL_OK;
}

int wgctl_database_strings(const char *json, struct wgctl_text *ret, struct wgctl_error *err)
{
    struct wgctl_slice rest = wgctl_slice_of(json), part;
    for (size_t i = 0; wgctl_slice_split(&rest, '"', &part); i++) {
        if (i % 2 == 0)
            continue;
        wgctl_text_string(ret, ret->size ? ", " : "");
        wgctl_text_slice(ret, part);
    }
    return wgctl_text_check(ret, err);
}

int wgctl_database_list(const struct wgctl_database *reader, const char *json, char **ret)
{
    WGCTL_TEXT list = {0};
    if (!json[0])
        return WGCTL_OK;
    int rc = wgctl_database_strings(json, &list, reader->err);
    return rc < 0 ? rc : wgctl_database_text(reader, list.size ? list.data : "", ret);
}

void wgctl_database_time(const char *text, char ret[WGCTL_EXPIRY_SIZE])
{
    struct tm time = {.tm_hour = 23, .tm_min = 59, .tm_sec = 59}, zone = {0}, utc;
    const char *rest = strptime(text, "%Y-%m-%d", &time);
    if (rest && (*rest == 'T' || *rest == ' ')) {
        time.tm_sec = 0;
        rest = strptime(rest + 1, "%H:%M", &time);
        if (rest && *rest == ':')
            rest = strptime(rest + 1, "%S", &time);
        if (rest && *rest == '.')
            rest += 1 + strspn(rest + 1, "0123456789");
    }
    if (rest)
        rest += strspn(rest, " ");
    if (!rest || (*rest && !strptime(rest, "%z", &zone)))
        return;
    time_t when = timegm(&time) - zone.tm_gmtoff;
    if (!gmtime_r(&when, &utc) || strftime(ret, WGCTL_EXPIRY_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        ret[0] = '\0';
}

void wgctl_database_day(const char *text, char ret[16])
{
    enum { DAY = 10 };
    char time[WGCTL_EXPIRY_SIZE] = "";
    wgctl_database_time(text, time);
    snprintf(ret, 16, "%.*s", DAY, time);
}

void wgctl_database_endpoint(const char *host, uint16_t port, struct wgctl_other_server *ret)
{
    bool is_bare = strchr(host, ':') && host[0] != '[';
    if (!host[0] || strlen(host) > 256)
        return;
    if (port == 0)
        snprintf(ret->endpoint, sizeof ret->endpoint, "%s", host);
    else
        snprintf(ret->endpoint, sizeof ret->endpoint, is_bare ? "[%s]:%u" : "%s:%u", host, port);
}

/* ---- rows ---- */

int wgctl_database_each(struct wgctl_database *reader, const char *table, const char *sql,
                        const char *parameter, wgctl_database_row *take, void *ret)
{
    WGCTL_SQLITE_ROWS *rows = NULL;
    const struct wgctl_database before = *reader;
    bool there = false;
    int count = 0;
    reader->table = table;
    int rc = wgctl_sqlite_select(reader->sqlite, sql, parameter, &rows, reader->err);
    for (; rc == WGCTL_OK; count++) {
        rc = wgctl_sqlite_next(rows, &there, reader->err);
        if (rc < 0 || !there)
            break;
        reader->row = (size_t)count + 1;
        rc = take(reader, rows, ret);
    }
    if (rc < 0)
        return rc;
    *reader = before;
    return count;
}
