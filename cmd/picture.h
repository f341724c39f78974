/* A client's QR code: on the terminal, and as PNG and SVG files. */
#pragma once

#include "context.h"

struct pictures {
    bool terminal;
    const char *png, *svg; /* paths; NULL: not wanted */
    struct wgctl_qr *qr;
    struct picture_file {
        const char *path; /* NULL: there is none; the descriptors below are not open */
        int folder;       /* that it will be in */
        int own; /* a folder of our own in there, which the file is in; -1: it has no name */
        int fd;
    } png_file, svg_file;
};
/* Encodes the code and writes the files that are `wanted`, without a name, so that what can fail
 * fails before anything was changed, and a kill leaves nothing behind. Fails with WGCTL_EXISTS if
 * one would replace anything but a picture that the user owns: nothing is written through a link.
 */
int pictures_prepare(const struct pictures *wanted, struct wgctl_slice config, struct pictures *ret,
                     struct wgctl_error *err);
/* Gives the files their names, replacing the user's older pictures. */
int pictures_publish(struct pictures *pictures, struct wgctl_error *err);
/* Draws the code of the peer `name` on standard output. Fails with WGCTL_UNSUPPORTED if the window
 * is too small. */
int pictures_draw(const struct context *context, const struct pictures *pictures, const char *name,
                  struct wgctl_error *err);
/* Discards what was prepared and not published, and wipes the code. */
void pictures_clear(struct pictures *pictures);
#define PICTURES __attribute__((cleanup(pictures_clear))) struct pictures
