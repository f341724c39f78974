#include "conf/strict.h"

const struct wgctl_strict_rule wgctl_strict_rules[WGCTL_STRICT_COUNT] = {
    [WGCTL_STRICT_NUL] = {"there is a NUL byte here, and wg would stop reading at it",
                          "this is not a text file: restore it from a backup"},
    [WGCTL_STRICT_ZERO_KEY] = {"a key of nothing but zeros means no key",
                               "put the real key there: wg genkey makes one"},
    [WGCTL_STRICT_OWN_KEY] = {"this peer has the server's own public key, and would be left out",
                              "give it the device's key, or remove its lines"},
    [WGCTL_STRICT_SAME_KEY] = {"two peers have the same public key, and would become one",
                               "remove the lines of one of them"},
    [WGCTL_STRICT_SECOND_KEY] =
        {"a [Peer] has two keys of a kind, and wg would ignore the first",
         "write [Peer] above the second device's lines, or remove one of the two keys"},
    [WGCTL_STRICT_SAME_NETWORK] =
        {"a network is listed twice in AllowedIPs, and the last one gets it",
         "leave it to the one peer that is to have it"},
    [WGCTL_STRICT_SIGN] = {"a '+' or '-' before a network is for wg set, not for a file",
                           "write the peer's networks without a sign"},
    [WGCTL_STRICT_LISTEN_PORT] =
        {"a ListenPort is a number from 0 to 65535 (wg would truncate a larger one)",
         "write it like 51820"},
    [WGCTL_STRICT_ENDPOINT] =
        {"an Endpoint needs a host name or a complete address (wg would read 010.1 as 8.0.0.1), "
         "brackets around an IPv6 address, and a port from 1 to 65535, in digits only",
         "write it like vpn.example.org:51820, 192.0.2.1:51820 or [2001:db8::1]:51820"},
    [WGCTL_STRICT_MTU] = {"an MTU is a number without a leading 0 (which ip would read as octal)",
                          "write it like 1420"},
    [WGCTL_STRICT_ADDRESS] = {"an Address needs all its parts: ip would turn 10.1 into 10.1.0.0",
                              "write it like 10.0.0.1/24 or fd00::1/64"},
    [WGCTL_STRICT_DISABLED] = {"a disabled peer has to be complete, for the day it is enabled",
                               "fix the line, or remove the '-' after its '#'"},
    [WGCTL_STRICT_SYNTAX] = {"this is neither a [section] nor KEY = VALUE",
                             "put a '#' before a comment"},
};

int wgctl_strict_fail(enum wgctl_strict rule, const char *file, size_t line,
                      struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_INVALID, "%s:%zu: %s", file, line, wgctl_strict_rules[rule].what);
    return wgctl_hint(err, "%s", wgctl_strict_rules[rule].fix);
}

int wgctl_strict_explain(enum wgctl_strict rule, const char *file, size_t line,
                         struct wgctl_error *err)
{
    wgctl_context(err, "%s:%zu", file, line);
    return wgctl_hint(err, "%s", wgctl_strict_rules[rule].fix);
}
