#include "base/nearest.h"

#include <string.h>

enum { LONGEST = 32 }; /* longer words are not compared */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The optimal string alignment distance, row by row: `here[k]` belongs to the first k characters
 * of `b`. */
static unsigned distance_between(struct wgctl_slice a, struct wgctl_slice b)
{
    unsigned rows[3][LONGEST + 1];
    unsigned *before_last = rows[0], *last = rows[1], *here = rows[2];
    for (unsigned k = 0; k <= b.size; k++)
        last[k] = k;
    for (unsigned i = 1; i <= a.size; i++) {
        here[0] = i;
        for (unsigned k = 1; k <= b.size; k++) {
            bool same = a.data[i - 1] == b.data[k - 1];
            here[k] = least(last[k - 1] + !same, least(last[k], here[k - 1]) + 1);
            if (i > 1 && k > 1 && a.data[i - 1] == b.data[k - 2] && a.data[i - 2] == b.data[k - 1])
                here[k] = least(here[k], before_last[k - 2] + 1);
        }
        unsigned *unused = before_last;
        before_last = last;
        last = here;
        here = unused;
    }
    return last[b.size];
}

void wgctl_nearest_offer(struct wgctl_nearest *nearest, struct wgctl_slice candidate)
{
    struct wgctl_slice word = nearest->word;
    if (word.size == 0 || word.size > LONGEST || candidate.size == 0 || candidate.size > LONGEST)
        return;
    unsigned distance = distance_between(word, candidate);
    unsigned most = ((unsigned)word.size + 2) / 3;
    if (distance > most || distance >= word.size ||
        (nearest->best.size > 0 && distance >= nearest->distance))
        return;
    nearest->best = candidate;
    nearest->distance = distance;
}
