/* The journal's text. A record is a line for each file and one that ends it:
 *     BEFORE AFTER STAGED PATH
 *     end CHECKSUM
 * Only a record whose last line matches all lines before it counts: a power cut can leave any
 * part of it. Records follow each other, and the last whole one is in force: rolling a commit
 * back overrules the record of that commit. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/private.h"

const struct wgctl_version wgctl_version_none = {"-"};

/* Takes eight bytes at a time; the shift spreads their upper bits. It only has to distinguish
 * versions of the owner's file. Anyone who could forge it could write the file itself. */
static uint64_t checksum(struct wgctl_slice text)
{
    uint64_t sum = 0, word;
    for (size_t at = 0, size; at < text.size; at += size) {
        size = text.size - at < sizeof word ? text.size - at : sizeof word;
        word = 0;
        memcpy(&word, text.data + at, size);
        sum = (sum ^ word) * 0x9e3779b97f4a7c15;
        sum ^= sum >> 32;
    }
    return sum;
}

struct wgctl_version wgctl_version_of(struct wgctl_slice content)
{
    struct wgctl_version version;
    snprintf(version.text, sizeof version.text, "%zu-%016" PRIx64, content.size, checksum(content));
    return version;
}

bool wgctl_version_equal(const struct wgctl_version *a, const struct wgctl_version *b)
{
    return strcmp(a->text, b->text) == 0;
}

void wgctl_record_clear(struct wgctl_record *record)
{
    for (size_t i = 0; i < record->count; i++)
        free(record->files[i].path);
    free(record->files);
    *record = (struct wgctl_record){0};
}

int wgctl_record_add(struct wgctl_record *record, struct wgctl_slice path,
                     const struct wgctl_version *before, const struct wgctl_version *after,
                     unsigned staged, struct wgctl_error *err)
{
    struct wgctl_record_file *files =
        wgctl_array_grow(record->files, record->count, &record->capacity, sizeof *files);
    if (!files)
        return wgctl_fail_memory(err);
    record->files = files;
    char *copy = wgctl_slice_dup(path);
    if (!copy)
        return wgctl_fail_memory(err);
    files[record->count++] = (struct wgctl_record_file){copy, *before, *after, staged};
    return WGCTL_OK;
}

static bool is_valid_name(struct wgctl_slice name)
{
    return name.size > 0 && name.size <= NAME_MAX &&
           !wgctl_slice_equal(name, wgctl_slice_of(".")) &&
           !wgctl_slice_equal(name, wgctl_slice_of(".."));
}

bool wgctl_path_is_valid(struct wgctl_slice path)
{
    struct wgctl_slice rest = path, first, second = {0};
    if (wgctl_slice_has_control(path) || !wgctl_slice_split(&rest, '/', &first) ||
        !is_valid_name(first) || wgctl_slice_equal(first, wgctl_slice_of(WGCTL_STORE_FOLDER)))
        return false;
    return !wgctl_slice_split(&rest, '/', &second) || (is_valid_name(second) && !rest.data);
}

void wgctl_record_format(const struct wgctl_record *record, struct wgctl_text *ret)
{
    const size_t start = ret->size;
    for (size_t i = 0; i < record->count; i++) {
        const struct wgctl_record_file *file = &record->files[i];
        wgctl_text_format(ret, "%s %s %u %s\n", file->before.text, file->after.text, file->staged,
                          file->path);
    }
    if (!ret->failed)
        wgctl_text_format(ret, "end %016" PRIx64 "\n",
                          checksum((struct wgctl_slice){ret->data + start, ret->size - start}));
}

static bool parse_version(struct wgctl_slice text, struct wgctl_version *ret)
{
    if (text.size == 0 || text.size >= sizeof ret->text)
        return false;
    wgctl_slice_string(text, ret->text, sizeof ret->text);
    return true;
}

/* False if it is not a line about a file. */
static int parse_file(struct wgctl_slice line, struct wgctl_record *record, bool *ret_valid,
                      struct wgctl_error *err)
{
    struct wgctl_slice path = line, before_text, after_text, staged_text;
    struct wgctl_version before, after;
    uint64_t staged;
    *ret_valid = wgctl_slice_split(&path, ' ', &before_text) &&
                 parse_version(before_text, &before) &&
                 wgctl_slice_split(&path, ' ', &after_text) && parse_version(after_text, &after) &&
                 wgctl_slice_split(&path, ' ', &staged_text) &&
                 wgctl_slice_number(staged_text, UINT32_MAX, &staged) && path.data &&
                 wgctl_path_is_valid(path);
    return *ret_valid ? wgctl_record_add(record, path, &before, &after, (unsigned)staged, err)
                      : WGCTL_OK;
}

static bool ends_record(struct wgctl_slice line, struct wgctl_slice lines)
{
    char end[32];
    snprintf(end, sizeof end, "end %016" PRIx64, checksum(lines));
    return wgctl_slice_equal(line, wgctl_slice_of(end));
}

int wgctl_record_parse(struct wgctl_slice journal, struct wgctl_record *ret,
                       struct wgctl_error *err)
{
    WGCTL_RECORD record = {0};
    struct wgctl_slice rest = journal, line;
    const char *start = journal.data;
    int rc = WGCTL_OK;
    /* Without its line end a line is not whole. */
    while (rc == WGCTL_OK && wgctl_slice_split(&rest, '\n', &line) && rest.data) {
        bool valid = true;
        if (!wgctl_slice_starts(line, "end ")) {
            rc = parse_file(line, &record, &valid, err);
        } else {
            valid = ends_record(line, (struct wgctl_slice){start, (size_t)(line.data - start)});
            if (valid) {
                wgctl_record_clear(ret);
                *ret = record;
                record = (struct wgctl_record){0};
                start = rest.data;
            }
        }
        if (!valid)
            break;
    }
    return rc;
}
