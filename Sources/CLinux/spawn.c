#define _GNU_SOURCE
#include "CLinux_spawn.h"
#include "CLinux_process.h"
#include "capabilities.h"
#include "clone.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child reports by the memory that it shares with its caller until exec. */
struct child {
    const struct CLinux_spawn_request *request;
    struct CLinux_spawn_result *result;
    int parent; /* pidfd of the caller's process */
    int error;
};

static int check(long rc)
{
    return rc < 0 ? -errno : 0;
}

static int write_text(int fd, const char *text)
{
    return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static void reset_signals(void)
{
    /* Exec itself resets handlers, but not what is ignored; a handler must not run before it either. By system
       call: glibc's function refuses the two signals that it keeps for itself. All zeros is the default. */
    static const unsigned char action[64];
    for (int number = 1; number < 65; number++)
        syscall(SYS_rt_sigaction, number, action, NULL, 8);
}

static int set_oom_score(const struct CLinux_spawn_request *request)
{
    char text[16];
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    snprintf(text, sizeof text, "%d", request->oom_score);
    int rc = write_text(fd, text);
    close(fd);
    return rc == -EACCES && request->set_oom_score == 2 ? 0 : rc;
}

static int join_cgroups(const struct child *child)
{
    int rc = 0;
    for (unsigned int i = 0; rc == 0 && i < child->request->cgroup_procs_count; i++) {
        child->result->index = (int)i;
        rc = write_text(child->request->cgroup_procs[i], "0");
    }
    return rc;
}

static int join_namespaces(const struct child *child)
{
    int rc = 0;
    for (unsigned int i = 0; rc == 0 && i < child->request->join_count; i++) {
        child->result->index = (int)i;
        rc = check(syscall(SYS_setns, child->request->join_namespaces[i], 0));
    }
    return rc;
}

static int highest_target(const struct CLinux_spawn_request *request)
{
    int highest = 2;
    for (unsigned int i = 0; i < request->descriptor_count; i++)
        if (request->descriptors[i].target > highest)
            highest = request->descriptors[i].target;
    return highest;
}

static int is_target(const struct CLinux_spawn_request *request, int fd)
{
    for (unsigned int i = 0; i < request->descriptor_count; i++)
        if (request->descriptors[i].target == fd)
            return 1;
    return 0;
}

/* Puts every descriptor in its place, by way of copies above all targets, and the pidfd of the caller above. */
static int place_descriptors(struct child *child)
{
    const struct CLinux_spawn_request *request = child->request;
    int above = highest_target(request) + 1;
    int copies[request->descriptor_count + 1];
    if (child->parent >= 0) {
        child->parent = fcntl(child->parent, F_DUPFD_CLOEXEC, above);
        if (child->parent < 0)
            return -errno;
    }
    for (unsigned int i = 0; i < request->descriptor_count; i++) {
        child->result->index = (int)i;
        copies[i] = fcntl(request->descriptors[i].source, F_DUPFD_CLOEXEC, above);
        if (copies[i] < 0)
            return -errno;
    }
    for (unsigned int i = 0; i < request->descriptor_count; i++) {
        child->result->index = (int)i;
        if (dup2(copies[i], request->descriptors[i].target) < 0)
            return -errno;
    }
    return 0;
}

static int close_others(const struct CLinux_spawn_request *request)
{
    int highest = highest_target(request);
    for (int fd = 0; fd <= highest; fd++)
        if (!is_target(request, fd))
            close(fd);
    return check(syscall(SYS_close_range, highest + 1, ~0U, 0));
}

static int set_limits(const struct child *child)
{
    for (unsigned int i = 0; i < child->request->limit_count; i++) {
        const struct CLinux_limit *limit = &child->request->limits[i];
        struct rlimit64 value = { .rlim_cur = limit->soft, .rlim_max = limit->hard };
        child->result->index = (int)i;
        if (syscall(SYS_prlimit64, 0, limit->resource, &value, NULL) < 0)
            return -errno;
    }
    return 0;
}

static int limit_capabilities(const struct CLinux_spawn_request *request)
{
    int rc = request->set_bounding ? CLinux_keep_bounding(request->bounding) : 0;
    if (rc < 0)
        return rc;
    /* The inheritable set reaches a program that root executes, whatever the bounding set. */
    return CLinux_keep_capabilities(request->ambient, 0);
}

/* By system call: glibc's functions would change the threads of the caller, whose memory this is. */
static int change_user(const struct CLinux_spawn_request *request)
{
    if (!request->set_user)
        return 0;
    if (request->ambient && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return -errno;
    if (syscall(SYS_setgroups, request->group_count, request->groups) < 0
        || syscall(SYS_setresgid, request->group, request->group, request->group) < 0
        || syscall(SYS_setresuid, request->user, request->user, request->user) < 0)
        return -errno;
    if (!request->ambient)
        return 0;
    int rc = CLinux_keep_capabilities(request->ambient, 1);
    return rc < 0 ? rc : CLinux_raise_ambient(request->ambient);
}

static int follow_parent(const struct child *child)
{
    if (child->parent < 0)
        return 0;
    if (prctl(PR_SET_PDEATHSIG, child->request->death_signal, 0, 0, 0) < 0)
        return -errno;
    /* The caller may have died before that. getppid() tells nothing in a pid namespace; a pidfd does. */
    struct pollfd ended = { .fd = child->parent, .events = POLLIN };
    return poll(&ended, 1, 0) == 0 ? 0 : -ESRCH;
}

static int enter_root(const struct CLinux_spawn_request *request)
{
    return request->root ? check(chroot(request->root)) : 0;
}

static int enter_directory(const struct CLinux_spawn_request *request)
{
    const char *path = request->working_directory;
    if (!path && request->root)
        path = "/";
    return path ? check(chdir(path)) : 0;
}

static int prepare(struct child *child)
{
    const struct CLinux_spawn_request *request = child->request;
    int *step = &child->result->step;
    int rc;
    reset_signals();
    *step = CLINUX_SPAWN_SESSION;
    if (request->new_session && (rc = check(setsid())) < 0)
        return rc;
    *step = CLINUX_SPAWN_OOM;
    if (request->set_oom_score && (rc = set_oom_score(request)) < 0)
        return rc;
    *step = CLINUX_SPAWN_CGROUP;
    if ((rc = join_cgroups(child)) < 0)
        return rc;
    *step = CLINUX_SPAWN_NAMESPACE;
    if ((rc = join_namespaces(child)) < 0)
        return rc;
    *step = CLINUX_SPAWN_ROOT;
    if ((rc = enter_root(request)) < 0)
        return rc;
    *step = CLINUX_SPAWN_DIRECTORY;
    if ((rc = enter_directory(request)) < 0)
        return rc;
    *step = CLINUX_SPAWN_DESCRIPTORS;
    if ((rc = place_descriptors(child)) < 0)
        return rc;
    *step = CLINUX_SPAWN_LIMIT;
    if ((rc = set_limits(child)) < 0)
        return rc;
    *step = CLINUX_SPAWN_CAPABILITIES;
    if ((rc = limit_capabilities(request)) < 0)
        return rc;
    *step = CLINUX_SPAWN_USER;
    if ((rc = change_user(request)) < 0)
        return rc;
    *step = CLINUX_SPAWN_NO_NEW_PRIVILEGES;
    if (request->no_new_privileges && (rc = check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))) < 0)
        return rc;
    *step = CLINUX_SPAWN_PARENT;
    if ((rc = follow_parent(child)) < 0)
        return rc;
    *step = CLINUX_SPAWN_DESCRIPTORS;
    return close_others(request);
}

static int body(void *argument)
{
    struct child *child = argument;
    sigset_t none;
    child->error = prepare(child);
    if (child->error == 0) {
        child->result->step = CLINUX_SPAWN_EXEC;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execve(child->request->executable, child->request->arguments, child->request->environment);
        child->error = -errno;
    }
    return 127;
}

int CLinux_spawn(const struct CLinux_spawn_request *request, struct CLinux_spawn_result *result)
{
    struct child child = { .request = request, .result = result, .parent = -1 };
    *result = (struct CLinux_spawn_result) { .pid = -1, .pidfd = -1, .step = CLINUX_SPAWN_CLONE };
    if (request->death_signal) {
        child.parent = CLinux_pidfd_open(getpid());
        if (child.parent < 0)
            return child.parent;
    }
    int parent = child.parent;
    int pid = (request->set_user ? CLinux_clone_other_user : CLinux_clone_borrowing)(
        body, &child, request->new_namespaces, SIGCHLD, request->cgroup, &result->pidfd);
    if (parent >= 0)
        close(parent);
    if (pid < 0)
        return pid;
    if (child.error == 0) {
        result->pid = pid;
        return 0;
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(result->pidfd);
    result->pidfd = -1;
    return child.error;
}
