#include "base/quote.h"

#include <stdio.h>

bool wgctl_secret_may_be_in(struct wgctl_slice text)
{
    size_t begin, size;
    return text.size > 0 && wgctl_secret_find(text.data, text.size, &begin, &size);
}

char *wgctl_quote(struct wgctl_slice value, char quoted[WGCTL_QUOTE_SIZE])
{
    enum { QUOTES_AND_NUL = 3 };
    int size = WGCTL_QUOTE_SIZE - QUOTES_AND_NUL;
    if (value.size < (size_t)size)
        size = (int)value.size;
    if (wgctl_secret_may_be_in(value))
        snprintf(quoted, WGCTL_QUOTE_SIZE, "'…' (not shown: it may be a key)");
    else
        snprintf(quoted, WGCTL_QUOTE_SIZE, "'%.*s'", size, size > 0 ? value.data : "");
    return quoted;
}
