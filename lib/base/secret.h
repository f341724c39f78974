/* Text that may hold a key, which no message may show: a value is often put into the wrong place.
 *
 * What may be shown is decided by the text alone. A key in base64 or hexadecimal is found whole,
 * without its end, with one wrong character, or with something before or after it. A long word that
 * people would write is not taken for one; a random one is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Finds the first word, up to white space or quotes, that may contain a key or most of one. False
 * if there is none. */
bool wgctl_secret_find(const char *text, size_t size, size_t *ret_begin, size_t *ret_size);
/* Puts a '…' in the place of each such word of a string. If the string was cut, its end may be
 * the beginning of a key, and goes too. */
void wgctl_secret_hide(char *text, bool was_cut);
