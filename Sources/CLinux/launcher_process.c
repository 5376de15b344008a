#define _GNU_SOURCE
#include "CLinux_launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

static int result(long value) {
    return value < 0 ? -errno : (int)value;
}

void CLinux_signals_reset(void) {
    // The C library hides two signals from sigaction; the raw call reaches all 64.
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } plain;
    memset(&plain, 0, sizeof plain);
    for (int signal = 1; signal <= 64; signal++) {
        (void)syscall(SYS_rt_sigaction, signal, &plain, NULL, sizeof plain.mask);
    }
    uint64_t none = 0;
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

int CLinux_close_on_exec_from(unsigned int first) {
    return result(syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC));
}

int CLinux_keyring_join(const char *name) {
    return result(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name)) < 0 ? -errno : 0;
}

int CLinux_seccomp_install(const void *instructions, unsigned short count, unsigned int flags) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

ssize_t CLinux_getcwd(char *buffer, size_t size) {
    return result(syscall(SYS_getcwd, buffer, size));
}

int CLinux_resource_limit(int resource, uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return result(setrlimit(resource, &limit));
}

int CLinux_prctl(int option, unsigned long argument) {
    return result(prctl(option, argument, 0, 0, 0));
}

int CLinux_set_groups(const uint32_t *groups, size_t count) {
    return result(syscall(SYS_setgroups, count, groups));
}

int CLinux_set_identity(uint32_t uid, uint32_t gid) {
    // The C library's forms signal other threads; there are none, and these are one call each.
    if (syscall(SYS_setresgid, gid, gid, gid) < 0) return -errno;
    return result(syscall(SYS_setresuid, uid, uid, uid));
}

int CLinux_execve(const char *path, char *const *arguments, char *const *environment) {
    execve(path, arguments, environment);
    return -errno;
}

int64_t CLinux_file_system(int descriptor) {
    struct statfs status;
    return fstatfs(descriptor, &status) < 0 ? -errno : (int64_t)status.f_type;
}

int CLinux_mknod(int directory, const char *name, uint32_t mode, uint32_t major, uint32_t minor) {
    return result(mknodat(directory, name, mode, makedev(major, minor)));
}
