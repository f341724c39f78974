/* The command line, and the help: both come from the tables of options. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static struct {
    const char *interface, *folder, *color, *wait;
    bool dry_run, json, quiet, yes, help, version;
} given;

static const struct option_spec global_options[] = {
    {"interface", "IFACE",
     "the tunnel to use (default: $WGCTL_INTERFACE, the only\none there is, or wg0)",
     &given.interface, NULL, 'i'},
    {"directory", "DIR", "the folder with its files (default: " WGCTL_FOLDER ")", &given.folder,
     NULL, 'C'},
    {"dry-run", NULL, "show what would change, but change nothing", NULL, &given.dry_run, 'n'},
    {"json", NULL, "print results and errors as JSON", NULL, &given.json, '\0'},
    {"quiet", NULL, "print only results and errors", NULL, &given.quiet, 'q'},
    {"yes", NULL, "do not ask for confirmation", NULL, &given.yes, 'y'},
    {"wait", "SECONDS", "how long to wait for another wgctl (default: 60)", &given.wait, NULL,
     '\0'},
    {"color", "WHEN", "auto, always or never", &given.color, NULL, '\0'},
    {"help", NULL, "print this help", NULL, &given.help, 'h'},
    {"version", NULL, "print the version", NULL, &given.version, '\0'},
    {0},
};

enum {
    MOST_OPTIONS = 48,
    FIRST_LONG = 256, /* what getopt_long(3) returns for a long option: beyond every character */
};

int fail_usage(struct context *context, struct wgctl_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    wgctl_fail_list(err, WGCTL_INVALID, format, args);
    va_end(args);
    context->usage_error = true;
    return wgctl_hint(err, "--help lists the options");
}

/* ---- the help ---- */

static void format_usage(const struct option_spec *option, bool has_letters, char usage[64])
{
    char letter[] = "-?, ";
    letter[1] = option->letter;
    snprintf(usage, 64, "%s--%s%s%s",
             !has_letters     ? ""
             : option->letter ? letter
                              : "    ",
             option->name, option->argument ? " " : "", option->argument ? option->argument : "");
}

static void print_options(const struct option_spec *options)
{
    enum { MOST = 24 };
    char usage[64];
    bool has_letters = false;
    size_t width = 0;
    for (const struct option_spec *option = options; option->name; option++)
        has_letters |= option->letter != '\0';
    for (const struct option_spec *option = options; option->name; option++) {
        format_usage(option, has_letters, usage);
        if (strlen(usage) > width && strlen(usage) <= MOST)
            width = strlen(usage);
    }
    for (; options->name; options++) {
        struct wgctl_slice rest = wgctl_slice_of(options->help), line;
        format_usage(options, has_letters, usage);
        printf("  %-*s", (int)width, usage);
        if (strlen(usage) > width)
            printf("\n  %*s", (int)width, "");
        for (bool first = true; wgctl_slice_split(&rest, '\n', &line); first = false)
            printf("%*s%.*s\n", first ? 2 : (int)width + 4, "", (int)line.size, line.data);
    }
}

void print_help(const struct command *const *commands)
{
    printf("Usage: wgctl [OPTION]... COMMAND ...\n"
           "Set up a WireGuard server at home, and manage the devices that connect to it.\n\n"
           "Commands:\n");
    for (; *commands; commands++)
        printf("  %-11s  %s\n", (*commands)->name, (*commands)->summary);
    printf("\nGlobal options:\n");
    print_options(global_options);
    printf("\nRun 'wgctl COMMAND --help' for more about a command. The manual is wgctl(8).\n");
}

void print_command_help(const struct command *command)
{
    printf("Usage: wgctl [OPTION]... %s%s%s%s\n%s.\n", command->name,
           command->options ? " [OPTION]..." : "", command->arguments[0] ? " " : "",
           command->arguments, command->summary);
    if (command->alias)
        printf("Also called '%s'.\n", command->alias);
    if (command->options) {
        printf("\nOptions:\n");
        print_options(command->options);
    }
    printf("\nGlobal options:\n");
    print_options(global_options);
}

/* ---- parsing ---- */

/* All options that count now, in the form of getopt_long(3). */
struct parser {
    const struct option_spec *specs[MOST_OPTIONS];
    struct option options[MOST_OPTIONS];
    char letters[2 * MOST_OPTIONS + 3];
    int count;
};

static void add_options(struct parser *parser, const struct option_spec *specs)
{
    for (; specs && specs->name && parser->count < MOST_OPTIONS - 1; specs++) {
        int has_argument = specs->argument ? required_argument : no_argument;
        size_t used = strlen(parser->letters);
        if (specs->letter)
            snprintf(parser->letters + used, sizeof parser->letters - used, "%c%s", specs->letter,
                     specs->argument ? ":" : "");
        parser->options[parser->count] =
            (struct option){specs->name, has_argument, NULL, FIRST_LONG + parser->count};
        parser->specs[parser->count++] = specs;
    }
}

static const struct option_spec *find_option(const struct parser *parser, int found)
{
    if (found >= FIRST_LONG)
        return parser->specs[found - FIRST_LONG];
    for (int i = 0; i < parser->count; i++)
        if (parser->specs[i]->letter == found)
            return parser->specs[i];
    return NULL;
}

/* A long option that does not exist, or the beginning of several. */
static int fail_long_option(struct context *context, const struct parser *parser, const char *word,
                            struct wgctl_error *err)
{
    struct wgctl_nearest nearest = {.word = {word + 2, strcspn(word + 2, "=")}};
    bool is_ambiguous = false;
    for (int i = 0; i < parser->count; i++) {
        const char *name = parser->specs[i]->name;
        is_ambiguous |= strncmp(name, nearest.word.data, nearest.word.size) == 0;
        wgctl_nearest_offer(&nearest, wgctl_slice_of(name));
    }
    if (is_ambiguous)
        return fail_usage(context, err, "the option '%s' is ambiguous", word);
    fail_usage(context, err, "there is no option '%s'", word);
    if (nearest.best.size > 0)
        return wgctl_hint(err, "did you mean --%.*s? --help lists the options",
                          (int)nearest.best.size, nearest.best.data);
    return err->status;
}

static int fail_option(struct context *context, const struct parser *parser, int found,
                       const char *word, struct wgctl_error *err)
{
    if (found == ':')
        return fail_usage(context, err, "%s needs an argument", word);
    if (optopt != 0 && strncmp(word, "--", 2) == 0)
        return fail_usage(context, err, "%s takes no argument", word);
    if (optopt != 0)
        return fail_usage(context, err, "there is no option '-%c'", optopt);
    return fail_long_option(context, parser, word, err);
}

static int set_color(struct context *context, struct wgctl_error *err)
{
    static const char *const names[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    for (unsigned i = COLOR_AUTO; given.color && i <= COLOR_NEVER; i++) {
        if (strcmp(names[i], given.color) != 0)
            continue;
        context->color = i;
        return WGCTL_OK;
    }
    if (!given.color)
        return WGCTL_OK;
    fail_usage(context, err, "'%s' is not a valid --color", given.color);
    return wgctl_hint(err, "choose auto, always or never");
}

static int set_wait(struct context *context, struct wgctl_error *err)
{
    enum { MOST_DIGITS = 6 }; /* eleven days */
    if (!given.wait)
        return WGCTL_OK;
    size_t digits = strspn(given.wait, "0123456789");
    if (digits == 0 || digits > MOST_DIGITS || given.wait[digits] != '\0') {
        fail_usage(context, err, "'%s' is not a valid number of seconds", given.wait);
        return wgctl_hint(err, "as in --wait 10; 0 means do not wait");
    }
    context->wait = (unsigned)strtoul(given.wait, NULL, 10);
    return WGCTL_OK;
}

static int take_global_options(struct context *context, struct wgctl_error *err)
{
    context->named_interface = given.interface != NULL;
    context->named_folder = given.folder != NULL;
    if (given.interface)
        context->interface = given.interface;
    if (given.folder)
        context->folder = given.folder;
    context->dry_run = given.dry_run;
    context->json |= given.json;
    context->quiet = given.quiet;
    context->yes = given.yes;
    context->wants_help = given.help;
    context->wants_version = given.version;
    int rc = set_color(context, err);
    return rc < 0 ? rc : set_wait(context, err);
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
                   : command->arguments[0] == '[' ? "at most one FILE"
                                                  : "one NAME");
    return wgctl_hint(err, "wgctl %s --help", command->name);
}

int parse_options(struct context *context, const struct command *command, int *argc, char ***argv,
                  struct wgctl_error *err)
{
    /* With '+' parsing stops at the first word that is not an option. */
    struct parser parser = {.letters = "+:"};
    const char *letters = command ? parser.letters + 1 : parser.letters;
    add_options(&parser, global_options);
    add_options(&parser, command ? command->options : NULL);
    optind = 0; /* glibc starts anew */
    opterr = 0;
    for (int found; !given.help && !given.version &&
                    (found = getopt_long(*argc, *argv, letters, parser.options, NULL)) != -1;) {
        const struct option_spec *option = find_option(&parser, found);
        if (!option)
            return fail_option(context, &parser, found, (*argv)[optind - 1], err);
        if (option->flag)
            *option->flag = true;
        else
            *option->value = optarg;
    }
    *argv += optind;
    *argc -= optind;
    int rc = take_global_options(context, err);
    if (rc < 0 || !command || given.help || given.version)
        return rc;
    return check_count(context, command, *argc, err);
}
