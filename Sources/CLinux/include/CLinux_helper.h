/* A short-lived child that carries out a list of steps in namespaces that the caller must not enter itself.
   The child shares the caller's descriptor table, so a descriptor that it opens is the caller's too, and ends
   before the call returns. */
#ifndef CLINUX_HELPER_H
#define CLINUX_HELPER_H

#include <stdint.h>

enum {
    CLINUX_STEP_UNSHARE = 1, /* flags: CLONE_NEW* */
    CLINUX_STEP_SETNS, /* fd; flags: kind or 0 */
    CLINUX_STEP_MOUNT, /* source, path, type, flags, data */
    CLINUX_STEP_MOVE_MOUNT, /* fd -> (to, path); an empty path is `to` itself; resolve as openat2's */
    CLINUX_STEP_OPEN_TREE, /* (to, path), flags -> result */
    CLINUX_STEP_SETATTR, /* (to, path), flags, set, clear, propagation */
    CLINUX_STEP_OPEN, /* (to, path), flags, resolve -> result */
    CLINUX_STEP_CHDIR, /* path */
    CLINUX_STEP_FCHDIR, /* fd */
    CLINUX_STEP_PIVOT, /* the working directory becomes the root; the old root is detached */
    CLINUX_STEP_UMOUNT, /* path, flags; a path where nothing is mounted is no error */
    CLINUX_STEP_LINK_UP, /* path: name of a network interface */
    CLINUX_STEP_SOCKET, /* flags: CLINUX_SOCKET_* -> result */
};

struct CLinux_step {
    int kind;
    int fd;
    int to;
    const char *path;
    const char *source;
    const char *type;
    const char *data;
    uint64_t flags;
    uint64_t resolve;
    uint64_t set;
    uint64_t clear;
    uint64_t propagation;
    /* What the step opened, or 0 or -errno. */
    int result;
};

/* A value of `fd` or `to` that stands for the result of step n. */
#define CLINUX_RESULT_OF(n) (-1000 - (n))

/* Runs the steps in order up to the first that fails. Returns `count`, or the index of the step that failed
   (its result is -errno), or -errno if there was no child. Descriptors in results are the caller's to close,
   also after a failure. */
int CLinux_helper_run(struct CLinux_step *steps, int count);

#endif
