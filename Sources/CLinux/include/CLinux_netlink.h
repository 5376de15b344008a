/* Sockets that talk to the kernel's network configuration: NETLINK_ROUTE and ethtool. CLOEXEC. */
#ifndef CLINUX_NETLINK_H
#define CLINUX_NETLINK_H

#include <stddef.h>
#include <stdint.h>

/* Socket families and kinds of CLinux_helper's socket step. */
enum {
    CLINUX_SOCKET_ROUTE = 1, /* NETLINK_ROUTE */
    CLINUX_SOCKET_ETHTOOL, /* any socket that takes interface ioctls */
};

/* A socket of one of the kinds above, in the network namespace of the calling thread. */
int CLinux_network_socket(int kind);

/* Binds a NETLINK_ROUTE socket unless it is bound, asks for explanations of refusals and limits each receive to `seconds`. */
int CLinux_netlink_prepare(int descriptor, int seconds);

/* Sends one datagram to the kernel. */
int CLinux_netlink_send(int descriptor, const void *bytes, size_t size);

/* Receives one datagram of the kernel's and returns its size; others' are passed over. -EMSGSIZE for one that
   is larger than `size`, -EAGAIN when the time is over. */
long CLinux_netlink_receive(int descriptor, void *bytes, size_t size);

#define CLINUX_BUS_INFO_SIZE 33

/* What the driver of the interface `name` says of its place on a bus, NUL-terminated (ETHTOOL_GDRVINFO). */
int CLinux_ethtool_bus_info(int descriptor, const char *name, char info[CLINUX_BUS_INFO_SIZE]);

#endif
