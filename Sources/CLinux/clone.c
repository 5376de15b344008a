#define _GNU_SOURCE
#include "clone.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_SIZE (64 * 1024)
#define GUARD_SIZE (16 * 1024)

/* clone3 has no wrapper in glibc, and a plain syscall() can't be used: its child would come back on the new
   stack, where there is nothing to return to. */
static long clone3_call(struct clone_args *arguments, int (*body)(void *), void *argument)
{
#if defined(__x86_64__)
    long rc = SYS_clone3;
    register int (*function)(void *) __asm__("r8") = body;
    register void *value __asm__("r9") = argument;
    __asm__ volatile(
        "syscall\n\t"
        "test %%rax, %%rax\n\t"
        "jnz 1f\n\t"
        "xor %%ebp, %%ebp\n\t"
        "mov %%r9, %%rdi\n\t"
        "call *%%r8\n\t"
        "mov %%eax, %%edi\n\t"
        "mov %[exit], %%eax\n\t"
        "syscall\n\t"
        "hlt\n\t"
        "1:"
        : "+a"(rc)
        : "D"(arguments), "S"(sizeof *arguments), "r"(function), "r"(value), [exit] "i"(SYS_exit)
        : "rcx", "r11", "memory", "cc");
    return rc;
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYS_clone3;
    register long rc __asm__("x0") = (long)arguments;
    register long size __asm__("x1") = sizeof *arguments;
    register int (*function)(void *) __asm__("x10") = body;
    register void *value __asm__("x11") = argument;
    __asm__ volatile(
        "svc #0\n\t"
        "cbnz x0, 1f\n\t"
        "mov x29, #0\n\t"
        "mov x0, x11\n\t"
        "blr x10\n\t"
        "mov x8, %[exit]\n\t"
        "svc #0\n\t"
        "brk #1\n\t"
        "1:"
        : "+r"(rc)
        : "r"(number), "r"(size), "r"(function), "r"(value), [exit] "i"(SYS_exit)
        : "memory", "cc");
    return rc;
#else
#error "clone3_call is written for x86_64 and aarch64"
#endif
}

int CLinux_clone_borrowing(
    int (*body)(void *), void *argument, uint64_t flags, int exit_signal, int cgroup, int *pidfd)
{
    sigset_t all, before;
    char *memory = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED)
        return -errno;
    mprotect(memory, GUARD_SIZE, PROT_NONE);
    struct clone_args arguments = {
        .flags = flags | CLONE_VM | CLONE_VFORK | (pidfd ? CLONE_PIDFD : 0)
                 | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = (uint64_t)exit_signal,
        .stack = (uint64_t)(uintptr_t)(memory + GUARD_SIZE),
        .stack_size = STACK_SIZE,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };
    /* No handler may run in the child: it would work on the memory of the suspended caller. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    long pid = clone3_call(&arguments, body, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(memory, GUARD_SIZE + STACK_SIZE);
    return (int)pid;
}

int CLinux_clone_other_user(
    int (*body)(void *), void *argument, uint64_t flags, int exit_signal, int cgroup, int *pidfd)
{
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    int pid = CLinux_clone_borrowing(body, argument, flags, exit_signal, cgroup, pidfd);
    if (dumpable == 1)
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    return pid;
}
