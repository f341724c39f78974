/* Edits of a document by the meaning of its settings: whatever a section says of a key,
 * on however many lines, it says something else afterwards. All other lines, and what
 * stands around the value, stay as they are.
 */
#pragma once

#include "conf/document.h"

/* Makes `key` say `value` in the lines [first, *end): in the sections called `section`
 * (a line before the first heading is in none), on the key's last line, while others of
 * it go; on a line of its own after the section's last setting where there is none. With
 * an empty value every line of the key goes. `*end` follows. */
int wgctl_setting_put(struct wgctl_document *document, size_t first, size_t *end,
                      const char *section, const char *key, struct wgctl_slice value,
                      struct wgctl_error *err);
