/* What several commands report: errors, warnings and notes. */
#pragma once

#include "context.h"

/* Prints the error on standard error, as text or as JSON. */
void print_error(const struct context *context, const struct wgctl_error *err);
/* Prints it as a warning: the command goes on. Nothing with --quiet or --json. */
void warn(const struct context *context, const struct wgctl_error *err);
/* Warns if devices cannot find the server because its port is random. */
void warn_of_port(const struct context *context, const struct wgctl_tunnel *tunnel);
/* Warns if the file's own firewall rules are for other networks or another port than the tunnel's.
 */
void warn_of_hooks(const struct context *context, const struct wgctl_tunnel *tunnel);
/* Tells of a table of nftables that will drop the tunnel's packets. */
void note_dropping_table(const struct context *context, const struct wgctl_provision_info *info);
