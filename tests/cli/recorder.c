/* Stands in for a WireGuard interface: listens on a socket where wg(8) looks for
 * a process that runs one, writes down what it is told, and agrees to everything.
 *
 * usage: recorder SOCKET TRANSCRIPT
 *
 * Says "ready" on standard output when it listens, and runs until it is killed. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A request ends with an empty line. */
static void answer(int connection, FILE *transcript)
{
    static const char agreed[] = "errno=0\n\n";
    char byte, before = '\0';
    while (read(connection, &byte, 1) == 1) {
        fputc(byte, transcript);
        if (byte == '\n' && before == '\n') {
            fflush(transcript);
            if (write(connection, agreed, strlen(agreed)) < 0)
                perror("recorder: write");
            return;
        }
        before = byte;
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 3 || strlen(argv[1]) >= sizeof address.sun_path) {
        fprintf(stderr, "usage: recorder SOCKET TRANSCRIPT\n");
        return 2;
    }
    strcpy(address.sun_path, argv[1]);
    FILE *transcript = fopen(argv[2], "w");
    int listening = socket(AF_UNIX, SOCK_STREAM, 0);
    if (!transcript || listening < 0 ||
        bind(listening, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listening, 16) < 0) {
        perror("recorder");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        int connection = accept(listening, NULL, NULL);
        if (connection < 0)
            continue;
        answer(connection, transcript);
        close(connection);
    }
}
