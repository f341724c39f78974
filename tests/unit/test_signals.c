/* Signals that are held while work is done that has to be finished or undone. */
#include "base/signals.h"

#include <poll.h>
#include <unistd.h>

#include "suite.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof *signals };

static volatile sig_atomic_t handled;

static void handle(int number)
{
    handled = number;
}

START_TEST(a_signal_that_is_held_waits)
{
    sigset_t before;
    signal(signals[_i], handle);
    wgctl_signals_hold(&before);
    ck_assert(!wgctl_signals_pending());
    raise(signals[_i]);
    ck_assert_int_eq(handled, 0);
    ck_assert(wgctl_signals_pending());
    wgctl_signals_release(&before);
    ck_assert_int_eq(handled, 0); /* what became of the work is reported first */
    wgctl_signals_deliver();
    ck_assert_int_eq(handled, signals[_i]);
    ck_assert(!wgctl_signals_pending());
}
END_TEST

START_TEST(a_signal_that_arrives_later_does_not_wait)
{
    sigset_t before;
    signal(signals[_i], handle);
    wgctl_signals_hold(&before);
    wgctl_signals_release(&before);
    raise(signals[_i]);
    ck_assert_int_eq(handled, signals[_i]);
}
END_TEST

/* Under nohup(1), a hangup has to change nothing: a blocked signal would be queued although it
 * is ignored. */
START_TEST(a_signal_that_is_ignored_stays_ignored)
{
    sigset_t before, now;
    signal(signals[_i], SIG_IGN);
    wgctl_signals_hold(&before);
    raise(signals[_i]);
    ck_assert(!wgctl_signals_pending());
    wgctl_signals_for_child(&now);
    ck_assert_int_eq(sigismember(&now, signals[_i]), 0);
    wgctl_signals_release(&before);
    ck_assert_ptr_eq(signal(signals[_i], SIG_DFL), SIG_IGN);
}
END_TEST

START_TEST(no_other_signal_is_held)
{
    sigset_t before;
    signal(SIGUSR1, handle);
    wgctl_signals_hold(&before);
    raise(SIGUSR1);
    ck_assert_int_eq(handled, SIGUSR1);
    ck_assert(!wgctl_signals_pending());
}
END_TEST

START_TEST(a_program_that_is_started_has_only_its_caller_s_signals_blocked)
{
    sigset_t mine, before, now;
    sigemptyset(&mine);
    sigaddset(&mine, SIGUSR2);
    sigprocmask(SIG_BLOCK, &mine, NULL);
    wgctl_signals_hold(&before);
    wgctl_signals_for_child(&now);
    ck_assert_int_eq(sigismember(&now, SIGUSR2), 1);
    for (int i = 0; i < SIGNALS; i++)
        ck_assert_int_eq(sigismember(&now, signals[i]), 0);
}
END_TEST

static bool is_readable(int descriptor)
{
    struct pollfd polled = {.fd = descriptor, .events = POLLIN};
    return poll(&polled, 1, 0) == 1;
}

START_TEST(a_signal_that_arrives_can_be_waited_for_and_stays_pending)
{
    sigset_t before;
    wgctl_signals_hold(&before);
    raise(signals[(_i + 1) % SIGNALS]); /* arrived before, so it does not count */
    int watch = wgctl_signals_watch();
    ck_assert_int_ge(watch, 0);
    ck_assert(!is_readable(watch));
    raise(signals[_i]);
    ck_assert(is_readable(watch));
    ck_assert(wgctl_signals_pending());
    close(watch);
}
END_TEST

static Suite *signals_suite(void)
{
    Suite *suite = suite_create("signals");
    TCase *held = tcase_create("held");
    tcase_add_loop_test(held, a_signal_that_is_held_waits, 0, SIGNALS);
    tcase_add_loop_test(held, a_signal_that_arrives_later_does_not_wait, 0, SIGNALS);
    tcase_add_loop_test(held, a_signal_that_is_ignored_stays_ignored, 0, SIGNALS);
    tcase_add_test(held, no_other_signal_is_held);
    tcase_add_test(held, a_program_that_is_started_has_only_its_caller_s_signals_blocked);
    tcase_add_loop_test(held, a_signal_that_arrives_can_be_waited_for_and_stays_pending, 0,
                        SIGNALS);
    suite_add_tcase(suite, held);
    return suite;
}

int main(void)
{
    return run_suite(signals_suite());
}
