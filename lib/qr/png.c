#include "qr/qr.h"

#include <png.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/library.h"

#define FUNCTIONS(of)                                                                             \
    of(create_write_struct_2) of(create_info_struct) of(destroy_write_struct) of(set_longjmp_fn)  \
        of(longjmp) of(get_error_ptr) of(get_io_ptr) of(set_write_fn) of(set_IHDR) of(write_info) \
            of(write_row) of(write_end)

#define POINTER(function) __typeof__(&png_##function) function;
static struct {
    FUNCTIONS(POINTER)
} libpng;

#define SYMBOL(function) {"png_" #function, &libpng.function},
static int load_libpng(void **ret, struct wgctl_error *err)
{
    static const struct wgctl_symbol symbols[] = {FUNCTIONS(SYMBOL)};
    return wgctl_library_load(WGCTL_PNG_LIBRARY, "libpng16-16", symbols,
                              sizeof symbols / sizeof *symbols, ret, err);
}

/* A byte of a row is eight pixels of one bit. */
_Static_assert(WGCTL_QR_PIXELS == 8, "draw_row() makes one module one byte");

/* libpng and zlib leave the picture behind in what they free, so their memory
 * comes from here and knows how much of it there is to wipe. */
struct block {
    size_t size;
    alignas(max_align_t) char data[];
};

static png_voidp block_new(png_structp png, png_alloc_size_t size)
{
    (void)png;
    if (size > SIZE_MAX / 2)
        return NULL;
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->size = size;
    return block->data;
}

static void block_free(png_structp png, png_voidp data)
{
    (void)png;
    struct block *block = (struct block *)((char *)data - offsetof(struct block, data));
    explicit_bzero(block->data, block->size);
    free(block);
}

static void on_write(png_structp png, png_bytep data, size_t size)
{
    wgctl_text_append(libpng.get_io_ptr(png), data, size);
}

/* Without one, libpng would take the text for a FILE. */
static void on_flush(png_structp png)
{
    (void)png;
}

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    wgctl_fail(libpng.get_error_ptr(png), WGCTL_SYSTEM, "cannot make the PNG picture: %s", message);
    libpng.longjmp(png, 1);
}

/* Without one, libpng would print it. */
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

/* `row` is the caller's: a longjmp(3) must not skip its wiping. */
static int write_picture(const struct wgctl_qr *qr, png_structp png, png_infop info, png_bytep row,
                         struct wgctl_text *ret, struct wgctl_error *err)
{
    unsigned width = wgctl_qr_width(qr);
    if (setjmp(*libpng.set_longjmp_fn(png, longjmp, sizeof(jmp_buf))))
        return err->status;
    libpng.set_write_fn(png, ret, on_write, on_flush);
    libpng.set_IHDR(png, info, width * WGCTL_QR_PIXELS, width * WGCTL_QR_PIXELS, 1,
                    PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                    PNG_FILTER_TYPE_DEFAULT);
    libpng.write_info(png, info);
    for (unsigned y = 0; y < width; y++) {
        draw_row(qr, y, row);
        for (int i = 0; i < WGCTL_QR_PIXELS; i++)
            libpng.write_row(png, row);
    }
    libpng.write_end(png, info);
    return wgctl_text_check(ret, err);
}

int wgctl_qr_png(const struct wgctl_qr *qr, struct wgctl_text *ret, struct wgctl_error *err)
{
    png_byte row[WGCTL_QR_WIDTH_MAX];
    void *library;
    int status = load_libpng(&library, err);
    if (status)
        return status;
    png_structp png = libpng.create_write_struct_2(PNG_LIBPNG_VER_STRING, err, on_error, on_warning,
                                                   NULL, block_new, block_free);
    png_infop info = png ? libpng.create_info_struct(png) : NULL;
    status = info ? write_picture(qr, png, info, row, ret, err) : wgctl_fail_memory(err);
    libpng.destroy_write_struct(&png, &info);
    wgctl_library_unload(library);
    explicit_bzero(row, sizeof row);
    return status;
}
