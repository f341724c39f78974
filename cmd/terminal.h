/* What people see: messages, colours, questions. */
#pragma once

#include <stdio.h>

#include "context.h"

#define GREEN "\033[32m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* Prints text that came from a file or the command line. Characters that a terminal would take as
 * a command, or that hide what the text is, are printed as escapes: \x1b, \u{202e}. What
 * may be a key in the wrong place becomes a '…'. Returns how many columns it fills, if each
 * character fills one. */
size_t print_escaped(FILE *stream, struct wgctl_slice text);
/* Returns the same without printing. */
size_t columns_of(struct wgctl_slice text);
enum { COMPLETED_SIZE = 8192 };
/* Copies `text` with each call in it, "sudo wgctl COMMAND", completed so that it works as printed:
 * "wgctl -C DIR -i wg1 COMMAND" if those options were given, and without sudo for root. Allocates
 * nothing, so that it works when memory has run out. */
void complete_calls(const struct context *context, const char *text, char ret[COMPLETED_SIZE]);
/* Prints `text` and a newline on standard error, escaped and with its calls completed. */
void print_with_calls(const struct context *context, const char *text);
/* Flushes standard output, so that it keeps its order with standard error when both go to the same
 * file. Returns 0, or the errno(3) of the first failure. */
int flush_output(void);
/* Prints a message for people on standard error, escaped and with its calls completed, unless
 * --quiet or --json. */
void note(const struct context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Says what is happening to somebody who waits at a terminal: on a slow machine the firewall's
 * programs take seconds. */
void say_step(const struct context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Shows somebody who waits at a terminal how far a long change has come. */
struct wgctl_progress progress_of(const struct context *context);
/* Removes the line that shows the progress, if there is one. */
void close_progress(void);
bool use_color(const struct context *context, FILE *stream);
/* `sequence` if that stream is coloured, else "". */
const char *color(const struct context *context, FILE *stream, const char *sequence);
/* Prints a peer's allowed IPs, separated by commas; /32 and /128 are left out. */
void print_addresses(FILE *stream, const struct wgctl_tunnel *tunnel, size_t index);
/* False if the stream is not a terminal, or the terminal does not know its size. */
bool window_size(FILE *stream, unsigned *ret_columns, unsigned *ret_rows);
/* Asks a yes-or-no question on the controlling terminal, whatever standard input and output
 * are. Succeeds at once with --yes. Fails if the answer is not yes, and if there is nobody to
 * ask: with --json, and without a terminal. */
int confirm(struct context *context, const char *question, struct wgctl_error *err);
/* Prints text that may hold a secret on standard output, without a buffer. */
int print_secret(const struct wgctl_text *text, struct wgctl_error *err);
