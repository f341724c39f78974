/* Creates the files for the benchmarks of `wgctl apply`.
 *
 * usage: bench_tunnels PEERS FOLDER PORT
 *
 * There are three states of one tunnel: "empty" has no peers, "full" has PEERS of them, and
 * "changed" is the same with a different preshared key for the peer in the middle. For each of
 * them, FOLDER gets:
 *
 *     NAME.conf   for wgctl and wg-quick
 *     NAME.wg     for wg: the output of `wg-quick strip`
 *     NAME.uapi   the answer of a userspace process to get=1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

enum { KEY = 32 };

struct peer {
    unsigned char public_key[KEY], preshared_key[KEY];
};

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void put_base64(FILE *file, const char *name, const unsigned char *key)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[45];
    size_t size = 0;
    for (size_t at = 0; at < KEY; at += 3) {
        unsigned bits = (unsigned)key[at] << 16 | (unsigned)key[at + 1] << 8;
        bits |= at + 2 < KEY ? key[at + 2] : 0;
        for (unsigned shift = 24; shift > 0 && size < 44; shift -= 6)
            text[size++] = digits[bits >> (shift - 6) & 63];
    }
    memcpy(text + 43, "=", 2);
    fprintf(file, "%s = %s\n", name, text);
}

static void put_hex(FILE *file, const char *name, const unsigned char *key)
{
    char text[2 * KEY + 1];
    for (size_t i = 0; i < KEY; i++)
        snprintf(text + 2 * i, 3, "%02x", key[i]);
    fprintf(file, "%s=%s\n", name, text);
}

/* All addresses are in the interface's own networks, so that no routes are needed. */
static void format_addresses(unsigned peer, char ipv4[32], char ipv6[32])
{
    unsigned number = peer + 256;
    snprintf(ipv4, 32, "10.%u.%u.%u/32", number >> 16 & 255, number >> 8 & 255, number & 255);
    snprintf(ipv6, 32, "fd00::%x:%x/128", 1 + (number >> 16), number & 0xffff);
}

static FILE *create(const char *folder, const char *name, const char *kind)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, kind);
    FILE *file = fopen(path, "we");
    if (!file || chmod(path, 0600) < 0)
        die(path);
    return file;
}

static void finish(FILE *file)
{
    if (fclose(file) != 0)
        die("fclose");
}

static void put_conf(FILE *file, const unsigned char *private_key, unsigned port,
                     const char *addresses, const struct peer *peers, unsigned count)
{
    fprintf(file, "[Interface]\n%sListenPort = %u\n", addresses, port);
    put_base64(file, "PrivateKey", private_key);
    for (unsigned i = 0; i < count; i++) {
        char ipv4[32], ipv6[32];
        format_addresses(i, ipv4, ipv6);
        fprintf(file, "\n[Peer]\n# friendly_name = peer%u\n# added = 2026-01-01\n", i);
        put_base64(file, "PublicKey", peers[i].public_key);
        put_base64(file, "PresharedKey", peers[i].preshared_key);
        fprintf(file, "AllowedIPs = %s, %s\n", ipv4, ipv6);
    }
    finish(file);
}

/* Writes the state as wireguard-go does. */
static void put_uapi(FILE *file, const unsigned char *private_key, unsigned port,
                     const struct peer *peers, unsigned count)
{
    put_hex(file, "private_key", private_key);
    fprintf(file, "listen_port=%u\n", port);
    for (unsigned i = 0; i < count; i++) {
        char ipv4[32], ipv6[32];
        format_addresses(i, ipv4, ipv6);
        put_hex(file, "public_key", peers[i].public_key);
        put_hex(file, "preshared_key", peers[i].preshared_key);
        fprintf(file,
                "protocol_version=1\nlast_handshake_time_sec=0\nlast_handshake_time_nsec=0\n"
                "tx_bytes=0\nrx_bytes=0\npersistent_keepalive_interval=0\n"
                "allowed_ip=%s\nallowed_ip=%s\n",
                ipv4, ipv6);
    }
    fputs("errno=0\n\n", file);
    finish(file);
}

static void put_state(const char *folder, const char *name, const unsigned char *private_key,
                      unsigned port, const struct peer *peers, unsigned count)
{
    put_conf(create(folder, name, "conf"), private_key, port, "Address = 10.0.0.1/8, fd00::1/64\n",
             peers, count);
    put_conf(create(folder, name, "wg"), private_key, port, "", peers, count);
    put_uapi(create(folder, name, "uapi"), private_key, port, peers, count);
}

static void fill(void *data, size_t size)
{
    for (char *at = data; size > 0;) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0)
            die("getrandom");
        at += got;
        size -= (size_t)got;
    }
}

int main(int argc, char **argv)
{
    unsigned char private_key[KEY];
    if (argc != 4) {
        fprintf(stderr, "usage: bench_tunnels PEERS FOLDER PORT\n");
        return 2;
    }
    unsigned count = (unsigned)strtoul(argv[1], NULL, 10);
    unsigned port = (unsigned)strtoul(argv[3], NULL, 10);
    struct peer *peers = calloc(count + 1, sizeof *peers);
    if (!peers)
        die("calloc");
    /* Any 32 bytes are a valid public key. A device stores its private key clamped. */
    fill(peers, count * sizeof *peers);
    fill(private_key, sizeof private_key);
    private_key[0] &= 248;
    private_key[31] = (private_key[31] & 127) | 64;

    put_state(argv[2], "empty", private_key, port, peers, 0);
    put_state(argv[2], "full", private_key, port, peers, count);
    peers[count / 2].preshared_key[0] ^= 1;
    put_state(argv[2], "changed", private_key, port, peers, count);
    free(peers);
    return 0;
}
