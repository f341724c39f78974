/* Signals that would end the process in the middle of something that has to be finished,
 * or undone.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP wait, except those that are ignored. Programs that
 * are started meanwhile are told (base/process.h). `ret_before` is for
 * wgctl_signals_release(). */
void wgctl_signals_hold(sigset_t *ret_before);
/* Whether one is waiting that is not ignored. */
bool wgctl_signals_wait(void);
/* A descriptor that poll(2) finds readable while one waits; -1 and errno(3) on failure. The
 * caller closes it. */
int wgctl_signals_open(void);
/* Lets them come: one that waits does now what it does. */
void wgctl_signals_release(const sigset_t *before);
/* What a program that is started shall have blocked: what we have, but for those. */
void wgctl_signals_for_child(sigset_t *ret);
