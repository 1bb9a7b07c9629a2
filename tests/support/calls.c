/* Makes system calls, one for each argument: KIND NUMBER ARGUMENT..., apart by commas.
 *
 * KIND is c (a call), f (a call in a forked process), x (by int 0x80), d (open a folder as descriptor
 * NUMBER, by its path). An ARGUMENT is a number, n (a null pointer), b (a buffer of zeros), or a text
 * in hexadecimal after s (anywhere), e (at the end of a page, with nothing after it) or v (a list of
 * one text, as execve takes it). Prints what each returned, or the negative error number. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int unhex(const char *text, unsigned char *to) {
    int size = 0;
    unsigned value;
    for (; sscanf(text, "%2x", &value) == 1; text += 2) to[size++] = value;
    to[size++] = 0;
    return size;
}

static long value_of(const char *word) {
    static unsigned char zeros[65536];
    unsigned char *text = malloc(strlen(word) / 2 + 16);
    int size;
    switch (*word) {
    case 'n': return 0;
    case 'b': return (long)zeros;
    case 's': unhex(word + 1, text); return (long)text;
    case 'v': {
        char **list = calloc(2, sizeof *list);
        unhex(word + 1, text);
        list[0] = (char *)text;
        return (long)list;
    }
    case 'e': {
        char *pages = mmap(0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        munmap(pages + 8192, 8192);
        size = unhex(word + 1, text);
        return (long)memcpy(pages + 8192 - size, text, size);
    }
    default: return strtol(word, 0, 0);
    }
}

int main(int count, char **words) {
    setvbuf(stdout, 0, _IONBF, 0);
    for (int at = 1; at < count; at++) {
        long argument[8] = {0}, number, result;
        char kind = words[at][0], *rest = words[at] + 1, *word;
        int many = 0;
        number = strtol(strsep(&rest, ","), 0, 0);
        while ((word = strsep(&rest, ","))) argument[many++] = value_of(word);
        if (kind == 'd') {
            int opened = open((char *)argument[0], O_RDONLY);
            result = dup2(opened, number);
            close(opened);
        } else if (kind == 'f') {
            pid_t child = fork();
            int status;
            if (!child) {
                syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
                _exit(errno);
            }
            waitpid(child, &status, 0);
            result = -WEXITSTATUS(status);
#ifdef __x86_64__
        } else if (kind == 'x') {
            __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(argument[0]), "c"(argument[1])
                             : "memory", "r8", "r9", "r10", "r11");
#endif
        } else {
            result = syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
            if (result == -1) result = -errno;
        }
        printf("%ld\n", result);
    }
    return 0;
}
