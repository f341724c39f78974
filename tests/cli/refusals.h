/* A wrong call or a wrong file is refused: a clear error with what to do next, exit status 1, no
 * secret in what is said, and every file byte for byte as it was. For bad_input.c and bad_files.c.
 *
 * The folder "etc" is what wgctl works on: a tunnel wg0 with the peers phone, old (disabled) and
 * laptop.
 */
#pragma once

#include "cli/drive.h"

/* Makes a host of the test's own and the folders "pristine" and "etc"; ends the test if it cannot.
 */
void refusals_begin(void);
/* Makes "etc" a copy of "pristine", and resets all below. */
void fresh(void);

extern const char *input;        /* a file to be standard input; NULL: nothing to read */
extern const char *forbidden[4]; /* what may not be said, beside every key; NULL at the end */
extern uid_t as;                 /* as whom wgctl is called */

/* Public keys: the server's, phone's and the disabled peer's. */
extern char own_key[64], taken_key[64], disabled_key[64];
#define ZERO_KEY "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* Calls wgctl twice, the second time with --json, and checks that it refuses with a message that
 * matches the extended regular expression. */
void refuses(const char *what, const char *regex, const char *const argv[]);
#define REFUSES(what, regex, ...) \
    refuses(what, regex, (const char *const[]){"wgctl", __VA_ARGS__, NULL})
#define ADD "-C", "etc", "add-peer", "new", "--no-apply"
#define NEW_SERVER "-C", "etc", "-i", "wg1", "init", "--no-apply", "--firewall", "none"

/* Calls wgctl in a child process. */
void call_wgctl(const char *const argv[], struct answer *ret);
#define CALL(ret, ...) call_wgctl((const char *const[]){"wgctl", __VA_ARGS__, NULL}, ret)
/* The same, for what must succeed. */
#define MUST(...) must_succeed((const char *const[]){"wgctl", __VA_ARGS__, NULL})
void must_succeed(const char *const argv[]);

/* For titles: formats into a buffer that the next call uses again. */
const char *title(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The start of a value, for a title. */
const char *quoted(const char *value);

/* Whether there is a character that a terminal takes as a command: a C0 or C1 control but tab and
 * newline, or one that changes the direction of the text. */
bool has_escapes(struct wgctl_slice text);
bool is_utf8(struct wgctl_slice text);

/* A new public key in base64. */
void make_public_key(char ret[64]);

/* Strings that are repeated. */
#define X10(s) s s s s s s s s s s
#define X100(s) X10(X10(s))
#define X1000(s) X10(X100(s))
#define COUNT(array) (sizeof(array) / sizeof *(array))
