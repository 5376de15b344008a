#define _GNU_SOURCE
#include "CLinux_guest.h"

#include <errno.h>
#include <linux/random.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

// A static Swift program looks itself up in /proc before main, so the first process of a machine mounts it
// before the Swift runtime starts. The launcher is also process 1, of its container, but /proc is there.
__attribute__((constructor(101))) static void mount_proc(void) {
    if (getpid() != 1 || access("/proc/self", F_OK) == 0) return;
    (void)mkdir("/proc", 0555);
    (void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

int CLinux_module_load(int descriptor, const char *parameters) {
    if (syscall(SYS_finit_module, descriptor, parameters, 0) == 0 || errno == EEXIST) return 0;
    return -errno;
}

int CLinux_interface_up(const char *name) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    int socket_descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_descriptor < 0) return -errno;
    int error = 0;
    if (ioctl(socket_descriptor, SIOCGIFFLAGS, &request) < 0) {
        error = -errno;
    } else {
        request.ifr_flags |= IFF_UP;
        if (ioctl(socket_descriptor, SIOCSIFFLAGS, &request) < 0) error = -errno;
    }
    close(socket_descriptor);
    return error;
}

int CLinux_power_off(void) {
    sync();
    return reboot(RB_POWER_OFF) < 0 ? -errno : 0;
}

int CLinux_random_add(const void *bytes, int count) {
    int device = open("/dev/random", O_WRONLY | O_CLOEXEC);
    if (device < 0) return -errno;
    struct rand_pool_info *pool = malloc(sizeof *pool + (size_t)count);
    int error = 0;
    if (!pool) {
        error = -ENOMEM;
    } else {
        pool->entropy_count = count * 8;
        pool->buf_size = count;
        memcpy(pool->buf, bytes, (size_t)count);
        // Old state must not outlive a clone of the machine: reseed at once.
        if (ioctl(device, RNDADDENTROPY, pool) < 0 || ioctl(device, RNDRESEEDCRNG) < 0) error = -errno;
        free(pool);
    }
    close(device);
    return error;
}

int CLinux_clock_set(int64_t seconds, int64_t microseconds) {
    struct timeval time = {.tv_sec = seconds, .tv_usec = microseconds};
    return settimeofday(&time, NULL) < 0 ? -errno : 0;
}

int CLinux_set_hostname(const char *name, size_t size) {
    return sethostname(name, size) < 0 ? -errno : 0;
}

int CLinux_isolate(uint64_t namespaces) {
    if (unshare((int)namespaces) < 0) return -errno;
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return -errno;
        return 0;
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
