#include "base/signals.h"

#include <stddef.h>

static const int held[] = {SIGINT, SIGTERM, SIGHUP};
enum { HELD = sizeof held / sizeof *held };

void wgctl_signals_hold(sigset_t *ret_before)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < HELD; i++)
        sigaddset(&set, held[i]);
    pthread_sigmask(SIG_BLOCK, &set, ret_before);
}

bool wgctl_signals_wait(void)
{
    sigset_t pending;
    bool waits = false;
    sigpending(&pending);
    for (size_t i = 0; i < HELD; i++)
        waits |= sigismember(&pending, held[i]) == 1;
    return waits;
}

void wgctl_signals_release(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

void wgctl_signals_for_child(sigset_t *ret)
{
    pthread_sigmask(SIG_BLOCK, NULL, ret);
    for (size_t i = 0; i < HELD; i++)
        sigdelset(ret, held[i]);
}
