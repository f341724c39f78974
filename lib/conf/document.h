/* A document: a configuration file as lines, each kept byte for byte.
 *
 * Reading one and rendering it again is the identity. An edit touches the lines
 * it names and no other; what is inserted takes the file's own line ends. What a
 * line means is read as wg(8) reads it: '#' starts a comment anywhere, and white
 * space counts nowhere, not even inside a word.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* Where something stands in the text of a document. Edits move nothing: it stays good. */
typedef uint32_t wgctl_position;

struct wgctl_document {
    struct wgctl_text source; /* what was read, and an end for the last line; never changes */
    size_t read;              /* how much of it that was */
    struct wgctl_text added;  /* the lines that edits made; its positions follow the source's */
    wgctl_position *lines;    /* where each begins. It ends with its '\n' */
    size_t count, capacity;
    bool is_edited;       /* since it was read */
    bool last_is_open;    /* the last line is without the end that it has in the text */
    const char *line_end; /* what inserted lines end with: "\n" or "\r\n" */
};

/* Takes `source` over (and leaves it empty), also where it fails: it may have 4 GiB. */
int wgctl_document_parse(struct wgctl_text *source, struct wgctl_document *ret,
                         struct wgctl_error *err);
/* Wipes and frees. */
void wgctl_document_clear(struct wgctl_document *document);
#define WGCTL_DOCUMENT __attribute__((cleanup(wgctl_document_clear))) struct wgctl_document

/* The text as it was read, whatever was edited since. Good as long as the document. */
struct wgctl_slice wgctl_document_original(const struct wgctl_document *document);
/* Appends the whole document. */
void wgctl_document_render(const struct wgctl_document *document, struct wgctl_text *ret);
/* The whole document: where it was edited, rendered into `buffer`, which has to be empty; else
 * as it was read, without a copy. */
struct wgctl_slice wgctl_document_text(const struct wgctl_document *document,
                                       struct wgctl_text *buffer);

/* What is on a line. */
enum wgctl_line_kind {
    WGCTL_LINE_BLANK,
    WGCTL_LINE_COMMENT, /* `value` is what follows the '#' */
    WGCTL_LINE_SECTION, /* `key` is the name between the brackets */
    WGCTL_LINE_SETTING, /* KEY = VALUE [# comment] */
    WGCTL_LINE_OTHER,   /* none of these: an error in a file that wg reads */
};
struct wgctl_line_parts {
    enum wgctl_line_kind kind;
    struct wgctl_slice key;   /* trimmed, but a section's; white space inside it is there */
    struct wgctl_slice value; /* trimmed, without the comment */
};
struct wgctl_line_parts wgctl_line_parse(struct wgctl_slice line);
/* With its end (LF, CRLF, or none on the last one). Good until the document is edited. */
struct wgctl_slice wgctl_document_line(const struct wgctl_document *document, size_t index);

/* Where `part` of the line stands. */
wgctl_position wgctl_document_position(const struct wgctl_document *document, size_t index,
                                       struct wgctl_slice part);
/* What stands there, up to the end of the line. Good until the document is edited. */
struct wgctl_slice wgctl_document_at(const struct wgctl_document *document,
                                     wgctl_position position);

/* Whether `key` is `name`, without regard to case and white space. */
bool wgctl_key_is(struct wgctl_slice key, const char *name);
/* `value` without any white space: itself where it has none, else in `buffer`; false where
 * it does not fit. */
bool wgctl_value_squeeze(struct wgctl_slice value, char *buffer, size_t size,
                         struct wgctl_slice *ret);

/* Inserts the lines of `text`, which is none of the document's, before line `index` (`count`
 * to append). Where the last line had no end it gets one first. */
int wgctl_document_insert(struct wgctl_document *document, size_t index, struct wgctl_slice text,
                          struct wgctl_error *err);
void wgctl_document_remove(struct wgctl_document *document, size_t index, size_t count);
/* Replaces `part`, a slice of line `index`; the rest of the line stays. `with` is one line and
 * is not part of the document. Fails with WGCTL_SYSTEM if memory runs out, or WGCTL_INVALID
 * above 4 GiB. */
int wgctl_document_replace(struct wgctl_document *document, size_t index, struct wgctl_slice part,
                           struct wgctl_slice with, struct wgctl_error *err);
/* Replaces the value on line `index`, which is a setting, in the same way. */
int wgctl_document_set_value(struct wgctl_document *document, size_t index,
                             struct wgctl_slice value, struct wgctl_error *err);
