import Linux

/// Which device nodes mean the same in every Linux, and so in a guest too.
///
/// Numbers of the kernel's own list (Documentation/admin-guide/devices.txt) that one driver has for good; all others
/// are given out as drivers come, and in a guest one of the host's would be another device or none.
enum GuestNodes {
    /// Whether the guest's device of that number is the one that the host means.
    static func has(_ number: DeviceNumber) -> Bool {
        switch number.major {
        case 1: memory[number.minor] != nil
        case 5: number.minor <= 2
        case 10: miscellaneous.contains(number.minor)
        // Serial lines of dial-up networks.
        case 108: number.minor == 0
        default: false
        }
    }

    /// The guest's own node of a device that every kernel has; nil for others.
    static func path(of number: DeviceNumber) -> String? {
        number.major == 1 ? memory[number.minor] : nil
    }

    private static let memory: [UInt32: String] = [
        1: "/dev/mem", 3: "/dev/null", 4: "/dev/port", 5: "/dev/zero", 7: "/dev/full", 8: "/dev/random",
        9: "/dev/urandom", 11: "/dev/kmsg",
    ]

    /// hwrng, cuse, net/tun, uinput, fuse, kvm, btrfs-control, autofs, mapper/control, loop-control, vhost-net,
    /// vhost-vsock.
    private static let miscellaneous: Set<UInt32> = [
        183, 200, 203, 223, 229, 232, 234, 235, 236, 237, 238, 241,
    ]
}
