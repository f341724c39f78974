/* Lets an allocation of a program fail; see nomem.c. Loaded with LD_PRELOAD.
 *
 *     NOMEM_PROGRAM   the path of the only program that this is for
 *     NOMEM_LOG       a file that gets 8 bytes for each allocation: a checksum of who called it
 *     NOMEM_FAIL      the number of the allocation that fails, counted from 1
 *     NOMEM_ALL       if it is set, all the later ones fail as well
 *     NOMEM_CHILD     if it is set, only those of child processes count that run no other program
 *     NOMEM_SHOW      if it is set, the calls that lead to the failure go to standard error, by
 * address NOMEM_SEED      where the random numbers begin
 *
 * Random numbers and the time are the same in each run: two runs differ in nothing but the failure.
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void randombytes_buf(void *ret, size_t size);

static struct {
    bool is_on, fails_all, shows, is_busy, is_for_child;
    int log;
    unsigned long count, fail;
} self = {.log = -1};

static unsigned long number_of(const char *name)
{
    const char *value = getenv(name);
    return value ? strtoul(value, NULL, 10) : 0;
}

static void enter_child(void)
{
    self.is_on = self.is_for_child;
    self.count = 0;
}

__attribute__((constructor)) static void begin(void)
{
    char name[4096];
    ssize_t size = readlink("/proc/self/exe", name, sizeof name - 1);
    const char *program = getenv("NOMEM_PROGRAM"), *log = getenv("NOMEM_LOG");
    if (size < 0 || !program || (name[size] = '\0', strcmp(name, program) != 0))
        return;
    void *frames[1];
    backtrace(frames, 1); /* it allocates the first time */
    self.log = log ? open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    self.fail = number_of("NOMEM_FAIL");
    self.fails_all = getenv("NOMEM_ALL");
    self.shows = getenv("NOMEM_SHOW");
    self.is_for_child = getenv("NOMEM_CHILD");
    self.is_on = !self.is_for_child;
    pthread_atfork(NULL, NULL, enter_child);
}

/* Addresses are the same in each run: nomem.c turns their randomization off. */
static void log_caller(void)
{
    void *frames[64];
    uint64_t sum = 14695981039346656037U;
    self.is_busy = true;
    int count = backtrace(frames, 64);
    for (int i = 2; i < count; i++)
        sum = (sum ^ (uint64_t)(uintptr_t)frames[i]) * 1099511628211U;
    if (write(self.log, &sum, sizeof sum) != (ssize_t)sizeof sum)
        abort();
    self.is_busy = false;
}

static void show_caller(void)
{
    void *frames[64];
    self.is_busy = true;
    backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
    self.is_busy = false;
}

static bool fails(void)
{
    if (!self.is_on || self.is_busy)
        return false;
    self.count++;
    if (self.log >= 0)
        log_caller();
    if (self.fail == 0 || self.count < self.fail || (self.count > self.fail && !self.fails_all))
        return false;
    if (self.shows)
        show_caller();
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails() ? NULL : __libc_realloc(block, size);
}

void randombytes_buf(void *ret, size_t size)
{
    static uint64_t state;
    if (state == 0)
        state = number_of("NOMEM_SEED");
    for (unsigned char *byte = ret; size > 0; size--) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        *byte++ = (unsigned char)(state >> 56);
    }
}

time_t time(time_t *ret)
{
    const time_t noon = 1795348800; /* in November 2026 */
    if (ret)
        *ret = noon;
    return noon;
}
