/* wgctl: the table of its commands, and what happens around each of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static const struct command commands[] = {
    {"init", NULL, "", "Set up this host as a WireGuard server", 0, 0, run_init},
    {"add-peer", NULL, "NAME...", "Let a new device in: keys, addresses, its configuration", 1, -1,
     run_add_peer},
    {"revoke", "remove", "NAME...", "Lock a device out, at once and for good", 1, -1, run_revoke},
    {"qr", NULL, "NAME", "Show the QR code of a device again", 1, 1, run_qr},
    {"list", NULL, "", "List the peers", 0, 0, run_list},
    {"show", NULL, "NAME", "Print the configuration of a device", 1, 1, run_show},
    {"apply", NULL, "", "Make the running interface match its file", 0, 0, run_apply},
    {"up", NULL, "", "Bring the interface up", 0, 0, run_up},
    {"down", NULL, "", "Take the interface down", 0, 0, run_down},
    {"edit-server", NULL, "", "Change the server, and the device files that follow", 0, 0,
     run_edit_server},
    {"adopt", NULL, "[FILE]", "Take over a server that another program has set up", 0, 1,
     run_adopt},
    {NULL, NULL, NULL, NULL, 0, 0, NULL},
};

static const struct command *find_command(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(command->name, name) == 0 ||
            (command->alias && strcmp(command->alias, name) == 0))
            return command;
    return NULL;
}

static int run_named(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    const struct command *command = find_command(argv[0]);
    if (!command) {
        fail_usage(context, err, "there is no command '%s'", argv[0]);
        return wgctl_hint(err, "'wgctl --help' lists them");
    }
    return command->run(context, command, argc, argv, err);
}

static int run(struct context *context, int argc, char **argv, struct wgctl_error *err)
{
    int first;
    int rc = parse_global_options(context, argc, argv, &first, err);
    if (rc < 0 || context->done)
        return rc;
    argc -= first;
    argv += first;
    if (argc == 0) {
        fail_usage(context, err, "no command is given");
        return wgctl_hint(err, "'wgctl --help' lists them; 'wgctl init' is the first");
    }
    if (strcmp(argv[0], "help") == 0 && argc > 1) {
        char help[] = "--help";
        char *const asked[] = {argv[1], help, NULL};
        return run_named(context, 2, (char **)asked, err);
    }
    if (strcmp(argv[0], "help") == 0 || strcmp(argv[0], "--help") == 0) {
        print_help(commands);
        return WGCTL_OK;
    }
    rc = wgctl_setup(err);
    return rc < 0 ? rc : run_named(context, argc, argv, err);
}

/* Started with one of them closed, a file of ours would become it, and a message
 * would be written into that file. What is written to a closed output stays an
 * error: it is open for reading. */
static void open_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

/* Known before anything is parsed, so that a wrong command line is told as JSON too. */
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
        .folder = WGCTL_FOLDER,
        .interface = getenv("WGCTL_INTERFACE"),
        .json = asks_for_json(argc, argv),
    };
    struct wgctl_error err = {0};
    int rc = run(&context, argc, argv, &err);
    /* What did not reach a full disk or a closed pipe was not said. */
    errno = flush_output();
    if (rc == WGCTL_OK && errno != 0)
        rc = wgctl_fail_errno(&err, "cannot write the output");
    if (rc == WGCTL_OK)
        return EXIT_SUCCESS;
    if (context.committed)
        wgctl_context(&err, "it is done all the same, but");
    print_error(&context, &err);
    return context.usage_error ? 2 : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    int status = run_and_report(argc, argv);
    wgctl_finish();
    return status;
}
