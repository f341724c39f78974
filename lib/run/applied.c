/* The configuration as last applied, in /run: what a plan compares with, and what `down`
 * takes back. While a tunnel is on its way up it is there under another name; where that
 * stays, an `up` was killed. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "conf/server_read.h"
#include "tunnel/state.h"

#define RUN_FOLDER "/run"
#define APPLIED_FOLDER "wgctl"

/* The first line says of which interface it is: one that somebody else has made since, of
 * the same name, has another number. */
#define FIRST_LINE "# interface "
enum { FIRST_LINE_SIZE = sizeof FIRST_LINE + 11 };

static struct wgctl_slice first_line(const struct wgctl_tunnel *tunnel, char line[FIRST_LINE_SIZE])
{
    snprintf(line, FIRST_LINE_SIZE, FIRST_LINE "%u\n", if_nametoindex(tunnel->interface));
    return wgctl_slice_of(line);
}

/* Where one is kept. */
struct place {
    struct wgctl_folder folder;
    char name[32];
};

static void close_place(struct place *place)
{
    wgctl_folder_close(&place->folder);
}
#define PLACE __attribute__((cleanup(close_place))) struct place

static int open_place(const struct wgctl_tunnel *tunnel, enum wgctl_applied which, bool create,
                      struct place *ret, struct wgctl_error *err)
{
    static const char *const endings[] = {
        [WGCTL_APPLIED] = "conf",
        [WGCTL_STARTING] = "starting",
        [WGCTL_RUNNING_HOOKS] = "hooks",
    };
    struct wgctl_folder run;
    ret->folder.fd = -1;
    snprintf(ret->name, sizeof ret->name, "%s.%s", tunnel->interface, endings[which]);
    int rc = wgctl_folder_open(RUN_FOLDER, &run, err);
    if (rc < 0)
        return rc;
    rc = wgctl_folder_open_in(&run, APPLIED_FOLDER, create, &ret->folder, err);
    wgctl_folder_close(&run);
    return rc;
}

/* Takes the first line off. False where it is of an interface that is gone while another is
 * there. */
static bool take_first_line(const struct wgctl_tunnel *tunnel, struct wgctl_text *text)
{
    unsigned index = 0, now = if_nametoindex(tunnel->interface);
    if (text->size == 0 || sscanf(text->data, FIRST_LINE "%u\n", &index) != 1)
        return true;
    size_t size = strcspn(text->data, "\n") + 1;
    memmove(text->data, text->data + size, text->size - size + 1);
    text->size -= size;
    return index == 0 || now == 0 || index == now;
}

/* False where there is none, or only one of an interface that is gone while another of its
 * name is there. */
static bool read_applied(const struct wgctl_tunnel *tunnel, enum wgctl_applied which,
                         struct wgctl_text *ret)
{
    PLACE place;
    struct wgctl_error ignored;
    return open_place(tunnel, which, false, &place, &ignored) == WGCTL_OK &&
           wgctl_file_read(&place.folder, place.name, WGCTL_SECRET, ret, &ignored) == WGCTL_OK &&
           take_first_line(tunnel, ret);
}

/* Whether the file consists of just these two. False if it cannot be read. */
static bool is_same(const struct place *place, struct wgctl_slice head, struct wgctl_slice rest)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error ignored;
    if (wgctl_file_read(&place->folder, place->name, WGCTL_SECRET, &text, &ignored) < 0)
        return false;
    struct wgctl_slice all = wgctl_text_slice_of(&text);
    return all.size == head.size + rest.size && memcmp(all.data, head.data, head.size) == 0 &&
           memcmp(all.data + head.size, rest.data, rest.size) == 0;
}

bool wgctl_applied_is_original(const struct wgctl_tunnel *tunnel)
{
    PLACE place;
    char line[FIRST_LINE_SIZE];
    struct wgctl_error ignored;
    return open_place(tunnel, WGCTL_APPLIED, false, &place, &ignored) == WGCTL_OK &&
           is_same(&place, first_line(tunnel, line), tunnel->original);
}

bool wgctl_applied_parse(const struct wgctl_tunnel *tunnel, enum wgctl_applied which,
                         struct wgctl_server *ret)
{
    WGCTL_TEXT text = {0};
    struct wgctl_error ignored;
    return read_applied(tunnel, which, &text) &&
           wgctl_server_parse(tunnel->conf_name, &text, ret, &ignored) == WGCTL_OK;
}

bool wgctl_applied_exists(const struct wgctl_tunnel *tunnel, enum wgctl_applied which)
{
    PLACE place;
    struct wgctl_error ignored;
    return open_place(tunnel, which, false, &place, &ignored) == WGCTL_OK &&
           wgctl_file_exists(&place.folder, place.name);
}

int wgctl_applied_remove(const struct wgctl_tunnel *tunnel, enum wgctl_applied which,
                         struct wgctl_error *err)
{
    PLACE place;
    int rc = open_place(tunnel, which, false, &place, err);
    if (rc < 0) /* Without the folder, nothing stands there. */
        return rc == WGCTL_NOT_FOUND ? WGCTL_OK : rc;
    return wgctl_file_remove(&place.folder, place.name, err);
}

void wgctl_applied_save(const struct wgctl_tunnel *tunnel, enum wgctl_applied which)
{
    WGCTL_TEXT rendered = {0};
    PLACE place;
    char line[FIRST_LINE_SIZE];
    struct wgctl_error ignored;
    struct wgctl_slice rest = wgctl_document_text(&tunnel->server.document, &rendered);
    if (open_place(tunnel, which, true, &place, &ignored) < 0)
        return;
    struct wgctl_slice head = first_line(tunnel, line);
    /* An old copy would mislead; none at all makes the next plan two-way. */
    if (!rendered.failed && is_same(&place, head, rest))
        wgctl_file_remove(&place.folder, WGCTL_FILE_NEW, &ignored); /* of one that was killed */
    else if (rendered.failed ||
             wgctl_file_write_volatile(&place.folder, place.name, head, rest, &ignored) < 0)
        wgctl_file_remove(&place.folder, place.name, &ignored);
}

void wgctl_applied_forget(const struct wgctl_tunnel *tunnel)
{
    struct wgctl_error ignored;
    for (int which = WGCTL_APPLIED; which <= WGCTL_RUNNING_HOOKS; which++)
        wgctl_applied_remove(tunnel, (enum wgctl_applied)which, &ignored);
}
