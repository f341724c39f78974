/* A device on its way in, whichever way it comes. */
#include <string.h>

#include "device/backend.h"

/* The list of a peer that is left out is the next one's: most need no more room than it. */
static void leave_out(struct wgctl_device_peer *peer)
{
    struct wgctl_prefixes list = peer->allowed_ips;
    list.count = 0;
    explicit_bzero(peer, sizeof *peer);
    peer->allowed_ips = list;
}

void wgctl_reading_start(struct wgctl_device_reading *reading)
{
    const struct wgctl_device_filter *filter = reading->filter;
    wgctl_device_clear(reading->device);
    leave_out(&reading->peer);
    reading->has_peer = false;
    if (filter && filter->start)
        filter->start(filter->context);
}

static bool end_peer(struct wgctl_device_reading *reading)
{
    const struct wgctl_device_filter *filter = reading->filter;
    struct wgctl_device_peer *peer = &reading->peer;
    if (!reading->has_peer || reading->skips_peer)
        return true; /* of one that is skipped there is only the key */
    if (filter && filter->leaves_out && filter->leaves_out(peer, filter->context)) {
        leave_out(peer);
        return true;
    }
    struct wgctl_device_peer *kept = wgctl_device_add_peer(reading->device);
    if (!kept)
        return false;
    *kept = *peer;
    *peer = (struct wgctl_device_peer){0};
    return true;
}

bool wgctl_reading_begin_peer(struct wgctl_device_reading *reading,
                              const struct wgctl_key *public_key)
{
    const struct wgctl_device_filter *filter = reading->filter;
    if (!end_peer(reading))
        return false;
    reading->has_peer = true;
    reading->skips_peer = filter && filter->skips && filter->skips(public_key, filter->context);
    reading->peer.public_key = *public_key;
    return true;
}

bool wgctl_reading_finish(struct wgctl_device_reading *reading)
{
    bool done = end_peer(reading);
    reading->has_peer = false;
    return done;
}

void wgctl_reading_clear(struct wgctl_device_reading *reading)
{
    wgctl_prefixes_clear(&reading->peer.allowed_ips);
    explicit_bzero(&reading->peer, sizeof reading->peer);
}
