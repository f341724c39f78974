/* Random changes to a device, of the kinds that people make.
 */
#pragma once

#include "model.h"
#include "numbers.h"

/* The values to choose from. At most 25600 allowed IPs. */
struct choice {
    const struct wgctl_key *peers;
    unsigned peer_count;
    unsigned allowed_ips;
    const union wgctl_sockaddr *endpoints; /* the first one may be unset */
    unsigned endpoint_count;
    uint64_t numbers;
};

static inline unsigned choose(struct choice *choice, unsigned count)
{
    return next_number(&choice->numbers) % count;
}

static inline struct wgctl_prefix allowed_ip_of(unsigned number)
{
    struct wgctl_prefix prefix = {.family = AF_INET, .length = 32};
    prefix.bytes[0] = 10;
    prefix.bytes[2] = (uint8_t)(number / 100);
    prefix.bytes[3] = (uint8_t)(number % 100);
    if (number % 3 == 0) {
        prefix.family = AF_INET6;
        prefix.length = (uint8_t)(64 + number % 2 * 64);
    }
    return prefix;
}

/* Keeps four values in five. Changes the others, or removes them. */
static inline void change_values(struct model_peer *peer, struct choice *choice)
{
    if (choose(choice, 5) == 0) {
        unsigned psk = choose(choice, 3);
        peer->preshared_key = psk > 0 ? key_of(300 + psk) : (struct wgctl_key){0};
    }
    if (choose(choice, 5) == 0)
        peer->keepalive = (uint16_t)(choose(choice, 3) * 25);
    /* An endpoint cannot be removed. */
    const union wgctl_sockaddr *endpoint =
        &choice->endpoints[choose(choice, choice->endpoint_count)];
    if (choose(choice, 5) == 0 && endpoint->family != AF_UNSPEC)
        peer->endpoint = *endpoint;
}

static inline void swap_allowed_ips(struct model *model, const struct wgctl_key *a,
                                    const struct wgctl_key *b)
{
    for (size_t i = 0; i < model->route_count; i++) {
        struct wgctl_key *owner = &model->routes[i].owner;
        if (same_key(owner, a))
            *owner = *b;
        else if (same_key(owner, b))
            *owner = *a;
    }
}

static inline void change_allowed_ips(struct model *model, const struct wgctl_key *key,
                                      struct choice *choice)
{
    unsigned first = choose(choice, choice->allowed_ips);
    unsigned most = choose(choice, 16) == 0 ? choice->allowed_ips : 4;
    unsigned count = choose(choice, most);
    bool takes = choose(choice, 4) == 0;
    for (unsigned i = first; i < first + count; i++) {
        const struct wgctl_prefix allowed_ip = allowed_ip_of(i % choice->allowed_ips);
        if (takes)
            model_take(model, key, &allowed_ip);
        else
            model_give(model, key, &allowed_ip);
    }
}

/* Adds, removes and changes peers; adds, removes and moves allowed IPs. */
static inline void change(struct model *model, unsigned changes, struct choice *choice)
{
    for (unsigned i = 0; i < changes; i++) {
        const struct wgctl_key key = choice->peers[choose(choice, choice->peer_count)];
        const struct wgctl_key other = choice->peers[choose(choice, choice->peer_count)];
        struct model_peer *peer = model_add(model, &key);
        if (!peer)
            continue;
        change_values(peer, choice);
        unsigned what = choose(choice, 8);
        if (what == 0)
            model_remove(model, &key);
        else if (what == 1 && model_peer(model, &other))
            swap_allowed_ips(model, &key, &other);
        else if (what == 2)
            model_take_all(model, &key);
        else
            change_allowed_ips(model, &key, choice);
    }
}
