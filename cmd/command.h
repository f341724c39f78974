/* Subcommands as data. Each has its own file, which defines one struct command, and a row in
 * the table in main.c. From this data main parses the command line, opens the tunnel and prints the
 * help; tests/cli/docs.sh compares the manual and the completions with it. */
#pragma once

#include "context.h"

/* An option. It sets `*flag`, or its argument goes to `*value`. */
struct option_spec {
    const char *name;
    const char *argument; /* what the help calls its argument; NULL: it takes none */
    const char *help;     /* its lines are separated by '\n' */
    const char **value;   /* good as long as argv */
    bool *flag;
    char letter; /* its short form; '\0': none */
};

/* What a command needs to have open while it runs. With --dry-run all but NONE read only. */
enum access {
    ACCESS_NONE,      /* no tunnel: init and adopt make one */
    ACCESS_READ,      /* its files, without the lock */
    ACCESS_CHANGE,    /* its files, locked */
    ACCESS_APPLY,     /* its files, locked, and its interface if that is up */
    ACCESS_HOLD,      /* its files, locked, even if they say SaveConfig = true */
    ACCESS_RECONCILE, /* its interface, its files locked, even if they say SaveConfig = true */
};

struct command {
    const char *name;
    const char *alias;     /* NULL: none */
    const char *arguments; /* as the help shows them */
    const char *summary;
    int least, most;                   /* how many arguments it takes; most -1: any number */
    const struct option_spec *options; /* the last one has no name; NULL: none */
    enum access access;
    const bool *files_only; /* NULL, or the flag that lowers ACCESS_APPLY to ACCESS_CHANGE */
    /* Checks the options and arguments, and asks questions, before the tunnel is opened and
     * locked; may be NULL. */
    int (*check)(struct context *context, int argc, char **argv, struct wgctl_error *err);
    /* `tunnel` is NULL for ACCESS_NONE; main closes it. */
    int (*run)(struct context *context, struct wgctl_tunnel *tunnel, int argc, char **argv,
               struct wgctl_error *err);
};

extern const struct command init_command, add_peer_command, revoke_command, qr_command,
    list_command, show_command, apply_command, up_command, down_command, edit_server_command,
    adopt_command;

/* ---- main.c ---- */

/* Whether `wgctl WORD` is a command, by its name or alias, or "help". */
bool is_command(const char *word);

/* ---- options.c ---- */

/* Parses options from argv[1] on: the global ones, which go to `context`, and those of `command`.
 * Without a command (NULL) it stops at the first word that is not an option. On return
 * `*argv` and `*argc` are the arguments that are left. */
int parse_options(struct context *context, const struct command *command, int *argc, char ***argv,
                  struct wgctl_error *err);
/* Fails because the command line is wrong: exit status 2. */
int fail_usage(struct context *context, struct wgctl_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Prints the help of wgctl on standard output. `commands` ends with NULL. */
void print_help(const struct command *const *commands);
/* Prints the help of a command on standard output. */
void print_command_help(const struct command *command);

/* ---- open.c ---- */

/* The interface that was named, or the default one. */
const char *interface_of(struct context *context);
/* Opens the tunnel for that access, read-only with --dry-run; with ACCESS_NONE `ret` stays as
 * it is. */
int open_tunnel(struct context *context, enum access access, struct wgctl_tunnel **ret,
                struct wgctl_error *err);
