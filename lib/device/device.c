#include "device/device.h"

#include <stdlib.h>
#include <string.h>

void wgctl_device_clear(struct wgctl_device *device)
{
    for (size_t i = 0; i < device->peer_count; i++)
        wgctl_prefixes_clear(&device->peers[i].allowed_ips);
    if (device->peers)
        explicit_bzero(device->peers, device->peer_count * sizeof *device->peers);
    free(device->peers);
    explicit_bzero(device, sizeof *device);
}

int wgctl_device_reserve(struct wgctl_device *device, size_t count, struct wgctl_error *err)
{
    device->peers = calloc(count ? count : 1, sizeof *device->peers);
    if (!device->peers)
        return wgctl_fail_memory(err);
    device->peer_capacity = count ? count : 1;
    return WGCTL_OK;
}

struct wgctl_device_peer *wgctl_device_add_peer(struct wgctl_device *device)
{
    struct wgctl_device_peer *peers =
        wgctl_array_grow(device->peers, device->peer_count, &device->peer_capacity, sizeof *peers);
    if (!peers)
        return NULL;
    device->peers = peers;
    return &peers[device->peer_count++];
}

static int compare_peers(const void *a, const void *b)
{
    const struct wgctl_device_peer *left = a, *right = b;
    return wgctl_key_compare(&left->public_key, &right->public_key);
}

void wgctl_device_sort(struct wgctl_device *device)
{
    struct wgctl_device_peer *peers = device->peers;
    /* Peers that wgctl added in one go are sorted already. */
    if (!wgctl_array_is_sorted(peers, device->peer_count, sizeof *peers, compare_peers))
        qsort(peers, device->peer_count, sizeof *peers, compare_peers);
    for (size_t i = 0; i < device->peer_count; i++)
        wgctl_prefixes_sort(&device->peers[i].allowed_ips);
}

const struct wgctl_device_peer *wgctl_device_find(const struct wgctl_device *device,
                                                  const struct wgctl_key *public_key)
{
    const struct wgctl_device_peer wanted = {.public_key = *public_key};
    if (device->peer_count == 0)
        return NULL;
    return bsearch(&wanted, device->peers, device->peer_count, sizeof *device->peers,
                   compare_peers);
}
