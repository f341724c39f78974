#include "host/table.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "net/key.h"

/* Reads a number like strtoul(3) with base 0: a leading 0x means hexadecimal, a 0 octal. */
static bool read_number(struct wgctl_slice text, uint32_t *ret)
{
    char buffer[32], *end;
    if (text.size == 0 || text.size >= sizeof buffer || !isdigit((unsigned char)text.data[0]))
        return false;
    wgctl_slice_string(text, buffer, sizeof buffer);
    errno = 0;
    unsigned long long number = strtoull(buffer, &end, 0);
    *ret = (uint32_t)number;
    return errno == 0 && !*end && number <= UINT32_MAX;
}

/* Removes the next word from a line and returns it. */
static struct wgctl_slice take_word(struct wgctl_slice *line)
{
    struct wgctl_slice rest = wgctl_slice_trim(*line), word = {rest.data, 0};
    while (word.size < rest.size && !wgctl_is_space(rest.data[word.size]))
        word.size++;
    *line = (struct wgctl_slice){rest.data + word.size, rest.size - word.size};
    return word;
}

bool wgctl_table_find(struct wgctl_slice text, struct wgctl_slice name, uint32_t *ret)
{
    struct wgctl_slice line;
    while (text.data && name.size > 0 && wgctl_slice_split(&text, '\n', &line)) {
        struct wgctl_slice number = take_word(&line);
        uint32_t value;
        if (number.size == 0 || number.data[0] == '#' || !read_number(number, &value))
            continue;
        if (wgctl_slice_equal(take_word(&line), name)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

/* A system file that cannot be read does not name any table. */
static bool find_in_file(const char *path, struct wgctl_slice name, uint32_t *ret)
{
    WGCTL_TEXT text = {0};
    return wgctl_file_content(path, &text) &&
           wgctl_table_find(wgctl_text_slice_of(&text), name, ret);
}

static bool find_in_folder(const char *folder, struct wgctl_slice name, uint32_t *ret)
{
    static const char ending[] = ".conf";
    char path[PATH_MAX];
    DIR *listing = opendir(folder);
    bool found = false;
    if (!listing)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(listing));) {
        size_t size = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || size < sizeof ending ||
            strcmp(entry->d_name + size - strlen(ending), ending) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        found = find_in_file(path, name, ret);
    }
    closedir(listing);
    return found;
}

static bool find_in_system(struct wgctl_slice name, uint32_t *ret)
{
    static const char *const folders[] = {"/etc/iproute2", "/usr/share/iproute2",
                                          "/usr/lib/iproute2"};
    char path[64];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/rt_tables", folders[i]);
        if (find_in_file(path, name, ret))
            return true;
        snprintf(path, sizeof path, "%s/rt_tables.d", folders[i]);
        if (find_in_folder(path, name, ret))
            return true;
    }
    return false;
}

int wgctl_table_number(struct wgctl_slice name, uint32_t *ret, struct wgctl_error *err)
{
    static const char always[] = "255 local\n254 main\n253 default\n";
    if (read_number(name, ret) || find_in_system(name, ret) ||
        wgctl_table_find(wgctl_slice_of(always), name, ret))
        return WGCTL_OK;
    char quoted[WGCTL_QUOTE_SIZE];
    wgctl_fail(err, WGCTL_NOT_FOUND, "Table: %s is neither a number nor a known routing table",
               wgctl_quote(name, quoted));
    return wgctl_hint(err,
                      "give it a number in /etc/iproute2/rt_tables, or write the number itself");
}
