#define _GNU_SOURCE
#include "CLinux_launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

int CLinux_terminal_peer(int master) {
    int locked = 0;
    if (ioctl(master, TIOCSPTLCK, &locked) < 0) return -errno;
    int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return peer < 0 ? -errno : peer;
}

int CLinux_terminal_control(int terminal) {
    return ioctl(terminal, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

int CLinux_terminal_resize(int terminal, uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(terminal, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}
