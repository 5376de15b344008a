/* Exchanges two names without pause, so that whoever looks twice sees two things. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>

int main(int count, char **words) {
    if (count != 3) return 2;
    for (;;)
        if (renameat2(AT_FDCWD, words[1], AT_FDCWD, words[2], RENAME_EXCHANGE)) {
            perror("flip");
            return 1;
        }
}
