/* libwgctl: provisions a WireGuard server and looks after its peers.
 *
 * All that a front end needs. The library never prints, never exits, and never
 * starts a shell but for the owner's own hooks. Nothing in it may be used from
 * two threads at once.
 */
#pragma once

#include "adopt/adopt.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/text.h"
#include "provision/provision.h"
#include "qr/qr.h"
#include "tunnel/tunnel.h"

/* Makes the library ready, and the process fit for secrets: no core dumps. Call it
 * once, first. */
int wgctl_setup(struct wgctl_error *err);
/* Wipes the keys that finished calls, also those of other libraries, have left on the stack and in
 * registers. Then lets a signal take effect that arrived while work had to be finished or undone
 * (SIGINT, SIGTERM, SIGHUP), which ends the process. Call it last, when all output is written. */
void wgctl_finish(void);
