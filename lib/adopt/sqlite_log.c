/* The write-ahead log of an SQLite database. */
#include <endian.h>
#include <string.h>

#include "adopt/sqlite.h"

enum {
    LOG_HEADER = 32,
    FRAME_HEADER = 24,
    SMALLEST_PAGE = 512,
    LARGEST_PAGE = 65536,
};

static const unsigned char *at(struct wgctl_slice text, size_t offset)
{
    return (const unsigned char *)text.data + offset;
}

static uint32_t big_endian(const unsigned char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return be32toh(value);
}

/* What is read of the log so far. */
struct log {
    struct wgctl_slice text;
    size_t page; /* the size of one */
    bool sums_are_big_endian;
    uint32_t sums[2];
};

/* Of 8 bytes each. */
static void add_to_sums(struct log *log, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += 8) {
        uint32_t words[2];
        memcpy(words, bytes + i, sizeof words);
        for (size_t j = 0; j < 2; j++)
            words[j] = log->sums_are_big_endian ? be32toh(words[j]) : le32toh(words[j]);
        log->sums[0] += words[0] + log->sums[1];
        log->sums[1] += words[1] + log->sums[0];
    }
}

static bool sums_are(const struct log *log, const unsigned char *bytes)
{
    return log->sums[0] == big_endian(bytes) && log->sums[1] == big_endian(bytes + 4);
}

/* False if there is no log, or none that SQLite would read. */
static bool read_header(struct wgctl_slice text, struct log *ret)
{
    enum { MAGIC = 0x377f0682, VERSION = 3007000, CHECKED = 24 };
    if (text.size < LOG_HEADER)
        return false;
    uint32_t magic = big_endian(at(text, 0));
    *ret = (struct log){
        .text = text,
        .page = big_endian(at(text, 8)),
        .sums_are_big_endian = magic & 1,
    };
    add_to_sums(ret, at(text, 0), CHECKED);
    return (magic & ~1U) == MAGIC && big_endian(at(text, 4)) == VERSION &&
           ret->page >= SMALLEST_PAGE && ret->page <= LARGEST_PAGE &&
           (ret->page & (ret->page - 1)) == 0 && sums_are(ret, at(text, CHECKED));
}

/* Whether the frame belongs to this log, rather than to an older one in the same file. */
static bool check_frame(struct log *log, size_t offset)
{
    const unsigned char *frame = at(log->text, offset);
    add_to_sums(log, frame, 8);
    add_to_sums(log, frame + FRAME_HEADER, log->page);
    return memcmp(frame + 8, at(log->text, 16), 8) == 0 && sums_are(log, frame + 16);
}

/* Finds where the last whole transaction ends, and how many pages the database has after it. */
static size_t find_end(struct log *log, uint32_t *ret_pages)
{
    size_t size = FRAME_HEADER + log->page, end = 0;
    for (size_t offset = LOG_HEADER; log->text.size - offset >= size; offset += size) {
        if (!check_frame(log, offset))
            break;
        uint32_t pages = big_endian(at(log->text, offset) + 4);
        if (pages == 0)
            continue;
        *ret_pages = pages;
        end = offset + size;
    }
    return end;
}

/* Makes the image as large as it is after the log. New pages are all in the log. */
static int resize(const char *file, struct wgctl_text *image, uint32_t pages, const struct log *log,
                  struct wgctl_error *err)
{
    size_t size = pages * log->page;
    /* As a division, because the product may be too large for a size_t of 32 bits. */
    if (pages > (image->size + log->text.size) / log->page)
        return wgctl_fail(err, WGCTL_INVALID, "%s-wal does not belong to %s", file, file);
    if (size > image->size) {
        char *room = wgctl_text_room(image, size - image->size);
        if (!room)
            return wgctl_fail_memory(err);
        memset(room, 0, size - image->size);
    }
    image->size = size;
    return WGCTL_OK;
}

int wgctl_sqlite_apply_log(const char *file, struct wgctl_text *image, struct wgctl_slice log_text,
                           struct wgctl_error *err)
{
    struct log log;
    uint32_t pages = 0;
    if (!read_header(log_text, &log))
        return WGCTL_OK;
    size_t end = find_end(&log, &pages);
    if (end == 0)
        return WGCTL_OK;
    int rc = resize(file, image, pages, &log, err);
    for (size_t offset = LOG_HEADER; rc == WGCTL_OK && offset < end;
         offset += FRAME_HEADER + log.page) {
        uint32_t page = big_endian(at(log_text, offset));
        /* A page that was cut off by a later transaction is not needed. */
        if (page > 0 && page <= pages)
            memcpy(image->data + (page - 1) * log.page, at(log_text, offset + FRAME_HEADER),
                   log.page);
    }
    return rc;
}
