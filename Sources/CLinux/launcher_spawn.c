#define _GNU_SOURCE
#include "CLinux_launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Everything between clone and exec is C and async-signal-safe: the caller may have other threads.

static pid_t clone_process(uint64_t flags, int exit_signal, int *pidfd, int cgroup) {
    struct clone_args arguments = {
        .flags = flags | (pidfd ? CLONE_PIDFD : 0) | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = (uint64_t)exit_signal,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    return pid < 0 ? -errno : (pid_t)pid;
}

static void exec_child(const struct CLinux_launch *launch, int report) {
    // Lift all sources (and the report pipe) above the targets first, so that no dup2 overwrites one.
    int lifted[16];
    int floor = launch->source_count + 1;
    if (launch->source_count > 16) goto failed;
    for (int n = 0; n < launch->source_count; n++) {
        lifted[n] = fcntl(launch->sources[n], F_DUPFD, floor);
        if (lifted[n] < 0) goto failed;
    }
    int lifted_report = fcntl(report, F_DUPFD, floor);
    if (lifted_report < 0) goto failed;
    report = lifted_report;
    for (int n = 0; n < launch->source_count; n++) {
        if (dup2(lifted[n], n) < 0) goto failed;
    }
    int kept = launch->source_count;
    if (dup3(report, kept, O_CLOEXEC) < 0) goto failed;
    report = kept;
    if (syscall(SYS_close_range, kept + 1, ~0U, 0) < 0) goto failed;
    CLinux_signals_reset();
    execve(launch->path, launch->arguments, launch->environment);
failed:;
    int error = errno;
    (void)!write(report, &error, sizeof error);
    _exit(127);
}

// The first child enters the pid namespace, which counts for its children only, and makes the real one with
// the caller as parent; it shares the descriptor table so that the caller gets the pidfd.
static void join_child(const struct CLinux_launch *launch, int report, int answer) {
    int own = -1;
    pid_t pid = setns(launch->join, CLONE_NEWPID) < 0 ? -errno : 0;
    if (pid == 0) {
        pid = clone_process(CLONE_PARENT | launch->namespaces, 0, &own, launch->cgroup);
        if (pid == 0) exec_child(launch, report);
    }
    int message[2] = {pid, own};
    (void)!write(answer, message, sizeof message);
    _exit(0);
}

pid_t CLinux_launch(const struct CLinux_launch *launch, int *pidfd) {
    int report[2];
    sigset_t all, before;
    pid_t pid;
    *pidfd = -1;
    if (pipe2(report, O_CLOEXEC) < 0) return -errno;
    // No handler of the caller may run in the child, which shares nothing but looks like the caller.
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    if (launch->join < 0) {
        pid = clone_process(launch->namespaces, SIGCHLD, pidfd, launch->cgroup);
        if (pid == 0) exec_child(launch, report[1]);
    } else {
        int answer[2];
        if (pipe2(answer, O_CLOEXEC) < 0) {
            pid = -errno;
        } else {
            // Exit signal 0: no SIGCHLD, and an ordinary wait does not see it.
            pid_t helper = clone_process(CLONE_FILES, 0, NULL, -1);
            if (helper == 0) join_child(launch, report[1], answer[1]);
            int message[2] = {helper, -1};
            // The descriptor table is shared: nothing may be closed before the helper has gone.
            if (helper > 0) {
                while (waitpid(helper, NULL, __WALL) < 0 && errno == EINTR) {}
            }
            close(answer[1]);
            if (helper > 0 && read(answer[0], message, sizeof message) != sizeof message) message[0] = -EIO;
            close(answer[0]);
            pid = message[0];
            *pidfd = message[1];
        }
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (pid > 0) {
        int error = 0;
        ssize_t count;
        do count = read(report[0], &error, sizeof error);
        while (count < 0 && errno == EINTR);
        if (count == sizeof error) {
            // A child that has not got to its exec may have no exit signal: only this wait sees it.
            while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {}
            close(*pidfd);
            *pidfd = -1;
            pid = -error;
        }
    }
    close(report[0]);
    return pid;
}
