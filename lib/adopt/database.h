/* Values in another program's database. Private to the reading of such (adopt/databases.h). */
#pragma once

#include "adopt/other_server.h"
#include "adopt/sqlite.h"

/* The database, and the place in it, for messages. */
struct wgctl_database {
    const char *file;
    struct wgctl_sqlite *sqlite;
    const char *interface; /* the one that is wanted; "": any */
    const char *table;     /* that is being read */
    size_t row;            /* counted from 1 */
    struct wgctl_error *err;
};

/* Takes a row into what `ret` points to. */
typedef int wgctl_database_row(struct wgctl_database *reader, struct wgctl_sqlite_rows *row,
                               void *ret);
/* Calls `take` for each row of a table that a SELECT finds. Returns how many there are, or a
 * status. `parameter` is the value of ?1; NULL: there is none. */
int wgctl_database_each(struct wgctl_database *reader, const char *table, const char *sql,
                        const char *parameter, wgctl_database_row *take, void *ret);

/* Fails with WGCTL_INVALID: "what" is wrong with a column's value. */
int wgctl_database_fail(const struct wgctl_database *reader, const char *column, const char *what);
/* Fails with WGCTL_NOT_FOUND: it does not have the interface. */
int wgctl_database_fail_interface(const struct wgctl_database *reader);

/* Each reads a value, and fails with WGCTL_INVALID if it is something else; empty is no value. */
int wgctl_database_key(const struct wgctl_database *reader, const char *column, const char *text,
                       struct wgctl_key *ret);
/* The same, but there has to be one. */
int wgctl_database_needed_key(const struct wgctl_database *reader, const char *column,
                              const char *text, struct wgctl_key *ret);
int wgctl_database_addresses(const struct wgctl_database *reader, const char *column,
                             const char *text, struct wgctl_prefixes *list);
/* Addresses of the device itself, which may have the length of their network. */
int wgctl_database_own_address(const struct wgctl_database *reader, const char *column,
                               const char *text, struct wgctl_prefixes *list);
/* Copies a text, which may be empty. */
int wgctl_database_text(const struct wgctl_database *reader, const char *text, char **ret);
/* The same, but an empty text stays NULL. */
int wgctl_database_copy(const struct wgctl_database *reader, const char *text, char **ret);
/* Appends the strings of `["1.1.1.1","::1"]`, with ", " between them; escapes stay as they are.
 * Fails only if memory runs out. */
int wgctl_database_strings(const char *json, struct wgctl_text *ret, struct wgctl_error *err);
/* Copies a list that is kept so; it stays NULL if there is none. */
int wgctl_database_list(const struct wgctl_database *reader, const char *json, char **ret);

/* Each leaves `ret` as it is if the text is something else. */

/* "2026-12-24", "2026-12-24T18:00:00.000Z", "2026-12-24 18:00:00+01:00" */
void wgctl_database_time(const char *text, char ret[WGCTL_EXPIRY_SIZE]);
void wgctl_database_day(const char *text, char ret[16]);
/* A port of 0 is in the host, or unknown. */
void wgctl_database_endpoint(const char *host, uint16_t port, struct wgctl_other_server *ret);
