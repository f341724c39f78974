/* Hooks: the owner's commands in wg0.conf (PreUp, PostUp, PreDown, PostDown), run as
 * wg-quick(8) runs them.
 */
#pragma once

#include "base/process.h"
#include "base/text.h"

/* Runs one command, with the interface's name in place of each %i: in bash, set up as wg-quick
 * does (errexit, pipefail, extglob, LC_ALL=C, $INTERFACE), or in sh if there is no bash. It
 * inherits no descriptors besides 0 to 2. `cleans_up` is for PostDown, see base/process.h. Fails
 * with WGCTL_SYSTEM if its exit status is not 0, or if a held signal stopped it (base/process.h).
 */
int wgctl_hook_run(struct wgctl_slice command, const char *interface, enum wgctl_output output,
                   bool cleans_up, struct wgctl_error *err);
