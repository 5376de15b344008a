import Hypervisor
import Testing
import VFIO

@Suite struct PCIRegionTests {
    @Test func aRegionIsAValue() {
        let region = PCIRegion(index: 1, size: 1 << 34, isMemory: true, isPrefetchable: true, is64Bit: true)
        #expect(region == region)
    }
}
