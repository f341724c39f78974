#include "conf/server_render.h"

#include "conf/server_read.h"

static bool same_prefixes(const struct wgctl_prefixes *a, const struct wgctl_prefixes *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!wgctl_prefix_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

static bool same_hooks(const struct wgctl_server *a, const struct wgctl_server *b)
{
    bool same = a->hook_count == b->hook_count;
    for (unsigned kind = WGCTL_PRE_UP; same && kind <= WGCTL_POST_DOWN; kind++)
        same = wgctl_server_same_hooks(a, b, kind);
    return same;
}

static bool same_interface(const struct wgctl_server *a, const struct wgctl_server *b)
{
    return a->has_private_key == b->has_private_key &&
           wgctl_key_equal(&a->private_key, &b->private_key) &&
           a->has_listen_port == b->has_listen_port && a->listen_port == b->listen_port &&
           a->has_fwmark == b->has_fwmark && a->fwmark == b->fwmark && a->mtu == b->mtu &&
           a->save_config == b->save_config && wgctl_slice_equal(a->table, b->table) &&
           wgctl_slice_equal(wgctl_text_slice_of(&a->dns), wgctl_text_slice_of(&b->dns)) &&
           same_prefixes(&a->addresses, &b->addresses) && same_hooks(a, b);
}

static bool same_peer(const struct wgctl_server *a, const struct wgctl_server *b, size_t index)
{
    const struct wgctl_peer *left = &a->peers[index], *right = &b->peers[index];
    for (unsigned text = 0; text < WGCTL_PEER_TEXTS; text++)
        if (!wgctl_slice_equal(wgctl_peer_text(a, left, text), wgctl_peer_text(b, right, text)))
            return false;
    return left->enabled == right->enabled && left->keepalive == right->keepalive &&
           wgctl_key_equal(&left->public_key, &right->public_key) &&
           wgctl_key_equal(&left->preshared_key, &right->preshared_key) &&
           same_prefixes(&left->allowed_ips, &right->allowed_ips);
}

/* Their addresses stay reserved. */
static bool same_commented(const struct wgctl_server *a, const struct wgctl_server *b)
{
    bool same = a->commented_count == b->commented_count;
    for (size_t i = 0; same && i < a->commented_count; i++)
        same = same_prefixes(&a->commented[i].allowed_ips, &b->commented[i].allowed_ips);
    return same;
}

static int hint_by_hand(struct wgctl_error *err)
{
    return wgctl_hint(err, "nothing was changed; make that change with an editor");
}

static int fail_other(const char *file, const char *what, struct wgctl_error *err)
{
    wgctl_fail(err, WGCTL_UNSUPPORTED, "this change would also change %s in %s", what, file);
    return hint_by_hand(err);
}

static int compare(const struct wgctl_server *planned, const struct wgctl_server *written,
                   struct wgctl_error *err)
{
    char label[WGCTL_LABEL_SIZE];
    if (!same_interface(planned, written))
        return fail_other(planned->file, "the server's settings", err);
    for (size_t i = 0; i < planned->peer_count && i < written->peer_count; i++)
        if (!same_peer(planned, written, i))
            return fail_other(planned->file,
                              wgctl_peer_label(planned, &planned->peers[i], label, sizeof label),
                              err);
    if (planned->peer_count != written->peer_count || !same_commented(planned, written))
        return fail_other(planned->file, "which peers there are", err);
    return WGCTL_OK;
}

int wgctl_server_render(const struct wgctl_server *server, struct wgctl_text *ret,
                        struct wgctl_error *err)
{
    WGCTL_SERVER written = {0};
    struct wgctl_text text = {0}, copy = {0};
    wgctl_document_render(&server->document, &text);
    wgctl_text_slice(&copy, wgctl_text_slice_of(&text));
    *ret = text;
    int rc = wgctl_text_check(text.failed ? &text : &copy, err);
    if (rc < 0)
        return rc;
    rc = wgctl_server_parse(server->file, &copy, &written, err);
    if (rc == WGCTL_INVALID) {
        err->status = WGCTL_UNSUPPORTED;
        wgctl_context(err, "after this change %s could not be read", server->file);
        return hint_by_hand(err);
    }
    return rc < 0 ? rc : compare(server, &written, err);
}
