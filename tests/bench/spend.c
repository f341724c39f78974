/* Measures what a command costs.
 *
 * usage: bench_spend RESULT WATCHED COMMAND...
 *
 * Runs COMMAND and appends a line to the file RESULT: microseconds of elapsed time, microseconds
 * of processor time (user and system), and peak resident memory in KiB. Unless WATCHED is "-", it
 * preloads bench_watch.so with WATCHED as its output file. Exits with the command's status. */
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long microseconds(const struct timeval *time)
{
    return time->tv_sec * 1000000 + time->tv_usec;
}

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* Affects only the command, because this program is already running. */
static void preload(const char *watched)
{
    char self[PATH_MAX] = "", library[PATH_MAX + 32];
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        perror("readlink");
    snprintf(library, sizeof library, "%s/bench_watch.so", dirname(self));
    setenv("LD_PRELOAD", library, 1);
    setenv("BENCH_WATCH", watched, 1);
}

int main(int argc, char **argv)
{
    extern char **environ;
    struct rusage usage;
    pid_t pid;
    int status = 0;
    if (argc < 4) {
        fprintf(stderr, "usage: bench_spend RESULT WATCHED COMMAND...\n");
        return 2;
    }
    /* Opened before the measurement, so that it does not count. */
    FILE *result = fopen(argv[1], "ae");
    if (!result) {
        perror(argv[1]);
        return 2;
    }
    if (strcmp(argv[2], "-") != 0)
        preload(argv[2]);
    long begin = now();
    if (posix_spawnp(&pid, argv[3], NULL, NULL, argv + 3, environ) != 0 ||
        wait4(pid, &status, 0, &usage) != pid) {
        perror(argv[3]);
        return 2;
    }
    long took = now() - begin;
    fprintf(result, "%ld %ld %ld\n", took,
            microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime), usage.ru_maxrss);
    if (fclose(result) != 0) {
        perror(argv[1]);
        return 2;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
