#include "host/dns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/process.h"

/* ---- values ---- */

static bool is_server(const char *word)
{
    return strchr(word, ':') || strspn(word, "0123456789.") == strlen(word);
}

int wgctl_dns_parse(struct wgctl_slice list, struct wgctl_dns *ret, struct wgctl_error *err)
{
    WGCTL_DNS dns = {.words = wgctl_slice_dup(list)};
    dns.servers = calloc(list.size + 1, sizeof *dns.servers);
    dns.domains = calloc(list.size + 1, sizeof *dns.domains);
    if (!dns.words || !dns.servers || !dns.domains)
        return wgctl_fail_memory(err);
    char *rest = dns.words, *word;
    while ((word = strtok_r(rest, ", \t\n\v\f\r", &rest))) {
        if (is_server(word))
            dns.servers[dns.server_count++] = word;
        else
            dns.domains[dns.domain_count++] = word;
    }
    *ret = dns;
    dns = (struct wgctl_dns){0};
    return WGCTL_OK;
}

void wgctl_dns_clear(struct wgctl_dns *dns)
{
    free(dns->words);
    free(dns->servers);
    free(dns->domains);
    *dns = (struct wgctl_dns){0};
}

void wgctl_dns_format(const struct wgctl_dns *dns, struct wgctl_text *ret)
{
    for (size_t i = 0; i < dns->server_count; i++)
        wgctl_text_format(ret, "nameserver %s\n", dns->servers[i]);
    for (size_t i = 0; i < dns->domain_count; i++)
        wgctl_text_format(ret, "%s%s", i == 0 ? "search " : " ", dns->domains[i]);
    if (dns->domain_count > 0)
        wgctl_text_string(ret, "\n");
}

void wgctl_dns_servers(struct wgctl_slice resolv_conf, struct wgctl_text *ret)
{
    static const char keyword[] = "nameserver ";
    struct wgctl_slice line;
    while (resolv_conf.data && wgctl_slice_split(&resolv_conf, '\n', &line)) {
        if (!wgctl_slice_starts(line, keyword) || !wgctl_slice_is_plain(line))
            continue;
        struct wgctl_slice server = {line.data + strlen(keyword), line.size - strlen(keyword)};
        wgctl_text_string(ret, ret->size > 0 ? ", " : "");
        wgctl_text_slice(ret, wgctl_slice_trim(server));
    }
}

static bool is_label(struct wgctl_slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!isalnum((unsigned char)text.data[i]) && text.data[i] != '-')
            return false;
    return text.size > 0;
}

void wgctl_dns_label(struct wgctl_slice order, const char *interface, struct wgctl_text *ret)
{
    struct wgctl_slice line;
    while (order.data && wgctl_slice_split(&order, '\n', &line)) {
        line = wgctl_slice_trim(line);
        if (line.size < 2 || line.data[line.size - 1] != '*')
            continue;
        line.size--;
        if (!is_label(line))
            continue;
        wgctl_text_slice(ret, line);
        wgctl_text_string(ret, ".");
        break;
    }
    wgctl_text_string(ret, interface);
}

/* ---- the host ---- */

static int find_label(const char *interface, struct wgctl_text *ret, struct wgctl_error *err)
{
    WGCTL_TEXT order = {0};
    wgctl_file_content("/etc/resolvconf/interface-order", &order);
    wgctl_dns_label(wgctl_text_slice_of(&order), interface, ret);
    return wgctl_text_check(ret, err);
}

static int set_by_resolvconf(const char *interface, const struct wgctl_dns *dns,
                             struct wgctl_error *err)
{
    WGCTL_TEXT label = {0}, text = {0};
    int rc = find_label(interface, &label, err);
    wgctl_dns_format(dns, &text);
    if (rc == WGCTL_OK)
        rc = wgctl_text_check(&text, err);
    if (rc < 0)
        return rc;
    /* The highest priority, and exclusive. */
    const char *const argv[] = {"resolvconf", "-a", label.data, "-m", "0", "-x", NULL};
    /* It writes resolv.conf, which is for all users: Debian's resolvconf goes by the umask. */
    const struct wgctl_process process = {.argv = argv, .is_public = true};
    return wgctl_process_filter_as(&process, wgctl_text_slice_of(&text), NULL, err);
}

/* Runs resolvectl VERB INTERFACE WORD... [LAST]. No word is taken as an option, whatever it
 * begins with. */
static int run_resolvectl(const char *verb, const char *interface, char *const *words, size_t count,
                          const char *last, struct wgctl_error *err)
{
    WGCTL_FREE const char **argv = calloc(count + 6, sizeof *argv);
    if (!argv)
        return wgctl_fail_memory(err);
    size_t used = 0;
    argv[used++] = "resolvectl";
    argv[used++] = "--";
    argv[used++] = verb;
    argv[used++] = interface;
    for (size_t i = 0; i < count; i++)
        argv[used++] = words[i];
    argv[used] = last;
    return wgctl_process_run(argv, WGCTL_OUTPUT_KEPT, err);
}

static int set_by_resolved(const char *interface, const struct wgctl_dns *dns,
                           struct wgctl_error *err)
{
    int rc = run_resolvectl("dns", interface, dns->servers, dns->server_count, NULL, err);
    /* "~." sends all queries to these servers. */
    if (rc == WGCTL_OK)
        rc = run_resolvectl("domain", interface, dns->domains, dns->domain_count, "~.", err);
    if (rc == WGCTL_OK)
        rc = run_resolvectl("default-route", interface, NULL, 0, "true", err);
    return rc;
}

static int set(const char *interface, const struct wgctl_dns *dns, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    if (dns->server_count == 0)
        return WGCTL_OK;
    if (wgctl_process_find("resolvconf", NULL, 0))
        rc = set_by_resolvconf(interface, dns, err);
    else if (wgctl_process_find("resolvectl", NULL, 0))
        rc = set_by_resolved(interface, dns, err);
    else {
        wgctl_fail(err, WGCTL_NOT_FOUND,
                   "the DNS servers cannot be set: neither resolvconf nor resolvectl is installed");
        return wgctl_hint(err, "sudo apt install openresolv, or remove the DNS line from the file");
    }
    return rc < 0 ? wgctl_context(err, "the DNS servers cannot be set") : rc;
}

int wgctl_dns_unset(const char *interface, const struct wgctl_dns *dns, struct wgctl_error *err)
{
    WGCTL_TEXT label = {0};
    if (dns->server_count == 0 || !wgctl_process_find("resolvconf", NULL, 0))
        return WGCTL_OK;
    int rc = find_label(interface, &label, err);
    if (rc < 0)
        return rc;
    const char *const argv[] = {"resolvconf", "-d", label.data, "-f", NULL};
    const struct wgctl_process process = {.argv = argv, .is_public = true};
    return wgctl_process_run_as(&process, WGCTL_OUTPUT_KEPT, err);
}

int wgctl_dns_replace(const char *interface, const struct wgctl_dns *before,
                      const struct wgctl_dns *after, struct wgctl_error *err)
{
    if (after->server_count > 0)
        return set(interface, after, err);
    if (before->server_count == 0)
        return WGCTL_OK;
    if (wgctl_process_find("resolvconf", NULL, 0))
        return wgctl_dns_unset(interface, before, err);
    return run_resolvectl("revert", interface, NULL, 0, NULL, err);
}

void wgctl_dns_current(const char *interface, struct wgctl_text *ret)
{
    WGCTL_TEXT label = {0}, path = {0};
    struct wgctl_error ignored;
    const struct wgctl_slice nothing = {"", 0};
    if (find_label(interface, &label, &ignored) < 0)
        return;
    const char *const argv[] = {"resolvconf", "-l", label.data, NULL};
    if (wgctl_process_find("resolvconf", NULL, 0) &&
        wgctl_process_filter(argv, nothing, ret, &ignored) == WGCTL_OK)
        return;
    /* Debian's own resolvconf has no option -l, and keeps its files here. */
    wgctl_text_format(&path, "/etc/resolvconf/run/interface/%s", label.data);
    if (wgctl_text_check(&path, &ignored) == WGCTL_OK)
        wgctl_file_content(path.data, ret);
}
