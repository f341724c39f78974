#include "terminal.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_SIZE = 16 };

/* Takes a character off the text, and writes it to `ret` as a terminal may get it. Returns how many
 * columns it fills. */
static size_t next_piece(struct wgctl_slice *text, char ret[PIECE_SIZE])
{
    unsigned code = 0;
    size_t length = wgctl_slice_character(*text, &code), columns = 1;
    if (length > 0 && !wgctl_is_harmful(code))
        wgctl_slice_string((struct wgctl_slice){text->data, length}, ret, PIECE_SIZE);
    else if (length <= 1)
        columns = (size_t)snprintf(ret, PIECE_SIZE, "\\x%02x", (unsigned char)text->data[0]);
    else
        columns = (size_t)snprintf(ret, PIECE_SIZE, "\\u{%x}", code);
    length = length ? length : 1;
    text->data += length;
    text->size -= length;
    return columns;
}

/* With NULL it only counts columns. */
static size_t print_part(FILE *stream, struct wgctl_slice text)
{
    char piece[PIECE_SIZE];
    size_t columns = 0;
    while (text.size > 0) {
        columns += next_piece(&text, piece);
        if (stream)
            fputs(piece, stream);
    }
    return columns;
}

size_t print_escaped(FILE *stream, struct wgctl_slice text)
{
    static const char hidden[] = "…";
    size_t columns = 0, before, size;
    while (text.size > 0 && wgctl_secret_find(text.data, text.size, &before, &size)) {
        size_t used = before + size;
        columns += print_part(stream, (struct wgctl_slice){text.data, before});
        columns += print_part(stream, wgctl_slice_of(hidden));
        text = (struct wgctl_slice){text.data + used, text.size - used};
    }
    return columns + print_part(stream, text);
}

size_t columns_of(struct wgctl_slice text)
{
    return print_escaped(NULL, text);
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

/* How much of the text is a "sudo " that the caller does not need. Root needs none, unless it is
 * only root because of sudo(8). */
static size_t needless_sudo(const char *text)
{
    static const char sudo[] = "sudo ";
    bool is_needless =
        strncmp(text, sudo, strlen(sudo)) == 0 && geteuid() == 0 && !getenv("SUDO_UID");
    return is_needless ? strlen(sudo) : 0;
}

/* How much of the text is a call of wgctl, up to its first argument; 0 if none. */
static size_t call_of(const char *text)
{
    static const char name[] = "wgctl ";
    size_t size = strlen(name);
    bool is_call = strncmp(text, name, size) == 0 &&
                   (islower((unsigned char)text[size]) || strncmp(text + size, "-i ", 3) == 0);
    return is_call ? size : 0;
}

static void put(const char *text, size_t size, char ret[COMPLETED_SIZE])
{
    size_t used = strlen(ret), room = COMPLETED_SIZE - 1 - used;
    memcpy(ret + used, text, size < room ? size : room);
    ret[used + (size < room ? size : room)] = '\0';
}

static void put_option(const char *option, const char *value, char ret[COMPLETED_SIZE])
{
    put(option, strlen(option), ret);
    put(value, strlen(value), ret);
    put(" ", 1, ret);
}

void complete_calls(const struct context *context, const char *text, char ret[COMPLETED_SIZE])
{
    bool begins = true;
    ret[0] = '\0';
    while (*text) {
        size_t skipped = begins ? needless_sudo(text) : 0;
        size_t call = begins && skipped == 0 ? call_of(text) : 0;
        put(text, call, ret);
        if (call > 0 && context->named_folder)
            put_option("-C ", context->folder, ret);
        if (call > 0 && context->named_interface && text[call] != '-')
            put_option("-i ", context->interface, ret);
        text += skipped + call;
        if (skipped + call > 0)
            continue;
        begins = !isalnum((unsigned char)*text);
        put(text++, 1, ret);
    }
}

int flush_output(void)
{
    static int lost;
    if (fflush(stdout) != 0 && lost == 0)
        lost = errno;
    return lost;
}

void print_with_calls(const struct context *context, const char *text)
{
    flush_output();
    char complete[COMPLETED_SIZE];
    complete_calls(context, text, complete);
    struct wgctl_slice rest = wgctl_slice_of(complete), line;
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

void close_progress(void)
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
        close_progress();
}

struct wgctl_progress progress_of(const struct context *context)
{
    bool watched = !context->quiet && !context->json && isatty(STDERR_FILENO);
    return (struct wgctl_progress){.report = watched ? draw_progress : NULL};
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

int confirm(struct context *context, const char *question, struct wgctl_error *err)
{
    char answer[16];
    if (context->yes)
        return WGCTL_OK;
    FILE *terminal = context->json ? NULL : fopen("/dev/tty", "w+ce");
    if (!terminal) {
        context->usage_error = true;
        wgctl_fail(err, WGCTL_INVALID, "there is no terminal to ask on: %s", question);
        return wgctl_hint(err, "--yes goes ahead without asking");
    }
    print_escaped(terminal, wgctl_slice_of(question));
    fputs(" [y/N] ", terminal);
    fflush(terminal);
    bool answered = fgets(answer, sizeof answer, terminal);
    bool is_yes = answered && (answer[0] == 'y' || answer[0] == 'Y');
    if (!answered)
        fputc('\n', terminal); /* after Ctrl-D the cursor is still in that line */
    fclose(terminal);
    return is_yes ? WGCTL_OK : wgctl_fail(err, WGCTL_INVALID, "nothing was changed");
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
