#include "adopt/private.h"

#include <stdlib.h>

void wgctl_candidate_free(struct wgctl_candidate *candidate)
{
    if (!candidate)
        return;
    free(candidate->path);
    wgctl_text_clear(&candidate->text);
    wgctl_client_facts_clear(&candidate->facts);
    free(candidate);
}

void wgctl_adopt_close(struct wgctl_adopt **pointer)
{
    struct wgctl_adopt *adopt = *pointer;
    if (!adopt)
        return;
    for (size_t i = 0; adopt->own && i < adopt->server.peer_count; i++)
        wgctl_candidate_free(adopt->own[i]);
    for (size_t i = 0; i < adopt->text_count; i++)
        free(adopt->texts[i]);
    free(adopt->texts);
    free(adopt->peers);
    free(adopt->own);
    free(adopt->conf_path);
    free(adopt->other_path);
    wgctl_text_clear(&adopt->endpoint);
    wgctl_text_clear(&adopt->ini);
    wgctl_other_server_clear(&adopt->other);
    wgctl_server_clear(&adopt->server);
    wgctl_tunnel_close(&adopt->tunnel);
    free(adopt);
    *pointer = NULL;
}

const char *wgctl_adopt_keep(struct wgctl_adopt *adopt, struct wgctl_slice text)
{
    char **texts =
        wgctl_array_grow(adopt->texts, adopt->text_count, &adopt->text_capacity, sizeof *texts);
    char *copy = wgctl_slice_dup(text);
    if (texts)
        adopt->texts = texts;
    if (!texts || !copy) {
        free(copy);
        return NULL;
    }
    texts[adopt->text_count++] = copy;
    return copy;
}
