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
    struct wgctl_folder folder = WGCTL_FOLDER_CLOSED;
    int rc = wgctl_provision_sysctl(provision, &forward->written, err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_make(FOLDER, 0755, NULL, err);
    if (rc == WGCTL_OK)
        rc = wgctl_folder_open(FOLDER, &folder, err);
    if (rc < 0)
        return rc;
    rc = wgctl_file_read(&folder, NAME, WGCTL_PUBLIC, &forward->before, err);
    if (rc == WGCTL_OK || rc == WGCTL_NOT_FOUND) {
        forward->wrote = true;
        rc = wgctl_file_write(&folder, NAME, wgctl_text_slice_of(&forward->written), 0644, err);
    }
    wgctl_folder_close(&folder);
    return rc;
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
static bool is_unchanged(const struct wgctl_folder *folder, const struct wgctl_forward *forward)
{
    WGCTL_TEXT now = {0};
    struct wgctl_error ignored;
    return wgctl_file_read(folder, NAME, WGCTL_PUBLIC, &now, &ignored) == WGCTL_OK &&
           wgctl_slice_equal(wgctl_text_slice_of(&now), wgctl_text_slice_of(&forward->written));
}

static void put_back(const struct wgctl_folder *folder, const struct wgctl_forward *forward)
{
    struct wgctl_error ignored;
    if (!is_unchanged(folder, forward))
        return;
    if (forward->before.size > 0)
        wgctl_file_write(folder, NAME, wgctl_text_slice_of(&forward->before), 0644, &ignored);
    else
        wgctl_file_remove(folder, NAME, &ignored);
}

void wgctl_forward_undo(const struct wgctl_provision *provision,
                        const struct wgctl_forward *forward)
{
    struct wgctl_folder folder = WGCTL_FOLDER_CLOSED;
    struct wgctl_error ignored;
    if (forward->turned_on)
        wgctl_forwarding_restore(&provision->forwarding);
    if (!forward->wrote || wgctl_folder_open(FOLDER, &folder, &ignored) < 0)
        return;
    put_back(&folder, forward);
    wgctl_folder_close(&folder);
}

void wgctl_forward_clear(struct wgctl_forward *forward)
{
    wgctl_text_clear(&forward->before);
    wgctl_text_clear(&forward->written);
}
