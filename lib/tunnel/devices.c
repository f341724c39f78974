/* The devices' own files. */
#include <stdio.h>
#include <string.h>

#include "tunnel/state.h"

char *wgctl_devices_path(const struct wgctl_tunnel *tunnel, const char *peer,
                         char path[WGCTL_DEVICES_PATH_SIZE])
{
    snprintf(path, WGCTL_DEVICES_PATH_SIZE, "%s.peers/%s.conf", tunnel->interface, peer);
    return path;
}

int wgctl_devices_read(const struct wgctl_tunnel *tunnel, const char *peer,
                       enum wgctl_exposure exposure, struct wgctl_text *ret, bool *ret_exists,
                       struct wgctl_error *err)
{
    char path[WGCTL_DEVICES_PATH_SIZE];
    *ret_exists = false;
    if (!tunnel->store)
        return WGCTL_OK;
    wgctl_devices_path(tunnel, peer, path);
    int rc = wgctl_store_read(tunnel->store, path, exposure, ret, err);
    *ret_exists = rc == WGCTL_OK;
    return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc;
}

int wgctl_devices_put(struct wgctl_tunnel *tunnel, const char *peer, bool existed,
                      const struct wgctl_text *before, const struct wgctl_text *after,
                      struct wgctl_error *err)
{
    char path[WGCTL_DEVICES_PATH_SIZE];
    const struct wgctl_slice old = wgctl_text_slice_of(before);
    return wgctl_transaction_put(&tunnel->files, wgctl_devices_path(tunnel, peer, path),
                                 existed ? &old : NULL, wgctl_text_slice_of(after), err);
}

int wgctl_devices_remove(struct wgctl_tunnel *tunnel, const char *peer,
                         const struct wgctl_text *before, struct wgctl_error *err)
{
    char path[WGCTL_DEVICES_PATH_SIZE];
    const struct wgctl_slice old = wgctl_text_slice_of(before);
    return wgctl_transaction_remove(&tunnel->files, wgctl_devices_path(tunnel, peer, path), &old,
                                    err);
}

static int fail_no_client(const struct wgctl_tunnel *tunnel, const char *name,
                          struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_NOT_FOUND,
               "the configuration of '%s' is not kept here (%s/%s.peers/%s.conf)", name,
               tunnel->folder_path, tunnel->interface, name);
    struct wgctl_error ignored;
    if (wgctl_peer_name_check(wgctl_slice_of(name), &ignored) < 0)
        return wgctl_hint(err, "only the device has it, or the program that made it: "
                               "'sudo wgctl adopt' looks there");
    return wgctl_hint(err,
                      "only the device has it, or the program that made it: 'sudo wgctl adopt' "
                      "looks there; for a new one: sudo wgctl revoke %s && sudo wgctl add-peer %s",
                      name, name);
}

/* Finds a client file on the disk or, if it changes, in the transaction. */
static int find_client(const struct wgctl_tunnel *tunnel, const char *peer, struct wgctl_text *ret,
                       bool *ret_exists, struct wgctl_error *err)
{
    char path[WGCTL_DEVICES_PATH_SIZE];
    const struct wgctl_file_change *change =
        wgctl_transaction_find(&tunnel->files, wgctl_devices_path(tunnel, peer, path));
    const struct wgctl_text *pending = change ? &change->after : NULL;
    if (strcmp(tunnel->unstored_name, peer) == 0)
        pending = &tunnel->unstored;
    if (!pending)
        return wgctl_devices_read(tunnel, peer, WGCTL_SECRET, ret, ret_exists, err);
    *ret_exists = pending == &tunnel->unstored || change->exists;
    wgctl_text_slice(ret, wgctl_text_slice_of(pending));
    return wgctl_text_check(ret, err);
}

int wgctl_tunnel_client(const struct wgctl_tunnel *tunnel, const char *name, struct wgctl_text *ret,
                        struct wgctl_error *err)
{
    const struct wgctl_peer *peer;
    char label[WGCTL_LABEL_SIZE];
    bool exists = false;
    int rc = wgctl_server_find(&tunnel->server, name, &peer, err);
    if (rc < 0)
        return rc;
    wgctl_peer_label(&tunnel->server, peer, label, sizeof label);
    if (wgctl_peer_name_check(wgctl_slice_of(label), err) == WGCTL_OK)
        rc = find_client(tunnel, label, ret, &exists, err);
    return rc < 0 || exists ? rc : fail_no_client(tunnel, label, err);
}

int wgctl_tunnel_client_import(const struct wgctl_tunnel *tunnel, const char *name,
                               struct wgctl_text *ret, struct wgctl_error *err)
{
    int rc = wgctl_tunnel_client(tunnel, name, ret, err);
    if (rc < 0 || wgctl_client_has_private_key(wgctl_text_slice_of(ret)))
        return rc;
    wgctl_fail(err, WGCTL_UNSUPPORTED,
               "'%s' brought its own public key: without its private key there is nothing to scan",
               name);
    return wgctl_hint(err, "'sudo wgctl show %s' prints what to add on the device", name);
}
