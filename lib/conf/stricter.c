#include "conf/stricter.h"

const struct wgctl_stricter_rule wgctl_stricter_rules[WGCTL_STRICTER_COUNT] = {
    [WGCTL_NO_NUL] = {"a NUL byte stands here, and wg would not read on",
                      "this is no text file: bring it back from a backup"},
    [WGCTL_NO_ZERO_KEY] = {"a key of nothing but zeros stands for no key",
                           "put the real key there: wg genkey makes one"},
    [WGCTL_NO_OWN_KEY] = {"this peer has the server's own public key, and would be left out",
                          "give it the device's, or take its lines out"},
    [WGCTL_ONE_PEER_A_KEY] = {"two peers have the same public key, and would become one",
                              "take the lines of one of them out"},
    [WGCTL_ONE_OWNER_A_NETWORK] = {"a network stands twice in AllowedIPs, and the last one gets it",
                                   "leave it to the one peer that shall have it"},
    [WGCTL_NO_PLUS_OR_MINUS] = {"a '+' or '-' before a network is for wg set, not for a file",
                                "write the networks that the peer shall have, without a sign"},
    [WGCTL_PORT_IN_RANGE] = {"a ListenPort is a number from 0 to 65535 (wg would cut a larger one)",
                             "write it like 51820"},
    [WGCTL_ENDPOINT_IN_FULL] =
        {"an Endpoint has a host, brackets where that is an IPv6 address, and a port above 0",
         "write it like vpn.example.org:51820, 192.0.2.1:51820 or [2001:db8::1]:51820"},
    [WGCTL_MTU_IN_DECIMAL] =
        {"an MTU is a number without a 0 before it (which ip would read as octal)",
         "write it like 1420"},
    [WGCTL_ADDRESS_IN_FULL] = {"an Address has all its parts: ip would make 10.1 into 10.1.0.0",
                               "write it like 10.0.0.1/24 or fd00::1/64"},
    [WGCTL_DISABLED_BUT_WHOLE] = {"a disabled peer has to be whole, for the day it is enabled",
                                  "mend the line, or take the '-' after its '#' away"},
    [WGCTL_KEY_AND_VALUE] = {"this is neither a [section] nor KEY = VALUE",
                             "put a '#' before what is a comment"},
};

int wgctl_stricter_fail(enum wgctl_stricter rule, const char *file, size_t line,
                        struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_INVALID, "%s:%zu: %s", file, line, wgctl_stricter_rules[rule].what);
    return wgctl_hint(err, "%s", wgctl_stricter_rules[rule].mend);
}

int wgctl_stricter_explain(enum wgctl_stricter rule, const char *file, size_t line,
                           struct wgctl_error *err)
{
    wgctl_context(err, "%s:%zu", file, line);
    return wgctl_hint(err, "%s", wgctl_stricter_rules[rule].mend);
}
