/* Hooks: the owner's commands in wg0.conf, run as wg-quick(8) runs them.
 */
#pragma once

#include "base/text.h"

#include "base/process.h"

/* Runs one: with every %i made the interface's name, in bash as wg-quick sets it
 * (errexit, pipefail, extglob, LC_ALL=C, $INTERFACE), or in sh where there is no
 * bash. Anything but exit status 0 is an error. */
int wgctl_hook_run(struct wgctl_slice command, const char *interface, enum wgctl_output output,
                   struct wgctl_error *err);
