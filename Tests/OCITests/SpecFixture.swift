import OCI
import Testing

/// Specifications for the tests.
enum SpecFixture {
    /// What `ctr run` writes for a small container, in our own words: every common field once.
    static let typical = """
        {
          "ociVersion": "1.2.0",
          "process": {
            "terminal": false,
            "consoleSize": null,
            "user": {"uid": 1000, "gid": 100, "umask": 18, "additionalGids": [10, 4294967294]},
            "args": ["/bin/sh", "-c", "echo \\u003chi\\u003e"],
            "env": ["PATH=/usr/bin:/bin", "EMPTY="],
            "cwd": "/work",
            "capabilities": {
              "bounding": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"]
            },
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 18446744073709551615, "soft": 1024}],
            "noNewPrivileges": true,
            "apparmorProfile": "cri-default",
            "selinuxLabel": "system_u:system_r:container_t:s0",
            "oomScoreAdj": -999
          },
          "root": {"path": "rootfs", "readonly": true},
          "hostname": "box",
          "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"]},
            {"destination": "/data", "type": "bind", "source": "/srv/data", "options": ["rbind", "ro"]}
          ],
          "annotations": {"a.b/c": "d"},
          "linux": {
            "cgroupsPath": "/default/box",
            "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0"},
            "namespaces": [
              {"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"},
              {"type": "network", "path": "/var/run/netns/x"}
            ],
            "resources": {
              "devices": [
                {"allow": false, "access": "rwm"},
                {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"}
              ],
              "memory": {"limit": 134217728, "disableOOMKiller": false},
              "cpu": {"shares": 512, "quota": 50000, "period": 100000, "cpus": "0-1,3"},
              "pids": {"limit": 100},
              "blockIO": {"weight": 500},
              "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854772000}],
              "unified": {"memory.high": "104857600"}
            },
            "devices": [
              {"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0, "gid": 0}
            ],
            "seccomp": {
              "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
              "architectures": ["SCMP_ARCH_X86_64"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
              "syscalls": [
                {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
                {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
                {
                  "names": ["personality"], "action": "SCMP_ACT_ALLOW",
                  "args": [{"index": 0, "value": 18446744073709551615, "op": "SCMP_CMP_EQ"}]
                }
              ]
            },
            "rootfsPropagation": "rslave",
            "maskedPaths": ["/proc/kcore"],
            "readonlyPaths": ["/proc/sys"],
            "intelRdt": {"closID": "guaranteed"},
            "personality": {"domain": "LINUX"}
          }
        }
        """

    static func document(_ text: String) -> Document {
        Document(name: "config.json", bytes: Array(text.utf8))
    }

    static func spec(_ text: String = typical) throws -> Spec {
        try document(text).spec()
    }

    /// The smallest specification that is valid, after `change`.
    static func small(_ change: (inout Spec) -> Void = { _ in }) -> Spec {
        var spec = Spec(process: Process(args: ["/bin/true"]), root: Root(path: "rootfs"))
        spec.linux = LinuxConfiguration()
        change(&spec)
        return spec
    }
}
