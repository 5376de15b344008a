#define _GNU_SOURCE
#include "CLinux_launcher.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* IOPRIO_WHO_PROCESS; the C library has no header for it. */
#define WHO_PROCESS 1

int CLinux_scheduling_set(const struct CLinux_scheduling *scheduling) {
    // The first layout of the kernel's sched_attr, 48 bytes, which every kernel takes.
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {
        .size = sizeof attributes,
        .policy = scheduling->policy,
        .flags = scheduling->flags,
        .nice = scheduling->nice,
        .priority = scheduling->priority,
        .runtime = scheduling->runtime,
        .deadline = scheduling->deadline,
        .period = scheduling->period,
    };
    return syscall(SYS_sched_setattr, 0, &attributes, 0) < 0 ? -errno : 0;
}

int CLinux_io_priority_set(int value) {
    return syscall(SYS_ioprio_set, WHO_PROCESS, 0, value) < 0 ? -errno : 0;
}

int CLinux_affinity_set(const uint32_t *processors, size_t count) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t index = 0; index < count; index++) {
        if (processors[index] >= CPU_SETSIZE) return -EINVAL;
        CPU_SET(processors[index], &set);
    }
    return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}
