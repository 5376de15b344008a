/* A child that borrows the caller's memory, as vfork's does, but runs on a stack of its own. */
#ifndef CLINUX_CLONE_H
#define CLINUX_CLONE_H

#include <stdint.h>

/* Runs `body(argument)` in a child made with `flags` | CLONE_VM | CLONE_VFORK while the calling thread is
   suspended; the value of `body` is the child's exit code. All signals are blocked in the child.
   `exit_signal` 0 makes a child that only wait calls with __WALL see. `cgroup` is a descriptor of a cgroup2
   folder or -1; `pidfd` may be NULL. Returns the pid or -errno. */
int CLinux_clone_borrowing(
    int (*body)(void *), void *argument, uint64_t flags, int exit_signal, int cgroup, int *pidfd);

/* The same for a child that changes its user. The kernel then marks the memory as not to be dumped or traced, which
   protects from that user what the child has borrowed; afterwards it is marked as before. Only one thread may be at
   this at a time. */
int CLinux_clone_other_user(
    int (*body)(void *), void *argument, uint64_t flags, int exit_signal, int cgroup, int *pidfd);

#endif
