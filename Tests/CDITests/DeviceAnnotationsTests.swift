import CDI
import OCI
import RuntimeErrors
import Testing

@Suite struct DeviceAnnotationsTests {
    @Test func keysAreSortedListsKeepTheirOrderAndEachDeviceComesOnce() throws {
        let read = try DeviceAnnotations([
            "cdi.k8s.io/z": "v.com/gpu=1,v.com/gpu=0", "cdi.k8s.io/anything_else": "v.com/gpu=7,v.com/gpu=1",
            "other": "v.com/gpu=9",
        ])
        #expect(read.names.map(\.description) == ["v.com/gpu=7", "v.com/gpu=1", "v.com/gpu=0"])
        #expect(read.keys == ["cdi.k8s.io/anything_else", "cdi.k8s.io/z"])
    }

    @Test(arguments: ["nvidia.cdi.k8s.io/x", "cdi.k8s.iox/y", "CDI.k8s.io/z", "cdi.k8s.io"])
    func keysOfOthersAreNotTouched(key: String) throws {
        var annotations = [
            key: "v.com/gpu=0", "cdi.k8s.io/a": "v.com/gpu=1", "cdi.k8s.io/": "x", "cdi.k8s.io/\u{658}": "y",
        ]
        #expect(try DeviceAnnotations([key: "not a device"]).names.isEmpty)
        DeviceAnnotations.strip(&annotations)
        #expect(annotations == [key: "v.com/gpu=0"])
    }

    @Test(arguments: ["pgpu=0", "nvidia.com/=0", "", "a.b/c=0,", "a.b/c=0, a.b/c=1", "a.b/c=0\u{0}"])
    func aMalformedValueIsNamedWithItsKey(value: String) {
        let error = #expect(throws: RuntimeError.self) { try DeviceAnnotations(["cdi.k8s.io/vfio0": value]) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.hasPrefix("can't read annotation 'cdi.k8s.io/vfio0': ") == true)
        #expect(error?.message.contains(" in its value '") == true)
    }

    @Test func noKeyHidesFromTheGuestsForm() throws {
        let spec = Spec(annotations: ["cdi.k8s.io/\u{658}": "y", "cdi.k8s.io/x": "y", "a": "b"])
        let guest = try spec.forGuest(GuestRewrite(rootPath: "/r", cgroupsPath: "/c"))
        #expect(guest.spec.annotations == ["a": "b"])
    }

    @Test func moreDevicesThanAnyHostHasAreRefused() {
        let value = (0...1024).map { "a.b/c=\($0)" }.joined(separator: ",")
        #expect(throws: RuntimeError.self) { try DeviceAnnotations(["cdi.k8s.io/x": value]) }
    }
}
