/* Finds the word that somebody may have meant who mistyped one. Pure. */
#pragma once

#include "base/text.h"

struct wgctl_nearest {
    struct wgctl_slice word; /* as it was typed; set by the caller */
    struct wgctl_slice best; /* empty: none of the candidates is near enough */
    unsigned distance;       /* of the best */
};

/* Remembers the candidate if it is nearer than those before. Near enough is up to one typing
 * error in three characters: a character missing, too many, wrong, or swapped with the next.
 * `best` points into the candidate. */
void wgctl_nearest_offer(struct wgctl_nearest *nearest, struct wgctl_slice candidate);
