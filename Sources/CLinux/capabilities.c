#define _GNU_SOURCE
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int get(struct __user_cap_data_struct data[2])
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    return syscall(SYS_capget, &header, data) < 0 ? -errno : 0;
}

int CLinux_keep_bounding(uint64_t kept)
{
    struct __user_cap_data_struct data[2];
    int rc = get(data);
    if (rc < 0)
        return rc;
    /* Exec by root grants the bounding set. A capability that it would add to those held now is a change
       of credentials, which erases the parent-death signal. */
    kept &= data[0].permitted | (uint64_t)data[1].permitted << 32;
    for (int number = 0; number < 64; number++) {
        int present = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
        if (present < 0)
            break;
        if (present && !(kept >> number & 1) && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0)
            return -errno;
    }
    return 0;
}

int CLinux_keep_capabilities(uint64_t kept, int all)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];
    int rc = get(data);
    if (rc < 0)
        return rc;
    for (int word = 0; word < 2; word++) {
        uint32_t part = (uint32_t)(kept >> (32 * word));
        data[word].inheritable = part;
        if (all)
            data[word].permitted = data[word].effective = part;
    }
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int CLinux_raise_ambient(uint64_t raised)
{
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return -errno;
    for (int number = 0; number < 64; number++)
        if (raised >> number & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0)
            return -errno;
    return 0;
}
