/* Templates: the texts of conf-templates/, filled in.
 *
 * A placeholder is {{name}}. A line whose placeholder has several values is repeated for each
 * of them; a line whose placeholder has no value is left out. This way a template shows which
 * lines belong together, and no file is assembled in code. Pure.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"

/* What is compiled in, sorted by name; the last one's name is NULL. */
struct wgctl_template {
    const char *name; /* of the file in conf-templates/ */
    const char *text;
};
extern const struct wgctl_template wgctl_templates[];
/* The text of the compiled-in template `name`; NULL if there is none. */
const char *wgctl_template_builtin(const char *name);

/* Two entries with the same name are two values of it. NULL and "" are no value. */
struct wgctl_template_value {
    const char *name;
    const char *value;
};

/* Appends the filled-in template. If two placeholders on a line have several values each, they
 * advance together: first with first, second with second. `name` is for messages.
 * Fails with WGCTL_INVALID if the template has a placeholder that is not among the values, or
 * if a value has a control byte, which could start a line of its own. */
int wgctl_template_fill(const char *name, struct wgctl_slice template,
                        const struct wgctl_template_value *values, size_t count,
                        struct wgctl_text *ret, struct wgctl_error *err);
