/* wg0.ini as lines: sets one value and keeps every other byte.
 *
 * Lines mean what inih, which reads the file (conf/settings.h), takes them for: section
 * names and keys ignore case, '=' or ':' ends a key, ';' or '#' starts a comment at the
 * beginning of a line, and behind a value only a ';' that follows white space does.
 */
#pragma once

#include "conf/document.h"

/* Makes `key` in `[section]` say `value`. If the file has the key several times, the last
 * one counts and is the one that changes, along with no comment behind it. A key that is
 * missing follows the last setting of the first section of that name, and a section that
 * is missing is appended.
 *
 * `value` is one line, is not part of the document, and has no ';' after white space.
 * Pure. Fails with WGCTL_SYSTEM if memory runs out; the document may then be only cleared. */
int wgctl_ini_set(struct wgctl_document *document, const char *section, const char *key,
                  struct wgctl_slice value, struct wgctl_error *err);
