/* The one place that prints errors. */
#pragma once

#include "context.h"

/* Prints the error on standard error, as text or as JSON. */
void print_error(const struct context *context, const struct wgctl_error *err);
