/* A plan: what has to change on a device so that it becomes what is wanted.
 *
 * Making one is pure: it can be printed, tested, and executed.
 */
#pragma once

#include "device/device.h"

/* In the order in which they are carried out. An allowed IP that another peer is given
 * needs no removal: WireGuard takes it from the one who had it, and at no moment is it
 * nobody's. So what is given comes before what is taken away. */
enum wgctl_plan_op {
    WGCTL_SET_PRIVATE_KEY,
    WGCTL_SET_LISTEN_PORT,
    WGCTL_SET_FWMARK,
    WGCTL_ADD_PEER, /* with all that `peer` has */
    WGCTL_SET_PRESHARED_KEY,
    WGCTL_SET_ENDPOINT,
    WGCTL_SET_KEEPALIVE,
    WGCTL_ADD_ALLOWED_IP,
    WGCTL_REMOVE_ALLOWED_IP,
    WGCTL_REMOVE_PEER,
};

struct wgctl_plan_step {
    enum wgctl_plan_op op;
    /* Nobody changed the file: what runs was changed beside it, as with wg(8). */
    bool is_drift;
    /* Of the wanted device, or of the running one for a peer that is to go. NULL for
     * steps of the device itself. */
    const struct wgctl_device_peer *peer;
    const struct wgctl_prefix *allowed_ip; /* of the two steps that are about one */
    /* The peer as it runs; of an allowed IP to be added, the peer that has it until then.
     * NULL where there is none. */
    const struct wgctl_device_peer *was;
};

struct wgctl_plan {
    const struct wgctl_device *wanted, *running; /* have to live as long as the plan */
    struct wgctl_plan_step *steps;
    size_t count, capacity;
};

/* Plans the way from `running` to `wanted`; both have to be sorted
 * (wgctl_device_sort()), and to live as long as the plan.
 *
 * `applied`, sorted, is what was wanted when the device was last written, or NULL
 * where that is not known; then nothing is called drift. An endpoint is set only where
 * the file's has changed since, for devices roam; where that is not known, only before
 * the first handshake. A wanted listen port of 0 is any. */
int wgctl_plan_make(const struct wgctl_device *applied, const struct wgctl_device *wanted,
                    const struct wgctl_device *running, struct wgctl_plan *ret,
                    struct wgctl_error *err);
/* The steps from `index` on that one group has: of the same peer, and either all of them
 * removals of allowed IPs or none. Returns the index after. */
size_t wgctl_plan_group_end(const struct wgctl_plan *plan, size_t index);
/* Whether a step of this kind is among [from, to). */
bool wgctl_plan_has(const struct wgctl_plan *plan, size_t from, size_t to, enum wgctl_plan_op op);
void wgctl_plan_clear(struct wgctl_plan *plan);
#define WGCTL_PLAN __attribute__((cleanup(wgctl_plan_clear))) struct wgctl_plan
