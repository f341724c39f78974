#include "base/signals.h"

#include <stddef.h>
#include <sys/signalfd.h>

static const int held[] = {SIGINT, SIGTERM, SIGHUP};
enum { HELD = sizeof held / sizeof *held };

/* Whoever started us may have them ignored, as nohup(1) has SIGHUP. A signal that is blocked
 * is queued even so, and would be taken for one that counts. */
static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void list_held(sigset_t *ret)
{
    sigemptyset(ret);
    for (size_t i = 0; i < HELD; i++)
        if (!is_ignored(held[i]))
            sigaddset(ret, held[i]);
}

void wgctl_signals_hold(sigset_t *ret_before)
{
    sigset_t set;
    list_held(&set);
    pthread_sigmask(SIG_BLOCK, &set, ret_before);
}

bool wgctl_signals_wait(void)
{
    sigset_t pending;
    bool waits = false;
    sigpending(&pending);
    for (size_t i = 0; i < HELD; i++)
        waits |= sigismember(&pending, held[i]) == 1 && !is_ignored(held[i]);
    return waits;
}

int wgctl_signals_open(void)
{
    sigset_t set;
    list_held(&set);
    return signalfd(-1, &set, SFD_CLOEXEC);
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
