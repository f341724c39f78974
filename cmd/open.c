/* The tunnel a command works on. */
#include "command.h"
#include "terminal.h"

const char *interface_of(struct context *context)
{
    static char found[WGCTL_NAME_SIZE];
    if (!context->interface || !context->interface[0]) {
        wgctl_tunnel_default(context->folder, found);
        context->interface = found;
    }
    return context->interface;
}

int open_tunnel(struct context *context, enum access access, struct wgctl_tunnel **ret,
                struct wgctl_error *err)
{
    static const enum wgctl_access accesses[] = {
        [ACCESS_READ] = WGCTL_READ,           [ACCESS_CHANGE] = WGCTL_CHANGE,
        [ACCESS_APPLY] = WGCTL_APPLY,         [ACCESS_HOLD] = WGCTL_HOLD,
        [ACCESS_RECONCILE] = WGCTL_RECONCILE,
    };
    if (access == ACCESS_NONE)
        return WGCTL_OK;
    enum wgctl_access wanted = accesses[access];
    if (context->dry_run)
        wanted |= WGCTL_DRY_RUN;
    int rc = wgctl_tunnel_open(context->folder, interface_of(context), wanted, ret, err);
    if (rc < 0)
        return rc;
    wgctl_tunnel_on_progress(*ret, progress_of(context));
    const char *left_alone = wgctl_tunnel_left_alone(*ret);
    if (left_alone[0])
        note(context,
             "An earlier command was interrupted before it had replaced %s, which you "
             "have edited since: your version stays",
             left_alone);
    return WGCTL_OK;
}
