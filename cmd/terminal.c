/* What people see: messages, colours, questions. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

void print_escaped(FILE *stream, struct wgctl_slice text)
{
    while (text.size > 0) {
        unsigned code = 0;
        size_t length = wgctl_slice_character(text, &code);
        if (length > 0 && !wgctl_is_harmful(code))
            fwrite(text.data, 1, length, stream);
        else if (length <= 1)
            fprintf(stream, "\\x%02x", (unsigned char)text.data[0]);
        else
            fprintf(stream, "\\u{%x}", code);
        length = length ? length : 1;
        text.data += length;
        text.size -= length;
    }
}

bool use_color(const struct context *context, FILE *stream)
{
    const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (context->color != COLOR_AUTO)
        return context->color == COLOR_ALWAYS;
    return isatty(fileno(stream)) && !(refused && refused[0]) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

const char *color(const struct context *context, FILE *stream, const char *sequence)
{
    return use_color(context, stream) ? sequence : "";
}

void add_calls(const struct context *context, const char *text, struct wgctl_text *ret)
{
    static const char name[] = "wgctl ";
    const char *found;
    while ((found = strstr(text, name))) {
        found += strlen(name);
        wgctl_text_append(ret, text, (size_t)(found - text));
        text = found;
        if (*text < 'a' || *text > 'z')
            continue;
        if (context->named_folder)
            wgctl_text_format(ret, "-C %s ", context->folder);
        if (context->named_interface)
            wgctl_text_format(ret, "-i %s ", context->interface);
    }
    wgctl_text_string(ret, text);
}

int flush_output(void)
{
    static int lost;
    if (fflush(stdout) != 0 && lost == 0)
        lost = errno;
    return lost;
}

static void print_with_calls(const struct context *context, const char *text)
{
    flush_output();
    WGCTL_TEXT complete = {0};
    add_calls(context, text, &complete);
    struct wgctl_slice rest =
        complete.failed ? wgctl_slice_of(text) : wgctl_text_slice_of(&complete);
    struct wgctl_slice line;
    while (wgctl_slice_split(&rest, '\n', &line)) {
        print_escaped(stderr, line);
        fputc('\n', stderr);
    }
}

void note(const struct context *context, const char *format, ...)
{
    char text[1024];
    if (context->quiet || context->json)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_with_calls(context, text);
}

void say_step(const struct context *context, const char *format, ...)
{
    if (context->quiet || context->json || !isatty(STDERR_FILENO))
        return;
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

/* A line that is written over, so that a window shows how far it is. */
static bool line_is_open;

static void close_line(void)
{
    if (line_is_open)
        fputs("\r\033[K", stderr);
    line_is_open = false;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void draw_progress(void *context, size_t done, size_t total)
{
    enum { SHORT = 700, PAUSE = 100 }; /* what is over sooner needs no words */
    static int64_t next;
    int64_t now = now_ms();
    (void)context;
    if (next == 0)
        next = now + SHORT;
    if (done < total && now >= next) {
        fprintf(stderr, "\r%zu of %zu changes made...\033[K", done, total);
        line_is_open = true;
        next = now + PAUSE;
    }
    if (done == total)
        close_line();
}

struct wgctl_progress progress_of(const struct context *context)
{
    bool watched = !context->quiet && !context->json && isatty(STDERR_FILENO);
    return (struct wgctl_progress){.report = watched ? draw_progress : NULL};
}

void print_error(const struct context *context, const struct wgctl_error *err)
{
    if (context->json && json_error(context, err) == WGCTL_OK)
        return;
    close_line();
    flush_output();
    fprintf(stderr, "%swgctl:%s ", color(context, stderr, RED), color(context, stderr, PLAIN));
    print_escaped(stderr, wgctl_slice_of(err->message));
    fputc('\n', stderr);
    if (!err->hint[0])
        return;
    fprintf(stderr, "%s  -> %s", color(context, stderr, BOLD), color(context, stderr, PLAIN));
    print_with_calls(context, err->hint);
}

void print_addresses(FILE *stream, const struct wgctl_tunnel *tunnel, size_t index)
{
    struct wgctl_peer_info peer;
    wgctl_tunnel_peer(tunnel, index, &peer);
    for (size_t i = 0; i < peer.address_count; i++) {
        char text[WGCTL_ADDRESS_TEXT_SIZE];
        wgctl_tunnel_peer_address(tunnel, index, i, text);
        char *length = strchr(text, '/');
        if (strcmp(length, "/32") == 0 || strcmp(length, "/128") == 0)
            *length = '\0';
        fprintf(stream, "%s%s", i ? ", " : "", text);
    }
}

bool window_size(FILE *stream, unsigned *ret_columns, unsigned *ret_rows)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0)
        return false;
    *ret_columns = size.ws_col;
    *ret_rows = size.ws_row;
    return true;
}

bool can_ask(const struct context *context)
{
    return !context->yes && !context->json && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool confirm(const struct context *context, const char *question)
{
    char answer[16];
    if (!can_ask(context))
        return true;
    print_escaped(stderr, wgctl_slice_of(question));
    fputs(" [y/N] ", stderr);
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

int print_secret(const struct wgctl_text *text, struct wgctl_error *err)
{
    struct wgctl_slice rest = wgctl_text_slice_of(text);
    flush_output();
    while (rest.size > 0) {
        ssize_t put = write(STDOUT_FILENO, rest.data, rest.size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return wgctl_fail_errno(err, "cannot write the output");
        rest.data += put;
        rest.size -= (size_t)put;
    }
    return WGCTL_OK;
}
