/* WireGuard interfaces: reads and changes devices, whether they run in the kernel or in a process.
 */
#pragma once

#include "base/progress.h"
#include "device/plan.h"

/* What runs an interface. */
enum wgctl_backend {
    WGCTL_NO_DEVICE, /* there is no such interface */
    WGCTL_KERNEL,
    WGCTL_USERSPACE,     /* a process with a socket in /var/run/wireguard */
    WGCTL_NOT_WIREGUARD, /* the name belongs to another kind of interface */
};
/* Finds out. Fails with WGCTL_SYSTEM if the kernel does not answer. */
int wgctl_device_backend(const char *interface, enum wgctl_backend *ret, struct wgctl_error *err);
/* Does the same, and fails with WGCTL_UNSUPPORTED if it is another kind of interface. */
int wgctl_device_find_wireguard(const char *interface, enum wgctl_backend *ret,
                                struct wgctl_error *err);

/* Waits, at most two seconds, until the process of an interface that was removed closes its socket:
 * until then no other process can serve an interface of that name. */
void wgctl_device_await_end(const char *interface);

/* A question about a device, and the answer to come: a process prepares its answer while the caller
 * does something else. Starts out all zero. */
struct wgctl_device_query {
    bool asked;
    enum wgctl_backend backend; /* once asked */
    int socket;                 /* once asked, with WGCTL_USERSPACE; owned */
};
/* Forgets the question, and closes the socket. */
void wgctl_device_query_clear(struct wgctl_device_query *query);
#define WGCTL_DEVICE_QUERY \
    __attribute__((cleanup(wgctl_device_query_clear))) struct wgctl_device_query

/* Asks, unless that was done already. It is not a failure if there is no device: `backend` says so.
 * Fails like wgctl_device_find_wireguard(). */
int wgctl_device_ask(const char *interface, struct wgctl_device_query *query,
                     struct wgctl_error *err);
/* Receives the answer, sorted, into `ret`, which has to be empty (room for the peers that are
 * expected saves time: wgctl_device_reserve()). The query can then be used again. Fails with
 * WGCTL_NOT_FOUND if there is no device, with WGCTL_SYSTEM if it does not answer. */
int wgctl_device_answer(const char *interface, struct wgctl_device_query *query,
                        struct wgctl_device *ret, struct wgctl_error *err);
/* Asks and receives the answer. Fails like both. */
int wgctl_device_read(const char *interface, struct wgctl_device *ret, struct wgctl_error *err);

/* Carries out a plan. `progress` (may be NULL) is told how many steps are done, and lets a pending
 * signal (base/signals.h) stop the work between two messages. After a failure part of the plan may
 * have been carried out: read the device again. Fails with WGCTL_NOT_FOUND if there is no device,
 * with another status if the device refuses. */
int wgctl_device_write(const char *interface, const struct wgctl_plan *plan,
                       const struct wgctl_progress *progress, struct wgctl_error *err);
