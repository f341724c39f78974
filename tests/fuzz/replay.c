/* Runs a fuzz target with each file in a folder, as a regression test for earlier findings. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static void replay(int folder, const char *name)
{
    struct stat status;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        abort();
    /* The buffer has exactly the file's size, so that the sanitizer notices an overread. */
    uint8_t *data = malloc((size_t)status.st_size);
    if (!data || read(fd, data, (size_t)status.st_size) != status.st_size)
        abort();
    close(fd);
    LLVMFuzzerTestOneInput(data, (size_t)status.st_size);
    free(data);
}

int main(int argc, char **argv)
{
    size_t count = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_type == DT_REG) {
            replay(dirfd(folder), entry->d_name);
            count++;
        }
    closedir(folder);
    printf("%zu passed, 0 failed\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
