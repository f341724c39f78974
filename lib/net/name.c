#include "net/name.h"

#include "net/key.h"

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool has_only_allowed(struct wgctl_slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (!is_alphanumeric(c) && (c == '\0' || !strchr("_=+.-", c)))
            return false;
    }
    return true;
}

int wgctl_interface_name_check(struct wgctl_slice name, struct wgctl_error *err)
{
    /* wg-quick takes a leading '-' as well, but other programs take it for an option. */
    if (name.size > 0 && name.size < WGCTL_NAME_SIZE && name.data[0] != '-' &&
        has_only_allowed(name) && !wgctl_slice_equal(name, wgctl_slice_of(".")) &&
        !wgctl_slice_equal(name, wgctl_slice_of("..")))
        return WGCTL_OK;
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(err, WGCTL_INVALID, "%s is not a valid interface name", wgctl_quote(name, quoted));
    return wgctl_hint(
        err, "it is 1 to 15 letters, digits and _ = + . -, not starting with '-', as in wg0");
}

int wgctl_peer_name_check(struct wgctl_slice name, struct wgctl_error *err)
{
    const char *fault = name.size == 0                   ? "is empty"
                        : name.size >= WGCTL_NAME_SIZE   ? "is longer than 15 characters"
                        : !is_alphanumeric(name.data[0]) ? "does not begin with a letter or digit"
                        : !has_only_allowed(name)
                            ? "has a character that is none of A-Z a-z 0-9 _ = + . -"
                            : NULL;
    if (!fault)
        return WGCTL_OK;
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(err, WGCTL_INVALID, "the name %s %s", wgctl_quote(name, quoted), fault);
    return wgctl_hint(err, "choose up to 15 letters, digits and _ = + . -, as in 'annas-phone'");
}
