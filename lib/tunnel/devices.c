/* The clients' files, as they are shown. */
#include <string.h>

#include "tunnel/state.h"

static int fail_no_client(const struct wgctl_tunnel *tunnel, const char *name,
                          struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_NOT_FOUND, "the configuration of '%s' is not kept here (%s/%s/%s.conf)",
               name, tunnel->folder.path, tunnel->peers_name, name);
    return wgctl_hint(err, "only the device has it; for a new one: wgctl revoke, then add-peer");
}

int wgctl_tunnel_client(const struct wgctl_tunnel *tunnel, const char *name, struct wgctl_text *ret,
                        struct wgctl_error *err)
{
    const struct wgctl_peer *peer;
    char label[WGCTL_LABEL_SIZE], file[WGCTL_FILE_NAME_SIZE];
    int rc = wgctl_server_find(&tunnel->server, name, &peer, err);
    if (rc < 0)
        return rc;
    wgctl_peer_label(&tunnel->server, peer, label, sizeof label);
    for (size_t i = 0; i < tunnel->file_count; i++) {
        if (strcmp(tunnel->files[i].name, label) != 0)
            continue;
        wgctl_text_slice(ret, wgctl_text_slice_of(&tunnel->files[i].text));
        return wgctl_text_check(ret, err);
    }
    if (wgctl_peer_name_check(wgctl_slice_of(label), err) < 0 ||
        !wgctl_file_exists(&tunnel->folder, tunnel->peers_name))
        return fail_no_client(tunnel, label, err);

    struct wgctl_folder peers;
    rc = wgctl_folder_open_in(&tunnel->folder, tunnel->peers_name, false, &peers, err);
    if (rc < 0)
        return rc;
    rc = wgctl_file_read(&peers, wgctl_client_file_name(label, file), WGCTL_SECRET, ret, err);
    wgctl_folder_close(&peers);
    return rc == WGCTL_NOT_FOUND ? fail_no_client(tunnel, label, err) : rc;
}

int wgctl_tunnel_client_import(const struct wgctl_tunnel *tunnel, const char *name,
                               struct wgctl_text *ret, struct wgctl_error *err)
{
    bool complete = false;
    int rc = wgctl_tunnel_client(tunnel, name, ret, err);
    if (rc == WGCTL_OK)
        rc = wgctl_client_has_private_key(wgctl_text_slice_of(ret), &complete, err);
    if (rc < 0 || complete)
        return rc;
    wgctl_fail(err, WGCTL_UNSUPPORTED,
               "'%s' brought its own public key: without its private key there is nothing to scan",
               name);
    return wgctl_hint(err, "'wgctl show %s' prints what to add on the device", name);
}
