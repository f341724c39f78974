/* The command line: options of every command, and a command's own. */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

enum {
    MOST_OPTIONS = 48,
    /* What getopt_long(3) returns: beyond every short option. */
    OPTION_COLOR = 256,
    OPTION_JSON,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_OWN, /* the first of the command's own */
};

static const char short_options[] = "+:i:C:nqyh";
static const struct option global_options[] = {
    {"interface", required_argument, NULL, 'i'},
    {"directory", required_argument, NULL, 'C'},
    {"dry-run", no_argument, NULL, 'n'},
    {"quiet", no_argument, NULL, 'q'},
    {"yes", no_argument, NULL, 'y'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
};
enum { GLOBAL_OPTIONS = sizeof global_options / sizeof *global_options };

static const char global_help[] =
    "Options of every command:\n"
    "  -i, --interface IFACE  the tunnel that is meant (default: $WGCTL_INTERFACE,\n"
    "                         the only one there is, or wg0)\n"
    "  -C, --directory DIR    where its files are (default: " WGCTL_FOLDER ")\n"
    "  -n, --dry-run          show what would change, and change nothing\n"
    "      --json             print results and errors as JSON\n"
    "  -q, --quiet            print results and errors only\n"
    "  -y, --yes              do not ask\n"
    "      --color WHEN       auto, always or never\n"
    "  -h, --help             print this help\n"
    "      --version          print the version\n";

int fail_usage(struct context *context, struct wgctl_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    err->status = WGCTL_INVALID;
    context->usage_error = true;
    return wgctl_hint(err, "--help lists the options");
}

void print_help(const struct command *commands)
{
    printf("Usage: wgctl [OPTION]... COMMAND ...\n"
           "Set up a WireGuard server at home, and look after the devices that connect.\n\n"
           "Commands:\n");
    for (const struct command *command = commands; command->name; command++)
        printf("  %-11s  %s\n", command->name, command->summary);
    printf("\n%s\n'wgctl COMMAND --help' says more of each. The manual is wgctl(8).\n",
           global_help);
}

static void print_command_help(const struct command *command, const struct option_spec *options)
{
    enum { WIDTH = 24 };
    printf("Usage: wgctl [OPTION]... %s%s%s%s\n%s.\n", command->name,
           options->name ? " [OPTION]..." : "", command->arguments[0] ? " " : "",
           command->arguments, command->summary);
    if (command->alias)
        printf("Another name for it is '%s'.\n", command->alias);
    if (options->name)
        printf("\nOptions of its own:\n");
    for (; options->name; options++) {
        char usage[64];
        snprintf(usage, sizeof usage, "--%s%s%s", options->name, options->argument ? " " : "",
                 options->argument ? options->argument : "");
        if (strlen(usage) > WIDTH)
            printf("  %s\n  %*s %s\n", usage, WIDTH, "", options->help);
        else
            printf("  %-*s %s\n", WIDTH, usage, options->help);
    }
    printf("\n%s", global_help);
}

static int set_color(struct context *context, const char *when, struct wgctl_error *err)
{
    if (strcmp(when, "auto") == 0)
        context->color = COLOR_AUTO;
    else if (strcmp(when, "always") == 0)
        context->color = COLOR_ALWAYS;
    else if (strcmp(when, "never") == 0)
        context->color = COLOR_NEVER;
    else {
        fail_usage(context, err, "--color does not know '%s'", when);
        return wgctl_hint(err, "it is auto, always or never");
    }
    return WGCTL_OK;
}

/* An option of every command, or an error of getopt_long(3). */
static int take_option(struct context *context, int option, char **argv, struct wgctl_error *err)
{
    const char *last = argv[optind - 1];
    switch (option) {
    case 'i':
        context->interface = optarg;
        context->named_interface = true;
        return WGCTL_OK;
    case 'C':
        context->folder = optarg;
        context->named_folder = true;
        return WGCTL_OK;
    case 'n':
        context->dry_run = true;
        return WGCTL_OK;
    case 'q':
        context->quiet = true;
        return WGCTL_OK;
    case 'y':
        context->yes = true;
        return WGCTL_OK;
    case OPTION_JSON:
        context->json = true;
        return WGCTL_OK;
    case OPTION_VERSION:
        printf("wgctl " WGCTL_VERSION "\n");
        context->done = true;
        return WGCTL_OK;
    case OPTION_COLOR:
        return set_color(context, optarg, err);
    case ':':
        return fail_usage(context, err, "%s needs an argument", last);
    default:
        if (optopt != 0 && strncmp(last, "--", 2) == 0)
            return fail_usage(context, err, "%s takes no argument", last);
        if (optopt != 0)
            return fail_usage(context, err, "there is no option '-%c'", optopt);
        return fail_usage(context, err, "there is no option '%s', or it is not complete", last);
    }
}

int parse_global_options(struct context *context, int argc, char **argv, int *ret_index,
                         struct wgctl_error *err)
{
    struct option options[GLOBAL_OPTIONS + 1] = {0};
    memcpy(options, global_options, sizeof global_options);
    opterr = 0;
    int option, rc = WGCTL_OK;
    while (rc == WGCTL_OK &&
           (option = getopt_long(argc, argv, short_options, options, NULL)) != -1) {
        if (option == OPTION_HELP || option == 'h') {
            optind--; /* main's, as if it were a command */
            argv[optind] = (char *)"--help";
            break;
        }
        rc = take_option(context, option, argv, err);
    }
    *ret_index = optind;
    return rc;
}

static void take_own(const struct option_spec *spec)
{
    if (spec->flag)
        *spec->flag = true;
    else
        *spec->value = optarg;
}

static int check_count(struct context *context, const struct command *command, int count,
                       struct wgctl_error *err)
{
    if (count >= command->least && (command->most < 0 || count <= command->most))
        return WGCTL_OK;
    if (count < command->least)
        fail_usage(context, err, "%s needs a NAME", command->name);
    else
        fail_usage(context, err, "%s takes %s", command->name,
                   command->most == 0             ? "no arguments"
                   : command->arguments[0] == '[' ? "one FILE at most"
                                                  : "one NAME");
    return wgctl_hint(err, "wgctl %s --help", command->name);
}

int parse_options(struct context *context, const struct command *command,
                  const struct option_spec *specs, int argc, char **argv, char ***ret_arguments,
                  int *ret_count, struct wgctl_error *err)
{
    struct option options[MOST_OPTIONS] = {0};
    int count = 0;
    for (; count < GLOBAL_OPTIONS; count++)
        options[count] = global_options[count];
    for (const struct option_spec *spec = specs; spec->name && count < MOST_OPTIONS - 1; spec++)
        options[count++] =
            (struct option){spec->name, spec->argument ? required_argument : no_argument, NULL,
                            OPTION_OWN + (int)(spec - specs)};

    /* Past the '+': here options may follow names. 0 makes glibc start anew. */
    optind = 0;
    opterr = 0;
    int option, rc = WGCTL_OK;
    while (rc == WGCTL_OK && !context->done &&
           (option = getopt_long(argc, argv, short_options + 1, options, NULL)) != -1) {
        if (option == OPTION_HELP || option == 'h') {
            print_command_help(command, specs);
            context->done = true;
            return WGCTL_OK;
        }
        if (option >= OPTION_OWN)
            take_own(&specs[option - OPTION_OWN]);
        else
            rc = take_option(context, option, argv, err);
    }
    *ret_arguments = argv + optind;
    *ret_count = argc - optind;
    return rc < 0 || context->done ? rc : check_count(context, command, *ret_count, err);
}

const char *interface_of(struct context *context)
{
    static char found[WGCTL_NAME_SIZE];
    if (!context->interface || !context->interface[0]) {
        wgctl_tunnel_default(context->folder, found);
        context->interface = found;
    }
    return context->interface;
}

int open_tunnel(struct context *context, enum wgctl_access access, struct wgctl_tunnel **ret,
                struct wgctl_error *err)
{
    if (context->dry_run)
        access |= WGCTL_DRY_RUN;
    else if (access != WGCTL_READ && isatty(STDERR_FILENO) && wgctl_tunnel_is_busy(context->folder))
        say_step(context, "Another wgctl is at work: waiting for it to finish...");
    int rc = wgctl_tunnel_open(context->folder, interface_of(context), access, ret, err);
    if (rc == WGCTL_OK)
        wgctl_tunnel_on_progress(*ret, progress_of(context));
    return rc;
}

int require_up(const char *interface, bool wanted, struct wgctl_error *err)
{
    bool is_up = false;
    int rc = wgctl_tunnel_is_up(interface, &is_up, err);
    if (rc < 0 || is_up == wanted)
        return rc;
    if (is_up) {
        wgctl_fail(err, WGCTL_EXISTS, "%s is up already", interface);
        return wgctl_hint(err, "sudo wgctl apply brings in what changed in its file");
    }
    wgctl_fail(err, WGCTL_NOT_FOUND, "%s is not up", interface);
    return wgctl_hint(err, "sudo wgctl up");
}
