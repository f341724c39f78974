/* Reads the whole state of a WireGuard interface from the kernel and ignores it. This is the
 * least that any program spends on reading it.
 *
 * usage: bench_dump INTERFACE [TIMES [BYTES]]
 *
 * Reads it TIMES in a row (default: 1), in pieces of at most BYTES (default: 32 KiB, the
 * largest that the kernel sends). */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/wireguard.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct {
    struct nlmsghdr header;
    struct genlmsghdr generic;
    struct nlattr attribute;
    char name[32];
} request;

static _Alignas(8) char piece[1 << 16];

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void ask(int fd, unsigned short type, unsigned char command, unsigned char version,
                unsigned short flags, unsigned short attribute, const char *name)
{
    size_t size = strlen(name) + 1;
    if (size > sizeof request.name)
        exit(2);
    memcpy(request.name, name, size);
    request.attribute = (struct nlattr){(unsigned short)(NLA_HDRLEN + size), attribute};
    request.generic = (struct genlmsghdr){.cmd = command, .version = version};
    request.header = (struct nlmsghdr){
        .nlmsg_len = (unsigned)(NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN + NLA_ALIGN(size)),
        .nlmsg_type = type,
        .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags),
    };
    if (send(fd, &request, request.header.nlmsg_len, 0) < 0)
        die("send");
}

/* Returns WireGuard's generic netlink family ID. */
static unsigned short find_family(int fd, size_t most)
{
    ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0, CTRL_ATTR_FAMILY_NAME, WG_GENL_NAME);
    /* The kernel sizes its pieces by the largest receive call so far. */
    ssize_t got = recv(fd, piece, most, 0);
    for (ssize_t at = NLMSG_HDRLEN + GENL_HDRLEN; at + NLA_HDRLEN + 2 <= got;) {
        struct nlattr attribute;
        unsigned short family;
        memcpy(&attribute, piece + at, sizeof attribute);
        memcpy(&family, piece + at + NLA_HDRLEN, sizeof family);
        if (attribute.nla_type == CTRL_ATTR_FAMILY_ID)
            return family;
        at += NLA_ALIGN(attribute.nla_len) ? NLA_ALIGN(attribute.nla_len) : NLA_HDRLEN;
    }
    fprintf(stderr, "the kernel has no WireGuard\n");
    exit(EXIT_FAILURE);
}

/* Adds to the number of pieces and of bytes received. */
static void dump(int fd, unsigned short family, const char *interface, size_t most, size_t *pieces,
                 size_t *bytes)
{
    const struct nlmsghdr *header = (const void *)piece;
    ask(fd, family, WG_CMD_GET_DEVICE, WG_GENL_VERSION, NLM_F_DUMP, WGDEVICE_A_IFNAME, interface);
    do {
        ssize_t got = recv(fd, piece, most, MSG_TRUNC);
        if (got < (ssize_t)sizeof *header)
            die("recv");
        if ((size_t)got > most) {
            fprintf(stderr, "a piece of %zd bytes has been cut\n", got);
            exit(EXIT_FAILURE);
        }
        *pieces += 1;
        *bytes += (size_t)got;
        /* NLMSG_DONE comes alone or after another message. */
        for (size_t at = 0; at < (size_t)got; at += NLMSG_ALIGN(header->nlmsg_len)) {
            header = (const void *)(piece + at);
            if (header->nlmsg_type == NLMSG_DONE)
                return;
        }
    } while (header->nlmsg_type != NLMSG_ERROR);
    fprintf(stderr, "the kernel has refused\n");
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    size_t pieces = 0, bytes = 0;
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: bench_dump INTERFACE [TIMES [BYTES]]\n");
        return 2;
    }
    long times = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
    size_t most = argc > 3 ? strtoul(argv[3], NULL, 10) : 1 << 15;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
    if (fd < 0 || most > sizeof piece)
        die("socket");
    unsigned short family = find_family(fd, most);
    for (long i = 0; i < times; i++)
        dump(fd, family, argv[1], most, &pieces, &bytes);
    printf("%zu pieces, %zu bytes\n", pieces, bytes);
    return 0;
}
