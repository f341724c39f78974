/* QR codes: a device's configuration as a picture that its camera reads.
 *
 * A code holds the device's private key as surely as its file does: the modules
 * are wiped when the code is freed, and so is every struct wgctl_text a picture
 * was written into. What libqrencode itself frees while it encodes is not wiped.
 *
 * Every form has the quiet zone of ISO/IEC 18004, four light modules on each
 * side. The same configuration always makes the same picture, byte for byte.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

enum {
    WGCTL_QR_BYTES_MAX = 2953, /* version 40, level L, 8 bit */
    WGCTL_QR_QUIET = 4,        /* modules of the quiet zone, on each side */
    WGCTL_QR_WIDTH_MAX = 177 + 2 * WGCTL_QR_QUIET,
    WGCTL_QR_PIXELS = 8, /* a module's side in a PNG, and in an SVG not scaled */
};

/* The modules of a code. */
struct wgctl_qr;

/* Appends the configuration as it goes into a code: without comments ('#' starts
 * one anywhere in a line, as wg(8) has it), without white space at the ends of a
 * line, without blank lines, and with LF after every line. It means the same to
 * every WireGuard app, in fewer and so larger modules. */
void wgctl_qr_text(struct wgctl_slice config, struct wgctl_text *ret);

/* Encodes what wgctl_qr_text() makes of the configuration, in 8-bit mode with
 * error correction level L: a screen is never torn or stained. Fails with
 * WGCTL_INVALID where nothing is left to encode, or more than WGCTL_QR_BYTES_MAX
 * bytes; with WGCTL_UNSUPPORTED where libqrencode is missing; with WGCTL_SYSTEM where
 * memory has run out. The caller frees *ret. */
int wgctl_qr_encode(struct wgctl_slice config, struct wgctl_qr **ret, struct wgctl_error *err);
/* Wipes and frees. NULL is fine. */
void wgctl_qr_free(struct wgctl_qr *qr);

/* The columns and rows that the terminal form fills. The cursor comes to stand
 * one row below: a window needs a row more than the code to show all of it. */
void wgctl_qr_terminal_size(const struct wgctl_qr *qr, unsigned *ret_columns, unsigned *ret_rows);

/* Appends the code as lines of UTF-8 for a terminal, two modules a character:
 * a space or U+2580, U+2584, U+2588, which draw the light modules.
 *
 * With colour, it is dark on light wherever it is shown: black and white are the
 * xterm palette's 16 and 231, which themes leave alone (light themes swap black
 * and white of the first sixteen), and each line ends with a reset.
 *
 * Without colour there is no escape in it. That is right on a terminal with a
 * dark background. On a light one it is the negative of a code, which not every
 * reader takes (WireGuard for Android does not): prefer colour, or a picture,
 * where the background is not known. */
void wgctl_qr_terminal(const struct wgctl_qr *qr, bool colour, struct wgctl_text *ret);

/* Appends the code as an SVG document, black on white. */
void wgctl_qr_svg(const struct wgctl_qr *qr, struct wgctl_text *ret);

/* Appends the code as a PNG file, black on white, one bit a pixel. Fails with
 * WGCTL_UNSUPPORTED where libpng is missing, with WGCTL_SYSTEM where memory has run out; what
 * is in *ret is then no picture. */
int wgctl_qr_png(const struct wgctl_qr *qr, struct wgctl_text *ret, struct wgctl_error *err);

/* For the code that draws; front ends have no need of these. */

/* Modules a side, with the quiet zone. */
unsigned wgctl_qr_width(const struct wgctl_qr *qr);
/* Whether the module is dark, counted from the upper left corner of the quiet
 * zone. What lies outside the code is light. */
bool wgctl_qr_dark(const struct wgctl_qr *qr, unsigned x, unsigned y);
