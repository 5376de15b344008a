#define _GNU_SOURCE
#include "CLinux_descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int CLinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
    struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };
    long rc = syscall(SYS_openat2, directory, path, &how, sizeof how);
    return rc < 0 ? -errno : (int)rc;
}

int CLinux_status(int directory, const char *path, int flags, struct CLinux_file_status *status)
{
    struct statx s;
    memset(&s, 0, sizeof s);
    if (statx(directory, path, flags, STATX_BASIC_STATS | STATX_MNT_ID, &s) < 0)
        return -errno;
    *status = (struct CLinux_file_status) {
        .mode = s.stx_mode, .uid = s.stx_uid, .gid = s.stx_gid, .size = s.stx_size, .inode = s.stx_ino,
        .device_major = s.stx_dev_major, .device_minor = s.stx_dev_minor,
        .rdev_major = s.stx_rdev_major, .rdev_minor = s.stx_rdev_minor,
        .mount_id = s.stx_mask & STATX_MNT_ID ? s.stx_mnt_id : 0,
    };
    return 0;
}

int CLinux_memfd(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd < 0 ? -errno : fd;
}

int CLinux_memfd_seal(int descriptor)
{
    int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    return fcntl(descriptor, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

int CLinux_pipe(int *reading, int *writing)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

static void expand(uint64_t mask, sigset_t *set)
{
    sigemptyset(set);
    for (int number = 1; number <= 64; number++)
        if (mask >> (number - 1) & 1)
            sigaddset(set, number);
}

int CLinux_signalfd(uint64_t mask)
{
    sigset_t set;
    expand(mask, &set);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int CLinux_block_signals(uint64_t mask, int block)
{
    sigset_t set;
    expand(mask, &set);
    return -pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}
