/* Searches the memory that a program leaves behind for secret keys; see canary.sh.
 *
 * Loaded with LD_PRELOAD. It looks at every block of the heap just before the block is freed, and
 * at exit at everything the process can write to: data, heap, stack. The keys are those listed in
 * $CANARY_KEYS, base64, one a line, and every key the program makes while it runs. What it finds
 * goes to the file $CANARY_REPORT, one line each; the line "searched" shows that it came to its
 * end.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void __libc_free(void *block);
/* libsodium's, from which all keys come. */
void randombytes_buf(void *ret, size_t size);

enum { KEY = 32, BASE64 = 43, HEX = 2 * KEY, KEYS_MAX = 64 };

/* The same secret as it may lie in memory. A QR code's data is shifted by half a byte, behind a
 * header of 12 or 20 bits, and libqrencode also keeps each bit in a byte of its own. */
enum form { RAW, TEXT, LOWER_HEX, UPPER_HEX, SHIFTED, BITS, FORMS };
static const char *const form_names[FORMS] = {"raw",       "base64",         "hex",
                                              "upper hex", "QR code's data", "QR code's bits"};

struct canary {
    unsigned char bytes[BASE64 * 8];
    size_t size;
};

/* Everything the search itself holds, so that it can leave itself out. */
static struct {
    struct canary canaries[KEYS_MAX][FORMS];
    size_t count;
    bool is_ready, is_searching;
    int report;
} self __attribute__((aligned(4096)));

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void set_hex(struct canary *ret, const unsigned char *key, const char *alphabet)
{
    for (size_t i = 0; i < KEY; i++) {
        ret->bytes[2 * i] = (unsigned char)alphabet[key[i] >> 4];
        ret->bytes[2 * i + 1] = (unsigned char)alphabet[key[i] & 15];
    }
    ret->size = HEX;
}

static void set_text(struct canary *ret, const unsigned char *key)
{
    for (size_t i = 0; i < BASE64; i++) {
        unsigned bits = 0;
        for (size_t bit = i * 6; bit < i * 6 + 6; bit++)
            bits = bits << 1 | (bit < KEY * 8 ? key[bit / 8] >> (7 - bit % 8) & 1U : 0);
        ret->bytes[i] = (unsigned char)digits[bits];
    }
    ret->size = BASE64;
}

static void set_code(struct canary forms[FORMS])
{
    const unsigned char *text = forms[TEXT].bytes;
    for (size_t i = 0; i + 1 < BASE64; i++)
        forms[SHIFTED].bytes[i] = (unsigned char)(text[i] << 4 | text[i + 1] >> 4);
    forms[SHIFTED].size = BASE64 - 1;
    for (size_t i = 0; i < BASE64 * 8; i++)
        forms[BITS].bytes[i] = text[i / 8] >> (7 - i % 8) & 1;
    forms[BITS].size = BASE64 * 8;
}

/* The first and the last byte are clamped after they were made: they are left out. */
static void add_key(const unsigned char key[KEY])
{
    if (self.count == KEYS_MAX)
        abort();
    struct canary *forms = self.canaries[self.count];
    memcpy(forms[RAW].bytes, key, KEY);
    forms[RAW].size = KEY;
    set_text(&forms[TEXT], key);
    set_hex(&forms[LOWER_HEX], key, "0123456789abcdef");
    set_hex(&forms[UPPER_HEX], key, "0123456789ABCDEF");
    set_code(forms);
    self.count++;
}

static void add_line(const char *line)
{
    unsigned char key[KEY + 1] = {0};
    for (size_t i = 0; i < BASE64; i++) {
        const char *digit = strchr(digits, line[i]);
        for (size_t bit = 0; digit && bit < 6; bit++)
            if ((unsigned)(digit - digits) >> (5 - bit) & 1)
                key[(i * 6 + bit) / 8] |= (unsigned char)(0x80 >> (i * 6 + bit) % 8);
    }
    add_key(key);
}

static void say(const char *line)
{
    if (self.report >= 0 && write(self.report, line, strlen(line)) < 0)
        abort();
}

/* libqrencode cannot be made to wipe what it frees. wgctl runs it in a child process that does
 * nothing else and ends with _exit(2): all its memory goes back to the kernel, which wipes it
 * before anybody else gets it. This is the one thing that is not looked at. */
static void forget(void)
{
    self.is_ready = false;
}

__attribute__((constructor)) static void begin(void)
{
    char name[4096], line[BASE64 + 2];
    ssize_t size = readlink("/proc/self/exe", name, sizeof name - 1);
    const char *program = getenv("CANARY_PROGRAM"), *report = getenv("CANARY_REPORT");
    self.report = -1;
    if (size < 0 || !program || !report || (name[size] = '\0', strcmp(name, program) != 0))
        return;
    int keys = open(getenv("CANARY_KEYS"), O_RDONLY | O_CLOEXEC);
    while (keys >= 0 && read(keys, line, BASE64 + 2) == BASE64 + 2)
        add_line(line);
    explicit_bzero(line, sizeof line);
    close(keys);
    self.report = open(report, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    self.is_ready = self.report >= 0;
    pthread_atfork(NULL, NULL, forget);
    void *frames[1];
    backtrace(frames, 1); /* it allocates the first time */
}

static void report(const char *where, size_t key, const char *form, size_t offset, size_t size)
{
    char line[256];
    void *frames[24];
    int count = backtrace(frames, 24);
    snprintf(line, sizeof line, "%s: key %zu as %s, at byte %zu of %zu\n", where, key, form, offset,
             size);
    say(line);
    for (int i = 2; i < count; i++) {
        Dl_info info = {0};
        dladdr(frames[i], &info);
        const char *file = info.dli_fname ? strrchr(info.dli_fname, '/') : NULL;
        snprintf(line, sizeof line, "    %s+%#tx %s\n", file ? file + 1 : "?",
                 (char *)frames[i] - (char *)info.dli_fbase, info.dli_sname ? info.dli_sname : "");
        say(line);
    }
}

/* A part of a key is a leak too: its beginning, its middle and its end are looked for. */
static void search(const char *where, const void *memory, size_t size)
{
    for (size_t key = 0; key < self.count; key++)
        for (size_t form = 0; form < FORMS; form++) {
            const struct canary *canary = &self.canaries[key][form];
            size_t edge = canary->size / KEY + 1, part = canary->size / 3 - edge;
            for (size_t i = 0; i < 3; i++) {
                const unsigned char *wanted = canary->bytes + edge + i * (part + edge / 2);
                const char *found = memmem(memory, size, wanted, part);
                if (!found)
                    continue;
                report(where, key, form_names[form], (size_t)(found - (const char *)memory), size);
                break;
            }
        }
}

void free(void *block)
{
    if (block && self.is_ready && !self.is_searching) {
        self.is_searching = true;
        search("freed", block, malloc_usable_size(block));
        self.is_searching = false;
    }
    __libc_free(block);
}

/* Always into a new place, as it can happen to any block. */
void *realloc(void *block, size_t size)
{
    void *moved = __libc_malloc(size);
    if (!block || !moved)
        return moved;
    size_t old = malloc_usable_size(block);
    memcpy(moved, block, old < size ? old : size);
    free(block);
    return moved;
}

void randombytes_buf(void *ret, size_t size)
{
    if (getrandom(ret, size, 0) != (ssize_t)size)
        abort();
    if (self.is_ready && size == KEY)
        add_key(ret);
}

/* Of a line of /proc/self/maps. */
static void search_mapping(char *line)
{
    const char *from, *to, *own = (const char *)&self, *own_end = own + sizeof self;
    char mode[5], where[300];
    if (sscanf(line, "%p-%p %4s", (void **)&from, (void **)&to, mode) != 3 ||
        strncmp(mode, "rw", 2) != 0)
        return;
    const char *name = strrchr(line, ' ');
    snprintf(where, sizeof where, "at exit, in%s", name ? name : " memory");
    if (from <= own && own_end <= to) {
        search(where, from, (size_t)(own - from));
        from = own_end;
    }
    search(where, from, (size_t)(to - from));
}

__attribute__((destructor)) static void end(void)
{
    static char maps[1 << 17];
    size_t size = 0;
    if (!self.is_ready)
        return;
    self.is_searching = true;
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    for (ssize_t got = 1; got > 0; size += (size_t)got)
        if ((got = read(file, maps + size, sizeof maps - 1 - size)) < 0)
            abort();
    close(file);
    for (char *line = maps, *next; (next = strchr(line, '\n')); line = next + 1) {
        *next = '\0';
        search_mapping(line);
    }
    say("searched\n");
}
