/* What a command costs.
 *
 * usage: bench_spend RESULT COMMAND...
 *
 * Runs it, and adds a line to the file RESULT: microseconds by the clock, microseconds of
 * processor time (its own and the kernel's for it), and the most KiB that it had resident.
 * Exits as it did. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

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

int main(int argc, char **argv)
{
    extern char **environ;
    struct rusage usage;
    pid_t pid;
    int status = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_spend RESULT COMMAND...\n");
        return 2;
    }
    /* Opened first, so that the command's end is the measurement's. */
    FILE *result = fopen(argv[1], "ae");
    if (!result) {
        perror(argv[1]);
        return 2;
    }
    long begin = now();
    if (posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ) != 0 ||
        wait4(pid, &status, 0, &usage) != pid) {
        perror(argv[2]);
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
