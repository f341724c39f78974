/* Signals that would end the process in the middle of work that has to be finished or undone:
 * SIGINT, SIGTERM and SIGHUP, except those that are ignored (nohup(1) ignores SIGHUP): an
 * ignored signal never interrupts anything.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* Blocks them, until wgctl_signals_release(*ret_before). Programs started meanwhile still
 * receive them (base/process.h). */
void wgctl_signals_hold(sigset_t *ret_before);
/* Whether one has arrived while they were blocked. */
bool wgctl_signals_pending(void);
/* Unblocks them, unless one has arrived: that waits for wgctl_signals_deliver(), so that what
 * became of the work can be reported first. */
void wgctl_signals_release(const sigset_t *before);
/* Lets one that has arrived take effect, which usually ends the process. */
void wgctl_signals_deliver(void);
/* The signal mask for a program that is started: ours, without those that are held. */
void wgctl_signals_for_child(sigset_t *ret);
/* Opens a descriptor that becomes readable when one of them arrives while it is blocked, not
 * counting those that have arrived already. The signal stays pending. The caller closes it.
 * Returns -1 and sets errno(3) if that fails (signalfd(2)). */
int wgctl_signals_watch(void);
