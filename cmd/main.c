/* wgctl: the table of its commands, and what happens around each of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "report.h"
#include "terminal.h"

enum { DEFAULT_WAIT = 60 };

/* In the order of the help. */
static const struct command *const commands[] = {
    &init_command, &add_peer_command,    &revoke_command, &qr_command,
    &list_command, &show_command,        &apply_command,  &up_command,
    &down_command, &edit_server_command, &adopt_command,  NULL,
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(commands[i]->name, name) == 0 ||
            (commands[i]->alias && strcmp(commands[i]->alias, name) == 0))
            return commands[i];
    return NULL;
}

bool is_command(const char *word)
{
    return find_command(word) || strcmp(word, "help") == 0;
}

static int fail_no_command(struct context *context, const char *name, struct wgctl_error *err)
{
    struct wgctl_nearest nearest = {.word = wgctl_slice_of(name)};
    for (size_t i = 0; commands[i]; i++) {
        wgctl_nearest_offer(&nearest, wgctl_slice_of(commands[i]->name));
        if (commands[i]->alias)
            wgctl_nearest_offer(&nearest, wgctl_slice_of(commands[i]->alias));
    }
    fail_usage(context, err, "there is no command '%s'", name);
    if (nearest.best.size > 0)
        return wgctl_hint(err, "did you mean '%.*s'? 'wgctl --help' lists all commands",
                          (int)nearest.best.size, nearest.best.data);
    return wgctl_hint(err, "'wgctl --help' lists them");
}

static void say_who_is_waited_for(void *data, const char *holder)
{
    const struct context *context = data;
    if (context->quiet || context->json)
        return;
    flush_output();
    fputs("Waiting for ", stderr);
    print_escaped(stderr, wgctl_slice_of(holder));
    fputs(" to finish...\n", stderr);
}

static int run_command(struct context *context, const struct command *command, int argc,
                       char **argv, struct wgctl_error *err)
{
    WGCTL_TUNNEL *tunnel = NULL;
    enum access access = command->access;
    if (command->files_only && *command->files_only)
        access = ACCESS_CHANGE;
    wgctl_lock_set_patience((struct wgctl_patience){context->wait, say_who_is_waited_for, context});
    int rc = wgctl_setup(err);
    if (rc == WGCTL_OK && command->check)
        rc = command->check(context, argc, argv, err);
    if (rc == WGCTL_OK)
        rc = open_tunnel(context, access, &tunnel, err);
    return rc < 0 ? rc : command->run(context, tunnel, argc, argv, err);
}

/* `wgctl COMMAND ...`, from the command's name on. */
static int run_named(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    const struct command *command = find_command(argv[0]);
    if (!command)
        return fail_no_command(context, argv[0], err);
    int rc = parse_options(context, command, &argc, &argv, err);
    if (rc < 0)
        return rc;
    if (context->wants_help)
        print_command_help(command);
    else if (context->wants_version)
        printf("wgctl " WGCTL_VERSION "\n");
    else
        rc = run_command(context, command, argc, argv, err);
    return rc;
}

static int run(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    char help[] = "--help";
    int rc = parse_options(context, NULL, &argc, &argv, err);
    if (rc < 0)
        return rc;
    bool is_help = argc > 0 && strcmp(argv[0], "help") == 0;
    if (is_help && argc > 1)
        return run_named(context, 2, (char *[]){argv[1], help, NULL}, err);
    if (is_help || context->wants_help)
        print_help(commands);
    else if (context->wants_version)
        printf("wgctl " WGCTL_VERSION "\n");
    else if (argc > 0)
        return run_named(context, argc, argv, err);
    else {
        fail_usage(context, err, "no command given");
        return wgctl_hint(err, "'wgctl --help' lists them; start with 'sudo wgctl init'");
    }
    return WGCTL_OK;
}

/* If one of them were closed, a file of ours would get its number, and a message would be written
 * into that file. Writing to a closed output must still fail: it is opened for reading. */
static void open_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* Needed before anything is parsed: a wrong command line is reported as JSON too. */
static bool asks_for_json(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

/* Returns the exit status. */
static int run_and_report(int argc, char **argv)
{
    static char line[1024];
    open_standard_streams();
    setvbuf(stderr, line, _IOLBF, sizeof line); /* not each character by itself */
    struct context context = {
        /* not static: main wipes the stack */
        .folder = WGCTL_FOLDER,
        .interface = getenv("WGCTL_INTERFACE"),
        .json = asks_for_json(argc, argv),
        .wait = DEFAULT_WAIT,
    };
    struct wgctl_error err = {0};
    int rc = run(&context, argc, argv, &err);
    /* Report output lost to a full disk or a closed pipe. */
    errno = flush_output();
    if (rc == WGCTL_OK && errno != 0)
        rc = wgctl_fail_errno(&err, "cannot write the output");
    if (rc == WGCTL_OK)
        return EXIT_SUCCESS;
    if (context.committed)
        wgctl_context(&err, "the change was made, but");
    print_error(&context, &err);
    return context.usage_error ? 2 : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    int status = run_and_report(argc, argv);
    wgctl_finish();
    return status;
}
