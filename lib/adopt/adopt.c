#include "adopt/adopt.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adopt/blocks.h"
#include "adopt/private.h"
#include "conf/server_read.h"

static int set_path(char **path, const char *folder, const char *name, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    wgctl_text_format(&text, "%s/%s", folder, name);
    *path = text.failed ? NULL : wgctl_slice_dup(wgctl_text_slice_of(&text));
    return *path ? WGCTL_OK : wgctl_fail_memory(err);
}

/* ---- a tunnel that exists ---- */

/* Appends the text, with the document's line ends. */
static int append(struct wgctl_document *document, const struct wgctl_text *text,
                  struct wgctl_error *err)
{
    int rc = wgctl_text_check(text, err);
    if (rc < 0 || text->size == 0)
        return rc;
    return wgctl_document_insert(document, document->count, wgctl_text_slice_of(text), err);
}

/* Other programs leave a file that everybody could read as soon as the folder is opened. */
static int look_at_mode(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    struct wgctl_tunnel *tunnel = adopt->tunnel;
    mode_t mode;
    int rc = wgctl_store_mode(tunnel->store, tunnel->conf_name, &mode, err);
    if (rc < 0 || !(mode & (S_IRWXG | S_IRWXO)))
        return rc;
    adopt->info.mode_before = mode;
    tunnel->tightens_conf = true;
    return WGCTL_OK;
}

int wgctl_adopt_rewrite_conf(struct wgctl_adopt *adopt, struct wgctl_text *ret,
                             struct wgctl_error *err)
{
    WGCTL_DOCUMENT document = {0};
    WGCTL_TEXT added = {0};
    struct wgctl_text copy = {0};
    struct wgctl_adopt_info *info = &adopt->info;
    wgctl_text_slice(&copy, adopt->tunnel->original);
    int rc = wgctl_text_check(&copy, err);
    if (rc == WGCTL_OK)
        rc = look_at_mode(adopt, err);
    if (rc == WGCTL_OK)
        rc = wgctl_document_parse(&copy, &document, err);
    if (rc == WGCTL_OK)
        rc = wgctl_adopt_convert_disabled(&document, &info->disabled_lines, &info->lines_left, err);
    if (rc < 0)
        return rc;
    info->removes_save_config = wgctl_adopt_remove_save_config(&document) > 0;
    rc = wgctl_adopt_put_peers(&adopt->other, &adopt->tunnel->server, true, &added,
                               &info->peers_added, err);
    if (rc == WGCTL_OK)
        rc = append(&document, &added, err);
    if (rc < 0)
        return rc;
    wgctl_document_render(&document, ret);
    return wgctl_text_check(ret, err);
}

static int open_conf(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                     struct wgctl_text *ret, struct wgctl_error *err)
{
    int rc = wgctl_tunnel_open(request->folder, request->interface ? request->interface : "wg0",
                               request->dry_run ? WGCTL_HOLD | WGCTL_DRY_RUN : WGCTL_HOLD,
                               &adopt->tunnel, err);
    if (rc == WGCTL_NOT_FOUND)
        return wgctl_adopt_hint_at_other(request, err);
    if (rc == WGCTL_OK)
        rc = wgctl_adopt_look_for_other(adopt, request, err);
    if (rc == WGCTL_OK)
        rc = wgctl_adopt_rewrite_conf(adopt, ret, err);
    return rc;
}

/* ---- the whole ---- */

static int read_server(struct wgctl_adopt *adopt, struct wgctl_text *text, struct wgctl_error *err)
{
    const char *folder = adopt->tunnel->folder_path;
    int rc = set_path(&adopt->conf_path, folder, adopt->tunnel->conf_name, err);
    if (rc == WGCTL_OK)
        rc = wgctl_server_parse(adopt->tunnel->conf_name, text, &adopt->server, err);
    if (rc < 0)
        return rc;
    size_t count = adopt->server.peer_count;
    adopt->peers = calloc(count + 1, sizeof *adopt->peers);
    adopt->own = calloc(count + 1, sizeof *adopt->own);
    if (!adopt->peers || !adopt->own)
        return wgctl_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        adopt->peers[i].enabled = adopt->server.peers[i].enabled;
        wgctl_key_format(&adopt->server.peers[i].public_key, adopt->peers[i].public_key);
    }
    adopt->info.interface = adopt->tunnel->interface;
    adopt->info.conf = adopt->conf_path;
    adopt->info.peers = adopt->peers;
    adopt->info.peer_count = count;
    return WGCTL_OK;
}

static int decide(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                  struct wgctl_error *err)
{
    size_t followed, elsewhere;
    int rc = wgctl_adopt_look_for_clients(adopt, request, err);
    if (rc == WGCTL_OK)
        rc = wgctl_adopt_choose_names(adopt, err);
    if (rc == WGCTL_OK)
        rc = wgctl_adopt_settings(adopt, request, err);
    if (rc == WGCTL_OK)
        rc = wgctl_adopt_write_names(adopt, err);
    if (rc == WGCTL_OK && adopt->tunnel->ini_changed && adopt->endpoint_is_given)
        rc = wgctl_clients_follow(adopt->tunnel, &followed, &elsewhere, err);
    if (rc == WGCTL_OK)
        rc = wgctl_adopt_take_clients(adopt, err);
    /* What a dry run shows has to be possible. */
    WGCTL_CHANGES changes = {0};
    if (rc == WGCTL_OK)
        rc = wgctl_tunnel_plan(adopt->tunnel, &changes, err);
    const struct wgctl_server *server = &adopt->tunnel->server;
    if (rc == WGCTL_OK && server->has_private_key && server->listen_port == 0)
        wgctl_tunnel_fail_port(adopt->tunnel, server, &adopt->info.port_fault);
    adopt->info.changes_something = adopt->tunnel->conf_changed || adopt->tunnel->tightens_conf ||
                                    adopt->tunnel->ini_changed || adopt->tunnel->files.count > 0;
    return rc;
}

int wgctl_adopt_open(const struct wgctl_adopt_request *request, struct wgctl_adopt **ret,
                     struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    WGCTL_ADOPTION *adopt = calloc(1, sizeof *adopt);
    if (!adopt)
        return wgctl_fail_memory(err);
    int rc = request->file ? wgctl_adopt_open_file(adopt, request, &text, err)
                           : open_conf(adopt, request, &text, err);
    if (rc == WGCTL_OK)
        rc = read_server(adopt, &text, err);
    if (rc == WGCTL_OK)
        rc = decide(adopt, request, err);
    if (rc < 0)
        return rc;
    *ret = adopt;
    adopt = NULL;
    return WGCTL_OK;
}

const struct wgctl_adopt_info *wgctl_adopt_show(const struct wgctl_adopt *adopt)
{
    return &adopt->info;
}

int wgctl_adopt_commit(struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    if (!adopt->info.changes_something)
        return WGCTL_OK;
    return wgctl_tunnel_commit(adopt->tunnel, NULL, err);
}
