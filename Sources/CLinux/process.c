#define _GNU_SOURCE
#include "CLinux_process.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int CLinux_pidfd_open(pid_t pid)
{
    long rc = syscall(SYS_pidfd_open, pid, 0);
    return rc < 0 ? -errno : (int)rc;
}

int CLinux_pidfd_send_signal(int pidfd, int signal)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int CLinux_wait(pid_t pid, int block, struct CLinux_exit *status)
{
    siginfo_t info;
    int rc;
    memset(&info, 0, sizeof info);
    do
        rc = waitid(P_PID, (id_t)pid, &info, WEXITED | (block ? 0 : WNOHANG));
    while (rc < 0 && errno == EINTR);
    if (rc < 0)
        return -errno;
    if (info.si_pid == 0)
        return 0;
    status->signaled = info.si_code != CLD_EXITED;
    status->value = info.si_status;
    return 1;
}

int CLinux_become_subreaper(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? -errno : 0;
}

int CLinux_set_name(const char *name)
{
    return prctl(PR_SET_NAME, name, 0, 0, 0) < 0 ? -errno : 0;
}
