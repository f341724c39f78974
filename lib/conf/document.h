/* A document: a configuration file as lines, each kept byte for byte.
 *
 * Reading one and rendering it again is the identity. An edit changes the lines it names and no
 * other; inserted lines get the line ends of the file. Lines mean what wg(8) takes them for: '#'
 * starts a comment anywhere, and white space does not count, not even inside a word. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

/* A place in the text of a document. Stays valid whatever is edited. */
typedef uint32_t wgctl_position;

struct wgctl_document {
    struct wgctl_text source; /* what was read, with an end for the last line; never changes */
    size_t read;              /* the size of what was read */
    struct wgctl_text added;  /* lines made by edits; their positions follow the source's */
    wgctl_position *lines;    /* where each line begins. It ends with its '\n' */
    size_t count, capacity;
    bool is_edited;       /* since it was read */
    bool last_is_open;    /* the last line has no end, although it has one in the text */
    const char *line_end; /* of inserted lines: "\n" or "\r\n" */
};

/* Splits a text into lines. Takes ownership of `source`, on failure as well, and leaves it empty.
 * Fails with WGCTL_INVALID above 64 MiB, with WGCTL_SYSTEM if memory runs out. */
int wgctl_document_parse(struct wgctl_text *source, struct wgctl_document *ret,
                         struct wgctl_error *err);
/* Wipes it and frees what it owns. */
void wgctl_document_clear(struct wgctl_document *document);
#define WGCTL_DOCUMENT __attribute__((cleanup(wgctl_document_clear))) struct wgctl_document

/* The text as it was read, whatever has been edited since. Valid until the document is cleared. */
struct wgctl_slice wgctl_document_original(const struct wgctl_document *document);
/* Appends the whole document; ask wgctl_text_check() whether memory ran out. */
void wgctl_document_render(const struct wgctl_document *document, struct wgctl_text *ret);

enum wgctl_line_kind {
    WGCTL_LINE_BLANK,
    WGCTL_LINE_COMMENT, /* `value` is what follows the '#' */
    WGCTL_LINE_SECTION, /* `key` is the name between the brackets */
    WGCTL_LINE_SETTING, /* KEY = VALUE [# comment] */
    WGCTL_LINE_OTHER,   /* anything else: an error in a file for wg */
};
/* What is on a line; the slices point into it. */
struct wgctl_line_parts {
    enum wgctl_line_kind kind;
    struct wgctl_slice key;   /* trimmed, except a section's; may have white space inside */
    struct wgctl_slice value; /* trimmed, without the comment */
};
struct wgctl_line_parts wgctl_line_parse(struct wgctl_slice line);
/* Does the same with the first line of `rest`, and removes it. False if there was none:
 *     while (wgctl_line_next(&rest, &parts)) ... */
bool wgctl_line_next(struct wgctl_slice *rest, struct wgctl_line_parts *ret);

/* A line with its end: LF, CRLF, or none for the last one. Valid until the document is edited, like
 * every slice of a document below. */
struct wgctl_slice wgctl_document_line(const struct wgctl_document *document, size_t index);
/* The position of `part`, a slice of line `index`. */
wgctl_position wgctl_document_position(const struct wgctl_document *document, size_t index,
                                       struct wgctl_slice part);
/* The text from a position to the end of its line. */
struct wgctl_slice wgctl_document_at(const struct wgctl_document *document,
                                     wgctl_position position);

/* Whether `key` is `name`, ignoring case and white space. */
bool wgctl_key_is(struct wgctl_slice key, const char *name);
/* Removes the white space from a value: `ret` is the value itself if it has none, else a copy in
 * `buffer`. False if that is too small. */
bool wgctl_value_squeeze(struct wgctl_slice value, char *buffer, size_t size,
                         struct wgctl_slice *ret);

/* Edits. A text that is put in must not be a slice of the document. Each fails with WGCTL_SYSTEM if
 * memory runs out, or with WGCTL_INVALID above 64 MiB. */

/* Inserts the lines of `text` before line `index`, or appends them if that is `count`. A last line
 * without an end gets one first. */
int wgctl_document_insert(struct wgctl_document *document, size_t index, struct wgctl_slice text,
                          struct wgctl_error *err);
/* Removes `count` lines from `index` on. */
void wgctl_document_remove(struct wgctl_document *document, size_t index, size_t count);
/* Replaces `part`, a slice of line `index`, by `with`, which is one line. */
int wgctl_document_replace(struct wgctl_document *document, size_t index, struct wgctl_slice part,
                           struct wgctl_slice with, struct wgctl_error *err);
/* Replaces the value on line `index`, a setting; everything around it stays. */
int wgctl_document_set_value(struct wgctl_document *document, size_t index,
                             struct wgctl_slice value, struct wgctl_error *err);
