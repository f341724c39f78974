#include "qr/qr.h"

#include <errno.h>
#include <fcntl.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

struct wgctl_qr {
    unsigned width;            /* without the quiet zone */
    struct wgctl_text modules; /* a byte each, of which the lowest bit is the module */
};

static void append_line(struct wgctl_slice line, struct wgctl_text *ret)
{
    const char *comment = line.size ? memchr(line.data, '#', line.size) : NULL;
    if (comment)
        line.size = (size_t)(comment - line.data);
    line = wgctl_slice_trim(line);
    if (line.size == 0)
        return;
    wgctl_text_slice(ret, line);
    wgctl_text_append(ret, "\n", 1);
}

void wgctl_qr_text(struct wgctl_slice config, struct wgctl_text *ret)
{
    struct wgctl_slice line;
    while (wgctl_slice_split(&config, '\n', &line))
        append_line(line, ret);
}

static int check_size(size_t size, struct wgctl_error *err)
{
    if (size == 0)
        return wgctl_fail(err, WGCTL_INVALID, "there is no configuration to make a QR code of");
    if (size > WGCTL_QR_BYTES_MAX) {
        wgctl_fail(err, WGCTL_INVALID,
                   "the configuration is too long for a QR code: %zu bytes, and it holds %d", size,
                   WGCTL_QR_BYTES_MAX);
        return wgctl_hint(err, "shorten its list of allowed IPs, or copy the file to the device "
                               "and import it there");
    }
    return WGCTL_OK;
}

static _Noreturn void encode_and_exit(struct wgctl_slice text, int modules)
{
    /* QRcode_encodeString8bit() would stop at a NUL byte without an error. */
    QRcode *code =
        QRcode_encodeData((int)text.size, (const unsigned char *)text.data, 0, QR_ECLEVEL_L);
    if (!code)
        _exit(EXIT_FAILURE);
    size_t size = (size_t)code->width * (size_t)code->width;
    int rc = wgctl_write_all(modules, (struct wgctl_slice){(const char *)code->data, size});
    _exit(rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* libqrencode does not wipe the copies that it frees, and uses no allocator but malloc(3). So it
 * works in a child process, and all its memory ends with that. */
static int encode_in_child(struct wgctl_slice text, struct wgctl_text *ret)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    WGCTL_FD modules = ends[0], child_end = ends[1];
    pid_t child = fork();
    if (child == 0)
        encode_and_exit(text, child_end);
    wgctl_close_pointer(&child_end);
    child_end = -1;
    if (child < 0)
        return -1;
    int rc = wgctl_read_all(modules, WGCTL_QR_WIDTH_MAX * WGCTL_QR_WIDTH_MAX, SIZE_MAX, ret);
    int number = errno;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    errno = number;
    return rc;
}

static int encode(struct wgctl_slice text, struct wgctl_qr *ret, struct wgctl_error *err)
{
    if (encode_in_child(text, &ret->modules) < 0)
        return wgctl_fail_errno(err, "cannot make the QR code");
    size_t size = ret->modules.size;
    while ((size_t)ret->width * ret->width < size)
        ret->width++;
    if (size == 0 || (size_t)ret->width * ret->width != size)
        return wgctl_fail(err, WGCTL_SYSTEM, "cannot make the QR code: its process ended early");
    return wgctl_text_check(&ret->modules, err);
}

int wgctl_qr_encode(struct wgctl_slice config, struct wgctl_qr **ret, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    wgctl_qr_text(config, &text);
    int status = wgctl_text_check(&text, err);
    if (!status)
        status = check_size(text.size, err);
    if (status)
        return status;

    struct wgctl_qr *qr = calloc(1, sizeof *qr);
    if (!qr)
        return wgctl_fail_memory(err);
    status = encode(wgctl_text_slice_of(&text), qr, err);
    if (status)
        wgctl_qr_free(qr);
    else
        *ret = qr;
    return status;
}

void wgctl_qr_free(struct wgctl_qr *qr)
{
    if (qr)
        wgctl_text_clear(&qr->modules);
    free(qr);
}

unsigned wgctl_qr_width(const struct wgctl_qr *qr)
{
    return qr->width + 2 * WGCTL_QR_QUIET;
}

bool wgctl_qr_dark(const struct wgctl_qr *qr, unsigned x, unsigned y)
{
    if (x < WGCTL_QR_QUIET || y < WGCTL_QR_QUIET)
        return false;
    x -= WGCTL_QR_QUIET;
    y -= WGCTL_QR_QUIET;
    return x < qr->width && y < qr->width && (qr->modules.data[y * qr->width + x] & 1);
}

void wgctl_qr_terminal_size(const struct wgctl_qr *qr, unsigned *ret_columns, unsigned *ret_rows)
{
    *ret_columns = wgctl_qr_width(qr);
    *ret_rows = (wgctl_qr_width(qr) + 1) / 2;
}

/* The characters draw the light modules. With colour, a cell without a dark module has a light
 * background too: the glyphs of some fonts leave a gap between two lines, through which the
 * background shows. Readers fail first on light gaps in dark bars, so a cell with any dark
 * module has a dark background. */
static void draw_line(const struct wgctl_qr *qr, unsigned y, bool colour, struct wgctl_text *ret)
{
    static const char *const blocks[2][2] = {{"█", "▀"}, {"▄", " "}};
    static const char *const backgrounds[2] = {"\033[48;5;231m", "\033[48;5;16m"};
    bool before = false;
    if (colour)
        wgctl_text_string(ret, "\033[38;5;231m");
    for (unsigned x = 0; x < wgctl_qr_width(qr); x++) {
        bool upper = wgctl_qr_dark(qr, x, y);
        bool lower = wgctl_qr_dark(qr, x, y + 1);
        bool dark = upper || lower;
        if (colour && (x == 0 || dark != before))
            wgctl_text_string(ret, backgrounds[dark]);
        wgctl_text_string(ret, blocks[upper][lower]);
        before = dark;
    }
    /* Before the newline: a terminal that scrolls fills the new line with the current
     * background. */
    if (colour)
        wgctl_text_string(ret, "\033[0m");
    wgctl_text_string(ret, "\n");
}

void wgctl_qr_terminal(const struct wgctl_qr *qr, bool colour, struct wgctl_text *ret)
{
    for (unsigned y = 0; y < wgctl_qr_width(qr); y += 2)
        draw_line(qr, y, colour, ret);
}

/* Draws each run of dark modules as a rectangle of one path. */
static void draw_runs(const struct wgctl_qr *qr, unsigned y, struct wgctl_text *ret)
{
    unsigned width = wgctl_qr_width(qr);
    for (unsigned x = 0, end; x < width; x = end + 1) {
        for (end = x; end < width && wgctl_qr_dark(qr, end, y);)
            end++;
        if (end > x)
            wgctl_text_format(ret, "M%u %uh%uv1h-%uz", x, y, end - x, end - x);
    }
}

#define SVG_START "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg"
_Static_assert(sizeof SVG_START - 1 == WGCTL_QR_START_SIZE, "it is the longer one");

bool wgctl_qr_is_picture(struct wgctl_slice start)
{
    return wgctl_slice_starts(start, SVG_START) || wgctl_slice_starts(start, "\x89PNG\r\n\x1a\n");
}

void wgctl_qr_svg(const struct wgctl_qr *qr, struct wgctl_text *ret)
{
    unsigned width = wgctl_qr_width(qr);
    wgctl_text_format(ret,
                      SVG_START " xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
                                "viewBox=\"0 0 %u %u\">\n"
                                "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n"
                                "<path fill=\"#000\" shape-rendering=\"crispEdges\" d=\"",
                      width * WGCTL_QR_PIXELS, width * WGCTL_QR_PIXELS, width, width, width, width);
    for (unsigned y = 0; y < width; y++)
        draw_runs(qr, y, ret);
    wgctl_text_string(ret, "\"/>\n</svg>\n");
}
