#include "command.h"

int run_qr(struct context *context, const struct command *command, int argc, char **argv,
           struct wgctl_error *err)
{
    PICTURES pictures = {0};
    const char *png = NULL, *svg = NULL;
    const struct option_spec options[] = {
        {"png", "FILE", "write it as a picture instead", &png, NULL},
        {"svg", "FILE", "the same, as SVG", &svg, NULL},
        {0},
    };
    char **names;
    int count;
    int rc = parse_options(context, command, options, argc, argv, &names, &count, err);
    if (rc < 0 || context->done)
        return rc;

    if (context->json) {
        fail_usage(context, err, "a QR code has no JSON form");
        return wgctl_hint(err, "'wgctl show %s --json' has its text", names[0]);
    }

    WGCTL_TUNNEL *tunnel = NULL;
    WGCTL_TEXT config = {0};
    rc = open_tunnel(context, WGCTL_READ, &tunnel, err);
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_client_import(tunnel, names[0], &config, err);
    if (rc < 0)
        return rc;
    pictures.png = png;
    pictures.svg = svg;
    pictures.terminal = !png && !svg;
    rc = pictures_prepare(&pictures, wgctl_text_slice_of(&config), err);
    if (rc == WGCTL_OK)
        rc = pictures_publish(&pictures, err);
    return rc < 0 ? rc : pictures_draw(context, &pictures, err);
}
