#include "qr/qr.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

/* A byte of a row holds eight pixels of one bit each. */
_Static_assert(WGCTL_QR_PIXELS == 8, "draw_row() makes one module one byte");

/* libpng and zlib do not wipe the parts of the picture that they free. */
static png_voidp block_new(png_structp png, png_alloc_size_t size)
{
    (void)png;
    return malloc(size);
}

static void block_free(png_structp png, png_voidp block)
{
    (void)png;
    wgctl_free_wiped(block);
}

static void on_write(png_structp png, png_bytep data, size_t size)
{
    wgctl_text_append(png_get_io_ptr(png), data, size);
}

/* Without this, libpng would take `ret` for a FILE. */
static void on_flush(png_structp png)
{
    (void)png;
}

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    wgctl_fail(png_get_error_ptr(png), WGCTL_SYSTEM, "cannot make the PNG picture: %s", message);
    png_longjmp(png, 1);
}

/* Without this, libpng would print the warning. */
static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void draw_row(const struct wgctl_qr *qr, unsigned y, png_bytep row)
{
    for (unsigned x = 0; x < wgctl_qr_width(qr); x++)
        row[x] = wgctl_qr_dark(qr, x, y) ? 0x00 : 0xff;
}

/* The caller owns `row`, because a longjmp(3) out of here would skip wiping it. */
static int write_picture(const struct wgctl_qr *qr, png_structp png, png_infop info, png_bytep row,
                         struct wgctl_text *ret, struct wgctl_error *err)
{
    unsigned width = wgctl_qr_width(qr);
    if (setjmp(png_jmpbuf(png)))
        return err->status;
    png_set_write_fn(png, ret, on_write, on_flush);
    png_set_IHDR(png, info, width * WGCTL_QR_PIXELS, width * WGCTL_QR_PIXELS, 1,
                 PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (unsigned y = 0; y < width; y++) {
        draw_row(qr, y, row);
        for (int i = 0; i < WGCTL_QR_PIXELS; i++)
            png_write_row(png, row);
    }
    png_write_end(png, info);
    return wgctl_text_check(ret, err);
}

int wgctl_qr_png(const struct wgctl_qr *qr, struct wgctl_text *ret, struct wgctl_error *err)
{
    png_byte row[WGCTL_QR_WIDTH_MAX];
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, err, on_error, on_warning,
                                                NULL, block_new, block_free);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    int status = info ? write_picture(qr, png, info, row, ret, err) : wgctl_fail_memory(err);
    png_destroy_write_struct(&png, &info);
    explicit_bzero(row, sizeof row);
    return status;
}
