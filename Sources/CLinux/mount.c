#define _GNU_SOURCE
#include "CLinux_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The raw calls, without glibc's <sys/mount.h>: its declarations and <linux/mount.h>'s exclude each other. */
static int result(long rc)
{
    return rc < 0 ? -errno : (int)rc;
}

int CLinux_open_tree(int directory, const char *path, unsigned int flags)
{
    return result(syscall(SYS_open_tree, directory, path, flags | OPEN_TREE_CLOEXEC));
}

int CLinux_move_mount(int from, int to, const char *path)
{
    unsigned int flags = MOVE_MOUNT_F_EMPTY_PATH | (*path ? 0 : MOVE_MOUNT_T_EMPTY_PATH);
    return result(syscall(SYS_move_mount, from, "", to, path, flags));
}

int CLinux_mount_setattr(
    int directory, const char *path, unsigned int flags, uint64_t set, uint64_t clear, uint64_t propagation)
{
    struct mount_attr attr = { .attr_set = set, .attr_clr = clear, .propagation = propagation };
    return result(syscall(SYS_mount_setattr, directory, path, flags, &attr, sizeof attr));
}

int CLinux_fsopen(const char *type)
{
    return result(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

int CLinux_fsconfig_set(int context, const char *key, const char *value)
{
    int command = value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
    return result(syscall(SYS_fsconfig, context, command, key, value, 0));
}

int CLinux_fsconfig_create(int context)
{
    return result(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0));
}

int CLinux_fsmount(int context, unsigned int attributes)
{
    return result(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes));
}

int CLinux_mount(
    const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
    return result(syscall(SYS_mount, source, target, type, flags, data));
}

int CLinux_umount(const char *target, int flags)
{
    return result(syscall(SYS_umount2, target, flags));
}

int CLinux_pivot_root(const char *root, const char *old)
{
    return result(syscall(SYS_pivot_root, root, old));
}

int CLinux_setns(int descriptor, int kind)
{
    return result(syscall(SYS_setns, descriptor, kind));
}

int CLinux_unshare(uint64_t flags)
{
    return result(syscall(SYS_unshare, flags));
}
