/* The C part of the host and the guest: what Swift can't call (variadic calls, raw system calls) and what
   must be C (code that runs between clone and exec). Every function returns a value >= 0, or -errno.
   No header here includes <sys/types.h>: Swift would then take pid_t and its like from this module, which no
   package declaration of a target that imports it internally may name. Use int and uint32_t. */
#ifndef CLINUX_H
#define CLINUX_H

#include "CLinux_access.h"
#include "CLinux_descriptor.h"
#include "CLinux_guest.h"
#include "CLinux_helper.h"
#include "CLinux_launcher.h"
#include "CLinux_mount.h"
#include "CLinux_netlink.h"
#include "CLinux_process.h"
#include "CLinux_socket.h"
#include "CLinux_spawn.h"
#include "CLinux_write.h"

#endif
