/* An SQLite database that another program keeps, read in memory.
 *
 * It is never opened as a file: SQLite would lock it against its program, and would create files
 * next to it. Nor is it believed: what its schema makes SQLite do, and how long it takes, is
 * limited. Pure; none of these functions needs a lock. Each fails with WGCTL_INVALID if the
 * database is damaged, or is not of a known program, and with WGCTL_SYSTEM if memory runs out; no
 * message quotes the database.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"

/* Puts what FILE-wal has, the write-ahead log, into the image of the database: a program that runs,
 * or was killed, may have written nothing else yet. Only whole transactions count. `file` is the
 * database's name for messages. See https://www.sqlite.org/fileformat2.html, section 4. */
int wgctl_sqlite_apply_log(const char *file, struct wgctl_text *image, struct wgctl_slice log,
                           struct wgctl_error *err);

struct wgctl_sqlite;

/* Opens the image, which has to outlive the database and is changed. Close it. */
int wgctl_sqlite_open(const char *file, struct wgctl_text *image, struct wgctl_sqlite **ret,
                      struct wgctl_error *err);
/* Wipes and frees it; sets the pointer to NULL. */
void wgctl_sqlite_close(struct wgctl_sqlite **database);
#define WGCTL_SQLITE __attribute__((cleanup(wgctl_sqlite_close))) struct wgctl_sqlite
/* Whether it has a table of that name; views are none. */
int wgctl_sqlite_has_table(struct wgctl_sqlite *database, const char *name, bool *ret,
                           struct wgctl_error *err);

struct wgctl_sqlite_rows;

/* Starts a SELECT. `parameter` is the value of ?1; NULL: there is none. Close it before the
 * database. */
int wgctl_sqlite_select(struct wgctl_sqlite *database, const char *sql, const char *parameter,
                        struct wgctl_sqlite_rows **ret, struct wgctl_error *err);
void wgctl_sqlite_rows_close(struct wgctl_sqlite_rows **rows);
#define WGCTL_SQLITE_ROWS __attribute__((cleanup(wgctl_sqlite_rows_close))) struct wgctl_sqlite_rows
/* Moves to the next row. `ret` is false after the last one. Fails as well if a value of the row
 * before could not be read, so call it until it says so. */
int wgctl_sqlite_next(struct wgctl_sqlite_rows *rows, bool *ret, struct wgctl_error *err);
/* A value of the row, as text: empty if it is NULL. Without NUL bytes. Valid until the next row. */
const char *wgctl_sqlite_text(struct wgctl_sqlite_rows *rows, int column);
/* A value of the row that fits into 16 bits; 0 if it is anything else. */
uint16_t wgctl_sqlite_number(struct wgctl_sqlite_rows *rows, int column);
