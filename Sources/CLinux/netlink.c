#define _GNU_SOURCE
#include "CLinux_netlink.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

int CLinux_network_socket(int kind)
{
    int fd;
    switch (kind) {
    case CLINUX_SOCKET_ROUTE:
        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        break;
    case CLINUX_SOCKET_ETHTOOL:
        /* Where the kernel has no IPv4, the netlink family takes the same requests. */
        fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
        break;
    default:
        return -EINVAL;
    }
    return fd < 0 ? -errno : fd;
}

int CLinux_netlink_prepare(int descriptor, int seconds)
{
    struct sockaddr_nl address = { .nl_family = AF_NETLINK };
    struct sockaddr_nl own = { 0 };
    socklen_t size = sizeof own;
    struct timeval limit = { .tv_sec = seconds };
    int on = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0)
        return -errno;
    /* One that has a number already is refused another. */
    if (getsockname(descriptor, (struct sockaddr *)&own, &size) < 0)
        return -errno;
    if (own.nl_pid == 0 && bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0)
        return -errno;
    /* Kernels without them answer as well, only less clearly. */
    setsockopt(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    setsockopt(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    return 0;
}

int CLinux_netlink_send(int descriptor, const void *bytes, size_t size)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    ssize_t sent;
    do
        sent = sendto(descriptor, bytes, size, 0, (struct sockaddr *)&kernel, sizeof kernel);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return -errno;
    return (size_t)sent == size ? 0 : -EIO;
}

long CLinux_netlink_receive(int descriptor, void *bytes, size_t size)
{
    struct sockaddr_nl sender;
    struct iovec part = { .iov_base = bytes, .iov_len = size };
    for (;;) {
        struct msghdr message = {
            .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &part, .msg_iovlen = 1,
        };
        ssize_t count = recvmsg(descriptor, &message, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        /* Any process may send to this socket; the kernel's own number is 0. */
        if (message.msg_namelen != sizeof sender || sender.nl_pid != 0)
            continue;
        return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : count;
    }
}

int CLinux_ethtool_bus_info(int descriptor, const char *name, char info[CLINUX_BUS_INFO_SIZE])
{
    struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
    struct ifreq request;
    if (strlen(name) >= sizeof request.ifr_name)
        return -ENAMETOOLONG;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, name);
    request.ifr_data = (char *)&driver;
    if (ioctl(descriptor, SIOCETHTOOL, &request) < 0)
        return -errno;
    memcpy(info, driver.bus_info, sizeof driver.bus_info);
    info[sizeof driver.bus_info] = 0;
    return 0;
}
