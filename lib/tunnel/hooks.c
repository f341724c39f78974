/* Whether the firewall rules in the hooks fit the rest of the file, which somebody may have edited.
 */
#include <string.h>

#include "tunnel/state.h"

static bool has_word(struct wgctl_slice command, const char *word)
{
    return memmem(command.data, command.size, word, strlen(word)) != NULL;
}

/* ---- NAT ---- */

/* Masquerading, as nft(8), iptables(8) and wgctl's own hooks write it. */
static bool is_nat(const struct wgctl_hook *hook)
{
    return hook->kind == WGCTL_POST_UP &&
           (has_word(hook->command, "masquerade") || has_word(hook->command, "MASQUERADE"));
}

/* Finds the networks whose packets the command translates, behind "saddr" or "-s". Without any, or
 * if they are not plainly there, it may be all. */
static bool find_sources(struct wgctl_slice command, struct wgctl_prefixes *ret,
                         struct wgctl_error *err)
{
    struct wgctl_slice word;
    bool is_next = false, found = false;
    while (wgctl_slice_split(&command, ' ', &word)) {
        if (word.size == 0)
            continue;
        if (is_next && wgctl_prefixes_parse(ret, word, err) < 0)
            return false;
        found |= is_next;
        is_next = wgctl_slice_equal(word, wgctl_slice_of("saddr")) ||
                  wgctl_slice_equal(word, wgctl_slice_of("-s")) ||
                  wgctl_slice_equal(word, wgctl_slice_of("--source"));
    }
    return found;
}

/* Finds the first network of the family if none of them contains the subnet. */
static const struct wgctl_prefix *find_other(const struct wgctl_prefixes *sources,
                                             const struct wgctl_prefix *subnet)
{
    const struct wgctl_prefix *other = NULL;
    for (size_t i = 0; i < sources->count; i++) {
        if (wgctl_prefix_contains(&sources->items[i], subnet))
            return NULL;
        if (!other && sources->items[i].family == subnet->family)
            other = &sources->items[i];
    }
    return other;
}

static int fail_other(const struct wgctl_tunnel *tunnel, const struct wgctl_prefix *other,
                      const struct wgctl_prefix *subnet, struct wgctl_error *err)
{
    char old[WGCTL_PREFIX_TEXT_SIZE], new[WGCTL_PREFIX_TEXT_SIZE];
    wgctl_prefix_format(other, old);
    wgctl_prefix_format(subnet, new);
    wgctl_fail(err, WGCTL_INVALID,
               "the PostUp lines in %s translate %s only, and devices have addresses in %s: they "
               "may not reach the internet",
               tunnel->conf_name, old, new);
    return wgctl_hint(err, "sudo sed -i '/^Post/s,%s,%s,' %s/%s && sudo wgctl apply", old, new,
                      tunnel->folder_path, tunnel->conf_name);
}

int wgctl_tunnel_check_nat(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    const struct wgctl_server *server = &tunnel->server;
    WGCTL_PREFIXES sources = {0}, subnets = {0};
    struct wgctl_error ignored;
    for (size_t i = 0; i < server->hook_count; i++)
        if (is_nat(&server->hooks[i]) &&
            !find_sources(server->hooks[i].command, &sources, &ignored))
            return WGCTL_OK;
    if (wgctl_addresses_subnets(server, &subnets, &ignored) < 0)
        return WGCTL_OK;
    for (size_t i = 0; i < subnets.count; i++) {
        const struct wgctl_prefix *other = find_other(&sources, &subnets.items[i]);
        if (other)
            return fail_other(tunnel, other, &subnets.items[i], err);
    }
    return WGCTL_OK;
}

/* ---- the port ---- */

/* Returns the UDP port that the command lets in from anywhere but the tunnel, or 0. */
static uint16_t find_opened(struct wgctl_slice command)
{
    static const char *const from_somewhere[] = {" -i ", " --in-interface ", " iif"};
    struct wgctl_slice word;
    uint64_t port = 0;
    bool is_next = false;
    if (!has_word(command, "udp") || !(has_word(command, "accept") || has_word(command, "ACCEPT")))
        return 0;
    for (size_t i = 0; i < sizeof from_somewhere / sizeof *from_somewhere; i++)
        if (has_word(command, from_somewhere[i]))
            return 0;
    while (port == 0 && wgctl_slice_split(&command, ' ', &word)) {
        if (is_next && !wgctl_slice_number(word, UINT16_MAX, &port))
            return 0;
        is_next = wgctl_slice_equal(word, wgctl_slice_of("dport")) ||
                  wgctl_slice_equal(word, wgctl_slice_of("--dport"));
    }
    return (uint16_t)port;
}

int wgctl_tunnel_check_opened(const struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    const struct wgctl_server *server = &tunnel->server;
    uint16_t other = 0;
    for (size_t i = 0; i < server->hook_count; i++) {
        uint16_t port =
            server->hooks[i].kind == WGCTL_POST_UP ? find_opened(server->hooks[i].command) : 0;
        if (port == server->listen_port && port)
            return WGCTL_OK;
        other = other ? other : port;
    }
    if (other == 0 || server->listen_port == 0)
        return WGCTL_OK;
    wgctl_fail(
        err, WGCTL_INVALID,
        "the PostUp lines in %s let in UDP port %u, and the server listens on %u: a firewall "
        "may keep the devices out",
        tunnel->conf_name, other, server->listen_port);
    return wgctl_hint(err, "sudo sed -i '/^Post/s,dport %u\\b,dport %u,' %s/%s && sudo wgctl apply",
                      other, server->listen_port, tunnel->folder_path, tunnel->conf_name);
}
