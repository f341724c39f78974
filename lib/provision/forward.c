/* Turning forwarding on, now and at every boot. */
#include <string.h>

#include "base/file.h"
#include "provision/private.h"

#define FOLDER "/etc/sysctl.d"
#define NAME "90-wgctl.conf"
_Static_assert(sizeof FOLDER "/" NAME == sizeof WGCTL_SYSCTL_PATH, "it is the path that is shown");

/* Writes the file, and remembers what was there. */
static int write_sysctl(const struct wgctl_provision *provision, struct wgctl_forward *forward,
                        struct wgctl_error *err)
{
    int rc = wgctl_provision_sysctl(provision, &forward->written, err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_make(FOLDER, 0755, NULL, err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_open(FOLDER, &forward->folder, err);
    if (rc < 0)
        return rc;
    rc = wgctl_file_read(&forward->folder, NAME, WGCTL_PUBLIC, &forward->before, err);
    if (rc < 0 && rc != WGCTL_NOT_FOUND)
        return rc;
    forward->wrote = true;
    return wgctl_file_write(&forward->folder, NAME, wgctl_text_slice_of(&forward->written), 0644,
                            err);
}

int wgctl_forward_turn_on(const struct wgctl_provision *provision, struct wgctl_forward *ret,
                          struct wgctl_error *err)
{
    int rc = write_sysctl(provision, ret, err);
    if (rc < 0)
        return rc;
    ret->turned_on = true;
    return wgctl_forwarding_turn_on(&provision->forwarding, provision->ipv6, err);
}

/* Whether the file still is what was written. */
static bool is_unchanged(const struct wgctl_forward *forward)
{
    WGCTL_TEXT now = {0};
    struct wgctl_error ignored;
    return wgctl_file_read(&forward->folder, NAME, WGCTL_PUBLIC, &now, &ignored) == WGCTL_OK &&
           wgctl_slice_equal(wgctl_text_slice_of(&now), wgctl_text_slice_of(&forward->written));
}

void wgctl_forward_undo(const struct wgctl_provision *provision,
                        const struct wgctl_forward *forward)
{
    struct wgctl_error ignored;
    if (forward->turned_on)
        wgctl_forwarding_restore(&provision->forwarding);
    if (!forward->wrote || !is_unchanged(forward))
        return;
    if (forward->before.size > 0)
        wgctl_file_write(&forward->folder, NAME, wgctl_text_slice_of(&forward->before), 0644,
                         &ignored);
    else
        wgctl_file_remove(&forward->folder, NAME, &ignored);
}

void wgctl_forward_clear(struct wgctl_forward *forward)
{
    wgctl_text_clear(&forward->before);
    wgctl_text_clear(&forward->written);
    wgctl_folder_close(&forward->folder);
}
