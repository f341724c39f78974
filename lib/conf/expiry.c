#include "conf/expiry.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "net/key.h"

static bool parse_span(const char *text, time_t now, time_t *ret)
{
    enum { HOUR = 3600, DAY = 24 * HOUR, WEEK = 7 * DAY, LONGEST = 100000 };
    struct wgctl_slice digits = wgctl_slice_of(text);
    uint64_t number;
    if (digits.size < 2)
        return false;
    char unit = text[--digits.size];
    time_t seconds = unit == 'h' ? HOUR : unit == 'd' ? DAY : unit == 'w' ? WEEK : 0;
    if (!seconds || !wgctl_slice_number(digits, LONGEST, &number))
        return false;
    *ret = now + (time_t)number * seconds;
    return true;
}

static bool parse_time(const char *text, const char *format, time_t *ret)
{
    struct tm time = {0};
    const char *end = strptime(text, format, &time);
    if (!end || *end)
        return false;
    int day = time.tm_mday;
    *ret = timegm(&time);
    return time.tm_mday == day; /* timegm(3) would make the 31st of April a 1st of May */
}

int wgctl_expiry_parse(const char *text, time_t now, char ret[WGCTL_EXPIRY_SIZE],
                       struct wgctl_error *err)
{
    enum { LAST_SECOND = 24 * 3600 - 1 };
    const struct wgctl_slice value = wgctl_slice_of(text);
    char quoted[WGCTL_QUOTE_SIZE];
    time_t when;
    if (parse_time(text, "%Y-%m-%d", &when)) {
        when += LAST_SECOND;
    } else if (!parse_span(text, now, &when) && !parse_time(text, "%Y-%m-%dT%H:%M:%SZ", &when)) {
        wgctl_fail(err, WGCTL_INVALID, "%s is not a valid expiry", wgctl_quote(value, quoted));
        return wgctl_hint(err, "give 12h, 7d, 2w, a day 2026-12-24, or 2026-12-24T18:00:00Z (UTC)");
    }
    if (when <= now) {
        wgctl_fail(err, WGCTL_INVALID, "the peer would have expired already, at %s",
                   wgctl_quote(value, quoted));
        return wgctl_hint(err, "give a time in the future, as in 7d");
    }
    struct tm utc;
    if (!gmtime_r(&when, &utc) || strftime(ret, WGCTL_EXPIRY_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        return wgctl_fail(err, WGCTL_INVALID, "%s is too far away", wgctl_quote(value, quoted));
    return WGCTL_OK;
}
