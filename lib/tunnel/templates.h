/* Templates on disk: the owner's version of one, or else the built-in one. */
#pragma once

#include "base/file.h"
#include "conf/template.h"

/* Appends the template `name` to `ret`: the file `templates/NAME` in `folder` if there is one,
 * else what conf/template.h has. A closed folder has none. Needs no lock.
 * Fails with WGCTL_DENIED if the owner's version is not safe to use (base/file.h), with
 * WGCTL_NOT_FOUND if there is neither. */
int wgctl_template_read(const struct wgctl_folder *folder, const char *name, struct wgctl_text *ret,
                        struct wgctl_error *err);
