#include "base/signals.h"

#include <stddef.h>
#include <sys/signalfd.h>

/* Those that were held last; empty before. */
static sigset_t held;

void wgctl_signals_hold(sigset_t *ret_before)
{
    static const int all[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    sigemptyset(&held);
    /* A blocked signal is queued even if it is ignored, so those that are ignored are left out. */
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sigaction(all[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&held, all[i]);
    pthread_sigmask(SIG_BLOCK, &held, ret_before);
}

bool wgctl_signals_pending(void)
{
    sigset_t pending, both;
    sigpending(&pending);
    sigandset(&both, &held, &pending);
    return !sigisemptyset(&both);
}

void wgctl_signals_release(const sigset_t *before)
{
    if (!wgctl_signals_pending())
        pthread_sigmask(SIG_SETMASK, before, NULL);
}

void wgctl_signals_deliver(void)
{
    pthread_sigmask(SIG_UNBLOCK, &held, NULL);
}

/* Removes the signals of `other` from `set`. */
static void remove_all(sigset_t *set, const sigset_t *other)
{
    for (int number = 1; number < NSIG; number++)
        if (sigismember(other, number) == 1)
            sigdelset(set, number);
}

void wgctl_signals_for_child(sigset_t *ret)
{
    pthread_sigmask(SIG_BLOCK, NULL, ret);
    remove_all(ret, &held);
}

int wgctl_signals_watch(void)
{
    sigset_t awaited = held, pending;
    sigpending(&pending);
    remove_all(&awaited, &pending);
    return signalfd(-1, &awaited, SFD_CLOEXEC);
}
