#define _GNU_SOURCE
#include "CLinux_write.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long a killed child may take to end; one that is stuck in the kernel is left behind. */
#define LAST_WAIT 1000

static int write_at_once(const char *path, const char *text, size_t length)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    /* If this child gets stuck, no lock and no pipe of the caller's may stay open in it. */
    syscall(SYS_close_range, 0, ~0U, 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
    if (fd < 0)
        return errno;
    ssize_t written = write(fd, text, length);
    return written < 0 ? errno : (size_t)written < length ? EIO : 0;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Whether the process of `pidfd` has ended in time. */
static int ended(int pidfd, int milliseconds)
{
    int64_t deadline = now() + milliseconds;
    struct pollfd item = { .fd = pidfd, .events = POLLIN };
    for (;;) {
        int64_t left = deadline - now();
        int rc = poll(&item, 1, left > 0 ? (int)left : 0);
        if (rc > 0)
            return 1;
        if (left <= 0 || (rc < 0 && errno != EINTR))
            return 0;
    }
}

int CLinux_write_bounded(const char *path, const char *text, size_t length, int milliseconds)
{
    int pidfd = -1, status = 0, rc;
    sigset_t all, before;
    /* No exit signal: whoever watches SIGCHLD need not know of this child. The memory is a copy, because the
       caller goes on when the child does not. */
    struct clone_args arguments = { .flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&pidfd };
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0)
        syscall(SYS_exit_group, write_at_once(path, text, length));
    rc = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0)
        return -rc;
    int in_time = ended(pidfd, milliseconds);
    if (!in_time) {
        syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        ended(pidfd, LAST_WAIT);
    }
    close(pidfd);
    do
        rc = waitpid((pid_t)pid, &status, __WALL | WNOHANG);
    while (rc < 0 && errno == EINTR);
    if (rc > 0 && WIFEXITED(status))
        return -WEXITSTATUS(status);
    return in_time ? -EIO : -ETIMEDOUT;
}
