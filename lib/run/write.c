/* The step that writes keys and peers to the device, verified and undone. */
#include "run/private.h"

/* Returns whether the plan has a step about this peer or, for NULL, about the device itself. */
static bool is_about(const struct wgctl_plan *plan, const struct wgctl_device_peer *peer)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct wgctl_device_peer *other = plan->steps[i].peer;
        if ((!peer && !other) ||
            (peer && other && wgctl_key_equal(&peer->public_key, &other->public_key)))
            return true;
    }
    return false;
}

/* Reads back what was written. Ignores endpoints, because devices may roam meanwhile. */
static int verify(const struct wgctl_run *run, struct wgctl_error *err)
{
    WGCTL_DEVICE now = {0};
    WGCTL_PLAN left = {0};
    const struct wgctl_device *desired = &run->desired.device;
    const char *interface = run->request.interface;
    int rc = wgctl_device_reserve(&now, desired->peer_count, err);
    if (rc == WGCTL_OK)
        rc = wgctl_device_read(interface, &now, err);
    if (rc == WGCTL_OK)
        rc = wgctl_plan_make(desired, desired, &now, &left, err);
    for (size_t i = 0; rc == WGCTL_OK && i < left.count; i++)
        if (is_about(&run->transition.device, left.steps[i].peer))
            rc = wgctl_fail(err, WGCTL_SYSTEM,
                            "%s accepted the change without an error, but did not make it",
                            interface);
    return rc;
}

int wgctl_run_write_device(const struct wgctl_run *run, struct wgctl_error *err)
{
    int rc = wgctl_device_write(run->request.interface, &run->transition.device,
                                &run->request.progress, err);
    return rc < 0 ? rc : verify(run, err);
}

static bool sets_endpoint(const struct wgctl_plan *plan, const struct wgctl_key *key)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].op == WGCTL_SET_ENDPOINT &&
            wgctl_key_equal(&plan->steps[i].peer->public_key, key))
            return true;
    return false;
}

/* Keeps the endpoints of devices that have roamed meanwhile, unless they were set. */
static void keep_roamed(const struct wgctl_plan *forward, struct wgctl_plan *back)
{
    size_t kept = 0;
    for (size_t i = 0; i < back->count; i++)
        if (back->steps[i].op != WGCTL_SET_ENDPOINT ||
            sets_endpoint(forward, &back->steps[i].peer->public_key))
            back->steps[kept++] = back->steps[i];
    back->count = kept;
}

int wgctl_run_undo_device(const struct wgctl_run *run, struct wgctl_error *err)
{
    WGCTL_DEVICE now = {0};
    WGCTL_PLAN back = {0};
    const char *interface = run->request.interface;
    /* Also if there was no mark before, because a default route may have got one. */
    struct wgctl_device before = run->running.device;
    before.has_fwmark = true;
    int rc = wgctl_device_read(interface, &now, err);
    /* The desired state counts as applied, so that endpoints just set are reset. */
    if (rc == WGCTL_OK)
        rc = wgctl_plan_make(&run->desired.device, &before, &now, &back, err);
    if (rc < 0)
        return rc;
    keep_roamed(&run->transition.device, &back);
    return wgctl_device_write(interface, &back, NULL, err);
}
