/* Process 1 of a guest whose start is measured: says how many instructions it took until the process that it becomes
 * has said its first line. Under `-icount shift=0` the time stamp counter is the number of instructions since reset.
 *
 * Named `trivial` it is the program that is compared with: it says its line and does nothing more. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

static void say(const char *text) { (void)!write(2, text, strlen(text)); }

/* Passes on what comes until a line is complete, then the count. */
static void watch(int source) {
    char text[4096];
    for (ssize_t count; (count = read(source, text, sizeof text)) > 0;) {
        unsigned long long instructions = __rdtsc();
        (void)!write(2, text, (size_t)count);
        if (!memchr(text, '\n', (size_t)count)) continue;
        char line[64];
        snprintf(line, sizeof line, "instructions: %llu\n", instructions);
        say(line);
        return;
    }
}

int main(int count, char **arguments) {
    (void)count;
    const char *slash = strrchr(arguments[0], '/');
    if (strcmp(slash ? slash + 1 : arguments[0], "trivial") == 0) {
        say("ready\n");
        for (;;) pause();
    }
    /* The measured program keeps number 1, so the one that watches is the child. */
    int ends[2];
    if (pipe(ends) < 0) return 1;
    switch (fork()) {
    case -1: return 1;
    case 0:
        close(ends[1]);
        watch(ends[0]);
        _exit(0);
    default: {
        close(ends[0]);
        dup2(ends[1], 2);
        close(ends[1]);
        char target[256] = "";
        if (readlink("/measured", target, sizeof target - 1) < 0) return 1;
        execv(target, (char *[]){target, NULL});
        return 1;
    }
    }
}
