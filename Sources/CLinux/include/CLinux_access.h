/* Whether another user may use files: tried by a short-lived child that becomes this user. Mode bits alone don't
   tell: there are folders above, access control lists, mount options and security modules. */
#ifndef CLINUX_ACCESS_H
#define CLINUX_ACCESS_H

#include <stdint.h>

struct CLinux_access {
    const char *path;
    int mode; /* R_OK, W_OK and X_OK of access(2) */
    int result; /* 0 or -errno */
};

struct CLinux_access_request {
    uint32_t user;
    uint32_t group;
    const uint32_t *groups;
    unsigned int group_count;
    struct CLinux_access *files;
    unsigned int file_count;
};

/* Sets the result of each file. Returns 0, or -errno if there was no such child. */
int CLinux_try_access(struct CLinux_access_request *request);

#endif
