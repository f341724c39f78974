#include "host/udp.h"

#include <stdlib.h>

#include "base/file.h"

void wgctl_udp_ports_add(struct wgctl_udp_ports *ports, uint16_t port)
{
    ports->bits[port / 8] |= (uint8_t)(1U << port % 8);
}

bool wgctl_udp_ports_have(const struct wgctl_udp_ports *ports, uint16_t port)
{
    return ports->bits[port / 8] >> port % 8 & 1;
}

/* "  123: 0100007F:CA6C 00000000:0000 07 …": the number after the second colon, in base 16. */
static bool parse_line(struct wgctl_slice line, uint16_t *ret)
{
    struct wgctl_slice part;
    char digits[8];
    for (int i = 0; i < 3; i++)
        if (!wgctl_slice_split(&line, ':', &part))
            return false;
    if (part.size < 4)
        return false;
    part.size = 4;
    char *end;
    unsigned long number = strtoul(wgctl_slice_string(part, digits, sizeof digits), &end, 16);
    *ret = (uint16_t)number;
    return end == digits + 4;
}

void wgctl_udp_ports_parse(struct wgctl_slice text, struct wgctl_udp_ports *ports)
{
    struct wgctl_slice line;
    uint16_t port;
    while (text.data && wgctl_slice_split(&text, '\n', &line))
        if (parse_line(line, &port))
            wgctl_udp_ports_add(ports, port);
}

void wgctl_udp_ports_look(struct wgctl_udp_ports *ports)
{
    static const char *const files[] = {"/proc/net/udp", "/proc/net/udp6"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        WGCTL_TEXT text = {0};
        if (wgctl_file_content(files[i], &text))
            wgctl_udp_ports_parse(wgctl_text_slice_of(&text), ports);
    }
}
