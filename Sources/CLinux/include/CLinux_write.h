/* A write that may hang in the kernel, such as one to an attribute of sysfs. */
#ifndef CLINUX_WRITE_H
#define CLINUX_WRITE_H

#include <stddef.h>

/* Opens `path` and writes `length` bytes at once, in a child that is killed after `milliseconds`. Returns 0 or
   -errno; -ETIMEDOUT if the child had to be killed, in which case the write may still happen. */
int CLinux_write_bounded(const char *path, const char *text, size_t length, int milliseconds);

#endif
