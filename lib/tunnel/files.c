/* The files of a commit: which are written when, and how they are put back.
 *
 * The rename of INTERFACE.conf (or of INTERFACE.ini, where that is what changes)
 * is the commit point. A new client's file is written before it; the files of
 * others follow, or go, after it. A kill in between leaves files that do not match.
 * The journal, which is the content of the lock file, says what was under way, a
 * line each, and whoever locks next makes it good:
 *     wg0 phone             phone's file goes, unless wg0 has that peer
 *     wg0 =example.org:1    the clients' files follow, if wg0 has that endpoint
 *     wg0 +0123456789abcdef wg0.ini goes, if wg0.conf has that checksum still: they
 *                           were to come together
 * It needs no fsync: after a power cut such a file is at worst a key that opens
 * nothing, or names an endpoint that the next change names again. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tunnel/state.h"

/* Tells one wg0.conf from the next; whoever could forge it could write the file. */
static uint64_t checksum(struct wgctl_slice text)
{
    uint64_t sum = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < text.size; i++)
        sum = (sum ^ (unsigned char)text.data[i]) * 0x100000001b3;
    return sum;
}

static int open_journal(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_TEXT names = {0};
    for (size_t i = 0; i < tunnel->file_count; i++)
        if (tunnel->files[i].fate == WGCTL_CLIENT_NEW || tunnel->files[i].fate == WGCTL_CLIENT_GONE)
            wgctl_text_format(&names, "%s %s\n", tunnel->interface, tunnel->files[i].name);
    if (tunnel->ini_changed && tunnel->conf_changed && tunnel->ini_original.size == 0)
        wgctl_text_format(&names, "%s +%016" PRIx64 "\n", tunnel->interface,
                          checksum(tunnel->original));
    if (tunnel->ini_changed && !tunnel->clients_stay) {
        wgctl_text_format(&names, "%s =", tunnel->interface);
        wgctl_tunnel_endpoint(tunnel, &names);
        wgctl_text_string(&names, "\n");
    }
    if (names.size == 0 && !names.failed)
        return WGCTL_OK;
    int rc = wgctl_text_check(&names, err);
    if (rc < 0)
        return rc;
    off_t start = (off_t)tunnel->journal_kept;
    if (pwrite(tunnel->lock, names.data, names.size, start) != (ssize_t)names.size) {
        wgctl_fail_errno(err, "cannot write %s/" WGCTL_LOCK_NAME, tunnel->folder.path);
        if (ftruncate(tunnel->lock, start) < 0)
            wgctl_context(err, "the journal is broken");
        return err->status;
    }
    return WGCTL_OK;
}

static void close_journal(struct wgctl_tunnel *tunnel)
{
    /* Where this fails, the next one who locks finds nothing to do in it. */
    if ((tunnel->file_count > 0 || tunnel->ini_changed) &&
        ftruncate(tunnel->lock, (off_t)tunnel->journal_kept) < 0)
        return;
}

static int write_client(struct wgctl_tunnel *tunnel, const struct wgctl_client_file *file,
                        struct wgctl_slice content, struct wgctl_error *err)
{
    char name[WGCTL_FILE_NAME_SIZE];
    int rc = wgctl_tunnel_open_peers(tunnel, true, err);
    if (rc < 0)
        return rc;
    return wgctl_file_write(&tunnel->peers, wgctl_client_file_name(file->name, name), content, 0600,
                            err);
}

static int write_clients(struct wgctl_tunnel *tunnel, int fate, struct wgctl_error *err)
{
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < tunnel->file_count; i++) {
        const struct wgctl_client_file *file = &tunnel->files[i];
        if ((int)file->fate == fate)
            rc = write_client(tunnel, file, wgctl_text_slice_of(&file->text), err);
    }
    return rc;
}

static int write_conf(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    if (!tunnel->conf_changed)
        return WGCTL_OK;
    wgctl_document_render(&tunnel->server.document, &text);
    int rc = wgctl_text_check(&text, err);
    if (rc < 0)
        return rc;
    return wgctl_file_write(&tunnel->folder, tunnel->conf_name, wgctl_text_slice_of(&text), 0600,
                            err);
}

int wgctl_files_write(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    int rc = open_journal(tunnel, err);
    if (rc == WGCTL_OK)
        rc = write_clients(tunnel, WGCTL_CLIENT_NEW, err);
    if (rc == WGCTL_OK && tunnel->ini_changed)
        rc = wgctl_file_write(&tunnel->folder, tunnel->ini_name, wgctl_text_slice_of(&tunnel->ini),
                              0600, err);
    if (rc == WGCTL_OK)
        rc = write_conf(tunnel, err);
    if (rc == WGCTL_OK)
        rc = write_clients(tunnel, WGCTL_CLIENT_CHANGED, err);
    if (rc < 0)
        wgctl_files_restore(tunnel, err);
    return rc;
}

static void note_unrestored(struct wgctl_error *err, const struct wgctl_folder *folder,
                            const char *name, const struct wgctl_error *why)
{
    wgctl_hint(err, "%s/%s could not be put back either: %s", folder->path, name, why->message);
}

/* Puts a file back where it is not what it was. `err` is NULL where it was told of
 * one already that stays, and matters more. */
static int restore_file(const struct wgctl_folder *folder, const char *name,
                        struct wgctl_slice original, struct wgctl_error *err)
{
    WGCTL_TEXT now = {0};
    struct wgctl_error why;
    int rc = wgctl_file_read(folder, name, WGCTL_PUBLIC, &now, &why);
    if (original.size == 0)
        rc = rc == WGCTL_NOT_FOUND ? WGCTL_OK : wgctl_file_remove(folder, name, &why);
    else if (rc < 0 || !wgctl_slice_equal(wgctl_text_slice_of(&now), original))
        rc = wgctl_file_write(folder, name, original, 0600, &why);
    if (rc < 0 && err)
        note_unrestored(err, folder, name, &why);
    return rc;
}

void wgctl_files_restore(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    int status = err->status, rc = WGCTL_OK;
    if (tunnel->conf_changed)
        rc |= restore_file(&tunnel->folder, tunnel->conf_name, tunnel->original, err);
    if (tunnel->ini_changed)
        rc |= restore_file(&tunnel->folder, tunnel->ini_name,
                           wgctl_text_slice_of(&tunnel->ini_original), rc == WGCTL_OK ? err : NULL);
    for (size_t i = 0; i < tunnel->file_count && tunnel->peers.fd >= 0; i++) {
        char name[WGCTL_FILE_NAME_SIZE];
        const struct wgctl_client_file *file = &tunnel->files[i];
        if (file->fate == WGCTL_CLIENT_NEW || file->fate == WGCTL_CLIENT_CHANGED)
            rc |= restore_file(&tunnel->peers, wgctl_client_file_name(file->name, name),
                               wgctl_text_slice_of(&file->original), rc == WGCTL_OK ? err : NULL);
    }
    /* Where something stays, the journal stays too, and the next one tries again. */
    if (rc == WGCTL_OK)
        close_journal(tunnel);
    err->status = status;
}

void wgctl_files_finish(struct wgctl_tunnel *tunnel)
{
    struct wgctl_error ignored;
    for (size_t i = 0; i < tunnel->file_count; i++) {
        char name[WGCTL_FILE_NAME_SIZE];
        if (tunnel->files[i].fate != WGCTL_CLIENT_GONE)
            continue;
        /* Where it stays, the journal stays too, and the next one tries again. */
        if (wgctl_tunnel_open_peers(tunnel, false, &ignored) == WGCTL_OK &&
            wgctl_file_remove(&tunnel->peers, wgctl_client_file_name(tunnel->files[i].name, name),
                              &ignored) < 0)
            return;
    }
    close_journal(tunnel);
}

static int recover_client(struct wgctl_tunnel *tunnel, struct wgctl_slice name,
                          struct wgctl_error *err)
{
    char peer[WGCTL_FILE_NAME_SIZE], file[WGCTL_FILE_NAME_SIZE];
    wgctl_slice_string(name, peer, sizeof peer);
    if (wgctl_peer_name_check(name, err) < 0 || wgctl_server_has_name(&tunnel->server, name))
        return WGCTL_OK;
    if (!wgctl_file_exists(&tunnel->folder, tunnel->peers_name))
        return WGCTL_OK;
    int rc = wgctl_tunnel_open_peers(tunnel, false, err);
    return rc < 0 ? rc : wgctl_file_remove(&tunnel->peers, wgctl_client_file_name(peer, file), err);
}

static int recover_endpoint(struct wgctl_tunnel *tunnel, struct wgctl_slice endpoint,
                            struct wgctl_error *err)
{
    WGCTL_TEXT now = {0};
    wgctl_tunnel_endpoint(tunnel, &now);
    if (!wgctl_slice_equal(endpoint, wgctl_text_slice_of(&now)))
        return WGCTL_OK;
    size_t followed, elsewhere;
    int rc = wgctl_clients_follow(tunnel, &followed, &elsewhere, err);
    if (rc == WGCTL_OK)
        rc = write_clients(tunnel, WGCTL_CLIENT_CHANGED, err);
    wgctl_tunnel_clear_files(tunnel);
    return rc;
}

static int recover_ini(struct wgctl_tunnel *tunnel, struct wgctl_slice sum, struct wgctl_error *err)
{
    char now[20];
    snprintf(now, sizeof now, "%016" PRIx64, checksum(tunnel->original));
    if (!wgctl_slice_equal(sum, wgctl_slice_of(now)))
        return WGCTL_OK;
    wgctl_text_clear(&tunnel->ini_original);
    tunnel->settings = wgctl_settings_default;
    return wgctl_file_remove(&tunnel->folder, tunnel->ini_name, err);
}

/* Lines of other interfaces are kept for them. */
static int recover_line(struct wgctl_tunnel *tunnel, struct wgctl_slice line,
                        struct wgctl_text *kept, struct wgctl_error *err)
{
    struct wgctl_slice interface, what = line;
    if (!wgctl_slice_split(&what, ' ', &interface) || !what.data)
        return WGCTL_OK;
    if (!wgctl_slice_equal(interface, wgctl_slice_of(tunnel->interface))) {
        wgctl_text_format(kept, "%.*s\n", (int)line.size, line.data);
        return WGCTL_OK;
    }
    if (wgctl_slice_starts(what, "="))
        return recover_endpoint(tunnel, (struct wgctl_slice){what.data + 1, what.size - 1}, err);
    if (wgctl_slice_starts(what, "+"))
        return recover_ini(tunnel, (struct wgctl_slice){what.data + 1, what.size - 1}, err);
    return recover_client(tunnel, what, err);
}

/* A temporary file of wgctl_file_write() that a kill left among the clients'. */
static int recover_temporary(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    if (!wgctl_file_exists(&tunnel->folder, tunnel->peers_name))
        return WGCTL_OK;
    int rc = wgctl_tunnel_open_peers(tunnel, false, err);
    return rc < 0 ? rc : wgctl_file_remove(&tunnel->peers, WGCTL_FILE_NEW, err);
}

int wgctl_files_recover(struct wgctl_tunnel *tunnel, struct wgctl_error *err)
{
    WGCTL_TEXT journal = {0}, kept = {0};
    enum { PIECE = 4096 };
    ssize_t got;
    do {
        char *room = wgctl_text_room(&journal, PIECE);
        got = room ? pread(tunnel->lock, room, PIECE, (off_t)journal.size) : 0;
        if (got > 0)
            journal.size += (size_t)got;
    } while (got > 0 || (got < 0 && errno == EINTR));
    if (got < 0)
        return wgctl_fail_errno(err, "cannot read %s/" WGCTL_LOCK_NAME, tunnel->folder.path);

    int rc = recover_temporary(tunnel, err);
    if (journal.size == 0)
        return rc;
    struct wgctl_slice rest = wgctl_text_slice_of(&journal), line;
    while (rc == WGCTL_OK && wgctl_slice_split(&rest, '\n', &line))
        rc = recover_line(tunnel, line, &kept, err);
    if (rc < 0)
        return rc;
    tunnel->journal_kept = kept.size;
    if (kept.size == journal.size)
        return WGCTL_OK;
    /* In one call, with empty lines behind: a kill must not lose what is others'. */
    while (kept.size > 0 && kept.size < journal.size)
        wgctl_text_string(&kept, "\n");
    rc = wgctl_text_check(&kept, err);
    if (rc < 0)
        return rc;
    if ((kept.size > 0 && pwrite(tunnel->lock, kept.data, kept.size, 0) != (ssize_t)kept.size) ||
        ftruncate(tunnel->lock, (off_t)tunnel->journal_kept) < 0)
        return wgctl_fail_errno(err, "cannot write %s/" WGCTL_LOCK_NAME, tunnel->folder.path);
    return WGCTL_OK;
}
