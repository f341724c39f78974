/* Files that are broken, or not to be trusted, or somebody else's. */
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/refusals.h"

#define CONF "etc/wg0.conf"
#define INI "etc/wg0.ini"
#define PHONE "etc/wg0.peers/phone.conf"
#define EDIT "-C", "etc", "edit-server", "--endpoint", "new.example.org"

static uid_t nobody;

static void must(int rc, const char *what)
{
    if (rc < 0)
        drive_give_up("cannot %s", what);
}

/* Each is refused by commands that read and by ones that change. */
static void refuses_both(const char *what, const char *regex)
{
    REFUSES(title("list refuses %s", what), regex, "-C", "etc", "list");
    REFUSES(title("add-peer refuses %s", what), regex, ADD);
    REFUSES(title("revoke refuses %s", what), regex, "-C", "etc", "revoke", "phone", "--no-apply");
}

/* ---- files that are not to be trusted ---- */

/* Whether the message of `list` names the command that fixes the mode. */
static void says_the_fix(mode_t mode)
{
    DRIVE_ANSWER answer;
    CALL(&answer, "-C", "etc", "list");
    if (!answer.err.data || !strstr(answer.err.data, "chmod 600 etc/wg0.conf"))
        drive_report(false, title("the fix for mode %o is said", mode),
                     wgctl_text_slice_of(&answer.err));
}

/* Lets other users enter the folder. */
static void open_to_all(void)
{
    must(chmod("etc", 0755), "change the mode");
}

static void test_conf_modes(void)
{
    static const mode_t modes[] = {0640, 0604, 0644, 0666, 0660, 0602, 0620, 0601, 0610, 0677};
    for (size_t i = 0; i < COUNT(modes); i++) {
        char what[48];
        fresh();
        open_to_all();
        must(chmod(CONF, modes[i]), "change the mode");
        snprintf(what, sizeof what, "a wg0.conf of mode %o", modes[i]);
        refuses_both(what, "etc/wg0\\.conf .*other users");
        says_the_fix(modes[i]);
    }
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    must(stat(path, &status), "look at a file");
    return status.st_mode & 07777;
}

/* Other programs leave such files, and nobody else can get at them. */
static void test_conf_modes_in_a_private_folder(void)
{
    static const mode_t modes[] = {0644, 0755, 0640};
    for (size_t i = 0; i < COUNT(modes); i++) {
        fresh();
        must(chmod("etc", 0700), "change the mode");
        must(chmod(CONF, modes[i]), "change the mode");
        MUST("-C", "etc", "list");
        MUST("-C", "etc", "-y", "revoke", "phone", "--no-apply");
        drive_report(mode_of(CONF) == modes[i], title("a mode of %o is kept", modes[i]),
                     (struct wgctl_slice){0});
    }
}

static void test_conf_kinds(void)
{
    fresh();
    must(rename(CONF, "etc/real.conf"), "rename");
    must(symlink("real.conf", CONF), "link");
    refuses_both("a wg0.conf that is a symbolic link", "etc/wg0\\.conf is a symbolic link");
    must(unlink(CONF), "remove");
    must(symlink("nowhere", CONF), "link");
    refuses_both("a wg0.conf that is a symbolic link to nothing",
                 "etc/wg0\\.conf is a symbolic link");
    REFUSES("init does not write through a symbolic link to nothing",
            "etc/wg0\\.conf already exists", "-C", "etc", "init", "--no-apply", "--firewall",
            "none", "--endpoint", "vpn.example.org");
    fresh();
    must(chown(CONF, nobody, (gid_t)-1), "change the owner");
    refuses_both("a wg0.conf that belongs to someone else",
                 "etc/wg0\\.conf belongs to another user");
    fresh();
    must(unlink(CONF), "remove");
    must(mkfifo(CONF, 0600), "make a FIFO");
    refuses_both("a wg0.conf that is a FIFO", "etc/wg0\\.conf is not a regular file");
    fresh();
    must(unlink(CONF), "remove");
    must(mkdir(CONF, 0700), "make a folder");
    refuses_both("a wg0.conf that is a folder", "etc/wg0\\.conf is not a regular file");
    fresh();
    must(unlink(CONF), "remove");
    must(mknod(CONF, S_IFCHR | 0600, makedev(1, 5)), "make a device");
    refuses_both("a wg0.conf that is a device", "etc/wg0\\.conf is not a regular file");
}

/* Nothing of it is read. The checks of refuses() would read it. */
static void test_conf_size(void)
{
    static const struct {
        const char *file, *said;
        off_t mib;
    } cases[] = {
        {CONF, "etc/wg0.conf is larger than 256 MiB", 1024},
        {INI, "etc/wg0.ini is larger than 256 MiB", 1024},
        {CONF, "wg0.conf: a file may not be larger than 64 MiB", 65},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        DRIVE_ANSWER answer;
        fresh();
        must(truncate(cases[i].file, cases[i].mib << 20), "change the size");
        CALL(&answer, ADD);
        drive_report(answer.status == 1 && answer.err.data &&
                         strstr(answer.err.data, cases[i].said),
                     title("%s of %d MiB is refused", cases[i].file, (int)cases[i].mib),
                     wgctl_text_slice_of(&answer.err));
        fresh();
    }
}

static void test_folder(void)
{
    static const mode_t modes[] = {0777, 0770, 0720, 0702};
    struct stat above;
    for (size_t i = 0; i < COUNT(modes); i++) {
        char what[48];
        fresh();
        must(chmod("etc", modes[i]), "change the mode");
        snprintf(what, sizeof what, "a folder of mode %o", modes[i]);
        refuses_both(what, "etc can be written to by other users");
        REFUSES(title("init refuses %s", what), "etc can be written to by other users", NEW_SERVER,
                "--endpoint", "vpn.example.org");
    }
    fresh();
    must(chown("etc", nobody, (gid_t)-1), "change the owner");
    refuses_both("a folder that belongs to someone else", "etc belongs to another user");

    fresh();
    must(stat(".", &above), "look at the folder above");
    must(chmod(".", 0777), "change the mode");
    refuses_both("a folder in one that others can write to",
                 "etc is in /[^ ]*, which other users can write to");
    REFUSES("init refuses a folder in one that others can write to",
            "etc/new is in /[^ ]*, which other users can write to", "-C", "etc/new", "init",
            "--no-apply", "--firewall", "none", "--endpoint", "vpn.example.org");
    must(chmod(".", above.st_mode & 07777), "change the mode");
    must(chown(".", nobody, (gid_t)-1), "change the owner");
    refuses_both("a folder in one that belongs to someone else",
                 "etc is in /[^ ]*, which belongs to another user");
    must(chown(".", above.st_uid, (gid_t)-1), "change the owner");
}

static void test_clients(void)
{
    fresh();
    drive_remove("etc/wg0.peers");
    must(symlink("../pristine/wg0.peers", "etc/wg0.peers"), "link");
    REFUSES("add-peer refuses a wg0.peers that is a symbolic link", "etc/wg0\\.peers", ADD);
    REFUSES("show refuses a wg0.peers that is a symbolic link", "etc/wg0\\.peers", "-C", "etc",
            "show", "phone");
    fresh();
    must(chmod("etc/wg0.peers", 0777), "change the mode");
    REFUSES("add-peer refuses a wg0.peers that others can write to",
            "etc/wg0\\.peers can be written to", ADD);
    REFUSES("show refuses a wg0.peers that others can write to",
            "etc/wg0\\.peers can be written to", "-C", "etc", "show", "phone");
    fresh();
    open_to_all();
    must(chmod("etc/wg0.peers", 0755), "change the mode");
    must(chmod(PHONE, 0644), "change the mode");
    REFUSES("show refuses a client's file that others can read", "phone\\.conf .*other users", "-C",
            "etc", "show", "phone");
    REFUSES("edit-server refuses a client's file that others can read",
            "phone\\.conf .*other users", EDIT);
    fresh();
    must(unlink(PHONE), "remove");
    must(symlink("../wg0.conf", PHONE), "link");
    REFUSES("show refuses a client's file that is a symbolic link",
            "phone\\.conf is a symbolic link", "-C", "etc", "show", "phone");
}

static void test_store(void)
{
    struct stat lock;
    fresh();
    drive_remove("etc/.wgctl");
    must(mkdir("etc/.wgctl", 0700), "make a folder");
    must(symlink("../../pristine/wg0.conf", "etc/.wgctl/lock"), "link");
    MUST(ADD);
    must(lstat("etc/.wgctl/lock", &lock), "look at the lock");
    drive_report(lock.st_mode == (S_IFREG | 0600), "a lock that is a symbolic link is replaced",
                 wgctl_slice_of("it is still there"));
    fresh();
    drive_remove("etc/.wgctl");
    must(mkdir("elsewhere", 0700), "make a folder");
    must(symlink("../elsewhere", "etc/.wgctl"), "link");
    REFUSES("a folder .wgctl that is a symbolic link is refused", "etc/\\.wgctl", ADD);
    drive_remove("elsewhere");
}

/* Copies a file with the value of one line replaced. */
static void copy_with(const char *from, const char *to, const char *name, const char *value)
{
    WGCTL_TEXT content = {0}, changed = {0};
    drive_read(from, &content);
    struct wgctl_slice rest = wgctl_text_slice_of(&content), line;
    while (wgctl_slice_split(&rest, '\n', &line) && rest.data)
        if (wgctl_slice_starts(line, name))
            wgctl_text_format(&changed, "%s%s\n", name, value);
        else
            wgctl_text_format(&changed, "%.*s\n", (int)line.size, line.data);
    drive_write(to, changed.data, changed.size);
}

static void test_other_client(void)
{
    char key[64];
    make_public_key(key);
    fresh();
    copy_with(PHONE, "etc/wg0.peers/new.conf", "PublicKey = ", key);
    REFUSES("add-peer does not write over another server's client file",
            "etc/wg0\\.peers/new\\.conf already exists", ADD);
}

/* ---- wg0.ini ---- */

/* With these lines at its end; the size matters only if there is a NUL byte. */
struct lines {
    const char *what, *regex, *text;
    size_t size; /* 0: a string */
};

static const struct lines ini_lines[] = {
    {"an unknown key", "wg0\\.ini:12: 'colour' is not known in \\[clients\\]", "colour = red\n", 0},
    {"an unknown section", "wg0\\.ini:13: 'x' is not known in \\[network\\]", "[network]\nx = 1\n",
     0},
    {"a bad MTU", "wg0\\.ini:12: mtu: ", "mtu = 99999\n", 0},
    {"a bad keepalive", "wg0\\.ini:12: keepalive: ", "keepalive = soon\n", 0},
    {"a bad DNS server", "wg0\\.ini:12: dns: ", "dns = a b\n", 0},
    {"bad allowed IPs", "wg0\\.ini:12: allowed-ips: ", "allowed-ips = 10.0.0.0/40\n", 0},
    {"a bad endpoint", "wg0\\.ini:13: endpoint: ", "[server]\nendpoint = vpn.example.org:99999\n",
     0},
    {"an endpoint without a port",
     "wg0\\.ini:13: endpoint: ", "[server]\nendpoint = vpn.example.org\n", 0},
    {"a bad firewall", "wg0\\.ini:13: firewall: ", "[server]\nfirewall = wall\n", 0},
    {"a bad way out", "wg0\\.ini:13: egress: ", "[server]\negress = a/b\n", 0},
    {"an overlong line", "wg0\\.ini:12: .*too long", "dns = " X100("1.1.1.1,") "1.1.1.1\n", 0},
    {"a line that is nothing", "wg0\\.ini:12: this is neither", "what is this\n", 0},
    {"escape sequences", "wg0\\.ini:12: '.*' is not known", "\033[31mkey\033[0m = red\n", 0},
    {"bytes that are not UTF-8", "wg0\\.ini:12: ", "\xff\xfe = red\n", 0},
    {"a NUL byte", "wg0\\.ini:12: ",
     "dns = 1.1.1.1\0"
     "2\n",
     16},
};

static void with_lines(const char *file, const char *text, size_t size)
{
    fresh();
    drive_append(file, text, size ? size : SIZE_MAX);
}

static void test_ini(void)
{
    for (size_t i = 0; i < COUNT(ini_lines); i++) {
        const struct lines *lines = &ini_lines[i];
        with_lines(INI, lines->text, lines->size);
        REFUSES(title("list refuses a wg0.ini with %s", lines->what), lines->regex, "-C", "etc",
                "list");
        REFUSES(title("add-peer refuses a wg0.ini with %s", lines->what), lines->regex, ADD);
    }
    fresh();
    open_to_all();
    must(chmod(INI, 0622), "change the mode");
    refuses_both("a wg0.ini that others can write to", "etc/wg0\\.ini can be written to");
    fresh();
    must(rename(INI, "etc/real.ini"), "rename");
    must(symlink("real.ini", INI), "link");
    refuses_both("a wg0.ini that is a symbolic link", "etc/wg0\\.ini is a symbolic link");
    fresh();
    must(unlink(INI), "remove");
    must(mkfifo(INI, 0600), "make a FIFO");
    refuses_both("a wg0.ini that is a FIFO", "etc/wg0\\.ini is not a regular file");
}

static void test_templates(void)
{
    static const char text[] = "{{no-such-thing}}\n";
    fresh();
    open_to_all();
    must(mkdir("etc/templates", 0755), "make a folder");
    drive_write("etc/templates/client.conf", text, SIZE_MAX);
    must(chmod("etc/templates/client.conf", 0644), "change the mode");
    REFUSES("a template with an unknown word is refused",
            "client\\.conf:1: \\{\\{no-such-thing\\}\\} is not known", ADD);
    drive_write("etc/templates/server.conf", text, SIZE_MAX);
    must(chmod("etc/templates/server.conf", 0644), "change the mode");
    REFUSES("a server's template with an unknown word is refused",
            "server\\.conf:1: \\{\\{no-such-thing\\}\\} is not known", NEW_SERVER, "--endpoint",
            "vpn.example.org");
    must(chmod("etc/templates/client.conf", 0666), "change the mode");
    REFUSES("a template that others can write to is refused", "client\\.conf can be written to",
            ADD);
}

/* ---- wg0.conf that is broken ---- */

#define AT "wg0\\.conf:[0-9]+: "
/* A peer whose key is that of nobody else. */
#define PEER "\n[Peer]\nPublicKey = Ijo3hWMqNXMY5jqqBpy0DU4OYB4Gy7RrlvPrdWTPMTo=\n"

static const struct lines conf_lines[] = {
    {"a line that is nothing", AT "this is neither", "what is this\n", 0},
    {"a key that is not known", AT "this setting is not known", "Colour = red\n", 0},
    {"a section that is not known", AT "a section is", "[Colours]\n", 0},
    {"a section that is not closed", AT, "[Peer\n", 0},
    {"a NUL byte", AT "there is a NUL byte", "AllowedIPs = 10.0.0.1\0\n", 23},
    {"a peer without a key", AT "this \\[Peer\\] has no PublicKey",
     "\n[Peer]\nAllowedIPs = 10.73.21.77/32\n", 0},
    {"a bad address", AT, PEER "AllowedIPs = 10.73.21.777/32\n", 0},
    {"bad bits", AT, PEER "AllowedIPs = 10.73.21.77/40\n", 0},
    {"a comma at the end", AT, PEER "AllowedIPs = 10.73.21.77/32,\n", 0},
    {"a bad port", AT, PEER "Endpoint = vpn.example.org:70000\n", 0},
    {"no port", AT, PEER "Endpoint = vpn.example.org\n", 0},
    {"a bad keepalive", AT "PersistentKeepalive", PEER "PersistentKeepalive = 70000\n", 0},
    {"a bad listen port", AT "a ListenPort", "[Interface]\nListenPort = 70000\n", 0},
    {"a bad mark", AT "FwMark", "[Interface]\nFwMark = 0x1ffffffff\n", 0},
    {"a bad MTU", AT "an MTU", "[Interface]\nMTU = large\n", 0},
    {"a peer's key in the interface", AT "this setting is not known",
     "[Interface]\nPublicKey = x\n", 0},
    {"escape sequences", AT, "\033[31mred\033[0m\n", 0},
    {"escape sequences in a value", AT, PEER "AllowedIPs = \\e[31m10.0.0.1\n", 0},
    {"C1 and direction marks in a value", AT,
     PEER "Endpoint = a\xc2\x9b"
          "b\xe2\x80\xae"
          "c:1\n",
     0},
    {"bytes that are not UTF-8", AT, "\xff\xfe\n", 0},
    {"bytes that are not UTF-8 in a value", AT, PEER "Endpoint = a\xff:1\n", 0},
};

static void test_conf_lines(void)
{
    for (size_t i = 0; i < COUNT(conf_lines); i++) {
        char what[80];
        with_lines(CONF, conf_lines[i].text, conf_lines[i].size);
        snprintf(what, sizeof what, "a wg0.conf with %s", conf_lines[i].what);
        refuses_both(what, conf_lines[i].regex);
    }
}

#define SECRET "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"

/* A line that is wrong because of a broken key in it, or next to one. */
static void test_broken_keys(void)
{
    static const char *const keys[] = {SECRET, SECRET "c2V=", SECRET "c2U=xyz", "!" SECRET,
                                       X10(SECRET SECRET SECRET SECRET)};
    static const struct {
        const char *before, *after, *shown;
    } places[] = {
        {"[Interface]\nPrivateKey = ", "\n", "PrivateKey = BAD"},
        {PEER "PresharedKey = ", "\n", "PresharedKey = BAD"},
        {"\n[Peer]\nPublicKey = ", "\n", "PublicKey = BAD"},
        {"\n", "\n", "BAD"},
        {"\n[Peer]\nPublicKey ", "\n", "PublicKey BAD"},
        {"\n[Peer]\n", " = PublicKey\n", "BAD = PublicKey"},
    };
    for (size_t key = 0; key < COUNT(keys); key++)
        for (size_t i = 0; i < COUNT(places); i++) {
            WGCTL_TEXT line = {0};
            wgctl_text_format(&line, "%s%s%s", places[i].before, keys[key], places[i].after);
            with_lines(CONF, line.data, line.size);
            forbidden[0] = "c2VjcmV0";
            forbidden[1] = "secret";
            REFUSES(title("the key in '%s' (%zu bytes) is not echoed", places[i].shown,
                          strlen(keys[key])),
                    AT, "-C", "etc", "list");
        }
}

static void with_only(const char *text)
{
    fresh();
    drive_write(CONF, text, SIZE_MAX);
}

static void with_peer(const char *key, const char *address)
{
    WGCTL_TEXT peer = {0};
    wgctl_text_format(&peer, "\n[Peer]\nPublicKey = %s\nAllowedIPs = %s\n", key, address);
    with_lines(CONF, peer.data, peer.size);
}

#define SERVER_KEY "PrivateKey = qKZ8WO3EVXzBZbL4SbKNuHxNFzkzi2b9oR7WxXwjjnM=\n"

static void test_whole_conf(void)
{
    char key[64];
    make_public_key(key);
    with_lines(CONF, "[Interface]\nPrivateKey = " ZERO_KEY "\n", 0);
    refuses_both("a wg0.conf with a private key of zeros", AT ".*zero");
    with_only("");
    REFUSES("add-peer refuses an empty wg0.conf", ".", ADD);
    with_only("[Interface]\nAddress = 10.1.0.1/24\n");
    REFUSES("add-peer refuses a wg0.conf without a private key", "wg0\\.conf has no PrivateKey",
            ADD);
    with_only("[Interface]\n" SERVER_KEY "\n");
    REFUSES("add-peer refuses a wg0.conf without an address", "wg0\\.conf has no Address", ADD);
    with_only("\xef\xbb\xbf[Interface]\n" SERVER_KEY "Address = 10.1.0.1/24\n");
    REFUSES("add-peer refuses a byte order mark, as wg does", "wg0\\.conf:1", ADD);
    with_peer(key, "10.73.21.2/32");
    REFUSES("add-peer refuses an address that two peers have",
            "10\\.73\\.21\\.2/32 is listed twice", ADD);
    with_peer(own_key, "10.73.21.77/32");
    REFUSES("add-peer refuses a peer that has the server's key", "the server's own public key",
            ADD);
    with_peer(taken_key, "10.73.21.77/32");
    REFUSES("add-peer refuses two peers of one key", "two peers have the same public key", ADD);
}

/* Without Bob, the line below him would be a setting of the disabled peer above. */
static void test_spoiling_edit(void)
{
    static const char *const what[] = {"revoke refuses to leave a file that cannot be read",
                                       "revoke --dry-run says so too"};
    WGCTL_TEXT lines = {0};
    char keys[3][64];
    for (size_t i = 0; i < COUNT(keys); i++)
        make_public_key(keys[i]);
    wgctl_text_format(&lines,
                      "\n#- [Peer]\n#- PublicKey = %s\n[Peer]\n# friendly_name = bob\n"
                      "PublicKey = %s\n#- seen = 2023\n[Peer]\nPublicKey = %s\n",
                      keys[0], keys[1], keys[2]);
    fresh();
    drive_append(CONF, lines.data, lines.size);
    for (size_t i = 0; i < COUNT(what); i++)
        REFUSES(what[i],
                "after this change wg0\\.conf could not be read: wg0\\.conf:[0-9]+: this setting",
                "-C", "etc", "-y", "revoke", "bob", "--no-apply", i == 1 ? "--dry-run" : NULL);
}

static void test_save_config(void)
{
    fresh();
    WGCTL_TEXT conf = {0};
    drive_read(CONF, &conf);
    const char *end = strstr(conf.data, "ListenPort");
    end = end ? strchr(end, '\n') + 1 : conf.data;
    WGCTL_TEXT changed = {0};
    wgctl_text_append(&changed, conf.data, (size_t)(end - conf.data));
    wgctl_text_format(&changed, "SaveConfig = true\n%s", end);
    drive_write(CONF, changed.data, changed.size);
    REFUSES("add-peer refuses SaveConfig = true", "wg0\\.conf says SaveConfig = true", ADD);
    REFUSES("revoke refuses SaveConfig = true", "wg0\\.conf says SaveConfig = true", "-C", "etc",
            "-y", "revoke", "phone", "--no-apply");
    REFUSES("edit-server refuses SaveConfig = true", "wg0\\.conf says SaveConfig = true", EDIT);
    DRIVE_ANSWER answer;
    CALL(&answer, "-C", "etc", "list");
    drive_report(answer.status == 0, "list takes SaveConfig = true",
                 wgctl_text_slice_of(&answer.err));
    fresh();
    must(unlink(INI), "remove");
    REFUSES("add-peer asks for the endpoint if there is no wg0.ini", "is not known", ADD);
}

/* ---- texts of files edited by hand ---- */

/* What a terminal would take as a command. */
#define ESCAPES         \
    "\033[31mx\xc2\x9b" \
    "2J\xe2\x80\xaey\xff\a"
#define SHOWN "\\x1b[31mx\\u{9b}2J\\u{202e}y\\xff\\x07"
/* What nobody sees: zero-width, filler, tag, line separator, byte order mark, soft hyphen. */
#define HIDDEN                      \
    "a\xe2\x80\x8b\xe3\x85\xa4"     \
    "b\xf3\xa0\x81\xa1\xe2\x80\xa8" \
    "c\xef\xbb\xbf"                 \
    "d\xc2\xad"                     \
    "e"
#define HIDDEN_SHOWN "a\\u{200b}\\u{3164}b\\u{e0061}\\u{2028}c\\u{feff}d\\u{ad}e"

static void check_escaped(struct answer *answer, const char *what)
{
    bool holds = answer->status == 0 && answer->out.size > 0 &&
                 !has_escapes(wgctl_text_slice_of(&answer->out)) &&
                 !has_escapes(wgctl_text_slice_of(&answer->err)) &&
                 is_utf8(wgctl_text_slice_of(&answer->out));
    drive_report(holds, title("'%s' escapes names and notes", what),
                 wgctl_text_slice_of(&answer->err));
}

static void test_escapes_of(const char *text, const char *shown)
{
    WGCTL_TEXT peer = {0};
    wgctl_text_format(&peer,
                      "\n[Peer]\n# friendly_name = %s\n# note = %s\n# expires = %s\n"
                      "PublicKey = Ijo3hWMqNXMY5jqqBpy0DU4OYB4Gy7RrlvPrdWTPMTo=\n"
                      "AllowedIPs = 10.73.21.88/32\n",
                      text, text, text);
    with_lines(CONF, peer.data, peer.size);
    DRIVE_ANSWER list, list_json, plan, plan_json, revoked;
    CALL(&list, "-C", "etc", "list");
    check_escaped(&list, "list");
    drive_report(list.out.data && strstr(list.out.data, shown), "list shows them as text",
                 wgctl_text_slice_of(&list.out));
    CALL(&list_json, "-C", "etc", "list", "--json");
    check_escaped(&list_json, "list --json");
    CALL(&plan, "-C", "etc", "revoke", "--no-apply", "-n", text);
    check_escaped(&plan, "revoke -n");
    CALL(&plan_json, "-C", "etc", "revoke", "--no-apply", "-n", "--json", text);
    check_escaped(&plan_json, "revoke -n --json");
    REFUSES("an error escapes a name", "is not kept here", "-C", "etc", "show", text);
    REFUSES("an error escapes the name of a peer that has the address", "is already used by peer",
            ADD, "--address", "10.73.21.88");
    CALL(&revoked, "-C", "etc", "-y", "revoke", text, "--no-apply");
    drive_report(revoked.status == 0 && !has_escapes(wgctl_text_slice_of(&revoked.err)),
                 "revoke can name it, and escapes it", wgctl_text_slice_of(&revoked.err));
}

/* An escaped name takes the columns that it fills. */
static void test_columns(void)
{
    with_lines(CONF,
               "\n[Peer]\n# friendly_name = " HIDDEN
               "\nPublicKey = Ijo3hWMqNXMY5jqqBpy0DU4OYB4Gy7RrlvPrdWTPMTo=\nAllowedIPs = "
               "10.73.21.88/32\n",
               0);
    DRIVE_ANSWER list;
    CALL(&list, "-C", "etc", "list");
    struct wgctl_slice rest = wgctl_text_slice_of(&list.out), line;
    size_t column = 0;
    bool aligned = list.status == 0;
    while (rest.size > 0 && wgctl_slice_split(&rest, '\n', &line)) {
        const char *address = memmem(line.data, line.size, "10.73.21.", strlen("10.73.21."));
        size_t here = address ? (size_t)(address - line.data) : 0;
        aligned = aligned && here > 0 && (column == 0 || here == column);
        column = here;
    }
    drive_report(aligned, "list keeps its columns", wgctl_text_slice_of(&list.out));
}

static void test_escapes(void)
{
    test_escapes_of(ESCAPES, SHOWN);
    test_escapes_of(HIDDEN, HIDDEN_SHOWN);
    test_columns();
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)); at += strlen(word))
        count++;
    return count;
}

static void test_escaped_name(void)
{
    with_lines(CONF,
               "\n[Peer]\n# friendly_name = \033[31mx\n"
               "PublicKey = Ijo3hWMqNXMY5jqqBpy0DU4OYB4Gy7RrlvPrdWTPMTo=\n",
               0);
    REFUSES("a name that is taken by an escape sequence is refused", "\\\\x1b\\[31mx", "-C", "etc",
            "add-peer", "\033[31mx", "--no-apply");
    DRIVE_ANSWER list;
    CALL(&list, "-C", "etc", "list", "--json");
    drive_report(list.status == 0 && drive_is_json(wgctl_text_slice_of(&list.out)) &&
                     count_of(list.out.data, "\"public_key\"") == 4,
                 "list --json is JSON whatever the names are", wgctl_text_slice_of(&list.out));
}

/* ---- permissions ---- */

static void test_permissions(void)
{
    fresh();
    as = nobody;
    must(chmod("etc", 0700), "change the mode");
    REFUSES("list without the right to open the folder says so", "etc: Permission denied", "-C",
            "etc", "list");
    REFUSES("add-peer without the right to open the folder says so", "etc: Permission denied", ADD);
    REFUSES("init without the right to open the folder says so", "etc: Permission denied",
            NEW_SERVER, "--endpoint", "vpn.example.org");
    must(chmod("etc", 0755), "change the mode");
    REFUSES("list without the right to read wg0.conf says so", "etc/wg0\\.conf: Permission denied",
            "-C", "etc", "list");
    REFUSES("add-peer without the right to write says so", "Permission denied", ADD);
    REFUSES("revoke without the right to write says so", "Permission denied", "-C", "etc", "-y",
            "revoke", "phone", "--no-apply");
    REFUSES("edit-server without the right to write says so", "Permission denied", "-C", "etc",
            "edit-server", "--endpoint", "x.example.org");
    REFUSES("init without the right to write says so", "Permission denied", NEW_SERVER,
            "--endpoint", "vpn.example.org");
    REFUSES("init without the right to make the folder says so",
            "cannot create the folder etc/new: Permission denied", "-C", "etc/new", "init",
            "--no-apply", "--firewall", "none", "--endpoint", "vpn.example.org");
}

static void test_wrong_folders(void)
{
    fresh();
    REFUSES("a folder that is a file is refused", "etc/wg0\\.conf: Not a directory", "-C",
            "etc/wg0.conf", "list");
    REFUSES("init refuses a folder that is a file", "etc/wg0\\.conf", "-C", "etc/wg0.conf", "init",
            "--no-apply", "--firewall", "none", "--endpoint", "vpn.example.org");
    REFUSES("init refuses a folder in a folder that is not there", "etc/a/b: No such file", "-C",
            "etc/a/b", "init", "--no-apply", "--firewall", "none", "--endpoint", "vpn.example.org");
    REFUSES("a folder with an overlong name is refused", "too long", "-C", "etc/" X1000("xxxxx"),
            "list");
    REFUSES("a folder with escape sequences in its name is not there", "No such file", "-C",
            "etc/\033[31m\xff", "list");
}

int main(void)
{
    const struct passwd *user = getpwnam("nobody");
    if (!user)
        drive_give_up("there is no user nobody");
    nobody = user->pw_uid;
    refusals_begin();
    test_conf_modes();
    test_conf_modes_in_a_private_folder();
    test_conf_kinds();
    test_conf_size();
    test_folder();
    test_clients();
    test_store();
    test_other_client();
    test_ini();
    test_templates();
    test_conf_lines();
    test_broken_keys();
    test_whole_conf();
    test_spoiling_edit();
    test_save_config();
    test_escapes();
    test_escaped_name();
    test_permissions();
    test_wrong_folders();
    return drive_finish();
}
