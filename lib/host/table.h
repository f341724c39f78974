/* Routing tables by name or number, as in ip-route(8).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Looks up `name` in the text of an rt_tables file, which has "NUMBER NAME" on each line. Returns
 * false if it is not there. Pure. */
bool wgctl_table_find(struct wgctl_slice text, struct wgctl_slice name, uint32_t *ret);

/* Returns the number of a table: "main", "51820", "0xca6c", or a name from rt_tables in
 * /etc/iproute2, /usr/share/iproute2 or /usr/lib/iproute2. Fails with WGCTL_NOT_FOUND if there is
 * no such table. */
int wgctl_table_number(struct wgctl_slice name, uint32_t *ret, struct wgctl_error *err);
