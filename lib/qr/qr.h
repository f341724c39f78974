/* QR codes: a device's configuration as a picture for the device's camera.
 *
 * The only place that includes libqrencode and libpng. A code contains the device's private
 * key just as its file does: the modules are wiped when the code is freed, and so is any
 * struct wgctl_text that a picture was written to. libqrencode does not wipe what it frees, so it
 * runs in a child process.
 *
 * Every form has the quiet zone of ISO/IEC 18004, four light modules on each side. The same
 * configuration always makes the same picture, byte for byte.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

enum {
    WGCTL_QR_BYTES_MAX = 2953, /* version 40, level L, 8-bit mode (ISO/IEC 18004, table 7) */
    WGCTL_QR_QUIET = 4,        /* modules of the quiet zone on each side */
    WGCTL_QR_WIDTH_MAX = 177 + 2 * WGCTL_QR_QUIET, /* modules */
    WGCTL_QR_PIXELS = 8, /* side of a module in a PNG, and in an SVG that is not scaled */
};

/* The modules of a code. */
struct wgctl_qr;

/* Appends the configuration the way it is encoded: without comments ('#' starts one anywhere in
 * a line, as for wg(8)), without white space at the ends of lines, without blank lines, and
 * with LF after each line. It means the same to every WireGuard app, and needs fewer, and so
 * larger, modules. Pure; failed memory is remembered in `ret`. */
void wgctl_qr_text(struct wgctl_slice config, struct wgctl_text *ret);

/* Encodes what wgctl_qr_text() makes of the configuration, in 8-bit mode and with error
 * correction level L, which is enough for a screen. The caller frees *ret. Fails with
 * WGCTL_INVALID if nothing is left to encode, or more than WGCTL_QR_BYTES_MAX bytes; with
 * WGCTL_SYSTEM if memory has run out. */
int wgctl_qr_encode(struct wgctl_slice config, struct wgctl_qr **ret, struct wgctl_error *err);
/* Wipes and frees it. Does nothing with NULL. */
void wgctl_qr_free(struct wgctl_qr *qr);

/* The size of the terminal form, in columns and rows. The cursor ends up one row below it, so a
 * window needs one more row than the code to show all of it. */
void wgctl_qr_terminal_size(const struct wgctl_qr *qr, unsigned *ret_columns, unsigned *ret_rows);

/* Appends the code as lines of UTF-8 for a terminal, two modules to a character: a space,
 * U+2580, U+2584 or U+2588, which draw the light modules.
 *
 * With colour, the code is dark on light on any terminal: black and white are numbers 16 and
 * 231 of the xterm palette, which themes leave alone (light themes swap the first sixteen), and
 * each line ends with a reset.
 *
 * Without colour, there are no escape sequences. That is right for a dark background; on a
 * light one it is the negative of a code, which some readers do not recognise (WireGuard for
 * Android is one). Prefer colour, or a picture, if the background is not known. */
void wgctl_qr_terminal(const struct wgctl_qr *qr, bool colour, struct wgctl_text *ret);

/* Appends the code as an SVG document, black on white. */
void wgctl_qr_svg(const struct wgctl_qr *qr, struct wgctl_text *ret);

/* Appends the code as a PNG file, black on white, one bit a pixel. Fails with WGCTL_SYSTEM if
 * memory has run out; *ret then contains no valid picture. */
int wgctl_qr_png(const struct wgctl_qr *qr, struct wgctl_text *ret, struct wgctl_error *err);

/* Returns whether this is the start of a file that wgctl_qr_svg() or wgctl_qr_png() can have made.
 * Its first WGCTL_QR_START_SIZE bytes are enough. */
bool wgctl_qr_is_picture(struct wgctl_slice start);
enum { WGCTL_QR_START_SIZE = 43 };

/* For the code that draws; front ends do not need these. */

/* The side of the code in modules, with its quiet zone. */
unsigned wgctl_qr_width(const struct wgctl_qr *qr);
/* Whether a module is dark; x and y count from the upper left corner of the quiet zone. False
 * outside the code. */
bool wgctl_qr_dark(const struct wgctl_qr *qr, unsigned x, unsigned y);
