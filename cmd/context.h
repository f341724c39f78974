/* The global options, and what happens to the command as a whole. */
#pragma once

#include "wgctl.h"

struct context {
    const char *folder;
    const char *interface;              /* NULL or "": none was named */
    bool named_interface, named_folder; /* with -i and -C */
    bool dry_run;
    bool json;
    bool quiet;
    bool yes;
    unsigned wait; /* seconds, for another wgctl to finish */
    enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
    bool wants_help, wants_version;
    char input[128];  /* the line that was read from standard input */
    bool usage_error; /* the command line was wrong: exit status 2 */
    bool committed;   /* the change is made; only reporting it can still fail */
};
