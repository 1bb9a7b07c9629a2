/* Starts processes and threads that open files: MODE [NUMBER]. What is opened is opened by the name of
 * what opens it, in the current folder, and is not there. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char **arguments;

static void use_here(const char *name, int number) {
    char path[100];
    sprintf(path, "%s-%d", name, number);
    open(path, O_RDONLY);
}

/* By its absolute path if the number is even: the supervisor has another way for those. */
static void use_by(char *path, const char *name, int number) {
    if (number % 2 || !getcwd(path, 4096)) {
        use_here(name, number);
        return;
    }
    sprintf(strchr(path, 0), "/%s-%d", name, number);
    open(path, O_RDONLY);
}

static void use(const char *name, int number) {
    static char path[4200]; /* at the same place in each process */
    use_by(path, name, number);
}

static void *in_thread(void *number) {
    char path[4200];
    use_by(path, "thread", (long)number);
    return 0;
}

static void *runs(void *unused) {
    use("before", 0);
    execl("/proc/self/exe", arguments[0], "use", "8", (char *)0);
    return 0;
}

static void wait_for_all(void) {
    while (wait(0) > 0) continue;
}

int main(int count, char **words) {
    const char *mode = words[1];
    int number = count > 2 ? atoi(words[2]) : 0;
    arguments = words;
    if (!strcmp(mode, "use")) {
        use("used", number);
    } else if (!strcmp(mode, "forks")) {
        for (int at = 0; at < number; at++) {
            if (!fork()) {
                use("fork", at);
                _exit(0);
            }
            wait(0);
        }
    } else if (!strcmp(mode, "burn")) { /* all numbers of processes are given once */
        for (int round = 0; round < 2; round++) {
            for (int at = 0; at < 50; at++)
                if (!fork()) {
                    use("fork", round * 50 + at);
                    _exit(0);
                }
            wait_for_all();
            for (int at = 0; at < number; at++) {
                if (!vfork()) _exit(0);
                wait(0);
            }
        }
    } else if (!strcmp(mode, "at once")) {
        for (int at = 0; at < number; at++)
            if (!fork()) {
                use("fork", at);
                _exit(0);
            }
        wait_for_all();
    } else if (!strcmp(mode, "chain")) { /* each forks the next one, and only the last one uses a file */
        for (int at = 0; at < number; at++) {
            if (fork()) {
                wait(0);
                _exit(0);
            }
        }
        use("chain", number);
    } else if (!strcmp(mode, "vforks")) {
        for (int at = 0; at < number; at++) {
            char text[20];
            sprintf(text, "%d", at);
            if (!vfork()) { /* it has the memory of its parent until then */
                access("/", F_OK);
                access("/", F_OK);
                execl("/proc/self/exe", words[0], "use", text, (char *)0);
                _exit(1);
            }
            wait(0);
            use("parent", at);
        }
    } else if (!strcmp(mode, "by descriptor")) {
        static char content[1 << 21], name[40];
        int own = open("/proc/self/exe", O_RDONLY), memory = memfd_create("program", 0);
        write(memory, content, read(own, content, sizeof content));
        sprintf(name, "/proc/self/fd/%d", memory);
        if (!vfork()) {
            access("/", F_OK);
            access("/", F_OK);
            execl(name, words[0], "use", "8", (char *)0);
            _exit(1);
        }
        wait(&number);
        return number != 0;
    } else if (!strcmp(mode, "threads")) {
        pthread_t threads[1000];
        for (long at = 0; at < number; at++) pthread_create(&threads[at], 0, in_thread, (void *)at);
        for (long at = 0; at < number; at++) pthread_join(threads[at], 0);
    } else if (!strcmp(mode, "exec in a thread")) {
        pthread_t thread;
        pthread_create(&thread, 0, runs, 0);
        pause();
    } else if (!strcmp(mode, "exec fails")) {
        execl("empty", "empty", (char *)0);
        use("goes on", 0);
        if (!fork()) {
            use("forked", 0);
            _exit(0);
        }
        wait_for_all();
    } else if (!strcmp(mode, "orphan")) { /* its parent has ended before it uses anything */
        if (!fork()) {
            if (!fork()) {
                setsid();
                usleep(200000);
                use("orphan", 0);
                _exit(0);
            }
            _exit(0);
        }
        wait(0);
        usleep(400000);
    } else if (!strcmp(mode, "parent execs")) { /* a child of what is another program by then */
        if (!fork()) {
            usleep(200000);
            use("left", 0);
            _exit(0);
        }
        execl("/bin/sleep", "sleep", "0.5", (char *)0);
    } else if (!strcmp(mode, "daemon")) {
        if (!fork()) {
            setsid();
            if (fork()) _exit(0);
            for (int stream = 0; stream < 3; stream++) close(stream);
            for (int at = 0; at < number && access("enough", F_OK); at++) {
                usleep(100000);
                struct stat known;
                if (stat("/", &known)) _exit(1);
            }
            close(creat("daemon-was-well", 0600));
            _exit(0);
        }
        wait(0);
    } else if (!strcmp(mode, "deep")) { /* a folder whose path is longer than any path may be */
        char name[201];
        memset(name, 'x', 200);
        name[200] = 0;
        for (int at = 0; at < number; at++) {
            mkdir(name, 0700);
            if (chdir(name)) return 1;
            use_here("deep", at);
        }
    }
    return 0;
}
