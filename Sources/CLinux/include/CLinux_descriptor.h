/* Descriptors: openat2, statx, memfd, signalfd. */
#ifndef CLINUX_DESCRIPTOR_H
#define CLINUX_DESCRIPTOR_H

#include <stddef.h>
#include <stdint.h>

/* Values of openat2's `resolve`, which glibc 2.36 does not have. */
#define CLINUX_RESOLVE_NO_XDEV 0x01
#define CLINUX_RESOLVE_NO_MAGICLINKS 0x02
#define CLINUX_RESOLVE_NO_SYMLINKS 0x04
#define CLINUX_RESOLVE_BENEATH 0x08
#define CLINUX_RESOLVE_IN_ROOT 0x10

#define CLINUX_O_PATH 010000000

/* What statx tells of a file, with the id of the mount that it was reached through. */
struct CLinux_file_status {
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint64_t size;
    uint64_t inode;
    uint32_t device_major;
    uint32_t device_minor;
    uint32_t rdev_major;
    uint32_t rdev_minor;
    uint64_t mount_id;
};

int CLinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/* `flags` are those of statx; an empty path with AT_EMPTY_PATH is the descriptor itself. */
int CLinux_status(int directory, const char *path, int flags, struct CLinux_file_status *status);

/* A memory file with CLOEXEC that can be sealed. */
int CLinux_memfd(const char *name);

/* No more writing, growing, shrinking or sealing. */
int CLinux_memfd_seal(int descriptor);

/* Both ends are closed on exec. */
int CLinux_pipe(int *reading, int *writing);

/* A non-blocking descriptor for the signals of `mask` (bit n-1 is signal n). */
int CLinux_signalfd(uint64_t mask);

/* Blocks (or unblocks) the signals of `mask` for the calling thread. */
int CLinux_block_signals(uint64_t mask, int block);

#endif
