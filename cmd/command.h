/* What the subcommands share. One of them is one file, and one line of the table
 * in main.c. */
#pragma once

#include <stdio.h>

#include "wgctl.h"

/* The options that every command takes. */
struct context {
    const char *folder;
    const char *interface;
    bool named_interface, named_folder; /* with -i and -C */
    bool dry_run;
    bool json;
    bool quiet;
    bool yes;
    enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
    bool usage_error; /* the command line was wrong: exit status 2 */
    bool done;        /* --help was all that was asked for */
    bool committed;   /* what may still fail is only the telling of it */
};

/* One option of a command. It sets `flag`, or takes an argument into `value`. */
struct option_spec {
    const char *name;
    const char *argument; /* what its argument is called; NULL for a flag */
    const char *help;
    const char **value;
    bool *flag;
};

struct command {
    const char *name;
    const char *alias;     /* NULL: none */
    const char *arguments; /* as the help shows them */
    const char *summary;
    int least, most; /* how many arguments it takes; -1: any number */
    int (*run)(struct context *context, const struct command *command, int argc, char **argv,
               struct wgctl_error *err);
};

int run_init(struct context *context, const struct command *command, int argc, char **argv,
             struct wgctl_error *err);
int run_add_peer(struct context *context, const struct command *command, int argc, char **argv,
                 struct wgctl_error *err);
int run_revoke(struct context *context, const struct command *command, int argc, char **argv,
               struct wgctl_error *err);
int run_qr(struct context *context, const struct command *command, int argc, char **argv,
           struct wgctl_error *err);
int run_apply(struct context *context, const struct command *command, int argc, char **argv,
              struct wgctl_error *err);
int run_up(struct context *context, const struct command *command, int argc, char **argv,
           struct wgctl_error *err);
int run_down(struct context *context, const struct command *command, int argc, char **argv,
             struct wgctl_error *err);
int run_list(struct context *context, const struct command *command, int argc, char **argv,
             struct wgctl_error *err);
int run_show(struct context *context, const struct command *command, int argc, char **argv,
             struct wgctl_error *err);
int run_edit_server(struct context *context, const struct command *command, int argc, char **argv,
                    struct wgctl_error *err);
int run_adopt(struct context *context, const struct command *command, int argc, char **argv,
              struct wgctl_error *err);

/* ---- options.c ---- */

/* Parses a command's own options, which end with a NULL name, and those of every
 * command. `ret_arguments` is what is left, `ret_count` of them. */
int parse_options(struct context *context, const struct command *command,
                  const struct option_spec *options, int argc, char **argv, char ***ret_arguments,
                  int *ret_count, struct wgctl_error *err);
/* The same before the command's name, which is left first. */
int parse_global_options(struct context *context, int argc, char **argv, int *ret_index,
                         struct wgctl_error *err);
/* Prints the table's help on standard output. */
void print_help(const struct command *commands);
/* A wrong command line: exit status 2. */
int fail_usage(struct context *context, struct wgctl_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Opens the tunnel that is meant. */
int open_tunnel(struct context *context, enum wgctl_access access, struct wgctl_tunnel **ret,
                struct wgctl_error *err);
/* Fails where the interface is up, or is not, against what is `wanted`. */
int require_up(const char *interface, bool wanted, struct wgctl_error *err);
/* The interface that is meant. */
const char *interface_of(struct context *context);

/* ---- terminal.c ---- */

/* Prints text that came from a file or the command line: what a terminal would
 * take as a command is shown as an escape. */
void print_escaped(FILE *stream, struct wgctl_slice text);
/* Appends a text in which each call "wgctl COMMAND" names the tunnel as this call
 * of wgctl did: "wgctl -i wg1 COMMAND". */
void add_calls(const struct context *context, const char *text, struct wgctl_text *ret);
/* Writes out what was printed on standard output: where both go to one file, what was said
 * first stands first. Returns 0, or the first errno(3) there ever was. */
int flush_output(void);
/* A message for people, on standard error, unless --quiet or --json. Its text is escaped, and
 * its calls of wgctl completed. */
void note(const struct context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Says what is under way, to somebody who waits at a terminal: on a slow machine the
 * firewall's programs take seconds. */
void say_step(const struct context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Shows how far a long change has come, to somebody who waits at a terminal. */
struct wgctl_progress progress_of(const struct context *context);
/* The error, in the one place where it is printed. */
void print_error(const struct context *context, const struct wgctl_error *err);
bool use_color(const struct context *context, FILE *stream);
/* "\033[32m" and the like where that stream is coloured, else "". */
const char *color(const struct context *context, FILE *stream, const char *sequence);
#define GREEN "\033[32m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"
/* A peer's allowed IPs with commas between; a device's own without their length. */
void print_addresses(FILE *stream, const struct wgctl_tunnel *tunnel, size_t index);
/* False where the stream is no terminal, or does not say. */
bool window_size(FILE *stream, unsigned *ret_columns, unsigned *ret_rows);
/* Whether there is somebody to ask: a terminal, without --yes and --json. */
bool can_ask(const struct context *context);
/* Asks a yes-or-no question; true at once with --yes, or without a terminal to ask on. */
bool confirm(const struct context *context, const char *question);
/* Prints that text, which may hold a secret, on standard output, unbuffered. */
int print_secret(const struct wgctl_text *text, struct wgctl_error *err);

/* ---- changes.c ---- */

/* What a commit does or did, as a list for people on that stream. */
void print_changes(const struct context *context, FILE *stream,
                   const struct wgctl_changes *changes);
/* Prints a plan for --dry-run, as text or JSON. */
int show_changes(struct context *context, const struct wgctl_tunnel *tunnel,
                 const struct wgctl_changes *changes, struct wgctl_error *err);
/* --dry-run: prints the plan, as text or JSON, and changes nothing. */
int show_plan(struct context *context, struct wgctl_tunnel *tunnel, bool apply,
              struct wgctl_error *err);

/* ---- picture.c ---- */

/* Where a client's code is to go. */
struct pictures {
    bool terminal;
    const char *png, *svg;
    struct wgctl_qr *qr;
};
/* Encodes the code and writes the files next to where they belong, so that what
 * can fail fails before anything was changed. */
int pictures_prepare(struct pictures *pictures, struct wgctl_slice config, struct wgctl_error *err);
/* Puts the files into their places. */
int pictures_publish(struct pictures *pictures, struct wgctl_error *err);
/* Draws it on standard output. Where the window is too small, an error. */
int pictures_draw(const struct context *context, const struct pictures *pictures,
                  struct wgctl_error *err);
/* Removes what was prepared and not published, and wipes the code. */
void pictures_clear(struct pictures *pictures);
#define PICTURES __attribute__((cleanup(pictures_clear))) struct pictures

/* ---- json.c ---- */

/* Each prints one JSON document. */
int json_changes(const char *interface, const struct wgctl_changes *changes,
                 struct wgctl_error *err);
/* The peers at those indexes. The one called `unstored` (NULL: none) comes with its
 * configuration, which is kept nowhere else. */
int json_peers(const struct wgctl_tunnel *tunnel, const size_t *indexes, size_t count,
               const char *unstored, struct wgctl_error *err);
int json_client(const char *name, const struct wgctl_text *config, struct wgctl_error *err);
int json_provision(const struct wgctl_provision_info *info, struct wgctl_error *err);
int json_endpoint(const char *interface, const char *endpoint, size_t clients, size_t elsewhere,
                  struct wgctl_error *err);
int json_adopt(const struct wgctl_adopt_info *info, struct wgctl_error *err);
/* `warning`: NULL or "" for none. */
int json_state(const char *interface, bool is_up, const char *warning, struct wgctl_error *err);
/* On standard error. Fails, and prints nothing, if memory runs out. */
int json_error(const struct context *context, const struct wgctl_error *err);
