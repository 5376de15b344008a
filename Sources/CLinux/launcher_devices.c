#define _GNU_SOURCE
#include "CLinux_launcher.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attributes) {
    long value = syscall(SYS_bpf, command, attributes, sizeof *attributes);
    return value < 0 ? -errno : (int)value;
}

int CLinux_device_program_attach(const void *instructions, unsigned int count, int cgroup, int previous) {
    static const char license[] = "Apache-2.0";
    union bpf_attr load, attach;
    memset(&load, 0, sizeof load);
    load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    load.insns = (uint64_t)(uintptr_t)instructions;
    load.insn_cnt = count;
    load.license = (uint64_t)(uintptr_t)license;
    int program = bpf(BPF_PROG_LOAD, &load);
    if (program < 0) return program;
    memset(&attach, 0, sizeof attach);
    attach.target_fd = (uint32_t)cgroup;
    attach.attach_bpf_fd = (uint32_t)program;
    attach.attach_type = BPF_CGROUP_DEVICE;
    attach.attach_flags = BPF_F_ALLOW_MULTI;
    if (previous >= 0) {
        attach.attach_flags |= BPF_F_REPLACE;
        attach.replace_bpf_fd = (uint32_t)previous;
    }
    int attached = bpf(BPF_PROG_ATTACH, &attach);
    if (attached < 0) {
        close(program);
        return attached;
    }
    return program;
}
