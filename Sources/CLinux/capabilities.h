/* The capability sets of the calling thread, by system call: libcap is too much for a child before exec. */
#ifndef CLINUX_CAPABILITIES_H
#define CLINUX_CAPABILITIES_H

#include <stdint.h>

/* Drops from the bounding set what is neither in `kept` nor permitted now. */
int CLinux_keep_bounding(uint64_t kept);

/* Makes the inheritable set `kept`; if `all`, the permitted and effective sets too. */
int CLinux_keep_capabilities(uint64_t kept, int all);

/* Raises `raised`, which must be permitted and inheritable, in the ambient set, which is emptied before. */
int CLinux_raise_ambient(uint64_t raised);

#endif
