/* What the programs themselves keep of a server: finds and reads their JSON files and databases. */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adopt/databases.h"
#include "adopt/json.h"
#include "adopt/private.h"
#include "adopt/sqlite.h"
#include "base/descriptor.h"
#include "conf/peer_index.h"

enum {
    LARGEST_JSON = 2 * 1024 * 1024, /* thousands of peers; the parser needs 80 times as much */
    LARGEST_DATABASE = 256 * 1024 * 1024,
};

/* ---- databases ---- */

/* A file of a database, as it was when it was opened. */
struct part {
    const char *path;
    struct wgctl_text text;
    struct stat status; /* all zero: there is none */
};

static void part_clear(struct part *part)
{
    wgctl_text_clear(&part->text);
}

static int read_part(struct part *part, struct wgctl_error *err)
{
    WGCTL_FD fd = -1;
    size_t size = 0;
    part->status = (struct stat){0};
    wgctl_text_clear(&part->text);
    int rc = wgctl_third_party_open(part->path, LARGEST_DATABASE, &fd, &size, err);
    if (rc < 0)
        return rc;
    if (fstat(fd, &part->status) < 0 || wgctl_read_all(fd, size, LARGEST_DATABASE, &part->text) < 0)
        return wgctl_fail_errno(err, "cannot read %s", part->path);
    return wgctl_text_check(&part->text, err);
}

static bool is_unchanged(const struct part *part)
{
    struct stat now = {0};
    const struct stat *before = &part->status;
    (void)stat(part->path, &now);
    return now.st_ino == before->st_ino && now.st_size == before->st_size &&
           now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
}

/* Reads the database and its write-ahead log while nobody writes to them. */
static int read_parts(struct part *database, struct part *log, struct wgctl_error *err)
{
    enum { TRIES = 10 };
    for (int i = 0; i < TRIES; i++) {
        int rc = read_part(log, err);
        if (rc == WGCTL_OK || rc == WGCTL_NOT_FOUND)
            rc = read_part(database, err);
        if (rc < 0)
            return rc;
        if (is_unchanged(database) && is_unchanged(log))
            return WGCTL_OK;
    }
    wgctl_fail(err, WGCTL_BUSY, "a program is writing to %s", database->path);
    return wgctl_hint(err, "stop that program, then try again");
}

/* A rollback journal means that the database is half written. */
static int refuse_journal(const char *path, struct wgctl_error *err)
{
    char journal[PATH_MAX];
    struct stat status;
    if (snprintf(journal, sizeof journal, "%s-journal", path) >= PATH_MAX ||
        stat(journal, &status) < 0 || status.st_size == 0)
        return WGCTL_OK;
    wgctl_fail(err, WGCTL_BUSY, "a program is writing to %s, or was killed while it did", path);
    return wgctl_hint(err, "start that program and stop it again, then try again");
}

static int read_database(struct wgctl_adopt *adopt, const char *interface,
                         struct wgctl_other_server *ret, struct wgctl_error *err)
{
    char log_path[PATH_MAX];
    const char *path = adopt->other_path;
    snprintf(log_path, sizeof log_path, "%s-wal", path);
    __attribute__((cleanup(part_clear))) struct part database = {.path = path};
    __attribute__((cleanup(part_clear))) struct part log = {.path = log_path};
    int rc = read_parts(&database, &log, err);
    if (rc == WGCTL_OK)
        rc = refuse_journal(path, err);
    if (rc == WGCTL_OK)
        rc = wgctl_sqlite_apply_log(path, &database.text, wgctl_text_slice_of(&log.text), err);
    return rc < 0 ? rc : wgctl_other_server_parse_sqlite(path, &database.text, interface, ret, err);
}

/* ---- the folder of wireguard-ui ---- */

static int add_file(void *user, const char *path, enum wgctl_writers writers,
                    struct wgctl_text *text, struct wgctl_error *err)
{
    if (writers == WGCTL_WRITERS_ROOT)
        return wgctl_other_server_add_json(path, wgctl_text_slice_of(text), user, err);
    wgctl_fail(err, WGCTL_DENIED, "other users can write to %s", path);
    return wgctl_hint(err, "sudo chown root %s && sudo chmod 600 %s", path, path);
}

static int read_folder(const char *path, struct wgctl_other_server *ret, struct wgctl_error *err)
{
    static const char *const parts[] = {"server", "clients"};
    int rc = WGCTL_OK;
    for (size_t i = 0; rc == WGCTL_OK && i < sizeof parts / sizeof *parts; i++) {
        char part[PATH_MAX];
        if (snprintf(part, sizeof part, "%s/%s", path, parts[i]) < PATH_MAX)
            rc = wgctl_third_party_files(part, ".json", LARGEST_JSON, add_file, ret, err);
    }
    if (rc == WGCTL_OK && ret->source)
        return wgctl_other_server_sort(ret, err);
    if (rc < 0)
        return rc;
    wgctl_fail(err, WGCTL_INVALID, "%s does not have wireguard-ui's server/keypair.json", path);
    return wgctl_hint(err, "name its folder 'db', or the file of another program");
}

/* ---- any of them ---- */

static int read_json(struct wgctl_adopt *adopt, struct wgctl_other_server *ret,
                     struct wgctl_error *err)
{
    WGCTL_TEXT text = {0};
    int rc = wgctl_third_party_read(adopt->other_path, LARGEST_JSON, &text, err);
    return rc < 0 ? rc
                  : wgctl_other_server_parse_json(adopt->other_path, wgctl_text_slice_of(&text),
                                                  ret, err);
}

static bool is_database(const char *path)
{
    static const char *const endings[] = {".db", ".sqlite", ".sqlite3"};
    size_t size = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (size > strlen(endings[i]) && strcmp(path + size - strlen(endings[i]), endings[i]) == 0)
            return true;
    return false;
}

int wgctl_adopt_read_other(struct wgctl_adopt *adopt, const char *interface,
                           struct wgctl_error *err)
{
    WGCTL_OTHER_SERVER other = {0};
    struct stat status;
    bool is_folder = stat(adopt->other_path, &status) == 0 && S_ISDIR(status.st_mode);
    int rc = is_folder                        ? read_folder(adopt->other_path, &other, err)
             : is_database(adopt->other_path) ? read_database(adopt, interface, &other, err)
                                              : read_json(adopt, &other, err);
    if (rc < 0)
        return rc;
    wgctl_other_server_clear(&adopt->other);
    adopt->other = other;
    other = (struct wgctl_other_server){0};
    return WGCTL_OK;
}

/* ---- that of a tunnel ---- */

/* Whether it is the same server: it has its key, or, if that is unknown, one of its peers. */
static int is_of(const struct wgctl_other_server *other, const struct wgctl_server *server,
                 bool *ret, struct wgctl_error *err)
{
    WGCTL_PEER_INDEX peers = {0};
    *ret = wgctl_key_equal(&other->private_key, &server->private_key);
    if (!wgctl_key_is_zero(&other->private_key))
        return WGCTL_OK;
    int rc = wgctl_peer_index_make(server, WGCTL_ALL_PEERS, &peers, err);
    *ret = false;
    for (size_t i = 0; rc == WGCTL_OK && i < other->peer_count && !*ret; i++)
        *ret = wgctl_peer_index_find(&peers, &other->peers[i].public_key);
    return rc;
}

static int look_at(struct wgctl_adopt *adopt, const char *path, bool *ret_found,
                   struct wgctl_error *err)
{
    const struct wgctl_tunnel *tunnel = adopt->tunnel;
    *ret_found = false;
    free(adopt->other_path);
    adopt->other_path = wgctl_slice_dup(wgctl_slice_of(path));
    if (!adopt->other_path)
        return wgctl_fail_memory(err);
    int rc = wgctl_adopt_read_other(adopt, tunnel->interface, err);
    if (rc == WGCTL_OK)
        rc = is_of(&adopt->other, &tunnel->server, ret_found, err);
    if (!*ret_found)
        wgctl_other_server_clear(&adopt->other);
    return rc;
}

/* Appends the path of a place: in the tunnel's folder, or, if it begins with '/', anywhere. */
static void put_place(const struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                      const char *place, struct wgctl_text *ret)
{
    const struct wgctl_tunnel *tunnel = adopt->tunnel;
    if (!place)
        wgctl_text_format(ret, "%s/%s.json", tunnel->folder_path, tunnel->interface);
    else if (place[0] == '/')
        wgctl_text_format(ret, "%s%s", request->root ? request->root : "", place);
    else
        wgctl_text_format(ret, "%s/%s", tunnel->folder_path, place);
}

int wgctl_adopt_look_for_other(struct wgctl_adopt *adopt, const struct wgctl_adopt_request *request,
                               struct wgctl_error *err)
{
    /* NULL is INTERFACE.json, which wg-easy leaves when it starts to use a database. */
    static const char *const places[] = {
        "wg-easy.db",
        NULL,
        "sqlite.db",
        "data/sqlite.db",
        "wgdashboard.db",
        "db/wgdashboard.db",
        "db",
        "/opt/wg-portal/data/sqlite.db",
        "/opt/WGDashboard/src/db/wgdashboard.db",
        "/root/WGDashboard/src/db/wgdashboard.db",
        "/opt/wireguard-ui/db",
        "/root/wireguard-ui/db",
    };
    bool found = false;
    for (size_t i = 0; !found && i < sizeof places / sizeof *places; i++) {
        WGCTL_TEXT path = {0};
        put_place(adopt, request, places[i], &path);
        int rc = wgctl_text_check(&path, err);
        if (rc == WGCTL_OK)
            rc = look_at(adopt, path.data, &found, err);
        /* What is next to INTERFACE.conf is the tunnel's; elsewhere, it may be anybody's. */
        bool is_own = !places[i] || places[i][0] != '/';
        if (rc == WGCTL_SYSTEM || (is_own && (rc == WGCTL_DENIED || rc == WGCTL_BUSY)))
            return rc;
    }
    return WGCTL_OK;
}

int wgctl_adopt_check_other(const struct wgctl_adopt *adopt, struct wgctl_error *err)
{
    bool found;
    const struct wgctl_tunnel *tunnel = adopt->tunnel;
    int rc = is_of(&adopt->other, &tunnel->server, &found, err);
    if (rc < 0 || found)
        return rc;
    wgctl_fail(err, WGCTL_EXISTS, "%s/%s already exists, and is another server's",
               tunnel->folder_path, tunnel->conf_name);
    return wgctl_hint(err, "choose another name with -i, or adopt that file: sudo wgctl adopt");
}

/* ---- if there is no tunnel ---- */

/* A path that a shell takes as it is. */
static bool is_plain(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-";
    return path[strspn(path, plain)] == '\0';
}

int wgctl_adopt_hint_at_other(const struct wgctl_adopt_request *request, struct wgctl_error *err)
{
    static const struct {
        const char *program, *pattern;
    } places[] = {
        {"dsnet", "/etc/dsnetconfig.json"},
        {"wg-easy", "/var/lib/docker/volumes/*etc_wireguard/_data/wg-easy.db"},
        {"wg-easy", "/root/.wg-easy/wg-easy.db"},
        {"wg-easy", "/home/*/.wg-easy/wg-easy.db"},
        {"wg-easy", "/root/.wg-easy/wg0.json"},
        {"wg-easy", "/home/*/.wg-easy/wg0.json"},
        {"wg-portal", "/opt/wg-portal/data/sqlite.db"},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char pattern[PATH_MAX];
        glob_t found = {0};
        snprintf(pattern, sizeof pattern, "%s%s", request->root ? request->root : "",
                 places[i].pattern);
        bool is_there =
            glob(pattern, GLOB_NOSORT, NULL, &found) == 0 && is_plain(found.gl_pathv[0]);
        if (is_there)
            wgctl_hint(err, "%s has none: 'sudo wgctl adopt %s' creates it", places[i].program,
                       found.gl_pathv[0]);
        globfree(&found);
        if (is_there)
            break;
    }
    return err->status;
}
