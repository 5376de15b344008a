/* What only the first process of a virtual machine does. */
#ifndef CLINUX_GUEST_H
#define CLINUX_GUEST_H

#include <stddef.h>
#include <stdint.h>

/* Loads the kernel module that `descriptor` is open on; one that is loaded already is no error. */
int CLinux_module_load(int descriptor, const char *parameters);

int CLinux_interface_up(const char *name);

/* Writes everything to disk and turns the machine off; returns only when that fails. */
int CLinux_power_off(void);

/* Adds entropy and credits it. */
int CLinux_random_add(const void *bytes, int count);

int CLinux_clock_set(int64_t seconds, int64_t microseconds);

int CLinux_set_hostname(const char *name, size_t size);

/* Unshares `namespaces` and forks; returns in the child only, which is the first process of the new pid
   namespace and dies with its parent. The parent waits for it and exits with its status. */
int CLinux_isolate(uint64_t namespaces);

/* The lowest pid of a child that has ended and waits to be reaped, 0 if there is none. Reaps nothing. */
int CLinux_ended_child(void);

#endif
