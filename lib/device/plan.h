/* A plan: the steps that turn a running device into the desired one.
 *
 * Making a plan is pure. It is a value that can be printed, tested and executed.
 */
#pragma once

#include "device/device.h"

/* The kinds of steps, in the order in which they are executed. An allowed IP that moves to
 * another peer needs no removal: adding it there takes it away from its owner, and it belongs
 * to one of them at all times. That is why additions come before removals. */
enum wgctl_plan_op {
    WGCTL_SET_PRIVATE_KEY,
    WGCTL_SET_LISTEN_PORT,
    WGCTL_SET_FWMARK,
    WGCTL_ADD_PEER, /* with all settings of `peer` */
    WGCTL_SET_PRESHARED_KEY,
    WGCTL_SET_ENDPOINT,
    WGCTL_SET_KEEPALIVE,
    WGCTL_ADD_ALLOWED_IP,
    WGCTL_REMOVE_ALLOWED_IP,
    WGCTL_REMOVE_PEER,
};

struct wgctl_plan_step {
    enum wgctl_plan_op op;
    /* The file did not change; the running device was changed, for example with wg(8). */
    bool is_drift;
    /* The peer in the desired device, or in the running one if the peer is to be removed. NULL
     * for steps of the device itself. */
    const struct wgctl_device_peer *peer;
    const struct wgctl_prefix *allowed_ip; /* only for steps about an allowed IP */
    /* The peer in the running device. For an allowed IP to be added, the running peer that has
     * it now. NULL if there is none. */
    const struct wgctl_device_peer *was;
};

struct wgctl_plan {
    const struct wgctl_device *wanted, *running; /* must outlive the plan */
    struct wgctl_plan_step *steps;
    size_t count, capacity;
};

/* Plans the steps from `running` to `wanted`. Both must be sorted (wgctl_device_sort()) and
 * must outlive the plan. The caller clears the plan.
 *
 * `applied`, also sorted, is the desired device of the last write, or NULL if it is not known;
 * without it, no step is drift. Because devices roam, an endpoint is only set if it differs
 * from the applied one; if that is not known, only before the first handshake. A desired listen
 * port of 0 means any port. Fails with WGCTL_SYSTEM if memory has run out. */
int wgctl_plan_make(const struct wgctl_device *applied, const struct wgctl_device *wanted,
                    const struct wgctl_device *running, struct wgctl_plan *ret,
                    struct wgctl_error *err);
/* Returns the end of the group of steps that starts at `index`. The steps in a group are about
 * the same peer, and either all or none of them remove allowed IPs. */
size_t wgctl_plan_group_end(const struct wgctl_plan *plan, size_t index);
/* Returns whether one of the steps [from, to) has this kind. */
bool wgctl_plan_has(const struct wgctl_plan *plan, size_t from, size_t to, enum wgctl_plan_op op);
/* Frees the steps, but not the devices. */
void wgctl_plan_clear(struct wgctl_plan *plan);
#define WGCTL_PLAN __attribute__((cleanup(wgctl_plan_clear))) struct wgctl_plan
