/* The texts of a new server's files, from the templates. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "provision/private.h"
#include "tunnel/templates.h"

enum { MOST_VALUES = 256 };

/* Values for a template, with room for the texts of those made here. */
struct values {
    struct wgctl_template_value items[MOST_VALUES];
    size_t count;
    bool full; /* there were more */
    char texts[MOST_VALUES][WGCTL_PREFIX_TEXT_SIZE];
};

static void add(struct values *values, const char *name, const char *value)
{
    values->full |= values->count == MOST_VALUES;
    if (!values->full)
        values->items[values->count++] = (struct wgctl_template_value){name, value};
}

static void add_copy(struct values *values, const char *name, const char *value)
{
    size_t index = values->count;
    add(values, name, value);
    if (values->full)
        return;
    snprintf(values->texts[index], sizeof values->texts[index], "%s", value);
    values->items[index].value = values->texts[index];
}

static void add_number(struct values *values, const char *name, unsigned number)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    snprintf(text, sizeof text, "%u", number);
    add_copy(values, name, text);
}

static void add_subnet(struct values *values, const char *name, const struct wgctl_prefix *address)
{
    char text[WGCTL_PREFIX_TEXT_SIZE];
    struct wgctl_prefix subnet = wgctl_prefix_mask(*address);
    add_copy(values, name, wgctl_prefix_format(&subnet, text));
}

/* The owner's template if the folder exists and has it, else the built-in one. */
static int load_template(const struct wgctl_provision *provision, const char *name,
                         struct wgctl_text *ret, struct wgctl_error *err)
{
    struct wgctl_folder folder = WGCTL_FOLDER_CLOSED;
    struct wgctl_error ignored;
    if (wgctl_folder_open(provision->folder, &folder, &ignored) < 0)
        folder = WGCTL_FOLDER_CLOSED;
    int rc = wgctl_template_read(&folder, name, ret, err);
    wgctl_folder_close(&folder);
    return rc;
}

static int fill(const struct wgctl_provision *provision, const char *name,
                const struct values *values, struct wgctl_text *ret, struct wgctl_error *err)
{
    WGCTL_TEXT template = {0};
    if (values->full)
        return wgctl_fail(err, WGCTL_INVALID, "the server has too many addresses for the firewall");
    int rc = load_template(provision, name, &template, err);
    return rc < 0 ? rc
                  : wgctl_template_fill(name, wgctl_text_slice_of(&template), values->items,
                                        values->count, ret, err);
}

static int fill_hooks(const struct wgctl_provision *provision, struct wgctl_text *ret,
                      struct wgctl_error *err)
{
    struct values values = {.count = 0};
    const char *egress = provision->settings.egress;
    const char *template = wgctl_firewall_kind(provision->settings.firewall)->template;
    if (!template)
        return WGCTL_OK;
    add_number(&values, "listen-port", provision->listen_port);
    add(&values, "egress", egress);
    add(&values, "ipt", "iptables");
    add(&values, "ipt", provision->ipv6 ? "ip6tables" : "");
    const char *const names[] = {"nat4-any", "nat6-any", "nat4-pinned", "nat6-pinned"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add(&values, names[i], "");
    for (size_t i = 0; i < provision->addresses.count; i++) {
        const struct wgctl_prefix *address = &provision->addresses.items[i];
        bool four = address->family == AF_INET;
        add_subnet(&values,
                   egress[0] ? (four ? "nat4-pinned" : "nat6-pinned")
                             : (four ? "nat4-any" : "nat6-any"),
                   address);
    }
    return fill(provision, template, &values, ret, err);
}

/* Adds each line of the text, which is cut into strings. */
static void add_lines(struct values *values, const char *name, char *text)
{
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        add(values, name, line);
}

static int fill_conf(const struct wgctl_provision *provision, const char *private_key,
                     struct wgctl_text *ret, struct wgctl_error *err)
{
    WGCTL_TEXT hooks = {0};
    struct values values = {.count = 0};
    int rc = fill_hooks(provision, &hooks, err);
    if (rc < 0)
        return rc;
    add(&values, "private-key", private_key);
    add(&values, "addresses", provision->addresses_text.data);
    add_number(&values, "listen-port", provision->listen_port);
    add_number(&values, "mtu", provision->mtu);
    add(&values, "hook", "");
    if (hooks.data)
        add_lines(&values, "hook", hooks.data);
    return fill(provision, "server.conf", &values, ret, err);
}

int wgctl_provision_conf(const struct wgctl_provision *provision, struct wgctl_text *ret,
                         struct wgctl_error *err)
{
    char private_key[WGCTL_KEY_TEXT_SIZE];
    wgctl_key_format(&provision->private_key, private_key);
    int rc = fill_conf(provision, private_key, ret, err);
    explicit_bzero(private_key, sizeof private_key);
    return rc;
}

int wgctl_provision_preview(const struct wgctl_provision *provision, struct wgctl_text *ret,
                            struct wgctl_error *err)
{
    return fill_conf(provision, "(hidden)", ret, err);
}

int wgctl_provision_ini(const struct wgctl_provision *provision, struct wgctl_text *ret,
                        struct wgctl_error *err)
{
    const struct wgctl_settings *settings = &provision->settings;
    struct values values = {.count = 0};
    add(&values, "endpoint", provision->endpoint_text.data);
    add(&values, "firewall", wgctl_firewall_kind(settings->firewall)->name);
    add(&values, "egress", settings->egress[0] ? settings->egress : "auto");
    add(&values, "dns", settings->dns[0] ? settings->dns : "none");
    add(&values, "allowed-ips", wgctl_settings_allowed(settings));
    if (settings->mtu)
        add_number(&values, "mtu", settings->mtu);
    else
        add(&values, "mtu", "auto");
    add_number(&values, "keepalive", settings->keepalive);
    return fill(provision, "settings.ini", &values, ret, err);
}

int wgctl_provision_files(const struct wgctl_provision *provision, struct wgctl_text *ret_conf,
                          struct wgctl_text *ret_ini, struct wgctl_error *err)
{
    int rc = wgctl_provision_conf(provision, ret_conf, err);
    return rc < 0 ? rc : wgctl_provision_ini(provision, ret_ini, err);
}

int wgctl_provision_sysctl(const struct wgctl_provision *provision, struct wgctl_text *ret,
                           struct wgctl_error *err)
{
    struct values values = {.count = 0};
    add(&values, "ipv6", provision->ipv6 ? "1" : "");
    add(&values, "router-advertised",
        provision->ipv6 ? provision->forwarding.router_advertised : "");
    return fill(provision, "sysctl.conf", &values, ret, err);
}
