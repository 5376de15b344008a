/* Mounts by descriptor (open_tree, fsopen, move_mount, mount_setattr) and the older calls beside them. */
#ifndef CLINUX_MOUNT_H
#define CLINUX_MOUNT_H

#include <linux/mount.h>
#include <stdint.h>

/* open_tree with OPEN_TREE_CLOEXEC added to `flags` (OPEN_TREE_CLONE, AT_RECURSIVE, AT_EMPTY_PATH ...). */
int CLinux_open_tree(int directory, const char *path, unsigned int flags);

/* Attaches the mount `from` (a descriptor) at `path` beneath `to`; an empty path means `to` itself. */
int CLinux_move_mount(int from, int to, const char *path);

/* `flags` are AT_EMPTY_PATH, AT_RECURSIVE; `propagation` is 0 (unchanged) or MS_PRIVATE, MS_SLAVE ... */
int CLinux_mount_setattr(
    int directory, const char *path, unsigned int flags, uint64_t set, uint64_t clear, uint64_t propagation);

int CLinux_fsopen(const char *type);

/* A `value` of NULL sets a flag; the kernel takes at most 255 bytes. */
int CLinux_fsconfig_set(int context, const char *key, const char *value);
int CLinux_fsconfig_create(int context);

/* `attributes` are MOUNT_ATTR_*. */
int CLinux_fsmount(int context, unsigned int attributes);

int CLinux_mount(
    const char *source, const char *target, const char *type, unsigned long flags, const char *data);
int CLinux_umount(const char *target, int flags);
int CLinux_pivot_root(const char *root, const char *old);
int CLinux_setns(int descriptor, int kind);
int CLinux_unshare(uint64_t flags);

#endif
