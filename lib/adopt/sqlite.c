#include "adopt/sqlite.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>

/* ---- memory, which held keys ---- */

/* SQLite does not always say so. */
static bool ran_out;

static void *allocate(int size)
{
    void *memory = malloc((size_t)size);
    ran_out |= !memory;
    return memory;
}

static int size_of(void *memory)
{
    return (int)malloc_usable_size(memory);
}

static void *reallocate(void *memory, int size)
{
    void *copy = allocate(size);
    if (!copy)
        return NULL;
    memcpy(copy, memory, (size_t)(size_of(memory) < size ? size_of(memory) : size));
    wgctl_free_wiped(memory);
    return copy;
}

static int round_up(int size)
{
    return (size + 7) & ~7;
}

static int start(void *unused)
{
    (void)unused;
    return SQLITE_OK;
}

static void end(void *unused)
{
    (void)unused;
}

/* ---- the database ---- */

struct wgctl_sqlite {
    const char *file; /* for messages */
    sqlite3 *handle;
    unsigned rounds; /* that it may still take */
};

static int fail_code(const struct wgctl_sqlite *database, int code, struct wgctl_error *err)
{
    if (ran_out || (code & 0xff) == SQLITE_NOMEM)
        return wgctl_fail_memory(err);
    return wgctl_fail(err, WGCTL_INVALID, "%s cannot be read: %s", database->file,
                      sqlite3_errstr(code));
}

/* Called after every thousand operations. */
static int is_too_long(void *user)
{
    struct wgctl_sqlite *database = user;
    return database->rounds == 0 || --database->rounds == 0;
}

/* Nothing but reading columns: a schema may name functions, and what they call. */
static int may(void *unused, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)unused, (void)a, (void)b, (void)c, (void)d;
    return action == SQLITE_SELECT || action == SQLITE_READ ? SQLITE_OK : SQLITE_DENY;
}

static int start_library(void)
{
    static const sqlite3_mem_methods wiped = {
        allocate, wgctl_free_wiped, reallocate, size_of, round_up, start, end, NULL,
    };
    enum { MOST_MEMORY = 64 * 1024 * 1024 };
    static bool started;
    if (started)
        return SQLITE_OK;
    int code = sqlite3_config(SQLITE_CONFIG_MALLOC, &wiped);
    if (code == SQLITE_OK)
        code = sqlite3_initialize();
    if (code != SQLITE_OK)
        return code;
    sqlite3_hard_heap_limit64(MOST_MEMORY);
    started = true;
    return SQLITE_OK;
}

/* https://www.sqlite.org/security.html, "Untrusted SQLite database files" */
static int restrain(struct wgctl_sqlite *database)
{
    static const struct {
        int limit, value;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, 1024 * 1024}, {SQLITE_LIMIT_SQL_LENGTH, 64 * 1024},
        {SQLITE_LIMIT_COLUMN, 200},         {SQLITE_LIMIT_EXPR_DEPTH, 20},
        {SQLITE_LIMIT_ATTACHED, 0},         {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    };
    static const struct {
        int name, value;
    } settings[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    };
    enum { OPERATIONS = 1000, ROUNDS = 200 * 1000 };
    sqlite3 *handle = database->handle;
    int code = SQLITE_OK;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(handle, limits[i].limit, limits[i].value);
    for (size_t i = 0; code == SQLITE_OK && i < sizeof settings / sizeof *settings; i++)
        code = sqlite3_db_config(handle, settings[i].name, settings[i].value, (int *)NULL);
    database->rounds = ROUNDS;
    sqlite3_progress_handler(handle, OPERATIONS, is_too_long, database);
    if (code == SQLITE_OK)
        code = sqlite3_exec(handle, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
    return code == SQLITE_OK ? sqlite3_set_authorizer(handle, may, NULL) : code;
}

/* In memory, a database cannot have a write-ahead log. Its image says so in two bytes. */
static bool forget_log(struct wgctl_text *image)
{
    enum { HEADER = 100, WRITE_VERSION = 18, READ_VERSION = 19, WITHOUT_LOG = 1 };
    if (image->size < HEADER || memcmp(image->data, "SQLite format 3", 16) != 0)
        return false;
    image->data[WRITE_VERSION] = image->data[READ_VERSION] = WITHOUT_LOG;
    return true;
}

int wgctl_sqlite_open(const char *file, struct wgctl_text *image, struct wgctl_sqlite **ret,
                      struct wgctl_error *err)
{
    if (!forget_log(image))
        return wgctl_fail(err, WGCTL_INVALID, "%s is not an SQLite database", file);
    WGCTL_SQLITE *database = calloc(1, sizeof *database);
    if (!database)
        return wgctl_fail_memory(err);
    database->file = file;
    ran_out = false;
    int code = start_library();
    if (code == SQLITE_OK)
        code = sqlite3_open_v2(":memory:", &database->handle, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_deserialize(database->handle, "main", (unsigned char *)image->data,
                                   (sqlite3_int64)image->size, (sqlite3_int64)image->size,
                                   SQLITE_DESERIALIZE_READONLY);
    if (code == SQLITE_OK)
        code = restrain(database); /* not before: it attaches the image */
    if (code != SQLITE_OK)
        return fail_code(database, code, err);
    *ret = database;
    database = NULL;
    return WGCTL_OK;
}

void wgctl_sqlite_close(struct wgctl_sqlite **database)
{
    if (!*database)
        return;
    sqlite3_close((*database)->handle);
    free(*database);
    *database = NULL;
}

int wgctl_sqlite_has_table(struct wgctl_sqlite *database, const char *name, bool *ret,
                           struct wgctl_error *err)
{
    WGCTL_SQLITE_ROWS *rows = NULL;
    /* A virtual table has no root page. */
    int rc = wgctl_sqlite_select(
        database, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name = ?1",
        name, &rows, err);
    return rc < 0 ? rc : wgctl_sqlite_next(rows, ret, err);
}

/* ---- rows ---- */

struct wgctl_sqlite_rows {
    const struct wgctl_sqlite *database;
    sqlite3_stmt *statement;
    bool failed; /* memory ran out while a value was read */
};

int wgctl_sqlite_select(struct wgctl_sqlite *database, const char *sql, const char *parameter,
                        struct wgctl_sqlite_rows **ret, struct wgctl_error *err)
{
    WGCTL_SQLITE_ROWS *rows = calloc(1, sizeof *rows);
    if (!rows)
        return wgctl_fail_memory(err);
    rows->database = database;
    int code = sqlite3_prepare_v2(database->handle, sql, -1, &rows->statement, NULL);
    if (code == SQLITE_OK && parameter)
        code = sqlite3_bind_text(rows->statement, 1, parameter, -1, SQLITE_TRANSIENT);
    if (code != SQLITE_OK)
        return fail_code(database, code, err);
    *ret = rows;
    rows = NULL;
    return WGCTL_OK;
}

void wgctl_sqlite_rows_close(struct wgctl_sqlite_rows **rows)
{
    if (!*rows)
        return;
    sqlite3_finalize((*rows)->statement);
    free(*rows);
    *rows = NULL;
}

int wgctl_sqlite_next(struct wgctl_sqlite_rows *rows, bool *ret, struct wgctl_error *err)
{
    int code = rows->failed ? SQLITE_NOMEM : sqlite3_step(rows->statement);
    *ret = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? WGCTL_OK
                                                     : fail_code(rows->database, code, err);
}

const char *wgctl_sqlite_text(struct wgctl_sqlite_rows *rows, int column)
{
    const unsigned char *text = sqlite3_column_text(rows->statement, column);
    rows->failed |= !text && sqlite3_column_type(rows->statement, column) != SQLITE_NULL;
    return text ? (const char *)text : "";
}

uint16_t wgctl_sqlite_number(struct wgctl_sqlite_rows *rows, int column)
{
    sqlite3_int64 number = sqlite3_column_int64(rows->statement, column);
    return number > 0 && number <= UINT16_MAX ? (uint16_t)number : 0;
}
