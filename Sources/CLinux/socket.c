#define _GNU_SOURCE
#include "CLinux_socket.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(int descriptor, int error)
{
    if (descriptor >= 0)
        close(descriptor);
    return -error;
}

static int unix_address(const char *path, struct sockaddr_un *address)
{
    size_t length = strlen(path);
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length == 0 || length >= sizeof address->sun_path)
        return -ENAMETOOLONG;
    memcpy(address->sun_path, path, length + 1);
    return 0;
}

int CLinux_unix_listen(const char *path, int backlog, int flags)
{
    struct sockaddr_un address;
    int rc = unix_address(path, &address);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0)
        return -errno;
    /* The mode of the socket's own inode is what bind gives the file: no moment with a wider one. */
    if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return fail(fd, errno);
    if (listen(fd, backlog) < 0) {
        int error = errno;
        unlink(path);
        return fail(fd, error);
    }
    return fd;
}

int CLinux_unix_connect(const char *path, int flags)
{
    struct sockaddr_un address;
    int rc = unix_address(path, &address);
    if (rc < 0)
        return rc;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return fail(fd, errno);
    return fd;
}

int CLinux_peer_credentials(int descriptor, struct CLinux_peer *peer)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
        return -errno;
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
    return 0;
}

long CLinux_send_descriptors(
    int socket, const void *bytes, size_t size, const int *descriptors, unsigned int count)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(16 * sizeof(int))];
    } control;
    struct iovec part = { .iov_base = (void *)bytes, .iov_len = size };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (count > 16)
        return -EINVAL;
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    ssize_t sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int CLinux_vsock_socket(int flags)
{
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    return fd < 0 ? -errno : fd;
}

int CLinux_vsock_peer(int descriptor, uint32_t *cid)
{
    struct sockaddr_vm address;
    socklen_t length = sizeof address;
    if (getpeername(descriptor, (struct sockaddr *)&address, &length) < 0) return -errno;
    if (length < sizeof address || address.svm_family != AF_VSOCK) return -EAFNOSUPPORT;
    *cid = address.svm_cid;
    return 0;
}

int CLinux_vsock_bind(int descriptor, uint32_t cid, uint32_t port)
{
    struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
    return bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

int CLinux_vsock_connect(int descriptor, uint32_t cid, uint32_t port)
{
    struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port };
    return connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}
