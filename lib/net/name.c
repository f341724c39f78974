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

/* The names of devices, in any case, with or without an ending: "Learn / Windows / Naming Files,
 * Paths, and Namespaces". */
static bool is_windows_device(struct wgctl_slice name)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul"};
    static const char *const numbered[] = {"com", "lpt"};
    struct wgctl_slice rest = name, base = name;
    wgctl_slice_split(&rest, '.', &base);
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (wgctl_slice_equal_nocase(base, wgctl_slice_of(devices[i])))
            return true;
    if (base.size != 4 || base.data[3] < '0' || base.data[3] > '9')
        return false;
    base.size--;
    for (size_t i = 0; i < sizeof numbered / sizeof *numbered; i++)
        if (wgctl_slice_equal_nocase(base, wgctl_slice_of(numbered[i])))
            return true;
    return false;
}

int wgctl_new_peer_name_check(struct wgctl_slice name, struct wgctl_error *err)
{
    char quoted[WGCTL_QUOTE_SIZE];
    int rc = wgctl_peer_name_check(name, err);
    if (rc < 0)
        return rc;
    if (name.data[name.size - 1] == '.') {
        wgctl_fail(err, WGCTL_INVALID, "the name %s ends with a dot, which Windows does not accept",
                   wgctl_quote(name, quoted));
        return wgctl_hint(err, "leave the dot out");
    }
    if (!is_windows_device(name))
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_INVALID, "the name %s is reserved on Windows, which could not import it",
               wgctl_quote(name, quoted));
    return wgctl_hint(err, "choose another name, as in 'annas-phone'");
}
