/* A file that is parsed beside another one is read as it is alone: tried on files made at
 * random, each changed at random. */
#include "generate.h"

#include "meaning.h"
#include "servers.h"

static int parse(struct wgctl_slice file, struct wgctl_server *ret, struct wgctl_error *err)
{
    struct wgctl_text source = text_of_slice(file);
    return wgctl_server_parse("wg0.conf", &source, ret, err);
}

/* Byte by byte. */
static struct wgctl_difference difference_of(struct wgctl_slice file,
                                             const struct wgctl_server *known)
{
    struct wgctl_slice text = wgctl_document_original(&known->document);
    struct wgctl_difference ret = {0};
    size_t shorter = file.size < text.size ? file.size : text.size;
    while (ret.begin < shorter && file.data[ret.begin] == text.data[ret.begin])
        ret.begin++;
    while (ret.end < shorter - ret.begin &&
           file.data[file.size - 1 - ret.end] == text.data[text.size - 1 - ret.end])
        ret.end++;
    wgctl_text_append(&ret.between, file.data + ret.begin, file.size - ret.begin - ret.end);
    return ret;
}

static int parse_beside(struct wgctl_slice file, const struct wgctl_server *known,
                        const bool *left_out, struct wgctl_server *ret, struct wgctl_error *err)
{
    WGCTL_DIFFERENCE difference = difference_of(file, known);
    return wgctl_server_parse_beside("wg0.conf", &difference, known, left_out, ret, err);
}

/* ---- all that is known of a file ---- */

static void put_lines(const struct wgctl_server *server, const struct wgctl_peer *peer,
                      struct wgctl_text *text)
{
    wgctl_text_format(text, "\nlines %u to %u\n", peer->first_line, peer->end_line);
    for (int which = 0; which < WGCTL_PEER_TEXTS; which++) {
        struct wgctl_slice part = wgctl_peer_text(server, peer, (enum wgctl_peer_text)which);
        wgctl_text_format(text, "  %u %.*s\n", peer->texts[which], (int)part.size, part.data);
    }
}

static struct wgctl_text all_of(const struct wgctl_server *server)
{
    struct wgctl_text text = meaning(server, SIZE_MAX);
    char public_key[WGCTL_KEY_TEXT_SIZE];
    wgctl_text_format(&text, "\n%s %d %s %u\n", server->file, server->has_private_key,
                      wgctl_key_format(&server->public_key, public_key), server->interface_line);
    wgctl_text_slice(&text, wgctl_text_slice_of(&server->dns));
    for (size_t i = 0; i < server->peer_count; i++)
        put_lines(server, &server->peers[i], &text);
    wgctl_document_render(&server->document, &text);
    return text;
}

static size_t missing; /* peers in all, that were left out */

/* One peer of it. */
static struct wgctl_text peer_of(const struct wgctl_server *server, size_t place)
{
    struct wgctl_server only = *server;
    only.peers += place;
    only.peer_count = 1;
    return meaning(&only, SIZE_MAX);
}

static bool is_at(const struct wgctl_server *server, size_t place, const struct wgctl_text *peer)
{
    WGCTL_TEXT text = peer_of(server, place);
    return strcmp(strrchr(text.data, '\n'), strrchr(peer->data, '\n')) == 0;
}

static bool is_one_of(const struct wgctl_server *server, const struct wgctl_text *peer)
{
    bool found = false;
    for (size_t i = 0; !found && i < server->peer_count; i++)
        found = is_at(server, i, peer);
    return found;
}

static struct wgctl_text interface_of(const struct wgctl_server *server)
{
    struct wgctl_server only = *server;
    only.peer_count = 0;
    return meaning(&only, SIZE_MAX);
}

/* Those that are there are as in the whole, in its order; who is missing is known. */
static size_t check_left_out(struct wgctl_slice file, const struct wgctl_server *known,
                             const struct wgctl_server *whole)
{
    WGCTL_SERVER few = {0};
    struct wgctl_error err;
    bool *left_out = calloc(known->peer_count + 1, sizeof *left_out);
    size_t at = 0;
    for (size_t i = 0; i < known->peer_count; i++)
        left_out[i] = i % 3 != 1;
    ck_assert_int_eq(parse_beside(file, known, left_out, &few, &err), WGCTL_OK);
    WGCTL_TEXT wanted = interface_of(whole), read = interface_of(&few);
    assert_same(wgctl_text_slice_of(&read), wgctl_text_slice_of(&wanted));
    for (size_t i = 0; i < whole->peer_count; i++) {
        WGCTL_TEXT expected = peer_of(whole, i);
        if (at < few.peer_count && is_at(&few, at, &expected))
            at++;
        else
            ck_assert(is_one_of(known, &expected));
    }
    ck_assert_uint_eq(at, few.peer_count);
    free(left_out);
    return whole->peer_count - at;
}

/* Returns whether it could be read. */
static bool check_pair(struct wgctl_slice file, const struct wgctl_server *known)
{
    WGCTL_SERVER alone = {0}, beside = {0};
    struct wgctl_error alone_err = {0}, beside_err = {0};
    int rc = parse(file, &alone, &alone_err);
    ck_assert_int_eq(parse_beside(file, known, NULL, &beside, &beside_err), rc);
    if (rc < 0) {
        ck_assert_str_eq(beside_err.message, alone_err.message);
        ck_assert_str_eq(beside_err.hint, alone_err.hint);
        return false;
    }
    WGCTL_TEXT expected = all_of(&alone), actual = all_of(&beside);
    assert_same(wgctl_text_slice_of(&actual), wgctl_text_slice_of(&expected));
    missing += check_left_out(file, known, &alone);
    return true;
}

/* ---- another file of it ---- */

/* A place in it, mostly where a line begins. */
static size_t place_in(struct generator *generator, struct wgctl_slice file)
{
    size_t at = choose(generator, (uint32_t)file.size + 1);
    if (chance(generator, 90))
        while (at > 0 && file.data[at - 1] != '\n')
            at--;
    return at;
}

/* A part is taken out, doubled, or another file's is put there. */
static void change(struct generator *generator, struct wgctl_slice other, struct wgctl_text *file)
{
    struct wgctl_slice old = wgctl_text_slice_of(file);
    size_t a = place_in(generator, old), b = place_in(generator, old);
    size_t from = a < b ? a : b, to = a < b ? b : a;
    size_t c = place_in(generator, other), d = place_in(generator, other);
    struct wgctl_text changed = {0};
    if (chance(generator, 60) && to - from > 120)
        to = from + choose(generator, 120);
    uint32_t what = choose(generator, 3); /* 0: out, 1: twice, 2: another's instead */
    wgctl_text_append(&changed, old.data, what == 1 ? to : from);
    if (what == 2)
        wgctl_text_append(&changed, other.data + (c < d ? c : d), c < d ? d - c : c - d);
    wgctl_text_append(&changed, old.data + (what == 1 ? from : to),
                      old.size - (what == 1 ? from : to));
    wgctl_text_clear(file);
    *file = changed;
}

enum { FILES = 6000, CHANGES = 6 };

START_TEST(whatever_was_changed_the_file_is_read_as_it_is_alone)
{
    size_t readable = 0;
    for (uint32_t i = 1; i <= FILES; i++) {
        WGCTL_TEXT text = generate(i, i % 2 == 0), other = generate(i + FILES, i % 2 == 0);
        WGCTL_SERVER known = {0};
        struct wgctl_error err;
        struct generator generator = {.state = i};
        if (parse(wgctl_text_slice_of(&text), &known, &err) < 0)
            continue;
        check_pair(wgctl_text_slice_of(&other), &known);
        for (int k = 0; k < CHANGES; k++) {
            readable += check_pair(wgctl_text_slice_of(&text), &known);
            change(&generator, wgctl_text_slice_of(&other), &text);
        }
    }
    ck_assert_uint_gt(readable, FILES / 2);
    ck_assert_uint_gt(missing, FILES / 60);
}
END_TEST

/* ---- by hand ---- */

#define PEER(name, key) "[Peer]\n# friendly_name = " name "\nPublicKey = " key "\n"
#define HEAD "[Interface]\nPrivateKey = " PRIVATE "\n"

static const char *const like[] = {
    "",
    HEAD,
    HEAD PEER("alice", ALICE) PEER("bob", BOB),
    HEAD PEER("alice", ALICE) "AllowedIPs = 10.0.0.2/32\n" PEER("bob", BOB),
    HEAD PEER("bob", BOB) PEER("alice", ALICE),
    HEAD PEER("alice", ALICE),
    HEAD PEER("bob", BOB),
    HEAD PEER("alice", ALICE) PEER("bob", BOB) "AllowedIPs = 10.0.0.3/32",
    HEAD PEER("alice", ALICE) PEER("bob", BOB) HEAD "ListenPort = 1\n",
    HEAD PEER("alice", ALICE) HEAD "ListenPort = 1\n" PEER("bob", BOB),
    HEAD "#- [Peer]\n#- # friendly_name = alice\n#- PublicKey = " ALICE "\n" PEER("bob", BOB),
    HEAD "#- [Peer]\n#- PublicKey = " ALICE "\nListenPort = 1\n" PEER("bob", BOB),
    HEAD "#- [Peer]\n#- PublicKey = " ALICE "\nListenPort = 2\n" PEER("bob", BOB),
    HEAD PEER("alice", ALICE) "# note = hers\n" PEER("bob", BOB) "# a word\n\n# another\n",
    HEAD PEER("alice", ALICE) "#- [Peer]\n#- PublicKey = " BOB "\nPersistentKeepalive = 25\n",
    "[Peer]\nPublicKey = " ALICE "\n" HEAD PEER("bob", BOB),
    HEAD PEER("alice", ALICE) PEER("alice", ALICE),
    HEAD PEER("alice", ALICE) PEER("alice", ALICE) PEER("alice", ALICE) PEER("alice", ALICE),
    HEAD PEER("a", ALICE) PEER("b", BOB) PEER("c", PSK) "AllowedIPs = 10.0.0.4/32\n",
    HEAD PEER("a", ALICE) PEER("d", PUBLIC) PEER("b", BOB)
        PEER("c", PSK) "AllowedIPs = 10.0.0.5/32\n",
};
enum { LIKE = sizeof like / sizeof *like };

START_TEST(each_is_read_beside_each_other_one)
{
    for (size_t k = 0; k < LIKE; k++) {
        WGCTL_SERVER known = server_of(like[k]);
        for (size_t i = 0; i < LIKE; i++)
            ck_assert(check_pair(wgctl_slice_of(like[i]), &known));
    }
}
END_TEST

START_TEST(what_stands_between_two_peers_that_are_known_has_its_fault_named)
{
    WGCTL_SERVER known = server_of(HEAD PEER("alice", ALICE) PEER("bob", BOB));
    WGCTL_SERVER server = {0};
    struct wgctl_error err;
    const char *faulty = HEAD PEER("alice", ALICE) "[Peer]\n" PEER("bob", BOB);
    ck_assert_int_eq(parse_beside(wgctl_slice_of(faulty), &known, NULL, &server, &err),
                     WGCTL_INVALID);
    ck_assert_str_eq(err.message, "wg0.conf:6: this [Peer] has no PublicKey");
}
END_TEST

static Suite *beside_suite(void)
{
    Suite *suite = suite_create("beside");
    TCase *tests = tcase_create("files");
    tcase_add_test(tests, whatever_was_changed_the_file_is_read_as_it_is_alone);
    tcase_add_test(tests, each_is_read_beside_each_other_one);
    tcase_add_test(tests, what_stands_between_two_peers_that_are_known_has_its_fault_named);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(beside_suite());
}
