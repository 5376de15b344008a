/* Processes: pidfds, waiting, prctl. */
#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stdint.h>

/* How a child ended: `signaled` tells whether `value` is a signal or an exit code. */
struct CLinux_exit {
    int signaled;
    int value;
};

int CLinux_pidfd_open(int pid);
int CLinux_pidfd_send_signal(int pidfd, int signal);

/* Reaps one child if it has ended: 1 and `status`, or 0 if it still runs. Blocks if `block` is not 0. */
int CLinux_wait(int pid, int block, struct CLinux_exit *status);

/* Orphaned descendants become children of this process. */
int CLinux_become_subreaper(void);

/* Sets the name that ps shows for this thread (15 bytes are kept). */
int CLinux_set_name(const char *name);

#endif
