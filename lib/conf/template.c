#include "conf/template.h"

#include <string.h>

const char *wgctl_template_builtin(const char *name)
{
    for (const struct wgctl_template *builtin = wgctl_templates; builtin->name; builtin++)
        if (strcmp(builtin->name, name) == 0)
            return builtin->text;
    return NULL;
}

struct filling {
    const char *name;
    const struct wgctl_template_value *values;
    size_t count;
    size_t line;
    struct wgctl_error *err;
};

static bool is_value_of(const struct wgctl_template_value *value, struct wgctl_slice name)
{
    return wgctl_slice_equal(wgctl_slice_of(value->name), name);
}

static size_t count_values(const struct filling *filling, struct wgctl_slice name, bool *ret_known)
{
    size_t found = 0;
    for (size_t i = 0; i < filling->count; i++) {
        if (!is_value_of(&filling->values[i], name))
            continue;
        *ret_known = true;
        found += filling->values[i].value && filling->values[i].value[0];
    }
    return found;
}

/* The `nth` value, or the last if there are fewer. */
static const char *value_of(const struct filling *filling, struct wgctl_slice name, size_t nth)
{
    const char *found = "";
    for (size_t i = 0; i < filling->count; i++) {
        const char *value = filling->values[i].value;
        if (!is_value_of(&filling->values[i], name) || !value || !value[0])
            continue;
        found = value;
        if (nth-- == 0)
            break;
    }
    return found;
}

/* Splits off `rest` the text before the next placeholder and the placeholder's name. False if
 * no placeholder is left. */
static bool next_placeholder(struct wgctl_slice *rest, struct wgctl_slice *ret_before,
                             struct wgctl_slice *ret_name)
{
    const char *open = memmem(rest->data, rest->size, "{{", 2);
    if (!open)
        return false;
    size_t before = (size_t)(open - rest->data);
    const char *close = memmem(open, rest->size - before, "}}", 2);
    if (!close)
        return false;
    *ret_before = (struct wgctl_slice){rest->data, before};
    *ret_name = (struct wgctl_slice){open + 2, (size_t)(close - open) - 2};
    size_t used = before + ret_name->size + 4;
    *rest = (struct wgctl_slice){rest->data + used, rest->size - used};
    return true;
}

/* How many times the line is written. */
static int count_repeats(const struct filling *filling, struct wgctl_slice line, size_t *ret)
{
    struct wgctl_slice before, name;
    bool any = false, none = false;
    size_t most = 0;
    while (next_placeholder(&line, &before, &name)) {
        bool known = false;
        size_t values = count_values(filling, name, &known);
        if (!known) {
            wgctl_fail(filling->err, WGCTL_INVALID, "%s:%zu: {{%.*s}} is not known here",
                       filling->name, filling->line, (int)name.size, name.data);
            return wgctl_hint(filling->err, "wgctl(8) lists the words of each template");
        }
        any = true;
        none |= values == 0;
        most = values > most ? values : most;
    }
    *ret = none ? 0 : any ? most : 1;
    return WGCTL_OK;
}

static int fill_line(const struct filling *filling, struct wgctl_slice line, size_t nth,
                     struct wgctl_text *ret)
{
    struct wgctl_slice before, name;
    while (next_placeholder(&line, &before, &name)) {
        const char *value = value_of(filling, name, nth);
        if (wgctl_slice_has_control(wgctl_slice_of(value)))
            return wgctl_fail(filling->err, WGCTL_INVALID, "the value of %.*s has a control byte",
                              (int)name.size, name.data);
        wgctl_text_slice(ret, before);
        wgctl_text_string(ret, value);
    }
    wgctl_text_slice(ret, line);
    wgctl_text_string(ret, "\n");
    return WGCTL_OK;
}

int wgctl_template_fill(const char *name, struct wgctl_slice template,
                        const struct wgctl_template_value *values, size_t count,
                        struct wgctl_text *ret, struct wgctl_error *err)
{
    struct filling filling = {name, values, count, 0, err};
    struct wgctl_slice line;
    if (template.size == 0)
        return WGCTL_OK;
    if (template.data[template.size - 1] == '\n')
        template.size--;
    while (wgctl_slice_split(&template, '\n', &line)) {
        filling.line++;
        size_t repeats = 0;
        int rc = count_repeats(&filling, line, &repeats);
        for (size_t nth = 0; rc == WGCTL_OK && nth < repeats; nth++)
            rc = fill_line(&filling, line, nth, ret);
        if (rc < 0)
            return rc;
    }
    return wgctl_text_check(ret, err);
}
