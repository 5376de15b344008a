/* The guest's launcher: how it is started, how it speaks with the agent, and what it needs for a container. */
#ifndef CLINUX_LAUNCHER_H
#define CLINUX_LAUNCHER_H

#include <stddef.h>
#include <stdint.h>

struct CLinux_launch {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /* Descriptor n of the new process is a copy of sources[n], n < 16; no other is open in it. */
    const int *sources;
    int source_count;
    /* CLONE_NEW*. */
    uint64_t namespaces;
    /* A cgroup v2 folder to be born in, or -1. */
    int cgroup;
    /* A pidfd whose pid namespace is entered, or -1. */
    int join;
};

/* Starts a process from any thread. *pidfd gets a CLOEXEC descriptor of the child whose pid is returned. */
int CLinux_launch(const struct CLinux_launch *launch, int *pidfd);

/* One packet with at most one descriptor (-1: none). */
int CLinux_packet_send(int socket, const void *bytes, size_t size, int descriptor);

/* Waits for one packet; *descriptor gets what came with it, or -1. 0: the peer has closed.
   -ETIMEDOUT after `milliseconds` (-1: never). */
long CLinux_packet_receive(int socket, void *bytes, size_t capacity, int *descriptor, int milliseconds);

/* Every signal back to its default, none blocked. */
void CLinux_signals_reset(void);

/* Marks every descriptor from `first` on CLOEXEC. */
int CLinux_close_on_exec_from(unsigned int first);

/* Joins a new session keyring. */
int CLinux_keyring_join(const char *name);

/* Installs a compiled filter of `count` 8-byte instructions for this thread. */
int CLinux_seccomp_install(const void *instructions, unsigned short count, unsigned int flags);

/* The kernel's own getcwd, which marks a folder outside of the root as "(unreachable)". */
long CLinux_getcwd(char *buffer, size_t size);

/* The slave of a pseudo terminal, unlocked, without looking up a path. */
int CLinux_terminal_peer(int master);
/* Makes it the controlling terminal of the session that the caller leads. */
int CLinux_terminal_control(int terminal);
int CLinux_terminal_resize(int terminal, uint16_t rows, uint16_t columns);

/* `resource` is RLIMIT_*; ~0 means no limit. */
int CLinux_resource_limit(int resource, uint64_t soft, uint64_t hard);
int CLinux_prctl(int option, unsigned long argument);
int CLinux_set_groups(const uint32_t *groups, size_t count);
int CLinux_set_identity(uint32_t uid, uint32_t gid);
/* sched_setattr(2) for the caller; the numbers are the kernel's. */
struct CLinux_scheduling {
    uint32_t policy;
    int32_t nice;
    uint32_t priority;
    uint64_t flags;
    uint64_t runtime;
    uint64_t deadline;
    uint64_t period;
};
int CLinux_scheduling_set(const struct CLinux_scheduling *scheduling);
/* ioprio_set(2) for the caller: the class times 8192 plus the priority. */
int CLinux_io_priority_set(int value);
/* The processors that the caller may run on, by number. */
int CLinux_affinity_set(const uint32_t *processors, size_t count);
/* Returns only when it fails. */
int CLinux_execve(const char *path, char *const *arguments, char *const *environment);

/* The number of the file system (statfs) that a descriptor is on. */
int64_t CLinux_file_system(int descriptor);

/* A device node, beneath a folder that is open. */
int CLinux_mknod(int directory, const char *name, uint32_t mode, uint32_t major, uint32_t minor);

/* Loads a device program of `count` 8-byte instructions and attaches it to a cgroup v2 folder, in the
   place of `previous` (-1: none). Returns the program's descriptor. */
int CLinux_device_program_attach(const void *instructions, unsigned int count, int cgroup, int previous);

#endif
