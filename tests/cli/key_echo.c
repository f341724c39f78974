/* A key in the wrong place is not shown, whatever is said about it: each value of each format and
 * each argument is replaced by a key in turn, and no eight characters of the key may be in what
 * wgctl prints. */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "cli/refusals.h"

#define KEY "mJ2tXkq7VYcO0RzLw8sHd5bEfPgUaNi3C1vT6yQx9BM"
#define SLASHED "q/7Zf+K2mW9dT4xR/bN1vH8sJc3LgY6uPo5eAi0kXwE"
#define HEX "9f3a5c7e1b2d4f6a8c0e9b7d5f3a1c2e4b6d8f0a9c7e5b3d1f2a4c6e8b0d9f7a"

static const struct form {
    const char *what, *text;
    const char *key; /* what of it may not be shown */
    bool with_json;
} forms[] = {
    {"a whole key", KEY "=", KEY, true},
    {"a key without its end", KEY, KEY, false},
    {"a key with a wrong character", "q/7Zf+K2mW9dT4xR/bN1vH!sJc3LgY6uPo5eAi0kXwE=", SLASHED, true},
    {"a key with more before it", "mine=" SLASHED "=", SLASHED, false},
    {"a key in hexadecimal", HEX, HEX, false},
};

static void judge(const struct form *form, struct wgctl_slice said, struct wgctl_text *faults)
{
    enum { PART = 8 };
    for (size_t i = 0; i + PART <= strlen(form->key) && said.size > 0; i++)
        if (memmem(said.data, said.size, form->key + i, PART)) {
            wgctl_text_format(faults, "%s: %.*s\n", form->what, (int)said.size, said.data);
            return;
        }
}

/* Calls wgctl, for some forms with --json as well. */
static void call_with(const struct form *form, const char *const argv[], struct wgctl_text *faults)
{
    enum { ARGUMENTS = 24 };
    const char *words[ARGUMENTS] = {"wgctl", "--json"};
    for (size_t json = 0; json < (form->with_json ? 2 : 1); json++) {
        DRIVE_ANSWER answer = {0};
        for (size_t i = 0; i == 0 || argv[i - 1]; i++)
            words[1 + json + i] = argv[i];
        call_wgctl(words, &answer);
        judge(form, wgctl_text_slice_of(&answer.out), faults);
        judge(form, wgctl_text_slice_of(&answer.err), faults);
    }
}

/* ---- arguments ---- */

#define ETC "-C", "etc"
#define MAKE ETC, "-i", "wg1", "init", "--no-apply", "--firewall", "none"
#define MORE ETC, "--dry-run", "add-peer", "new", "--no-apply"
static const char *const arguments[][14] = {
    {"@"},
    {"--@"},
    {"--color", "@", "list"},
    {"--wait", "@", "list"},
    {"-C", "@", "list"},
    {ETC, "-i", "@", "list"},
    {ETC, "@"},
    {ETC, "help", "@"},
    {ETC, "list", "@"},
    {ETC, "list", "--@"},
    {ETC, "show", "@"},
    {ETC, "qr", "@"},
    {ETC, "qr", "phone", "--png", "no/such/@"},
    {ETC, "qr", "phone", "--svg", "@/no.svg"},
    {ETC, "-y", "revoke", "--no-apply", "@"},
    {ETC, "-y", "-n", "revoke", "--no-apply", "phone", "@"},
    {ETC, "-n", "add-peer", "--no-apply", "@"},
    {MORE, "--address", "@"},
    {MORE, "--address", "10.73.21.9,@"},
    {MORE, "--allowed-ips", "@"},
    {MORE, "--dns", "@"},
    {MORE, "--dns", "1.1.1.1,@"},
    {MORE, "--mtu", "@"},
    {MORE, "--keepalive", "@"},
    {MORE, "--lan", "@"},
    {MORE, "--expires", "@"},
    {MORE, "--note", "@"},
    {MORE, "--note", "for @ only"},
    {MORE, "--@"},
    {ETC, "edit-server", "--endpoint", "@"},
    {ETC, "edit-server", "--endpoint", "@:51820"},
    {ETC, "-n", "edit-server", "--endpoint", "vpn.@.example.org"},
    {ETC, "-n", "adopt", "@"},
    {ETC, "-n", "adopt", "--endpoint", "@"},
    {MAKE, "--endpoint", "@"},
    {MAKE, "--endpoint", "vpn.example.org", "--address", "@"},
    {MAKE, "--endpoint", "vpn.example.org", "--dns", "@"},
    {MAKE, "--endpoint", "vpn.example.org", "--allowed-ips", "@"},
    {MAKE, "--endpoint", "vpn.example.org", "--mtu", "@"},
    {MAKE, "--endpoint", "vpn.example.org", "--listen-port", "@"},
    {MAKE, "--endpoint", "vpn.example.org", "--egress", "@"},
    {ETC, "-i", "wg1", "init", "--no-apply", "--firewall", "@"},
};

static void put_with(const char *text, const char *key, struct wgctl_text *ret)
{
    const char *place = strchr(text, '@');
    wgctl_text_append(ret, text, place ? (size_t)(place - text) : strlen(text));
    if (place)
        wgctl_text_format(ret, "%s%s", key, place + 1);
}

static void test_arguments(void)
{
    for (size_t row = 0; row < COUNT(arguments); row++) {
        WGCTL_TEXT faults = {0}, call = {0};
        fresh();
        for (size_t i = 0; i < COUNT(forms); i++) {
            const char *argv[COUNT(arguments[0]) + 1] = {0};
            struct wgctl_text words[COUNT(arguments[0])] = {0};
            wgctl_text_clear(&call);
            for (size_t word = 0; arguments[row][word]; word++) {
                put_with(arguments[row][word], forms[i].text, &words[word]);
                argv[word] = words[word].data;
                wgctl_text_format(&call, " %s", arguments[row][word]);
            }
            call_with(&forms[i], argv, &faults);
            for (size_t word = 0; word < COUNT(words); word++)
                wgctl_text_clear(&words[word]);
        }
        drive_report(faults.size == 0, title("a key is not shown by wgctl%s", call.data),
                     wgctl_text_slice_of(&faults));
    }
}

/* ---- files ---- */

#define OTHER_PRIVATE "aAQnSm2QtN8RZ3Ym2fXl7ryGZBGSu1vR4jbQBQmWrHk="
#define OTHER_PUBLIC "Mg5ryuVO8QKeaSvnKZ8Vu9rkg9Ji7sDHBEEXmEPT8Ec="

/* Each <value> is replaced in turn; § is the server's public key. */
static const struct file {
    const char *what, *path;
    const char *calls[3][8];
    const char *content;
} files[] = {
    {"wg0.conf",
     "etc/wg0.conf",
     {{ETC, "list"}, {ETC, "-n", "up"}, {ETC, "-n", "adopt"}},
     "<# a comment>\n[<Interface>]\n<PrivateKey> = <" OTHER_PRIVATE ">\n<ListenPort> = <51820>\n"
     "<FwMark> = <51820>\n<Address> = <10.73.21.1/24>, <fd5c::1/64>\n<MTU> = <1420>\n"
     "<Table> = <auto>\n<DNS> = <1.1.1.1>\n<SaveConfig> = <false>\n<PreUp> = <true>\n"
     "<PostUp> = <true>\n<PreDown> = <true>\n<PostDown> = <true>\n"
     "\n# <BEGIN_PEER> <eve>\n[Peer]\n# <friendly_name> = <eve>\n# <note> = <hers>\n"
     "# <added> = <2026-11-22>\n# <expires> = <2026-12-24T18:00:00Z>\n"
     "PublicKey = " OTHER_PUBLIC "\n<PresharedKey> = <" OTHER_PRIVATE ">\n"
     "AllowedIPs = <10.73.21.2/32>\n<Endpoint> = <192.0.2.1:51820>\n"
     "<PersistentKeepalive> = <25>\n\n### Client <bob>\n#- [<Peer>]\n"
     "#- # <friendly_name> = <bob>\n#- PublicKey = § <>\n#- AllowedIPs = <10.73.21.3/32>\n"
     "\n# [Peer]\n# # Name: <old>\n# AllowedIPs = <10.73.21.4/32>\n<>\n"},
    {"wg0.ini",
     "etc/wg0.ini",
     {{ETC, "list"}, {ETC, "-n", "add-peer", "new", "--no-apply"}},
     "<>\n[<server>]\n<endpoint> = <vpn.example.org>:<51820>\n<firewall> = <auto>\n"
     "<egress> = <auto>\n[<clients>]\n<dns> = <1.1.1.1>, <example.org>\n"
     "<allowed-ips> = <0.0.0.0/0>, <::/0>\n<mtu> = <1420>\n<keepalive> = <25>\n"},
    {"a template",
     "etc/templates/client.conf",
     {{ETC, "-n", "add-peer", "new", "--no-apply"}},
     "<>\n[Interface]\nAddress = {{<address>}}\n"},
    {"a client's file",
     "/home/anna/phone.conf",
     {{ETC, "-n", "adopt"}},
     "# <phone>\n[<Interface>]\n<PrivateKey> = <" OTHER_PRIVATE ">\n<Address> = <10.73.21.2/32>\n"
     "<DNS> = <1.1.1.1>\n<MTU> = <1420>\n<PostUp> = <true>\n<>\n"
     "[<Peer>]\n<PublicKey> = §\n<PresharedKey> =\n<" OTHER_PRIVATE ">\n"
     "<AllowedIPs> = <0.0.0.0/0>\n<Endpoint> = <vpn.example.org:51820>\n"
     "<PersistentKeepalive> = <25>\n<>\n"},
    {"wg-easy's file",
     "wg-easy.json",
     {{"-C", "new", "-n", "-y", "adopt", "wg-easy.json"}},
     "{\"server\": {\"privateKey\": \"<" OTHER_PRIVATE ">\", \"publicKey\": \"<x>\", "
     "\"address\": \"<10.8.0.1>\"},\n\"clients\": {\"<5b0f>\": {\"id\": \"<5b0f>\", "
     "\"name\": \"<phone>\",\n\"address\": \"<10.8.0.2>\", \"privateKey\": \"<" OTHER_PRIVATE
     ">\",\n\"publicKey\": \"" OTHER_PUBLIC "\", \"preSharedKey\": \"<" OTHER_PRIVATE ">\",\n"
     "\"createdAt\": \"<2026-11-22T10:04:46.000Z>\", \"enabled\": true, \"<more>\": \"<>\"}}}<>"},
    {"dsnet's file",
     "dsnet.json",
     {{"-C", "new", "-n", "-y", "adopt", "dsnet.json"}},
     "{\"ExternalHostname\": \"<vpn.example.org>\", \"ExternalIP\": \"<192.0.2.1>\", "
     "\"ExternalIP6\": \"<>\",\n\"ListenPort\": 51820, \"Domain\": \"<dsnet>\", "
     "\"InterfaceName\": \"<dsnet>\", \"Network\": \"<10.164.236.0/22>\",\n"
     "\"Network6\": \"<fd00:7b31:106a:ae00::/64>\", \"IP\": \"<10.164.236.1>\", "
     "\"IP6\": \"<fd00:7b31:106a:ae00::1>\", \"DNS\": \"<1.1.1.1>\", \"Networks\": "
     "[\"<192.168.9.0/24>\"],\n\"ReportFile\": \"<>\", \"PrivateKey\": \"<" OTHER_PRIVATE
     ">\", \"PostUp\": \"<true>\", \"PostDown\": \"<true>\",\n\"Peers\": [{\"Hostname\": "
     "\"<phone>\", \"Owner\": \"<anna>\", \"Description\": \"<hers>\", \"IP\": "
     "\"<10.164.236.2>\", \"IP6\": \"<>\",\n\"Added\": \"<2026-11-22T10:04:46+01:00>\", "
     "\"Networks\": [], \"PublicKey\": \"" OTHER_PUBLIC "\", \"PresharedKey\": \"<>\"}]}"},
};

/* Writes the content, with the `nth` value replaced. False if there are fewer. */
static bool fill(const struct file *file, size_t nth, const char *key, struct wgctl_text *ret)
{
    bool found = false;
    size_t count = 0;
    for (const char *at = file->content; *at; at++) {
        if (strncmp(at, "§", strlen("§")) == 0) {
            wgctl_text_string(ret, own_key);
            at += strlen("§") - 1;
        } else if (*at == '<') {
            size_t size = strcspn(at + 1, ">");
            bool is_it = count++ == nth;
            wgctl_text_append(ret, is_it ? key : at + 1, is_it ? strlen(key) : size);
            at += size + 1;
            found |= is_it;
        } else {
            wgctl_text_append(ret, at, 1);
        }
    }
    return found;
}

/* The value's name in the title: where it begins. */
static void call_on_file(const struct file *file, size_t nth)
{
    WGCTL_TEXT faults = {0};
    fresh();
    mkdir("etc/templates", 0700);
    drive_remove("etc/wg0.peers/phone.conf");
    for (size_t i = 0; i < COUNT(forms); i++) {
        WGCTL_TEXT content = {0};
        fill(file, nth, forms[i].text, &content);
        drive_write(file->path, content.data, content.size);
        for (size_t call = 0; call < COUNT(file->calls) && file->calls[call][0]; call++)
            call_with(&forms[i], file->calls[call], &faults);
    }
    drive_report(faults.size == 0, title("a key is not shown as value %zu of %s", nth, file->what),
                 wgctl_text_slice_of(&faults));
}

static void test_files(void)
{
    for (size_t i = 0; i < COUNT(files); i++) {
        WGCTL_TEXT ignored = {0};
        for (size_t nth = 0; fill(&files[i], nth, "", &ignored); nth++)
            call_on_file(&files[i], nth);
        drive_remove(files[i].path);
    }
}

int main(void)
{
    refusals_begin();
    if (mount("none", "/home", "tmpfs", 0, "mode=755") < 0 || mkdir("/home/anna", 0755) < 0)
        drive_give_up("cannot hide /home");
    test_arguments();
    test_files();
    return drive_finish();
}
