/* Pseudorandom numbers and keys that are the same in every run.
 */
#pragma once

#include "net/key.h"

static inline struct wgctl_key key_of(unsigned number)
{
    struct wgctl_key key;
    for (size_t i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (uint8_t)(number * 37 + i * 11 + 1);
    return key;
}

/* Fills in `count` keys, at most 256. */
static inline void fill_keys(struct wgctl_key *keys, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        keys[i] = key_of(i);
}

/* Returns the upper half of Knuth's LCG. */
static inline uint32_t next_number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}
