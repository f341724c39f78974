#include "command.h"
#include "picture.h"
#include "report.h"

static const char *png, *svg;

static const struct option_spec options[] = {
    {"png", "FILE", "write the QR code to a PNG file", &png, NULL, '\0'},
    {"svg", "FILE", "write the QR code to an SVG file", &svg, NULL, '\0'},
    {0},
};

static int check(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    (void)argc;
    if (!context->json)
        return WGCTL_OK;
    fail_usage(context, err, "a QR code cannot be printed as JSON");
    return wgctl_hint(err, "'sudo wgctl show %s --json' prints the configuration", argv[0]);
}

static int run(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err)
{
    const struct pictures wanted = {.terminal = !png && !svg, .png = png, .svg = svg};
    PICTURES pictures = {0};
    WGCTL_TEXT config = {0};
    (void)argc;
    int rc = wgctl_tunnel_client_import(tunnel, argv[0], &config, err);
    if (rc == WGCTL_OK)
        rc = pictures_prepare(&wanted, wgctl_text_slice_of(&config), &pictures, err);
    if (rc == WGCTL_OK)
        rc = pictures_publish(&pictures, err);
    if (rc < 0)
        return rc;
    warn_of_port(context, tunnel);
    return pictures_draw(context, &pictures, argv[0], err);
}

const struct command qr_command = {
    .name = "qr",
    .arguments = "NAME",
    .summary = "Show a device's QR code again",
    .least = 1,
    .most = 1,
    .options = options,
    .access = ACCESS_READ,
    .check = check,
    .run = run,
};
