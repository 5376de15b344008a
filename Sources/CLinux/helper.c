#define _GNU_SOURCE
#include "CLinux_helper.h"
#include "CLinux_descriptor.h"
#include "CLinux_mount.h"
#include "CLinux_netlink.h"
#include "clone.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* From <sys/mount.h>, which can't be included beside <linux/mount.h>. */
#define UNMOUNT_DETACH 2

struct run {
    struct CLinux_step *steps;
    int count;
    int done;
};

static int resolved(const struct run *run, int fd)
{
    int index = -1000 - fd;
    return fd > -1000 ? fd : index < run->done ? run->steps[index].result : -1;
}

static int opened(int directory, const char *path, uint64_t flags, uint64_t resolve)
{
    return CLinux_openat2(directory, path, flags | O_CLOEXEC, 0, resolve);
}

static int move_mount_at(int from, int to, const struct CLinux_step *step)
{
    if (!*step->path)
        return CLinux_move_mount(from, to, "");
    int target = opened(to, step->path, O_PATH, step->resolve);
    if (target < 0)
        return target;
    int rc = CLinux_move_mount(from, target, "");
    close(target);
    return rc;
}

static int pivot(void)
{
    /* Old and new root on one path: the old one ends up on top of the new one and is then let go. */
    int rc = CLinux_pivot_root(".", ".");
    if (rc < 0)
        return rc;
    rc = CLinux_umount(".", UNMOUNT_DETACH);
    if (rc < 0)
        return rc;
    return chdir("/") < 0 ? -errno : 0;
}

static int link_up(const char *name)
{
    struct ifreq request;
    if (strlen(name) >= sizeof request.ifr_name)
        return -ENAMETOOLONG;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, name);
    int rc = ioctl(fd, SIOCGIFFLAGS, &request);
    if (rc == 0) {
        request.ifr_flags |= IFF_UP;
        rc = ioctl(fd, SIOCSIFFLAGS, &request);
    }
    rc = rc < 0 ? -errno : 0;
    close(fd);
    return rc;
}

static int perform(const struct run *run, const struct CLinux_step *step)
{
    int fd = resolved(run, step->fd), to = resolved(run, step->to), rc;
    switch (step->kind) {
    case CLINUX_STEP_UNSHARE:
        return CLinux_unshare(step->flags);
    case CLINUX_STEP_SETNS:
        return CLinux_setns(fd, (int)step->flags);
    case CLINUX_STEP_MOUNT:
        return CLinux_mount(step->source, step->path, step->type, step->flags, step->data);
    case CLINUX_STEP_MOVE_MOUNT:
        return move_mount_at(fd, to, step);
    case CLINUX_STEP_OPEN_TREE:
        return CLinux_open_tree(to, step->path, (unsigned int)step->flags);
    case CLINUX_STEP_SETATTR:
        return CLinux_mount_setattr(
            to, step->path, (unsigned int)step->flags, step->set, step->clear, step->propagation);
    case CLINUX_STEP_OPEN:
        return opened(to, step->path, step->flags, step->resolve);
    case CLINUX_STEP_CHDIR:
        return chdir(step->path) < 0 ? -errno : 0;
    case CLINUX_STEP_FCHDIR:
        return fchdir(fd) < 0 ? -errno : 0;
    case CLINUX_STEP_PIVOT:
        return pivot();
    case CLINUX_STEP_UMOUNT:
        rc = CLinux_umount(step->path, (int)step->flags);
        return rc == -EINVAL || rc == -ENOENT ? 0 : rc;
    case CLINUX_STEP_LINK_UP:
        return link_up(step->path);
    case CLINUX_STEP_SOCKET:
        return CLinux_network_socket((int)step->flags);
    default:
        return -ENOSYS;
    }
}

static int body(void *argument)
{
    struct run *run = argument;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    while (run->done < run->count) {
        struct CLinux_step *step = &run->steps[run->done];
        step->result = perform(run, step);
        if (step->result < 0)
            break;
        run->done++;
    }
    return 0;
}

int CLinux_helper_run(struct CLinux_step *steps, int count)
{
    struct run run = { .steps = steps, .count = count };
    /* No exit signal: whoever watches SIGCHLD need not know of this child. */
    int pid = CLinux_clone_borrowing(body, &run, CLONE_FILES, 0, -1, NULL);
    if (pid < 0)
        return pid;
    while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
        ;
    return run.done;
}
