/* Values in messages. */
#pragma once

#include "base/secret.h"
#include "base/text.h"

/* Whether the text may contain a key or most of one. */
bool wgctl_secret_may_be_in(struct wgctl_slice text);
/* Writes a value as a message can show it: in quotes and cut to fit; if it may contain a key, '…'
 * and the reason. Returns `quoted`. */
enum { WGCTL_QUOTE_SIZE = 102 };
char *wgctl_quote(struct wgctl_slice value, char quoted[WGCTL_QUOTE_SIZE]);
