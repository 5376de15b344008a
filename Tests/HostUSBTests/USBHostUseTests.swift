import FakeHost
import HostUSB
import Hypervisor
import Linux
import RuntimeErrors
import Testing

/// What the host uses is left to it.
@Suite struct USBHostUseTests {
    private func refusal(_ host: FakeHost, _ port: String) -> RuntimeError? {
        #expect(throws: RuntimeError.self) { _ = try host.device(port: port) }
    }

    /// The stick's disk with a partition, and who mounts, swaps to or builds on it.
    private func host(mountedAt point: String? = nil, swap: Bool = false, holder: String? = nil) throws
        -> FakeHost
    {
        let host = try FakeHost.withUSB()
        let disk = try host.realPath("\(host.usbFolder)/2-3") + "/2-3:1.0/host6/target6:0:0/6:0:0:0/block/sdb"
        try host.write("8:16\n", to: "\(disk)/dev")
        try host.write("8:17\n", to: "\(disk)/sdb1/dev")
        try host.makeFolder("\(disk)/sdb1/holders")
        if let holder { try host.makeFolder("\(disk)/sdb1/holders/\(holder)") }
        try host.link("\(host.roots.sys)/class/block/sdb", to: disk)
        try host.link("\(host.roots.sys)/class/block/sdb1", to: "\(disk)/sdb1")
        if let point {
            try host.write(
                "40 1 8:17 / \(point) rw - vfat /dev/sdb1 rw\n", to: "\(host.roots.proc)/self/mountinfo")
        }
        if swap {
            try host.write("Filename\tType\n/dev/sdb1 partition\t1\t0\t-2\n", to: "\(host.roots.proc)/swaps")
        }
        return host
    }

    @Test func aDiskThatNobodyUsesIsFree() throws {
        #expect(try host().device(port: "2-3").node == "/dev/bus/usb/002/002")
    }

    @Test func aDiskInUseIsNot() throws {
        let error = refusal(try host(mountedAt: "/mnt", swap: true, holder: "dm-0"), "2-3")
        #expect(error?.code == .failedPrecondition)
        #expect(
            error?.message == "can't pass on usb device 2-3 (0951:1666): '/dev/sdb1' is mounted at '/mnt'; "
                + "'/dev/sdb1' is swap; '/dev/sdb1' is part of dm-0; free it on the host, or name another")
        // It is that device's alone.
        #expect(try host(mountedAt: "/mnt").device(port: "1-1.2").port == "1.2")
    }

    @Test func withoutAMountTableNobodyCanTell() throws {
        let host = try host()
        try host.remove("\(host.roots.proc)/self/mountinfo")
        #expect(refusal(host, "2-3")?.code == .dataLoss)
        #expect(try host.device(port: "1-1.2").port == "1.2")
    }

    @Test func anInterfaceThatIsUpIsNot() throws {
        let host = try FakeHost.withUSB()
        try host.makeFolder("\(host.usbFolder)/1-1.3:1.0/net/enx0")
        try host.write("0x1002\n", to: "\(host.roots.sys)/class/net/enx0/flags")
        #expect(try host.device(port: "1-1.3").port == "1.3")
        try host.write("0x1003\n", to: "\(host.roots.sys)/class/net/enx0/flags")
        #expect(refusal(host, "1-1.3")?.message.contains("network interface 'enx0' is up;") == true)
        try host.write("up\n", to: "\(host.roots.sys)/class/net/enx0/flags")
        #expect(refusal(host, "1-1.3")?.code == .dataLoss)
    }

    @Test func whatAProcessHasClaimedIsNot() throws {
        let host = try FakeHost.withUSB()
        try host.add(FakeUSBDevice("2-4", number: 7, drivers: [nil, "usbfs"]))
        #expect(
            refusal(host, "2-4")?.message.contains("a process of the host has interface '2-4:1.1';") == true)
    }
}
