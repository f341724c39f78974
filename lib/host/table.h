/* Routing tables, by name or number, as ip-route(8) reads them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Looks for `name` in the text of an rt_tables file: "NUMBER NAME" a line. */
bool wgctl_table_find(struct wgctl_slice text, struct wgctl_slice name, uint32_t *ret);

/* The table that is meant by "main", "51820", "0xca6c", or a name in rt_tables below
 * /etc/iproute2, /usr/share/iproute2 or /usr/lib/iproute2. WGCTL_NOT_FOUND else. */
int wgctl_table_number(struct wgctl_slice name, uint32_t *ret, struct wgctl_error *err);
