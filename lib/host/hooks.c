#include "host/hooks.h"

#include <stdio.h>
#include <string.h>

#include "base/process.h"
#include "base/signals.h"

static void substitute(struct wgctl_slice command, const char *interface, struct wgctl_text *ret)
{
    const char *at = command.data, *end = command.data + command.size, *mark;
    while ((mark = memmem(at, (size_t)(end - at), "%i", 2))) {
        wgctl_text_append(ret, at, (size_t)(mark - at));
        wgctl_text_string(ret, interface);
        at = mark + 2;
    }
    wgctl_text_append(ret, at, (size_t)(end - at));
}

int wgctl_hook_run(struct wgctl_slice command, const char *interface, enum wgctl_output output,
                   bool cleans_up, struct wgctl_error *err)
{
    WGCTL_TEXT line = {0};
    substitute(command, interface, &line);
    int rc = wgctl_text_check(&line, err);
    if (rc < 0)
        return rc;
    /* The settings of the bash script that wg-quick is: a command that fails ends the hook,
     * even in the middle of it or of a pipe. */
    const char *const bash[] = {"bash",    "-e", "-o",      "pipefail", "-O",
                                "extglob", "-c", line.data, NULL};
    const char *const sh[] = {"sh", "-e", "-c", line.data, NULL};
    char variable[64];
    snprintf(variable, sizeof variable, "INTERFACE=%s", interface);
    const char *const variables[] = {"LC_ALL=C", variable, NULL};
    const struct wgctl_process process = {
        .argv = wgctl_process_find("bash", NULL, 0) ? bash : sh,
        .variables = variables,
        .cleans_up = cleans_up,
    };
    rc = wgctl_process_run_as(&process, output, err);
    if (rc == WGCTL_OK)
        return rc;
    wgctl_context(err, "the command '%.200s' in the configuration", line.data);
    return wgctl_signals_pending()
               ? rc
               : wgctl_hint(err, "its own output is above; fix or remove that line of the file");
}
