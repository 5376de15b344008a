/* A VMM that misbehaves. What it does is in its own name, because the runtime fixes its arguments and environment:
   exits at once, hangs, prints garbage and hangs, answers garbage or half an answer on every listening socket. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer(const char *text) {
    for (;;) {
        for (int listener = 3; listener < 64; listener++) {
            int listening = 0;
            socklen_t length = sizeof listening;
            if (getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) || !listening) continue;
            int connection = accept4(listener, 0, 0, SOCK_NONBLOCK);
            if (connection < 0) continue;
            for (int n = 0; n < 1000; n++)
                if (write(connection, text, strlen(text)) < 0) break;
        }
        usleep(10000);
    }
}

int main(int count, char **words) {
    const char *name = strrchr(words[0], '/');
    name = name ? name + 1 : words[0];
    if (count > 1 && (!strcmp(words[1], "--version") || !strcmp(words[1], "-version"))) {
        puts("QEMU emulator version 10.0.2 (stub)");
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    if (strstr(name, "exit")) {
        fputs("stub-vmm: could not initialise the flux capacitor\n", stderr);
        return strstr(name, "zero") ? 0 : 3;
    }
    if (strstr(name, "garbage")) {
        for (int n = 0; n < 100000; n++) fputs("\033[2J%s%n\xff\xfe garbage ", stderr);
        answer("\xff\xfe{]garbage\n");
    }
    if (strstr(name, "half")) answer("{\"QMP\": {\"version\": {\"qemu\": {");
    for (;;) pause();
}
