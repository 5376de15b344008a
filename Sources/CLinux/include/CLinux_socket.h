/* Unix and AF_VSOCK sockets. All descriptors are CLOEXEC; `flags` may hold SOCK_NONBLOCK. */
#ifndef CLINUX_SOCKET_H
#define CLINUX_SOCKET_H

#include <stddef.h>
#include <stdint.h>

struct CLinux_peer {
    int pid;
    uint32_t uid;
    uint32_t gid;
};

/* A bound and listening stream socket of mode 0600; the path has at most 107 bytes. */
int CLinux_unix_listen(const char *path, int backlog, int flags);

int CLinux_unix_connect(const char *path, int flags);

int CLinux_peer_credentials(int descriptor, struct CLinux_peer *peer);

/* Sends `size` bytes and the descriptors with one sendmsg; returns the bytes sent. At most 16 descriptors. */
long CLinux_send_descriptors(
    int socket, const void *bytes, size_t size, const int *descriptors, unsigned int count);

int CLinux_vsock_socket(int flags);
int CLinux_vsock_peer(int descriptor, uint32_t *cid);
int CLinux_vsock_bind(int descriptor, uint32_t cid, uint32_t port);

/* -EINPROGRESS on a non-blocking socket means that the connection is being made. */
int CLinux_vsock_connect(int descriptor, uint32_t cid, uint32_t port);

#endif
