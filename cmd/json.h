/* Output for programs. Each function prints one JSON document. */
#pragma once

#include <stddef.h>

#include "wgctl.h"

int json_changes(const char *interface, const struct wgctl_changes *changes,
                 struct wgctl_error *err);
/* All peers, and those that are commented out. */
int json_list(const struct wgctl_tunnel *tunnel, struct wgctl_error *err);
/* The peers at those indexes. The one called `unstored` (NULL: none) comes with its
 * configuration, which is kept nowhere else. */
int json_peers(const struct wgctl_tunnel *tunnel, const size_t *indexes, size_t count,
               const char *unstored, struct wgctl_error *err);
int json_client(const char *name, const struct wgctl_text *config, struct wgctl_error *err);
int json_provision(const struct wgctl_provision_info *info, struct wgctl_error *err);
int json_endpoint(const char *interface, const char *endpoint, size_t clients, size_t elsewhere,
                  struct wgctl_error *err);
/* `made` is NULL if the server had an INTERFACE.conf. */
int json_adopt(const struct wgctl_adopt_info *info, const struct wgctl_provision_info *made,
               struct wgctl_error *err);
/* `warning`: NULL or "" if there is none. */
int json_state(const char *interface, bool is_up, const char *warning, struct wgctl_error *err);
/* On standard error. `code` is "usage" for a wrong command line; NULL: that of the status. Fails,
 * and prints nothing, if memory runs out. */
int json_error(const struct wgctl_error *err, const char *code, const char *hint);
