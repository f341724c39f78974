/* Changes a device in a userspace process, with lines of key=value. */
#include "device/userspace.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"

static void put_key(struct wgctl_text *text, const char *name, const struct wgctl_key *key)
{
    char hex[WGCTL_KEY_HEX_SIZE];
    wgctl_text_string(text, name);
    wgctl_text_string(text, "=");
    wgctl_text_string(text, wgctl_key_format_hex(key, hex));
    wgctl_text_string(text, "\n");
    explicit_bzero(hex, sizeof hex);
}

static void put_endpoint(struct wgctl_text *text, const union wgctl_sockaddr *endpoint)
{
    char value[WGCTL_ENDPOINT_TEXT_SIZE];
    if (endpoint->family != AF_UNSPEC)
        wgctl_text_format(text, "endpoint=%s\n", wgctl_sockaddr_format(endpoint, value));
}

static void put_allowed_ip(struct wgctl_text *text, const struct wgctl_prefix *prefix)
{
    char value[WGCTL_PREFIX_TEXT_SIZE];
    wgctl_text_string(text, "allowed_ip=");
    wgctl_text_string(text, wgctl_prefix_format(prefix, value));
    wgctl_text_string(text, "\n");
}

static void put_whole_peer(struct wgctl_text *text, const struct wgctl_device_peer *peer)
{
    if (!wgctl_key_is_zero(&peer->preshared_key))
        put_key(text, "preshared_key", &peer->preshared_key);
    put_endpoint(text, &peer->endpoint);
    if (peer->keepalive)
        wgctl_text_format(text, "persistent_keepalive_interval=%u\n", peer->keepalive);
    for (size_t i = 0; i < peer->allowed_ips.count; i++)
        put_allowed_ip(text, &peer->allowed_ips.items[i]);
}

static void put_step(struct wgctl_text *text, const struct wgctl_plan_step *step)
{
    const struct wgctl_device_peer *peer = step->peer;
    switch (step->op) {
    case WGCTL_REMOVE_PEER:
        wgctl_text_string(text, "remove=true\n");
        break;
    case WGCTL_ADD_PEER:
        put_whole_peer(text, peer);
        break;
    case WGCTL_SET_PRESHARED_KEY:
        put_key(text, "preshared_key", &peer->preshared_key);
        break;
    case WGCTL_SET_ENDPOINT:
        put_endpoint(text, &peer->endpoint);
        break;
    case WGCTL_SET_KEEPALIVE:
        wgctl_text_format(text, "persistent_keepalive_interval=%u\n", peer->keepalive);
        break;
    case WGCTL_ADD_ALLOWED_IP:
        put_allowed_ip(text, step->allowed_ip);
        break;
    case WGCTL_REMOVE_ALLOWED_IP:
    case WGCTL_SET_PRIVATE_KEY:
    case WGCTL_SET_LISTEN_PORT:
    case WGCTL_SET_FWMARK:
        break;
    }
}

static void put_peer(struct wgctl_text *text, const struct wgctl_plan *plan, size_t from, size_t to)
{
    put_key(text, "public_key", &plan->steps[from].peer->public_key);
    if (plan->steps[from].op != WGCTL_ADD_PEER)
        wgctl_text_string(text, "update_only=true\n");
    for (size_t i = from; i < to; i++)
        put_step(text, &plan->steps[i]);
}

/* Not every implementation can remove a single allowed IP, but each can move it to a throwaway
 * peer and remove that. Replacing the peer's whole list would leave it without any for a
 * moment. */
static void throw_away(struct wgctl_text *text, const struct wgctl_plan *plan, size_t from,
                       size_t to)
{
    struct wgctl_key key;
    wgctl_key_generate_preshared(&key);
    put_key(text, "public_key", &key);
    for (size_t i = from; i < to; i++)
        put_allowed_ip(text, plan->steps[i].allowed_ip);
    put_key(text, "public_key", &key);
    wgctl_text_string(text, "remove=true\n");
}

static void put_device(struct wgctl_text *text, const struct wgctl_plan *plan, size_t step)
{
    const struct wgctl_device *wanted = plan->wanted;
    switch (plan->steps[step].op) {
    case WGCTL_SET_PRIVATE_KEY:
        put_key(text, "private_key", &wanted->private_key);
        break;
    case WGCTL_SET_LISTEN_PORT:
        wgctl_text_format(text, "listen_port=%u\n", wanted->listen_port);
        break;
    case WGCTL_SET_FWMARK:
        wgctl_text_format(text, "fwmark=%u\n", wanted->fwmark);
        break;
    default:
        break;
    }
}

static int send_part(const char *interface, int fd, struct wgctl_text *part,
                     struct wgctl_error *err)
{
    int rc = wgctl_text_check(part, err);
    if (rc == WGCTL_OK)
        rc = wgctl_userspace_send(interface, fd, wgctl_text_slice_of(part), err);
    part->size = 0;
    return rc;
}

/* Sends the text once it is large, so that it is never in memory as a whole. */
static int send_some(const char *interface, int fd, struct wgctl_text *part,
                     const struct wgctl_progress *progress, size_t done, size_t total,
                     struct wgctl_error *err)
{
    enum { ENOUGH = 1 << 18 };
    if (part->size < ENOUGH)
        return WGCTL_OK;
    int rc = send_part(interface, fd, part, err);
    if (rc < 0)
        return rc;
    wgctl_progress_report(progress, done, total);
    rc = wgctl_progress_check(progress, err);
    if (rc < 0)
        wgctl_userspace_outlast(fd);
    return rc;
}

/* Puts the group of steps that starts at `index`. Returns the end of the group. */
static size_t put_group(struct wgctl_text *text, const struct wgctl_plan *plan, size_t index)
{
    size_t end = wgctl_plan_group_end(plan, index);
    if (plan->steps[index].op != WGCTL_REMOVE_ALLOWED_IP) {
        put_peer(text, plan, index, end);
        return end;
    }
    while (end < plan->count && plan->steps[end].op == WGCTL_REMOVE_ALLOWED_IP)
        end++;
    throw_away(text, plan, index, end);
    return end;
}

int wgctl_userspace_write(const char *interface, int fd, const struct wgctl_plan *plan,
                          const struct wgctl_progress *progress, struct wgctl_error *err)
{
    WGCTL_TEXT request = {0};
    int rc = WGCTL_OK;
    wgctl_text_string(&request, "set=1\n");
    size_t i = 0;
    while (i < plan->count && !plan->steps[i].peer)
        put_device(&request, plan, i++);
    while (rc == WGCTL_OK && i < plan->count) {
        i = put_group(&request, plan, i);
        rc = send_some(interface, fd, &request, progress, i, plan->count, err);
    }
    wgctl_text_string(&request, "\n");
    if (rc == WGCTL_OK)
        rc = send_part(interface, fd, &request, err);
    if (rc == WGCTL_OK)
        rc = wgctl_userspace_answer(interface, fd, NULL, err);
    if (rc == WGCTL_OK)
        wgctl_progress_report(progress, plan->count, plan->count);
    return rc;
}
