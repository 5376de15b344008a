/// The names that Linux and the specification know.
enum KnownNames {
    static let capabilities = prefixed(
        "CAP_",
        """
        AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE
        DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE
        MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG
        SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE
        SYS_TIME SYS_TTY_CONFIG WAKE_ALARM
        """)

    static let resourceLimits = prefixed(
        "RLIMIT_",
        """
        AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK
        """)

    static let schedulerPolicies = prefixed("SCHED_", "OTHER FIFO RR BATCH ISO IDLE DEADLINE")

    static let schedulerFlags = prefixed(
        "SCHED_FLAG_",
        "RESET_ON_FORK RECLAIM DL_OVERRUN KEEP_POLICY KEEP_PARAMS UTIL_CLAMP_MIN UTIL_CLAMP_MAX")

    static let ioPriorityClasses = prefixed("IOPRIO_CLASS_", "RT BE IDLE")

    static let seccompActions = prefixed(
        "SCMP_ACT_", "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG NOTIFY")

    static let seccompOperators = prefixed("SCMP_CMP_", "NE LT LE EQ GE GT MASKED_EQ")

    static let seccompFlags = prefixed("SECCOMP_FILTER_FLAG_", "TSYNC LOG SPEC_ALLOW WAIT_KILLABLE_RECV")

    static let seccompArchitectures = prefixed(
        "SCMP_ARCH_",
        """
        X86 X86_64 X32 ARM AARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE S390
        S390X PARISC PARISC64 RISCV64 LOONGARCH64 M68K SH SHEB NATIVE
        """)

    static let propagations: Set<String> = [
        "", "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable",
    ]

    private static func prefixed(_ prefix: String, _ names: String) -> Set<String> {
        Set(names.split(whereSeparator: \.isWhitespace).map { prefix + $0 })
    }
}
