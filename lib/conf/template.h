/* Templates: the texts of conf-templates/, filled in.
 *
 * A placeholder is {{name}}. A line whose placeholder has several values is
 * repeated for each of them, a line whose placeholder has none is left out. So a
 * template says what belongs together, and no text is put together in code.
 */
#pragma once

#include "base/file.h"

/* Two with the same name are two values of it. A NULL or empty value is none. */
struct wgctl_template_value {
    const char *name;
    const char *value;
};

/* Appends the template `name` to `ret`: the owner's version, in the folder
 * `templates` of `folder`, where there is one, else the one built in. */
int wgctl_template_load(const struct wgctl_folder *folder, const char *name, struct wgctl_text *ret,
                        struct wgctl_error *err);

/* Appends the filled-in template. Fails where it has a placeholder that no value
 * is known for (`name` is for the message), and where a value has a control byte:
 * it would make a line of its own. On a line with two placeholders that have
 * several values each, both go along: the first with the first. */
int wgctl_template_fill(const char *name, struct wgctl_slice template,
                        const struct wgctl_template_value *values, size_t count,
                        struct wgctl_text *ret, struct wgctl_error *err);

/* What is built in, in the order of its name; ends with a NULL name. */
struct wgctl_template_builtin {
    const char *name;
    const char *text;
};
extern const struct wgctl_template_builtin wgctl_template_builtins[];
