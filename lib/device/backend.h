/* The two ways to a device; what device.h offers is built on them. Inside device/
 * only. Each does as its namesake there. */
#pragma once

#include "device/plan.h"

/* A device on its way in. Peers come one after the other, each in several pieces: only when
 * the next one begins, or the answer ends, one is complete. */
struct wgctl_device_reading {
    struct wgctl_device *device;              /* empty at first */
    const struct wgctl_device_filter *filter; /* NULL: nothing is left out */
    struct wgctl_device_peer peer;            /* the one that comes, where `has_peer` */
    bool has_peer, skips_peer;
};
/* Begins, also anew: what has come is forgotten. */
void wgctl_reading_start(struct wgctl_device_reading *reading);
/* The one before is complete. False where memory has run out. */
bool wgctl_reading_begin_peer(struct wgctl_device_reading *reading,
                              const struct wgctl_key *public_key);
/* All has come. False where memory has run out. */
bool wgctl_reading_finish(struct wgctl_device_reading *reading);
/* Wipes and frees all but the device. */
void wgctl_reading_clear(struct wgctl_device_reading *reading);
#define WGCTL_DEVICE_READING \
    __attribute__((cleanup(wgctl_reading_clear))) struct wgctl_device_reading

int wgctl_kernel_read(const char *interface, const struct wgctl_device_filter *filter,
                      struct wgctl_device *ret, struct wgctl_error *err);
int wgctl_kernel_write(const char *interface, const struct wgctl_plan *plan,
                       const struct wgctl_progress *progress, struct wgctl_error *err);

/* Whether a process serves the interface: its socket is there and answers. */
bool wgctl_userspace_serves(const char *interface);
/* Sends the question; `ret` is the socket on which the answer comes. */
int wgctl_userspace_ask(const char *interface, int *ret, struct wgctl_error *err);
/* Takes the answer to a question; the socket stays the caller's. */
int wgctl_userspace_answer(const char *interface, int fd, const struct wgctl_device_filter *filter,
                           struct wgctl_device *ret, struct wgctl_error *err);
/* Takes the answer to a change. */
int wgctl_userspace_confirm(const char *interface, int fd, struct wgctl_error *err);
int wgctl_userspace_write(const char *interface, const struct wgctl_plan *plan,
                          const struct wgctl_progress *progress, struct wgctl_error *err);
