/* Edits a document by the meaning of its settings, as wg(8) reads them: a section says something
 * else about one key afterwards. All other lines, and everything around the value, stay. */
#pragma once

#include "conf/document.h"

/* Makes `key` say `value` in the lines [first, *end), in the sections called `section`; a line
 * before the first heading is in none. The key's last line gets the value and its other lines are
 * removed. A key without a line gets one after the section's last setting. An empty value removes
 * all lines of the key. `*end` moves with the lines. Fails with WGCTL_SYSTEM if memory runs out. */
int wgctl_document_put(struct wgctl_document *document, size_t first, size_t *end,
                       const char *section, const char *key, struct wgctl_slice value,
                       struct wgctl_error *err);
