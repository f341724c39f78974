/* A plan, as people and programs read it. */
#pragma once

#include <stdio.h>

#include "context.h"

/* Prints what a commit does or did, as a list for people. */
void print_changes(const struct context *context, FILE *stream,
                   const struct wgctl_changes *changes);
/* Prints a plan for --dry-run, as text or JSON. */
int show_changes(struct context *context, const struct wgctl_tunnel *tunnel,
                 const struct wgctl_changes *changes, struct wgctl_error *err);
/* For --dry-run: makes the plan of a commit, prints the plan as text or JSON, and changes nothing.
 * `apply`: the command would also change what runs. */
int show_plan(struct context *context, struct wgctl_tunnel *tunnel, bool apply,
              struct wgctl_error *err);
