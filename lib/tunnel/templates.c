#include "tunnel/templates.h"

#define TEMPLATES "templates"

/* Reads the owner's version, if there is one. */
static int read_own(const struct wgctl_folder *folder, const char *name, struct wgctl_text *ret,
                    bool *ret_exists, struct wgctl_error *err)
{
    struct wgctl_folder templates;
    *ret_exists = false;
    if (folder->fd < 0)
        return WGCTL_OK;
    int rc = wgctl_folder_open_in(folder, TEMPLATES, false, &templates, err);
    if (rc < 0)
        return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc;
    rc = wgctl_file_read(&templates, name, WGCTL_PUBLIC, ret, err);
    wgctl_folder_close(&templates);
    *ret_exists = rc == WGCTL_OK;
    return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc;
}

int wgctl_template_read(const struct wgctl_folder *folder, const char *name, struct wgctl_text *ret,
                        struct wgctl_error *err)
{
    bool is_own;
    int rc = read_own(folder, name, ret, &is_own, err);
    if (rc < 0 || is_own)
        return rc;
    const char *builtin = wgctl_template_builtin(name);
    if (!builtin)
        return wgctl_fail(err, WGCTL_NOT_FOUND, "there is no template '%s'", name);
    wgctl_text_string(ret, builtin);
    return wgctl_text_check(ret, err);
}
