#include "conf/server_read.h"

#include <string.h>

#include "server_words.h"

static int parse(const char *content, struct wgctl_server *ret, struct wgctl_error *err)
{
    struct wgctl_text source = text_of(content);
    int status = wgctl_server_parse("wg0.conf", &source, ret, err);
    ck_assert_ptr_null(source.data);
    return status;
}

static const struct {
    const char *content, *message; /* without "wg0.conf:" */
} faults[] = {
    {"ListenPort = 1\n", "1: there is a setting before any [section]"},
    {"\n\nListenPort = 1\n", "3: there is a setting before any [section]"},
    {"[Interface\n", "1: this is neither a [section] nor KEY = VALUE"},
    {"[Interface]\nListenPort\n", "2: this is neither a [section] nor KEY = VALUE"},
    {"[Interface]\n; MTU\n", "2: this is neither a [section] nor KEY = VALUE"},
    {"\xef\xbb\xbf[Interface]\n", "1: there is a byte order mark before the first line"},
    {"[Interfaces]\n", "1: a section is [Interface] or [Peer]"},
    {"[Interface]\n[]\n", "2: a section is [Interface] or [Peer]"},
    {"[Interface]\n#- [Peer]\n#- PublicKey = " ALICE "\n[Interfaces]\n",
     "4: a section is [Interface] or [Peer]"},
    {"[Interface]\nPublicKey = " ALICE "\n", "2: this setting is not known here"},
    {"[Interface]\n; MTU = 1420\n", "2: this setting is not known here"},
    {"[Interface]\nMTU2 = 1420\n", "2: this setting is not known here"},
    {"[Interface]\n = 1420\n", "2: this setting is not known here"},
    {"[Peer]\nMTU = 1420\nPublicKey = " ALICE "\n", "2: this setting is not known here"},
    {"[Peer]\nPublicKey = " ALICE "\nPostUp = x\n", "3: this setting is not known here"},
    {"[Peer]\n", "1: this [Peer] has no PublicKey"},
    {"[Peer]\nAllowedIPs = 10.0.0.2\n[Peer]\nPublicKey = " ALICE "\n",
     "1: this [Peer] has no PublicKey"},
    {"[Peer]\nPublicKey = " ALICE "\n\n[Peer]\n", "4: this [Peer] has no PublicKey"},
    {"[Peer]\n[Interface]\n", "1: this [Peer] has no PublicKey"},
    {"\n#- [Peer]\n#- AllowedIPs = 10.0.0.2\n", "2: this [Peer] has no PublicKey"},
    {"#- [Peer]\n[Peer]\nPublicKey = " ALICE "\n", "1: this [Peer] has no PublicKey"},
    {"#- [Peer]\nPublicKey = " ALICE "\n", "1: this [Peer] has no PublicKey"},
    {"[Peer]\nPublicKey = " ALICE "\n\nPublicKey = " BOB "\n",
     "4: this [Peer] already has a PublicKey, on line 2"},
    {"[Peer]\nPresharedKey = " PSK "\nPublicKey = " ALICE "\nPresharedKey = " PSK "\n",
     "4: this [Peer] already has a PresharedKey, on line 2"},
    {"#- [Peer]\n#- PublicKey = " ALICE "\n#- publickey = " ALICE "\n",
     "3: this [Peer] already has a PublicKey, on line 2"},
    {"[Interface]\nPrivateKey =\n", "2: a key has 44 characters, this one has 0"},
    {"[Interface]\nPrivateKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Y\n",
     "2: a key has 44 characters, this one has 43"},
    {"[Interface]\nPrivateKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Z=\n",
     "2: this is not a key: it is not 32 bytes in base64"},
    {"[Interface]\nPrivateKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1?=\n",
     "2: this is not a key: it is not 32 bytes in base64"},
    {"[Peer]\nPublicKey = AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP-CRQfKjVAS1Y=\n",
     "2: this is not a key: it is not 32 bytes in base64"},
    {"[Peer]\nPublicKey = " ALICE "=\n", "2: a key has 44 characters, this one has 45"},
    {"[Peer]\nPublicKey = " ALICE "\nPresharedKey = x\n",
     "3: a key has 44 characters, this one has 1"},
    {"[Interface]\nListenPort =\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would truncate a larger one)"},
    {"[Interface]\nListenPort = 65536\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would truncate a larger one)"},
    {"[Interface]\nListenPort = 70000\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would truncate a larger one)"},
    {"[Interface]\nListenPort = -1\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would truncate a larger one)"},
    {"[Interface]\nListenPort = 0x10\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would truncate a larger one)"},
    {"[Interface]\nListenPort = off\n",
     "2: a ListenPort is a number from 0 to 65535 (wg would truncate a larger one)"},
    {"[Interface]\nFwMark = x\n", "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 0x\n", "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 0x100000000\n",
     "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 0x10000000000000001\n",
     "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 4294967296\n",
     "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nFwMark = 0x-1\n", "2: FwMark must be a number, as in 51820 or 0xca6c, or off"},
    {"[Interface]\nMTU = x\n",
     "2: an MTU is a number without a leading 0 (which ip would read as octal)"},
    {"[Interface]\nMTU = 65536\n",
     "2: an MTU is a number without a leading 0 (which ip would read as octal)"},
    {"[Interface]\nAddress = 10.0.0.1/24, lan\n", "2: 'lan' is not an IP address"},
    {"[Interface]\nAddress = 10.0.0.1/33\n",
     "2: '10.0.0.1/33' needs a number from 0 to 32 after the '/'"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 10.0.0.1,\n",
     "3: '10.0.0.1,' has a comma too many, or lacks an address"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 010.0.0.1\n",
     "3: '010.0.0.1' is not an IP address"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs = 10.0.0.2, lan\n",
     "3: 'lan' is not an IP address"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs =\n", "3: the list of addresses is empty"},
    {"[Peer]\nPublicKey = " ALICE "\nAllowedIPs = # 10.0.0.2\n",
     "3: the list of addresses is empty"},
    {"[Peer]\nPublicKey = " ALICE "\nEndpoint =\n",
     "3: '' is neither an IP address nor a host name"},
    {"[Peer]\nPublicKey = " ALICE "\nEndpoint = vpn.example.org\n",
     "3: 'vpn.example.org' needs a port at its end, a number from 1 to 65535"},
    {"[Peer]\nPublicKey = " ALICE "\nPersistentKeepalive = 65536\n",
     "3: PersistentKeepalive must be 0 to 65535 seconds, or off"},
    {"[Peer]\nPublicKey = " ALICE "\nPersistentKeepalive =\n",
     "3: PersistentKeepalive must be 0 to 65535 seconds, or off"},
};
enum { FAULTS = sizeof faults / sizeof *faults };

START_TEST(a_fault_is_named_with_the_file_and_the_line)
{
    WGCTL_SERVER server = {0};
    WGCTL_TEXT expected = {0};
    struct wgctl_error err;
    ck_assert_int_eq(parse(faults[_i].content, &server, &err), WGCTL_INVALID);
    wgctl_text_format(&expected, "wg0.conf:%s", faults[_i].message);
    ck_assert_str_eq(err.message, expected.data);
}
END_TEST

START_TEST(a_nul_byte_is_refused_wherever_it_stands)
{
    static const char content[] = "[Interface]\nListenPort = 1\n# x\n\n[Peer]\nPublicKey = " ALICE;
    for (size_t at = 0; at < sizeof content - 1; at++) {
        WGCTL_SERVER server = {0};
        struct wgctl_error err;
        struct wgctl_text source = text_of(content);
        unsigned line = 1;
        for (size_t i = 0; i < at; i++)
            line += content[i] == '\n';
        source.data[at] = '\0';
        ck_assert_int_eq(wgctl_server_parse("wg0.conf", &source, &server, &err), WGCTL_INVALID);
        char expected[80];
        snprintf(expected, sizeof expected,
                 "wg0.conf:%u: there is a NUL byte here, and wg would stop reading at it", line);
        ck_assert_str_eq(err.message, expected);
    }
}
END_TEST

START_TEST(a_fault_is_found_on_whichever_line_it_is)
{
    static const char *const good[] = {
        "[Interface]",        "ListenPort = 1",        "", "# comment", "[Peer]",
        "PublicKey = " ALICE, "AllowedIPs = 10.0.0.2", "", "[Peer]",    "# friendly_name = b",
        "PublicKey = " BOB,
    };
    enum { GOOD = sizeof good / sizeof *good };
    for (size_t at = 0; at <= GOOD; at++) {
        WGCTL_TEXT content = {0};
        WGCTL_SERVER server = {0};
        struct wgctl_error err;
        char expected[20];
        for (size_t i = 0; i <= GOOD; i++) {
            if (i == at)
                wgctl_text_string(&content, "no setting\r\n");
            if (i < GOOD)
                wgctl_text_format(&content, "%s\r\n", good[i]);
        }
        snprintf(expected, sizeof expected, "wg0.conf:%zu: ", at + 1);
        ck_assert_int_eq(parse(content.data, &server, &err), WGCTL_INVALID);
        ck_assert_msg(strncmp(err.message, expected, strlen(expected)) == 0, "%s, not %s",
                      err.message, expected);
    }
}
END_TEST

/* Places where a key may end up by mistake. */
static const char *const places[] = {
    "PrivateKey = %s\n",
    "PrivateKey = %s%s\n",
    "PrivateKey = x%s\n",
    "PrivateKey %s\n",
    "%s\n",
    "%s = x\n",
    "[%s]\n",
    "[%s\n",
    "ListenPort = %s\n",
    "FwMark = %s\n",
    "FwMark = 0x%s\n",
    "Address = %s\n",
    "Address = 10.0.0.1/%s\n",
    "Address = 10.0.0.1, %s\n",
    "MTU = %s\n",
    "Unknown = %s\n",
    "[Peer]\nPublicKey = x%s\n",
    "[Peer]\nPublicKey = %s%s\n",
    "[Peer]\nPresharedKey = x%s\n",
    "[Peer]\nPresharedKey = %s%s\n",
    "[Peer]\nAllowedIPs = %s\n",
    "[Peer]\nAllowedIPs = 10.0.0.1/32, %s\n",
    "[Peer]\nAllowedIPs = 10.0.0.1/32,, %s\n",
    "[Peer]\nEndpoint = %s\n",
    "[Peer]\nEndpoint = %s:51820\n",
    "[Peer]\nEndpoint = [%s]:51820\n",
    "[Peer]\nEndpoint = [%s\n",
    "[Peer]\nEndpoint = vpn.example.org:%s\n",
    "[Peer]\nPersistentKeepalive = %s\n",
    "[Peer]\n%s\n",
    "#- [Peer]\n#- PublicKey = x%s\n",
    "#- [Peer]\n#- AllowedIPs = %s\n",
};
enum { PLACES = sizeof places / sizeof *places };

START_TEST(no_message_shows_a_key_wherever_it_stands)
{
    /* Whole, truncated, with a wrong character, and without characters that only keys have. */
    static const char *const keys[] = {
        PRIVATE,
        "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP+CRQfKjVAS1Y",
        "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PP CRQfKjVAS1Y=",
        "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PPxCRQfKjVAS1Y=",
        "AQwXIi04Q05ZZG96hZCbprG8x9Ld6PPxCRQfKjVAS1Y",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        WGCTL_TEXT content = {0};
        WGCTL_SERVER server = {0};
        struct wgctl_error err;
        const char *place = places[_i], *mark;
        wgctl_text_string(&content, "[Interface]\n");
        for (; (mark = strstr(place, "%s")); place = mark + 2) {
            wgctl_text_append(&content, place, (size_t)(mark - place));
            wgctl_text_string(&content, keys[i]);
        }
        wgctl_text_string(&content, place);
        if (parse(content.data, &server, &err) == WGCTL_OK)
            continue;
        /* Not even eight characters of it may appear. */
        for (size_t at = 0; at + 8 <= strlen(keys[i]); at++) {
            char part[9];
            snprintf(part, sizeof part, "%s", keys[i] + at);
            ck_assert_msg(!strstr(err.message, part) && !strstr(err.hint, part), "%s (%s)",
                          err.message, err.hint);
        }
    }
}
END_TEST

START_TEST(whatever_stands_in_a_file_it_is_read_or_refused_with_its_line)
{
    static const char *const pieces[] = {
        "[Interface]\n",
        "[Peer]\n",
        "[Peer]\n#",
        "#- [Peer]\n",
        "#- ",
        "#-",
        "# ",
        "\n",
        "\r\n",
        " ",
        "\t",
        "PublicKey = " ALICE "\n",
        "PublicKey = " BOB "\n",
        "#- PublicKey = " CAROL "\n",
        "PrivateKey = " PRIVATE "\n",
        "PresharedKey = " PSK "\n",
        "AllowedIPs = 10.0.0.2/32\n",
        "AllowedIPs",
        "=",
        "10.0.0.1/33",
        "Endpoint = [::1]:1\n",
        "# friendly_name = x\n",
        "# note = y\n",
        "PostUp = x\n",
        "FwMark = 0x",
        "SaveConfig = true\n",
        "]",
        "[",
        ",",
        "Address = 10.0.0.1/24\n",
        "\xff",
    };
    uint64_t state = (uint64_t)_i;
    unsigned good = 0;
    for (unsigned round = 0; round < 1000; round++) {
        WGCTL_TEXT content = {0};
        WGCTL_SERVER server = {0};
        struct wgctl_error err = {0};
        size_t lines = 1, line = 0;
        for (uint32_t count = next_number(&state) % 12; count > 0; count--)
            wgctl_text_string(&content,
                              pieces[next_number(&state) % (sizeof pieces / sizeof *pieces)]);
        wgctl_text_string(&content, "");
        for (size_t i = 0; i < content.size; i++)
            lines += content.data[i] == '\n';
        if (parse(content.data, &server, &err) == WGCTL_OK) {
            good++;
            assert_content(&server, content.data);
            for (size_t i = 0; i < server.peer_count; i++)
                ck_assert(server.peers[i].first_line < server.peers[i].end_line &&
                          server.peers[i].end_line <= (i + 1 < server.peer_count
                                                           ? server.peers[i + 1].first_line
                                                           : server.document.count));
        } else {
            ck_assert_int_eq(sscanf(err.message, "wg0.conf:%zu: ", &line), 1);
            ck_assert_msg(line >= 1 && line <= lines, "%s\nin\n%s", err.message, content.data);
        }
    }
    ck_assert_uint_gt(good, 20);
}
END_TEST

static Suite *server_refuse_suite(void)
{
    Suite *suite = suite_create("server_refuse");
    TCase *cases = tcase_create("refusing");
    tcase_add_loop_test(cases, a_fault_is_named_with_the_file_and_the_line, 0, FAULTS);
    tcase_add_test(cases, a_nul_byte_is_refused_wherever_it_stands);
    tcase_add_test(cases, a_fault_is_found_on_whichever_line_it_is);
    tcase_add_loop_test(cases, no_message_shows_a_key_wherever_it_stands, 0, PLACES);
    tcase_add_loop_test(cases, whatever_stands_in_a_file_it_is_read_or_refused_with_its_line, 0,
                        10);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    struct wgctl_error err;
    return wgctl_key_setup(&err) < 0 ? EXIT_FAILURE : run_suite(server_refuse_suite());
}
